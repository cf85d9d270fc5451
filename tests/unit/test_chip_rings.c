/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: CHIP */
/* The emulated ISP1040: request and response rings, and other ways to complete. */
#include "chip_driver.h"

static void test_ring_geometry(void **state)
{
	(void)state;
	good(MB3(0x02, 0x1000, 0, 0));
	assert_int_equal(MB(0x10, 1, 0, REQ, 0, 0, 0, 0), 0x4006);
	ack();
	assert_int_equal(MB(0x10, 16, 0, REQ + 4, 0, 0, 0, 0), 0x4006);
	ack();
	assert_int_equal(MB(0x10, 16, 0, REQ, 16, 0, 0, 0), 0x4006);
	ack();
	assert_int_equal(MB(0x53, 16, 0, RSP, 0, 16, 0, 0), 0x4006);
	ack();
	assert_int_equal(MB(0x52, 16, 0xffff, 0xff80, 0, 0, 0xffff, 0xffff), 0x4006);
	ack();
	wr(MBOX(4), 5);			/* no ring, no doorbell */
	fake_run(f);
	good(MB(0x52, 255, 0, REQ, 3, 0, 0, 0));
	assert_int_equal(rd(MBOX(4)), 3);
	good(MB(0x53, 63, 0, RSP, 3, 9, 0, 0));
	assert_int_equal(rd(MBOX(5)), 9);
	wr(MBOX(4), 255);
	wr(MBOX(5), 63);
	fake_run(f);
	assert_int_equal(rd(MBOX(4)), 3);
	assert_int_equal(rd(ISP_ISR), 0);
}

static void test_data_32(void **state)
{
	IspCommand c;

	(void)state;
	for (int i = 0; i < 2048; i++)
		f->mem[DATA + i] = i * 13;
	c = command(0x11223344, 1, 0x0a, 4);
	flags(&c, ISP_CF_DATA_OUT);
	segs(&c, 4, DATA, 512);
	put(&c);
	c = command(0x55667788, 1, 0x08, 4);
	flags(&c, 0x60);			/* the device decides the direction */
	segs(&c, 2, DATA + 0x1000, 1024);
	put(&c);
	ring();
	assert_int_equal(rd(MBOX(4)), req_in);
	assert_true(f->irq);
	assert_int_equal(isp_get16(expect(0x11223344, 0).state_flags), 0x5f00);
	assert_int_equal(isp_get32(expect(0x55667788, 0).residual), 0);
	assert_null(response());
	assert_memory_equal(f->mem + DATA, f->mem + DATA + 0x1000, 2048);
	assert_int_equal(f->m->stats.bytes_read, 2048);
	assert_int_equal(f->m->stats.bytes_written, 2048);
	assert_int_equal(f->m->stats.interrupts, 1);	/* one for both */
	drain();
	assert_false(f->irq);
}

/* Every kind of command with every kind of continuation, often enough to wrap both rings. */
static void test_data_continuations(void **state)
{
	uint8_t want[8192];

	(void)state;
	for (int i = 0; i < 8192; i++)
		f->disk[i] = want[i] = i * 31 + (i >> 8);
	for (unsigned round = 0; round < 30; round++) {
		uint8_t types[] = { ISP_ET_COMMAND, ISP_ET_COMMAND_A64, ISP_ET_EXT_COMMAND };
		uint8_t type = types[round % 3], cont = round % 2 ? ISP_ET_CONT : ISP_ET_CONT_A64;
		unsigned own = type == ISP_ET_COMMAND ? 4 : type == ISP_ET_COMMAND_A64 ? 2 : 0;
		unsigned each = cont == ISP_ET_CONT ? 7 : 5, n = 0;
		IspCommand c = command(round, 2, 0x08, 16);
		IspEntry e;

		memset(f->mem + DATA, 0, 8192);
		c.h.type = type;
		c.h.count = 1 + (16 - own + each - 1) / each;
		flags(&c, ISP_CF_DATA_IN);
		c.seg_count = isp_le16(16);
		if (own == 4)
			segs(&c, 4, DATA, 512);
		c.seg_count = isp_le16(16);
		for (unsigned i = 0; i < own && own == 2; i++)
			c.u.a64.seg[i] = (IspSeg64){ isp_le32(DATA + i * 512), isp_le32(1),
						     isp_le32(512) };
		put(&c);
		for (n = own; n < 16; n += each) {
			memset(&e, 0, sizeof(e));
			e.h.type = cont;	/* count 0, as one driver sets it */
			for (unsigned i = 0; i < each && n + i < 16; i++) {
				if (each == 7)
					e.cont.seg[i] = (IspSeg32){ isp_le32(DATA + (n + i) * 512),
								    isp_le32(512) };
				else
					e.cont64.seg[i] = (IspSeg64){ isp_le32(DATA + (n + i) * 512),
								      isp_le32(1), isp_le32(512) };
			}
			put(&e);
		}
		ring();
		expect(round, 0);
		drain();
		assert_memory_equal(f->mem + DATA, want, 8192);
	}
	assert_int_equal(f->errors, 0);
	assert_true(f->wide > 0);
}

static void bounce(uint8_t error, IspCommand c)
{
	static uint32_t handle = 0x100;

	c.handle = isp_le32(++handle);
	put(&c);
	ring();
	expect_bounce(handle, error);
	tur(1, 1);
	ring();
	expect(1, 0);
	drain();
}

static void test_malformed(void **state)
{
	IspCommand c = command(0, 1, 0, 0);
	IspCommand bad;

	(void)state;
	bad = c; bad.cdb_len = isp_le16(0); bounce(ISP_ES_PAYLOAD, bad);
	bad = c; bad.cdb_len = isp_le16(13); bounce(ISP_ES_PAYLOAD, bad);
	bad.h.type = ISP_ET_EXT_COMMAND; bad.cdb_len = isp_le16(45); bounce(ISP_ES_PAYLOAD, bad);
	bad = c; bad.target = 0x81; bounce(ISP_ES_PAYLOAD, bad);
	bad = c; bad.target = 0x11; bounce(ISP_ES_PAYLOAD, bad);
	bad = c; bad.lun = 32; bounce(ISP_ES_PAYLOAD, bad);
	bad = c; bad.seg_count = isp_le16(5); bounce(ISP_ES_COUNT, bad);
	bad = c; bad.seg_count = isp_le16(0xffff); bounce(ISP_ES_COUNT, bad);
	bad = c; bad.h.count = 2; bounce(ISP_ES_COUNT, bad);
	bad = c; bad.h.count = 255; bounce(ISP_ES_COUNT, bad);
	bad = c; segs(&bad, 1, 0xfffffff0, 0x20); bounce(ISP_ES_PAYLOAD, bad);
	bad = c; segs(&bad, 1, 0, 0x01000001); bounce(ISP_ES_PAYLOAD, bad);
	bad = c; bad.h.type = ISP_ET_CONT; bounce(ISP_ES_ORDER, bad);
	bad = c; bad.h.type = ISP_ET_CONT_A64; bounce(ISP_ES_ORDER, bad);
	for (int type = 0; type < 256; type++) {
		if (type == 1 || type == 2 || type == 4 || type == 5 || type == 9 || type == 10)
			continue;
		bad = c; bad.h.type = type; bounce(ISP_ES_HEADER, bad);
	}
	/* A command where its continuation should be. */
	bad = c; bad.h.count = 2; bad.handle = isp_le32(7); bad.seg_count = isp_le16(5);
	put(&bad);
	put(&c);
	ring();
	expect_bounce(7, ISP_ES_ORDER);
	assert_true(f->errors > 250);
}

static void test_lenient(void **state)
{
	IspCommand c = command(1, 1, 0, 0);

	(void)state;
	c.flags = isp_le16(0x60);
	segs(&c, 1, 0, 0);
	put(&c);
	ring();
	assert_int_equal(isp_get16(expect(1, 0).state_flags), 0x5700);
	drain();
	c.h.count = 0;
	put(&c);
	ring();
	expect(1, 0);
	drain();
	marker(0, 2);
	assert_int_equal(rd(MBOX(4)), req_in);
	assert_null(response());
	assert_int_equal(f->errors, 0);
	for (int i = 0; i < 5; i++)
		marker(i & 1 ? 0x80 : 0, i);
	assert_true(f->errors > 0);
}

static void test_response_full(void **state)
{
	(void)state;
	for (int i = 0; i < 19; i++)
		tur(i, 1);
	ring();
	assert_int_equal(rd(MBOX(4)), req_in);		/* fetched nevertheless */
	for (int i = 0; i < 19; i++) {
		if (i % 6 == 0 && i) {
			assert_null(response());	/* six fit into seven */
			drain();
		}
		expect(i, 0);
	}
	assert_null(response());
	drain();
}

static void test_internal_full(void **state)
{
	unsigned n = 0;

	(void)state;
	f->hold = true;
	good(MB3(0x39, 0x100, 0xffff, 0xffff));
	while (n < ISP_MAX_COMMANDS) {
		for (int i = 0; i < 20 && n < ISP_MAX_COMMANDS; i++)
			tur(n++, 1);
		ring();
	}
	assert_null(response());
	tur(9999, 1);
	ring();
	expect_bounce(9999, ISP_ES_FULL);
	/* If the response ring is full too, the request ring waits, and nothing is lost. */
	for (unsigned i = 0; i < 60; i += 20) {
		for (int k = 0; k < 20; k++)
			tur(10000 + i + k, 1);
		ring();
	}
	assert_int_not_equal(rd(MBOX(4)), req_in);
	for (unsigned i = 0; i < 60; i++) {
		const IspEntry *e = response();

		if (!e) {
			drain();
			e = response();
		}
		assert_non_null(e);
		assert_int_equal(e->h.status, ISP_ES_FULL);
		assert_int_equal(isp_get32(e->command.handle), 10000 + i);
	}
	drain();
	assert_int_equal(rd(MBOX(4)), req_in);
}

static void test_ring_dma_errors(void **state)
{
	(void)state;
	tur(1, 1);
	f->dma_fails = true;
	ring();
	f->dma_fails = false;
	assert_int_equal(rd(MBOX(0)), 0x8003);
	ack();
	tur(2, 1);
	ring();
	assert_null(response());		/* stopped until it is initialized again */
	start(RSP_LEN);
	f->hold = true;
	tur(3, 1);
	ring();
	f->dma_fails = true;
	fake_end(f, f->m->active.first);
	fake_run(f);
	f->dma_fails = false;
	assert_int_equal(rd(MBOX(0)), 0x8004);
	ack();
}

static void test_fast_post(void **state)
{
	(void)state;
	good(MB3(0x4a, 1, 0, 0));
	tur(0x10002, 1);
	tur(0x30004, 1);
	tur(5, 3);				/* not good: through the ring */
	ring();
	expect(5, 1);
	drain();
	assert_int_equal(rd(MBOX(0)), 0x8020);
	assert_int_equal(rd(MBOX(1)), 2);
	assert_int_equal(rd(MBOX(2)), 1);
	wr(HCCR, 0x7000);
	fake_run(f);
	assert_int_equal(rd(MBOX(1)), 2);	/* the host still owns the mailboxes */
	ack();
	assert_int_equal(rd(ISP_SEMA), 1);
	assert_int_equal(rd(MBOX(1)), 4);
	assert_int_equal(rd(MBOX(2)), 3);
	/* A mailbox command now must not overwrite it. */
	wr(MBOX(0), 0);
	wr(HCCR, 0x5000);
	assert_int_equal(rd(MBOX(0)), 0x8020);
	ack();
	assert_int_equal(rd(MBOX(0)), 0x4000);
	ack();
	assert_int_equal(rd(ISP_SEMA), 0);
}

static void test_rio(void **state)
{
	const IspEntry *e;

	(void)state;
	start(40);
	for (int wide = 1; wide >= 0; wide--) {
		good(MB3(0x4a, wide ? 4 : 8, 0, 0));
		for (int i = 0; i < 17; i++)
			tur(i + 100, 1);
		ring();
		e = response();
		assert_int_equal(e->h.type, wide ? 0x21 : 0x22);
		assert_int_equal(e->h.sys, wide ? 15 : 17);
		assert_int_equal(wide ? isp_get32(e->rio.u.handle32[14]) :
				 isp_get16(e->rio.u.handle16[14]), 114);
		if (wide) {
			e = response();
			assert_int_equal(e->h.sys, 2);
		}
		assert_null(response());
		drain();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ring_geometry), R(test_data_32), R(test_data_continuations),
		R(test_malformed), R(test_lenient), R(test_response_full), R(test_internal_full),
		R(test_ring_dma_errors), R(test_fast_post), R(test_rio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
