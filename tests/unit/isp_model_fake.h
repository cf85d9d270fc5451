/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine for the ISP model to live in: memory, some disks, and a driver's basic moves. */
#ifndef ISP_MODEL_FAKE_H
#define ISP_MODEL_FAKE_H

#include <stdlib.h>
#include <string.h>

#include "isp_model.h"
#include "isp_regs.h"

#define FAKE_MEM    0x80000u
#define FAKE_DISK   0x4000u

struct fake {
	IspModel *m;
	uint8_t mem[FAKE_MEM];		/* bus addresses from 0; also visible at 1 << 32 */
	uint8_t disk[FAKE_DISK];	/* what READ(6) and WRITE(6) move, at CDB byte 3 * 512 */
	bool present[ISP_TARGETS];
	bool hold;			/* commands stay until a test ends them */
	bool deaf;			/* scsi_cancel does not end a command immediately */
	bool dma_fails;
	bool irq;
	bool scheduled, ticking;
	unsigned errors;		/* guest errors so far */
	unsigned resets;
	uint8_t status;			/* what the next commands end with */
	uint16_t sense_len;
	uint8_t order[1024];		/* CDB byte 5 of each command as it started */
	unsigned started;
	uint64_t now, alarm;		/* ms; alarm is 0 if there is none */
	uint64_t wide;			/* DMA accesses above 4 GiB */
};

static uint8_t *fake_mem(struct fake *f, uint64_t addr, uint32_t len)
{
	if (addr >> 32 == 1) {
		f->wide++;
		addr &= UINT32_MAX;
	}
	return f->dma_fails || addr > FAKE_MEM || len > FAKE_MEM - addr ? NULL : f->mem + addr;
}

static bool fake_dma_read(void *opaque, uint64_t addr, void *buf, uint32_t len)
{
	uint8_t *p = fake_mem(opaque, addr, len);

	if (p)
		memcpy(buf, p, len);
	return p;
}

static bool fake_dma_write(void *opaque, uint64_t addr, const void *buf, uint32_t len)
{
	uint8_t *p = fake_mem(opaque, addr, len);

	if (p)
		memcpy(p, buf, len);
	return p;
}

static void fake_set_irq(void *opaque, bool level)
{
	((struct fake *)opaque)->irq = level;
}

/* Move up to len bytes between the disk and the segments; returns how many fitted. */
static uint64_t fake_move(struct fake *f, IspCmd *c, uint32_t at, uint32_t len, bool write)
{
	uint64_t moved = 0;

	for (uint32_t i = 0; i < c->seg_count && moved < len; i++) {
		uint32_t n = c->seg[i].len < len - moved ? c->seg[i].len : len - moved;
		uint8_t *p = fake_mem(f, c->seg[i].addr, n);
		uint8_t *d = f->disk + (at + moved) % FAKE_DISK;

		if (n > FAKE_DISK - (at + moved) % FAKE_DISK)
			n = FAKE_DISK - (at + moved) % FAKE_DISK;
		if (p && write)
			memcpy(d, p, n);
		else if (p)
			memcpy(p, d, n);
		moved += n;
	}
	return moved;
}

static bool fake_reaches(struct fake *f, const IspCmd *c, uint32_t len)
{
	for (uint32_t i = 0; i < c->seg_count && len; i++) {
		uint32_t n = c->seg[i].len < len ? c->seg[i].len : len;

		if (!fake_mem(f, c->seg[i].addr, n))
			return false;
		len -= n;
	}
	return true;
}

static inline void fake_end(struct fake *f, IspCmd *c)
{
	static const uint8_t sense[ISP_MAX_SENSE] = { 0x70, 0, 5, 0, 0, 0, 0, 10 };
	IspResult r = { .outcome = ISP_DONE_STATUS, .scsi_status = f->status };
	uint32_t want = c->cdb[4] * 512u;

	if (c->cdb[0] == 0x08 || c->cdb[0] == 0x0a) {
		bool write = c->cdb[0] == 0x0a;

		r.to_target = write;
		if (!(write ? c->data_out : c->data_in)) {
			r.outcome = ISP_DONE_DIRECTION;
		} else if (write && want > c->length) {
			r.outcome = ISP_DONE_SHORT;
		} else if (!fake_reaches(f, c, want)) {
			r.outcome = ISP_DONE_DMA;
		} else if (!f->status) {
			r.transferred = fake_move(f, c, c->cdb[3] * 512u, want, write);
			if (want > c->length)
				r.outcome = ISP_DONE_OVERRUN;
		}
	}
	if (f->status == 2 && c->auto_sense) {
		r.sense = sense;
		r.sense_len = f->sense_len;
	}
	isp_scsi_done(f->m, c, &r);
}

static void fake_submit(void *opaque, IspCmd *c)
{
	struct fake *f = opaque;
	IspResult no_target = { .outcome = ISP_DONE_NO_TARGET };

	f->order[f->started++ % sizeof(f->order)] = c->cdb[5];
	c->backend = f;
	if (!f->present[c->target])
		isp_scsi_done(f->m, c, &no_target);
	else if (!f->hold)
		fake_end(f, c);
}

static inline void fake_stop(struct fake *f, IspCmd *c)
{
	IspResult stopped = { .outcome = ISP_DONE_STOPPED };

	isp_scsi_done(f->m, c, &stopped);
}

static void fake_cancel(void *opaque, IspCmd *c)
{
	struct fake *f = opaque;

	if (!f->deaf)
		fake_stop(f, c);
}

static void fake_cancel_all(void *opaque)
{
	struct fake *f = opaque;

	while (f->m->active.first)
		fake_stop(f, f->m->active.first);
}

static void fake_reset(void *opaque, int bus, int target, int lun)
{
	struct fake *f = opaque;
	IspCmd *c, *next;

	f->resets++;
	for (c = f->m->active.first; c; c = next) {
		next = c->next;
		if (c->bus == bus && (target < 0 || c->target == target) &&
		    (lun < 0 || c->lun == lun))
			fake_stop(f, c);
	}
}

static bool fake_present(void *opaque, int bus, int target)
{
	return ((struct fake *)opaque)->present[target];
}

static void fake_schedule(void *opaque)
{
	((struct fake *)opaque)->scheduled = true;
}

static void fake_start_tick(void *opaque)
{
	((struct fake *)opaque)->ticking = true;
}

static uint64_t fake_now(void *opaque)
{
	return ((struct fake *)opaque)->now;
}

static uint64_t fake_now_us(void *opaque)
{
	return ((struct fake *)opaque)->now * 1000;
}

static void fake_set_alarm(void *opaque, uint64_t ms)
{
	((struct fake *)opaque)->alarm = ms;
}

static void fake_guest_error(void *opaque, const char *what, uint32_t value)
{
	(void)what;
	(void)value;
	((struct fake *)opaque)->errors++;
}

static const IspOps fake_ops = {
	.dma_read = fake_dma_read,
	.dma_write = fake_dma_write,
	.set_irq = fake_set_irq,
	.scsi_submit = fake_submit,
	.scsi_cancel = fake_cancel,
	.scsi_cancel_all = fake_cancel_all,
	.scsi_reset = fake_reset,
	.scsi_present = fake_present,
	.schedule = fake_schedule,
	.start_tick = fake_start_tick,
	.now_ms = fake_now,
	.now_us = fake_now_us,
	.set_alarm = fake_set_alarm,
	.guest_error = fake_guest_error,
};

static inline struct fake *fake_new(IspChipId chip)
{
	struct fake *f = calloc(1, sizeof(*f));

	f->m = calloc(1, sizeof(*f->m));
	f->sense_len = 18;
	f->now = 1000;
	for (int t = 0; t < 3; t++)
		f->present[t] = true;
	isp_init(f->m, &isp_chips[chip], &fake_ops, f);
	isp_power_on(f->m);
	return f;
}

static inline void fake_free(struct fake *f)
{
	isp_fini(f->m);
	free(f->m);
	free(f);
}

static inline void fake_run(struct fake *f)
{
	while (f->scheduled) {
		f->scheduled = false;
		isp_run(f->m);
	}
}

/* Let time pass, with everything that falls due. */
static inline void fake_wait(struct fake *f, uint64_t ms)
{
	uint64_t end = f->now + ms;

	while (f->alarm && f->alarm <= end) {
		f->now = f->alarm > f->now ? f->alarm : f->now;
		f->alarm = 0;
		isp_alarm(f->m);
		fake_run(f);
	}
	f->now = end;
}

static inline void fake_tick(struct fake *f)
{
	fake_wait(f, ISP_TICK_MS);
	if (f->ticking) {
		f->ticking = false;
		isp_tick(f->m);
	}
	fake_run(f);
}

#endif
