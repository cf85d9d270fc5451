// SPDX-License-Identifier: GPL-2.0
/*
 * Ring entries. Only this file and ispcmd.h know their byte order. It writes entries directly into the ring, in
 * ascending order, and writes every byte that the chip may look at.
 */
#include "ispcmd.h"

/* Segments that fit in @entries ring entries, whatever the CDB's length. */
uint_t isp_iocb_max_segs(uint_t entries, boolean_t a64)
{
	if (entries < 2)
		return 0;
	return MIN(entries - 1, ISP_MAX_CONT) * (a64 ? ISP_CONT_SEGS64 : ISP_CONT_SEGS32);
}

static void isp_put_header(union isp_entry *e, uint8_t type, uint8_t count)
{
	e->hdr.ih_type = type;
	e->hdr.ih_count = count;
	e->hdr.ih_seq = 0;
	e->hdr.ih_status = 0;
}

static void isp_put_cdb(uint8_t *to, uint_t room, const struct isp_iocb *io)
{
	/* READ(10) and WRITE(10): a length the compiler knows costs a few moves instead of two calls. */
	if (io->iocb_cdblen == ISP_CDB_USUAL && room == ISP_CDB_MAX) {
		bcopy(io->iocb_cdb, to, ISP_CDB_USUAL);
		bzero(to + ISP_CDB_USUAL, ISP_CDB_MAX - ISP_CDB_USUAL);
		return;
	}
	bcopy(io->iocb_cdb, to, io->iocb_cdblen);
	bzero(to + io->iocb_cdblen, room - io->iocb_cdblen);
}

/* Put a command's first entry at the cursor. The cursor is then ready for its segments. */
void isp_put_command(struct isp_cursor *c, const struct isp_iocb *io)
{
	union isp_entry *e = &c->cur_ring[c->cur_index];
	struct isp_command *ic = &e->command;
	boolean_t ext = io->iocb_cdblen > ISP_CDB_MAX ? B_TRUE : B_FALSE;

	isp_put_header(e, ext ? IET_EXT_COMMAND : io->iocb_a64 ? IET_COMMAND_A64 : IET_COMMAND,
		       io->iocb_entries);
	ic->ic_handle = LE_32(io->iocb_handle);
	ic->ic_lun = io->iocb_lun;
	ic->ic_target = io->iocb_target;
	ic->ic_cdblen = LE_16(io->iocb_cdblen);
	ic->ic_flags = LE_16(io->iocb_flags);
	ic->ic_reserved = 0;
	ic->ic_timeout = LE_16(io->iocb_timeout);
	ic->ic_nsegs = LE_16(io->iocb_nsegs);
	c->cur_slot = 0;
	c->cur_a64 = io->iocb_a64;
	if (ext) {
		isp_put_cdb(ic->u.ext_cdb, ISP_EXT_CDB_MAX, io);
		c->cur_nslots = 0;
		return;
	}
	isp_put_cdb(ic->u.c32.cdb, ISP_CDB_MAX, io);
	if (io->iocb_a64) {
		ic->u.c64.reserved[0] = 0;
		ic->u.c64.reserved[1] = 0;
		c->cur_seg.s64 = ic->u.c64.seg;
		c->cur_nslots = ISP_CMD_SEGS64;
	} else {
		c->cur_seg.s32 = ic->u.c32.seg;
		c->cur_nslots = ISP_CMD_SEGS32;
	}
}

/* Start a continuation entry. The cursor is then ready for its segments. */
static void isp_put_continuation(struct isp_cursor *c)
{
	union isp_entry *e;

	if (++c->cur_index == c->cur_len)
		c->cur_index = 0;
	e = &c->cur_ring[c->cur_index];
	c->cur_slot = 0;
	if (c->cur_a64) {
		isp_put_header(e, IET_CONT_A64, 1);
		c->cur_seg.s64 = e->cont64.n64_seg;
		c->cur_nslots = ISP_CONT_SEGS64;
	} else {
		isp_put_header(e, IET_CONT, 1);
		e->cont32.n32_reserved = 0;
		c->cur_seg.s32 = e->cont32.n32_seg;
		c->cur_nslots = ISP_CONT_SEGS32;
	}
}

static void isp_put_segs32(struct isp_seg32 *seg, const ddi_dma_cookie_t *ck, uint_t n)
{
	for (; n; n--, seg++, ck++) {
		seg->s32_addr = LE_32((uint32_t)ck->dmac_laddress);
		seg->s32_len = LE_32((uint32_t)ck->dmac_size);
	}
}

static void isp_put_segs64(struct isp_seg64 *seg, const ddi_dma_cookie_t *ck, uint_t n)
{
	for (; n; n--, seg++, ck++) {
		seg->s64_addr_lo = LE_32((uint32_t)ck->dmac_laddress);
		seg->s64_addr_hi = LE_32((uint32_t)(ck->dmac_laddress >> 32));
		seg->s64_len = LE_32((uint32_t)ck->dmac_size);
	}
}

/* Put @n segments, the rest of them into a new continuation entry each time an entry is full. */
void isp_put_segments(struct isp_cursor *c, const ddi_dma_cookie_t *ck, uint_t n)
{
	uint_t here;

	for (; n; n -= here, ck += here) {
		if (c->cur_slot == c->cur_nslots)
			isp_put_continuation(c);
		here = MIN(n, c->cur_nslots - c->cur_slot);
		if (c->cur_a64)
			isp_put_segs64(c->cur_seg.s64 + c->cur_slot, ck, here);
		else
			isp_put_segs32(c->cur_seg.s32 + c->cur_slot, ck, here);
		c->cur_slot += here;
	}
}

/* Put a marker. It tells the chip that the host knows what happened to the affected commands. */
void isp_put_marker(union isp_entry *e, uint8_t target, uint8_t modifier)
{
	isp_put_header(e, IET_MARKER, 1);
	bzero(e->bytes + sizeof(e->hdr), ISP_ENTRY_SIZE - sizeof(e->hdr));
	e->marker.im_target = target;
	e->marker.im_modifier = modifier;
}
