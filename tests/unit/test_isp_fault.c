/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: CHIP */
/* Faults on demand: the language, which rule fires when, and what the model does then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "isp_model_fake.h"

#define REQ	0x1000u
#define RSP	0x8000u
#define DATA	0x20000u
#define HCCR	(ISP_BANK + ISP_RISC_HCCR)

static const char *const whats[] = {
	"drop-interrupt", "delay-interrupt,ms=1", "spurious-interrupt", "stuck-interrupt",
	"drop-completion", "duplicate-completion", "delay-completion,ms=1", "late-completion,ms=1",
	"corrupt-response,field=handle,value=1", "response-in,value=1", "complete,status=1",
	"selection-timeout", "parity", "underrun", "overrun", "transport-error", "aborted", "reset",
	"timeout", "queue-full", "busy", "fail-mailbox", "hang-mailbox", "hang", "system-error",
	"request-error", "response-error", "bus-reset", "all-ones", "mutate",
};

static char error[200];

static bool parse(IspFaultRule *r, const char *text)
{
	error[0] = 0;
	return isp_fault_parse(r, text, strlen(text), error, sizeof(error));
}

static void parses_all(void **state)
{
	IspFaultRule r;
	char text[ISP_FAULT_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		assert_true(parse(&r, whats[i]));
		assert_string_equal(r.text, whats[i]);
		assert_int_equal(r.after, 0);
		assert_int_equal(r.count, strcmp(whats[i], "mutate") ? 1 : 0);
		snprintf(text, sizeof(text), "%s,after=7,count=0,every=2,rate=5,seed=0x99",
			 whats[i]);
		assert_true(parse(&r, text));
		assert_int_equal(r.after, 7);
		assert_int_equal(r.every, 2);
		assert_int_equal(r.rate, 5);
		assert_int_equal(r.seed, 0x99);
		assert_false(r.at_once);
		assert_int_equal(r.count, !strncmp(whats[i], "all-ones", 8));
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "x", "'x' is no fault" }, { ",", "is no fault" }, { " hang", "is no fault" },
		{ "hang ", "is no fault" }, { "HANG", "is no fault" },
		{ "hang,x=1", "'x' is no key" }, { "hang,command=1", "no key of this fault" },
		{ "hang,after", "'after' is not key=value" }, { "hang,after=", "after= cannot be ''" },
		{ "hang,after=1x", "cannot be" }, { "hang,after=-1", "cannot be" },
		{ "hang,after=+1", "cannot be" }, { "hang,after= 1", "cannot be" },
		{ "hang,after=4294967296", "cannot be" },
		{ "hang,after=99999999999999999999999", "cannot be" },
		{ "hang,target=16", "cannot be" }, { "hang,lun=32", "cannot be" },
		{ "hang,opcode=256", "cannot be" }, { "hang,ms=600001", "cannot be" },
		{ "hang,persist=2", "cannot be" }, { "busy,rate=1001", "cannot be" },
		{ "busy,target=1,target=1", "given twice" }, { "busy,status=8", "no key" },
		{ "delay-interrupt", "needs ms=" }, { "delay-completion", "needs ms=" },
		{ "response-in", "needs value=" }, { "complete", "needs status=" },
		{ "drop-interrupt,of=x", "of= cannot be 'x'" },
		{ "corrupt-response", "byte= or field=" },
		{ "corrupt-response,byte=64,value=0", "cannot be" },
		{ "corrupt-response,byte=1,value=256", "1 bytes" },
		{ "corrupt-response,field=status,xor=0x10000", "2 bytes" },
		{ "fail-mailbox,command=x", "cannot be" }, { "hang\t", "plain text" },
		{ "fail-mailbox,status=0x10000", "cannot be" },
	};
	IspFaultRule r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(parse(&r, bad[i].text));
		if (!strstr(error, bad[i].why))
			fail_msg("%s: %s", bad[i].text, error);
	}
}

static struct fake *f;
static uint32_t req_in, rsp_out;

static int setup(void **state)
{
	(void)state;
	f = fake_new();
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

static void list_is_bounded(void **state)
{
	char text[ISP_FAULT_TEXT];
	char *list = malloc(ISP_FAULT_LIST);

	(void)state;
	snprintf(text, sizeof(text), "busy,seed=%0*d", ISP_FAULT_TEXT - 1 - 10, 0);
	assert_false(isp_fault_arm(f->m, text, error, sizeof(error)));
	strcpy(text, "corrupt-response,field=sense-length,value=0xffff,after=0x00000000,"
	       "every=0x00000001,count=0x00000000,target=0x00,lun=0x00,opcode=0x00000000000000000,"
	       "rate=0x0000");
	assert_int_equal(strlen(text), ISP_FAULT_TEXT - 1);
	for (int i = 0; i < ISP_FAULT_RULES; i++)
		assert_true(isp_fault_arm(f->m, text, error, sizeof(error)));
	for (int i = 0; i < ISP_FAULT_RULES; i++)
		f->m->faults.rule[i].fired = UINT64_MAX;
	isp_fault_list(&f->m->faults, list);
	assert_true(strlen(list) < ISP_FAULT_LIST);
	assert_non_null(strstr(list, ": fired 18446744073709551615\n"));
	free(list);
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
		cmocka_unit_test(parses_all),
		cmocka_unit_test(refuses),
		cmocka_unit_test_setup_teardown(counts, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(delays, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(ends, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(reset_in_the_queue, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(gone_in_the_queue, setup_rings, teardown),
		cmocka_unit_test_setup_teardown(gone_in_the_boot_rom, setup, teardown),
		cmocka_unit_test_setup_teardown(list_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(mutate_is_repeatable, setup_rings, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
