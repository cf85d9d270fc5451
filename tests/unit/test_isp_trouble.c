/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: CHIP */
/* The emulated ISP1040 under faults: what the chip does when a rule says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "isp_model_fake.h"

#define REQ	0x1000u
#define RSP	0x8000u
#define DATA	0x20000u
#define HCCR	(ISP_BANK + ISP_RISC_HCCR)

static char error[200];

static struct fake *f;
static uint32_t req_in, rsp_out;

static int setup(void **state)
{
	(void)state;
	f = fake_new(ISP_CHIP_1040B);
	req_in = rsp_out = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	/* After any test, a disarmed and reset chip must work, with nothing lost. */
	assert_true(isp_fault_arm(f->m, "", error, sizeof(error)));
	fake_tick(f);
	isp_write(f->m, ISP_ICR, 1, 2);
	fake_run(f);
	isp_write(f->m, ISP_MBOX, 6, 2);
	isp_write(f->m, HCCR, 0x5000, 2);
	fake_run(f);
	assert_int_equal(isp_read(f->m, ISP_MBOX, 2), 0x4000);
	assert_int_equal(f->m->commands, 0);
	assert_null(f->m->held.first);
	fake_free(f);
	return 0;
}

static void mbox(uint16_t op, uint16_t a, uint16_t b, uint16_t c)
{
	isp_write(f->m, ISP_MBOX, op, 2);
	isp_write(f->m, ISP_MBOX + 2, a, 2);
	isp_write(f->m, ISP_MBOX + 4, b, 2);
	isp_write(f->m, ISP_MBOX + 6, c, 2);
	isp_write(f->m, HCCR, 0x5000, 2);
	fake_run(f);
}

static void ack(void)
{
	isp_write(f->m, ISP_SEMA, 0, 2);
	isp_write(f->m, HCCR, 0x7000, 2);
	fake_run(f);
}

static int setup_rings(void **state)
{
	setup(state);
	mbox(0x02, 0x1000, 0, 0);
	ack();
	mbox(0x10, 16, 0, REQ);
	ack();
	mbox(0x11, 16, 0, RSP);
	ack();
	isp_write(f->m, ISP_ICR, 6, 2);
	return 0;
}

static void arm(const char *text)
{
	if (!isp_fault_arm(f->m, text, error, sizeof(error)))
		fail_msg("%s: %s", text, error);
	fake_run(f);
}

/* Queue a command; @device is 10 * lun + target. */
static void queue(uint32_t handle, unsigned device, uint8_t op, uint8_t blocks)
{
	IspCommand c = {
		.h = { .type = ISP_ET_COMMAND, .count = 1 }, .handle = isp_le32(handle),
		.target = device % 10, .lun = device / 10, .cdb_len = isp_le16(6), .seg_count = isp_le16(blocks ? 1 : 0),
		.flags = isp_le16(ISP_CF_DATA_IN | ISP_CF_DATA_OUT),
	};

	c.u.a32.cdb[0] = op;
	c.u.a32.cdb[4] = blocks;
	c.u.a32.seg[0] = (IspSeg32){ isp_le32(DATA), isp_le32(blocks * 512) };
	memcpy(f->mem + REQ + 64 * req_in, &c, 64);
	req_in = (req_in + 1) % 16;
	isp_write(f->m, ISP_MBOX + 8, req_in, 2);
	fake_run(f);
}

/* Handles of the responses, as digits; a letter before one is its completion status, if not 0. */
static const char *answers(void)
{
	static char text[64];
	char *p = text;

	while (isp_read(f->m, ISP_MBOX + 10, 2) != rsp_out) {
		const IspStatus *s = (IspStatus *)(f->mem + RSP + 64 * rsp_out);

		if (isp_get16(s->completion))
			*p++ = 'a' + isp_get16(s->completion);
		*p++ = '0' + isp_get32(s->handle);
		rsp_out = (rsp_out + 1) % 16;
	}
	*p = 0;
	isp_write(f->m, HCCR, 0x7000, 2);
	isp_write(f->m, ISP_MBOX + 10, rsp_out, 2);
	fake_run(f);
	return text;
}

static void counts(void **state)
{
	(void)state;
	arm("drop-completion,after=1,every=2,count=2,target=1");
	for (int i = 1; i <= 9; i++)
		queue(i, 1, 0, 0);
	queue(0, 0, 0, 0);
	/* The first passes; of the others every second one is lost, twice. */
	assert_string_equal(answers(), "1246" "7890");
	assert_int_equal(f->m->stats.faults, 2);
	assert_int_equal(f->m->faults.armed, 0);
	arm("drop-completion,count=0,opcode=0x12");
	for (int i = 1; i <= 6; i++)
		queue(i, 0, i % 2 ? 0x12 : 0, 0);
	assert_string_equal(answers(), "246");
	arm("");
	queue(1, 0, 0x12, 0);
	assert_string_equal(answers(), "1");
	arm("drop-completion,count=0,lun=3");
	for (int i = 1; i <= 6; i++)
		queue(i, 10 * i + i % 2, 0, 0);
	assert_string_equal(answers(), "12456");
}

static void delays(void **state)
{
	(void)state;
	arm("delay-completion,ms=30");
	arm("delay-completion,ms=10");
	arm("duplicate-completion,ms=20");
	for (int i = 1; i <= 4; i++)
		queue(i, 0, 0, 0);
	assert_string_equal(answers(), "34");
	fake_wait(f, 9);
	assert_string_equal(answers(), "");
	fake_wait(f, 2);
	assert_string_equal(answers(), "2");
	fake_wait(f, 10);
	assert_string_equal(answers(), "3");
	fake_wait(f, 10);
	assert_string_equal(answers(), "1");
	assert_int_equal(f->alarm, 0);
	/* A reset forgets the completions that are held back. */
	arm("delay-completion,ms=30");
	queue(5, 0, 0, 0);
	isp_write(f->m, ISP_ICR, 1, 2);
	fake_wait(f, 100);
	assert_null(f->m->done.first);
}

static void ends(void **state)
{
	(void)state;
	arm("parity;underrun;timeout,target=2");
	queue(1, 0, 0, 0);
	queue(2, 0, 0, 0);		/* no data, so no underrun */
	queue(3, 0, 0x08, 2);
	queue(4, 2, 0, 0);
	assert_string_equal(answers(), "d1" "2" "v3" "g4");
	assert_int_equal(f->started, 1);
}

/* A fault that ends a command does so while its queue is being processed. */
static void reset_in_the_queue(void **state)
{
	(void)state;
	f->hold = true;
	queue(1, 0, 0, 0);
	queue(2, 0, 0, 0);
	queue(3, 1, 0, 0);
	arm("bus-reset,after=1,count=0");
	f->hold = false;
	fake_end(f, f->m->active.first);
	fake_run(f);
	queue(4, 0, 0, 0);
	assert_string_equal(answers(), "1" "2" "e4" "e3");
	assert_int_equal(isp_read(f->m, ISP_MBOX, 2), 0x8001);
	ack();
	/* Without a marker nothing starts, so there is nothing to hit. */
	arm("all-ones,target=1");
	queue(5, 1, 0, 0);
	assert_int_equal(isp_read(f->m, 0, 2), 0x1077);
}

static void gone_in_the_queue(void **state)
{
	(void)state;
	f->hold = true;
	for (int i = 0; i < 6; i++)
		queue(i, i % 3, 0, 0);
	arm("all-ones,target=0");
	fake_end(f, f->m->active.first);
	fake_run(f);
	assert_int_equal(isp_read(f->m, 0, 2), 0xffff);
	assert_int_equal(f->m->commands, 0);
	assert_null(f->m->active.first);
	assert_false(f->irq);
	arm("");
	assert_int_equal(isp_read(f->m, 0, 2), 0x1077);
}

/* The boot ROM's command takes another path. */
static void gone_in_the_boot_rom(void **state)
{
	const IspLun *lun = &f->m->target[0][1].lun[0];

	(void)state;
	f->m->ram[0x704] = 0x10;
	arm("all-ones,target=1");
	mbox(0x42, 0, 0, 0);
	assert_int_equal(isp_read(f->m, 0, 2), 0xffff);
	assert_int_equal(f->started, 0);
	assert_int_equal(f->m->commands, 0);
	assert_int_equal(lun->waiting, 0);
	assert_int_equal(lun->active, 0);
}

/* Trouble strikes a command that START QUEUE ONE picks, and the chip finds out in its next run. */
static void started_by_hand(void **state)
{
	(void)state;
	mbox(0x19, 0, 0, 0);
	ack();
	queue(1, 0, 0, 0);
	queue(2, 0, 0, 0);
	arm("spurious-interrupt,target=0;hang,target=0,after=1");
	assert_false(f->irq);
	mbox(0x1b, 0, 0, 0);
	assert_true(f->irq);
	assert_int_equal(f->started, 1);
	answers();
	ack();
	mbox(0x1b, 0, 0, 0);
	assert_int_equal(f->m->dead, ISP_HUNG);
	assert_int_equal(f->started, 1);
}

/* The chip takes the command that waits for the answer of a late one. */
static void held_up_mailbox(void **state)
{
	(void)state;
	arm("hang-mailbox,ms=10");
	mbox(0x06, 1, 2, 3);
	mbox(0x06, 4, 5, 6);
	assert_int_equal(isp_read(f->m, HCCR, 2), ISP_HCCR_HOST_INT);
	assert_int_equal(f->m->stats.mailbox_commands, 1);
	fake_wait(f, 11);
	assert_int_equal(isp_read(f->m, HCCR, 2), 0);
	assert_int_equal(f->m->stats.mailbox_commands, 2);
	assert_int_equal(isp_read(f->m, ISP_MBOX, 2), 0x4000);
	assert_int_equal(isp_read(f->m, ISP_MBOX + 2, 2), 4);
}

/* The same seed and the same opportunities give the same mutations. */
static void mutate_is_repeatable(void **state)
{
	uint8_t seen[2][16 * 64];

	for (int turn = 0; turn < 2; turn++) {
		if (turn) {
			teardown(state);
			setup_rings(state);
		}
		arm("mutate,seed=4711,rate=500");
		for (int i = 1; i <= 9; i++)
			queue(i, 0, 0, 0);
		memcpy(seen[turn], f->mem + RSP, sizeof(seen[0]));
		assert_true(f->m->stats.faults > 2);
	}
	assert_memory_equal(seen[0], seen[1], sizeof(seen[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(delays, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(ends, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(reset_in_the_queue, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(gone_in_the_queue, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(gone_in_the_boot_rom, setup, teardown),
		cmocka_unit_test_setup_teardown(started_by_hand, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(held_up_mailbox, setup, teardown),
		cmocka_unit_test_setup_teardown(mutate_is_repeatable, setup_rings, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
