// SPDX-License-Identifier: GPL-2.0-or-later
/* The emulated chip in this machine, and its disks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isp_model.h"
#include "isp_regs.h"
#include "machine.h"

#define USEC		1000ull
#define MSEC		1000000ull

struct sim_disks sim_disks;
static IspModel *chip_model;
static bool chip_scheduled, chip_may_be_quiet;
static uint32_t chip_tags[ISP_BUSES][SIM_TARGETS][SIM_BLOCKS];

void sim_pattern(uint8_t *block, uint32_t lba, uint32_t tag)
{
	uint32_t words[SIM_BLOCK / 4];

	words[0] = lba;
	words[1] = tag;
	for (uint32_t i = 2; i < SIM_BLOCK / 4; i++)
		words[i] = (lba * 0x9e3779b1u) ^ (tag * 0x85ebca6bu) ^ (i * 0xc2b2ae35u);
	memcpy(block, words, SIM_BLOCK);
}

bool sim_pattern_tag(const uint8_t *block, uint32_t lba, uint32_t *tag)
{
	uint8_t want[SIM_BLOCK];

	memcpy(tag, block + 4, 4);
	sim_pattern(want, lba, *tag);
	return !memcmp(want, block, SIM_BLOCK);
}

/* ---- disks ---- */

bool sim_disk_present(unsigned int bus, unsigned int target)
{
	return bus < chip_model->chip->buses && target < 3;
}

static uint32_t disk_be(const uint8_t *p, unsigned int n)
{
	uint32_t value = 0;

	while (n--)
		value = value << 8 | *p++;
	return value;
}

/* Move @len bytes at @offset of the command's data to or from @buf. */
static bool disk_move(const IspCmd *c, uint64_t offset, uint8_t *buf, uint32_t len, bool in)
{
	for (uint32_t i = 0; i < c->seg_count && len; i++) {
		uint32_t n;

		if (offset >= c->seg[i].len) {
			offset -= c->seg[i].len;
			continue;
		}
		n = c->seg[i].len - (uint32_t)offset < len ? c->seg[i].len - (uint32_t)offset : len;
		if (!sim_dma(c->seg[i].addr + offset, buf, n, in))
			return false;
		buf += n;
		len -= n;
		offset = 0;
	}
	return true;
}

/* Carry out a READ(10) or WRITE(10), @blocks of it. */
static IspOutcome disk_transfer(const IspCmd *c, uint32_t lba, uint32_t blocks, bool in)
{
	uint32_t *tags = chip_tags[c->bus][c->target];
	uint8_t block[SIM_BLOCK];

	for (uint32_t i = 0; i < blocks; i++) {
		uint32_t tag;

		if (in)
			sim_pattern(block, lba + i, tags[lba + i]);
		if (!disk_move(c, (uint64_t)i * SIM_BLOCK, block, SIM_BLOCK, in))
			return ISP_DONE_DMA;
		if (in)
			continue;
		if (!sim_pattern_tag(block, lba + i, &tag))
			sim_fail("block %u of target %u is written with wrong data", lba + i, c->target);
		tags[lba + i] = tag;
	}
	return ISP_DONE_STATUS;
}

static void disk_check(IspResult *r, uint8_t *sense, uint8_t key, uint8_t asc)
{
	memset(sense, 0, 18);
	sense[0] = 0x70;
	sense[2] = key;
	sense[7] = 10;
	sense[12] = asc;
	r->scsi_status = 2;
	r->sense = sense;
	r->sense_len = 18;
}

static void disk_end(void *arg)
{
	IspCmd *c = arg;
	IspResult r = { .outcome = ISP_DONE_STATUS };
	uint32_t lba = disk_be(c->cdb + 2, 4), blocks = disk_be(c->cdb + 7, 2);
	bool in = c->cdb[0] == 0x28;
	uint8_t sense[18];

	if (sim_chance(sim_disks.full)) {
		r.scsi_status = 0x28;
	} else if (sim_chance(sim_disks.busy)) {
		r.scsi_status = 8;
	} else if (!in && c->cdb[0] != 0x2a) {
		/* TEST UNIT READY */
	} else if ((uint64_t)lba + blocks > SIM_BLOCKS) {
		sim_fail("a command for block %u, %u blocks", lba, blocks);
	} else if ((uint64_t)blocks * SIM_BLOCK != c->length) {
		sim_fail("a command for %u blocks has %llu bytes", blocks,
			 (unsigned long long)c->length);
	} else if (in ? !c->data_in : !c->data_out) {
		r.outcome = ISP_DONE_DIRECTION;
	} else if (sim_chance(sim_disks.medium)) {
		disk_check(&r, sense, 3, 0x11);
	} else {
		if (sim_chance(sim_disks.shorter))
			blocks = sim_rand(blocks + 1);
		if (c->fault.on && c->fault.limited && blocks * SIM_BLOCK > c->fault.limit)
			blocks = (uint32_t)(c->fault.limit / SIM_BLOCK);
		r.to_target = !in;
		r.outcome = disk_transfer(c, lba, blocks, in);
		r.transferred = blocks * SIM_BLOCK;
		if (sim_chance(sim_disks.recovered))
			disk_check(&r, sense, 1, 0x17);
	}
	isp_scsi_done(chip_model, c, &r);
}

static void disk_stopped(void *arg)
{
	IspResult r = { .outcome = ISP_DONE_STOPPED };
	IspCmd *c = arg;

	sim_cancel(disk_end, c);
	sim_cancel(disk_stopped, c);
	isp_scsi_done(chip_model, c, &r);
}

static void chip_submit(void *opaque, IspCmd *c)
{
	IspResult none = { .outcome = ISP_DONE_NO_TARGET };
	uint64_t ns = 10 * USEC + sim_rand(500) * USEC;

	c->backend = chip_model;
	if (!sim_disk_present(c->bus, c->target) || c->lun) {
		isp_scsi_done(chip_model, c, &none);
		return;
	}
	if (sim_chance(sim_disks.dead)) {
		sim_trace("target %u is deaf to a command", c->target);
		return;
	}
	if (sim_chance(sim_disks.slow))
		ns += sim_rand(20000) * MSEC;
	sim_after(ns, disk_end, c);
}

static void chip_cancel(void *opaque, IspCmd *c)
{
	sim_cancel(disk_end, c);
	sim_after(sim_rand(2000) * USEC, disk_stopped, c);
}

static void chip_stop(int bus, int target, int lun)
{
	IspCmd *c, *next;

	for (c = chip_model->active.first; c; c = next) {
		next = c->next;
		if ((bus < 0 || c->bus == bus) && (target < 0 || c->target == target) &&
		    (lun < 0 || c->lun == lun))
			disk_stopped(c);
	}
}

static void chip_cancel_all(void *opaque)
{
	chip_stop(-1, -1, -1);
}

static void chip_reset(void *opaque, int bus, int target, int lun)
{
	chip_stop(bus, target, lun);
}

static bool chip_present(void *opaque, int bus, int target)
{
	return sim_disk_present((unsigned int)bus, (unsigned int)target);
}

void sim_disks_calm(void)
{
	uint32_t no_tags = sim_disks.no_tags;

	sim_disks = (struct sim_disks){ .no_tags = no_tags };
}

/* ---- the chip ---- */

static bool chip_dma_read(void *opaque, uint64_t addr, void *buf, uint32_t len)
{
	return sim_dma(addr, buf, len, false);
}

static bool chip_dma_write(void *opaque, uint64_t addr, const void *buf, uint32_t len)
{
	return sim_dma(addr, (void *)buf, len, true);
}

static void chip_set_irq(void *opaque, bool level)
{
	sim_line(level);
}

static void chip_run(void *arg)
{
	chip_scheduled = false;
	isp_run(chip_model);
}

static void chip_schedule(void *opaque)
{
	if (chip_scheduled)
		return;
	chip_scheduled = true;
	sim_after(sim_rand(2) * sim_rand(20) * USEC, chip_run, NULL);
}

static void chip_tick(void *arg)
{
	isp_tick(chip_model);
}

static void chip_start_tick(void *opaque)
{
	sim_after(ISP_TICK_MS * MSEC, chip_tick, NULL);
}

static uint64_t chip_now_ms(void *opaque)
{
	return sim_now / MSEC;
}

static void chip_alarm(void *arg)
{
	isp_alarm(chip_model);
}

static void chip_set_alarm(void *opaque, uint64_t ms)
{
	sim_cancel(chip_alarm, NULL);
	sim_after(ms * MSEC > sim_now ? ms * MSEC - sim_now : 0, chip_alarm, NULL);
}

static void chip_guest_error(void *opaque, const char *what, uint32_t value)
{
	sim_trace("chip complains: %s %#x", what, value);
}

static void chip_trace_mailbox(void *opaque, const uint16_t *in, const uint16_t *out)
{
	sim_trace("mailbox %04x %04x %04x: %04x", in[0], in[1], in[2], out[0]);
}

static void chip_trace_event(void *opaque, const uint16_t *mbox)
{
	sim_trace("event %04x", mbox[0]);
}

static void chip_trace_complete(void *opaque, const IspCmd *c)
{
	sim_trace("handle %#x ends: completion %#x status %#x", c->handle, c->completion,
		  c->scsi_status);
}

static void chip_trace_fault(void *opaque, const char *rule)
{
	sim_trace("fault %s", rule);
}

static const IspOps chip_ops = {
	.dma_read = chip_dma_read,
	.dma_write = chip_dma_write,
	.set_irq = chip_set_irq,
	.scsi_submit = chip_submit,
	.scsi_cancel = chip_cancel,
	.scsi_cancel_all = chip_cancel_all,
	.scsi_reset = chip_reset,
	.scsi_present = chip_present,
	.schedule = chip_schedule,
	.start_tick = chip_start_tick,
	.now_ms = chip_now_ms,
	.set_alarm = chip_set_alarm,
	.guest_error = chip_guest_error,
	.trace_mailbox = chip_trace_mailbox,
	.trace_event = chip_trace_event,
	.trace_complete = chip_trace_complete,
	.trace_fault = chip_trace_fault,
};

void sim_chip_new(unsigned int chip, unsigned int strict)
{
	chip_model = calloc(1, sizeof(*chip_model));
	chip_scheduled = false;
	chip_may_be_quiet = false;
	memset(chip_tags, 0, sizeof(chip_tags));
	isp_init(chip_model, &isp_chips[chip % ISP_CHIP_COUNT], &chip_ops, NULL);
	chip_model->resident_firmware = true;
	chip_model->reset_event = true;
	chip_model->strict.plain_interrupt = strict & 1;
	chip_model->strict.plain_mailbox = strict & 2;
	chip_model->strict.sram_survives = strict & 4;
	chip_model->limits.no_tags = sim_disks.no_tags;
	isp_default_nvram(chip_model->chip, chip_model->nvram);
	isp_power_on(chip_model);
}

void sim_chip_free(void)
{
	isp_fini(chip_model);
	free(chip_model);
	chip_model = NULL;
}

uint16_t sim_chip_device(void)
{
	return chip_model->chip->pci_device;
}

unsigned int sim_chip_buses(void)
{
	return chip_model->chip->buses;
}

uint32_t sim_chip_read(uint32_t offset, unsigned int size)
{
	return isp_read(chip_model, offset, size);
}

void sim_chip_write(uint32_t offset, uint32_t value, unsigned int size)
{
	isp_write(chip_model, offset, value, size);
}

void sim_chip_fault(const char *rules)
{
	/* Faults after which the chip may be without an interrupt that it owes. */
	static const char *const quiet[] = {
		"interrupt", "hang", "system-error", "response-in", "all-ones",
	};
	char error[100];

	sim_trace("arm \"%s\"", rules);
	for (unsigned int i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		chip_may_be_quiet |= strstr(rules, quiet[i]) != NULL;
	if (!isp_fault_arm(chip_model, rules, error, sizeof(error)))
		sim_fail("fault %s: %s", rules, error);
}

bool sim_chip_may_be_quiet(void)
{
	return chip_may_be_quiet;
}

bool sim_chip_config_gone(void)
{
	return chip_model->gone_config;
}
