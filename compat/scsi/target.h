/* SPDX-License-Identifier: GPL-2.0 */
/* A LUN and a command, as our stand-in for a target driver sees them. */
#ifndef _COMPAT_SCSI_TARGET_H
#define _COMPAT_SCSI_TARGET_H

#include <sys/atomic.h>
#include <sys/scsi/scsi.h>

#include "../ddi/buf.h"
#include "../impl.h"
#include "../pure/split.h"
#include "pkt.h"

/* Up to 96 bytes of sense data, which is what the midlayer has room for. */
#define TARGET_SENSE_LEN	96
#define TARGET_SCB_LEN		((int)offsetof(struct scsi_arq_status, sts_sensedata) + TARGET_SENSE_LEN)

struct scsa_lun {
	struct scsi_device	sd;
	scsi_hba_tran_t		*tran;
	scsi_hba_tran_t		*clone;	/* SCSI_HBA_TRAN_CLONE: this LUN's copy, and tran */
	boolean_t		keep_packets;
	int			scblen;		/* status area of a packet */
	int			pkt_flags;	/* for scsi_init_pkt(9F) */
	boolean_t		tags_work;	/* a tagged command has had a status */
	uint_t			refs;	/* atomic: the Linux device's and each command's */
	struct scsa_stats	stats;	/* atomic */
};

/*
 * Parts: who sends the next part once one is done. tran_start() may complete a packet before it
 * returns. Its caller then continues in a loop, so that the parts do not nest on the stack.
 */
enum handoff {
	HANDOFF_NONE,		/* the completion sends the next part */
	HANDOFF_SENDING,	/* tran_start() has not returned */
	HANDOFF_DONE,		/* completed before tran_start() returned */
};

struct target_cmd {
	struct scsa_cmd		tc_cmd;		/* first */
	struct scsa_lun		*tc_lun;
	struct scsi_pkt		*tc_pkt;
	uint_t			tc_pkt_refs;	/* atomic: the command's and an abort's */
	boolean_t		tc_pkt_ours;	/* the command holds its reference */
	uint_t			tc_cdblen;	/* CDB length that tc_pkt was allocated for */
	struct buf		tc_buf;
	uint8_t			tc_sense[TARGET_SENSE_LEN];
	boolean_t		tc_bound;	/* tc_pkt has DMA resources */
	boolean_t		tc_parts;	/* carried out in parts, see below */
	uint_t			tc_handoff;	/* enum handoff, atomic */
	int			tc_stop;	/* atomic: abort requested, send no further part */
	struct split_cdb	tc_split;
	size_t			tc_done;	/* bytes moved by the parts before this one */
	size_t			tc_part;	/* bytes of this part, 0: not mapped */
	uint8_t			tc_warning;	/* status of a part that worked with a warning */
	uint8_t			tc_warning_len;	/* length of its sense data in tc_sense */
	clock_t			tc_deadline;
};

#define TARGET_COUNT(tc, field, n)							\
	do {									\
		scsa_count(&(tc)->tc_lun->stats.field, n);		\
		scsa_count(&(tc)->tc_cmd.sc_stats->field, n);		\
	} while (0)

static inline struct target_cmd *to_tc(struct scsa_cmd *sc)
{
	return (struct target_cmd *)sc;
}

/* lun.c: drop a reference. The HBA driver may already be unloaded. */
void target_lun_rele(struct scsa_lun *lun);

/* target_pkt.c: the packet of a command. */
void target_pkt_put(struct target_cmd *tc);
/* The packet, which stays until target_pkt_put(); NULL if there is none. */
struct scsi_pkt *target_pkt_get(struct target_cmd *tc);
void target_destroy_pkt(struct target_cmd *tc);
uint8_t target_outcome(struct target_cmd *tc, const struct scsi_pkt *pkt);
uint8_t target_plain_status(const struct scsa_cmd *sc, uint8_t status);
void target_get_sense(struct target_cmd *tc, const struct scsi_pkt *pkt);
/* Complete the command with an outcome other than the packet's. */
void target_fail(struct target_cmd *tc, uint8_t outcome);
int target_refuse(struct target_cmd *tc, uint8_t outcome);
int target_not_accepted(struct target_cmd *tc, int rc);

/* parts.c: a request in parts. */
int target_start_parts(struct target_cmd *tc);
void target_part_comp(struct target_cmd *tc);

/* target.c: the pkt_comp of every packet. */
void target_comp(struct scsi_pkt *pkt);

/* Undo the driver's bp_mapin(9F). An orphan's data is no longer written back. */
static inline void target_unmap(struct target_cmd *tc)
{
	boolean_t ours = linux_cmd_hold(&tc->tc_cmd);

	ddi_buf_unmap(&tc->tc_buf, ours);
	if (ours)
		linux_cmd_unhold(&tc->tc_cmd);
}

/* Before the buffer is returned: release the packet, or its DMA resources if packets are kept. */
static inline void target_release_pkt(struct target_cmd *tc)
{
	if (!tc->tc_pkt_ours)
		return;
	if (tc->tc_buf.b_flags & B_REMAPPED)
		target_unmap(tc);
	if (!tc->tc_lun->keep_packets)
		target_destroy_pkt(tc);
	else if (tc->tc_cmd.sc_len)
		scsi_pkt_dmafree(tc->tc_pkt);
	tc->tc_bound = B_FALSE;
}

/* Complete the command with the result that has been set in it. */
static inline void target_finish(struct target_cmd *tc)
{
	target_release_pkt(tc);
	linux_cmd_done(&tc->tc_cmd);
}

/*
 * Get a packet, and DMA resources for the buffer from tc_done on. Returns 0, 1 for a temporary
 * shortage, -1 if it can never work.
 */
static __always_inline int target_get_resources(struct target_cmd *tc)
{
	struct scsa_cmd *sc = &tc->tc_cmd;
	struct buf *bp = NULL;
	struct scsi_pkt *pkt;

	/* A packet's CDB has the length it was allocated with. */
	if (tc->tc_pkt_ours && tc->tc_cdblen != sc->sc_cdblen) {
		tc->tc_pkt_ours = B_FALSE;
		target_pkt_put(tc);
	}
	/* Root can send a command without a CDB. HBA drivers look at its first byte. */
	if (!tc->tc_pkt && !sc->sc_cdblen) {
		bioerror(&tc->tc_buf, EFAULT);
		return -1;
	}
	/* The caller holds the buffer, or has its only reference. */
	if (tc->tc_buf.b_flags & B_REMAPPED)
		ddi_buf_unmap(&tc->tc_buf, B_TRUE);
	if (sc->sc_len) {
		bp = &tc->tc_buf;
		bp->b_flags = sc->sc_flags & SCSA_CMD_READ ? B_READ : 0;
		bp->b_mapped = false;
		bp->b_un.b_addr = sc->sc_kaddr;
		if (bp->b_un.b_addr) {
			bp->b_un.b_addr += tc->tc_done;
		} else {
			bp->b_flags |= B_PHYS;
			bp->b_un.b_addr = DDI_BUF_NOT_MAPPED;
		}
		bp->b_bcount = sc->sc_len - tc->tc_done;
		bp->b_sgl = sc->sc_sgl;
		bp->b_nents = sc->sc_nents;
		bp->b_sgl_first = tc->tc_done;
		bp->b_granular = sc->sc_blksize;
	} else if (tc->tc_pkt) {
		return 0;
	}
	tc->tc_buf.b_error = 0;
	pkt = scsi_pkt_init(&tc->tc_lun->sd.sd_address, tc->tc_pkt, bp, sc->sc_cdblen,
			    tc->tc_lun->scblen, 0, tc->tc_lun->pkt_flags, NULL_FUNC);
	if (!pkt) {
		tc->tc_bound = B_FALSE;
		return pkt_shortage(bp) ? 1 : -1;
	}
	tc->tc_bound = bp ? B_TRUE : B_FALSE;
	if (!tc->tc_pkt) {
		tc->tc_pkt = pkt;
		tc->tc_cdblen = sc->sc_cdblen;
		pkt->pkt_comp = target_comp;
		pkt->pkt_private = tc;
		tc->tc_pkt_ours = B_TRUE;
		/* Pairs with target_pkt_get(). */
		smp_store_release(&tc->tc_pkt_refs, 1);
	}
	return 0;
}

static inline void target_prepare(struct target_cmd *tc)
{
	const struct scsa_cmd *sc = &tc->tc_cmd;
	struct scsi_pkt *pkt = tc->tc_pkt;

	/* Most CDBs have this length. With a constant the compiler needs no call. */
	if (sc->sc_cdblen == CDB_GROUP1)
		memcpy(pkt->pkt_cdbp, sc->sc_cdb, CDB_GROUP1);
	else
		memcpy(pkt->pkt_cdbp, sc->sc_cdb, sc->sc_cdblen);
	pkt->pkt_flags = (sc->sc_flags & SCSA_CMD_TAGGED ? FLAG_STAG : 0) |
			 (sc->sc_flags & SCSA_CMD_MORE ? FLAG_SCSA_MORE : 0);
	pkt->pkt_time = sc->sc_time;
	pkt->pkt_resid = 0;
}

/* All of the data was moved, with good status. */
static inline boolean_t target_pkt_is_good(const struct scsi_pkt *pkt)
{
	return pkt->pkt_reason == CMD_CMPLT && !pkt->pkt_scbp[0] && !pkt->pkt_resid ? B_TRUE :
	       B_FALSE;
}

/* A command with a tag has had a status. */
static inline void target_note_tags(struct target_cmd *tc)
{
	if ((tc->tc_cmd.sc_flags & SCSA_CMD_TAGGED) && !tc->tc_lun->tags_work)
		tc->tc_lun->tags_work = B_TRUE;
}

/* Set the result from a completed packet for @part bytes. Returns the bytes that it moved. */
static inline size_t target_get_result(struct target_cmd *tc, size_t part)
{
	struct scsa_cmd *sc = &tc->tc_cmd;
	struct scsi_pkt *pkt = tc->tc_pkt;
	size_t resid;

	sc->sc_senselen = 0;
	sc->sc_outcome = pkt->pkt_reason == CMD_CMPLT ? SCSA_OK : target_outcome(tc, pkt);
	if (sc->sc_outcome != SCSA_OK) {
		sc->sc_status = 0;
		return 0;
	}
	target_note_tags(tc);
	sc->sc_status = pkt->pkt_scbp[0];
	if (sc->sc_status) {
		sc->sc_status = target_plain_status(sc, sc->sc_status);
		if (sc->sc_status == STATUS_CHECK)
			target_get_sense(tc, pkt);
	}
	/* The target had more than the buffer holds, so the buffer is full. */
	if (pkt->pkt_reason == CMD_DATA_OVR)
		return part;
	/* Some drivers report a negative residual, or one larger than the transfer. */
	resid = pkt->pkt_resid < 0 ? 0 : MIN((size_t)pkt->pkt_resid, part);
	return part - resid;
}

#endif /* _COMPAT_SCSI_TARGET_H */
