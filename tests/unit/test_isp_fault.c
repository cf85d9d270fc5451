/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: tools/qemu/isp_fault.c tools/qemu/isp_fault_rule.c */
/* Faults on demand without a chip: the language, which rule fires when, and what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "isp_fault.h"
#include "isp_regs.h"

static const char *const whats[] = {
	"drop-interrupt", "delay-interrupt,ms=1", "spurious-interrupt", "stuck-interrupt",
	"drop-completion", "duplicate-completion", "delay-completion,ms=1", "late-completion,ms=1",
	"corrupt-response,field=handle,value=1", "response-in,value=1", "complete,status=1",
	"selection-timeout", "parity", "underrun", "overrun", "transport-error", "aborted", "reset",
	"timeout", "queue-full", "busy", "fail-mailbox", "hang-mailbox", "hang", "system-error",
	"request-error", "response-error", "event,code=0x800c", "bus-reset", "all-ones", "mutate",
};

static char error[200];
static IspFaults faults;
static unsigned fires;		/* calls of on_fire */

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
		{ "fail-mailbox,status=0x10000", "cannot be" }, { "busy,bus=2", "cannot be" },
		{ "event", "needs code=" }, { "event,code=0x7fff", "code= is not" },
		{ "event,code=0x800e,value=0x10000", "16 bits" },
	};
	IspFaultRule r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(parse(&r, bad[i].text));
		if (!strstr(error, bad[i].why))
			fail_msg("%s: %s", bad[i].text, error);
	}
}

static void list_is_bounded(void **state)
{
	char text[ISP_FAULT_TEXT];
	char *list = malloc(ISP_FAULT_LIST);

	(void)state;
	snprintf(text, sizeof(text), "busy,seed=%0*d", ISP_FAULT_TEXT - 1 - 10, 0);
	assert_false(isp_fault_add(&faults, text, error, sizeof(error)));
	strcpy(text, "corrupt-response,field=sense-length,value=0xffff,after=0x00000000,"
	       "every=0x00000001,count=0x00000000,target=0x00,lun=0x00,opcode=0x00000000000000000,"
	       "rate=0x0000");
	assert_int_equal(strlen(text), ISP_FAULT_TEXT - 1);
	for (int i = 0; i < ISP_FAULT_RULES; i++)
		assert_true(isp_fault_add(&faults, text, error, sizeof(error)));
	for (int i = 0; i < ISP_FAULT_RULES; i++)
		faults.rule[i].fired = UINT64_MAX;
	isp_fault_list(&faults, list);
	assert_true(strlen(list) < ISP_FAULT_LIST);
	assert_non_null(strstr(list, ": fired 18446744073709551615\n"));
	free(list);
}

static void on_fire(void *opaque, const IspFaultRule *r)
{
	assert_ptr_equal(opaque, &fires);
	assert_true(r->fired > 0);
	fires++;
}

static int setup(void **state)
{
	(void)state;
	faults = (IspFaults){ .on_fire = on_fire, .opaque = &fires };
	fires = 0;
	return 0;
}

/* Replace all rules. */
static void arm(const char *text)
{
	isp_fault_clear(&faults);
	faults.buses = 2;
	if (!isp_fault_add(&faults, text, error, sizeof(error)))
		fail_msg("%s: %s", text, error);
}

static void says(IspVerdict verdict, IspFate fate, uint32_t ms)
{
	assert_int_equal(verdict.fate, fate);
	assert_int_equal(verdict.ms, ms);
}

static const IspCmd read_8 = { .target = 1, .lun = 2, .cdb = { 0x28 }, .length = 4096 };
static const IspCmd read_8_bus_1 = {
	.bus = 1, .target = 1, .lun = 2, .cdb = { 0x28 }, .length = 4096
};
static const IspCmd no_data = { .target = 3 };

/* Without a rule that applies every question has the same answer: go on. */
static void nothing_armed(void **state)
{
	static const char *const others[] = {
		"", "hang-mailbox,command=1;drop-interrupt,of=event;busy,target=5;hang,lun=7",
	};
	uint8_t entry[ISP_ENTRY_SIZE] = { ISP_ET_STATUS }, same[ISP_ENTRY_SIZE] = { ISP_ET_STATUS };
	uint16_t mb[ISP_MBOXES] = { 0x4000 }, same_mb[ISP_MBOXES] = { 0x4000 };
	IspFaultEnd end = { .on = false };
	IspResult result;

	(void)state;
	for (int i = 0; i < 2; i++) {
		arm(others[i]);
		says(isp_fault_interrupt(&faults, ISP_RAISE_RESPONSE), ISP_PASS, 0);
		says(isp_fault_mailbox(&faults, 2), ISP_PASS, 0);
		says(isp_fault_completion(&faults, &read_8, true), ISP_PASS, 0);
		assert_false(isp_fault_stuck(&faults));
		assert_false(isp_fault_start(&faults, &read_8, &end, &result));
		assert_false(end.on);
		assert_int_equal(isp_fault_before_start(&faults, &read_8, true), 0);
		isp_fault_response(&faults, &read_8, entry);
		assert_memory_equal(entry, same, sizeof(same));
		isp_fault_mailbox_out(&faults, mb, 0xff);
		assert_memory_equal(mb, same_mb, sizeof(same_mb));
		assert_int_equal(isp_fault_response_in(&faults, 7), 7);
		assert_int_equal(isp_fault_due(&faults, 1000, true), 0);
		assert_true(isp_fault_next_due(&faults, true) == UINT64_MAX);
		assert_false(isp_fault_hang_persists(&faults));
	}
	assert_int_equal(fires, 0);
}

static void turns(void **state)
{
	static const char want[] = ".X.X.X....";
	char got[sizeof(want)] = "";

	(void)state;
	arm("drop-completion,after=2,every=2,count=2,target=1;drop-completion,after=1,lun=2");
	for (int i = 0; want[i]; i++) {
		IspVerdict v = isp_fault_completion(&faults, &read_8, true);

		assert_int_equal(isp_fault_completion(&faults, &no_data, true).fate, ISP_PASS);
		got[i] = v.fate == ISP_DROP ? 'X' : '.';
	}
	/* The second rule fires once, in between. */
	assert_string_equal(got, want);
	assert_int_equal(fires, 3);
	assert_int_equal(faults.armed, 0);
	arm("drop-completion,rate=0,count=0;delay-completion,rate=1000,ms=3,count=0");
	for (int i = 0; i < 5; i++)
		says(isp_fault_completion(&faults, &read_8, true), ISP_HOLD, 3);
}

static void interrupts(void **state)
{
	(void)state;
	arm("drop-interrupt,of=mailbox;delay-interrupt,ms=20,of=response");
	says(isp_fault_interrupt(&faults, ISP_RAISE_EVENT), ISP_PASS, 0);
	says(isp_fault_interrupt(&faults, ISP_RAISE_RESPONSE), ISP_HOLD, 20);
	says(isp_fault_interrupt(&faults, ISP_RAISE_MAILBOX), ISP_DROP, 0);
	says(isp_fault_interrupt(&faults, ISP_RAISE_MAILBOX), ISP_PASS, 0);
	arm("stuck-interrupt,count=2");
	assert_true(isp_fault_stuck(&faults));
	assert_true(isp_fault_stuck(&faults));
	assert_false(isp_fault_stuck(&faults));
}

static void completions(void **state)
{
	(void)state;
	arm("duplicate-completion,ms=5;delay-completion,ms=7;drop-completion");
	says(isp_fault_completion(&faults, &read_8, false), ISP_DROP, 0);
	says(isp_fault_completion(&faults, &read_8, false), ISP_HOLD, 7);
	says(isp_fault_completion(&faults, &read_8, false), ISP_PASS, 0);	/* no room */
	says(isp_fault_completion(&faults, &read_8, true), ISP_TWICE, 5);
	says(isp_fault_completion(&faults, &read_8, true), ISP_PASS, 0);
}

static void mailboxes(void **state)
{
	IspVerdict v;

	(void)state;
	arm("fail-mailbox,command=0x10,status=0x4006;hang-mailbox,ms=9,after=1;hang-mailbox");
	v = isp_fault_mailbox(&faults, 0x10);
	says(v, ISP_FAIL, 0);
	assert_int_equal(v.status, 0x4006);
	says(isp_fault_mailbox(&faults, 0x10), ISP_DROP, 0);
	says(isp_fault_mailbox(&faults, 0x11), ISP_HOLD, 9);
	says(isp_fault_mailbox(&faults, 0x11), ISP_PASS, 0);
}

static void ends(void **state)
{
	IspFaultEnd end = { .on = false };
	IspResult result = { .outcome = ISP_DONE_FAILED };

	(void)state;
	arm("busy");
	assert_true(isp_fault_start(&faults, &read_8, &end, &result));
	assert_int_equal(result.outcome, ISP_DONE_STATUS);
	assert_int_equal(result.scsi_status, 0x08);
	assert_false(end.on);
	arm("timeout,ms=4");
	assert_true(isp_fault_start(&faults, &read_8, &end, &result));
	assert_int_equal(result.outcome, ISP_DONE_FAULT);
	assert_int_equal(end.completion, ISP_CS_TIMEOUT);
	assert_int_equal(end.status_flags, ISP_STF_TIMEOUT | ISP_STF_ABORTED);
	assert_int_equal(end.ms, 4);
	/* The target moves whole blocks first; the end comes later. */
	arm("parity,moves=1300");
	assert_false(isp_fault_start(&faults, &read_8, &end, &result));
	assert_true(end.on);
	assert_int_equal(end.limit, 1024);
	assert_int_equal(end.resid, -1);
	arm("parity,moves=9999");
	assert_false(isp_fault_start(&faults, &read_8, &end, &result));
	assert_int_equal(end.limit, 4096);
	arm("overrun");
	assert_false(isp_fault_start(&faults, &no_data, &end, &result));
	assert_false(isp_fault_start(&faults, &read_8, &end, &result));
	assert_false(end.limited);
}

static void troubles(void **state)
{
	static const struct {
		const char *text;
		uint64_t trouble, stopped;	/* with and without running firmware */
	} all[] = {
		{ "spurious-interrupt", ISP_TROUBLE_INTERRUPT, ISP_TROUBLE_INTERRUPT },
		{ "request-error", ISP_TROUBLE_REQUEST_ERROR, 0 },
		{ "response-error", ISP_TROUBLE_RESPONSE_ERROR, 0 },
		{ "system-error", ISP_TROUBLE_SYSTEM_ERROR | ISP_TROUBLE_HALT, 0 },
		{ "system-error,halt=0", ISP_TROUBLE_SYSTEM_ERROR, 0 },
		{ "bus-reset", ISP_TROUBLE_BUS_RESET, ISP_TROUBLE_BUS_RESET },
		{ "event,code=0x800c", ISP_TROUBLE_EVENT | 0x800cull << 16, 0 },
		{ "event,code=0x800e,value=0x1000",
		  ISP_TROUBLE_EVENT | 0x800eull << 16 | 0x1000ull << 32, 0 },
		{ "event,code=0x800d", ISP_TROUBLE_EVENT | ISP_TROUBLE_BUS_RESET | 0x800dull << 16,
		  0 },
		{ "hang", ISP_TROUBLE_HANG, ISP_TROUBLE_HANG },
		{ "all-ones", ISP_TROUBLE_GONE, ISP_TROUBLE_GONE },
		{ "all-ones,config=1", ISP_TROUBLE_GONE | ISP_TROUBLE_GONE_CONFIG,
		  ISP_TROUBLE_GONE | ISP_TROUBLE_GONE_CONFIG },
	};
	char text[ISP_FAULT_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		arm(all[i].text);
		assert_int_equal(isp_fault_before_start(&faults, &read_8, true), 0);
		assert_int_equal(isp_fault_due(&faults, 0, false), all[i].stopped);
		if (!all[i].stopped)
			assert_int_equal(isp_fault_due(&faults, 0, true), all[i].trouble);
		assert_int_equal(isp_fault_due(&faults, 0, true), 0);
		snprintf(text, sizeof(text), "%s,opcode=0x28,count=1", all[i].text);
		arm(text);
		assert_int_equal(isp_fault_due(&faults, 0, true), 0);
		assert_int_equal(isp_fault_before_start(&faults, &no_data, true), 0);
		assert_int_equal(isp_fault_before_start(&faults, &read_8, true), all[i].trouble);
		assert_int_equal(isp_fault_before_start(&faults, &read_8, true), 0);
	}
	/* At once on the bus of the rule; before a command, on the command's. */
	arm("bus-reset,bus=1");
	assert_int_equal(isp_fault_before_start(&faults, &read_8_bus_1, true), 0);
	assert_int_equal(isp_fault_due(&faults, 0, true),
			 ISP_TROUBLE_BUS_RESET | ISP_TROUBLE_BUS_1);
	arm("bus-reset,bus=1,opcode=0x28");
	assert_int_equal(isp_fault_before_start(&faults, &read_8, true), 0);
	assert_int_equal(isp_fault_before_start(&faults, &read_8_bus_1, true),
			 ISP_TROUBLE_BUS_RESET | ISP_TROUBLE_BUS_1);
	faults.buses = 1;
	assert_false(isp_fault_add(&faults, "busy;busy,bus=1", error, sizeof(error)));
	assert_string_equal(error, "bus=1: the chip has no such bus");
	assert_true(isp_fault_add(&faults, "busy,bus=0", error, sizeof(error)));
	/* What stops the command keeps other rules for the next one. */
	arm("all-ones,target=1;bus-reset,target=1;spurious-interrupt,target=1");
	assert_int_equal(isp_fault_before_start(&faults, &read_8, true),
			 ISP_TROUBLE_INTERRUPT | ISP_TROUBLE_BUS_RESET);
	assert_int_equal(isp_fault_before_start(&faults, &read_8, true), ISP_TROUBLE_GONE);
}

static void times(void **state)
{
	(void)state;
	arm("bus-reset,ms=150,count=3;request-error,count=2");
	assert_true(isp_fault_next_due(&faults, false) == 0);
	assert_int_equal(isp_fault_due(&faults, 1000, false), ISP_TROUBLE_BUS_RESET);
	assert_int_equal(isp_fault_due(&faults, 1000, false), 0);
	assert_true(isp_fault_next_due(&faults, false) == 1150);
	assert_true(isp_fault_next_due(&faults, true) == 0);
	assert_int_equal(isp_fault_due(&faults, 1100, true), ISP_TROUBLE_REQUEST_ERROR);
	assert_true(isp_fault_next_due(&faults, true) == 1150);
	assert_int_equal(isp_fault_due(&faults, 1149, true), 0);
	assert_int_equal(isp_fault_due(&faults, 1200, true), ISP_TROUBLE_BUS_RESET);
	assert_int_equal(isp_fault_due(&faults, 1200, true), ISP_TROUBLE_REQUEST_ERROR);
	assert_true(isp_fault_next_due(&faults, true) == 1350);
	assert_int_equal(isp_fault_due(&faults, 9999, true), ISP_TROUBLE_BUS_RESET);
	assert_true(isp_fault_next_due(&faults, true) == UINT64_MAX);
}

static void responses(void **state)
{
	uint8_t entry[ISP_ENTRY_SIZE + 1] = { ISP_ET_STATUS, [4] = 0x11, 0x22, 0x33, 0x44 };
	unsigned changed = 0;

	(void)state;
	arm("corrupt-response,field=handle,value=0xa1b2c3d4;corrupt-response,byte=4,xor=0xff");
	isp_fault_response(&faults, &read_8, entry);
	assert_memory_equal(entry + 4, ((uint8_t[]){ 0xd4, 0xc3, 0xb2, 0xa1 }), 4);
	entry[0] = ISP_ET_STATUS_CONT;		/* about no command of its own */
	isp_fault_response(&faults, &read_8, entry);
	entry[0] = ISP_ET_STATUS;
	assert_int_equal(entry[4], 0xd4);
	isp_fault_response(&faults, &read_8, entry);
	assert_int_equal(entry[4], 0x2b);
	arm("mutate,rate=1000,seed=5");
	for (int i = 0; i < 200; i++)
		isp_fault_response(&faults, NULL, entry);
	for (int i = 0; i < ISP_ENTRY_SIZE; i++)
		changed += entry[i] != 0;
	assert_true(changed > 20);
	assert_int_equal(entry[ISP_ENTRY_SIZE], 0);
	arm("response-in,value=0xfff");
	assert_int_equal(isp_fault_response_in(&faults, 3), 0xfff);
	assert_int_equal(isp_fault_response_in(&faults, 3), 3);
}

static void mailboxes_out(void **state)
{
	uint16_t mb[ISP_MBOXES] = { 0 };

	(void)state;
	arm("mutate,rate=1000,seed=6");
	for (int i = 0; i < 200; i++)
		isp_fault_mailbox_out(&faults, mb, 0x45);
	for (int i = 0; i < ISP_MBOXES; i++)
		if (!(0x45 >> i & 1))
			assert_int_equal(mb[i], 0);
}

static void hang_persists(void **state)
{
	(void)state;
	arm("hang,persist=1");
	assert_false(isp_fault_hang_persists(&faults));		/* not before it fires */
	assert_int_equal(isp_fault_due(&faults, 0, false), ISP_TROUBLE_HANG);
	assert_true(isp_fault_hang_persists(&faults));
	/* Spent rules make room for new ones, but this one is still needed. */
	for (int i = 1; i < 3 * ISP_FAULT_RULES; i++) {
		assert_true(isp_fault_add(&faults, "busy", error, sizeof(error)));
		assert_true(isp_fault_start(&faults, &read_8, &(IspFaultEnd){ .on = false },
					    &(IspResult){ .outcome = ISP_DONE_FAILED }));
	}
	assert_true(isp_fault_hang_persists(&faults));
	isp_fault_clear(&faults);
	assert_false(isp_fault_hang_persists(&faults));
}

static void all_or_none(void **state)
{
	(void)state;
	arm("hang,lun=1");
	assert_false(isp_fault_add(&faults, "busy;parity\nx", error, sizeof(error)));
	assert_int_equal(faults.n, 1);
	assert_true(isp_fault_add(&faults, ";busy;\nparity", error, sizeof(error)));
	assert_int_equal(faults.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_all),
		cmocka_unit_test(refuses),
		cmocka_unit_test_setup(list_is_bounded, setup),
		cmocka_unit_test_setup(nothing_armed, setup),
		cmocka_unit_test_setup(turns, setup),
		cmocka_unit_test_setup(interrupts, setup),
		cmocka_unit_test_setup(completions, setup),
		cmocka_unit_test_setup(mailboxes, setup),
		cmocka_unit_test_setup(ends, setup),
		cmocka_unit_test_setup(troubles, setup),
		cmocka_unit_test_setup(times, setup),
		cmocka_unit_test_setup(responses, setup),
		cmocka_unit_test_setup(mailboxes_out, setup),
		cmocka_unit_test_setup(hang_persists, setup),
		cmocka_unit_test_setup(all_or_none, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
