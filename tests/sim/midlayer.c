// SPDX-License-Identifier: GPL-2.0
/* Requests of the small midlayer: sending them, their ends, and commands that it gives up. */
#include <stdlib.h>
#include <string.h>

#include "midlayer.h"

struct mid_host mid_host;

/* ---- requests ---- */

static void mid_make_sgl(struct mid_io *io)
{
	uint32_t left = io->blocks * SIM_BLOCK;
	uint8_t *p = io->buf;

	io->sgl = calloc(MID_SGS, sizeof(*io->sgl));
	while (left) {
		uint32_t len = io->nsgs + 1 == MID_SGS ? left : sim_rand(3) ? 4096 :
			       4 * (1 + sim_rand(4096));

		if (len > left)
			len = left;
		io->sgl[io->nsgs++] = (struct sim_sg){ p, len };
		p += len;
		left -= len;
	}
}

struct mid_io *mid_io_new(struct mid_lun *ml, unsigned int tag, bool write, uint32_t lba,
			  uint32_t blocks, uint32_t stamp)
{
	struct mid_io *io = calloc(1, sizeof(*io));

	*io = (struct mid_io){
		.refs = 1, .lun = ml, .tag = tag, .write = write, .lba = lba, .blocks = blocks,
		.stamp = stamp,
		.cdb = { write ? 0x2a : 0x28, 0, 0, 0, (uint8_t)(lba >> 8), (uint8_t)lba, 0,
			 (uint8_t)(blocks >> 8), (uint8_t)blocks },
	};
	/* Where it lies in its page is for the seed to say, not for malloc(). */
	io->room = aligned_alloc(4096, (blocks * SIM_BLOCK + 2 * 4096 - 1) & ~4095u);
	io->buf = io->room + 4 * sim_rand(1024);
	memset(io->buf, MID_UNTOUCHED, blocks * SIM_BLOCK);
	for (uint32_t i = 0; write && i < blocks; i++)
		sim_pattern(io->buf + i * SIM_BLOCK, lba + i, stamp);
	mid_make_sgl(io);
	return io;
}

void mid_io_put(struct mid_io *io)
{
	if (--io->refs)
		return;
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
	memset(io->cdb, 0xee, sizeof(io->cdb));
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

/* 0, or not 0 if the HBA driver is busy. */
static int mid_queue(struct mid_io *io)
{
	struct mid_lun *ml = io->lun;
	struct scsa_cmd *sc = mid_get_cmd(ml, io->tag);
	static struct scsa_stats stats;
	bool more = sim_chance(300);

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
		if (io->lun->offline || mid_host.gone || tries > 2000) {
			mid_refuse(io);
			return;
		}
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
}

void linux_no_tags(struct dev_info *dip, unsigned int target)
{
	sim_trace("target %u refuses tags", target);
	for (unsigned int i = 0; i < mid_host.nluns; i++)
		if (mid_host.luns[i]->id == target)
			mid_host.luns[i]->tagged = false;
}

/* ---- the host ---- */

void mid_host_begin(struct dev_info *dip)
{
	memset(&mid_host, 0, sizeof(mid_host));
	mid_host.dip = dip;
	dip->di_keep_packets = true;
	for (unsigned int bus = 0; bus < sim_chip_buses(); bus++) {
		for (unsigned int target = 0; target < SIM_TARGETS; target++) {
			struct mid_lun *ml;

			if (!sim_disk_present(bus, target))
				continue;
			ml = calloc(1, sizeof(*ml));
			ml->bus = bus;
			ml->target = target;
			ml->id = bus * 16 + target;
			ml->lun = scsa_lun_create(dip, ml->id, 0);
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

void mid_host_end(bool detached)
{
	if (!detached)
		mid_luns_end();
	else if (mid_host.orphans)
		sim_fail("a command never came back, although the HBA driver has detached");
}
