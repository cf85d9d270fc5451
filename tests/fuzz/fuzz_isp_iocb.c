/* SOURCES: drivers/isp/isp_iocb.c */
// SPDX-License-Identifier: GPL-2.0
/* Any command anywhere in a ring: it takes as many entries as announced, and has every segment. */
#include <stdlib.h>

#include "ispcmd.h"

static void require(boolean_t condition)
{
	if (!condition)
		abort();
}

static uint64_t le(const uint8_t *p, uint_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

static uint64_t seg_addr(uint_t n, boolean_t a64)
{
	return (n + 1) * (a64 ? 0x123456789ULL : 0x10001ULL);
}

/* Walk the entries as the chip does. */
static void check(const union isp_entry *ring, uint_t len, uint_t index, const struct isp_iocb *io)
{
	uint_t found = 0, left = io->iocb_entries;
	boolean_t a64 = io->iocb_a64;
	uint_t slot, first;

	require(ring[index].bytes[1] == io->iocb_entries);
	require(le(ring[index].bytes + 18, 2) == io->iocb_nsegs);
	first = io->iocb_cdblen > ISP_CDB_MAX ? 0 : a64 ? 2 : 4;
	while (left--) {
		const uint8_t *p = ring[index].bytes;
		boolean_t head = left + 1 == io->iocb_entries;
		uint_t n = head ? first : a64 ? 5 : 7;

		require(head || p[0] == (a64 ? IET_CONT_A64 : IET_CONT));
		p += head ? (a64 ? 40 : 32) : (a64 ? 4 : 8);
		for (slot = 0; slot < n && found < io->iocb_nsegs; slot++, found++) {
			require(le(p, a64 ? 8 : 4) == seg_addr(found, a64));
			p += a64 ? 8 : 4;
			require(le(p, 4) == found + 1);
			p += 4;
		}
		index = (index + 1) % len;
	}
	require(found == io->iocb_nsegs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t in[56] = { 0 };
	struct isp_iocb io;
	static ddi_dma_cookie_t ck[2048];
	struct isp_cursor c;
	struct isp_completion done;
	uint_t i, entries, start;

	memcpy(in, data, MIN(size, sizeof(in)));
	memset(&io, 0, sizeof(io));
	memset(&c, 0, sizeof(c));
	io.iocb_cdb = in + 12;
	io.iocb_cdblen = (uint16_t)(1 + in[0] % ISP_EXT_CDB_MAX);
	io.iocb_a64 = in[1] & 1 ? B_TRUE : B_FALSE;
	io.iocb_nsegs = (uint16_t)(le(in + 2, 2) % 2048);
	io.iocb_handle = (uint32_t)le(in + 4, 4);
	c.cur_len = 1 + (uint_t)le(in + 8, 2) % 1024;
	start = (uint_t)le(in + 10, 2) % c.cur_len;
	entries = isp_iocb_entries(io.iocb_nsegs, io.iocb_cdblen, io.iocb_a64);
	if (entries > 255 || entries > c.cur_len)
		return 0;
	io.iocb_entries = (uint8_t)entries;
	c.cur_ring = calloc(c.cur_len, sizeof(*c.cur_ring));
	c.cur_index = start;
	isp_put_command(&c, &io);
	for (i = 0; i < io.iocb_nsegs; i++) {
		ck[i].dmac_laddress = seg_addr(i, io.iocb_a64);
		ck[i].dmac_size = i + 1;
	}
	isp_put_segments(&c, ck, io.iocb_nsegs);
	require((c.cur_index + c.cur_len - start) % c.cur_len == entries - 1);
	check(c.cur_ring, c.cur_len, start, &io);
	isp_get_completion(&c.cur_ring[start], &done);
	require(done.comp_handle == io.iocb_handle);
	free(c.cur_ring);
	return 0;
}
