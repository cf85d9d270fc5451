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

/* Start a continuation entry. The cursor is then ready for its segments. */
static void isp_put_continuation(struct isp_cursor *c)
{
	union isp_entry *e;

	if (++c->cur_index == c->cur_len)
		c->cur_index = 0;
	e = &c->cur_ring[c->cur_index];
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

/*
 * The segments that do not fit in the entry at @index: a new continuation entry each time one is
 * full. Returns the index of the last entry.
 */
uint_t isp_put_more_segments(union isp_entry *ring, uint_t len, uint_t index, boolean_t a64,
			     const ddi_dma_cookie_t *ck, uint_t n)
{
	struct isp_cursor c = {
		.cur_ring = ring, .cur_len = len, .cur_index = index, .cur_a64 = a64,
	};
	uint_t here;

	for (; n; n -= here, ck += here) {
		isp_put_continuation(&c);
		here = MIN(n, c.cur_nslots);
		isp_put_segs(&c, ck, here);
	}
	return c.cur_index;
}

/* Put a marker. It tells the chip that the host knows what happened to the affected commands. */
void isp_put_marker(union isp_entry *e, uint8_t target, uint8_t modifier)
{
	isp_put_header(e, IET_MARKER, 1);
	bzero(e->bytes + sizeof(e->hdr), ISP_ENTRY_SIZE - sizeof(e->hdr));
	e->marker.im_target = target;
	e->marker.im_modifier = modifier;
}
