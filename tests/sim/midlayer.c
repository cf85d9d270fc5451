// SPDX-License-Identifier: GPL-2.0
/* Requests of the small midlayer: sending them, their ends, and commands that it gives up. */
#include <stdlib.h>
#include <string.h>

#include "midlayer.h"

/* How often a command finds the driver busy, at most: the longest recovery takes some 10,000. */
#define MID_TRIES	30000u

struct mid_host mid_host;

/* ---- requests ---- */

static void mid_make_sgl(struct mid_io *io, uint64_t *dice)
{
	uint32_t left = io->blocks * SIM_BLOCK;
	uint8_t *p = io->buf;

	io->sgl = calloc(MID_SGS, sizeof(*io->sgl));
	while (left) {
		uint32_t len = io->nsgs + 1 == MID_SGS ? left : sim_roll(dice, 3) ? 4096 :
			       4 * (1 + sim_roll(dice, 4096));

		if (len > left)
			len = left;
		io->sgl[io->nsgs++] = (struct sim_sg){
			.addr = p, .len = len, .slab = io->slab, .high = sim_config.high,
		};
		p += len;
		left -= len;
	}
}

struct mid_io *mid_io_new(struct mid_lun *ml, unsigned int tag, uint64_t *dice, uint32_t stamp)
{
	uint32_t blocks = 1 + sim_roll(dice, sim_roll(dice, 4) ? 16 : 300);
	uint32_t lba = tag * MID_REGION + sim_roll(dice, MID_REGION - blocks);
	uint32_t at = mid_host.base + lba;
	struct mid_io *io = calloc(1, sizeof(*io));
	bool write = sim_roll(dice, 2);

	*io = (struct mid_io){
		.refs = 1, .lun = ml, .tag = tag, .write = write, .lba = lba, .blocks = blocks,
		.stamp = stamp, .slab = !sim_roll(dice, 4),
		.cdb = { write ? 0x2a : 0x28, 0, 0, 0, (uint8_t)(at >> 8), (uint8_t)at, 0,
			 (uint8_t)(blocks >> 8), (uint8_t)blocks },
	};
	/* Where it lies in its page is for the seed to say, not for malloc(). */
	io->room = aligned_alloc(4096, (blocks * SIM_BLOCK + 2 * 4096 - 1) & ~4095u);
	io->buf = io->room + 4 * sim_roll(dice, 1024);
	memset(io->buf, MID_UNTOUCHED, blocks * SIM_BLOCK);
	for (uint32_t i = 0; write && i < blocks; i++)
		sim_pattern(io->buf + i * SIM_BLOCK, at + i, stamp);
	mid_make_sgl(io, dice);
	return io;
}

/* Nothing has written to a buffer since it was taken back: the device has reached a copy. */
static void mid_check_taken(const struct mid_io *io)
{
	for (uint32_t i = 0; i < io->blocks * SIM_BLOCK; i++)
		if (io->buf[i] != MID_TAKEN)
			sim_fail("tag %u: byte %u of a buffer was written after the midlayer had taken it back",
				 io->tag, i);
}

void mid_io_put(struct mid_io *io)
{
	if (--io->refs)
		return;
	if (io->given_up)
		mid_check_taken(io);
	free(io->sgl);
	free(io->room);
	free(io);
}

bool mid_io_ok(const struct mid_io *io)
{
	return io->outcome == SCSA_OK && !io->status && !io->resid;
}

/* ---- commands: as in compat/linux/cmd.c ---- */

bool linux_cmd_hold(struct scsa_cmd *sc)
{
	sc->sc_held = 1;
	sim_point();
	if (!sc->sc_revoked && sc->sc_state == SCSA_CMD_STARTED)
		return true;
	sc->sc_held = 0;
	return false;
}

void linux_cmd_unhold(struct scsa_cmd *sc)
{
	sc->sc_held = 0;
	sim_point();
}

/* Detach a command from its request. False if it has come back. */
static bool mid_orphan(struct mid_lun *ml, unsigned int tag)
{
	struct scsa_cmd *sc = ml->slots[tag];
	struct mid_io *io;

	if (sc->sc_state != SCSA_CMD_STARTED)
		return false;
	sim_trace("the command of tag %u is given up", tag);
	io = sc->sc_scmd;
	io->given_up = true;
	sc->sc_state = SCSA_CMD_ORPHAN;
	ml->slots[tag] = NULL;
	mid_host.dip->di_gives_up = true;
	sc->sc_unsafe = !scsa_dma_disown(mid_host.dip, sc->sc_sgl);
	sc->sc_next_orphan = mid_host.orphans;
	mid_host.orphans = sc;
	/* From here on only the device may use the buffer, and nothing else may be looked at. */
	free(io->sgl);
	io->sgl = NULL;
	memset(io->cdb, MID_TAKEN, sizeof(io->cdb));
	memset(io->buf, MID_TAKEN, io->blocks * SIM_BLOCK);
	return true;
}

bool mid_orphan_wait(struct mid_lun *ml, unsigned int tag)
{
	struct scsa_cmd *sc = ml->slots[tag];

	sc->sc_revoked = true;
	while (sc->sc_held)
		sim_pass(100 * SIM_USEC);
	return mid_orphan(ml, tag);
}

static bool mid_unsafe(void)
{
	bool unsafe = false;

	for (struct scsa_cmd *sc = mid_host.orphans; sc; sc = sc->sc_next_orphan)
		unsafe |= sc->sc_unsafe;
	return unsafe;
}

void mid_write_off(void)
{
	for (struct scsa_cmd *sc = mid_host.orphans; sc; sc = sc->sc_next_orphan)
		sc->sc_written_off = true;
	if (mid_unsafe() && !mid_host.dma_stopped) {
		sim_trace("bus mastering is off");
		mid_host.dma_stopped = true;
		sim_dma_master(false);
	}
	/* Their owners get the buffers back. */
	for (struct scsa_cmd *sc = mid_host.orphans; sc; sc = sc->sc_next_orphan) {
		struct mid_io *io = sc->sc_scmd;

		if (sc->sc_unsafe)
			sim_dma_reused(io->buf, io->blocks * SIM_BLOCK);
	}
}

bool mid_resume_dma(void)
{
	if (mid_host.dma_stopped && !mid_unsafe()) {
		sim_trace("bus mastering is on again");
		mid_host.dma_stopped = false;
		sim_dma_master(true);
	}
	return !mid_host.dma_stopped;
}

static void mid_orphan_returned(struct scsa_cmd *sc)
{
	struct mid_io *io = sc->sc_scmd;
	struct scsa_cmd **p;

	for (p = &mid_host.orphans; *p && *p != sc; p = &(*p)->sc_next_orphan)
		;
	if (!*p)
		sim_fail("a command that is not out has come back");
	*p = sc->sc_next_orphan;
	sim_trace("an orphan has come back");
	mid_resume_dma();
	scsa_cmd_free(sc);
	mid_io_put(io);
}

void linux_cmd_done(struct scsa_cmd *sc)
{
	struct mid_io *io = sc->sc_scmd;

	if (sim_locks_held())
		sim_fail("a command is completed with a lock held");
	sim_point();
	if (sc->sc_state == SCSA_CMD_ORPHAN) {
		mid_orphan_returned(sc);
		return;
	}
	if (sc->sc_state != SCSA_CMD_STARTED)
		sim_fail("a command is completed twice");
	if (io->over)
		sim_fail("a request ends twice");
	sc->sc_state = SCSA_CMD_DONE;
	if (sc->sc_resid > sc->sc_len)
		sim_fail("residual %u of %u bytes", sc->sc_resid, sc->sc_len);
	io->outcome = sc->sc_outcome;
	io->status = sc->sc_status;
	io->resid = sc->sc_resid;
	memset(io->sense, 0, sizeof(io->sense));
	if (sc->sc_senselen)
		memcpy(io->sense, sc->sc_sense, sc->sc_senselen < 20 ? sc->sc_senselen : 20);
	sim_trace("tag %u of target %u: outcome %u, status %#x, residual %u", io->tag, io->lun->id,
		  io->outcome, io->status, io->resid);
	sc->sc_scmd = NULL;
	sc->sc_state = SCSA_CMD_IDLE;
	io->over = true;
	mid_host.busy--;
	mid_host.failed -= io->failed;
	io->failed = false;
	sim_wake(io, true);
	sim_wake(&mid_host, true);
	mid_io_put(io);
}

static struct scsa_cmd *mid_get_cmd(struct mid_lun *ml, unsigned int tag)
{
	struct scsa_cmd *sc = ml->slots[tag];

	if (sc && sc->sc_state != SCSA_CMD_IDLE)
		sim_fail("tag %u is sent while its command is out", tag);
	if (!sc)
		sc = scsa_cmd_alloc(ml->lun);
	if (!sc)
		return NULL;
	sc->sc_id = ml->id;
	ml->slots[tag] = sc;
	return sc;
}

/* The thread model, as in compat/linux/cmd.c: start what has been queued. */
static void mid_work(void *arg)
{
	while (mid_host.pending) {
		struct scsa_cmd *sc = mid_host.pending, *next;

		mid_host.pending = NULL;
		mid_host.last_pending = &mid_host.pending;
		for (; sc; sc = next) {
			bool held = linux_cmd_hold(sc);

			next = (struct scsa_cmd *)sc->sc_pending.next;
			if (!held || scsa_cmd_start(sc)) {
				sc->sc_outcome = SCSA_REQUEUE;
				sc->sc_resid = sc->sc_len;
				sc->sc_senselen = 0;
				linux_cmd_done(sc);
			}
			if (held)
				linux_cmd_unhold(sc);
		}
		if (mid_host.commit)
			scsa_tran_commit(mid_host.dip);
	}
	mid_host.working = false;
	sim_wake(&mid_host.working, true);
}

void mid_flush_work(void)
{
	while (mid_host.working)
		sim_block(&mid_host.working, 0);
}

static void mid_queue_work(struct scsa_cmd *sc)
{
	sc->sc_pending.next = NULL;
	*mid_host.last_pending = sc;
	mid_host.last_pending = (struct scsa_cmd **)&sc->sc_pending.next;
	if (mid_host.working)
		return;
	mid_host.working = true;
	sim_spawn("work", SIM_THREAD, mid_work, NULL);
}

/* 0, or not 0 if the HBA driver is busy. */
static int mid_queue(struct mid_io *io)
{
	struct mid_lun *ml = io->lun;
	struct scsa_cmd *sc = mid_get_cmd(ml, io->tag);
	static struct scsa_stats stats;
	bool more = mid_host.commit && sim_chance(300);

	if (!sc)
		return 1;
	sc->sc_stats = &stats;
	sc->sc_scmd = io;
	sc->sc_cdb = io->cdb;
	sc->sc_cdblen = sizeof(io->cdb);
	sc->sc_sgl = io->sgl;
	sc->sc_kaddr = NULL;
	sc->sc_nents = io->nsgs;
	sc->sc_len = io->blocks * SIM_BLOCK;
	sc->sc_blksize = SIM_BLOCK;
	sc->sc_devtype = 0;
	sc->sc_time = 60;
	sc->sc_revoked = false;
	sc->sc_flags = (io->write ? 0 : SCSA_CMD_READ) | (ml->tagged ? SCSA_CMD_TAGGED : 0) |
		       (more ? SCSA_CMD_MORE : 0);
	sc->sc_state = SCSA_CMD_STARTED;
	io->over = false;
	io->refs++;
	mid_host.busy++;
	sim_trace("%s tag %u of target %u: block %u, %u blocks", io->write ? "write" : "read", io->tag,
		  ml->id, io->lba, io->blocks);
	if (mid_host.thread) {
		mid_queue_work(sc);
		return 0;
	}
	if (scsa_cmd_start(sc)) {
		sc->sc_state = SCSA_CMD_IDLE;
		mid_host.busy--;
		io->refs--;
		sim_wake(&mid_host, true);
		return 1;
	}
	sim_point();
	if (more)
		scsa_tran_commit(mid_host.dip);
	return 0;
}

static void mid_refuse(struct mid_io *io)
{
	io->over = true;
	io->outcome = SCSA_NO_DEVICE;
	io->resid = io->blocks * SIM_BLOCK;
}

void mid_io_run(struct mid_io *io, unsigned int seconds)
{
	for (unsigned int tries = 0;; tries++) {
		while (mid_host.blocked && !mid_host.gone)
			sim_block(&mid_host, 0);
		if (io->lun->offline || mid_host.gone) {
			mid_refuse(io);
			return;
		}
		if (tries == MID_TRIES)
			sim_fail("tag %u of target %u: the driver has been busy %u times", io->tag,
				 io->lun->id, tries);
		if (!mid_queue(io))
			break;
		sim_pass((1 + sim_rand(20)) * SIM_MSEC);
	}
	if (!io->over)
		sim_block(io, sim_now + seconds * SIM_SEC);
	if (!io->over)
		mid_rescue(io);
}

/* ---- what the Solaris side reports ---- */

void linux_trace_part(struct scsa_cmd *sc, uint64_t offset, uint64_t len)
{
	sim_trace("part: %llu bytes at %llu", (unsigned long long)len, (unsigned long long)offset);
}

void linux_report_reset(struct dev_info *dip, unsigned int target)
{
	sim_trace("reset of target %u", target);
	mid_host.told |= 1u << target % 32;
}

void linux_no_tags(struct dev_info *dip, unsigned int target)
{
	sim_trace("target %u refuses tags", target);
	for (unsigned int i = 0; i < mid_host.nluns; i++)
		if (mid_host.luns[i]->id == target)
			mid_host.luns[i]->tagged = false;
}

/* ---- the host ---- */

void mid_host_begin(struct dev_info *dip, unsigned int buses, unsigned int targets, uint32_t base)
{
	struct scsa_tran_limits limits;

	memset(&mid_host, 0, sizeof(mid_host));
	mid_host.dip = dip;
	mid_host.last_pending = &mid_host.pending;
	mid_host.thread = dip->di_pri == SCSA_PRI_THREAD;
	mid_host.base = base;
	scsa_tran_limits(dip, &limits);
	mid_host.commit = limits.commit;
	for (unsigned int bus = 0; bus < buses; bus++) {
		for (unsigned int target = 0; target < targets; target++) {
			struct mid_lun *ml = calloc(1, sizeof(*ml));

			ml->bus = bus;
			ml->target = target;
			ml->id = bus * 16 + target;
			ml->lun = scsa_lun_create(dip, ml->id, 0);
			/* With SCSI_HBA_TRAN_CLONE the RAM disk HBA has no target 1. */
			if (!ml->lun && ml->id == 1 && mid_host.base) {
				free(ml);
				continue;
			}
			if (!ml->lun)
				sim_fail("target %u is not served", ml->id);
			ml->tagged = scsa_lun_configure(ml->lun, true);
			mid_host.luns[mid_host.nluns++] = ml;
		}
	}
}

/* As scsi_remove_host() does it: the requests have ended before. */
static void mid_lun_end(struct mid_lun *ml)
{
	for (unsigned int i = 0; i < MID_WORKERS; i++) {
		if (!ml->slots[i])
			continue;
		if (ml->slots[i]->sc_state == SCSA_CMD_IDLE || !mid_orphan_wait(ml, i))
			scsa_cmd_free(ml->slots[i]);
		ml->slots[i] = NULL;
	}
	scsa_lun_put(ml->lun);
	free(ml);
}

static void mid_luns_end(void)
{
	while (mid_host.nluns)
		mid_lun_end(mid_host.luns[--mid_host.nluns]);
}

/* As linux_host_free() does it. */
static void mid_orphans_end(bool may_lose)
{
	while (mid_host.orphans) {
		struct scsa_cmd *sc = mid_host.orphans;
		struct mid_io *io = sc->sc_scmd;

		if (!may_lose)
			sim_fail("a command never came back, although the HBA driver has detached");
		mid_host.orphans = sc->sc_next_orphan;
		scsa_cmd_abandon(sc, true);
		mid_io_put(io);
	}
}

void mid_host_end(bool detached, bool may_lose)
{
	if (!detached)
		mid_luns_end();
	else
		mid_orphans_end(may_lose);
}
