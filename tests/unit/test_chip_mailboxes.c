/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: CHIP */
/* The emulated ISP1040: mailbox commands, and commands that they start. */
#include "chip_driver.h"

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
	assert_int_equal(MB3(0x39, 0x0108, 1, 1), 0x4006);	/* LUN 8 */
	ack();
	assert_int_equal(MB3(0x39, 0x0107, 1, 0), 0x4006);	/* would never start a command */
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
	const struct CMUnitTest tests[] = {
		T(test_mailbox_basics), T(test_firmware_load),
		C(test_ram_dma, ISP_CHIP_1080),
		T(test_parameters), T(test_old_result_is_dropped),
		R(test_mailbox_waits_for_ring), R(test_execute_iocb), T(test_bios_iocb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
