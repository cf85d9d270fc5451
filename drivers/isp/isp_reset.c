// SPDX-License-Identifier: GPL-2.0
/*
 * Aborts and resets.
 *
 * An abort or a reset tags the affected commands with their final pkt_reason, asks the chip, and
 * waits for the commands to come back through the response ring. If a bus reset does not bring them
 * back, the driver restarts the chip.
 */
#include "ispvar.h"

#define DRAIN_USEC		1000000
#define RECOVER_USEC		30000000

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

/* Marked commands that are still outstanding. */
static uint_t isp_count_marked(struct isp *isp, const struct isp_scope *s)
{
	struct isp_cmd *sp;
	uint_t cursor = 0, n = 0;

	mutex_enter(&isp->isp_lock);
	while ((sp = isp_handle_next(isp, &cursor)) != NULL)
		if (isp_in_scope(s, sp) && sp->cmd_kill_reason != CMD_CMPLT)
			n++;
	mutex_exit(&isp->isp_lock);
	return n;
}

static void isp_need_marker(struct isp *isp, uint_t bus)
{
	mutex_enter(&isp->isp_lock);
	isp->isp_markers |= (uint8_t)(1 << bus);
	isp_flush_markers(isp);
	mutex_exit(&isp->isp_lock);
}

/*
 * Send a mailbox command that ends commands, and wait for these to come back. Thread.
 *
 * Returns 1 if all have come back.
 */
static int isp_end_commands(struct isp *isp, const struct isp_scope *s, uint16_t *mb,
			    uint8_t reason, uint8_t stat)
{
	clock_t end;

	isp_mark(isp, s, reason, stat);
	if (isp_mbcmd_run(isp, mb, B_TRUE) != DDI_SUCCESS)
		return 0;
	isp_need_marker(isp, s->scope_bus);
	isp_poll(isp);
	end = ddi_get_lbolt() + drv_usectohz(DRAIN_USEC);
	while (isp_count_marked(isp, s)) {
		if (end - ddi_get_lbolt() <= 0)
			return 0;
		delay(1);
		isp_poll(isp);
	}
	return 1;
}

static uint16_t isp_settle_seconds(const struct isp *isp)
{
	return (uint16_t)((isp->isp_reset_usec + 999999) / 1000000);
}

static int isp_reset_bus(struct isp *isp, uint_t bus)
{
	uint16_t mb[ISP_NMBOX] = { MBC_BUS_RESET, isp_settle_seconds(isp), (uint16_t)bus };
	struct isp_scope s = { (int)bus, -1, -1 };
	int rc;

	mutex_enter(&isp->isp_lock);
	isp->isp_own_reset |= (uint8_t)(1 << bus);
	mutex_exit(&isp->isp_lock);
	rc = isp_end_commands(isp, &s, mb, CMD_RESET, STAT_BUS_RESET);
	mutex_enter(&isp->isp_lock);
	isp->isp_own_reset &= (uint8_t)~(1 << bus);
	isp->isp_stats.st_resets++;
	isp->isp_notify = B_TRUE;
	mutex_exit(&isp->isp_lock);
	return rc;
}

/* Wait, at most RECOVER_USEC, for a recovery in progress. True if the chip runs. Thread. */
static int isp_wait_running(struct isp *isp)
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

/* Restart the chip, which gives all commands back. True if it runs again. Thread. */
static int isp_restart(struct isp *isp, const char *why)
{
	mutex_enter(&isp->isp_lock);
	isp_chip_fail(isp, why);
	mutex_exit(&isp->isp_lock);
	return isp_wait_running(isp);
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
	rc = isp_end_commands(isp, &s, mb, CMD_RESET, STAT_DEV_RESET);
	mutex_enter(&isp->isp_lock);
	isp->isp_stats.st_resets++;
	if (lun < 0)
		isp->isp_notify = B_TRUE;
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
		rc = isp_reset_bus(isp, isp_bus_of(ap->a_target));
		if (!rc)
			rc = isp_restart(isp, "commands did not come back after a bus reset");
		delay(drv_usectohz(isp->isp_reset_usec));
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
		rc &= isp_reset_bus(isp, bus);
	isp_notify_reset(isp);
	return rc;
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

	mutex_enter(&isp->isp_lock);
	isp->isp_stats.st_aborts++;
	mutex_exit(&isp->isp_lock);
	if (!pkt)
		return isp_end_commands(isp, &s, mb, CMD_ABORTED, STAT_ABORTED);

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
	mb[0] = MBC_ABORT_COMMAND;
	mb[2] = (uint16_t)(sp->cmd_handle >> 16);
	mb[3] = (uint16_t)sp->cmd_handle;
	mutex_exit(&isp->isp_lock);
	if (isp_mbcmd_run(isp, mb, B_TRUE) != DDI_SUCCESS) {
		/* Not found: it has completed, and its entry is in the ring or will be soon. */
		isp_poll(isp);
		return 0;
	}
	isp_need_marker(isp, s.scope_bus);
	isp_poll(isp);
	return 1;
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
		if (!isp_reset_bus(isp, bus))
			dev_err(isp->isp_dip, CE_WARN, "bus %u: reset failed", bus);
	}
	delay(drv_usectohz(isp->isp_reset_usec));
	isp_notify_reset(isp);
}
