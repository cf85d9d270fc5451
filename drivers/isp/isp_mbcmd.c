// SPDX-License-Identifier: GPL-2.0
/*
 * Mailbox commands, one at a time: carry one out and wait for its answer.
 *
 * A command is issued under isp_lock. While the chip runs, its result comes with an interrupt. In
 * case the interrupt is lost, the waiter also looks for itself every few milliseconds. Before the
 * chip runs, during start and recovery, the waiter only polls. Either way the wait is bounded, and
 * the driver resets a chip that does not answer.
 */
#include "ispvar.h"

#define MBOX_USEC		5000000		/* except for those that take longer by nature */
#define MBOX_RESET_USEC		15000000	/* plus the settle delay that the chip waits out */
#define MBOX_SPIN_USEC		500		/* a real card needs about 110 us */
#define MBOX_SLICE_USEC		10000

/*
 * Before the chip runs, only the waiter looks. It waits for the interrupt bit, because it is not known
 * whether the semaphore may be taken before all of the answer is there. It clears the bit before it
 * gives the semaphore back: after that the chip may post the next thing, with an interrupt of its own.
 * isp_lock held, dropped while waiting.
 */
static void isp_mbcmd_wait_polled(struct isp *isp, clock_t usec)
{
	clock_t end = ddi_get_lbolt() + drv_usectohz(usec);
	boolean_t due = B_FALSE;	/* the chip has announced what is not taken yet */
	clock_t waited = 0;

	while (isp->isp_mbox_state == MBOX_SENT && end - ddi_get_lbolt() > 0) {
		clock_t step = waited < MBOX_SPIN_USEC ? 5 : 100;

		if (isp_rd(isp, ISP_ISR) & ISR_RISC_INT) {
			isp_wr(isp, ISP_HCCR, HCCR_CLEAR_RISC_INT);
			due = B_TRUE;
		}
		if (due && isp_mbox_take(isp)) {
			due = B_FALSE;
			if (isp->isp_mbox_state != MBOX_SENT)
				break;
		}
		mutex_exit(&isp->isp_lock);
		drv_usecwait(step);
		mutex_enter(&isp->isp_lock);
		waited += step;
	}
}

/* While the chip runs, the interrupt handler takes the answer. isp_lock held, dropped to wait. */
static void isp_mbcmd_wait_interrupt(struct isp *isp, clock_t usec)
{
	clock_t end = ddi_get_lbolt() + drv_usectohz(usec);

	while (isp->isp_mbox_state == MBOX_SENT && end - ddi_get_lbolt() > 0) {
		if (cv_timedwait(&isp->isp_mbox_cv, &isp->isp_lock,
				 ddi_get_lbolt() + drv_usectohz(MBOX_SLICE_USEC)) != -1 ||
		    isp->isp_mbox_state != MBOX_SENT)
			continue;
		mutex_exit(&isp->isp_lock);
		isp_poll(isp);
		mutex_enter(&isp->isp_lock);
	}
}

static enum isp_mbox_state isp_mbcmd_carry_out(struct isp *isp, const struct isp_mbox_desc *d,
					       uint16_t *mb)
{
	clock_t usec = d->mbd_slow ? MBOX_RESET_USEC + isp->isp_reset_usec : MBOX_USEC;
	enum isp_mbox_state state;

	isp_mbox_send(isp, d, mb);
	if (isp->isp_intr_on)
		isp_mbcmd_wait_interrupt(isp, usec);
	else
		isp_mbcmd_wait_polled(isp, usec);
	state = isp->isp_mbox_state;
	if (state == MBOX_SENT) {
		dev_err(isp->isp_dip, CE_WARN, "mailbox command 0x%02x was not answered", d->mbd_opcode);
		isp->isp_mbox_dead = B_TRUE;
		isp_chip_fail(isp, "the chip does not answer mailbox commands");
	}
	bcopy(isp->isp_mbox, mb, sizeof(isp->isp_mbox));
	isp->isp_mbox_state = MBOX_IDLE;
	return state;
}

/*
 * Carry out a mailbox command. @mb holds the opcode and arguments, and afterwards the results.
 * Thread context. isp_init() and its callees pass a false @running: only they may use the mailboxes
 * while the chip is being brought up. All other callers pass true. After a command that was not
 * answered, none is sent until the chip has been reset. None is sent while isp_closing is set.
 *
 * Returns DDI_SUCCESS if the chip answered "command complete".
 */
int isp_mbcmd_run(struct isp *isp, uint16_t *mb, boolean_t running)
{
	const struct isp_mbox_desc *d = isp_mbox_find(mb[0]);
	enum isp_mbox_state state = MBOX_FAILED;

	if (!d)
		return DDI_FAILURE;
	mutex_enter(&isp->isp_lock);
	while (isp->isp_mbox_busy)
		cv_wait(&isp->isp_mbox_cv, &isp->isp_lock);
	isp->isp_mbox_busy = B_TRUE;
	if ((isp->isp_state == ISP_RUN) == running && !isp->isp_mbox_dead && !isp->isp_closing)
		state = isp_mbcmd_carry_out(isp, d, mb);
	isp->isp_mbox_busy = B_FALSE;
	cv_broadcast(&isp->isp_mbox_cv);
	mutex_exit(&isp->isp_lock);
	if (state != MBOX_ANSWERED)
		mb[0] = 0;
	return mb[0] == MBS_DONE ? DDI_SUCCESS : DDI_FAILURE;
}
