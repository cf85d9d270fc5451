// SPDX-License-Identifier: GPL-2.0
/*
 * What to do when the chip itself is in trouble.
 *
 * The driver stops the chip. That ends all DMA, so the driver can immediately give every outstanding
 * command back. Then the thread of isp_watch.c starts the chip from the beginning. If the chip needs
 * this too often, the driver takes it offline. If the chip works and commands of one target do not
 * come back, that is the target's fault: the driver gives the target up, and the others go on.
 */
#include "ispvar.h"

#define MAX_CHIP_RESETS		5	/* in RESET_WINDOW_SEC, then offline */
#define RESET_WINDOW_SEC	60
#define MAX_LOSSES		3	/* of one target in LOSS_WINDOW_SEC, then it is refused */
#define LOSS_WINDOW_SEC		600
#define MAX_HANGS		5	/* of one bus in RESET_WINDOW_SEC, then its targets are refused */
#define RETRY_MAX_USEC		600000000L

/*
 * Give every outstanding command back. The caller has stopped the chip. If another thread has
 * started it again since, the commands outstanding now belong to the chip and stay with it. No
 * lock held.
 */
void isp_fail_all(struct isp *isp, uint8_t reason, uint8_t stat)
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
		(void)isp_handle_release(isp, sp->cmd_handle);
		sp->cmd_flags &= ~CFLAG_STARTED;
		isp_finish_killed(sp, reason, stat);
		isp_done_add(&done, sp);
	}
	isp->isp_notify = ~0u;
	mutex_exit(&isp->isp_lock);
	isp_complete(isp, &done);
}

/* Once more. True if that is too often. isp_lock held. */
static boolean_t isp_is_too_often(struct isp_losses *l, uint_t max, uint_t seconds)
{
	clock_t now = ddi_get_lbolt();

	if (!l->loss_count || now - l->loss_since > SEC_TO_TICK(seconds)) {
		l->loss_since = now;
		l->loss_count = 0;
	}
	return ++l->loss_count >= max ? B_TRUE : B_FALSE;
}

/* A target has lost commands once more. isp_lock held. */
static void isp_count_loss(struct isp *isp, uint_t target)
{
	if (!isp_is_too_often(&isp->isp_losses[target], MAX_LOSSES, LOSS_WINDOW_SEC))
		return;
	isp->isp_refused |= 1u << target;
	dev_err(isp->isp_dip, CE_WARN,
		"bus %u: target %u keeps losing commands, all its I/O fails; check it, then remove its devices and scan again, or try a host reset (sg_reset -H)",
		isp_bus_of(target), isp_id_of(target));
}

/* A bus has hung once more. If it does that too often, give it up; the other bus goes on. isp_lock held. */
void isp_count_hang(struct isp *isp, uint_t bus)
{
	if (!isp_is_too_often(&isp->isp_hangs[bus], MAX_HANGS, RESET_WINDOW_SEC))
		return;
	isp->isp_refused |= isp_bus_targets(bus);
	dev_err(isp->isp_dip, CE_WARN,
		"bus %u: keeps hanging, all I/O of its targets fails; check cable and terminators, then try a host reset (sg_reset -H)",
		bus);
}

/*
 * Commands of @targets do not come back from a chip that works. Restart the chip, because nothing
 * else ends their DMA. This is not the chip's fault, and does not count as such. Any context,
 * isp_lock held.
 */
void isp_commands_lost(struct isp *isp, uint32_t targets, const char *why)
{
	uint_t target;

	if (isp->isp_state != ISP_RUN)
		return;
	isp->isp_blamed = targets ? B_TRUE : B_FALSE;
	isp_chip_fail(isp, why);
	for (target = 0; target < ISP_NELEM(isp->isp_losses); target++)
		if (targets & 1u << target)
			isp_count_loss(isp, target);
}

/* A target is looked for again: it may be another one. */
void isp_forgive(struct isp *isp, uint_t target)
{
	mutex_enter(&isp->isp_lock);
	isp->isp_refused &= ~(1u << target);
	isp->isp_losses[target].loss_count = 0;
	mutex_exit(&isp->isp_lock);
}

/*
 * After a host reset, refused targets get another chance. The midlayer's last resort against a dead
 * target is such a reset too, so a target that loses commands again, or a bus that hangs again, is
 * refused at once.
 */
void isp_forgive_all(struct isp *isp)
{
	uint_t target, bus;

	mutex_enter(&isp->isp_lock);
	for (bus = 0; bus < ISP_NBUS; bus++)
		isp->isp_hangs[bus].loss_count = MIN(isp->isp_hangs[bus].loss_count, MAX_HANGS - 1);
	for (target = 0; target < ISP_NELEM(isp->isp_losses); target++)
		if (isp->isp_refused & 1u << target)
			isp->isp_losses[target].loss_count = MAX_LOSSES - 1;
	isp->isp_refused = 0;
	mutex_exit(&isp->isp_lock);
}

static void isp_go_offline(struct isp *isp, const char *why)
{
	dev_err(isp->isp_dip, CE_WARN,
		"%s; controller taken offline, all I/O fails; trying again in %d s, or at a host reset (sg_reset -H)",
		why, (int)(isp->isp_retry_usec / MICROSEC));
	mutex_enter(&isp->isp_lock);
	isp->isp_state = ISP_OFFLINE;
	mutex_exit(&isp->isp_lock);
	isp_fail_all(isp, CMD_DEV_GONE, 0);
}

/*
 * Count a restart, unless it is a target's fault. Returns how many there have been in this
 * RESET_WINDOW_SEC. isp_lock held.
 */
static uint_t isp_count_restart(struct isp *isp)
{
	clock_t now = ddi_get_lbolt();
	boolean_t calm = now - isp->isp_reset_since > SEC_TO_TICK(RESET_WINDOW_SEC) ? B_TRUE : B_FALSE;

	isp->isp_stats.st_chip_resets++;
	if (isp->isp_blamed) {
		isp->isp_blamed = B_FALSE;
		return 1;
	}
	if (calm)
		isp->isp_retry_usec = isp->isp_retry_first;
	if (!isp->isp_reset_count || calm) {
		isp->isp_reset_since = now;
		isp->isp_reset_count = 0;
	}
	return ++isp->isp_reset_count;
}

/*
 * Wait 0, 1, 2, 4 ... seconds before restart number @count: if the chip fails again immediately,
 * the cause may be one that passes. False if isp_closing is set: the chip must stay as it is now.
 */
static boolean_t isp_back_off(struct isp *isp, uint_t count)
{
	clock_t end = ddi_get_lbolt() + (count < 2 ? 0 : SEC_TO_TICK(1 << (count - 2)));
	boolean_t closing;

	mutex_enter(&isp->isp_lock);
	while (!isp->isp_closing &&
	       cv_timedwait_sig(&isp->isp_watch_cv, &isp->isp_lock, end) != -1)
		;
	closing = isp->isp_closing;
	mutex_exit(&isp->isp_lock);
	return closing ? B_FALSE : B_TRUE;
}

/* Start a stopped chip from the beginning. True if it runs. */
static boolean_t isp_bring_up(struct isp *isp)
{
	/* What stopped the chip may have changed its configuration too. */
	isp_setup_config(isp);
	if (isp_init(isp) != DDI_SUCCESS)
		return B_FALSE;
	/* Targets may still be working on commands we have dropped. */
	isp_reset_buses(isp);
	return B_TRUE;
}

/*
 * Try to restart the chip. Afterwards it runs or is offline, or the caller must try again. The
 * instance's thread.
 */
void isp_restart_chip(struct isp *isp)
{
	uint_t count;

	mutex_enter(&isp->isp_lock);
	count = isp_count_restart(isp);
	isp_stop_failed_chip(isp);
	mutex_exit(&isp->isp_lock);
	isp_fail_all(isp, CMD_RESET, STAT_BUS_RESET);
	if (count > MAX_CHIP_RESETS) {
		isp_go_offline(isp, "the chip keeps failing");
		return;
	}
	if (!isp_back_off(isp, count))
		return;
	(void)isp_bring_up(isp);
	mutex_enter(&isp->isp_lock);
	if (isp->isp_state == ISP_RUN)
		dev_err(isp->isp_dip, CE_NOTE, "restarted");
	else
		/* Attempts that fail in a row all count, however long each one takes. */
		isp->isp_reset_since = ddi_get_lbolt();
	mutex_exit(&isp->isp_lock);
}

/* No card, or one that has been pulled out. */
static boolean_t isp_slot_is_empty(struct isp *isp)
{
	return pci_config_get16(isp->isp_config, PCI_CONF_VENID) == 0xffff ? B_TRUE : B_FALSE;
}

/* True if the attempt may begin. Each interval is twice the one before. */
static boolean_t isp_begin_retry(struct isp *isp)
{
	boolean_t begin;

	mutex_enter(&isp->isp_lock);
	begin = isp->isp_state == ISP_OFFLINE && !isp->isp_closing ? B_TRUE : B_FALSE;
	isp->isp_retry_usec = MIN(2 * isp->isp_retry_usec, RETRY_MAX_USEC);
	if (begin) {
		isp->isp_state = ISP_RECOVER;
		isp_stop_failed_chip(isp);
	}
	mutex_exit(&isp->isp_lock);
	return begin;
}

/* An offline chip: start it if it works again. The instance's thread. */
void isp_retry_chip(struct isp *isp)
{
	boolean_t runs;

	if (isp_slot_is_empty(isp) || !isp_begin_retry(isp))
		return;
	dev_err(isp->isp_dip, CE_NOTE, "offline; trying to start the chip");
	runs = isp_bring_up(isp);
	mutex_enter(&isp->isp_lock);
	if (runs) {
		/* If it fails soon, the next interval is longer still. */
		isp->isp_reset_count = 0;
		isp->isp_reset_since = ddi_get_lbolt();
	} else if (isp->isp_state == ISP_RECOVER) {
		isp->isp_state = ISP_OFFLINE;
	}
	mutex_exit(&isp->isp_lock);
	if (runs)
		dev_err(isp->isp_dip, CE_NOTE,
			"runs again; for a disk that stays offline: echo running > /sys/block/<disk>/device/state");
	else
		dev_err(isp->isp_dip, CE_NOTE, "still offline; trying again in %d s",
			(int)(isp->isp_retry_usec / MICROSEC));
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
	isp_commands_lost(isp, 1u << isp_target_of(sp), "a polled command was not returned in time");
	isp_stop_failed_chip(isp);
	mutex_exit(&isp->isp_lock);
	isp_fail_all(isp, CMD_RESET, STAT_BUS_RESET);
}

/*
 * For detach and suspend: end the thread, stop the chip, and give outstanding commands back with
 * @reason. Thread.
 */
void isp_shut_down(struct isp *isp, uint8_t reason)
{
	mutex_enter(&isp->isp_lock);
	isp->isp_closing = B_TRUE;
	cv_signal(&isp->isp_watch_cv);
	mutex_exit(&isp->isp_lock);
	ddi_taskq_wait(isp->isp_taskq);

	mutex_enter(&isp->isp_lock);
	isp_chip_close(isp);
	mutex_exit(&isp->isp_lock);
	isp_fail_all(isp, reason, reason == CMD_RESET ? STAT_BUS_RESET : 0);
}
