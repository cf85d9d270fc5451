// SPDX-License-Identifier: GPL-2.0
/*
 * The request ring: putting commands and markers into it, and telling the chip. isp_lock is held.
 *
 * Submitting a command reads no register. Completed commands tell how much room the ring has: the
 * chip fetches in order, so it has fetched everything up to the entries of any completed command.
 * Only when that does not show enough room does the driver ask the chip where it is.
 */
#include "ispvar.h"

/* Entries known to be free; one entry stays unused to tell full from empty. */
static uint_t isp_room(const struct isp *isp)
{
	return isp->isp_req_len - 1 - (isp->isp_req_pos - isp->isp_req_out);
}

static void isp_read_consumer(struct isp *isp)
{
	uint_t out = isp_rd(isp, ISP_REQ_OUT);
	uint_t used;

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

static boolean_t isp_have_room(struct isp *isp, uint_t entries)
{
	if (isp_room(isp) >= entries)
		return B_TRUE;
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

static void isp_advance(struct isp *isp, uint_t entries)
{
	isp->isp_req_in += entries;
	if (isp->isp_req_in >= isp->isp_req_len)
		isp->isp_req_in -= isp->isp_req_len;
	isp->isp_req_pos += entries;
	isp->isp_doorbell = B_TRUE;
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

/* Queue a command, and fill in its handle and @io's. TRAN_BUSY: both are unchanged. */
int isp_queue_cmd(struct isp *isp, struct isp_cmd *sp, struct isp_iocb *io)
{
	struct isp_cursor c;

	if (isp->isp_markers)
		isp_flush_markers(isp);
	if (!isp_have_room(isp, io->iocb_entries)) {
		isp->isp_stats.st_ring_full++;
		return TRAN_BUSY;
	}
	if (!isp_handle_get(isp, sp)) {
		/* Entries put before must go out: their completion makes the caller try again. */
		isp_ring_doorbell(isp);
		isp->isp_stats.st_no_handle++;
		return TRAN_BUSY;
	}
	io->iocb_handle = sp->cmd_handle;
	c.cur_ring = isp->isp_req;
	c.cur_len = isp->isp_req_len;
	c.cur_index = isp->isp_req_in;
	isp_put_command(&c, io);
	/* The cookies of a window are an array. */
	if (sp->cmd_cookiecnt)
		isp_put_segments(&c, ddi_dma_cookie_get(sp->cmd_dmahandle, sp->cmd_cookie),
				 sp->cmd_cookiecnt);
	isp_advance(isp, io->iocb_entries);
	sp->cmd_ring_end = isp->isp_req_pos;
	isp->isp_stats.st_commands++;
	return TRAN_ACCEPT;
}
