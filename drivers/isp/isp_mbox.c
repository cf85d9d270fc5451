// SPDX-License-Identifier: GPL-2.0
/*
 * Mailbox commands, one at a time, and the asynchronous events that arrive in the same registers.
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

struct mbox_desc {
	uint8_t	opcode;
	uint8_t	in;		/* bit n: mbn is an argument */
	uint8_t	out;		/* bit n: mbn is a result */
	boolean_t slow;
};

static const struct mbox_desc descs[] = {
	{ MBC_NOP, 0x01, 0x01 },
	{ MBC_LOAD_RAM, 0x1f, 0x01 },
	{ MBC_EXECUTE, 0x03, 0x01 },
	{ MBC_WRITE_WORD, 0x07, 0x01 },
	{ MBC_REGISTER_TEST, 0x3f, 0x3f },
	{ MBC_VERIFY_CHECKSUM, 0x03, 0x03 },
	{ MBC_ABOUT, 0x01, 0x0f },
	{ MBC_INIT_REQ, 0x1f, 0x11 },
	{ MBC_INIT_RSP, 0x2f, 0x21 },
	{ MBC_ABORT_COMMAND, 0x0f, 0x01 },
	{ MBC_ABORT_DEVICE, 0x03, 0x01 },
	{ MBC_ABORT_TARGET, 0x07, 0x01, B_TRUE },
	{ MBC_BUS_RESET, 0x07, 0x01, B_TRUE },
	{ MBC_GET_STATUS, 0x01, 0x05 },
	{ MBC_GET_TARGET, 0x03, 0x4f },
	{ MBC_SET_INITIATOR, 0x03, 0x01 },
	{ MBC_SET_SEL_TIMEOUT, 0x07, 0x01 },
	{ MBC_SET_RETRY, 0xc7, 0x01 },
	{ MBC_SET_TAG_AGE, 0x07, 0x01 },
	{ MBC_SET_CLOCK, 0x03, 0x01 },
	{ MBC_SET_NEGATION, 0x07, 0x01 },
	{ MBC_SET_ASYNC_SETUP, 0x07, 0x01 },
	{ MBC_SET_PCI_CONTROL, 0x07, 0x01 },
	{ MBC_SET_TARGET, 0x4f, 0x01 },
	{ MBC_SET_DEVICE_QUEUE, 0x0f, 0x01 },
	{ MBC_SET_SYSTEM, 0x03, 0x01 },
	{ MBC_SET_FEATURES, 0x03, 0x01 },
	{ MBC_INIT_REQ_A64, 0xdf, 0x11 },
	{ MBC_INIT_RSP_A64, 0xef, 0x21 },
	{ MBC_SET_OVERRUN, 0x03, 0x01 },
};

static const struct mbox_desc *find_desc(uint16_t opcode)
{
	uint_t i;

	for (i = 0; i < ISP_NELEM(descs); i++)
		if (descs[i].opcode == opcode)
			return &descs[i];
	return NULL;
}

static void bus_event(struct isp *isp, const char *what)
{
	/* Only dual-bus firmware says which bus. */
	uint_t bus = isp->isp_chip->ic_buses > 1 ? isp_rd(isp, ISP_MBOX(6)) & 1 : 0;

	isp->isp_markers |= (uint8_t)(1 << bus);
	isp->isp_notify = B_TRUE;
	/* Some firmware may not report the resets that the driver asked for; never log those. */
	if (!(isp->isp_own_reset & 1 << bus) && isp_may_log(isp))
		dev_err(isp->isp_dip, CE_NOTE, "bus %u: %s", bus, what);
}

/* isp_lock held. */
static void async_event(struct isp *isp, uint16_t code)
{
	isp->isp_stats.is_events++;
	switch (code) {
	case MBE_BUS_RESET:
		bus_event(isp, "reset");
		break;
	case MBE_TIMEOUT_RESET:
		bus_event(isp, "reset by the controller after a timeout");
		break;
	case MBE_DEVICE_RESET:
		bus_event(isp, "device reset");
		break;
	case MBE_OVERRUN_RESET:
		bus_event(isp, "reset by the controller after a data overrun");
		break;
	case MBE_MODE_CHANGE:
		bus_event(isp, "bus mode changed");
		break;
	case MBE_SYSTEM_ERROR:
		dev_err(isp->isp_dip, CE_WARN, "firmware system error %04x %04x %04x",
			isp_rd(isp, ISP_MBOX(1)), isp_rd(isp, ISP_MBOX(2)),
			isp_rd(isp, ISP_MBOX(3)));
		isp_chip_fail(isp, "firmware system error");
		break;
	case MBE_REQ_DMA:
		isp_chip_fail(isp, "request ring DMA error");
		break;
	case MBE_RSP_DMA:
		isp_chip_fail(isp, "response ring DMA error");
		break;
	case MBE_BUS_HUNG:
		isp_chip_fail(isp, "SCSI bus hung after a data overrun");
		break;
	case MBE_QUEUE_WAKEUP:
		break;
	default:
		if (isp_may_log(isp))
			dev_err(isp->isp_dip, CE_NOTE, "ignored unknown event 0x%04x", code);
		break;
	}
}

static void take_result(struct isp *isp, uint16_t status)
{
	const struct mbox_desc *d = find_desc(isp->isp_mbox[0]);
	uint_t n;

	isp->isp_mbox[0] = status;
	for (n = 1; n < ISP_NMBOX; n++)
		if (d->out & 1 << n)
			isp->isp_mbox[n] = isp_rd(isp, ISP_MBOX(n));
	isp->isp_mbox_state = MBOX_ANSWERED;
	cv_broadcast(&isp->isp_mbox_cv);
}

/*
 * Take the answer or the event that waits in the mailboxes, and give the mailboxes back to the
 * chip. isp_lock held. False if nothing waits. The caller clears the interrupt.
 */
boolean_t isp_mbox_take(struct isp *isp)
{
	uint16_t sema = isp_rd(isp, ISP_SEMA);
	uint16_t status;

	if (!(sema & SEMA_LOCK) || sema == 0xffff)
		return B_FALSE;
	status = isp_rd(isp, ISP_MBOX(0));
	if (status & MBS_EVENT)
		async_event(isp, status);
	else if (isp->isp_mbox_state == MBOX_SENT)
		take_result(isp, status);
	else if (isp_may_log(isp))
		dev_err(isp->isp_dip, CE_NOTE, "ignored mailbox answer 0x%04x: no command was sent", status);
	isp_wr(isp, ISP_SEMA, 0);
	return B_TRUE;
}

static void send(struct isp *isp, const struct mbox_desc *d, const uint16_t *mb)
{
	uint_t n;

	isp->isp_stats.is_mailbox++;
	bcopy(mb, isp->isp_mbox, sizeof(isp->isp_mbox));
	isp->isp_mbox_state = MBOX_SENT;
	for (n = 0; n < ISP_NMBOX; n++)
		if (d->in & 1 << n)
			isp_wr(isp, ISP_MBOX(n), mb[n]);
	isp_wr(isp, ISP_HCCR, HCCR_SET_HOST_INT);
}

/* Before the chip runs, only the waiter looks. isp_lock held, dropped while waiting. */
static void wait_polled(struct isp *isp, clock_t usec)
{
	clock_t end = ddi_get_lbolt() + drv_usectohz(usec);
	clock_t waited = 0;

	while (isp->isp_mbox_state == MBOX_SENT && end - ddi_get_lbolt() > 0) {
		clock_t step = waited < MBOX_SPIN_USEC ? 5 : 100;

		if (isp_mbox_take(isp)) {
			/* It is masked, but the chip posts nothing more until it is clear. */
			isp_wr(isp, ISP_HCCR, HCCR_CLEAR_RISC_INT);
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
static void wait_interrupt(struct isp *isp, clock_t usec)
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

static enum isp_mbox_state run(struct isp *isp, const struct mbox_desc *d, uint16_t *mb)
{
	clock_t usec = d->slow ? MBOX_RESET_USEC + isp->isp_reset_usec : MBOX_USEC;
	enum isp_mbox_state state;

	send(isp, d, mb);
	if (isp->isp_intr_on)
		wait_interrupt(isp, usec);
	else
		wait_polled(isp, usec);
	state = isp->isp_mbox_state;
	if (state == MBOX_SENT) {
		dev_err(isp->isp_dip, CE_WARN, "mailbox command 0x%02x was not answered", d->opcode);
		isp->isp_mute = B_TRUE;
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
int isp_mbox_cmd(struct isp *isp, uint16_t *mb, boolean_t running)
{
	const struct mbox_desc *d = find_desc(mb[0]);
	enum isp_mbox_state state = MBOX_FAILED;

	if (!d)
		return DDI_FAILURE;
	mutex_enter(&isp->isp_lock);
	while (isp->isp_mbox_busy)
		cv_wait(&isp->isp_mbox_cv, &isp->isp_lock);
	isp->isp_mbox_busy = B_TRUE;
	if ((isp->isp_state == ISP_RUN) == running && !isp->isp_mute && !isp->isp_closing)
		state = run(isp, d, mb);
	isp->isp_mbox_busy = B_FALSE;
	cv_broadcast(&isp->isp_mbox_cv);
	mutex_exit(&isp->isp_lock);
	if (state != MBOX_ANSWERED)
		mb[0] = 0;
	return mb[0] == MBS_DONE ? DDI_SUCCESS : DDI_FAILURE;
}

/* The chip no longer runs: no answer will come. isp_lock held. */
void isp_mbox_abandon(struct isp *isp)
{
	if (isp->isp_mbox_state == MBOX_SENT)
		isp->isp_mbox_state = MBOX_FAILED;
	cv_broadcast(&isp->isp_mbox_cv);
}
