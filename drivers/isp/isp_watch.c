// SPDX-License-Identifier: GPL-2.0
/* The watchdog: lost interrupts, overdue commands, a card that is gone. */
#include "ispvar.h"

#define WATCH_USEC		1000000
#define WATCH_AGAIN_USEC	500000	/* a second look at what seems lost */
#define COMMAND_GRACE_SEC	10	/* the chip's own timer expires first */

/* The lbolt by which the chip's own timer for a command must have expired; 0: never. */
clock_t isp_deadline(int seconds)
{
	clock_t deadline;

	if (seconds <= 0)
		return 0;
	deadline = ddi_get_lbolt() + SEC_TO_TICK(seconds + COMMAND_GRACE_SEC);
	return deadline ? deadline : 1;
}

/* If a command is overdue, fail the chip. isp_lock held. */
static void isp_check_deadlines(struct isp *isp)
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
static boolean_t isp_watch_for_lost_interrupt(struct isp *isp, struct isp_done *done)
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
	    isp->isp_watch_intrs == isp->isp_stats.st_interrupts) {
		isp->isp_stats.st_lost_interrupts++;
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
	isp->isp_watch_intrs = isp->isp_stats.st_interrupts;
	return waiting;
}

static void isp_watch(void *arg);

/*
 * Schedule isp_watch(). If there is no memory for the timeout, try again each second. Thread. Until
 * then isp_watch_id still names the current timeout, so isp_recover_stop() waits for that.
 */
static void isp_schedule_watch(struct isp *isp, clock_t usec)
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
		if (isp_watch_for_lost_interrupt(isp, &done))
			usec = WATCH_AGAIN_USEC;
		isp_flush_markers(isp);
		isp_check_deadlines(isp);
	}
	mutex_exit(&isp->isp_lock);
	isp_complete(isp, &done);
	/* Do this last: untimeout() of the new timeout then also means that this one has ended. */
	isp_schedule_watch(isp, usec);
}

/* Start the watchdog. Thread. */
void isp_watch_start(struct isp *isp)
{
	isp_schedule_watch(isp, WATCH_USEC);
}
