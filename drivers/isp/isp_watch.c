// SPDX-License-Identifier: GPL-2.0
/*
 * The instance's thread. Each second it looks for work that an interrupt should have announced, for
 * overdue commands, and for a card that is gone; and sooner for an event that came together with
 * completions. It resets a bus that hangs, and tells the chip what to
 * negotiate. When the chip fails, it restarts the chip, and it tries an offline one again: so a restart
 * needs no memory, and there is only one at a time. The thread runs from isp_watch_start() until
 * isp_closing is set, and its task queue of one thread waits while the instance is suspended.
 */
#include "ispvar.h"

#define WATCH_USEC		1000000
#define WATCH_AGAIN_USEC	500000	/* a second look at what seems lost */
/* For an event that came together with completions: after the first interrupt, and while more come */
#define EVENT_BUSY_USEC		200000

/* If commands are overdue, restart the chip. isp_lock held. */
static void isp_check_deadlines(struct isp *isp)
{
	clock_t now = ddi_get_lbolt();
	struct isp_cmd *sp;
	uint_t cursor = 0;
	uint32_t targets = 0;

	while ((sp = isp_handle_next(isp, &cursor)) != NULL) {
		if (sp->cmd_deadline && now - sp->cmd_deadline > 0) {
			sp->cmd_kill_reason = CMD_TIMEOUT;
			sp->cmd_kill_stat = STAT_TIMEOUT | STAT_BUS_RESET;
			targets |= 1u << isp_target_of(sp);
		}
	}
	if (targets)
		isp_commands_lost(isp, targets, "a command was not returned in time");
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

/*
 * Look at the running chip. isp_lock held, dropped to complete commands. Returns the time until the
 * next look.
 */
static clock_t isp_look(struct isp *isp)
{
	clock_t usec = WATCH_USEC;
	struct isp_done done;

	isp_done_init(&done);
	if (isp_watch_for_lost_interrupt(isp, &done))
		usec = WATCH_AGAIN_USEC;
	isp_flush_markers(isp);
	isp_check_deadlines(isp);
	if (isp->isp_own_until - ddi_get_lbolt() <= 0)
		isp->isp_own_reset = 0;
	mutex_exit(&isp->isp_lock);
	isp_complete(isp, &done);
	mutex_enter(&isp->isp_lock);
	return usec;
}

/* Wait until @end, an lbolt, or until the thread is woken. isp_lock held. True if time has passed. */
static boolean_t isp_watch_sleep(struct isp *isp, clock_t end)
{
	/* No signal reaches this thread, and a wait that a signal may end does not count as load. */
	return cv_timedwait_sig(&isp->isp_watch_cv, &isp->isp_lock, end) == -1 ? B_TRUE : B_FALSE;
}

static clock_t isp_watch_end(clock_t usec)
{
	return ddi_get_lbolt() + drv_usectohz(usec);
}

/* Look for such an event. isp_lock held, dropped to complete commands. */
static void isp_look_for_event(struct isp *isp)
{
	struct isp_done done;

	if (isp->isp_busy_intrs == isp->isp_stats.st_interrupts) {
		isp->isp_watch_busy = 0;
		return;
	}
	isp->isp_watch_busy = EVENT_BUSY_USEC;
	isp->isp_busy_intrs = isp->isp_stats.st_interrupts;
	if (!isp_sema_taken(isp))
		return;
	isp_done_init(&done);
	isp_service(isp, &done);
	mutex_exit(&isp->isp_lock);
	isp_complete(isp, &done);
	mutex_enter(&isp->isp_lock);
}

/*
 * Wait for the next look, and look. @due is the lbolt of the next look for all but events. isp_lock
 * held, dropped to wait.
 */
static void isp_watch_running(struct isp *isp, clock_t *due)
{
	clock_t soon = isp_watch_end(isp->isp_watch_busy);
	boolean_t event = isp->isp_watch_busy && soon - *due < 0 ? B_TRUE : B_FALSE;

	if (!isp_watch_sleep(isp, event ? soon : *due) || isp->isp_state != ISP_RUN)
		return;
	if (event)
		isp_look_for_event(isp);
	else
		*due = isp_watch_end(isp_look(isp));
}

/* The instance's thread, until isp_closing is set. */
static void isp_watch(void *arg)
{
	struct isp *isp = arg;
	clock_t due = isp_watch_end(WATCH_USEC);

	mutex_enter(&isp->isp_lock);
	while (!isp->isp_closing) {
		if (isp->isp_state == ISP_RECOVER) {
			mutex_exit(&isp->isp_lock);
			isp_restart_chip(isp);
			mutex_enter(&isp->isp_lock);
		} else if (isp->isp_state == ISP_OFFLINE && isp->isp_outstanding) {
			mutex_exit(&isp->isp_lock);
			isp_fail_all(isp, CMD_DEV_GONE, 0);
			mutex_enter(&isp->isp_lock);
		} else if (isp->isp_state == ISP_OFFLINE) {
			if (!isp_watch_sleep(isp, isp_watch_end(isp->isp_retry_usec)))
				continue;
			mutex_exit(&isp->isp_lock);
			isp_retry_chip(isp);
			mutex_enter(&isp->isp_lock);
		} else if (isp->isp_state == ISP_RUN && isp->isp_hung) {
			mutex_exit(&isp->isp_lock);
			isp_reset_hung(isp);
			mutex_enter(&isp->isp_lock);
			/* A chip that posts such events without end must not stop the thread's other work. */
			if (isp->isp_state == ISP_RUN)
				due = isp_watch_end(isp_look(isp));
			isp_tell_targets(isp);
		} else if (isp->isp_state == ISP_RUN && isp->isp_untold) {
			isp_tell_targets(isp);
			/* Nor a bus whose mode changes all the time. */
			if (isp->isp_state == ISP_RUN && ddi_get_lbolt() - due >= 0)
				due = isp_watch_end(isp_look(isp));
		} else {
			isp_watch_running(isp, &due);
		}
	}
	mutex_exit(&isp->isp_lock);
}

/* Start the thread of a chip that runs. isp_shut_down() ends it. Thread. */
void isp_watch_start(struct isp *isp)
{
	/* With DDI_SLEEP this cannot fail: no thread destroys the queue now. */
	(void)ddi_taskq_dispatch(isp->isp_taskq, isp_watch, isp, DDI_SLEEP);
}
