/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: CHIP */
/* A hostile driver for an emulated chip: any register access, any memory, any disk. */
#include <stdio.h>

#include "tests/unit/isp_model_fake.h"

#define REQ	0x1000u
#define RSP	0x8000u

struct input {
	const uint8_t *p;
	size_t left;
};

static uint8_t byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static uint16_t word(struct input *in)
{
	uint16_t low = byte(in);

	return low | byte(in) << 8;
}

static void mbox(struct fake *f, const uint16_t *mb)
{
	for (int i = 0; i < 8; i++)
		if (i < 4 || i > 5 || !f->m->rsp.len)
			isp_write(f->m, ISP_MBOX + 2 * i, mb[i], 2);
	isp_write(f->m, ISP_BANK + ISP_RISC_HCCR, 0x5000, 2);
	fake_run(f);
	if (f->m->strict.timing)
		fake_wait(f, 4);		/* the rest of a self test, and a command */
	isp_write(f->m, ISP_SEMA, 0, 2);
	isp_write(f->m, ISP_BANK + ISP_RISC_HCCR, 0x7000, 2);
}

/* Most inputs get running rings; in the others @len, the response ring's length, is invalid. */
static void start(struct fake *f, uint16_t len)
{
	mbox(f, (uint16_t[8]){ 0x02, 0x1000 });
	mbox(f, (uint16_t[8]){ 0x10, 32, 0, REQ });
	mbox(f, (uint16_t[8]){ 0x11, len, 0, RSP });
	for (int t = 0; t < 4; t++)
		mbox(f, (uint16_t[8]){ 0x38, t << 8, 0xcd00 });
	isp_write(f->m, ISP_ICR, 6, 2);
}

/* Make one request entry: a sane command with some of its bytes replaced. */
static void entry(struct fake *f, struct input *in)
{
	uint32_t at = f->m->req.len ? f->m->mbox_in[4] % f->m->req.len : 0;
	IspEntry *e = (IspEntry *)(f->mem + REQ + 64 * (at % 32));
	unsigned changes = byte(in) % 8;

	e->command = (IspCommand){
		.h = { .type = byte(in) % 12, .count = 1 }, .handle = isp_le32(byte(in)),
		.target = at % 4 | (f->m->chip->buses > 1 ? byte(in) & 0x80 : 0), .cdb_len = isp_le16(6), .flags = isp_le16(byte(in) % 128),
		.seg_count = isp_le16(byte(in) % 6),
	};
	e->command.u.a32.cdb[0] = byte(in) % 3 ? 0x08 : 0x0a;
	e->command.u.a32.cdb[4] = byte(in) % 8;
	for (int i = 0; i < 4; i++)
		e->command.u.a32.seg[i] = (IspSeg32){ isp_le32(0x20000 + 512 * i),
						      isp_le32(byte(in) * 8) };
	while (changes--) {
		unsigned offset = byte(in) % 64;

		e->bytes[offset] = byte(in);
	}
	isp_write(f->m, ISP_MBOX + 8, (at + 1) % 32, 2);
}

/* Arm a fault, with most of its numbers from the input. */
static void fault(struct fake *f, struct input *in)
{
	static const char *const whats[] = {
		"drop-interrupt", "delay-interrupt,ms=20", "stuck-interrupt", "drop-completion",
		"spurious-interrupt", "duplicate-completion", "duplicate-completion,ms=700",
		"delay-completion,ms=300", "corrupt-response,field=handle,xor=0xffff",
		"corrupt-response,byte=0,value=0x10", "response-in,value=0xfff", "busy",
		"complete,status=0x3f", "parity,moves=1024", "underrun,moves=512", "overrun",
		"timeout,ms=600", "queue-full,chip=1", "fail-mailbox", "hang-mailbox",
		"hang-mailbox,ms=100", "hang", "hang,persist=1", "system-error",
		"system-error,halt=0", "request-error", "response-error", "bus-reset", "all-ones",
		"mutate,rate=300", "spurious-interrupt,ms=100", "bus-reset,ms=150",
		"event,code=0x8006", "event,code=0x8007,target=1", "event,code=0x800c,bus=0",
		"event,code=0x800d,ms=150", "event,code=0x800e,value=0x400",
		"complete,status=0x1f,bus=0", "late-completion,ms=50", "event,code=0x80ff",
	};
	char text[ISP_FAULT_TEXT], error[100];
	uint8_t what = byte(in), when = byte(in);

	if (when == 0xff || f->m->faults.n == ISP_FAULT_RULES) {
		if (!isp_fault_arm(f->m, "", error, sizeof(error)))
			abort();
		return;
	}
	snprintf(text, sizeof(text), "%s,seed=%d,count=%d", whats[what % 40], when, when % 5);
	if (what & 0x40)
		sprintf(text + strlen(text), ",after=%d,every=%d", when / 5 % 7, when / 35);
	if (!isp_fault_arm(f->m, text, error, sizeof(error)))
		abort();
}

static void check(const struct fake *f)
{
	const IspModel *m = f->m;
	unsigned held = 0;

	for (int i = 0; i < ISP_SLOTS; i++)
		held += m->slots[i].state == ISP_CMD_ACTIVE || m->slots[i].state == ISP_CMD_WAITING;
	if (held != m->commands || (m->rsp.len && m->rsp.in >= m->rsp.len) ||
	    (m->req.len && m->req.out >= m->req.len))
		abort();
}

static void step(struct fake *f, struct input *in)
{
	uint8_t op = byte(in);

	switch (op % 16) {
	case 0:
		isp_read(f->m, byte(in), 1u << op / 16 % 3);
		break;
	case 1:
		isp_write(f->m, byte(in), word(in), 1u << op / 16 % 3);
		break;
	case 2:
		isp_write(f->m, byte(in) & 0xfe, word(in), 2);
		break;
	case 3: {
		uint16_t mb[8] = { byte(in) };

		for (int i = 1; i < 8; i++)
			mb[i] = i < 4 ? word(in) : byte(in);
		mbox(f, mb);
		break;
	}
	case 4:
		f->mem[(REQ + word(in)) % FAKE_MEM] = byte(in);
		break;
	case 5:
		f->hold = op & 16;
		f->deaf = op & 32;
		f->status = op & 64 ? 2 : 0;
		f->sense_len = byte(in);
		break;
	case 6:
		if (f->m->active.first)
			fake_end(f, f->m->active.first);
		break;
	case 7:
		if (f->m->active.last)
			fake_stop(f, f->m->active.last);
		break;
	case 8:
		fake_tick(f);
		break;
	case 9:
		isp_bus_was_reset(f->m, op / 16 % f->m->chip->buses);
		break;
	case 10:
		f->dma_fails = !f->dma_fails;
		break;
	case 11:
		isp_write(f->m, ISP_MBOX + 10, isp_read(f->m, ISP_MBOX + 10, 2), 2);
		isp_write(f->m, ISP_BANK + ISP_RISC_HCCR, 0x7000, 2);
		break;
	case 12:
		start(f, byte(in));
		break;
	case 13:
		fault(f, in);
		break;
	default:
		entry(f, in);
		break;
	}
	if (op & 128)
		fake_run(f);
}

/* A chip that is stricter than usual, and targets that can do less. Each byte is good for a few. */
static void restrict_chip(IspModel *m, uint8_t how, uint8_t limits)
{
	m->strict = (IspStrict){
		.plain_interrupt = how & 1, .plain_mailbox = how & 2,
		.no_extended_command = how & 4, .zero_extended_command = how & 8,
		.lost_extended_command = how & 16, .latched_pointers = how & 32,
		.timing = how & 64, .sram_survives = how & 128, .no_firmware_status = how & 1,
		.abort_order = how % 4, .max_ring = how & 2 ? 32 : 0,
		.wrap_request = how & 4 ? 8 : 0, .wrap_response = how & 8 ? 5 : 0,
		.marker_ms = how & 16 ? 370 : 0, .queue_luns = how & 32 ? 8 : 0,
	};
	m->limits = (IspTargetLimits){
		.narrow = limits & 1 ? 2 : 0, .async = limits & 2 ? 4 : 0,
		.rejects_wdtr = limits & 4 ? 2 : 0, .rejects_sdtr = limits & 8 ? 0x20004 : 0,
		.rejects_ppr = limits & 16 ? 2 : 0, .no_tags = limits & 32 ? 8 : 0,
		.no_disconnect = limits & 64 ? 0x20002 : 0, .min_period = limits & 128 ? 12 : 0,
		.max_offset = limits & 1 ? 8 : 0,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	/* The last bytes choose the chip, so that the input still means the same to each. */
	struct fake *f = fake_new(size ? data[size - 1] % ISP_CHIP_COUNT : ISP_CHIP_1040B);

	if (size > 3 && data[size - 1] & 0x80)
		restrict_chip(f->m, data[size - 2], data[size - 3]);
	start(f, byte(&in));
	for (unsigned i = 0; in.left && i < 2000; i++)
		step(f, &in);
	fake_run(f);
	check(f);
	isp_fault_arm(f->m, "", NULL, 0);
	fake_wait(f, 1);			/* a write during a reset is lost */
	isp_write(f->m, ISP_ICR, 1, 2);
	if (f->m->commands || f->irq || f->m->dead || f->m->gone || f->m->held.first)
		abort();
	fake_free(f);
	return 0;
}
