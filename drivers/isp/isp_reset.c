// SPDX-License-Identifier: GPL-2.0
/*
 * Aborts and resets.
 *
 * An abort or a reset tags the affected commands with their final pkt_reason, asks the chip, and
 * waits for the commands to come back through the response ring. If a bus reset does not bring them
 * back, the driver restarts the chip, and remembers whose commands were lost.
 */
#include "ispvar.h"

#define DRAIN_USEC		1000000		/* after the targets have settled */
#define RECOVER_USEC		30000000
#define REPORT_USEC		1000000		/* after its end, the chip may report a reset */
#define OWN_MAX_USEC		120000000	/* no reset takes so long */

/* Which commands; an id or lun of -1 means all. */
struct isp_scope {
	int	scope_bus;
	int	scope_id;
	int	scope_lun;
};

static boolean_t isp_in_scope(const struct isp_scope *s, const struct isp_cmd *sp)
{
	return s->scope_bus == sp->cmd_target >> 7 &&
	       (s->scope_id < 0 || s->scope_id == (sp->cmd_target & 0xf)) &&
	       (s->scope_lun < 0 || s->scope_lun == sp->cmd_lun) ? B_TRUE : B_FALSE;
}

static void isp_mark(struct isp *isp, const struct isp_scope *s, uint8_t reason, uint8_t stat)
{
	struct isp_cmd *sp;
	uint_t cursor = 0;

	mutex_enter(&isp->isp_lock);
	while ((sp = isp_handle_next(isp, &cursor)) != NULL) {
		if (!isp_in_scope(s, sp) || sp->cmd_kill_reason != CMD_CMPLT)
			continue;
		sp->cmd_kill_reason = reason;
		sp->cmd_kill_stat = stat;
	}
	mutex_exit(&isp->isp_lock);
}

/* The targets whose marked commands are still outstanding. isp_lock held. */
static uint32_t isp_targets_marked(struct isp *isp, const struct isp_scope *s)
{
	struct isp_cmd *sp;
	uint_t cursor = 0;
	uint32_t targets = 0;

	while ((sp = isp_handle_next(isp, &cursor)) != NULL)
		if (isp_in_scope(s, sp) && sp->cmd_kill_reason != CMD_CMPLT)
			targets |= 1u << isp_target_of(sp);
	return targets;
}

static boolean_t isp_any_marked(struct isp *isp, const struct isp_scope *s)
{
	boolean_t any;

	mutex_enter(&isp->isp_lock);
	any = isp_targets_marked(isp, s) ? B_TRUE : B_FALSE;
	mutex_exit(&isp->isp_lock);
	return any;
}

static void isp_need_marker(struct isp *isp, uint_t bus)
{
	mutex_enter(&isp->isp_lock);
	isp->isp_markers |= (uint8_t)(1 << bus);
	isp_flush_markers(isp);
	mutex_exit(&isp->isp_lock);
}

enum isp_ended {
	ENDED_NOT,		/* the chip did not do it */
	ENDED_ALL,
	ENDED_LOST,		/* the chip did it, but commands have not come back */
};

/* How long the firmware may wait for targets to settle after a reset before it returns commands. */
static clock_t isp_settle_usec(const uint16_t *mb)
{
	return MICROSEC * (mb[0] == MBC_BUS_RESET ? mb[1] : mb[0] == MBC_ABORT_TARGET ? mb[2] : 0);
}

/* A reset that the driver asks for begins; @targets are those that it concerns. */
static void isp_begin_own(struct isp *isp, uint32_t targets)
{
	mutex_enter(&isp->isp_lock);
	if (isp->isp_own_until - ddi_get_lbolt() <= 0)
		isp->isp_own_reset = 0;
	isp->isp_own_reset |= targets;
	isp->isp_own_until = ddi_get_lbolt() + drv_usectohz(OWN_MAX_USEC);
	mutex_exit(&isp->isp_lock);
}

/* It has ended. */
static void isp_end_own(struct isp *isp)
{
	mutex_enter(&isp->isp_lock);
	isp->isp_own_until = ddi_get_lbolt() + drv_usectohz(REPORT_USEC);
	mutex_exit(&isp->isp_lock);
}

/* Send a mailbox command that ends commands, and wait for these to come back. Thread. */
static enum isp_ended isp_end_commands_of(struct isp *isp, const struct isp_scope *s, uint16_t *mb,
					  uint8_t reason, uint8_t stat)
{
	clock_t end, settle = isp_settle_usec(mb);

	isp_mark(isp, s, reason, stat);
	if (isp_mbcmd_run(isp, mb, B_TRUE) != DDI_SUCCESS)
		return ENDED_NOT;
	isp_need_marker(isp, s->scope_bus);
	isp_poll(isp);
	end = ddi_get_lbolt() + drv_usectohz(settle + DRAIN_USEC);
	while (isp_any_marked(isp, s)) {
		if (end - ddi_get_lbolt() <= 0)
			return ENDED_LOST;
		delay(1);
		isp_poll(isp);
	}
	return ENDED_ALL;
}

/* The same; the chip may report it as a reset of the device or the bus. */
static enum isp_ended isp_end_commands(struct isp *isp, const struct isp_scope *s, uint16_t *mb,
				       uint8_t reason, uint8_t stat)
{
	uint_t bus = (uint_t)s->scope_bus;
	enum isp_ended rc;

	isp_begin_own(isp, s->scope_id < 0 ? isp_bus_targets(bus) :
		      1u << (bus * ISP_NTARGET + (uint_t)s->scope_id));
	rc = isp_end_commands_of(isp, s, mb, reason, stat);
	isp_end_own(isp);
	return rc;
}

static uint16_t isp_settle_seconds(const struct isp *isp)
{
	return (uint16_t)((isp->isp_reset_usec + 999999) / 1000000);
}

static enum isp_ended isp_reset_bus(struct isp *isp, uint_t bus)
{
	uint16_t mb[ISP_NMBOX] = { MBC_BUS_RESET, isp_settle_seconds(isp), (uint16_t)bus };
	struct isp_scope s = { (int)bus, -1, -1 };
	enum isp_ended rc;

	rc = isp_end_commands(isp, &s, mb, CMD_RESET, STAT_BUS_RESET);
	mutex_enter(&isp->isp_lock);
	isp->isp_stats.st_resets++;
	isp->isp_notify |= isp_bus_targets(bus);
	mutex_exit(&isp->isp_lock);
	return rc;
}

/* Wait, at most RECOVER_USEC, for a recovery in progress. True if the chip runs. Thread. */
int isp_wait_running(struct isp *isp)
{
	clock_t end = ddi_get_lbolt() + drv_usectohz(RECOVER_USEC);
	enum isp_state state;

	for (;;) {
		mutex_enter(&isp->isp_lock);
		state = isp->isp_state;
		mutex_exit(&isp->isp_lock);
		if (state != ISP_RECOVER || end - ddi_get_lbolt() <= 0)
			return state == ISP_RUN;
		delay(drv_usectohz(10000));
	}
}

/*
 * Reset a bus. False if commands stay out: the chip is then restarted, which gives all commands back.
 * Thread.
 */
static boolean_t isp_force_bus(struct isp *isp, uint_t bus)
{
	struct isp_scope s = { (int)bus, -1, -1 };
	enum isp_ended ended = isp_reset_bus(isp, bus);

	if (ended == ENDED_ALL)
		return B_TRUE;
	mutex_enter(&isp->isp_lock);
	isp_commands_lost(isp, ended == ENDED_LOST ? isp_targets_marked(isp, &s) : 0,
			  ended == ENDED_LOST ? "commands did not come back after a bus reset" :
						"the chip did not reset the bus");
	mutex_exit(&isp->isp_lock);
	return B_FALSE;
}

/* Reset the buses that hang. The others go on. The instance's thread, the chip runs. */
void isp_reset_hung(struct isp *isp)
{
	uint_t bus;
	boolean_t hung;

	for (bus = 0; bus < isp->isp_chip->chip_buses; bus++) {
		mutex_enter(&isp->isp_lock);
		hung = isp->isp_hung & 1 << bus ? B_TRUE : B_FALSE;
		isp->isp_hung &= (uint8_t)~(1 << bus);
		if (hung && isp_may_log(isp))
			dev_err(isp->isp_dip, CE_WARN, "bus %u: hung after a data overrun; resetting the bus", bus);
		/* A bus that is given up takes no commands from now on, and the reset ends all that it has. */
		if (hung)
			isp_count_hang(isp, bus);
		mutex_exit(&isp->isp_lock);
		if (!hung)
			continue;
		(void)isp_force_bus(isp, bus);
		mutex_enter(&isp->isp_lock);
		/* The chip may have reported the same hang again before the reset. */
		isp->isp_hung &= (uint8_t)~(1 << bus);
		mutex_exit(&isp->isp_lock);
	}
	isp_notify_reset(isp);
}

/* True if the target gets no commands. */
static boolean_t isp_is_refused(struct isp *isp, uint_t target)
{
	boolean_t refused;

	mutex_enter(&isp->isp_lock);
	refused = isp->isp_refused & 1u << target ? B_TRUE : B_FALSE;
	mutex_exit(&isp->isp_lock);
	return refused;
}

static int isp_reset_device(struct isp *isp, uint_t target, int lun)
{
	struct isp_scope s = { (int)isp_bus_of(target), (int)isp_id_of(target), lun };
	uint16_t mb[ISP_NMBOX] = { MBC_ABORT_TARGET, MB_DEVICE(s.scope_bus, s.scope_id, 0), 1 };
	int rc;

	if (lun >= 0) {
		/* SCSI-2 cannot reset one logical unit, but the chip can end all its commands. */
		mb[0] = MBC_ABORT_DEVICE;
		mb[1] = MB_DEVICE(s.scope_bus, s.scope_id, lun);
	}
	rc = isp_end_commands(isp, &s, mb, CMD_RESET, STAT_DEV_RESET) == ENDED_ALL;
	mutex_enter(&isp->isp_lock);
	isp->isp_stats.st_resets++;
	if (lun < 0)
		isp->isp_notify |= 1u << target;
	mutex_exit(&isp->isp_lock);
	return rc;
}

/* False, with a line in the log, if the user wants no bus reset: others may share the bus. */
static boolean_t isp_may_reset_bus(struct isp *isp)
{
	if (!isp->isp_bus_reset)
		dev_err(isp->isp_dip, CE_NOTE, "no bus reset, because the parameter bus_reset is 0");
	return isp->isp_bus_reset;
}

/* tran_reset(9E). Thread context only: it waits for the chip. */
int isp_tran_reset(struct scsi_address *ap, int level)
{
	struct isp *isp = isp_of(ap);
	int rc;

	if (!isp_wait_running(isp))
		return 0;
	/* A refused target has no commands to end, and a reset would only disturb the others. */
	if (level != RESET_BUS && isp_is_refused(isp, ap->a_target))
		return 1;
	switch (level) {
	case RESET_LUN:
		rc = isp_reset_device(isp, ap->a_target, ap->a_lun);
		break;
	case RESET_TARGET:
		rc = isp_reset_device(isp, ap->a_target, -1);
		break;
	case RESET_ALL:
		if (!isp_may_reset_bus(isp))
			return 0;
		rc = isp_force_bus(isp, isp_bus_of(ap->a_target)) || isp_wait_running(isp);
		delay(drv_usectohz(isp->isp_reset_usec));
		break;
	case RESET_BUS:
		if (!isp_may_reset_bus(isp))
			return 0;
		rc = isp_reset_bus(isp, isp_bus_of(ap->a_target)) == ENDED_ALL;
		break;
	default:
		return 0;
	}
	isp_notify_reset(isp);
	return rc;
}

/* tran_bus_reset(9E): all buses. Thread context only. */
int isp_tran_bus_reset(dev_info_t *dip, int level)
{
	scsi_hba_tran_t *tran = ddi_get_driver_private(dip);
	struct isp *isp = tran->tran_hba_private;
	uint_t bus;
	int rc = 1;

	if ((level != RESET_BUS && level != RESET_ALL) || !isp_may_reset_bus(isp))
		return 0;
	for (bus = 0; bus < isp->isp_chip->chip_buses; bus++)
		rc &= isp_reset_bus(isp, bus) == ENDED_ALL;
	isp_notify_reset(isp);
	return rc;
}

static boolean_t isp_is_outstanding(const struct isp *isp, uint32_t handle)
{
	uint_t index = handle & 0xffff;

	return index < isp->isp_max_cmds && isp->isp_slots[index].slot_cmd &&
	       isp->isp_slots[index].slot_cmd->cmd_handle == handle ? B_TRUE : B_FALSE;
}

static uint32_t isp_swap_halves(uint32_t handle)
{
	return handle << 16 | handle >> 16;
}

/* May the handle go the other way round? Not if another command has that handle. */
static boolean_t isp_may_swap(struct isp *isp, uint32_t handle)
{
	boolean_t may;

	mutex_enter(&isp->isp_lock);
	may = isp->isp_state == ISP_RUN && isp_is_outstanding(isp, handle) &&
	      !isp_is_outstanding(isp, isp_swap_halves(handle)) ? B_TRUE : B_FALSE;
	mutex_exit(&isp->isp_lock);
	return may;
}

static boolean_t isp_abort_as(struct isp *isp, uint16_t device, uint32_t handle)
{
	uint16_t mb[ISP_NMBOX] = {
		MBC_ABORT_COMMAND, device, (uint16_t)(handle >> 16), (uint16_t)handle
	};

	return isp_mbcmd_run(isp, mb, B_TRUE) == DDI_SUCCESS ? B_TRUE : B_FALSE;
}

/* Abort one command. Drivers do not agree which half of the handle goes first: try both. Thread. */
static boolean_t isp_abort_handle(struct isp *isp, uint16_t device, uint32_t handle)
{
	return isp_abort_as(isp, device, handle) ||
	       (isp_may_swap(isp, handle) &&
		isp_abort_as(isp, device, isp_swap_halves(handle))) ? B_TRUE : B_FALSE;
}

/* tran_abort(9E). Thread context only. */
int isp_tran_abort(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct isp *isp = isp_of(ap);
	struct isp_scope s = {
		(int)isp_bus_of(ap->a_target), (int)isp_id_of(ap->a_target), ap->a_lun
	};
	uint16_t mb[ISP_NMBOX] = { MBC_ABORT_DEVICE, MB_DEVICE(s.scope_bus, s.scope_id, s.scope_lun) };
	struct isp_cmd *sp;
	uint32_t handle;
	int rc;

	mutex_enter(&isp->isp_lock);
	isp->isp_stats.st_aborts++;
	mutex_exit(&isp->isp_lock);
	if (!pkt)
		return isp_end_commands(isp, &s, mb, CMD_ABORTED, STAT_ABORTED) == ENDED_ALL;

	sp = isp_cmd_of(pkt);
	mutex_enter(&isp->isp_lock);
	if (!(sp->cmd_flags & CFLAG_STARTED)) {
		mutex_exit(&isp->isp_lock);
		return 0;
	}
	if (sp->cmd_kill_reason == CMD_CMPLT) {
		sp->cmd_kill_reason = CMD_ABORTED;
		sp->cmd_kill_stat = STAT_ABORTED;
	}
	handle = sp->cmd_handle;
	mutex_exit(&isp->isp_lock);
	isp_begin_own(isp, 1u << ap->a_target);
	rc = isp_abort_handle(isp, mb[1], handle);
	/* If it was not found it has completed, and its entry is in the ring or will be soon. */
	if (rc)
		isp_need_marker(isp, s.scope_bus);
	isp_poll(isp);
	isp_end_own(isp);
	return rc;
}

/* Reset every bus whose settings allow it, and let targets settle. Thread, the chip runs. */
void isp_reset_buses(struct isp *isp)
{
	uint_t bus;

	if (!isp->isp_bus_reset)
		return;
	for (bus = 0; bus < isp->isp_chip->chip_buses; bus++) {
		if (isp->isp_nv.bus[bus].reset_disabled)
			continue;
		if (isp_reset_bus(isp, bus) != ENDED_ALL)
			dev_err(isp->isp_dip, CE_WARN, "bus %u: reset failed", bus);
	}
	delay(drv_usectohz(isp->isp_reset_usec));
	isp_notify_reset(isp);
}
