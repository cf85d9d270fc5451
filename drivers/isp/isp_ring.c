// SPDX-License-Identifier: GPL-2.0
/*
 * The request ring: room in it, markers, the doorbell. isp_lock is held.
 *
 * Completed commands tell how much room the ring has: the chip fetches in order, so it has fetched
 * everything up to the entries of any completed command. Only when that does not show enough room does
 * the driver ask the chip where it is.
 */
#include "isp_ring.h"

static void isp_read_consumer(struct isp *isp)
{
	uint_t out = isp_rd(isp, ISP_REQ_OUT);
	uint_t used;

	/* The mailbox does not hold the consumer now. The next call reads it. */
	if (isp_sema_taken(isp))
		return;
	if (out >= isp->isp_req_len) {
		isp_chip_fail(isp, "request ring pointer out of range");
		return;
	}
	used = isp->isp_req_in >= out ? isp->isp_req_in - out :
	       isp->isp_req_in + isp->isp_req_len - out;
	/* The consumer cannot move backwards; ignore a value that says it did. */
	if (used < isp->isp_req_pos - isp->isp_req_out)
		isp->isp_req_out = isp->isp_req_pos - used;
}

boolean_t isp_make_room(struct isp *isp, uint_t entries)
{
	/* The chip cannot make room by fetching entries that it does not know of. */
	isp_ring_doorbell(isp);
	isp_read_consumer(isp);
	return isp_room(isp) >= entries ? B_TRUE : B_FALSE;
}

/* The register write also orders: entries are in memory before the chip hears of them. */
void isp_ring_doorbell(struct isp *isp)
{
	if (!isp->isp_doorbell)
		return;
	isp->isp_doorbell = B_FALSE;
	isp->isp_stats.st_doorbells++;
	(void)ddi_dma_sync(isp->isp_req_mem.dm_handle, 0, 0, DDI_DMA_SYNC_FORDEV);
	isp_wr(isp, ISP_REQ_IN, (uint16_t)isp->isp_req_in);
}

/*
 * After a reset or an abort the chip holds commands back until a marker tells it that the host
 * knows. A marker that finds no room in the ring waits for the next call.
 */
void isp_flush_markers(struct isp *isp)
{
	uint_t bus;

	if (isp->isp_state != ISP_RUN)
		return;
	for (bus = 0; bus < isp->isp_chip->chip_buses; bus++) {
		if (!(isp->isp_markers & 1 << bus))
			continue;
		if (!isp_have_room(isp, 1))
			return;
		isp_put_marker(&isp->isp_req[isp->isp_req_in], ISP_TARGET_BYTE(bus, 0), IMM_BUS);
		isp_advance(isp, 1);
		isp->isp_markers &= (uint8_t)~(1 << bus);
		isp->isp_stats.st_markers++;
	}
	isp_ring_doorbell(isp);
}

/* Queue a command of one entry without a packet. isp_lock held. False if the ring has no room. */
boolean_t isp_ring_put_one(struct isp *isp, const struct isp_iocb *io)
{
	struct isp_cursor c = {
		.cur_ring = isp->isp_req, .cur_len = isp->isp_req_len, .cur_index = isp->isp_req_in,
	};

	if (!isp_have_room(isp, io->iocb_entries))
		return B_FALSE;
	isp_put_command(&c, io);
	isp_advance(isp, io->iocb_entries);
	isp_ring_doorbell(isp);
	return B_TRUE;
}

/* Has the chip fetched all that it knows of? isp_lock held. */
boolean_t isp_ring_is_fetched(struct isp *isp)
{
	isp_read_consumer(isp);
	return isp->isp_req_out == isp->isp_req_pos ? B_TRUE : B_FALSE;
}
