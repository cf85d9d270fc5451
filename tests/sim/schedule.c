// SPDX-License-Identifier: GPL-2.0
/*
 * One schedule: load, attach, requests with something going wrong, a last look whether the controller
 * works, detach, unload.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers.h"
#include "midlayer.h"
#include "target.h"

#define CHIP_1040B	1u
#define CHIP_12160	6u
#define CALM_SECONDS	900	/* virtual: for a chip that is tried again later and later */
#define RECOVERIES	5u	/* requests that may fail before the driver gives a reason */

/*
 * The events of a schedule. What the hardware is like is not among them. Some are parts of the setting,
 * the others happen while requests are under way.
 */
enum {
	EV_HARDWARE,
	EV_NOSLEEP, EV_MAP_MOST, EV_MAP_PIECE, EV_BOUNCED, EV_NO_TAGS, EV_SLOW, EV_DEAD, EV_FULL,
	EV_BUSY, EV_RECOVERED, EV_MEDIUM, EV_SHORTER, EV_ATTACH_FAULT, EV_UNPLUG, EV_REMOVE, EV_PANIC,
	EV_ACTION = 24,		/* and what follows */
	EV_POLLED = 40,
	EV_REQUEST = 64,	/* those of the first worker */
};

_Static_assert(EV_REQUEST + MID_WORKERS * 14 <= SIM_EVENTS, "events");

#define ACTIONS		5u
#define POLLS		6u
#define REQUESTS	14u	/* of a worker, at most */

enum mode {
	MODE_CALM,		/* nothing goes wrong */
	MODE_RESETS,		/* nothing but resets of one bus, which leave the other alone */
	MODE_WILD,
};

static const struct sim_driver *run_driver;
static struct dev_ops *run_ops;
static unsigned int run_workers, run_others;
static uint32_t run_stamp;
static enum mode run_mode;
static unsigned int run_reset_bus;	/* MODE_RESETS */
static bool run_unplugged;
struct sim_total sim_total;

int scsa_mod_install(struct modlinkage *modlp)
{
	run_ops = scsa_linkage_ops(modlp);
	return run_ops ? 0 : EINVAL;
}

int scsa_mod_remove(struct modlinkage *modlp)
{
	return 0;
}

/* ---- what can go wrong ---- */

static const char *const run_faults[] = {
	"drop-interrupt,count=1", "drop-interrupt,rate=200,count=5", "delay-interrupt,ms=20,rate=300",
	"stuck-interrupt,count=1", "drop-completion,count=1", "drop-completion,rate=50,count=3",
	"duplicate-completion,rate=100", "duplicate-completion,ms=700,count=2",
	"delay-completion,ms=300,rate=200", "delay-completion,ms=9000,count=2",
	"parity,rate=50", "underrun,moves=512,rate=100", "busy,rate=100", "timeout,ms=600,count=2",
	"queue-full,chip=1,rate=100", "fail-mailbox,count=1", "hang-mailbox,count=1",
	"hang-mailbox,ms=100,rate=200", "hang,count=1", "system-error,count=1",
	"system-error,halt=0,count=2", "request-error,count=1", "response-error,count=1",
	"bus-reset,count=3,rate=100", "spurious-interrupt,ms=100,count=3",
	"corrupt-response,field=handle,xor=0xffff,count=1", "response-in,value=0xfff,count=1",
};

static void run_random_fault(uint64_t *dice)
{
	char text[160];

	snprintf(text, sizeof(text), "%s,seed=%u,after=%u",
		 run_faults[sim_roll(dice, sizeof(run_faults) / sizeof(run_faults[0]))],
		 sim_roll(dice, 1000000), sim_roll(dice, 20));
	sim_chip_fault(text);
}

/* Does an event of the setting take place, one in @n? */
static bool run_setting(unsigned int event, uint32_t n, uint64_t *dice)
{
	return run_mode == MODE_WILD && sim_event(event, dice) && !sim_roll(dice, n);
}

static void run_choose_disks(void)
{
	uint64_t dice;

	memset(&sim_disks, 0, sizeof(sim_disks));
	if (run_setting(EV_NO_TAGS, 3, &dice))
		sim_disks.no_tags = 1u << sim_roll(&dice, 3);
	if (run_setting(EV_SLOW, 2, &dice))
		sim_disks.slow = sim_roll(&dice, 50);
	if (run_setting(EV_DEAD, 3, &dice))
		sim_disks.dead = sim_roll(&dice, 20);
	if (run_setting(EV_FULL, 3, &dice))
		sim_disks.full = 50;
	if (run_setting(EV_BUSY, 3, &dice))
		sim_disks.busy = 50;
	if (run_setting(EV_RECOVERED, 2, &dice))
		sim_disks.recovered = 100;
	if (run_setting(EV_MEDIUM, 3, &dice))
		sim_disks.medium = 30;
	if (run_setting(EV_SHORTER, 3, &dice))
		sim_disks.shorter = 30;
}

static void run_choose(uint64_t *hardware)
{
	uint32_t mode = sim_roll(hardware, 16);
	uint64_t dice;

	run_mode = mode < 2 ? MODE_CALM : mode < 3 ? MODE_RESETS : MODE_WILD;
	run_driver = sim_roll(hardware, 4) || run_mode == MODE_RESETS ? &sim_isp : &sim_ramhba;
	run_unplugged = false;
	memset(&sim_config, 0, sizeof(sim_config));
	sim_config.firmware = sim_roll(hardware, 2);
	/* Where the memory is does not depend on what goes wrong. */
	sim_config.bounced = sim_roll(hardware, 3) ? 0 : 1000 >> sim_roll(hardware, 2);
	sim_config.high = !sim_roll(hardware, 3);
	run_choose_disks();
	if (run_setting(EV_NOSLEEP, 2, &dice))
		sim_config.nosleep_fails = 20;
	if (run_setting(EV_MAP_MOST, 3, &dice))
		sim_config.map_most = 16384 + sim_roll(&dice, 100000);
	if (run_setting(EV_MAP_PIECE, 5, &dice))
		sim_config.map_piece = 4096 << sim_roll(&dice, 2);
}

/* ---- requests ---- */

static void run_check_block(const struct mid_lun *ml, uint32_t block, const uint8_t *data)
{
	static const uint8_t zero[SIM_BLOCK];
	uint32_t stamp = 0, acked = ml->acked[block];

	/* A RAM disk is empty at first. */
	if (!sim_pattern_tag(data, mid_host.base + block, &stamp) &&
	    (run_driver == &sim_isp || memcmp(data, zero, SIM_BLOCK)))
		sim_fail("target %u: block %u is read with wrong data", ml->id, block);
	if (stamp < acked || stamp > run_stamp)
		sim_fail("target %u: block %u is read as write %u left it; write %u had succeeded",
			 ml->id, block, stamp, acked);
}

static void run_check_read(const struct mid_io *io, uint32_t blocks)
{
	for (uint32_t i = 0; i < blocks; i++) {
		run_check_block(io->lun, io->lba + i, io->buf + i * SIM_BLOCK);
	}
}

static bool run_recovered(const struct mid_io *io)
{
	return io->outcome == SCSA_OK && io->status == 2 && (io->sense[2] & 0xf) == 1;
}

/* The residual said that these blocks did not move. */
static void run_check_untouched(const struct mid_io *io, uint32_t moved)
{
	for (uint32_t i = moved * SIM_BLOCK; i < io->blocks * SIM_BLOCK; i++)
		if (io->buf[i] != MID_UNTOUCHED)
			sim_fail("tag %u: %u blocks are said to have moved, but byte %u has", io->tag, moved,
				 i);
}

/* Nothing may go wrong with a request of this target. */
static bool run_undisturbed(const struct mid_lun *ml)
{
	return run_mode == MODE_CALM || (run_mode == MODE_RESETS && ml->bus != run_reset_bus);
}

static void run_check(const struct mid_io *io)
{
	uint32_t moved = (io->blocks * SIM_BLOCK - io->resid) / SIM_BLOCK;

	if (run_undisturbed(io->lun) && !mid_io_ok(io) && io->outcome != SCSA_REQUEUE)
		sim_fail("target %u: outcome %u, status %#x, residual %u, and nothing goes wrong there",
			 io->lun->id, io->outcome, io->status, io->resid);
	if (io->outcome != SCSA_OK || (io->status && !run_recovered(io)))
		return;
	if (!io->write) {
		run_check_read(io, moved);
		run_check_untouched(io, moved);
		return;
	}
	for (uint32_t i = 0; i < moved; i++)
		io->lun->acked[io->lba + i] = io->stamp;
}

static struct mid_io *run_request(struct mid_lun *ml, unsigned int tag, uint64_t *dice,
				  unsigned int seconds)
{
	struct mid_io *io = mid_io_new(ml, tag, dice, ++run_stamp);

	mid_io_run(io, seconds);
	run_check(io);
	sim_total.requests++;
	sim_total.good += mid_io_ok(io);
	return io;
}

static void run_worker(void *arg)
{
	unsigned int tag = (unsigned int)(uintptr_t)arg;

	for (unsigned int i = 0; i < REQUESTS && !mid_host.removing; i++) {
		uint64_t dice;

		if (!sim_event(EV_REQUEST + REQUESTS * tag + i, &dice) || !sim_roll(&dice, 4))
			continue;
		mid_io_put(run_request(mid_host.luns[sim_roll(&dice, mid_host.nluns)], tag, &dice,
				       2 + sim_roll(&dice, 10)));
		if (!sim_roll(&dice, 4))
			sim_pass(sim_roll(&dice, 300) * SIM_MSEC);
	}
	run_workers--;
	sim_wake(&run_workers, true);
}

/* ---- polled commands ---- */

struct run_poll {
	struct target_io	*io;
	enum target_end		end;
	bool			over;
};

static void run_poll(void *arg)
{
	struct run_poll *p = arg;
	uint64_t start = sim_now;

	p->end = target_io_poll(p->io);
	if (sim_now - start > 200 * SIM_SEC && !sim_may_sleep())
		sim_fail("a polled command takes %.0f s", (double)(sim_now - start) / 1e9);
	p->over = true;
	sim_wake(p, true);
}

/* One polled command to the last region of a disk, which no worker uses. */
static enum target_end run_polled(struct mid_lun *ml, uint64_t *dice, bool may_sleep)
{
	uint32_t blocks = 1 + sim_roll(dice, 16), stamp = ++run_stamp;
	uint32_t lba = MID_WORKERS * MID_REGION + sim_roll(dice, MID_REGION - blocks);
	bool write = sim_roll(dice, 2);
	struct run_poll p = { .io = target_io_new(ml->lun, write, mid_host.base + lba, blocks, stamp) };

	/* More than one command may carry. */
	if (!p.io)
		return TARGET_FAILED;
	sim_trace("poll %s target %u: block %u, %u blocks", write ? "write" : "read", ml->id, lba, blocks);
	if (may_sleep) {
		run_poll(&p);
	} else {
		sim_spawn("poll", SIM_HARDIRQ, run_poll, &p);
		while (!p.over)
			sim_block(&p, 0);
	}
	sim_total.polled++;
	sim_trace("polled: %u", p.end);
	if (p.end == TARGET_FAILED && run_undisturbed(ml))
		sim_fail("a polled command fails, and nothing goes wrong");
	for (uint32_t i = 0; p.end == TARGET_GOOD && i < blocks; i++) {
		if (write)
			ml->acked[lba + i] = stamp;
		else
			run_check_block(ml, lba + i, target_io_data(p.io) + i * SIM_BLOCK);
	}
	target_io_free(p.io);
	return p.end;
}

static void run_poller(void *arg)
{
	for (unsigned int i = 0; i < POLLS && !mid_host.removing; i++) {
		struct mid_lun *ml;
		uint64_t dice;

		if (!sim_event(EV_POLLED + i, &dice) || sim_roll(&dice, 3))
			continue;
		ml = mid_host.luns[sim_roll(&dice, mid_host.nluns)];
		sim_pass(sim_roll(&dice, 500) * SIM_MSEC);
		run_polled(ml, &dice, mid_host.thread || sim_roll(&dice, 2));
	}
	run_others--;
	sim_wake(&run_workers, true);
}

/* In a build that counts lines. */
void __gcov_dump(void) __attribute__((weak));

/*
 * The kernel panics, and dumps its memory to a disk: only this CPU is left, and it polls. A child
 * process is that kernel; the schedule goes on without it.
 */
static void run_panic(uint64_t *dice)
{
	struct mid_lun *ml = mid_host.luns[sim_roll(dice, mid_host.nluns)];
	int status;
	pid_t child;

	/* A stopped CPU does not drop its locks. */
	if (sim_spin_held())
		return;
	fflush(stdout);
	child = fork();
	if (!child) {
		sim_alone();
		linux_panicked = true;
		for (unsigned int i = 0; i < 4; i++)
			run_polled(ml, dice, true);
		if (__gcov_dump)
			__gcov_dump();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		sim_fail("no process for a kernel that panics");
	if (status)
		_exit(1);
	sim_total.panics++;
}

/* ---- what happens during the requests ---- */

struct run_other {
	struct mid_lun	*ml;
	int		level;
	uint64_t	ns;
};

/* A reset that a user asks for, at any moment. */
static void run_user_reset(void *arg)
{
	struct run_other *r = arg;

	sim_pass(r->ns);
	if (!mid_host.removing)
		mid_reset(r->ml, r->level);
	free(r);
	run_others--;
	sim_wake(&run_workers, true);
}

static void run_spawn_reset(struct mid_lun *ml, uint64_t *dice)
{
	static const int levels[] = { SCSA_RESET_LUN, SCSA_RESET_TARGET, SCSA_RESET_ALL };
	struct run_other *r = malloc(sizeof(*r));

	*r = (struct run_other){ ml, levels[sim_roll(dice, 3)], sim_roll(dice, 3000) * SIM_MSEC };
	run_others++;
	sim_spawn("user", SIM_THREAD, run_user_reset, r);
}

static void run_let_go(void)
{
	mid_host.blocked = mid_host.rescuing;
	sim_wake(&mid_host, true);
}

static void run_sleep(struct mid_lun *ml, uint64_t *dice)
{
	sim_total.suspends++;
	mid_host.blocked = true;
	while (mid_host.busy || mid_host.rescuing)
		sim_block(&mid_host, 0);
	mid_host.blocked = true;
	if (!sim_roll(dice, 3))
		run_spawn_reset(ml, dice);
	if (!mid_suspend())
		sim_pass(sim_roll(dice, 5000) * SIM_MSEC);
	mid_resume();
	run_let_go();
}

/* As an administrator does it by way of sysfs. */
static void run_quiesce(uint64_t *dice)
{
	mid_host.blocked = true;
	mid_flush_work();
	sim_trace("quiesce");
	if (!scsa_tran_quiesce(mid_host.dip)) {
		sim_pass(sim_roll(dice, 500) * SIM_MSEC);
		scsa_tran_unquiesce(mid_host.dip);
	}
	run_let_go();
}

/* Negotiate something else, in the middle of everything. */
static void run_negotiate(struct mid_lun *ml, uint64_t *dice)
{
	struct scsa_spi spi, agreed;

	if (!scsa_spi_get(ml->lun, SCSA_SPI_LIMITS, &spi))
		return;
	spi.wide = spi.wide && sim_roll(dice, 2);
	if (sim_roll(dice, 2))
		spi.offset = (uint8_t)sim_roll(dice, spi.offset + 1u);
	sim_trace("negotiate with target %u: offset %u, wide %u", ml->id, spi.offset, spi.wide);
	scsa_spi_set(ml->lun, &spi);
	sim_pass(sim_roll(dice, 20) * SIM_MSEC);
	(void)scsa_spi_get(ml->lun, SCSA_SPI_AGREED, &agreed);
}

static void run_disturb(struct mid_lun *ml, uint64_t *dice)
{
	switch (sim_roll(dice, 14)) {
	case 0:
		run_sleep(ml, dice);
		break;
	case 1:
		sim_total.resets++;
		mid_reset(ml, SCSA_RESET_LUN);
		break;
	case 2:
		sim_total.resets++;
		mid_reset(ml, SCSA_RESET_ALL);
		break;
	case 3:
		sim_total.resets++;
		mid_host_reset();
		break;
	case 4:
		sim_total.resets++;
		run_spawn_reset(ml, dice);
		break;
	case 5:
		sim_total.resets++;
		(void)scsa_tran_bus_reset(mid_host.dip, sim_roll(dice, 2) ? -1 : (int)ml->id);
		break;
	case 6:
		if (!run_driver->loses)
			run_quiesce(dice);
		break;
	case 7:
		run_negotiate(ml, dice);
		break;
	default:
		if (run_driver == &sim_ramhba)
			sim_ramhba_late();
		else
			run_random_fault(dice);
		break;
	}
}

/* MODE_RESETS: whom a reset is told, and that the other bus does not notice. */
static void run_reset_one_bus(uint64_t *dice)
{
	static const int levels[] = { SCSA_RESET_LUN, SCSA_RESET_TARGET, SCSA_RESET_ALL };
	int level = levels[sim_roll(dice, 3)];
	struct mid_lun *ml;
	uint32_t want = 0, all = 0;
	bool done;

	do
		ml = mid_host.luns[sim_roll(dice, mid_host.nluns)];
	while (ml->bus != run_reset_bus);
	for (unsigned int i = 0; i < mid_host.nluns; i++) {
		if (mid_host.luns[i]->bus == run_reset_bus)
			all |= 1u << mid_host.luns[i]->id;
	}
	want = level == SCSA_RESET_ALL ? all : 1u << ml->id;
	mid_host.told = 0;
	sim_total.resets++;
	done = mid_reset(ml, level);
	if (mid_host.told & ~want)
		sim_fail("reset level %d of target %u: targets %#x are told, not only %#x", level, ml->id,
			 mid_host.told, want);
	if (!done)
		sim_fail("reset level %d of target %u fails, and nothing goes wrong", level, ml->id);
	/* What is told by a thread may come a little later. */
	for (unsigned int i = 0; i < 100 && mid_host.told != want; i++)
		sim_pass(10 * SIM_MSEC);
	/* A reset of one LUN need not be told. */
	if (mid_host.told != want && level != SCSA_RESET_LUN)
		sim_fail("reset level %d of target %u: targets %#x are told, and not all of %#x", level,
			 ml->id, mid_host.told, want);
}

static void run_action(uint64_t *dice)
{
	sim_pass(sim_roll(dice, sim_roll(dice, 2) ? 20 : 2000) * SIM_MSEC);
	if (run_mode == MODE_RESETS)
		run_reset_one_bus(dice);
	else
		run_disturb(mid_host.luns[sim_roll(dice, mid_host.nluns)], dice);
}

static void run_meanwhile(void)
{
	uint64_t dice;

	for (unsigned int i = 0; run_mode != MODE_CALM && i < ACTIONS; i++)
		if (sim_event(EV_ACTION + i, &dice) && sim_roll(&dice, 2))
			run_action(&dice);
	if (run_setting(EV_PANIC, 8, &dice))
		run_panic(&dice);
	if (run_driver == &sim_isp && run_setting(EV_UNPLUG, 6, &dice)) {
		run_unplugged = true;
		sim_total.unplugs++;
		sim_chip_fault(sim_roll(&dice, 2) ? "all-ones,config=1" : "all-ones");
	}
	/* The host is removed while requests are out, or when they have ended. */
	if (run_setting(EV_REMOVE, 4, &dice))
		mid_host.removing = true;
	while (run_workers || run_others)
		sim_block(&run_workers, 0);
}

/* ---- the last look ---- */

static bool run_works(struct mid_lun *ml, uint64_t *dice)
{
	bool ok = false, again = true;

	ml->offline = false;
	for (unsigned int tries = 0; again && tries < 5; tries++) {
		struct mid_io *io = run_request(ml, 0, dice, 30);

		ok = mid_io_ok(io);
		again = io->outcome == SCSA_REQUEUE;
		mid_io_put(io);
	}
	return ok;
}

/* Without faults a disk works again, by itself or at the latest after a host reset. */
static void run_last_look_at(struct mid_lun *ml, uint64_t *dice)
{
	uint64_t end = sim_now + CALM_SECONDS * SIM_SEC;

	for (unsigned int tries = 0; !run_works(ml, dice); tries++) {
		if (tries >= RECOVERIES && !sim_says_offline(ml->bus, ml->target))
			sim_fail("target %u does not work, and no message says that it is offline", ml->id);
		if (sim_now > end)
			sim_fail("target %u does not work again", ml->id);
		if (tries >= RECOVERIES)
			mid_host_reset();
		sim_pass(5 * SIM_SEC);
	}
}

static void run_last_look(uint64_t *dice)
{
	if (run_mode == MODE_WILD) {
		sim_chip_fault("");
		sim_disks_calm();
		sim_config.nosleep_fails = 0;
	}
	/* The RAM disk HBA goes on as its properties say. */
	if (run_unplugged || run_driver->loses)
		return;
	for (unsigned int i = 0; i < mid_host.nluns; i++)
		run_last_look_at(mid_host.luns[i], dice);
}

/* ---- load to unload ---- */

static void run_host(struct dev_info *dip, uint64_t *hardware)
{
	mid_host_begin(dip, sim_driver_buses(run_driver), run_driver->targets, run_driver->base);
	mid_host.no_suspend = !run_driver->suspends;
	run_reset_bus = sim_roll(hardware, sim_driver_buses(run_driver));
	run_workers = MID_WORKERS;
	for (uintptr_t i = 0; i < MID_WORKERS; i++)
		sim_spawn("worker", SIM_THREAD, run_worker, (void *)i);
	run_others = 1;
	sim_spawn("poller", SIM_THREAD, run_poller, NULL);
	run_meanwhile();
	if (!mid_host.removing)
		run_last_look(hardware);
	mid_host.removing = true;
	mid_host_end(false, false);
	mid_host.gone = true;
	mid_flush_work();
}

static void run_device(struct dev_info *dip, uint64_t *hardware)
{
	static char device[1];
	uint64_t dice;

	sim_os_begin(dip);
	dip->di_ops = run_ops;
	dip->di_dev = device;
	dip->di_pdev = device;
	scsa_prop_init(dip);
	sim_dma_master(true);
	if (run_setting(EV_ATTACH_FAULT, 10, &dice))
		run_random_fault(&dice);
	if (run_driver->setup(dip, hardware, run_mode != MODE_WILD) || scsa_attach(dip)) {
		sim_total.attach_failed++;
		if (run_mode != MODE_WILD)
			sim_fail("attach fails, and nothing goes wrong");
	} else {
		run_host(dip, hardware);
		if (scsa_detach(dip))
			sim_fail("detach fails");
	}
	scsa_tran_release(dip);
	sim_dma_master(false);
	if (mid_host.dip)
		mid_host_end(true, run_driver->loses);
	scsa_dma_release(dip);
	scsa_instance_fini(dip);
	sim_os_end();
	if (run_mode != MODE_WILD && sim_warnings)
		sim_fail("a warning, and nothing goes wrong");
}

void sim_schedule(void *arg)
{
	static struct dev_info dip;
	unsigned int chip;
	uint64_t hardware;

	sim_event(EV_HARDWARE, &hardware);
	mid_host.dip = NULL;
	run_stamp = 0;
	run_choose(&hardware);
	chip = sim_roll(&hardware, 3);
	/* A reset of one of two buses. */
	if (run_mode == MODE_RESETS)
		chip = 1;
	sim_chip_new(chip == 0 ? CHIP_1040B : chip == 1 ? CHIP_12160 : sim_roll(&hardware, 7),
		     sim_roll(&hardware, 8));
	scsa_dma_init();
	scsa_poll_init();
	if (run_driver->init())
		sim_fail("_init() fails");
	run_device(&dip, &hardware);
	if (run_driver->fini())
		sim_fail("_fini() fails");
	scsa_poll_fini();
	scsa_dma_fini();
	sim_chip_free();
	if (sim_kmem_count())
		sim_fail("%u blocks of memory are left", sim_kmem_count());
}
