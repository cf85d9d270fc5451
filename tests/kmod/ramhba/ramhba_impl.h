/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the RAM disk HBA's Solaris side share. */
#ifndef _RAMHBA_IMPL_H
#define _RAMHBA_IMPL_H

#include <sys/conf.h>
#include <sys/ddi_taskq.h>
#include <sys/scsi/scsi.h>

#include "ramhba.h"

#define RAMHBA_SIZE		(64 << 20)	/* of a target's disk */
#define RAMHBA_TARGETS		2
#define RAMHBA_LUNS		8
#define RAMHBA_MAXSEGS		256
#define RAMHBA_NDATASEGS	16		/* with the property "published" */
#define RAMHBA_HABITS		3		/* the value of "published" with all habits */
#define RAMHBA_LOST		4242		/* the block that the property "lose" applies to */
#define RAMHBA_SHORT		4243		/* the block that "shorten" applies to */
#define RAMHBA_ANSWERED		4244		/* reads of it move without DMA: RAMHBA_HABITS */

#define SCMD_WRITE_BUFFER	0x3b

/* A tape of a target, with "dtype" 1 */
#define RAMHBA_RECORDS		1024
#define RAMHBA_TAPE		(8 << 20)	/* bytes */
#define RAMHBA_TAPE_EARLY	(6 << 20)	/* above this each WRITE warns of the end of the medium */

/* A changer, with "dtype" 8 */
#define RAMHBA_SLOTS		4
#define RAMHBA_DRIVES		2

struct ramhba_record {
	uint_t		rec_offset;	/* in the target's RAM disk */
	uint_t		rec_len;
	boolean_t	rec_mark;	/* a filemark */
};

struct ramhba_tape {
	struct ramhba_record	tp_record[RAMHBA_RECORDS];
	uint_t			tp_count;
	uint_t			tp_pos;		/* the next record */
	uint_t			tp_block;	/* length of a block; 0: each record has its own */
};

struct ramhba_cmd {
	struct scsi_pkt		*rc_pkt;
	struct ramhba_cmd	*rc_next;
	/* For tran_init_pkt() only. */
	ddi_dma_handle_t	rc_dma;
	boolean_t		rc_bound;
	boolean_t		rc_forever;	/* no abort or reset returns it */
	uint_t			rc_nwin;
	uint_t			rc_win;
	uint_t			rc_cookie;	/* first cookie of this command in its window */
	uint_t			rc_ncookies;
	size_t			rc_count;	/* bytes of this command */
	size_t			rc_total;	/* bytes mapped so far, this command included */
};

struct ramhba {
	dev_info_t		*rh_dip;
	struct ramhba		*rh_next;	/* next instance */
	scsi_hba_tran_t		*rh_tran;
	ddi_acc_handle_t	rh_config;
	kmutex_t		rh_mutex;	/* protects the queue */
	kcondvar_t		rh_cv;		/* signalled when rh_active is 0 */
	struct ramhba_cmd	*rh_head;
	struct ramhba_cmd	**rh_tail;
	struct ramhba_cmd	*rh_kept;	/* commands withheld by "lose", under rh_mutex */
	uint_t			rh_active;	/* "quiesce-waits": commands, under rh_mutex */
	ddi_taskq_t		*rh_taskq;
	boolean_t		rh_armed;	/* a task has been dispatched for the queue */
	boolean_t		rh_sync;
	boolean_t		rh_batch;
	boolean_t		rh_quiesce_waits;
	boolean_t		rh_overrun;
	int			rh_spi;		/* see the parameter */
	uint_t			rh_spi_wide, rh_spi_sync;	/* bit per target: negotiated */
	boolean_t		rh_idle_suspend;
	boolean_t		rh_short_status;
	int			rh_untagged;
	int			rh_full;
	uint_t			rh_moves;	/* atomic: READs and WRITEs, for "full" */
	int			rh_leave;
	int			rh_initiator;
	int			rh_published;
	int			rh_lose;
	int			rh_recovered;
	int			rh_shorten;
	uchar_t			rh_dtype;
	uchar_t			rh_ansi;
	uchar_t			rh_luns;
	uchar_t			rh_status_bits;
	int			rh_no_lun;
	uint_t			rh_maxsegs;
	uint_t			rh_block;	/* block size in bytes */
	uint_t			rh_blocks;
	uint_t			rh_unmoved;	/* atomic: transfers while not a bus master */
	uint_t			rh_answered;	/* atomic: answers without DMA */
	uint_t			rh_stale;	/* atomic: stale state found in packets */
	boolean_t		rh_quiesced;	/* under rh_mutex */
	struct scsi_reset_notify_entry *rh_notify[RAMHBA_TARGETS];	/* under rh_mutex */
	caddr_t			rh_disk[RAMHBA_TARGETS];
	boolean_t		rh_removable;
	boolean_t		rh_empty;	/* no medium in any target */
	boolean_t		rh_attention[RAMHBA_TARGETS];	/* the target's medium has changed */
	struct ramhba_tape	rh_tape[RAMHBA_TARGETS];
	uchar_t			rh_element[RAMHBA_TARGETS][1 + RAMHBA_SLOTS + RAMHBA_DRIVES];
};

/* The range of a READ or a WRITE. */
struct ramhba_io {
	uint64_t		io_lba;
	uint64_t		io_blocks;
	boolean_t		io_read;
};

static inline struct ramhba *to_ramhba(struct scsi_address *ap)
{
	return ap->a_hba_tran->tran_hba_private;
}

static inline struct ramhba_cmd *to_cmd(struct scsi_pkt *pkt)
{
	return pkt->pkt_ha_private;
}

/* ramhba_scsa.c */
size_t ramhba_count(struct scsi_pkt *pkt);
size_t ramhba_move(struct scsi_pkt *pkt, caddr_t data, size_t len, boolean_t to_memory);
void ramhba_sense(struct scsi_pkt *pkt, uchar_t key, uchar_t asc);
void ramhba_complete(struct ramhba *rh, struct scsi_pkt *pkt);
void ramhba_carry_out(struct ramhba *rh, struct ramhba_cmd *cmd);

/* ramhba_faults.c */
boolean_t ramhba_is_master(struct ramhba *rh);
boolean_t ramhba_parse(const uchar_t *cdb, struct ramhba_io *io);
boolean_t ramhba_refuses(struct ramhba *rh, struct scsi_pkt *pkt);
boolean_t ramhba_keep(struct ramhba *rh, struct scsi_pkt *pkt);
struct ramhba_cmd *ramhba_take_kept(struct ramhba *rh, int target, struct scsi_pkt *pkt, boolean_t all);
uint_t ramhba_end_kept(struct ramhba *rh, int target, struct scsi_pkt *pkt, uchar_t reason,
		       uint_t statistics);
void ramhba_notify_reset(struct ramhba *rh, int target);
size_t ramhba_length(struct ramhba *rh, struct scsi_pkt *pkt, const struct ramhba_io *io);
boolean_t ramhba_overruns(struct ramhba *rh, struct scsi_pkt *pkt);

/* ramhba_media.c */
void ramhba_media_init(struct ramhba *rh);
void ramhba_media_change(struct ramhba *rh, boolean_t in);
boolean_t ramhba_media_ready(struct ramhba *rh, struct scsi_pkt *pkt);
boolean_t ramhba_media_execute(struct ramhba *rh, struct scsi_pkt *pkt, size_t *moved);

/* ramhba_published.c */
void ramhba_published_setup(scsi_hba_tran_t *tran);
void ramhba_published_start(struct ramhba *rh, struct scsi_pkt *pkt);
void ramhba_published_done(struct ramhba *rh, struct scsi_pkt *pkt);
boolean_t ramhba_published_answer(struct scsi_pkt *pkt, const void *data, size_t len);
void ramhba_published_sense(struct scsi_pkt *pkt, const struct scsi_extended_sense *sense);
const ddi_dma_cookie_t *ramhba_published_cookie(struct scsi_pkt *pkt, uint_t i);
size_t ramhba_published_count(struct scsi_pkt *pkt);

/* ramhba_spi.c */
int ramhba_spi_getcap(struct ramhba *rh, uint_t target, char *cap);
boolean_t ramhba_spi_setcap(struct ramhba *rh, uint_t target, char *cap, int value);

#endif /* _RAMHBA_IMPL_H */
