// SPDX-License-Identifier: GPL-2.0
/*
 * Aborts, resets, and what to do when the chip itself is in trouble.
 *
 * An abort or a reset tags the affected commands with their final pkt_reason, asks the chip, and
 * waits for the commands to come back through the response ring. If the chip does not do its part,
 * the driver stops it. That ends all DMA, so the driver can immediately give every outstanding
 * command back. Then isp_recover() starts the chip from the beginning. If the chip needs this too
 * often, the driver takes it offline.
 *
 * isp_recover() and the watchdog are timeouts, which run in threads.
 */
#include "ispvar.h"

#define WATCH_USEC		1000000
#define WATCH_AGAIN_USEC	500000	/* a second look at what seems lost */
#define COMMAND_GRACE_SEC	10	/* the chip's own timer expires first */
#define DRAIN_USEC		1000000
#define RECOVER_USEC		30000000
#define MAX_CHIP_RESETS		5	/* in RESET_WINDOW_SEC, then offline */
#define RESET_WINDOW_SEC	60
#define LOG_BURST		10	/* messages a chip can cause in LOG_WINDOW_SEC */
#define LOG_WINDOW_SEC		5

/* For messages that hardware can cause. False when log rate limiting applies. isp_lock held. */
boolean_t isp_may_log(struct isp *isp)
{
	clock_t now = ddi_get_lbolt();

	if (now - isp->isp_log_since > SEC_TO_TICK(LOG_WINDOW_SEC)) {
		isp->isp_log_since = now;
		isp->isp_log_count = 0;
	}
	return isp->isp_log_count++ < LOG_BURST ? B_TRUE : B_FALSE;
}

/* Call the reset callbacks that target drivers have registered, if due. No lock held. */
void isp_notify_reset(struct isp *isp)
{
	mutex_enter(&isp->isp_lock);
	if (isp->isp_notify) {
		isp->isp_notify = B_FALSE;
		scsi_hba_reset_notify_callback(&isp->isp_lock, &isp->isp_notify_list);
	}
	mutex_exit(&isp->isp_lock);
}

/*
 * Stop a chip that has left ISP_RUN, unless it is stopped already. Any context, isp_lock held. This
 * cannot hit a chip that is being restarted: a restart begins by stopping the chip under isp_lock.
 */
static void stop_failed_chip(struct isp *isp)
{
	if (!isp->isp_stopped)
		isp_stop_chip(isp);
}

/*
 * Give every outstanding command back. The caller has stopped the chip. If another thread has
 * started it again since, the commands outstanding now belong to the chip and stay with it. No
 * lock held.
 */
static void fail_all(struct isp *isp, uint8_t reason, uint8_t stat)
{
	struct isp_done done;
	struct isp_cmd *sp;
	uint_t cursor = 0;

	isp_done_init(&done);
	mutex_enter(&isp->isp_lock);
	if (!isp->isp_stopped) {
		mutex_exit(&isp->isp_lock);
		return;
	}
	while ((sp = isp_handle_next(isp, &cursor)) != NULL) {
		(void)isp_handle_put(isp, sp->cmd_handle);
		sp->cmd_flags &= ~CFLAG_STARTED;
		isp_finish_killed(sp, reason, stat);
		isp_done_add(&done, sp);
	}
	isp->isp_notify = B_TRUE;
	mutex_exit(&isp->isp_lock);
	isp_complete(isp, &done);
}

static void go_offline(struct isp *isp, const char *why)
{
	dev_err(isp->isp_dip, CE_WARN,
		"%s; controller taken offline, all I/O fails; try a host reset (sg_reset -H)", why);
	mutex_enter(&isp->isp_lock);
	isp->isp_state = ISP_OFFLINE;
	mutex_exit(&isp->isp_lock);
	fail_all(isp, CMD_DEV_GONE, 0);
}

/* Count a restart. Returns how many there have been in this RESET_WINDOW_SEC. isp_lock held. */
static uint_t count_restart(struct isp *isp)
{
	clock_t now = ddi_get_lbolt();

	if (!isp->isp_reset_count ||
	    now - isp->isp_reset_since > SEC_TO_TICK(RESET_WINDOW_SEC)) {
		isp->isp_reset_since = now;
		isp->isp_reset_count = 0;
	}
	isp->isp_stats.is_chip_resets++;
	return ++isp->isp_reset_count;
}

static boolean_t is_closing(struct isp *isp)
{
	boolean_t closing;

	mutex_enter(&isp->isp_lock);
	closing = isp->isp_closing;
	mutex_exit(&isp->isp_lock);
	return closing;
}

/*
 * Wait 0, 1, 2, 4 ... seconds before restart number @count: if the chip fails again immediately,
 * the cause may be one that passes. False if isp_closing is set: the chip must stay as it is now.
 */
static boolean_t back_off(struct isp *isp, uint_t count)
{
	uint_t tenths = count < 2 ? 0 : 10u << (count - 2);

	while (!is_closing(isp)) {
		if (!tenths--)
			return B_TRUE;
		delay(drv_usectohz(100000));
	}
	return B_FALSE;
}

/* Try to restart the chip. Afterwards it runs or is offline, or the caller must try again. */
static void restart_chip(struct isp *isp)
{
	uint_t count;

	mutex_enter(&isp->isp_lock);
	count = count_restart(isp);
	stop_failed_chip(isp);
	mutex_exit(&isp->isp_lock);
	fail_all(isp, CMD_RESET, STAT_BUS_RESET);
	if (count > MAX_CHIP_RESETS) {
		go_offline(isp, "the chip keeps failing");
		return;
	}
	if (!back_off(isp, count))
		return;
	/* Targets may still be working on commands we have dropped. */
	if (isp_init(isp) == DDI_SUCCESS)
		isp_reset_buses(isp);
	mutex_enter(&isp->isp_lock);
	if (isp->isp_state == ISP_RUN)
		dev_err(isp->isp_dip, CE_NOTE, "restarted");
	else
		/* Attempts that fail in a row all count, however long each one takes. */
		isp->isp_reset_since = ddi_get_lbolt();
	mutex_exit(&isp->isp_lock);
}

/* Thread. At most one runs at a time: see isp_recovering. */
static void isp_recover(void *arg)
{
	struct isp *isp = arg;

	mutex_enter(&isp->isp_lock);
	while (isp->isp_state == ISP_RECOVER && !isp->isp_closing) {
		mutex_exit(&isp->isp_lock);
		restart_chip(isp);
		mutex_enter(&isp->isp_lock);
	}
	if (isp->isp_state == ISP_OFFLINE) {
		mutex_exit(&isp->isp_lock);
		fail_all(isp, CMD_DEV_GONE, 0);
		mutex_enter(&isp->isp_lock);
	}
	isp->isp_recovering = B_FALSE;
	mutex_exit(&isp->isp_lock);
}

/* Schedule isp_recover(), unless it is scheduled or running. Any context, isp_lock held. */
void isp_schedule_recovery(struct isp *isp)
{
	if (isp->isp_closing || isp->isp_recovering)
		return;
	isp->isp_recover_id = timeout(isp_recover, isp, 1);
	isp->isp_recovering = isp->isp_recover_id ? B_TRUE : B_FALSE;
}

static void leave_running(struct isp *isp, enum isp_state state)
{
	isp->isp_state = state;
	isp->isp_intr_on = B_FALSE;
	isp_mbox_abandon(isp);
	isp_schedule_recovery(isp);
}

/* The chip cannot go on: mask its interrupt and schedule a restart. Any context, isp_lock held. */
void isp_chip_fail(struct isp *isp, const char *why)
{
	if (isp->isp_state != ISP_RUN)
		return;
	dev_err(isp->isp_dip, CE_WARN, "%s; restarting the chip", why);
	isp_wr(isp, ISP_ICR, 0);
	leave_running(isp, ISP_RECOVER);
}

/*
 * The polled command @sp took too long. Stop the chip, so that it can no longer write to the
 * command's buffer, and give all commands back. Any context, no lock held.
 */
void isp_stop_now(struct isp *isp, struct isp_cmd *sp)
{
	mutex_enter(&isp->isp_lock);
	sp->cmd_kill_reason = CMD_TIMEOUT;
	sp->cmd_kill_stat = STAT_TIMEOUT | STAT_BUS_RESET;
	isp_chip_fail(isp, "a polled command was not returned in time");
	stop_failed_chip(isp);
	mutex_exit(&isp->isp_lock);
	fail_all(isp, CMD_RESET, STAT_BUS_RESET);
}

/* The lbolt by which the chip's own timer for a command must have expired; 0: never. */
clock_t isp_deadline(int seconds)
{
	clock_t deadline;

	if (seconds <= 0)
		return 0;
	deadline = ddi_get_lbolt() + SEC_TO_TICK(seconds + COMMAND_GRACE_SEC);
	return deadline ? deadline : 1;
}

/* All registers read as ones: the card has been pulled out. Any context, isp_lock held. */
void isp_chip_gone(struct isp *isp)
{
	if (isp->isp_state != ISP_RUN)
		return;
	dev_err(isp->isp_dip, CE_WARN, "the card no longer answers, all I/O fails; check the slot");
	/* The card may be there but confused: allow no DMA into buffers that are given back now. */
	isp_stop_chip(isp);
	leave_running(isp, ISP_OFFLINE);
}

/* ---- resets and aborts ---- */

/* Which commands; an id or lun of -1 means all. */
struct scope {
	int	bus;
	int	id;
	int	lun;
};

static boolean_t in_scope(const struct scope *s, const struct isp_cmd *sp)
{
	return s->bus == sp->cmd_target >> 7 &&
	       (s->id < 0 || s->id == (sp->cmd_target & 0xf)) &&
	       (s->lun < 0 || s->lun == sp->cmd_lun) ? B_TRUE : B_FALSE;
}

static void mark(struct isp *isp, const struct scope *s, uint8_t reason, uint8_t stat)
{
	struct isp_cmd *sp;
	uint_t cursor = 0;

	mutex_enter(&isp->isp_lock);
	while ((sp = isp_handle_next(isp, &cursor)) != NULL) {
		if (!in_scope(s, sp) || sp->cmd_kill_reason != CMD_CMPLT)
			continue;
		sp->cmd_kill_reason = reason;
		sp->cmd_kill_stat = stat;
	}
	mutex_exit(&isp->isp_lock);
}

/* Marked commands that are still outstanding. */
static uint_t count_marked(struct isp *isp, const struct scope *s)
{
	struct isp_cmd *sp;
	uint_t cursor = 0, n = 0;

	mutex_enter(&isp->isp_lock);
	while ((sp = isp_handle_next(isp, &cursor)) != NULL)
		if (in_scope(s, sp) && sp->cmd_kill_reason != CMD_CMPLT)
			n++;
	mutex_exit(&isp->isp_lock);
	return n;
}

static void need_marker(struct isp *isp, uint_t bus)
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
static int end_commands(struct isp *isp, const struct scope *s, uint16_t *mb, uint8_t reason,
			uint8_t stat)
{
	clock_t end;

	mark(isp, s, reason, stat);
	if (isp_mbox_cmd(isp, mb, B_TRUE) != DDI_SUCCESS)
		return 0;
	need_marker(isp, s->bus);
	isp_poll(isp);
	end = ddi_get_lbolt() + drv_usectohz(DRAIN_USEC);
	while (count_marked(isp, s)) {
		if (end - ddi_get_lbolt() <= 0)
			return 0;
		delay(1);
		isp_poll(isp);
	}
	return 1;
}

static uint16_t settle_seconds(const struct isp *isp)
{
	return (uint16_t)((isp->isp_reset_usec + 999999) / 1000000);
}

static int reset_bus(struct isp *isp, uint_t bus)
{
	uint16_t mb[ISP_NMBOX] = { MBC_BUS_RESET, settle_seconds(isp), (uint16_t)bus };
	struct scope s = { (int)bus, -1, -1 };
	int rc;

	mutex_enter(&isp->isp_lock);
	isp->isp_own_reset |= (uint8_t)(1 << bus);
	mutex_exit(&isp->isp_lock);
	rc = end_commands(isp, &s, mb, CMD_RESET, STAT_BUS_RESET);
	mutex_enter(&isp->isp_lock);
	isp->isp_own_reset &= (uint8_t)~(1 << bus);
	isp->isp_stats.is_resets++;
	isp->isp_notify = B_TRUE;
	mutex_exit(&isp->isp_lock);
	return rc;
}

/* Wait, at most RECOVER_USEC, for a recovery in progress. True if the chip runs. Thread. */
static int wait_running(struct isp *isp)
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
static int restart(struct isp *isp, const char *why)
{
	mutex_enter(&isp->isp_lock);
	isp_chip_fail(isp, why);
	mutex_exit(&isp->isp_lock);
	return wait_running(isp);
}

static int reset_device(struct isp *isp, uint_t target, int lun)
{
	struct scope s = { (int)isp_bus_of(target), (int)isp_id_of(target), lun };
	uint16_t mb[ISP_NMBOX] = { MBC_ABORT_TARGET, MB_DEVICE(s.bus, s.id, 0), 1 };
	int rc;

	if (lun >= 0) {
		/* SCSI-2 cannot reset one logical unit, but the chip can end all its commands. */
		mb[0] = MBC_ABORT_DEVICE;
		mb[1] = MB_DEVICE(s.bus, s.id, lun);
	}
	rc = end_commands(isp, &s, mb, CMD_RESET, STAT_DEV_RESET);
	mutex_enter(&isp->isp_lock);
	isp->isp_stats.is_resets++;
	if (lun < 0)
		isp->isp_notify = B_TRUE;
	mutex_exit(&isp->isp_lock);
	return rc;
}

/* tran_reset(9E). Thread context only: it waits for the chip. */
int isp_tran_reset(struct scsi_address *ap, int level)
{
	struct isp *isp = isp_of(ap);
	int rc;

	if (!wait_running(isp))
		return 0;
	switch (level) {
	case RESET_LUN:
		rc = reset_device(isp, ap->a_target, ap->a_lun);
		break;
	case RESET_TARGET:
		rc = reset_device(isp, ap->a_target, -1);
		break;
	case RESET_ALL:
		rc = reset_bus(isp, isp_bus_of(ap->a_target));
		if (!rc)
			rc = restart(isp, "commands did not come back after a bus reset");
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

	if (level != RESET_BUS && level != RESET_ALL)
		return 0;
	for (bus = 0; bus < isp->isp_chip->ic_buses; bus++)
		rc &= reset_bus(isp, bus);
	isp_notify_reset(isp);
	return rc;
}

/* tran_abort(9E). Thread context only. */
int isp_tran_abort(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct isp *isp = isp_of(ap);
	struct scope s = { (int)isp_bus_of(ap->a_target), (int)isp_id_of(ap->a_target), ap->a_lun };
	uint16_t mb[ISP_NMBOX] = { MBC_ABORT_DEVICE, MB_DEVICE(s.bus, s.id, s.lun) };
	struct isp_cmd *sp;

	mutex_enter(&isp->isp_lock);
	isp->isp_stats.is_aborts++;
	mutex_exit(&isp->isp_lock);
	if (!pkt)
		return end_commands(isp, &s, mb, CMD_ABORTED, STAT_ABORTED);

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
	if (isp_mbox_cmd(isp, mb, B_TRUE) != DDI_SUCCESS) {
		/* Not found: it has completed, and its entry is in the ring or will be soon. */
		isp_poll(isp);
		return 0;
	}
	need_marker(isp, s.bus);
	isp_poll(isp);
	return 1;
}

/* Reset every bus whose settings allow it, and let targets settle. Thread, the chip runs. */
void isp_reset_buses(struct isp *isp)
{
	uint_t bus;

	for (bus = 0; bus < isp->isp_chip->ic_buses; bus++) {
		if (isp->isp_nv.bus[bus].reset_disabled)
			continue;
		if (!reset_bus(isp, bus))
			dev_err(isp->isp_dip, CE_WARN, "bus %u: reset failed", bus);
	}
	delay(drv_usectohz(isp->isp_reset_usec));
	isp_notify_reset(isp);
}

/* ---- watchdog ---- */

/* If a command is overdue, fail the chip. isp_lock held. */
static void check_deadlines(struct isp *isp)
{
	clock_t now = ddi_get_lbolt();
	struct isp_cmd *sp;
	uint_t cursor = 0;

	while ((sp = isp_handle_next(isp, &cursor)) != NULL) {
		if (sp->cmd_deadline && now - sp->cmd_deadline > 0) {
			sp->cmd_kill_reason = CMD_TIMEOUT;
			sp->cmd_kill_stat = STAT_TIMEOUT | STAT_BUS_RESET;
			isp_chip_fail(isp, "a command was not returned in time");
			return;
		}
	}
}

/*
 * Look for a lost interrupt: work that was already waiting at the last look, with no interrupt
 * since. isp_lock held. True if a second look is needed soon.
 */
static boolean_t look(struct isp *isp, struct isp_done *done)
{
	uint_t in = isp_rd(isp, ISP_RSP_IN);
	uint16_t isr = isp_rd(isp, ISP_ISR);
	boolean_t waiting;

	if (in == 0xffff && isr == 0xffff) {
		isp_chip_gone(isp);
		return B_FALSE;
	}
	waiting = in != isp->isp_rsp_out || (isr & ISR_RISC_INT) ? B_TRUE : B_FALSE;
	if (waiting && isp->isp_watch_pending && isp->isp_watch_in == in &&
	    isp->isp_watch_intrs == isp->isp_stats.is_interrupts) {
		isp->isp_stats.is_lost_interrupts++;
		if (isp_may_log(isp))
			dev_err(isp->isp_dip, CE_WARN, "lost an interrupt, check the slot and its IRQ");
		isp_service(isp, done);
		waiting = B_FALSE;
	} else if (!waiting && (isp_rd(isp, ISP_SEMA) & SEMA_LOCK)) {
		/* An event that came together with completions. */
		isp_service(isp, done);
	}
	isp->isp_watch_pending = waiting;
	isp->isp_watch_in = in;
	isp->isp_watch_intrs = isp->isp_stats.is_interrupts;
	return waiting;
}

static void isp_watch(void *arg);

/*
 * Schedule isp_watch(). If there is no memory for the timeout, try again each second. Thread. Until
 * then isp_watch_id still names the current timeout, so isp_recover_stop() waits for that.
 */
static void schedule_watch(struct isp *isp, clock_t usec)
{
	timeout_id_t id;

	mutex_enter(&isp->isp_lock);
	while (!isp->isp_closing) {
		id = timeout(isp_watch, isp, drv_usectohz(usec));
		if (id) {
			isp->isp_watch_id = id;
			break;
		}
		mutex_exit(&isp->isp_lock);
		delay(drv_usectohz(WATCH_USEC));
		mutex_enter(&isp->isp_lock);
	}
	mutex_exit(&isp->isp_lock);
}

/* Thread, each second. */
static void isp_watch(void *arg)
{
	struct isp *isp = arg;
	clock_t usec = WATCH_USEC;
	struct isp_done done;

	isp_done_init(&done);
	mutex_enter(&isp->isp_lock);
	if (isp->isp_state == ISP_RUN) {
		if (look(isp, &done))
			usec = WATCH_AGAIN_USEC;
		isp_flush_markers(isp);
		check_deadlines(isp);
	}
	mutex_exit(&isp->isp_lock);
	isp_complete(isp, &done);
	/* Do this last: untimeout() of the new timeout then also means that this one has ended. */
	schedule_watch(isp, usec);
}

/* Start the watchdog. Thread. */
void isp_watch_start(struct isp *isp)
{
	schedule_watch(isp, WATCH_USEC);
}

/*
 * For detach and suspend: stop the watchdog, the recovery and the chip, and give outstanding
 * commands back with @reason. Thread. When this returns, no timeout is running or scheduled.
 */
void isp_recover_stop(struct isp *isp, uint8_t reason)
{
	timeout_id_t watch, recover;

	mutex_enter(&isp->isp_lock);
	isp->isp_closing = B_TRUE;
	watch = isp->isp_watch_id;
	recover = isp->isp_recover_id;
	mutex_exit(&isp->isp_lock);
	(void)untimeout(watch);
	(void)untimeout(recover);

	mutex_enter(&isp->isp_lock);
	isp->isp_recovering = B_FALSE;
	isp->isp_state = ISP_DOWN;
	isp->isp_intr_on = B_FALSE;
	isp_mbox_abandon(isp);
	isp_stop_chip(isp);
	mutex_exit(&isp->isp_lock);
	fail_all(isp, reason, reason == CMD_RESET ? STAT_BUS_RESET : 0);
}
