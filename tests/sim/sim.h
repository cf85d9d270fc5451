/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The simulator's machine: fibers in place of CPUs and threads, virtual time, random choices from one
 * seed. Its parts share this header; chip.c, which sees the emulated chip's headers, sees machine.h
 * only.
 */
#ifndef SIM_H
#define SIM_H

#include "compat/impl.h"
#include "machine.h"

/* ---- core.c ---- */

enum sim_context {
	SIM_THREAD,
	SIM_HARDIRQ,
};

struct sim_fiber;

/* One schedule: @main runs as the first fiber. Returns when it has ended and every fiber with it. */
void sim_run(uint64_t seed, void (*main)(void *arg), void *arg);
struct sim_fiber *sim_spawn(const char *name, enum sim_context context, void (*func)(void *),
			    void *arg);
struct sim_fiber *sim_self(void);
/* Others may run here. */
void sim_point(void);
/* Wait for sim_wake(@chan), or until @deadline (0: none). False if the deadline came first. */
bool sim_block(const void *chan, uint64_t deadline);
void sim_wake(const void *chan, bool all);
/* The caller's CPU spins or its thread sleeps: time passes. */
void sim_pass(uint64_t ns);
bool sim_may_sleep(void);
void sim_must_sleep_well(const char *what);
/* Locks that the fiber holds, for the checks. */
void sim_lock_taken(const void *lock, const void *class, const char *name, bool spin);
void sim_lock_dropped(const void *lock);
unsigned int sim_locks_held(void);

#define SIM_USEC	1000ull
#define SIM_MSEC	1000000ull
#define SIM_SEC		1000000000ull

/* ---- os_*.c ---- */

/* A piece of a request's memory: the scatterlist of this world. */
struct sim_sg {
	uint8_t		*addr;
	uint32_t	len;
};

/* An access handle. */
enum sim_acc_kind {
	SIM_ACC_REGS,
	SIM_ACC_CONFIG,
	SIM_ACC_COHERENT,
};

struct scsa_acc {
	enum sim_acc_kind	kind;
	uintptr_t		base;
	size_t			len;
	uint64_t		bus;
	struct scsa_acc		*next;
};

/* What this schedule does to the parts below. */
struct sim_config {
	unsigned int	nosleep_fails;		/* of 1000 KM_NOSLEEP allocations */
	uint32_t	map_most;		/* bytes mapped at a time; 0: no limit */
	bool		firmware;		/* an image is there */
	int		ndatasegs;
	int		ring;
};
extern struct sim_config sim_config;

void sim_os_begin(struct dev_info *dip);
/* Nothing may be left of what the driver has acquired. */
void sim_os_end(void);
void sim_dma_master(bool on);
void sim_dma_begin(void);
void sim_dma_end(void);
/* Blocks of kmem_alloc(9F) that have not been freed. */
unsigned int sim_kmem_count(void);
extern unsigned int sim_warnings;	/* CE_WARN messages so far */

/* ---- midlayer.c ---- */

void sim_schedule(void *arg);

#endif
