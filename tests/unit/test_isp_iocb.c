/* SOURCES: drivers/isp/isp_iocb.c */
// SPDX-License-Identifier: GPL-2.0
/* Ring entries byte by byte, as the hardware reference draws them, also across the ring's end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ispcmd.h"

#define RING	8

static union isp_entry ring[RING + 1];	/* the last one must stay untouched */

static uint32_t le(const uint8_t *p, unsigned int n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

static void fill(void)
{
	memset(ring, 0xa5, sizeof(ring));
}

static void untouched(unsigned int index)
{
	unsigned int i;

	for (i = 0; i < ISP_ENTRY_SIZE; i++)
		assert_int_equal(ring[index].bytes[i], 0xa5);
}

/* Put a command with @nsegs segments; segment n is at (n + 1) << 12 and has n + 1 bytes. */
static unsigned int put(unsigned int index, unsigned int nsegs, unsigned int cdblen, boolean_t a64)
{
	static uint8_t cdb[ISP_EXT_CDB_MAX];
	struct isp_cursor c = { .cur_ring = ring, .cur_len = RING, .cur_index = index };
	struct isp_iocb io = {
		.iocb_handle = 0x89abcdef, .iocb_cdb = cdb, .iocb_cdblen = (uint16_t)cdblen, .iocb_flags = 0x4321,
		.iocb_timeout = 0x1234, .iocb_nsegs = (uint16_t)nsegs, .iocb_target = ISP_TARGET_BYTE(1, 5),
		.iocb_lun = 3, .iocb_a64 = a64,
	};
	static ddi_dma_cookie_t ck[2048];
	unsigned int i;

	for (i = 0; i < sizeof(cdb); i++)
		cdb[i] = (uint8_t)(0x30 + i);
	io.iocb_entries = (uint8_t)isp_iocb_entries(nsegs, cdblen, a64);
	fill();
	isp_put_command(&c, &io);
	for (i = 0; i < nsegs; i++) {
		ck[i].dmac_laddress = (a64 ? 0x700000000ULL : 0) + ((uint64_t)(i + 1) << 12);
		ck[i].dmac_size = i + 1;
	}
	isp_put_segments(&c, ck, nsegs);
	return c.cur_index;
}

static void check_head(unsigned int index, unsigned int type, unsigned int count,
		       unsigned int nsegs, unsigned int cdblen, unsigned int room)
{
	const uint8_t *e = ring[index].bytes;
	unsigned int i;

	assert_int_equal(e[0], type);
	assert_int_equal(e[1], count);
	assert_int_equal(le(e + 2, 2), 0);
	assert_int_equal(le(e + 4, 4), 0x89abcdef);
	assert_int_equal(e[8], 3);
	assert_int_equal(e[9], 0x85);
	assert_int_equal(le(e + 10, 2), cdblen);
	assert_int_equal(le(e + 12, 2), 0x4321);
	assert_int_equal(le(e + 14, 2), 0);
	assert_int_equal(le(e + 16, 2), 0x1234);
	assert_int_equal(le(e + 18, 2), nsegs);
	for (i = 0; i < room; i++)
		assert_int_equal(e[20 + i], i < cdblen ? 0x30 + i : 0);
}

/* Check that segment @n is at byte @offset of entry @index. */
static void check_seg(unsigned int index, unsigned int offset, unsigned int n, boolean_t a64)
{
	const uint8_t *e = ring[index].bytes + offset;

	assert_int_equal(le(e, 4), (n + 1) << 12);
	if (a64)
		assert_int_equal(le(e + 4, 4), 7);
	assert_int_equal(le(e + (a64 ? 8 : 4), 4), n + 1);
}

static void command_32(void **state)
{
	unsigned int i;

	assert_int_equal(put(2, 4, 10, B_FALSE), 2);
	check_head(2, 0x01, 1, 4, 10, 12);
	for (i = 0; i < 4; i++)
		check_seg(2, 32 + 8 * i, i, B_FALSE);
	untouched(1);
	untouched(3);
}

static void command_32_continued_over_the_end(void **state)
{
	unsigned int i;

	/* 4 + 7 + 7 + 1 */
	assert_int_equal(put(RING - 2, 19, 6, B_FALSE), 1);
	check_head(RING - 2, 0x01, 4, 19, 6, 12);
	for (i = 0; i < 4; i++)
		check_seg(RING - 2, 32 + 8 * i, i, B_FALSE);
	for (i = 0; i < 7; i++) {
		check_seg(RING - 1, 8 + 8 * i, 4 + i, B_FALSE);
		check_seg(0, 8 + 8 * i, 11 + i, B_FALSE);
	}
	check_seg(1, 8, 18, B_FALSE);
	for (i = 0; i < 3; i++) {
		static const unsigned int at[] = { RING - 1, 0, 1 };

		assert_int_equal(ring[at[i]].bytes[0], 0x02);
		assert_int_equal(ring[at[i]].bytes[1], 1);
		assert_int_equal(le(ring[at[i]].bytes + 2, 2), 0);
		assert_int_equal(le(ring[at[i]].bytes + 4, 4), 0);
	}
	untouched(2);
	untouched(RING);
}

static void command_a64(void **state)
{
	unsigned int i;

	/* 2 + 5 + 1 */
	assert_int_equal(put(0, 8, 12, B_TRUE), 2);
	check_head(0, 0x09, 3, 8, 12, 12);
	assert_int_equal(le(ring[0].bytes + 32, 4), 0);
	assert_int_equal(le(ring[0].bytes + 36, 4), 0);
	check_seg(0, 40, 0, B_TRUE);
	check_seg(0, 52, 1, B_TRUE);
	for (i = 0; i < 5; i++)
		check_seg(1, 4 + 12 * i, 2 + i, B_TRUE);
	check_seg(2, 4, 7, B_TRUE);
	assert_int_equal(le(ring[1].bytes, 4), 0x0000010a);
	untouched(3);
}

static void extended(void **state)
{
	/* The CDB takes the place of segments: the first one is in a continuation. */
	assert_int_equal(put(3, 1, 13, B_FALSE), 4);
	check_head(3, 0x05, 2, 1, 13, 44);
	check_seg(4, 8, 0, B_FALSE);
	assert_int_equal(put(3, 1, 44, B_TRUE), 4);
	check_head(3, 0x05, 2, 1, 44, 44);
	check_seg(4, 4, 0, B_TRUE);
	assert_int_equal(put(3, 0, 16, B_FALSE), 3);
	check_head(3, 0x05, 1, 0, 16, 44);
	untouched(4);
}

static void counts(void **state)
{
	static const struct { unsigned int nsegs, cdblen; boolean_t a64; unsigned int entries; } t[] = {
		{ 0, 6, B_FALSE, 1 }, { 4, 6, B_FALSE, 1 }, { 5, 6, B_FALSE, 2 },
		{ 11, 6, B_FALSE, 2 }, { 12, 6, B_FALSE, 3 }, { 128, 10, B_FALSE, 19 },
		{ 4 + 254 * 7, 12, B_FALSE, 255 }, { 5 + 254 * 7, 12, B_FALSE, 256 },
		{ 0, 16, B_FALSE, 1 }, { 7, 16, B_FALSE, 2 }, { 8, 16, B_FALSE, 3 },
		{ 2, 12, B_TRUE, 1 }, { 3, 12, B_TRUE, 2 }, { 7, 12, B_TRUE, 2 },
		{ 2 + 254 * 5, 12, B_TRUE, 255 }, { 254 * 5, 32, B_TRUE, 255 },
	};
	unsigned int i;

	for (i = 0; i < ISP_NELEM(t); i++)
		assert_int_equal(isp_iocb_entries(t[i].nsegs, t[i].cdblen, t[i].a64), t[i].entries);
	assert_int_equal(isp_iocb_max_segs(255, B_FALSE), 254 * 7);
	assert_int_equal(isp_iocb_max_segs(4096, B_FALSE), 254 * 7);
	assert_int_equal(isp_iocb_max_segs(4096, B_TRUE), 254 * 5);
	assert_int_equal(isp_iocb_max_segs(1, B_TRUE), 0);
	/* The promised max_segs fit with any CDB. */
	for (i = 2; i < 300; i++) {
		assert_true(isp_iocb_entries(isp_iocb_max_segs(i, B_FALSE), 44, B_FALSE) <= MIN(i, 255));
		assert_true(isp_iocb_entries(isp_iocb_max_segs(i, B_TRUE), 6, B_TRUE) <= MIN(i, 255));
	}
}

static void marker(void **state)
{
	unsigned int i;

	fill();
	isp_put_marker(&ring[1], ISP_TARGET_BYTE(1, 0), IMM_BUS);
	for (i = 0; i < ISP_ENTRY_SIZE; i++)
		assert_int_equal(ring[1].bytes[i], i == 0 ? 4 : i == 1 ? 1 : i == 9 ? 0x80 : i == 10 ? 2 : 0);
	untouched(0);
	untouched(2);
}

static void completion(void **state)
{
	static const uint8_t bytes[] = {
		0x03, 1, 0, 0x08, 0x78, 0x56, 0x34, 0x12, 0x02, 0xff, 0x15, 0x00, 0x00, 0x3f,
		0x88, 0x00, 0x09, 0x00, 0x12, 0x00, 0x44, 0x33, 0x22, 0x11,
	};
	struct isp_completion c;

	fill();
	memcpy(ring[0].bytes, bytes, sizeof(bytes));
	isp_get_completion(&ring[0], &c);
	assert_int_equal(c.comp_type, 3);
	assert_int_equal(c.comp_entry_status, 8);
	assert_int_equal(c.comp_handle, 0x12345678);
	assert_int_equal(c.comp_scsi_status, 2);
	assert_int_equal(c.comp_completion, 0x15);
	assert_int_equal(c.comp_state_flags, 0x3f00);
	assert_int_equal(c.comp_status_flags, 0x88);
	assert_int_equal(c.comp_sense_len, 18);
	assert_int_equal(c.comp_resid, 0x11223344);
}

/* What the standards leave to vendors is no part of the status. */
static void vendor_bits(void **state)
{
	static const struct { uint8_t raw, plain; } cases[] = {
		{ 0x00, 0x00 }, { 0xc0, 0x00 }, { 0xc1, 0x00 }, { 0xc2, 0x02 }, { 0x83, 0x02 },
		{ 0xe8, 0x28 }, { 0x40, 0x40 },
	};
	struct isp_completion c;
	unsigned int i;

	fill();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ring[0].bytes[8] = cases[i].raw;
		isp_get_completion(&ring[0], &c);
		assert_int_equal(c.comp_scsi_status, cases[i].plain);
	}
}

/* A chip with a truncated time limit would end the command before the midlayer does. */
static void time_limit(void **state)
{
	static const struct { int seconds, time; } cases[] = {
		{ -1, 0 }, { 0, 0 }, { 1, 1 }, { 60, 60 }, { 0xffff, 0xffff }, { 0x10000, 0 },
		{ 20 * 3600, 0 }, { 0x7fffffff, 0 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(isp_iocb_time(cases[i].seconds), cases[i].time);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_32),
		cmocka_unit_test(command_32_continued_over_the_end),
		cmocka_unit_test(command_a64),
		cmocka_unit_test(extended),
		cmocka_unit_test(counts),
		cmocka_unit_test(marker),
		cmocka_unit_test(completion), cmocka_unit_test(vendor_bits),
		cmocka_unit_test(time_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
