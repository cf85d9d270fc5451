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

/*
 * What a schedule consists of: events that have numbers. Each draws what it does from dice of its own,
 * so that the others stay what they are when it is dropped. The scheduler has dice of its own, too.
 */
#define SIM_EVENTS	256
struct sim_replay {
	bool		drop[SIM_EVENTS];
	unsigned int	shuffle;	/* another order of the same events */
};
extern struct sim_replay sim_replay;
/* Does this event take place? @dice are its own. */
bool sim_event(unsigned int number, uint64_t *dice);
/* Random: less than @n, from these dice. */
uint32_t sim_roll(uint64_t *dice, uint32_t n);
/* A crash names the seed, too. */
void sim_catch_crashes(void);

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
/* Memory that this fiber asks for must not need I/O. */
void sim_noio(bool on);
bool sim_may_start_io(void);
/* Locks that the fiber holds, for the checks. */
void sim_lock_taken(const void *lock, const void *class, const char *name, bool spin);
void sim_lock_dropped(const void *lock);
unsigned int sim_locks_held(void);
/* So many may be held while a command is completed. */
void sim_allow_locks(unsigned int n);
/* Does any fiber hold a spin lock? */
bool sim_spin_held(void);
/* From here on only this fiber runs, and the machine. */
void sim_alone(void);

#define SIM_USEC	1000ull
#define SIM_MSEC	1000000ull
#define SIM_SEC		1000000000ull

/* ---- os_*.c ---- */

/* A piece of a request's memory: the scatterlist of this world. */
struct sim_sg {
	uint8_t		*addr;
	uint32_t	len;
	bool		slab;		/* kernel memory that a reference does not keep */
	bool		high;		/* above 4 GiB */
	bool		joined;		/* the piece before it ends where it begins */
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
	uint32_t		map_piece;	/* bytes of a piece that can be mapped; 0: any */
	unsigned int		bounced;	/* of 1000 mappings */
	bool		high;			/* requests' memory is above 4 GiB */
	bool		firmware;		/* an image is there */
};
extern struct sim_config sim_config;

void sim_os_begin(struct dev_info *dip);
/* Nothing may be left of what the driver has acquired. */
void sim_os_end(void);
void sim_dma_master(bool on);
bool sim_dma_is_master(void);
/* The memory has a new owner. */
void sim_dma_reused(const void *object, size_t len);
void sim_dma_begin(void);
void sim_dma_end(void);
/* Blocks of kmem_alloc(9F) that have not been freed. */
unsigned int sim_kmem_count(void);
extern unsigned int sim_warnings;	/* CE_WARN messages so far */

/* Does a message say that this target, or the controller, is offline, and none that it is not? */
bool sim_says_offline(unsigned int bus, unsigned int target);

/* The midlayer says itself that a resume or a host reset has failed. */
void sim_resumed(bool well);

/* ---- schedule.c ---- */

struct sim_total {
	uint64_t	requests, good, polled, attach_failed, resets, suspends, unplugs, panics;
};
extern struct sim_total sim_total;
void sim_schedule(void *arg);

#endif
