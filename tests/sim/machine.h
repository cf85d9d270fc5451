/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the emulated chip with its disks, and the rest of the machine, know of each other. */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- core.c ---- */

/* The run has found a bug: print it with the seed, and end. */
void sim_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void sim_trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
extern bool sim_tracing;
/* Random: less than @n. */
uint32_t sim_rand(uint32_t n);
static inline bool sim_chance(unsigned int of_1000)
{
	return sim_rand(1000) < of_1000;
}
extern uint64_t sim_now;		/* ns */
/* Have @func called, by the machine and not by a CPU, in @ns. */
void sim_after(uint64_t ns, void (*func)(void *arg), void *arg);
void sim_cancel(void (*func)(void *arg), void *arg);

/* ---- os_dma.c, os_dev.c ---- */

/* The device accesses memory. False: the bus refuses, as bus mastering is off. */
bool sim_dma(uint64_t addr, void *buf, uint32_t len, bool to_memory);
/* The interrupt line. */
void sim_line(bool level);

/* ---- chip.c ---- */

#define SIM_BLOCK	512u
#define SIM_BLOCKS	4096u		/* of a disk */
#define SIM_TARGETS	16u

/* What disks do besides their work: of 1000 commands. */
struct sim_disks {
	unsigned int	slow, dead, full, busy, recovered, medium, shorter;
	uint32_t	no_tags;	/* targets that reject tags */
};
extern struct sim_disks sim_disks;

/* @strict: bits, which of the things that silicon may do otherwise this chip does otherwise. */
void sim_chip_new(unsigned int chip, unsigned int strict);
void sim_chip_free(void);
uint16_t sim_chip_device(void);
unsigned int sim_chip_buses(void);
uint32_t sim_chip_read(uint32_t offset, unsigned int size);
void sim_chip_write(uint32_t offset, uint32_t value, unsigned int size);
/* Arm faults; the empty text disarms all. */
void sim_chip_fault(const char *rules);
bool sim_chip_config_gone(void);
/* Has a fault been armed that can keep an interrupt back? */
bool sim_chip_may_be_quiet(void);
/* Disks end what they hold, and from here on behave. */
void sim_disks_calm(void);
bool sim_disk_present(unsigned int bus, unsigned int target);

/* The data of a block as its last writer left it: words made of block, writer's tag and position. */
void sim_pattern(uint8_t *block, uint32_t lba, uint32_t tag);
/* True if the block holds the pattern of @lba; *@tag takes the tag. */
bool sim_pattern_tag(const uint8_t *block, uint32_t lba, uint32_t *tag);

#endif
