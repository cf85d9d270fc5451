/* SPDX-License-Identifier: GPL-2.0 */
/* The small midlayer, in the place of compat/linux: a host, its disks, requests and their rescue. */
#ifndef SIM_MIDLAYER_H
#define SIM_MIDLAYER_H

#include "sim.h"

#define MID_WORKERS	8u
#define MID_REGION	(SIM_BLOCKS / MID_WORKERS)	/* blocks of a disk that a worker uses */
#define MID_SGS		40u
#define MID_UNTOUCHED	0x5a	/* what a buffer holds before a read */

/* A request. It and its buffer live until both the sender and the HBA driver are done with it. */
struct mid_io {
	unsigned int	refs;
	struct mid_lun	*lun;
	unsigned int	tag;
	bool		over;		/* the sender may look at the result */
	bool		given_up;	/* the command is the HBA driver's alone */
	bool		failed;		/* its time is over and an abort did not help */
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
	struct scsa_cmd		*orphans;
	unsigned int		busy, failed;	/* requests sent; those of them that failed */
	bool			blocked, rescuing, suspended, removing, gone;
};

extern struct mid_host mid_host;

void mid_host_begin(struct dev_info *dip);
void mid_host_end(bool detached);
struct mid_io *mid_io_new(struct mid_lun *ml, unsigned int tag, bool write, uint32_t lba,
			  uint32_t blocks, uint32_t stamp);
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
int mid_suspend(void);
int mid_resume(void);
int mid_host_reset(void);
bool mid_reset(struct mid_lun *ml, int level);

#endif
