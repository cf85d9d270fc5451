// SPDX-License-Identifier: GPL-2.0
/*
 * What to do when the chip itself is in trouble.
 *
 * The driver stops the chip. That ends all DMA, so the driver can immediately give every outstanding
 * command back. Then the thread of isp_watch.c starts the chip from the beginning. If the chip needs
 * this too often, the driver takes it offline. isp_lost.c says when that is a target's fault.
 */
#include "ispvar.h"

#define MAX_CHIP_RESETS		5	/* in RESET_WINDOW_SEC, then offline */
#define RESET_WINDOW_SEC	60
#define RETRY_MAX_USEC		600000000L

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
