// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that do not come back: whose fault it is, and giving them back once the chip is stopped. If
 * the chip works and commands of one target do not come back, that is the target's fault: the driver
 * gives the target up, and the others go on.
 */
#include "ispvar.h"

#define MAX_LOSSES		3	/* of one target in LOSS_WINDOW_SEC, then it is refused */
#define LOSS_WINDOW_SEC		600
#define MAX_HANGS		5	/* of one bus in HANG_WINDOW_SEC, then its targets are refused */
#define HANG_WINDOW_SEC		60

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
	if (!isp_is_too_often(&isp->isp_hangs[bus], MAX_HANGS, HANG_WINDOW_SEC))
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
