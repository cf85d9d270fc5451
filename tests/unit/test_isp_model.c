/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: CHIP */
/* The emulated ISP1040 in a process: registers, mailboxes, rings, interrupts, recovery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "isp_model_fake.h"

#define REQ		0x1000u
#define RSP		0x8000u
#define DATA		0x20000u
#define REQ_LEN		21u
#define RSP_LEN		7u
#define MBOX(n)		(ISP_MBOX + 2 * (n))
#define HCCR		(ISP_BANK + ISP_RISC_HCCR)

static struct fake *f;
static uint32_t req_in, rsp_out, rsp_len = RSP_LEN;

static uint16_t rd(uint32_t reg)
{
	return isp_read(f->m, reg, 2);
}

static void wr(uint32_t reg, uint16_t value)
{
	isp_write(f->m, reg, value, 2);
}

/* Send a mailbox command as a polling driver does; returns mb0, or 0 without an answer. */
static uint16_t mbox(uint16_t op, ...)
{
	va_list args;
	uint16_t status;

	va_start(args, op);
	wr(MBOX(0), op);
	for (int i = 1; i < 8; i++) {
		uint16_t arg = va_arg(args, int);

		/* Once rings exist, mailboxes 4 and 5 are their pointers. */
		if (i < 4 || i > 5 || !f->m->rsp.len || op == 0x53)
			wr(MBOX(i), arg);
	}
	va_end(args);
	wr(HCCR, 0x5000);
	fake_run(f);
	if (!(rd(ISP_ISR) & 4) || !(rd(ISP_SEMA) & 1))
		return 0;
	status = rd(MBOX(0));
	return status;
}

static void ack(void)
{
	wr(ISP_SEMA, 0);
	wr(HCCR, 0x7000);
	fake_run(f);
}

#define MB(op, a, b, c, d, e, g, h) mbox(op, a, b, c, d, e, g, h)
#define MB3(op, a, b, c) mbox(op, a, b, c, 0, 0, 0, 0)

static void good(uint16_t status)
{
	assert_int_equal(status, 0x4000);
	ack();
}

static void start(uint16_t rsp)
{
	rsp_len = rsp;
	req_in = rsp_out = 0;
	good(MB3(0x02, 0x1000, 0, 0));
	good(MB(0x10, REQ_LEN, 0, REQ, 0, 0, 0, 0));
	good(MB(0x11, rsp, 0, RSP, 0, 0, 0, 0));
	for (int t = 0; t < 4; t++)
		good(MB3(0x38, t << 8, 0xcd00, 0));
	wr(ISP_ICR, 6);
}

static int setup(void **state)
{
	(void)state;
	f = fake_new();
	return 0;
}

static int setup_rings(void **state)
{
	setup(state);
	start(RSP_LEN);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	/* After any test, the chip must work after a reset, with nothing lost. */
	wr(ISP_ICR, 1);
	fake_run(f);
	assert_int_equal(MB3(0x06, 1, 2, 3), 0x4000);
	assert_null(f->m->active.first);
	assert_int_equal(f->m->commands, 0);
	fake_free(f);
	return 0;
}

/* Put entries into the ring and ring the doorbell. */
static void put(const void *entry)
{
	memcpy(f->mem + REQ + 64 * req_in, entry, 64);
	req_in = (req_in + 1) % REQ_LEN;
}

static void ring(void)
{
	wr(MBOX(4), req_in);
	fake_run(f);
}

static IspCommand command(uint32_t handle, unsigned target, uint8_t op, uint8_t blocks)
{
	IspCommand c = {
		.h = { .type = ISP_ET_COMMAND, .count = 1 },
		.handle = isp_le32(handle), .target = target, .cdb_len = isp_le16(6),
		.flags = isp_le16(ISP_CF_SIMPLE_TAG),
	};

	c.u.a32.cdb[0] = op;
	c.u.a32.cdb[4] = blocks;
	c.u.a32.cdb[5] = handle;
	return c;
}

static void segs(IspCommand *c, unsigned n, uint32_t addr, uint32_t len)
{
	c->seg_count = isp_le16(n);
	for (unsigned i = 0; i < n && i < 4; i++)
		c->u.a32.seg[i] = (IspSeg32){ isp_le32(addr + i * len), isp_le32(len) };
}

static void flags(IspCommand *c, uint16_t add)
{
	c->flags = isp_le16(isp_get16(c->flags) | add);
}

static void tur(uint32_t handle, unsigned target)
{
	IspCommand c = command(handle, target, 0, 0);

	put(&c);
}

static const IspEntry *response(void)
{
	const IspEntry *e = (IspEntry *)(f->mem + RSP + 64 * rsp_out);

	if (rd(MBOX(5)) == rsp_out)
		return NULL;
	rsp_out = (rsp_out + 1) % rsp_len;
	return e;
}

/* The driver's interrupt handler: take all responses, acknowledge. */
static void drain(void)
{
	rd(MBOX(5));
	wr(HCCR, 0x7000);
	wr(MBOX(5), rsp_out);
	fake_run(f);
}

static IspStatus expect(uint32_t handle, uint16_t completion)
{
	const IspEntry *e = response();

	assert_non_null(e);
	assert_int_equal(e->h.type, ISP_ET_STATUS);
	assert_int_equal(e->h.status, 0);
	assert_int_equal(isp_get32(e->status.handle), handle);
	assert_int_equal(isp_get16(e->status.completion), completion);
	return e->status;
}

static void expect_bounce(uint32_t handle, uint8_t error)
{
	const IspEntry *e = response();

	assert_non_null(e);
	assert_int_equal(e->h.status, error);
	assert_int_equal(isp_get32(e->command.handle), handle);
	assert_null(response());
	drain();
}

static void marker(unsigned target, unsigned modifier)
{
	IspMarker e = { .h = { .type = ISP_ET_MARKER }, .target = target, .modifier = modifier };

	put(&e);
	ring();
}

/* Registers */

static void test_identity(void **state)
{
	(void)state;
	assert_int_equal(rd(ISP_ID_LOW), 0x1077);
	assert_int_equal(rd(ISP_ID_HIGH), 0x1020);
	assert_int_equal(rd(ISP_CONF0) & 0xf, 5);
	assert_int_equal(rd(MBOX(0)), 0);
	assert_int_equal(rd(MBOX(1)), 0x4953);
	assert_int_equal(rd(MBOX(3)), 0x2020);
	assert_int_equal(rd(MBOX(4)), 1);
	wr(MBOX(1), 0x1234);
	assert_int_equal(rd(MBOX(1)), 0x4953);	/* two ranks */
	assert_int_equal(rd(ISP_CONF1), 0x24);
	assert_int_equal(f->errors, 0);
	wr(ISP_ID_LOW, 0);
	wr(0x1e, 0);
	assert_int_equal(f->errors, 2);
	for (uint32_t reg = 0; reg < 256; reg += 2) {
		uint16_t value = rd(reg);

		if (reg != HCCR && reg != ISP_ICR && reg != ISP_CONF1)
			wr(reg, value);
	}
}

static void test_access_sizes(void **state)
{
	(void)state;
	assert_int_equal(isp_read(f->m, 0, 1), 0xff);
	assert_int_equal(isp_read(f->m, 0, 4), 0xffffffff);
	assert_int_equal(isp_read(f->m, 1, 2), 0xffff);
	assert_int_equal(isp_read(f->m, 256, 2), 0x1077);
	isp_write(f->m, ISP_ICR, 6, 4);
	isp_write(f->m, ISP_ICR, 6, 1);
	isp_write(f->m, ISP_ICR + 1, 6, 2);
	assert_int_equal(rd(ISP_ICR), 0);
	assert_int_equal(f->errors, 6);
	assert_int_equal(f->m->stats.reg_reads, 5);
	assert_int_equal(f->m->stats.reg_writes, 3);
}

static void test_banks(void **state)
{
	(void)state;
	wr(ISP_BANK + ISP_RISC_MTR, 0x1212);	/* the RISC is running: refused */
	assert_int_equal(f->errors, 1);
	wr(HCCR, 0x2000);
	assert_int_equal(rd(HCCR), 0x20);
	wr(ISP_BANK + ISP_RISC_MTR, 0x1212);
	assert_int_equal(rd(ISP_BANK + ISP_RISC_MTR), 0x1212);
	wr(ISP_CONF1, 8);
	assert_int_equal(rd(ISP_BANK + ISP_SXP_PINS_DIFF), 0);
	wr(ISP_BANK + 0x40, 0x55);		/* SCSI_ID; HCCR in the other bank */
	assert_int_equal(rd(ISP_BANK + 0x40), 0x55);
	wr(ISP_CONF1, 0);
	assert_int_equal(rd(HCCR), 0x20);
	wr(ISP_CONF1, 0x2100);			/* bits of the later chips select nothing here */
	assert_int_equal(rd(HCCR), 0x20);
	wr(ISP_DMA + ISP_CDMA_CONF, 0xf);
	assert_int_equal(rd(ISP_DMA + ISP_CDMA_CONF), 0xf);
	wr(ISP_DMA + ISP_CDMA_STATUS, 0xf);
	assert_int_equal(rd(ISP_DMA + ISP_CDMA_STATUS), 0);
	wr(HCCR, 0x3000);
	assert_int_equal(rd(HCCR), 0);
}

static uint16_t nvram_word(unsigned addr, unsigned leading)
{
	uint32_t bits = 6u << 6 | addr;
	uint16_t v = 0;

	wr(ISP_NVRAM, 0);
	wr(ISP_NVRAM, 2);
	for (unsigned i = 0; i < leading; i++) {
		wr(ISP_NVRAM, 3);
		wr(ISP_NVRAM, 2);
	}
	for (int i = 8; i >= 0; i--) {
		uint16_t d = bits >> i & 1 ? 6 : 2;

		wr(ISP_NVRAM, d);
		wr(ISP_NVRAM, d | 1);
		wr(ISP_NVRAM, d);
	}
	for (int i = 0; i < 16; i++) {
		wr(ISP_NVRAM, 3);
		v = v << 1 | (rd(ISP_NVRAM) >> 3 & 1);
		wr(ISP_NVRAM, 2);
	}
	wr(ISP_NVRAM, 0);
	return v;
}

static void test_nvram(void **state)
{
	uint8_t sum = 0;

	(void)state;
	assert_int_equal(nvram_word(0, 0), 'I' | 'S' << 8);
	assert_int_equal(nvram_word(1, 1), 'P' | ' ' << 8);	/* a leading 0 is not a start bit */
	for (unsigned i = 0; i < 64; i++) {
		uint16_t w = nvram_word(i, i & 1);

		sum += w + (w >> 8);
	}
	assert_int_equal(sum, 0);
	assert_int_equal(nvram_word(12, 0) & 1, 0);		/* no fast posting */
}

static void test_hccr(void **state)
{
	(void)state;
	wr(HCCR, 0x2000);
	wr(MBOX(0), 0);
	wr(HCCR, 0x5000);
	assert_int_equal(rd(HCCR), 0xa0);		/* accepted only once it runs again */
	assert_int_equal(rd(ISP_SEMA), 0);
	wr(HCCR, 0x3000);
	assert_int_equal(rd(HCCR), 0);
	assert_int_equal(rd(ISP_SEMA), 1);
	assert_int_equal(rd(MBOX(0)), 0x4000);
	ack();
	wr(HCCR, 0x1000);
	assert_int_equal(rd(HCCR), 0x40);
	wr(HCCR, 0xb000);
	assert_int_equal(rd(HCCR), 0);
	good(MB3(0x00, 0, 0, 0));
	wr(HCCR, 0xc000);
	assert_int_equal(f->errors, 1);
}

/* Mailboxes */

static void test_mailbox_basics(void **state)
{
	static const uint16_t sent[] = { 0, 0xaaaa, 0x5555, 0xaa55, 0x55aa, 0xa5a5, 0x5a5a,
					 0x2525 };

	(void)state;
	assert_int_equal(MB(0x06, 0xaaaa, 0x5555, 0xaa55, 0x55aa, 0xa5a5, 0x5a5a, 0x2525), 0x4000);
	for (int i = 1; i < 8; i++)
		assert_int_equal(rd(MBOX(i)), sent[i]);
	ack();
	assert_int_equal(rd(ISP_ISR), 0);
	assert_int_equal(MB3(0x3f, 0, 0, 0), 0x4001);
	ack();
	assert_int_equal(MB3(0xffff, 0, 0, 0), 0x4001);
	ack();
	assert_int_equal(MB(0x10, 16, 0, REQ, 0, 0, 0, 0), 0x4001);	/* the ROM has no rings */
	ack();
}

static void test_firmware_load(void **state)
{
	static const uint16_t image[] = { 0x78, 0x1041, 0, 8, 0, 1, 2 };
	uint16_t sum = 0;

	(void)state;
	/* The resident image starts, and reports its version. */
	good(MB3(0x07, 0x1000, 0, 0));
	assert_int_equal(MB3(0x08, 0, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(1)), 4);
	assert_int_equal(rd(MBOX(2)), 66);
	assert_int_equal(rd(MBOX(3)), 0);
	ack();
	for (unsigned i = 0; i < 7; i++) {
		good(MB3(0x04, 0x1000 + i, image[i], 0));
		sum += image[i];
	}
	assert_int_equal(MB3(0x04, 0x1007, -sum + 1, 0), 0x4000);
	ack();
	assert_int_equal(MB3(0x07, 0x1000, 0, 0), 0x4003);
	assert_int_equal(rd(MBOX(1)), 1);
	ack();
	assert_int_equal(MB3(0x02, 0x1000, 0, 0), 0x4005);
	ack();
	good(MB3(0x04, 0x1007, -sum, 0));
	good(MB3(0x07, 0x1000, 0, 0));
	good(MB3(0x02, 0x1000, 0, 0));
	assert_int_equal(MB3(0x05, 0x1001, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(2)), 0x1041);
	ack();
	/* Images that exceed memory, or are empty. */
	good(MB3(0x04, 0xfff3, 0x100, 0));
	assert_int_equal(MB3(0x07, 0xfff0, 0, 0), 0x4006);
	ack();
	assert_int_equal(MB3(0x07, 0xfffe, 0, 0), 0x4006);
	ack();
	assert_int_equal(MB3(0x07, 0x9000, 0, 0), 0x4003);
	ack();
	f->m->resident_firmware = false;
	wr(ISP_ICR, 1);
	assert_int_equal(MB3(0x02, 0x1000, 0, 0), 0x4005);
	ack();
}

static void test_ram_dma(void **state)
{
	static const struct { uint16_t load, dump; bool wide; } ops[] = {
		{ 0x01, 0x03, false }, { 0x09, 0x0a, true }, { 0x50, 0x51, true },
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned n = 0; n < 4000; n++)
			f->mem[DATA + n] = n * 7 + i;
		memset(f->mem + DATA + 4096, 0, 4096);
		good(MB(ops[i].load, 0x2000, DATA >> 16, DATA & 0xffff, 2000, 0, 0, ops[i].wide));
		good(MB(ops[i].dump, 0x2000, DATA >> 16, (DATA & 0xffff) + 4096, 2000, 0, 0,
			ops[i].wide));
		assert_memory_equal(f->mem + DATA, f->mem + DATA + 4096, 4000);
		assert_int_equal(!!f->wide, i > 0);
		assert_int_equal(MB(ops[i].load, 0xff00, 0, 0, 0x101, 0, 0, 0), 0x4006);
		ack();
		assert_int_equal(MB(ops[i].load, 0x2000, 0xffff, 0, 8, 0, 0, 0), 0x4002);
		ack();
		assert_int_equal(MB(ops[i].dump, 0x2000, 0xffff, 0, 8, 0, 0, 0), 0x4002);
		ack();
	}
}

static void test_parameters(void **state)
{
	static const struct { uint8_t get, set, mask; } p[] = {
		{ 0x20, 0x30, 0x02 }, { 0x21, 0x31, 0x06 }, { 0x22, 0x32, 0xc6 },
		{ 0x23, 0x33, 0x06 }, { 0x24, 0x34, 0x02 }, { 0x25, 0x35, 0x06 },
		{ 0x26, 0x36, 0x06 }, { 0x27, 0x37, 0x06 }, { 0x28, 0x38, 0x4c },
		{ 0x29, 0x39, 0x0c }, { 0x2a, 0x3a, 0x06 }, { 0x46, 0x45, 0x02 },
		{ 0x48, 0x49, 0xce }, { 0x4b, 0x4a, 0x02 }, { 0x5b, 0x5a, 0x02 },
		{ 0x5d, 0x5c, 0x0e },
	};

	(void)state;
	good(MB3(0x02, 0x1000, 0, 0));
	for (unsigned i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		bool device = p[i].get == 0x28 || p[i].get == 0x29;
		uint16_t first = device ? 0x0103 : 5;

		good(MB(p[i].set, first, 11, 12, 13, 14, 15, 16));
		assert_int_equal(MB(p[i].get, first, 0, 0, 0, 0, 0, 0), 0x4000);
		for (int n = 1; n < 8; n++) {
			uint16_t want = n == 1 ? first : n + 9;

			if (p[i].mask >> n & 1)
				assert_int_equal(rd(MBOX(n)), want);
		}
		ack();
		if (device) {
			assert_int_equal(MB3(p[i].set, 0x1000, 1, 1), 0x4006);
			ack();
			assert_int_equal(MB3(p[i].set, 0x8000, 1, 1), 0x4006);
			ack();
		}
	}
	assert_int_equal(MB3(0x39, 0x0120, 1, 1), 0x4006);	/* LUN 32 */
	ack();
	assert_int_equal(MB3(0x39, 0x011f, 1, 0), 0x4006);	/* would never start a command */
	ack();
	assert_int_equal(MB3(0x1f, 0, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(2)), ISP_MAX_COMMANDS);
	ack();
}

static void test_old_result_is_dropped(void **state)
{
	(void)state;
	assert_int_equal(MB3(0x06, 1, 0, 0), 0x4000);
	assert_int_equal(MB3(0x06, 2, 0, 0), 0x4000);	/* the first one is not released */
	assert_int_equal(rd(MBOX(1)), 2);
	ack();
	assert_int_equal(rd(ISP_SEMA), 0);
	assert_int_equal(rd(ISP_ISR), 0);
}

/* Rings */

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

static void test_outcomes(void **state)
{
	IspCommand c;
	IspStatus s;

	(void)state;
	tur(1, 3);
	ring();
	s = expect(1, 0x01);
	assert_int_equal(isp_get16(s.state_flags), 0x0100);
	assert_int_equal(isp_get16(s.status_flags), 0x0040);
	drain();

	/* A device at the initiator's own id cannot be selected. */
	f->present[3] = true;
	good(MB3(0x30, 3, 0, 0));
	tur(1, 3);
	ring();
	expect(1, 0x01);
	drain();
	good(MB3(0x30, 7, 0, 0));
	tur(1, 3);
	ring();
	expect(1, 0);
	drain();

	c = command(2, 1, 0x08, 1);
	flags(&c, ISP_CF_DATA_IN);
	segs(&c, 3, DATA, 512);
	put(&c);
	ring();
	s = expect(2, 0x15);
	assert_int_equal(isp_get32(s.residual), 1024);
	assert_int_equal(isp_get16(s.scsi_status), 0);
	drain();

	c = command(3, 1, 0x08, 2);
	flags(&c, ISP_CF_DATA_IN);
	segs(&c, 1, DATA, 512);
	put(&c);
	ring();
	s = expect(3, 0x07);
	assert_int_equal(isp_get16(s.state_flags), 0x5f00);
	drain();

	c = command(7, 1, 0x0a, 2);
	flags(&c, ISP_CF_DATA_OUT);
	segs(&c, 1, DATA, 512);
	memset(f->mem + DATA, 0x5a, 512);
	put(&c);
	ring();
	s = expect(7, 0x07);
	assert_int_equal(isp_get16(s.state_flags), 0x0700);
	assert_int_equal(isp_get32(s.residual), 512);
	assert_int_not_equal(f->disk[0], 0x5a);
	drain();

	c = command(4, 1, 0x08, 1);
	flags(&c, ISP_CF_DATA_OUT);
	segs(&c, 1, DATA, 512);
	put(&c);
	ring();
	expect(4, 0x02);
	drain();

	c = command(6, 1, 0x08, 1);
	flags(&c, ISP_CF_DATA_IN);
	segs(&c, 1, 0xd0000000, 512);
	put(&c);
	assert_int_equal(f->errors, 0);
	ring();
	s = expect(6, 0x02);
	assert_int_equal(isp_get32(s.residual), 512);
	assert_int_equal(isp_get16(s.state_flags), 0x0700);
	assert_int_equal(f->errors, 1);
	drain();

	f->status = 0x28;
	tur(5, 1);
	ring();
	assert_int_equal(isp_get16(expect(5, 0).scsi_status), 0x28);
	drain();
}

static void test_sense(void **state)
{
	IspCommand c = command(1, 1, 0, 0);
	IspStatus s;

	(void)state;
	f->status = 2;
	put(&c);
	ring();
	s = expect(1, 0);
	assert_int_equal(isp_get16(s.state_flags), 0x7700);
	assert_int_equal(isp_get16(s.sense_len), 18);
	assert_int_equal(s.sense[0], 0x70);
	drain();
	flags(&c, ISP_CF_NO_SENSE);
	put(&c);
	ring();
	s = expect(1, 0);
	assert_int_equal(isp_get16(s.state_flags), 0x5700);
	assert_int_equal(isp_get16(s.sense_len), 0);
	drain();
	good(MB3(0x38, 0x100, 0xc900, 0));	/* auto sense off for the target */
	tur(1, 1);
	ring();
	assert_int_equal(isp_get16(expect(1, 0).sense_len), 0);
	drain();
	good(MB3(0x38, 0x100, 0xcd00, 0));
	f->sense_len = 0;
	tur(1, 1);
	ring();
	expect(1, 0x1e);
	drain();
	f->sense_len = 96;			/* more than an entry can hold */
	tur(1, 1);
	ring();
	assert_int_equal(isp_get16(expect(1, 0).sense_len), 32);
	drain();
	c = command(1, 1, 0, 0);
	flags(&c, ISP_CF_EXTRA_SENSE);
	put(&c);
	ring();
	assert_int_equal(isp_get16(expect(1, 0).sense_len), 96);
	assert_int_equal(response()->h.type, ISP_ET_STATUS_CONT);
	assert_int_equal(response()->h.type, ISP_ET_STATUS_CONT);
	assert_null(response());
	drain();
	/* A check condition may stop the queue. */
	good(MB3(0x38, 0x100, 0xcf00, 0));
	tur(1, 1);
	tur(2, 1);
	ring();
	expect(1, 0);
	assert_null(response());
	drain();
	good(MB3(0x1a, 0x100, 0, 0));
	expect(2, 0);
	drain();
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

/* Interrupts */

static void test_irq_enable(void **state)
{
	(void)state;
	wr(ISP_ICR, 0);
	tur(1, 1);
	ring();
	assert_int_equal(rd(ISP_ISR), 6);	/* latched, whatever ICR holds */
	assert_false(f->irq);
	wr(ISP_ICR, 2);
	assert_false(f->irq);
	wr(ISP_ICR, 4);
	assert_false(f->irq);
	wr(ISP_ICR, 6);
	assert_true(f->irq);
	wr(ISP_ICR, 0);
	assert_false(f->irq);
	wr(ISP_ICR, 6);
	expect(1, 0);
	drain();
	assert_false(f->irq);
}

static void test_irq_not_lost(void **state)
{
	(void)state;
	tur(1, 1);
	ring();
	assert_int_equal(rd(MBOX(5)), 1);
	tur(2, 1);
	ring();					/* arrives between the read and the clear */
	wr(HCCR, 0x7000);
	assert_true(f->irq);
	assert_int_equal(rd(MBOX(5)), 2);	/* seen, so no reminder is due */
	assert_false(f->irq);
	/* A host that stops half way must be reminded; */
	rsp_out = 1;
	wr(MBOX(5), 1);
	wr(HCCR, 0x7000);
	assert_true(f->irq);
	assert_int_equal(rd(MBOX(5)), 2);
	assert_false(f->irq);
	/* one that just has not moved its consumer yet must not. */
	wr(HCCR, 0x7000);
	assert_false(f->irq);
}

static void test_mailbox_waits_for_ring(void **state)
{
	(void)state;
	tur(1, 1);
	ring();
	assert_true(f->irq);
	wr(MBOX(0), 0);
	wr(HCCR, 0x5000);
	assert_int_equal(rd(ISP_SEMA), 0);	/* RISC_INT is set: not yet */
	rd(MBOX(5));
	wr(HCCR, 0x7000);
	assert_int_equal(rd(ISP_SEMA), 1);
	assert_int_equal(rd(ISP_ISR) & 4, 4);
	/* A response may come while the host owns the mailboxes. */
	tur(2, 1);
	ring();
	wr(ISP_SEMA, 0);
	wr(HCCR, 0x7000);
	assert_int_equal(rd(ISP_ISR) & 4, 4);	/* the host has not seen it */
	expect(1, 0);
	expect(2, 0);
	drain();
	assert_int_equal(rd(ISP_ISR), 0);
}

/* Queues */

static void test_tags(void **state)
{
	IspCommand c = command(1, 1, 0, 0);

	(void)state;
	flags(&c, ISP_CF_NO_DISCONNECT);
	put(&c);
	c = command(2, 1, 0, 0);
	flags(&c, ISP_CF_TARGET_ROUTINE);
	put(&c);
	ring();
	expect(1, 0x18);
	expect(2, 0x19);
	drain();
	good(MB3(0x38, 0x100, 0xc500, 0));
	tur(3, 1);
	ring();
	expect(3, 0x1a);
	drain();
}

static void test_order(void **state)
{
	static const uint16_t kind[] = {
		ISP_CF_SIMPLE_TAG, ISP_CF_SIMPLE_TAG, 0, ISP_CF_SIMPLE_TAG, ISP_CF_ORDERED_TAG,
		ISP_CF_SIMPLE_TAG, ISP_CF_HEAD_TAG,
	};

	(void)state;
	f->hold = true;
	for (unsigned i = 0; i < 7; i++) {
		IspCommand c = command(i, 1, 0, 0);

		c.flags = isp_le16(kind[i]);
		put(&c);
	}
	ring();
	/* The head of the queue, then the simple ones, then an untagged one alone, ... */
	assert_int_equal(f->started, 3);
	for (unsigned i = 3; i <= 7; i++) {
		fake_end(f, f->m->active.first);
		fake_run(f);
		if (i >= 5)
			assert_int_equal(f->started, i - 1);
	}
	while (f->m->active.first) {
		fake_end(f, f->m->active.first);
		fake_run(f);
	}
	assert_int_equal(f->started, 7);
	assert_memory_equal(f->order, ((uint8_t[]){ 6, 0, 1, 2, 3, 4, 5 }), 7);
}

static void test_depth_and_throttle(void **state)
{
	(void)state;
	f->hold = true;
	good(MB3(0x39, 0x100, 4, 2));
	for (int i = 0; i < 5; i++)
		tur(i, 1);
	ring();
	assert_int_equal(f->started, 2);
	expect(4, 0x1c);
	drain();
	assert_int_equal(MB3(0x1d, 0x100, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(2)), 2);
	assert_int_equal(rd(MBOX(3)), 2);
	ack();
	good(MB3(0x19, 0x100, 0, 0));		/* stopped: a completion makes no room */
	fake_end(f, f->m->active.first);
	fake_run(f);
	expect(0, 0);
	drain();
	assert_int_equal(f->started, 2);
	good(MB3(0x1b, 0x100, 0, 0));		/* start one more by hand */
	assert_int_equal(f->started, 3);
	good(MB3(0x1a, 0x100, 0, 0));
	fake_end(f, f->m->active.first);
	fake_run(f);
	expect(1, 0);
	drain();
	assert_int_equal(f->started, 4);
	good(MB3(0x1c, 0x100, 0, 0));
	expect(2, 5);
	expect(3, 5);
	drain();
}

/* Recovery */

static void test_abort(void **state)
{
	(void)state;
	f->hold = true;
	good(MB3(0x39, 0x100, 4, 1));
	tur(0x10002, 1);
	tur(0x30004, 1);
	ring();
	assert_int_equal(MB3(0x15, 0x100, 9, 9), 0x4005);
	ack();
	assert_int_equal(MB3(0x15, 0x200, 1, 2), 0x4005);	/* another device */
	ack();
	good(MB3(0x15, 0x100, 3, 4));				/* waiting */
	assert_int_equal(isp_get16(expect(0x30004, 5).status_flags), 0x20);
	drain();
	f->deaf = true;
	good(MB3(0x15, 0x100, 2, 1));				/* running, halves swapped */
	assert_null(response());				/* not until the data has stopped */
	assert_int_equal(MB3(0x15, 0x100, 1, 2), 0x4005);
	ack();
	fake_stop(f, f->m->active.first);
	fake_run(f);
	expect(0x10002, 5);
	drain();
	tur(3, 1);						/* an abort needs no marker */
	ring();
	assert_int_equal(f->started, 2);
}

static void test_abort_device(void **state)
{
	(void)state;
	f->hold = true;
	tur(1, 1);
	tur(2, 2);
	ring();
	good(MB3(0x16, 0x100, 0, 0));
	expect(1, 5);
	assert_null(response());
	drain();
	tur(3, 1);
	ring();
	assert_int_equal(f->started, 2);
	marker(1, 0);
	assert_int_equal(f->started, 3);
}

static void test_target_reset(void **state)
{
	(void)state;
	f->hold = true;
	tur(1, 1);
	tur(2, 2);
	ring();
	good(MB3(0x17, 0x100, 1, 0));
	assert_int_equal(f->resets, 1);
	assert_int_equal(isp_get16(expect(1, 5).status_flags), 0x30);
	assert_null(response());
	drain();
	tur(3, 1);
	ring();
	assert_int_equal(f->started, 2);	/* held until a marker */
	marker(2, 1);				/* for another target */
	assert_int_equal(f->started, 2);
	marker(1, 1);
	assert_int_equal(f->started, 3);
}

static void test_bus_reset(void **state)
{
	(void)state;
	f->hold = true;
	good(MB3(0x39, 0x100, 4, 1));
	tur(1, 1);
	tur(2, 1);
	tur(3, 2);
	ring();
	assert_int_equal(MB3(0x18, 0, 77, 0), 0x4000);	/* one bus: mb2 is ignored */
	ack();
	assert_int_equal(rd(MBOX(0)), 0x8001);
	ack();
	expect(2, 4);				/* had not started, so it ends first */
	assert_int_equal(isp_get16(expect(1, 4).status_flags), 8);
	expect(3, 4);
	assert_null(response());
	drain();
	assert_int_equal(f->resets, 1);
	tur(4, 1);
	ring();
	assert_int_equal(f->started, 2);
	assert_int_equal(MB3(0x1d, 0x100, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(1)), 2);
	ack();
	marker(0, 2);
	assert_int_equal(f->started, 3);
	/* Another initiator can reset the bus too. */
	isp_bus_was_reset(f->m, 0);
	fake_run(f);
	expect(4, 4);
	assert_int_equal(rd(MBOX(0)), 0x4000);	/* nothing yet: RISC_INT is set */
	drain();
	assert_int_equal(rd(MBOX(0)), 0x8001);
	ack();
}

static void test_timeout(void **state)
{
	IspCommand c = command(1, 1, 0, 0);

	(void)state;
	f->hold = true;
	tur(2, 1);				/* no timeout */
	ring();
	assert_false(f->ticking);
	c.timeout = isp_le16(3);
	put(&c);
	ring();
	for (int i = 0; i < 6; i++) {
		fake_tick(f);
		assert_null(response());
	}
	fake_tick(f);
	assert_int_equal(isp_get16(expect(1, 6).status_flags), 0x60);
	assert_null(response());
	assert_false(f->ticking);
	drain();
}

static void test_reset_under_load(void **state)
{
	(void)state;
	f->hold = true;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 18; i++)
			tur(i, i % 3);
		ring();
		if (round == 0)
			wr(ISP_ICR, 1);
		else if (round == 1)
			wr(HCCR, 0x1000), wr(HCCR, 0x3000);
		else
			good(MB3(0x14, 0, 0, 0));
		fake_run(f);
		assert_int_equal(rd(ISP_ISR), 0);
		assert_int_equal(f->m->commands, 0);
		assert_null(f->m->active.first);
		assert_false(f->irq);
		assert_int_equal(MB(0x11, 8, 0, RSP, 0, 0, 0, 0), 0x4001);
		ack();
		start(RSP_LEN);
		f->hold = false;
		tur(1, 1);
		ring();
		expect(1, 0);
		assert_null(response());
		drain();
		f->hold = true;
	}
}

/* Other ways to complete */

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

static void test_execute_iocb(void **state)
{
	IspEntry *e = (IspEntry *)(f->mem + DATA);

	(void)state;
	e->command = command(77, 1, 0, 0);
	good(MB(0x54, 64, DATA >> 16, DATA & 0xffff, 0, 0, 0, 0));
	assert_int_equal(e->h.type, ISP_ET_STATUS);
	assert_int_equal(isp_get32(e->status.handle), 77);
	assert_int_equal(MB(0x54, 63, DATA >> 16, DATA & 0xffff, 0, 0, 0, 0), 0x4005);
	ack();
	e->command = command(78, 1, 0, 0);
	e->h.count = 2;
	good(MB(0x12, 0, DATA >> 16, DATA & 0xffff, 0, 0, 0, 0));
	assert_int_equal(e->h.status, ISP_ES_COUNT);
	assert_int_equal(MB(0x12, 0, 0xffff, 0, 0, 0, 0, 0), 0x4002);
	ack();
	/* The answer waits for the command; a chip reset ends the wait. */
	f->hold = true;
	e->command = command(79, 1, 0, 0);
	assert_int_equal(MB(0x12, 0, DATA >> 16, DATA & 0xffff, 0, 0, 0, 0), 0);
	fake_end(f, f->m->active.first);
	fake_run(f);
	assert_int_equal(rd(MBOX(0)), 0x4000);
	ack();
	assert_int_equal(isp_get32(e->status.handle), 79);
	e->command = command(80, 1, 0, 0);
	assert_int_equal(MB(0x12, 0, DATA >> 16, DATA & 0xffff, 0, 0, 0, 0), 0);
	e->command = command(80, 1, 0, 0);
	assert_int_equal(MB(0x12, 0, DATA >> 16, DATA & 0xffff, 0, 0, 0, 0), 0);
}

static void test_bios_iocb(void **state)
{
	static const uint16_t block[13] = { DATA & 0xffff, DATA >> 16, 512, 0, 1 << 4, 0x08, 0, 1 };

	(void)state;
	assert_int_equal(MB3(0x40, 0, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(1)), 0x700);
	ack();
	memset(f->disk, 0x5a, 512);
	for (int i = 0; i < 12; i += 4)
		good(MB(0x41, 0x700 + i, block[i], block[i + 1], block[i + 2], block[i + 3], 0, 0));
	assert_int_equal(MB3(0x42, 0, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(1)), 0);
	assert_int_equal(rd(MBOX(2)), 0);
	ack();
	assert_int_equal(f->mem[DATA + 511], 0x5a);
	good(MB3(0x04, 0x70c, 3, 0));
	assert_int_equal(MB3(0x42, 0, 0, 0), 0x4005);
	ack();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define R(name) cmocka_unit_test_setup_teardown(name, setup_rings, teardown)
	const struct CMUnitTest tests[] = {
		T(test_identity), T(test_access_sizes), T(test_banks), T(test_nvram), T(test_hccr),
		T(test_mailbox_basics), T(test_firmware_load), T(test_ram_dma), T(test_parameters),
		T(test_old_result_is_dropped), T(test_ring_geometry), R(test_data_32),
		R(test_data_continuations), R(test_malformed), R(test_lenient), R(test_outcomes),
		R(test_sense), R(test_response_full), R(test_internal_full),
		R(test_ring_dma_errors), R(test_irq_enable), R(test_irq_not_lost),
		R(test_mailbox_waits_for_ring), R(test_tags), R(test_order),
		R(test_depth_and_throttle), R(test_abort), R(test_abort_device),
		R(test_target_reset), R(test_bus_reset), R(test_timeout),
		R(test_reset_under_load), R(test_fast_post), R(test_rio), R(test_execute_iocb),
		T(test_bios_iocb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
