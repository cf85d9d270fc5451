// SPDX-License-Identifier: GPL-2.0
/*
 * The state of the chip and how it leaves ISP_RUN: failed, gone, stopped. Nothing here waits for the
 * chip, so that all other files can use it in any context.
 */
#include "ispvar.h"

#define STOP_USEC		100
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

/* The chip no longer runs: no answer will come. isp_lock held. */
void isp_mbox_abandon(struct isp *isp)
{
	if (isp->isp_mbox_state == MBOX_SENT)
		isp->isp_mbox_state = MBOX_FAILED;
	cv_broadcast(&isp->isp_mbox_cv);
}

/*
 * Stop the chip immediately: no interrupt and no DMA after this returns. Any context, isp_lock held.
 * The chip does not answer while it resets, and reading it then is fatal on some hosts, so wait
 * blindly. The read before the reset ensures that nothing else is on its way to the chip.
 */
void isp_stop_chip(struct isp *isp)
{
	isp_wr(isp, ISP_ICR, 0);
	isp_wr(isp, ISP_HCCR, HCCR_PAUSE_RISC);
	(void)isp_rd(isp, ISP_ICR);
	isp_wr(isp, ISP_ICR, ICR_SOFT_RESET);
	drv_usecwait(STOP_USEC);
	isp->isp_stopped = B_TRUE;
}

/*
 * Stop a chip that has left ISP_RUN, unless it is stopped already. Any context, isp_lock held. This
 * cannot hit a chip that is being restarted: a restart begins by stopping the chip under isp_lock.
 */
void isp_stop_failed_chip(struct isp *isp)
{
	if (!isp->isp_stopped)
		isp_stop_chip(isp);
}

/* Leave ISP_RUN for @state, and wake the thread, which does the rest. */
static void isp_stop_running(struct isp *isp, enum isp_state state)
{
	isp->isp_state = state;
	isp->isp_intr_on = B_FALSE;
	isp_mbox_abandon(isp);
	cv_signal(&isp->isp_watch_cv);
}

/*
 * The chip cannot go on: mask its interrupt, and have the thread restart it. Any context, isp_lock
 * held.
 */
void isp_chip_fail(struct isp *isp, const char *why)
{
	if (isp->isp_state != ISP_RUN)
		return;
	dev_err(isp->isp_dip, CE_WARN, "%s; restarting the chip", why);
	isp_wr(isp, ISP_ICR, 0);
	isp_stop_running(isp, ISP_RECOVER);
}

/* All registers read as ones: the card has been pulled out. Any context, isp_lock held. */
void isp_chip_gone(struct isp *isp)
{
	if (isp->isp_state != ISP_RUN)
		return;
	dev_err(isp->isp_dip, CE_WARN, "the card no longer answers, all I/O fails; check the slot");
	/* The card may be there but confused: allow no DMA into buffers that are given back now. */
	isp_stop_chip(isp);
	isp_stop_running(isp, ISP_OFFLINE);
}

/* Stop the chip; the thread ends and does not start it again. Any context, isp_lock held. */
void isp_chip_close(struct isp *isp)
{
	isp->isp_closing = B_TRUE;
	isp_stop_running(isp, ISP_DOWN);
	isp_stop_chip(isp);
}
