// SPDX-License-Identifier: GPL-2.0
/* Error handling of the small midlayer: abort, resets of LUN, target, bus and host; sleep. */
#include <errno.h>
#include <stdlib.h>

#include "midlayer.h"

#define ABORT_WAIT_MS	5000
#define RESET_WAIT_MS	10000
#define FAILED_WAIT_MS	500

/* The host's own lock, which the driver's completions may come under. */
static void eh_lock(void)
{
	while (mid_host.locked)
		sim_block(&mid_host.locked, 0);
	mid_host.locked = true;
}

static void eh_unlock(void)
{
	mid_host.locked = false;
	sim_wake(&mid_host.locked, true);
}

bool mid_cmd_is_out(const struct scsa_cmd *sc)
{
	return sc->sc_state == SCSA_CMD_STARTED || sc->sc_state == SCSA_CMD_DONE;
}

static bool eh_anything_out(int id)
{
	for (unsigned int i = 0; i < mid_host.nluns; i++) {
		struct mid_lun *ml = mid_host.luns[i];

		for (unsigned int t = 0; (id < 0 || ml->id == (unsigned int)id) && t < MID_WORKERS; t++)
			if (ml->slots[t] && mid_cmd_is_out(ml->slots[t]))
				return true;
	}
	for (struct scsa_cmd *sc = mid_host.orphans; sc; sc = sc->sc_next_orphan)
		if (!sc->sc_written_off && (id < 0 || sc->sc_id == (unsigned int)id))
			return true;
	return false;
}

bool mid_drain(int id, unsigned int ms)
{
	uint64_t end = sim_now + ms * SIM_MSEC;

	while (eh_anything_out(id)) {
		if (sim_now >= end)
			return false;
		sim_pass((1 + sim_rand(10)) * SIM_MSEC);
	}
	return true;
}

/* The request ends as the midlayer says, and its command stays with the HBA driver. */
static void eh_give_up(struct mid_io *io)
{
	if (io->over || (!io->given_up && !mid_orphan_wait(io->lun, io->tag))) {
		while (!io->over)
			sim_block(io, 0);
		return;
	}
	io->over = true;
	io->outcome = SCSA_TIMED_OUT;
	io->resid = io->blocks * SIM_BLOCK;
	mid_host.busy--;
	mid_host.failed -= io->failed;
	io->failed = false;
	sim_wake(io, true);
	sim_wake(&mid_host, true);
}

/* True if the command is back. */
static bool eh_abort(struct mid_io *io)
{
	struct scsa_cmd *sc;
	uint64_t end;
	bool done;

	mid_flush_work();
	if (io->over || io->given_up)
		return io->over;
	sim_trace("abort tag %u of target %u", io->tag, io->lun->id);
	sc = io->lun->slots[io->tag];
	sim_noio(true);
	done = scsa_cmd_abort(sc);
	sim_noio(false);
	end = sim_now + (done ? ABORT_WAIT_MS : FAILED_WAIT_MS) * SIM_MSEC;
	while (!io->over && sim_now < end)
		sim_block(io, end);
	return io->over;
}

bool mid_reset(struct mid_lun *ml, int level)
{
	bool done;

	sim_trace("reset level %d for target %u", level, ml->id);
	eh_lock();
	sim_noio(true);
	done = scsa_lun_reset(ml->lun, level);
	sim_noio(false);
	eh_unlock();
	return mid_drain(level == SCSA_RESET_ALL ? -1 : (int)ml->id,
			 done ? RESET_WAIT_MS : FAILED_WAIT_MS);
}

/* state_lock is held. */
static int eh_suspend(void)
{
	int rc;

	if (mid_host.suspended)
		return 0;
	if (mid_host.no_suspend)
		return -EOPNOTSUPP;
	mid_flush_work();
	sim_noio(true);
	rc = scsa_suspend(mid_host.dip);
	sim_noio(false);
	mid_host.suspended = !rc;
	return rc;
}

static int eh_resume(void)
{
	int rc;

	if (!mid_host.suspended)
		return 0;
	sim_noio(true);
	rc = scsa_resume(mid_host.dip);
	sim_noio(false);
	mid_host.suspended = rc != 0;
	sim_resumed(!rc);
	return rc;
}

static int eh_locked(int (*step)(void))
{
	int rc;

	eh_lock();
	rc = mid_host.gone ? -ENODEV : step();
	eh_unlock();
	return rc;
}

int mid_suspend(void)
{
	sim_trace("suspend");
	return eh_locked(eh_suspend);
}

int mid_resume(void)
{
	sim_trace("resume");
	return eh_locked(eh_resume);
}

static int eh_restart(void)
{
	int rc = eh_suspend();

	if (!rc && !mid_resume_dma())
		rc = -EBUSY;
	return rc ? rc : eh_resume();
}

int mid_host_reset(void)
{
	sim_trace("host reset");
	return eh_locked(eh_restart);
}

static bool eh_host_reset(void)
{
	return !mid_host_reset() && mid_drain(-1, FAILED_WAIT_MS);
}

/* The commands that are out are the HBA driver's alone. */
static void eh_give_up_all(void)
{
	for (unsigned int i = 0; i < mid_host.nluns; i++) {
		struct mid_lun *ml = mid_host.luns[i];

		for (unsigned int t = 0; t < MID_WORKERS; t++)
			if (ml->slots[t] && ml->slots[t]->sc_state == SCSA_CMD_STARTED)
				mid_orphan_wait(ml, t);
	}
}

/* Wait until each request is either over or has failed, then reset more and more. */
static void eh_escalate(struct mid_lun *ml)
{
	while (mid_host.busy > mid_host.failed)
		sim_block(&mid_host, 0);
	if (!mid_host.failed)
		return;
	/* What has outlived an earlier recovery. */
	for (struct scsa_cmd *sc = mid_host.orphans; sc; sc = sc->sc_next_orphan)
		sc->sc_written_off = true;
	if (mid_reset(ml, SCSA_RESET_LUN) && !mid_host.failed)
		return;
	if (mid_reset(ml, SCSA_RESET_TARGET) && !mid_host.failed)
		return;
	if (mid_reset(ml, SCSA_RESET_ALL) && !mid_host.failed)
		return;
	if (eh_host_reset() && !mid_host.failed)
		return;
	eh_give_up_all();
	mid_write_off();
	sim_trace("target %u is offline", ml->id);
	ml->offline = true;
}

void mid_rescue(struct mid_io *io)
{
	if (!mid_host.rescuing && eh_abort(io))
		return;
	/* Linux does so after each abort that has failed, this midlayer after some. */
	if (!io->over && !io->given_up && sim_rand(2) && !mid_orphan_wait(io->lun, io->tag))
		while (!io->over)
			sim_block(io, 0);
	if (io->over)
		return;
	io->failed = true;
	mid_host.failed++;
	mid_host.blocked = true;
	sim_wake(&mid_host, true);
	if (!mid_host.rescuing) {
		mid_host.rescuing = true;
		eh_escalate(io->lun);
		if (!io->over)
			eh_give_up(io);
		mid_host.rescuing = false;
		mid_host.blocked = false;
		sim_wake(&mid_host, true);
		return;
	}
	while (mid_host.rescuing && !io->over)
		sim_block(&mid_host, 0);
	if (!io->over)
		eh_give_up(io);
}
