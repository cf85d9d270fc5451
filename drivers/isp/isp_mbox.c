// SPDX-License-Identifier: GPL-2.0
/*
 * The mailbox registers: commands as they go in, their answers, and the asynchronous events that
 * arrive in the same registers. isp_mbcmd.c carries a command out and waits for its answer.
 */
#include "ispvar.h"

static const struct isp_mbox_desc isp_mbox_descs[] = {
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

const struct isp_mbox_desc *isp_mbox_find(uint16_t opcode)
{
	uint_t i;

	for (i = 0; i < ISP_NELEM(isp_mbox_descs); i++)
		if (isp_mbox_descs[i].mbd_opcode == opcode)
			return &isp_mbox_descs[i];
	return NULL;
}

/* The bus of an event. Only dual-bus firmware says which. */
static uint_t isp_event_bus(struct isp *isp)
{
	return isp->isp_chip->chip_buses > 1 ? isp_rd(isp, ISP_MBOX(6)) & 1 : 0;
}

/*
 * A reset concerns all of the bus, for no event says which target was reset. But if the driver has just
 * asked for a reset, it concerns those that the driver meant. Some firmware may not report such resets, so
 * they are never logged.
 */
static void isp_bus_event(struct isp *isp, uint16_t code, const char *what)
{
	uint_t bus = isp_event_bus(isp);
	uint32_t all = isp_bus_targets(bus);
	uint32_t own = isp->isp_own_until - ddi_get_lbolt() > 0 ? isp->isp_own_reset & all : 0;

	isp->isp_markers |= (uint8_t)(1 << bus);
	if (own == all || (own && code == MBE_DEVICE_RESET)) {
		isp->isp_notify |= own;
		return;
	}
	isp->isp_notify |= all;
	if (isp_may_log(isp))
		dev_err(isp->isp_dip, CE_NOTE, "bus %u: %s", bus, what);
}

/* Only a bus reset helps. Without it the chip must be stopped, for targets still hold its commands. */
static void isp_bus_hung(struct isp *isp)
{
	uint_t bus = isp_event_bus(isp);

	if (!isp->isp_bus_reset) {
		isp_chip_fail(isp, "SCSI bus hung after a data overrun");
		return;
	}
	/* A bus that has been given up is left alone. */
	if (!(isp_bus_targets(bus) & ~isp->isp_refused))
		return;
	isp->isp_hung |= (uint8_t)(1 << bus);
	cv_signal(&isp->isp_watch_cv);
}

/* The firmware cannot go on. If the chip is just being started, that start fails. */
static void isp_fatal_event(struct isp *isp, const char *why)
{
	if (isp->isp_state == ISP_RUN) {
		isp_chip_fail(isp, why);
		return;
	}
	if (isp->isp_mbox_dead)
		return;
	dev_err(isp->isp_dip, CE_WARN, "%s during the start", why);
	isp->isp_mbox_dead = B_TRUE;
	isp_mbox_abandon(isp);
}

/* isp_lock held. */
static void isp_async_event(struct isp *isp, uint16_t code)
{
	isp->isp_stats.st_events++;
	switch (code) {
	case MBE_BUS_RESET:
		isp_bus_event(isp, code, "reset");
		break;
	case MBE_TIMEOUT_RESET:
		isp_bus_event(isp, code, "reset by the controller after a timeout");
		break;
	case MBE_DEVICE_RESET:
		isp_bus_event(isp, code, "device reset");
		break;
	case MBE_OVERRUN_RESET:
		isp_bus_event(isp, code, "reset by the controller after a data overrun");
		break;
	case MBE_MODE_CHANGE:
		isp_bus_mode_is(isp, isp_event_bus(isp), isp_rd(isp, ISP_MBOX(2)));
		isp_bus_event(isp, code, "bus mode changed");
		break;
	case MBE_SYSTEM_ERROR:
		if (isp_may_log(isp))
			dev_err(isp->isp_dip, CE_WARN, "firmware system error %04x %04x %04x",
				isp_rd(isp, ISP_MBOX(1)), isp_rd(isp, ISP_MBOX(2)),
				isp_rd(isp, ISP_MBOX(3)));
		isp_fatal_event(isp, "firmware system error");
		break;
	case MBE_REQ_DMA:
		isp_fatal_event(isp, "request ring DMA error");
		break;
	case MBE_RSP_DMA:
		isp_fatal_event(isp, "response ring DMA error");
		break;
	case MBE_BUS_HUNG:
		isp_bus_hung(isp);
		break;
	case MBE_QUEUE_WAKEUP:
		break;
	default:
		if (isp_may_log(isp))
			dev_err(isp->isp_dip, CE_NOTE, "ignored unknown event 0x%04x", code);
		break;
	}
}

static void isp_mbox_take_result(struct isp *isp, uint16_t status)
{
	const struct isp_mbox_desc *d = isp_mbox_find(isp->isp_mbox[0]);
	uint_t n;

	isp->isp_mbox[0] = status;
	for (n = 1; n < ISP_NMBOX; n++)
		if (d->mbd_out & 1 << n)
			isp->isp_mbox[n] = isp_rd(isp, ISP_MBOX(n));
	isp->isp_mbox_state = MBOX_ANSWERED;
	cv_broadcast(&isp->isp_mbox_cv);
}

/*
 * Do the mailboxes hold an answer or an event? If so, mailboxes 4 and 5 may be part of it, and not the
 * ring pointers. isp_lock held: only the driver gives the semaphore back.
 */
boolean_t isp_sema_taken(struct isp *isp)
{
	uint16_t sema = isp_rd(isp, ISP_SEMA);

	return (sema & SEMA_LOCK) && sema != 0xffff ? B_TRUE : B_FALSE;
}

/*
 * Take the answer or the event that waits in the mailboxes, and give the mailboxes back to the
 * chip. isp_lock held. False if nothing waits. The caller clears the interrupt.
 */
boolean_t isp_mbox_take(struct isp *isp)
{
	uint16_t status;

	if (!isp_sema_taken(isp))
		return B_FALSE;
	status = isp_rd(isp, ISP_MBOX(0));
	if (status & MBS_EVENT)
		isp_async_event(isp, status);
	else if (isp->isp_mbox_state == MBOX_SENT)
		isp_mbox_take_result(isp, status);
	else if (isp_may_log(isp))
		dev_err(isp->isp_dip, CE_NOTE, "ignored mailbox answer 0x%04x: no command was sent", status);
	isp_wr(isp, ISP_SEMA, 0);
	return B_TRUE;
}

void isp_mbox_send(struct isp *isp, const struct isp_mbox_desc *d, const uint16_t *mb)
{
	uint_t n;

	isp->isp_stats.st_mailbox++;
	bcopy(mb, isp->isp_mbox, sizeof(isp->isp_mbox));
	isp->isp_mbox_state = MBOX_SENT;
	for (n = 0; n < ISP_NMBOX; n++)
		if (d->mbd_in & 1 << n)
			isp_wr(isp, ISP_MBOX(n), mb[n]);
	isp_wr(isp, ISP_HCCR, HCCR_SET_HOST_INT);
}
