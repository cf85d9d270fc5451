/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: CHIP drivers/isp/isp_nvram.c */
/* What differs between the emulated chips of the family. */
#include <stdio.h>

#include "chip_driver.h"
#include "drivers/isp/isp_nvram.h"

#define BANK_SXP0	0x0100
#define BANK_SXP1	0x0200
#define BANK_DMA	0x0300

static unsigned luns(void)
{
	return f->m->chip->luns;
}

static unsigned buses(void)
{
	return f->m->chip->buses;
}

static bool is_1020(void)
{
	return f->m->chip->pci_device == 0x1020;
}

/* One word, with as many clocks as a driver of this chip uses. */
static uint16_t nvram_word(unsigned addr)
{
	unsigned bits = is_1020() ? 6 : 8;
	unsigned out = 6u << bits | addr;
	uint16_t value = 0;

	wr(ISP_NVRAM, ISP_NVRAM_SELECT);
	for (int i = bits + 2; i >= 0; i--) {
		uint16_t lines = ISP_NVRAM_SELECT | (out >> i & 1 ? ISP_NVRAM_DI : 0);

		wr(ISP_NVRAM, lines);
		wr(ISP_NVRAM, lines | ISP_NVRAM_CLOCK);
	}
	for (int i = 0; i < 16; i++) {
		wr(ISP_NVRAM, ISP_NVRAM_SELECT);
		wr(ISP_NVRAM, ISP_NVRAM_SELECT | ISP_NVRAM_CLOCK);
		value = value << 1 | (rd(ISP_NVRAM) & ISP_NVRAM_DO ? 1 : 0);
	}
	wr(ISP_NVRAM, 0);
	return value;
}

/* The driver's decoder takes the image that the wires deliver, and finds the chip's own speed. */
static void test_nvram(void **state)
{
	static const struct isp_nv_limits any = { 6, 15, 1, 31, 2 };
	static const uint8_t period[ISP_CHIP_COUNT] = { 25, 12, 10, 12, 10, 9, 9 };
	unsigned int id = (uintptr_t)*state - 1;
	bool ultra3 = id >= ISP_CHIP_10160;
	uint8_t image[ISP_NVRAM_MAX_SIZE];
	unsigned int size = is_1020() ? 128 : 256;
	struct isp_nvram nv;

	for (unsigned int i = 0; i < size / 2; i++) {
		uint16_t word = nvram_word(i);

		image[2 * i] = word & 0xff;
		image[2 * i + 1] = word >> 8;
	}
	isp_nvram_defaults(&any, &nv);
	assert_int_equal(isp_nvram_decode(image, size, is_1020() ? ISP_NV_1040 :
					  ultra3 ? ISP_NV_12160 : ISP_NV_1080, &any, &nv),
			 ISP_NV_OK);
	for (unsigned int b = 0; b < buses(); b++) {
		const struct isp_nv_target *t = &nv.bus[b].target[15];

		assert_int_equal(nv.bus[b].initiator, 7);
		assert_int_equal(t->period, period[id]);
		assert_true(t->enabled);
		assert_int_equal(t->ppr_options, ultra3 ? 2 : 0);
	}
}

/* Properties that say what a chip of the same kind has beneath it. */
static void test_board(void **state)
{
	unsigned int psr = ISP_BANK + ISP_RISC_PSR, pins = ISP_BANK + ISP_SXP_PINS_DIFF;

	f->m->ultra = true;
	f->m->single_ended = 1 << (buses() - 1);
	wr(ISP_ICR, 1);
	wr(HCCR, 0x2000);
	assert_int_equal(rd(psr), 0x2080);
	if (is_1020())
		return;
	wr(ISP_CONF1, buses() > 1 ? BANK_SXP1 : BANK_SXP0);
	assert_int_equal(rd(pins), 0x0400);
	if (buses() == 1)
		return;
	wr(ISP_CONF1, BANK_SXP0);
	assert_int_equal(rd(pins), f->m->chip->pins_diff);
}

/* Registers at 0x80: the 1040's switch is one bit, the later chips have four banks. */
static void test_banks(void **state)
{
	unsigned int psr = ISP_BANK + ISP_RISC_PSR, pins = ISP_BANK + ISP_SXP_PINS_DIFF;

	wr(HCCR, 0x2000);
	assert_int_equal(rd(psr), 0x2000);
	if (is_1020()) {
		wr(ISP_CONF1, BANK_DMA);
		assert_int_equal(rd(psr), 0x2000);
		assert_int_equal(rd(ISP_DMA + ISP_DDMA_CONF), 0x0008);
		return;
	}
	wr(ISP_CONF1, BANK_SXP0);
	assert_int_equal(rd(pins), f->m->chip->pins_diff);
	wr(ISP_CONF1, BANK_SXP1);
	assert_int_equal(rd(pins), buses() > 1 ? f->m->chip->pins_diff : 0);
	wr(ISP_CONF1, BANK_DMA);
	assert_int_equal(rd(ISP_BANK + ISP_CDMA_CONF), 0x0001);
	assert_int_equal(rd(ISP_BANK + ISP_DDMA_CONF), 0x0008);
	/* Commands to a channel, and its status, are not storage. */
	for (unsigned int reg = ISP_CDMA_CONTROL; reg <= ISP_CDMA_FIFO; reg += 2) {
		wr(ISP_BANK + reg, 0x000a);
		wr(ISP_BANK + reg + ISP_DDMA_CONF, 0x000a);
		assert_int_equal(rd(ISP_BANK + reg), 0);
		assert_int_equal(rd(ISP_BANK + reg + ISP_DDMA_CONF), 0);
	}
	/* A dual-channel driver sets bit 13 for arbitration; a bank above 3 is the RISC's. */
	wr(ISP_CONF1, 0x2044);
	assert_int_equal(rd(psr), 0x2000);
	wr(ISP_CONF1, 0x0744);
	assert_int_equal(rd(psr), 0x2000);
}

static uint16_t answer(uint16_t status)
{
	ack();
	return status;
}

/* Which chip knows which command of the boot ROM and of a BIOS. */
static void test_mailbox_set(void **state)
{
	static const uint16_t by_dma[] = { 0x01, 0x03, 0x09, 0x0a, 0x50, 0x51 };

	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(answer(MB(by_dma[i], 0x1000, DATA >> 16, DATA & 0xffff, 1, 0, 0, 0)),
				 is_1020() ? 0x4001 : 0x4000);
	assert_int_equal(answer(MB3(0x40, 0, 0, 0)), is_1020() ? 0x4000 : 0x4001);
	assert_int_equal(answer(MB3(0x41, 0x700, 0, 0)), is_1020() ? 0x4000 : 0x4001);
}

static void test_limits(void **state)
{
	IspCommand c;

	start(RSP_LEN);
	assert_int_equal(answer(MB3(0x39, 0x0100 | (luns() - 1), 8, 8)), 0x4000);
	assert_int_equal(answer(MB3(0x39, 0x0100 | luns(), 8, 8)), 0x4006);
	c = command(1, 0, 0, 0);
	c.lun = luns();
	put(&c);
	ring();
	expect_bounce(1, ISP_ES_PAYLOAD);
	/* The 1040 counts a segment's bytes with 24 bits. */
	c = command(2, 0, 0, 0);
	segs(&c, 1, DATA, 0x1000001);
	put(&c);
	ring();
	if (is_1020())
		expect_bounce(2, ISP_ES_PAYLOAD);
	else
		expect(2, ISP_CS_UNDERRUN);
}

static void test_second_bus(void **state)
{
	uint16_t bad = buses() > 1 ? 0x4000 : 0x4006;
	IspCommand c;

	start(RSP_LEN);
	assert_int_equal(answer(MB3(0x38, 0x8100, 0xcd00, 0)), bad);
	assert_int_equal(answer(MB3(0x30, 0x0085, 0, 0)), bad);
	c = command(1, 0x81, 0, 0);
	put(&c);
	ring();
	if (buses() == 1) {
		expect_bounce(1, ISP_ES_PAYLOAD);
		/* Old firmware does not look at the bus of BUS RESET. */
		good(MB3(0x18, 0, 1, 0));
		return;
	}
	expect(1, ISP_CS_COMPLETE);
	drain();
	/* Each bus has an initiator of its own, and answers no selection of it. */
	assert_int_equal(MB3(0x20, 0x0080, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(1)), 0x0085);
	ack();
	assert_int_equal(MB3(0x20, 0, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(1)), 0x0007);
	ack();
	/* A reset of bus 1 stops bus 1 until a marker for it, and leaves bus 0 alone. */
	good(MB3(0x18, 0, 1, 0));
	fake_run(f);
	assert_int_equal(rd(MBOX(0)), ISP_EVENT_BUS_RESET);
	assert_int_equal(rd(MBOX(6)), 1);
	ack();
	c = command(2, 0x81, 0, 0);
	put(&c);
	tur(3, 1);
	ring();
	expect(3, ISP_CS_COMPLETE);
	assert_null(response());
	marker(0, ISP_MARK_BUS);
	assert_null(response());
	marker(0x80, ISP_MARK_BUS);
	expect(2, ISP_CS_COMPLETE);
}

static void arm(const char *text)
{
	char error[100];

	if (!isp_fault_arm(f->m, text, error, sizeof(error)))
		fail_msg("%s: %s", text, error);
	fake_run(f);
}

static void event(uint16_t code, uint16_t mb2, uint16_t bus)
{
	assert_int_equal(rd(MBOX(0)), code);
	assert_int_equal(rd(MBOX(2)), mb2);
	assert_int_equal(rd(MBOX(6)), bus);
	ack();
}

/* What each event tells of has happened, on its bus and on no other. */
static void test_events(void **state)
{
	static const uint16_t resets[] = { 0x8001, 0x8006, 0x8007, 0x800d };
	uint32_t handle = 1;
	char text[40];

	start(RSP_LEN);
	good(MB3(0x38, 0x8100, 0xcd00, 0));
	f->hold = true;
	for (unsigned int i = 0; i < 4; i++) {
		IspCommand c = command(handle, 0x81, 0, 0);

		put(&c);
		tur(handle + 1, 1);
		ring();
		sprintf(text, "event,code=0x%x,bus=1", resets[i]);
		arm(text);
		expect(handle, ISP_CS_RESET);
		assert_null(response());
		drain();
		event(resets[i], 0, 1);
		fake_end(f, f->m->active.first);
		fake_run(f);
		expect(handle + 1, ISP_CS_COMPLETE);
		drain();
		marker(0x80, ISP_MARK_BUS);
		handle += 2;
	}
	f->hold = false;
	arm("event,code=0x800c,bus=1;event,code=0x800e,value=0x400,bus=1");
	event(0x800c, 0, 1);
	event(0x800e, 0x400, 1);
	wr(HCCR, 0x2000);
	wr(ISP_CONF1, BANK_SXP1);
	assert_int_equal(rd(ISP_BANK + ISP_SXP_PINS_DIFF), 0x400);
	wr(ISP_CONF1, BANK_SXP0);
	assert_int_equal(rd(ISP_BANK + ISP_SXP_PINS_DIFF), 0x1000);
	wr(ISP_CONF1, 0);
	wr(HCCR, 0x3000);
	/* Before a command: one event at a time, each on the command's bus. */
	marker(0x80, ISP_MARK_BUS);
	arm("event,code=0x800c,opcode=0,count=2");
	for (unsigned int i = 0; i < 2; i++) {
		IspCommand c = command(20 + i, i << 7 | 1, 0, 0);

		put(&c);
	}
	ring();
	expect(20, ISP_CS_COMPLETE);
	expect(21, ISP_CS_COMPLETE);
	drain();
	event(0x800c, 0, 0);
	event(0x800c, 0, 1);
}

/* Set target parameters, run one command; returns the status entry's flags. */
static uint16_t negotiate(uint16_t device, uint16_t flags, uint16_t sync, uint16_t ppr)
{
	IspCommand c = command(1, device >> 8, 0, 0);
	IspStatus s;

	good(MB(0x38, device, flags, sync, 0, 0, ppr, 0));
	put(&c);
	ring();
	s = expect(1, ISP_CS_COMPLETE);
	drain();
	return isp_get16(s.status_flags);
}

static void agreed(uint16_t device, uint16_t flags, uint16_t sync, uint16_t ppr)
{
	assert_int_equal(MB3(0x28, device, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(2)), flags);
	assert_int_equal(rd(MBOX(3)), sync);
	assert_int_equal(rd(MBOX(6)), ppr);
	ack();
}

static void test_negotiation(void **state)
{
	const uint16_t bus1 = 0x8100;

	start(RSP_LEN);
	/* Narrow and asynchronous needs no negotiation. */
	assert_int_equal(negotiate(bus1, 0xcd00, 0x0c0a, 0), 0);
	/* The first command after a change, and only that one. */
	assert_int_equal(negotiate(bus1, 0xfd20, 0x0e09, 0x0201), ISP_STF_NEGOTIATED);
	agreed(bus1, 0xfd20, 0x0e09, 0x0201);
	tur(2, bus1 >> 8);
	ring();
	assert_int_equal(isp_get16(expect(2, ISP_CS_COMPLETE).status_flags), 0);
	drain();
	/* GET tells the goal until then, and what the target can do afterwards. */
	f->m->limits.rejects_ppr = 1u << 17;
	good(MB(0x38, bus1, 0xfd20, 0x0e09, 0, 0, 0x0201, 0));
	agreed(bus1, 0xfd20, 0x0e09, 0x0201);
	negotiate(bus1, 0xfd20, 0x0e09, 0x0201);
	agreed(bus1, 0xfd00, 0x0e0a, 0);
	f->m->limits.narrow = 1u << 17;
	f->m->limits.min_period = 25;
	f->m->limits.max_offset = 8;
	negotiate(bus1, 0xfd20, 0x0e09, 0x0201);
	agreed(bus1, 0xdd00, 0x0819, 0);
	f->m->limits.async = 1u << 17;
	negotiate(bus1, 0xfd20, 0x0e09, 0x0201);
	agreed(bus1, 0xcd00, 0, 0);
	/* The limits are those of target 1 on bus 1. */
	f->m->limits.min_period = f->m->limits.max_offset = 0;
	negotiate(0x0100, 0xfd20, 0x0e09, 0x0201);
	agreed(0x0100, 0xfd20, 0x0e09, 0x0201);
	/* After a reset of the bus they negotiate again. */
	good(MB3(0x18, 0, 0, 0));
	event(0x8001, 0, 0);
	marker(0, ISP_MARK_BUS);
	tur(3, 1);
	ring();
	assert_int_equal(isp_get16(expect(3, ISP_CS_COMPLETE).status_flags), ISP_STF_NEGOTIATED);
}

/* A rejected message ends each command until the host asks for less; an absent target rejects none. */
static void test_rejections(void **state)
{
	f->m->limits.rejects_wdtr = f->m->limits.rejects_sdtr = UINT32_MAX;
	start(RSP_LEN);
	good(MB3(0x38, 0x0100, 0xfd00, 0x080c));
	for (unsigned int i = 1; i < 3; i++) {
		tur(i, 1);
		ring();
		assert_int_equal(isp_get16(expect(i, ISP_CS_WIDE_FAILED).status_flags),
				 ISP_STF_NEGOTIATED);
		drain();
	}
	good(MB3(0x38, 0x0100, 0xdd00, 0x080c));
	tur(3, 1);
	ring();
	expect(3, ISP_CS_SYNC_FAILED);
	drain();
	assert_int_equal(f->started, 0);
	assert_int_equal(negotiate(0x0100, 0xcd00, 0, 0), 0);
	good(MB3(0x38, 0x0300, 0xfd00, 0x080c));
	tur(4, 3);
	ring();
	expect(4, ISP_CS_INCOMPLETE);
}

static void test_strict_settings(void **state)
{
	IspCommand c;

	f->m->strict = (IspStrict){
		.no_extended_command = true, .no_firmware_status = true, .sram_survives = true,
		.max_ring = REQ_LEN,
	};
	start(RSP_LEN);
	assert_int_equal(answer(MB3(0x1f, 0, 0, 0)), 0x4001);
	assert_int_equal(answer(MB(0x10, REQ_LEN + 1, 0, REQ, 0, 0, 0, 0)), 0x4006);
	c = command(1, 0, 0, 0);
	c.h.type = ISP_ET_EXT_COMMAND;
	put(&c);
	ring();
	expect_bounce(1, ISP_ES_HEADER);
	good(MB3(0x04, 0x9000, 0x1234, 0));
	wr(ISP_ICR, 1);
	assert_int_equal(MB3(0x05, 0x9000, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(2)), 0x1234);
	ack();
	isp_power_on(f->m);
	assert_int_equal(MB3(0x05, 0x9000, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(2)), 0);
	ack();
}

/* Extended commands that are answered with nothing, or not at all; what follows them is carried out. */
static void test_extended_command_lost(void **state)
{
	IspCommand c = command(1, 0, 0, 0);
	const IspEntry *e;

	start(RSP_LEN);
	c.h.type = ISP_ET_EXT_COMMAND;
	f->m->strict.zero_extended_command = true;
	memset(f->mem + RSP, 0xff, ISP_ENTRY_SIZE);
	put(&c);
	ring();
	e = response();
	assert_non_null(e);
	assert_int_equal(e->h.type, 0);
	assert_int_equal(isp_get32(e->status.handle), 0);
	drain();
	f->m->strict.zero_extended_command = false;
	f->m->strict.lost_extended_command = true;
	put(&c);
	tur(2, 1);
	ring();
	expect(2, ISP_CS_COMPLETE);
	drain();
}

/* Rings that the chip takes at any length, but wraps early. */
static void test_rings_that_wrap_early(void **state)
{
	f->m->strict.wrap_request = 5;
	f->m->strict.wrap_response = 3;
	start(RSP_LEN);
	assert_int_equal(f->m->req.len, 5);
	rsp_len = 3;
	for (unsigned int i = 1; i < 5; i++) {
		tur(i, 1);
		ring();
		expect(i, ISP_CS_COMPLETE);
		drain();
	}
	assert_int_equal(rd(MBOX(5)), 4 % 3);
	wr(MBOX(4), 5);
	assert_int_equal(f->errors, 1);
	f->m->strict.wrap_request = REQ_LEN + 1;
	start(RSP_LEN);
	assert_int_equal(f->m->req.len, REQ_LEN);
}

/* Only markers for absent targets take time, and what follows waits. */
static void test_slow_marker(void **state)
{
	f->m->strict.marker_ms = 370;
	start(RSP_LEN);
	marker(1, ISP_MARK_BUS);
	tur(1, 1);
	ring();
	expect(1, ISP_CS_COMPLETE);
	drain();
	marker(9, ISP_MARK_BUS);
	tur(2, 1);
	ring();
	fake_wait(f, 369);
	assert_null(response());
	fake_wait(f, 1);
	expect(2, ISP_CS_COMPLETE);
	drain();
	marker(9, ISP_MARK_BUS);
	wr(ISP_ICR, 1);
	start(RSP_LEN);
	tur(3, 1);
	ring();
	expect(3, ISP_CS_COMPLETE);
	drain();
}

static void test_queues_of_low_luns(void **state)
{
	f->m->strict.queue_luns = 8;
	start(RSP_LEN);
	good(MB3(0x39, 0x8107, 4, 4));
	assert_int_equal(answer(MB3(0x39, 0x8108, 4, 4)), 0x4006);
	assert_int_equal(MB3(0x29, 0x8108, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(2)), 256);
	ack();
}

/* Ring pointers are hidden as long as the mailboxes hold a result. */
static void test_latched_pointers(void **state)
{
	start(RSP_LEN);
	f->m->strict.latched_pointers = true;
	tur(1, 1);
	ring();
	assert_int_equal(rd(MBOX(5)), 1);
	drain();
	assert_int_equal(MB3(0x00, 0, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(4)), 0);
	assert_int_equal(rd(MBOX(5)), 0);
	ack();
	assert_int_equal(rd(MBOX(4)), 1);
	assert_int_equal(rd(MBOX(5)), 1);
}

/* A target that keeps its bus, and only that, until its command has ended */
static void test_no_disconnection(void **state)
{
	start(RSP_LEN);
	good(MB3(0x38, 0x8200, 0xcd00, 0));
	f->m->limits.no_disconnect = 1 << 1;
	f->hold = true;
	tur(1, 1);
	ring();
	tur(2, 2);
	tur(3, 1);
	tur(4, 0x80 | 2);
	ring();
	assert_int_equal(f->started, 2);
	fake_end(f, f->m->active.first);
	fake_run(f);
	expect(1, ISP_CS_COMPLETE);
	drain();
	assert_int_equal(f->started, 3);
	while (f->m->active.first) {
		fake_end(f, f->m->active.first);
		fake_run(f);
	}
	assert_int_equal(f->started, 4);
	drain();
}

/* Nothing answers during a reset; then comes the self test; then commands that take time. */
static void test_strict_timing(void **state)
{
	f->m->strict.timing = true;
	wr(ISP_ICR, 1);
	assert_int_equal(rd(ISP_CONF0), 0xffff);
	wr(ISP_CONF1, 0x0300);
	assert_int_equal(f->errors, 2);
	fake_wait(f, 1);
	assert_int_equal(rd(ISP_ICR), 0);
	assert_int_equal(rd(ISP_CONF1), f->m->chip->conf1);
	wr(ISP_CONF1, 0);
	assert_int_equal(rd(MBOX(0)), 4);
	assert_int_equal(rd(MBOX(1)), 0);
	wr(HCCR, 0x5000);
	assert_int_equal(f->errors, 3);
	fake_wait(f, 3);
	assert_int_equal(rd(MBOX(0)), 0);
	assert_int_equal(rd(MBOX(1)), 0x4953);
	wr(HCCR, 0x1000);
	wr(HCCR, 0x3000);
	assert_int_equal(rd(MBOX(0)), 0);
	fake_wait(f, 1);
	assert_int_equal(rd(MBOX(0)), 4);
	fake_wait(f, 3);
	assert_int_equal(MB3(0x06, 1, 2, 3), 0);
	assert_int_equal(rd(ISP_SEMA) & 1, 1);
	assert_int_equal(rd(ISP_ISR), 0);
	fake_wait(f, 1);
	assert_int_equal(rd(MBOX(0)), 0x4000);
	assert_int_not_equal(rd(ISP_ISR), 0);
	ack();
	f->m->strict.timing = false;
}

static void test_abort_order(void **state)
{
	start(RSP_LEN);
	f->hold = true;
	for (unsigned int order = 0; order < 4; order++) {
		f->m->strict.abort_order = order;
		for (unsigned int mb = 2; mb < 4; mb++) {
			bool found = !order || order == 1 || order == mb;

			tur(0x10002, 1);
			ring();
			assert_int_equal(answer(MB3(0x15, 0x0100, mb == 2 ? 1 : 2,
						    mb == 2 ? 2 : 1)),
					 found ? 0x4000 : 0x4005);
			if (!found) {
				fake_end(f, f->m->active.first);
				fake_run(f);
			}
			expect(0x10002, found ? ISP_CS_ABORTED : ISP_CS_COMPLETE);
			drain();
		}
	}
}

/* An entry that is posted between the host's read and its clear. */
static void test_plain_interrupt(void **state)
{
	start(RSP_LEN);
	for (unsigned int plain = 0; plain < 2; plain++) {
		f->m->strict.plain_interrupt = plain;
		tur(1, 1);
		ring();
		expect(1, ISP_CS_COMPLETE);
		tur(2, 1);
		ring();
		wr(HCCR, 0x7000);
		assert_int_equal(f->irq, !plain);
		expect(2, ISP_CS_COMPLETE);
		drain();
	}
}

static void test_plain_mailbox(void **state)
{
	start(RSP_LEN);
	for (unsigned int plain = 0; plain < 2; plain++) {
		f->m->strict.plain_mailbox = plain;
		tur(1, 1);
		ring();
		wr(MBOX(0), 0);
		wr(HCCR, 0x5000);
		fake_run(f);
		assert_int_equal(rd(ISP_SEMA) & 1, plain);
		expect(1, ISP_CS_COMPLETE);
		drain();
		assert_int_equal(rd(ISP_SEMA) & 1, 1);
		ack();
	}
}

static void test_firmware_version(void **state)
{
	static const uint8_t major[ISP_CHIP_COUNT] = { 4, 4, 8, 8, 8, 10, 10 };

	assert_int_equal(MB3(0x08, 0, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(1)), major[(uintptr_t)*state - 1]);
	ack();
}

#define EACH(name) \
	C(name, ISP_CHIP_1020A), C(name, ISP_CHIP_1040B), C(name, ISP_CHIP_1080), \
	C(name, ISP_CHIP_1240), C(name, ISP_CHIP_1280), C(name, ISP_CHIP_10160), \
	C(name, ISP_CHIP_12160)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_nvram), EACH(test_banks), EACH(test_board), EACH(test_mailbox_set), EACH(test_limits),
		EACH(test_second_bus), EACH(test_firmware_version),
		C(test_events, ISP_CHIP_12160), C(test_negotiation, ISP_CHIP_12160),
		C(test_rejections, ISP_CHIP_1040B), C(test_strict_settings, ISP_CHIP_1240),
		C(test_extended_command_lost, ISP_CHIP_1280),
		C(test_rings_that_wrap_early, ISP_CHIP_1040B), C(test_slow_marker, ISP_CHIP_1240),
		C(test_queues_of_low_luns, ISP_CHIP_12160), C(test_latched_pointers, ISP_CHIP_1080),
		C(test_no_disconnection, ISP_CHIP_1240), C(test_strict_timing, ISP_CHIP_1020A), C(test_strict_timing, ISP_CHIP_12160),
		C(test_abort_order, ISP_CHIP_1040B), C(test_plain_interrupt, ISP_CHIP_1040B),
		C(test_plain_mailbox, ISP_CHIP_1040B),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
