/* SPDX-License-Identifier: GPL-2.0 */
/* The small midlayer, in the place of compat/linux: a host, its disks, requests and their rescue. */
#ifndef SIM_MIDLAYER_H
#define SIM_MIDLAYER_H

#include "sim.h"

#define MID_WORKERS	8u
#define MID_REGION	(SIM_BLOCKS / (MID_WORKERS + 1)) /* blocks of a disk for a worker, and for polling */
#define MID_SGS		40u
#define MID_UNTOUCHED	0x5a	/* what a buffer holds before a read */
#define MID_TAKEN	0xee	/* and once the midlayer has taken it back */

/* A request. It and its buffer live until both the sender and the HBA driver are done with it. */
struct mid_io {
	unsigned int	refs;
	struct mid_lun	*lun;
	unsigned int	tag;
	bool		over;		/* the sender may look at the result */
	bool		given_up;	/* the command is the HBA driver's alone */
	bool		failed;		/* its time is over and an abort did not help */
	bool		slab;		/* the buffer is memory that a reference does not keep */
	uint8_t		cdb[10];
	uint8_t		*room, *buf;	/* @buf is the data, in @room */
	struct sim_sg	*sgl;
	unsigned int	nsgs;
	uint32_t	lba, blocks, stamp;
	bool		write;
	/* the result */
	uint8_t		outcome, status, sense[20];
	uint32_t	resid;
};

struct mid_lun {
	struct scsa_lun	*lun;
	unsigned int	id;		/* target, bit 4: the bus, as the driver numbers them */
	unsigned int	bus, target;
	bool		tagged, offline;
	struct scsa_cmd	*slots[MID_WORKERS];
	uint32_t	acked[SIM_BLOCKS];	/* stamp of the last write that succeeded */
};

struct mid_host {
	struct dev_info		*dip;
	bool			locked;		/* the driver is being stopped or started */
	struct mid_lun		*luns[8];
	unsigned int		nluns;
	struct scsa_cmd		*orphans, *pending, **last_pending;
	bool			thread;		/* the thread model: a workqueue starts commands */
	bool			working;	/* the workqueue does */
	bool			commit;		/* the driver takes batches */
	bool			no_suspend;	/* the driver's glue says so */
	bool			dma_stopped;	/* see mid_write_off() */
	uint32_t		base;		/* first block that requests use */
	uint32_t		told;		/* targets that were reset, it was reported */
	unsigned int		busy, failed;	/* requests sent; those of them that failed */
	bool			blocked, rescuing, suspended, removing, gone;
};

extern struct mid_host mid_host;

void mid_host_begin(struct dev_info *dip, unsigned int buses, unsigned int targets, uint32_t base);
/* @may_lose: the HBA driver may keep commands for good. */
void mid_host_end(bool detached, bool may_lose);
struct mid_io *mid_io_new(struct mid_lun *ml, unsigned int tag, uint64_t *dice, uint32_t stamp);
void mid_io_put(struct mid_io *io);
/* Send it, and return when it has ended in one way or the other, at the latest by error handling. */
void mid_io_run(struct mid_io *io, unsigned int seconds);
bool mid_io_ok(const struct mid_io *io);

/* eh.c */
/* The request's time is over. On return it has ended. */
void mid_rescue(struct mid_io *io);
bool mid_cmd_is_out(const struct scsa_cmd *sc);
/* No command of the scope is out: -1 means all. False if @ms were not enough. */
bool mid_drain(int id, unsigned int ms);
bool mid_orphan_wait(struct mid_lun *ml, unsigned int tag);
void mid_flush_work(void);
/* Recovery has failed: see linux_write_off() in compat/linux. */
void mid_write_off(void);
/* False if bus mastering is off and must stay off. */
bool mid_resume_dma(void);
int mid_suspend(void);
int mid_resume(void);
int mid_host_reset(void);
bool mid_reset(struct mid_lun *ml, int level);

#endif
