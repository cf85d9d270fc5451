/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: CHIP */
/* The emulated ISP1040: registers, EEPROM, resets, the interrupt line. */
#include "chip_driver.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_identity), T(test_access_sizes), T(test_banks), T(test_nvram),
		T(test_hccr), R(test_reset_under_load), R(test_irq_enable), R(test_irq_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
