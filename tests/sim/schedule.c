// SPDX-License-Identifier: GPL-2.0
/*
 * One schedule: load, attach, requests with something going wrong, a last look whether the controller
 * works, detach, unload. Then the same from the next seed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "midlayer.h"

#define CHIP_1040B	1u
#define CHIP_12160	6u
#define CALM_SECONDS	900	/* virtual: for a chip that is tried again later and later */

int sim_driver_init(void);
int sim_driver_fini(void);

static struct dev_ops *run_ops;
static unsigned int run_workers;
static uint32_t run_stamp;
static bool run_calm;		/* nothing goes wrong in this schedule */
static bool run_unplugged;
static struct {
	uint64_t	requests, good, attach_failed, resets, suspends, unplugs;
} run_total;

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

static void run_random_fault(void)
{
	char text[160];

	snprintf(text, sizeof(text), "%s,seed=%u,after=%u",
		 run_faults[sim_rand(sizeof(run_faults) / sizeof(run_faults[0]))], sim_rand(1000000),
		 sim_rand(20));
	sim_chip_fault(text);
}

static void run_choose(void)
{
	memset(&sim_disks, 0, sizeof(sim_disks));
	memset(&sim_config, 0, sizeof(sim_config));
	sim_config.firmware = sim_rand(2);
	sim_config.ndatasegs = sim_rand(3) ? 0 : (int)(1 + sim_rand(20));
	sim_config.ring = sim_rand(2) ? 64 : 256;
	run_calm = !sim_rand(8);
	run_unplugged = false;
	if (run_calm)
		return;
	if (!sim_rand(2))
		sim_config.nosleep_fails = 20;
	if (!sim_rand(3))
		sim_config.map_most = 16384 + sim_rand(100000);
	if (!sim_rand(3))
		sim_disks.no_tags = 1u << sim_rand(3);
	if (!sim_rand(2))
		sim_disks.slow = sim_rand(50);
	if (!sim_rand(3))
		sim_disks.dead = sim_rand(20);
	sim_disks.full = sim_rand(3) ? 0 : 50;
	sim_disks.busy = sim_rand(3) ? 0 : 50;
	sim_disks.recovered = sim_rand(2) ? 0 : 100;
	sim_disks.medium = sim_rand(3) ? 0 : 30;
	sim_disks.shorter = sim_rand(3) ? 0 : 30;
}

/* ---- requests ---- */

static void run_check_read(const struct mid_io *io, uint32_t blocks)
{
	for (uint32_t i = 0; i < blocks; i++) {
		uint32_t stamp = 0, acked = io->lun->acked[io->lba + i];

		if (!sim_pattern_tag(io->buf + i * SIM_BLOCK, io->lba + i, &stamp))
			sim_fail("tag %u: block %u is read with wrong data", io->tag, io->lba + i);
		if (stamp < acked || stamp > run_stamp)
			sim_fail("tag %u: block %u is read as write %u left it; write %u had succeeded",
				 io->tag, io->lba + i, stamp, acked);
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

static void run_check(const struct mid_io *io)
{
	uint32_t moved = (io->blocks * SIM_BLOCK - io->resid) / SIM_BLOCK;

	if (run_calm && !mid_io_ok(io))
		sim_fail("tag %u: outcome %u, status %#x, residual %u in a calm schedule", io->tag,
			 io->outcome, io->status, io->resid);
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

static struct mid_io *run_request(struct mid_lun *ml, unsigned int tag, unsigned int seconds)
{
	uint32_t blocks = 1 + sim_rand(sim_rand(4) ? 16 : 300);
	uint32_t lba = tag * MID_REGION + sim_rand(MID_REGION - blocks);
	struct mid_io *io = mid_io_new(ml, tag, sim_rand(2), lba, blocks, ++run_stamp);

	mid_io_run(io, seconds);
	run_check(io);
	run_total.requests++;
	run_total.good += mid_io_ok(io);
	return io;
}

static void run_worker(void *arg)
{
	unsigned int tag = (unsigned int)(uintptr_t)arg;
	unsigned int n = 6 + sim_rand(8);

	while (n-- && !mid_host.removing) {
		mid_io_put(run_request(mid_host.luns[sim_rand(mid_host.nluns)], tag,
				       2 + sim_rand(10)));
		if (!sim_rand(4))
			sim_pass(sim_rand(300) * SIM_MSEC);
	}
	run_workers--;
	sim_wake(&run_workers, true);
}

/* ---- what happens during the requests ---- */

static void run_sleep(void)
{
	run_total.suspends++;
	mid_host.blocked = true;
	while (mid_host.busy || mid_host.rescuing)
		sim_block(&mid_host, 0);
	mid_host.blocked = true;
	if (!mid_suspend())
		sim_pass(sim_rand(5000) * SIM_MSEC);
	mid_resume();
	mid_host.blocked = false;
	sim_wake(&mid_host, true);
}

static void run_action(void)
{
	struct mid_lun *ml = mid_host.luns[sim_rand(mid_host.nluns)];

	switch (sim_rand(8)) {
	case 0:
		run_sleep();
		break;
	case 1:
		run_total.resets++;
		mid_reset(ml, SCSA_RESET_LUN);
		break;
	case 2:
		run_total.resets++;
		mid_reset(ml, SCSA_RESET_ALL);
		break;
	case 3:
		run_total.resets++;
		mid_host_reset();
		break;
	default:
		run_random_fault();
		break;
	}
}

static void run_meanwhile(void)
{
	unsigned int actions = run_calm ? 0 : 1 + sim_rand(4);

	while (actions--) {
		sim_pass(sim_rand(sim_rand(2) ? 20 : 2000) * SIM_MSEC);
		run_action();
	}
	if (!run_calm && !sim_rand(6)) {
		run_unplugged = true;
		run_total.unplugs++;
		sim_chip_fault(sim_rand(2) ? "all-ones,config=1" : "all-ones");
	}
	/* The host is removed while requests are out, or when they have ended. */
	if (!run_calm && !sim_rand(4))
		mid_host.removing = true;
	while (run_workers)
		sim_block(&run_workers, 0);
}

/* ---- the last look ---- */

static bool run_works(struct mid_lun *ml)
{
	bool ok = false, again = true;

	ml->offline = false;
	for (unsigned int tries = 0; again && tries < 5; tries++) {
		struct mid_io *io = run_request(ml, 0, 30);

		ok = mid_io_ok(io);
		again = io->outcome == SCSA_REQUEUE;
		mid_io_put(io);
	}
	return ok;
}

/* Without faults the controller works again, by itself or at the latest after a host reset. */
static void run_last_look(void)
{
	uint64_t end = sim_now + CALM_SECONDS * SIM_SEC;

	if (!run_calm) {
		sim_chip_fault("");
		sim_disks_calm();
		sim_config.nosleep_fails = 0;
	}
	if (run_unplugged)
		return;
	for (unsigned int i = 0; i < mid_host.nluns; i++) {
		while (!run_works(mid_host.luns[i])) {
			if (!sim_warnings)
				sim_fail("target %u does not work, and no message says why",
					 mid_host.luns[i]->id);
			if (sim_now > end)
				sim_fail("target %u does not work again", mid_host.luns[i]->id);
			mid_host_reset();
			sim_pass(5 * SIM_SEC);
		}
	}
}

/* ---- load to unload ---- */

static int run_add_properties(struct dev_info *dip)
{
	const int reg[10] = { [5] = 0x02000010, [9] = 256 };
	const int device = sim_chip_device();
	const struct { const char *name; int value; } props[] = {
		{ "device-id", device }, { "a64", -1 }, { "ndatasegs", sim_config.ndatasegs },
		{ "reqring", sim_config.ring }, { "rspring", sim_config.ring }, { "bus_reset", 1 },
		{ "reset_delay", 100 }, { "retry_delay", 1000 },
	};

	if (scsa_prop_update_ints(dip, "reg", reg, 10))
		return -1;
	for (unsigned int i = 0; i < sizeof(props) / sizeof(props[0]); i++)
		if (scsa_prop_update_ints(dip, props[i].name, &props[i].value, 1))
			return -1;
	return 0;
}

static void run_host(struct dev_info *dip)
{
	mid_host_begin(dip);
	run_workers = MID_WORKERS;
	for (uintptr_t i = 0; i < MID_WORKERS; i++)
		sim_spawn("worker", SIM_THREAD, run_worker, (void *)i);
	run_meanwhile();
	if (!mid_host.removing)
		run_last_look();
	mid_host.removing = true;
	mid_host_end(false);
	mid_host.gone = true;
}

static void run_device(struct dev_info *dip)
{
	static char device[1];

	sim_os_begin(dip);
	dip->di_ops = run_ops;
	dip->di_name = "isp";
	dip->di_pri = SCSA_PRI_ATOMIC;
	dip->di_dev = device;
	dip->di_pdev = device;
	scsa_prop_init(dip);
	sim_dma_master(true);
	if (!run_calm && !sim_rand(10))
		run_random_fault();
	if (run_add_properties(dip) || scsa_attach(dip)) {
		run_total.attach_failed++;
		if (run_calm)
			sim_fail("attach fails in a calm schedule");
	} else {
		run_host(dip);
		if (scsa_detach(dip))
			sim_fail("detach fails");
	}
	scsa_tran_release(dip);
	sim_dma_master(false);
	if (mid_host.dip)
		mid_host_end(true);
	scsa_dma_release(dip);
	scsa_instance_fini(dip);
	sim_os_end();
	if (run_calm && sim_warnings)
		sim_fail("a warning in a calm schedule");
}

void sim_schedule(void *arg)
{
	static struct dev_info dip;
	unsigned int chip;

	mid_host.dip = NULL;
	run_stamp = 0;
	run_choose();
	chip = sim_rand(3);
	sim_chip_new(chip == 0 ? CHIP_1040B : chip == 1 ? CHIP_12160 : sim_rand(7), sim_rand(8));
	scsa_dma_init();
	scsa_poll_init();
	if (sim_driver_init())
		sim_fail("_init() fails");
	run_device(&dip);
	if (sim_driver_fini())
		sim_fail("_fini() fails");
	scsa_poll_fini();
	scsa_dma_fini();
	sim_chip_free();
	if (sim_kmem_count())
		sim_fail("%u blocks of memory are left", sim_kmem_count());
}

static double run_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* sim SEED SECONDS SCHEDULES [TRACE]: 0 seconds or schedules set no limit. */
int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1, n = 0;
	double seconds = argc > 2 ? atof(argv[2]) : 10, start = run_seconds();
	uint64_t most = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;

	sim_tracing = argc > 4;
	while ((!most || n < most) && (seconds <= 0 || run_seconds() - start < seconds))
		sim_run(seed + n++, sim_schedule, NULL);
	printf("ok - %llu schedules from seed %llu, %.0f each second: %llu requests (%llu good), %llu failed attaches, %llu resets, %llu sleeps, %llu unplugged\n",
	       (unsigned long long)n, (unsigned long long)seed, (double)n / (run_seconds() - start),
	       (unsigned long long)run_total.requests, (unsigned long long)run_total.good,
	       (unsigned long long)run_total.attach_failed, (unsigned long long)run_total.resets,
	       (unsigned long long)run_total.suspends, (unsigned long long)run_total.unplugs);
	return 0;
}
