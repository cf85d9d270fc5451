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

/* The segments that do not fit in the current entry: a new continuation entry each time one is full. */
void isp_put_more_segments(struct isp_cursor *c, const ddi_dma_cookie_t *ck, uint_t n)
{
	uint_t here;

	for (; n; n -= here, ck += here) {
		isp_put_continuation(c);
		here = MIN(n, c->cur_nslots);
		isp_put_segs(c, ck, here);
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
<<<<<<< HEAD

/* SCSI-2 leaves bits 7, 6 and 0 to vendors. Later targets send TASK ABORTED, which has bit 6. */
static uint8_t isp_plain_status(uint16_t status)
{
	uint8_t byte = (uint8_t)status;

	return byte == IS_TASK_ABORTED ? byte : byte & IS_STATUS_MASK;
}

/*
 * Read the members of a response entry, each once: the chip may write the memory again. A refused
 * request comes back unchanged, so its handle is in the same place.
 */
void isp_get_completion(const union isp_entry *e, struct isp_completion *c)
{
	const struct isp_status *is = &e->status;

	c->comp_type = is->is_hdr.ih_type;
	c->comp_entry_status = is->is_hdr.ih_status;
	c->comp_handle = LE_32(is->is_handle);
	c->comp_scsi_status = isp_plain_status(LE_16(is->is_scsi_status));
	c->comp_completion = LE_16(is->is_completion);
	c->comp_state_flags = LE_16(is->is_state_flags);
	c->comp_status_flags = LE_16(is->is_status_flags);
	c->comp_sense_len = LE_16(is->is_sense_len);
	c->comp_resid = LE_32(is->is_resid);
}
=======
>>>>>>> hot
