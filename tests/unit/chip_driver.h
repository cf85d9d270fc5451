/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The basic moves of a driver for the emulated chip: mailboxes, rings, its interrupt handler. */
#ifndef CHIP_DRIVER_H
#define CHIP_DRIVER_H

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

static inline uint16_t rd(uint32_t reg)
{
	return isp_read(f->m, reg, 2);
}

static inline void wr(uint32_t reg, uint16_t value)
{
	isp_write(f->m, reg, value, 2);
}

/* Send a mailbox command as a polling driver does; returns mb0, or 0 without an answer. */
static inline uint16_t mbox(uint16_t op, ...)
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

static inline void ack(void)
{
	wr(ISP_SEMA, 0);
	wr(HCCR, 0x7000);
	fake_run(f);
}

#define MB(op, a, b, c, d, e, g, h) mbox(op, a, b, c, d, e, g, h)
#define MB3(op, a, b, c) mbox(op, a, b, c, 0, 0, 0, 0)

static inline void good(uint16_t status)
{
	assert_int_equal(status, 0x4000);
	ack();
}

static inline void start(uint16_t rsp)
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

/* The chip that C() asks for; else a 1040. */
static inline int setup(void **state)
{
	f = fake_new(*state ? (uintptr_t)*state - 1 : ISP_CHIP_1040B);
	return 0;
}

static inline int setup_rings(void **state)
{
	setup(state);
	start(RSP_LEN);
	return 0;
}

static inline int teardown(void **state)
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
static inline void put(const void *entry)
{
	memcpy(f->mem + REQ + 64 * req_in, entry, 64);
	req_in = (req_in + 1) % REQ_LEN;
}

static inline void ring(void)
{
	wr(MBOX(4), req_in);
	fake_run(f);
}

static inline IspCommand command(uint32_t handle, unsigned target, uint8_t op, uint8_t blocks)
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

static inline void segs(IspCommand *c, unsigned n, uint32_t addr, uint32_t len)
{
	c->seg_count = isp_le16(n);
	for (unsigned i = 0; i < n && i < 4; i++)
		c->u.a32.seg[i] = (IspSeg32){ isp_le32(addr + i * len), isp_le32(len) };
}

static inline void flags(IspCommand *c, uint16_t add)
{
	c->flags = isp_le16(isp_get16(c->flags) | add);
}

static inline void tur(uint32_t handle, unsigned target)
{
	IspCommand c = command(handle, target, 0, 0);

	put(&c);
}

static inline const IspEntry *response(void)
{
	const IspEntry *e = (IspEntry *)(f->mem + RSP + 64 * rsp_out);

	if (rd(MBOX(5)) == rsp_out)
		return NULL;
	rsp_out = (rsp_out + 1) % rsp_len;
	return e;
}

/* The driver's interrupt handler: take all responses, acknowledge. */
static inline void drain(void)
{
	rd(MBOX(5));
	wr(HCCR, 0x7000);
	wr(MBOX(5), rsp_out);
	fake_run(f);
}

static inline IspStatus expect(uint32_t handle, uint16_t completion)
{
	const IspEntry *e = response();

	assert_non_null(e);
	assert_int_equal(e->h.type, ISP_ET_STATUS);
	assert_int_equal(e->h.status, 0);
	assert_int_equal(isp_get32(e->status.handle), handle);
	assert_int_equal(isp_get16(e->status.completion), completion);
	return e->status;
}

static inline void expect_bounce(uint32_t handle, uint8_t error)
{
	const IspEntry *e = response();

	assert_non_null(e);
	assert_int_equal(e->h.status, error);
	assert_int_equal(isp_get32(e->command.handle), handle);
	assert_null(response());
	drain();
}

static inline void marker(unsigned target, unsigned modifier)
{
	IspMarker e = { .h = { .type = ISP_ET_MARKER }, .target = target, .modifier = modifier };

	put(&e);
	ring();
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define R(name) cmocka_unit_test_setup_teardown(name, setup_rings, teardown)
/* On one chip of the family; a state of NULL is none. */
#define C(name, chip) { #name " " #chip, name, setup, teardown, (void *)(uintptr_t)((chip) + 1) }

#endif
