// SPDX-License-Identifier: GPL-2.0
/*
 * The part that a Solaris target driver plays: packets for the midlayer's commands.
 *
 * For each command a packet with DMA resources for the command's buffer is allocated (scsi_init_pkt),
 * sent (scsi_transport), comes back (target_comp) and is destroyed (scsi_destroy_pkt), as sd does it.
 * An HBA driver may state that its packets can be kept: then the next command with the same tag uses
 * the packet again, and scsi_dmafree takes the place of scsi_destroy_pkt.
 *
 * If not all of the buffer could be mapped, as pkt_resid tells, and the CDB may be split, the request
 * is carried out in parts, one after the other: the packet is moved to the next part of the buffer,
 * and LBA and length of the CDB are rewritten for it. A move that fails is not repeated, because
 * drivers have counted it already: what is left of the buffer gets a packet of its own.
 */
#include <sys/scsi/scsi.h>

#include "../pure/dma_window.h"
#include "../impl.h"
#include "../pure/split.h"

/* Sense data of up to 96 bytes, what the midlayer has room for. */
#define TARGET_SENSE_LEN	96
#define TARGET_SCB_LEN		((int)offsetof(struct scsi_arq_status, sts_sensedata) + TARGET_SENSE_LEN)

/* How soon to try again when a part found no DMA resources or a busy HBA. */
#define TARGET_RETRY_USEC	4000

struct scsa_lun {
	struct scsi_device	sd;
	scsi_hba_tran_t		*tran;
	scsi_hba_tran_t		*clone;	/* SCSI_HBA_TRAN_CLONE: ours, what tran is then */
	boolean_t		keep_packets;
	int			refs;	/* atomic: the Linux device and each command */
	struct scsa_stats	stats;	/* atomic */
};

/*
 * Parts: who goes on once a part is done. tran_start() may complete a packet before it returns;
 * then its caller goes on in a loop, instead of each part nesting in the one before.
 */
enum handoff {
	HANDOFF_NONE,		/* the completion goes on */
	HANDOFF_SENDING,	/* tran_start() has not returned */
	HANDOFF_DONE,		/* completed before tran_start() returned */
};

struct target_cmd {
	struct scsa_cmd		tc_cmd;		/* first */
	struct scsa_lun		*tc_lun;
	struct scsi_pkt		*tc_pkt;
	int			tc_pkt_refs;	/* atomic: the command's and an abort's */
	boolean_t		tc_pkt_ours;	/* the command has its reference */
	uint_t			tc_cdblen;	/* it was allocated for */
	struct buf		tc_buf;
	uint8_t			tc_sense[TARGET_SENSE_LEN];
	boolean_t		tc_bound;	/* tc_pkt has DMA resources */
	boolean_t		tc_parts;	/* carried out in parts; the rest is for those */
	int			tc_handoff;	/* enum handoff, atomic */
	int			tc_stop;	/* atomic: abort asked for, send no further part */
	struct split_cdb	tc_split;
	size_t			tc_done;	/* bytes moved by the parts before this one */
	size_t			tc_part;	/* bytes of this part, 0: not mapped */
	uint8_t			tc_warning;	/* status of a part that went well, but not quite */
	uint8_t			tc_warning_len;	/* its sense, in tc_sense */
	clock_t			tc_deadline;
};

#define COUNT(tc, field, n)							\
	do {									\
		__atomic_add_fetch(&(tc)->tc_lun->stats.field, n, __ATOMIC_RELAXED);	\
		__atomic_add_fetch(&(tc)->tc_cmd.sc_stats->field, n,	\
				   __ATOMIC_RELAXED);				\
	} while (0)

static struct target_cmd *to_tc(struct scsa_cmd *sc)
{
	return (struct target_cmd *)sc;
}

/* Reset notification: the midlayer expects unit attentions then. */
static void target_was_reset(caddr_t arg)
{
	struct scsa_lun *lun = (struct scsa_lun *)arg;

	linux_report_reset(lun->sd.sd_dev, lun->sd.sd_address.a_target);
}

/* The HBA driver may have gone. */
static void lun_rele(struct scsa_lun *lun)
{
	if (__atomic_sub_fetch(&lun->refs, 1, __ATOMIC_ACQ_REL))
		return;
	scsi_unprobe(&lun->sd);
	mutex_destroy(&lun->sd.sd_mutex);
	if (lun->clone)
		kmem_free(lun->clone, sizeof(*lun->clone));
	kmem_free(lun, sizeof(*lun));
}

/*
 * A driver with a tran_tgt_probe(9E) of its own may hide devices, as the members of a volume. Only
 * what it says is not there is left out: for all else the midlayer asks the device itself.
 */
static boolean_t hidden(struct scsi_device *sd)
{
	scsi_hba_tran_t *tran = sd->sd_address.a_hba_tran;

	return tran->tran_tgt_probe && tran->tran_tgt_probe != scsi_hba_probe &&
	       scsi_probe(sd, SLEEP_FUNC) == SCSIPROBE_NORESP ? B_TRUE : B_FALSE;
}

struct scsa_lun *scsa_lun_create(dev_info_t *dip, uint_t target, uint_t lun_nr)
{
	struct scsa_lun *lun = kmem_zalloc(sizeof(*lun), KM_SLEEP);
	struct scsi_device *sd = &lun->sd;

	lun->refs = 1;
	lun->tran = dip->di_tran;
	lun->keep_packets = dip->di_keep_packets;
	if (dip->di_tran->tran_hba_flags & SCSI_HBA_TRAN_CLONE) {
		lun->clone = kmem_alloc(sizeof(*lun->clone), KM_SLEEP);
		*lun->clone = *dip->di_tran;
		lun->clone->tran_sd = sd;
		lun->tran = lun->clone;
	}
	sd->sd_address.a_hba_tran = lun->tran;
	sd->sd_address.a_target = target;
	sd->sd_address.a_lun = lun_nr;
	sd->sd_dev = dip;
	mutex_init(&sd->sd_mutex, NULL, MUTEX_DRIVER, NULL);
	if (target > 0xffff || lun_nr > 0xff)
		goto fail;
	if (lun->tran->tran_tgt_init &&
	    lun->tran->tran_tgt_init(dip, NULL, lun->tran, sd) != DDI_SUCCESS)
		goto fail;
	if (hidden(sd)) {
		if (lun->tran->tran_tgt_free)
			lun->tran->tran_tgt_free(dip, NULL, lun->tran, sd);
		goto fail;
	}
	if (lun->tran->tran_reset_notify)
		lun->tran->tran_reset_notify(&sd->sd_address, SCSI_RESET_NOTIFY, target_was_reset,
					     (caddr_t)lun);
	return lun;

fail:
	lun_rele(lun);
	return NULL;
}

void scsa_lun_put(struct scsa_lun *lun)
{
	struct scsi_device *sd = &lun->sd;

	if (lun->tran->tran_reset_notify)
		lun->tran->tran_reset_notify(&sd->sd_address, SCSI_RESET_CANCEL, target_was_reset,
					     (caddr_t)lun);
	if (lun->tran->tran_tgt_free)
		lun->tran->tran_tgt_free(sd->sd_dev, NULL, lun->tran, sd);
	lun_rele(lun);
}

bool scsa_lun_configure(struct scsa_lun *lun, bool tagged)
{
	struct scsi_address *ap = &lun->sd.sd_address;

	if (scsi_ifgetcap(ap, "auto-rqsense", 1) != 1)
		scsi_ifsetcap(ap, "auto-rqsense", 1, 1);
	if (!tagged)
		return false;
	scsi_ifsetcap(ap, "tagged-qing", 1, 1);
	return scsi_ifgetcap(ap, "tagged-qing", 1) == 1;
}

const struct scsa_stats *scsa_lun_stats(const struct scsa_lun *lun)
{
	return &lun->stats;
}

void scsa_hba_limits(dev_info_t *dip, struct scsa_hba_limits *lim)
{
	scsi_hba_tran_t *tran = dip->di_tran;
	const ddi_dma_attr_t *a = &tran->tran_dma_attr;
	struct scsi_address addr = { .a_hba_tran = tran };
	struct dma_limits dma;
	const char *why;

	/* count_max and seg are one less than a length and may be all ones. */
	lim->max_cookie = MIN(MIN(a->dma_attr_count_max, a->dma_attr_seg), 0xfffffffeULL) + 1;
	lim->max_cookie = MIN(lim->max_cookie, a->dma_attr_maxxfer);
	lim->seg_boundary = a->dma_attr_seg;
	lim->initiator_id = scsi_ifgetcap(&addr, "initiator-id", 0);
	lim->max_cdb_len = scsi_ifgetcap(&addr, "max-cdb-length", 0);
	if (lim->max_cdb_len < 0)
		lim->max_cdb_len = 0;
	lim->commit = tran->tran_commit != NULL;
	lim->command_len = 0;
	if (dma_limits_init(&dma, a, &why) == DDI_SUCCESS)
		lim->command_len = dma_limits_sure_len(&dma);
}

void scsa_hba_commit(dev_info_t *dip)
{
	dip->di_tran->tran_commit(dip->di_tran);
}

int scsa_hba_quiesce(dev_info_t *dip)
{
	scsi_hba_tran_t *tran = dip->di_tran;

	if (!tran->tran_quiesce || !tran->tran_unquiesce)
		return -EOPNOTSUPP;
	return tran->tran_quiesce(dip) ? -EIO : 0;
}

int scsa_hba_unquiesce(dev_info_t *dip)
{
	return dip->di_tran->tran_unquiesce(dip) ? -EIO : 0;
}

int scsa_hba_bus_reset(dev_info_t *dip)
{
	scsi_hba_tran_t *tran = dip->di_tran;

	if (!tran->tran_bus_reset)
		return -EOPNOTSUPP;
	return tran->tran_bus_reset(dip, RESET_BUS) == 1 ? 0 : -EIO;
}

struct scsa_cmd *scsa_cmd_alloc(struct scsa_lun *lun)
{
	struct target_cmd *tc = kmem_zalloc(sizeof(*tc), KM_NOSLEEP);

	if (!tc)
		return NULL;
	tc->tc_lun = lun;
	__atomic_add_fetch(&lun->refs, 1, __ATOMIC_RELAXED);
	return &tc->tc_cmd;
}

/* Drop a reference to the packet, and destroy it with the last one. */
static void pkt_put(struct target_cmd *tc)
{
	struct scsi_pkt *pkt = tc->tc_pkt;

	if (__atomic_sub_fetch(&tc->tc_pkt_refs, 1, __ATOMIC_ACQ_REL))
		return;
	tc->tc_pkt = NULL;
	scsi_destroy_pkt(pkt);
}

static void cmd_free(struct target_cmd *tc)
{
	lun_rele(tc->tc_lun);
	kmem_free(tc, sizeof(*tc));
}

void scsa_cmd_free(struct scsa_cmd *sc)
{
	struct target_cmd *tc = to_tc(sc);

	if (tc->tc_pkt_ours)
		pkt_put(tc);
	cmd_free(tc);
}

void scsa_cmd_abandon(struct scsa_cmd *sc, bool pkt)
{
	struct target_cmd *tc = to_tc(sc);

	if (pkt && tc->tc_pkt_ours)
		scsi_hba_pkt_free(&tc->tc_lun->sd.sd_address, tc->tc_pkt);
	cmd_free(tc);
}

/* The packet, not to be destroyed before pkt_put(); NULL if there is none. */
static struct scsi_pkt *pkt_get(struct target_cmd *tc)
{
	int refs = __atomic_load_n(&tc->tc_pkt_refs, __ATOMIC_ACQUIRE);

	while (refs)
		if (__atomic_compare_exchange_n(&tc->tc_pkt_refs, &refs, refs + 1, B_FALSE,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return tc->tc_pkt;
	return NULL;
}

/* Destroy the packet, or leave that to an abort that looks at it, but not with the buffer bound. */
static noinline void destroy_pkt(struct target_cmd *tc)
{
	struct scsi_pkt *pkt = tc->tc_pkt;
	int only_ours = 1;

	tc->tc_pkt_ours = B_FALSE;
	if (__atomic_compare_exchange_n(&tc->tc_pkt_refs, &only_ours, 0, B_FALSE, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE)) {
		tc->tc_pkt = NULL;
		scsi_destroy_pkt(pkt);
		return;
	}
	if (tc->tc_cmd.sc_len)
		scsi_dmafree(pkt);
	pkt_put(tc);
}

/*
 * Give up the packet, or only its DMA resources if packets are kept, before the command's buffer goes
 * back.
 */
static inline void release_pkt(struct target_cmd *tc)
{
	if (!tc->tc_pkt_ours)
		return;
	if (!tc->tc_lun->keep_packets)
		destroy_pkt(tc);
	else if (tc->tc_cmd.sc_len)
		scsi_dmafree(tc->tc_pkt);
	tc->tc_bound = B_FALSE;
}

/* Give the command back with what has been set in it. */
static void finish(struct target_cmd *tc)
{
	release_pkt(tc);
	linux_cmd_done(&tc->tc_cmd);
}

static void fail(struct target_cmd *tc, uint8_t outcome)
{
	struct scsa_cmd *sc = &tc->tc_cmd;

	sc->sc_outcome = outcome;
	sc->sc_status = 0;
	sc->sc_senselen = 0;
	sc->sc_resid = sc->sc_len - tc->tc_done;
	finish(tc);
}

/* The same for one that was never sent. Those before it in a batch rely on the last one's doorbell. */
static int refuse(struct target_cmd *tc, uint8_t outcome)
{
	scsi_hba_tran_t *tran = tc->tc_lun->tran;

	if (tran->tran_commit && !(tc->tc_cmd.sc_flags & SCSA_CMD_MORE))
		tran->tran_commit(tran);
	fail(tc, outcome);
	return 0;
}

/* How a packet ended that is not CMD_CMPLT, by contract. */
static noinline uint8_t outcome_of(struct target_cmd *tc, const struct scsi_pkt *pkt)
{
	const struct scsa_cmd *sc = &tc->tc_cmd;

	switch (pkt->pkt_reason) {
	case CMD_DEV_GONE:
		return SCSA_NO_DEVICE;
	case CMD_INCOMPLETE:
		return (pkt->pkt_state & STATE_GOT_TARGET) ? SCSA_TRANSPORT : SCSA_NO_DEVICE;
	case CMD_TIMEOUT:
		return SCSA_TIMED_OUT;
	case CMD_RESET:
		return SCSA_RESET;
	case CMD_ABORTED:
	case CMD_TERMINATED:
		return SCSA_ABORTED;
	case CMD_PER_FAIL:
		return SCSA_PARITY;
	case CMD_DATA_OVR:
		/* The target had more data, or wanted more, than the buffer holds. */
		if (!(sc->sc_flags & SCSA_CMD_READ) || !sc->sc_len ||
		    !split_read_varies(sc->sc_cdb, sc->sc_cdblen, sc->sc_devtype))
			return SCSA_TRANSPORT;
		COUNT(tc, overruns, 1);
		return SCSA_OK;
	default:
		return (pkt->pkt_statistics & STAT_PERR) ? SCSA_PARITY : SCSA_TRANSPORT;
	}
}

static noinline void get_sense(struct target_cmd *tc, const struct scsi_pkt *pkt)
{
	const struct scsi_arq_status *arq = (const struct scsi_arq_status *)pkt->pkt_scbp;
	uint_t len = (pkt->pkt_state & STATE_XARQ_DONE) ? TARGET_SENSE_LEN : SENSE_LENGTH;

	if (!(pkt->pkt_state & STATE_ARQ_DONE) || arq->sts_rqpkt_reason != CMD_CMPLT)
		return;
	len -= MIN(arq->sts_rqpkt_resid, len);
	memcpy(tc->tc_sense, &arq->sts_sensedata, len);
	tc->tc_cmd.sc_sense = tc->tc_sense;
	tc->tc_cmd.sc_senselen = len;
}

/* Set the result from a packet that came back with @part bytes to move. Returns those it moved. */
static size_t get_result(struct target_cmd *tc, size_t part)
{
	struct scsa_cmd *sc = &tc->tc_cmd;
	struct scsi_pkt *pkt = tc->tc_pkt;
	size_t resid;

	sc->sc_senselen = 0;
	sc->sc_outcome = pkt->pkt_reason == CMD_CMPLT ? SCSA_OK : outcome_of(tc, pkt);
	if (sc->sc_outcome != SCSA_OK) {
		sc->sc_status = 0;
		return 0;
	}
	sc->sc_status = pkt->pkt_scbp[0];
	if (sc->sc_status == STATUS_CHECK)
		get_sense(tc, pkt);
	/* The buffer is full if there was more than it holds. */
	if (pkt->pkt_reason == CMD_DATA_OVR)
		return part;
	/* Drivers have been seen to report less than nothing and more than there was. */
	resid = pkt->pkt_resid < 0 ? 0 : MIN((size_t)pkt->pkt_resid, part);
	return part - resid;
}

static void prepare(struct target_cmd *tc)
{
	const struct scsa_cmd *sc = &tc->tc_cmd;
	struct scsi_pkt *pkt = tc->tc_pkt;

	/* Most are of this length; one that the compiler knows spares a call. */
	if (sc->sc_cdblen == CDB_GROUP1)
		memcpy(pkt->pkt_cdbp, sc->sc_cdb, CDB_GROUP1);
	else
		memcpy(pkt->pkt_cdbp, sc->sc_cdb, sc->sc_cdblen);
	pkt->pkt_flags = (sc->sc_flags & SCSA_CMD_TAGGED ? FLAG_STAG : 0) |
			 (sc->sc_flags & SCSA_CMD_MORE ? FLAG_SCSA_MORE : 0);
	pkt->pkt_time = sc->sc_time;
	pkt->pkt_resid = 0;
}

/* Set the packet up for the part that is mapped; false if that is no whole number of blocks. */
static boolean_t prepare_part(struct target_cmd *tc)
{
	struct scsi_pkt *pkt = tc->tc_pkt;

	prepare(tc);
	if (split_rewrite(&tc->tc_split, pkt->pkt_cdbp, tc->tc_done, tc->tc_part))
		return B_FALSE;
	/* The next part is sent when this one is complete: ring the doorbell now. */
	pkt->pkt_flags &= ~FLAG_SCSA_MORE;
	pkt->pkt_time = MAX((tc->tc_deadline - ddi_get_lbolt()) / hz, 1);
	return B_TRUE;
}

/* Note which part init_pkt has mapped. */
static void mapped_part(struct target_cmd *tc)
{
	tc->tc_part = tc->tc_cmd.sc_len - tc->tc_done - tc->tc_pkt->pkt_resid;
}

static int send_part(struct target_cmd *tc)
{
	linux_trace_part(&tc->tc_cmd, tc->tc_done, tc->tc_part);
	__atomic_store_n(&tc->tc_handoff, HANDOFF_SENDING, __ATOMIC_RELEASE);
	return scsi_transport(tc->tc_pkt);
}

/* Sense of a part that was carried out is reported once the request is, unless it ends with an error. */
static void remember_warning(struct target_cmd *tc)
{
	struct scsa_cmd *sc = &tc->tc_cmd;

	if (sc->sc_status != STATUS_GOOD) {
		tc->tc_warning = sc->sc_status;
		tc->tc_warning_len = sc->sc_senselen;
	} else if (tc->tc_warning) {
		sc->sc_status = tc->tc_warning;
		sc->sc_senselen = tc->tc_warning_len;
		sc->sc_sense = tc->tc_sense;
	}
}

/* Account for the part that came back. True if another one is to follow, else all is finished. */
static boolean_t part_done(struct target_cmd *tc)
{
	struct scsa_cmd *sc = &tc->tc_cmd;
	size_t moved = get_result(tc, tc->tc_part);
	boolean_t whole = moved == tc->tc_part && sc->sc_outcome == SCSA_OK &&
			  split_carried_out(sc->sc_status, sc->sc_sense, sc->sc_senselen);

	COUNT(tc, split_commands, 1);
	tc->tc_done += moved;
	tc->tc_part = 0;
	sc->sc_resid = sc->sc_len - tc->tc_done;
	if (whole) {
		remember_warning(tc);
		if (sc->sc_resid)
			return B_TRUE;
	}
	finish(tc);
	return B_FALSE;
}

/*
 * tran_start() accepted a part. True if the part is done already and another one is to follow;
 * else somebody else may have gone on by now, and the command must not be touched.
 */
static boolean_t part_accepted(struct target_cmd *tc)
{
	if (__atomic_exchange_n(&tc->tc_handoff, HANDOFF_NONE, __ATOMIC_ACQ_REL) != HANDOFF_DONE)
		return B_FALSE;
	return part_done(tc);
}

static void run_parts(void *arg);

static void retry_later(struct target_cmd *tc)
{
	COUNT(tc, dma_waits, 1);
	if (!timeout(run_parts, tc, drv_usectohz(TARGET_RETRY_USEC)))
		fail(tc, SCSA_TRANSPORT);
}

static void target_comp(struct scsi_pkt *pkt);

/*
 * Get a packet, and DMA resources for the buffer from tc_done on. 0, 1 for a passing shortage, -1 if it
 * can never be.
 */
static __always_inline int get_resources(struct target_cmd *tc)
{
	struct scsa_cmd *sc = &tc->tc_cmd;
	struct buf *bp = NULL;
	struct scsi_pkt *pkt;

	/* A packet's CDB has the length it was allocated with. */
	if (tc->tc_pkt_ours && tc->tc_cdblen != sc->sc_cdblen) {
		tc->tc_pkt_ours = B_FALSE;
		pkt_put(tc);
	}
	if (sc->sc_len) {
		bp = &tc->tc_buf;
		bp->b_flags = sc->sc_flags & SCSA_CMD_READ ? B_READ : 0;
		bp->b_bcount = sc->sc_len - tc->tc_done;
		bp->b_sgl = sc->sc_sgl;
		bp->b_nents = sc->sc_nents;
		bp->b_sgl_first = tc->tc_done;
		bp->b_granular = sc->sc_blksize;
	} else if (tc->tc_pkt) {
		return 0;
	}
	pkt = scsi_init_pkt(&tc->tc_lun->sd.sd_address, tc->tc_pkt, bp, sc->sc_cdblen,
			    TARGET_SCB_LEN, 0, PKT_DMA_PARTIAL | PKT_XARQ, NULL_FUNC, NULL);
	tc->tc_bound = pkt && bp;
	if (!pkt)
		return bp && (bp->b_flags & B_ERROR) ? -1 : 1;
	if (!tc->tc_pkt) {
		tc->tc_pkt = pkt;
		tc->tc_cdblen = sc->sc_cdblen;
		pkt->pkt_comp = target_comp;
		pkt->pkt_private = tc;
		tc->tc_pkt_ours = B_TRUE;
		__atomic_store_n(&tc->tc_pkt_refs, 1, __ATOMIC_RELEASE);
	}
	return 0;
}

/*
 * Bind what is left of the buffer, to a new packet unless packets are kept. 0, 1 for a passing
 * shortage, -1 if it can never be; -2 if the midlayer takes the command back.
 */
static noinline int bind_rest(struct target_cmd *tc)
{
	int rc;

	release_pkt(tc);
	/* An abort may still refer to the old packet then. */
	if (__atomic_load_n(&tc->tc_stop, __ATOMIC_ACQUIRE) || !linux_cmd_hold(&tc->tc_cmd))
		return -2;
	rc = get_resources(tc);
	linux_cmd_unhold(&tc->tc_cmd);
	return rc;
}

/* Map the next part, unless one that is mapped still waits for a busy HBA. */
static boolean_t map_part(struct target_cmd *tc)
{
	if (tc->tc_part)
		return B_TRUE;
	if (tc->tc_bound && scsi_init_pkt(&tc->tc_lun->sd.sd_address, tc->tc_pkt, &tc->tc_buf, 0, 0, 0,
					  0, NULL_FUNC, NULL)) {
		mapped_part(tc);
		return B_TRUE;
	}
	switch (bind_rest(tc)) {
	case 0:
		mapped_part(tc);
		return B_TRUE;
	case 1:
		retry_later(tc);
		return B_FALSE;
	case -1:
		fail(tc, SCSA_TRANSPORT);
		return B_FALSE;
	default:
		fail(tc, SCSA_ABORTED);
		return B_FALSE;
	}
}

/* Send parts for as long as they come back before tran_start() returns. Any context. */
static void run_parts(void *arg)
{
	struct target_cmd *tc = arg;

	do {
		/* An abort, or the midlayer has given the buffer back to its owner. */
		if (__atomic_load_n(&tc->tc_stop, __ATOMIC_ACQUIRE) ||
		    __atomic_load_n(&tc->tc_cmd.sc_state, __ATOMIC_ACQUIRE) != SCSA_CMD_STARTED) {
			fail(tc, SCSA_ABORTED);
			return;
		}
		if (ddi_get_lbolt() - tc->tc_deadline >= 0) {
			fail(tc, SCSA_TIMED_OUT);
			return;
		}
		if (!map_part(tc))
			return;
		if (!prepare_part(tc)) {
			fail(tc, SCSA_TRANSPORT);
			return;
		}
		switch (send_part(tc)) {
		case TRAN_ACCEPT:
			break;
		case TRAN_BUSY:
			retry_later(tc);
			return;
		case TRAN_BADPKT:
			fail(tc, SCSA_TRANSPORT);
			return;
		default:
			fail(tc, SCSA_DEAD);
			return;
		}
	} while (part_accepted(tc));
}

static void target_comp(struct scsi_pkt *pkt)
{
	struct target_cmd *tc = pkt->pkt_private;
	struct scsa_cmd *sc = &tc->tc_cmd;

	if (!tc->tc_parts) {
		sc->sc_resid = sc->sc_len - get_result(tc, sc->sc_len);
		finish(tc);
		return;
	}
	if (__atomic_load_n(&tc->tc_handoff, __ATOMIC_ACQUIRE) == HANDOFF_SENDING &&
	    __atomic_exchange_n(&tc->tc_handoff, HANDOFF_DONE, __ATOMIC_ACQ_REL) == HANDOFF_SENDING)
		return;
	if (part_done(tc))
		run_parts(tc);
}

/* All of the buffer does not fit: begin to carry the request out in parts. */
static int start_parts(struct target_cmd *tc)
{
	struct scsa_cmd *sc = &tc->tc_cmd;

	if (split_parse(sc->sc_cdb, sc->sc_cdblen, sc->sc_len, sc->sc_blksize, sc->sc_devtype,
			sc->sc_flags & SCSA_CMD_LUN_IN_CDB, &tc->tc_split) != SPLIT_OK)
		goto too_large;
	tc->tc_parts = B_TRUE;
	tc->tc_deadline = ddi_get_lbolt() + SEC_TO_TICK(sc->sc_time);
	mapped_part(tc);
	if (!prepare_part(tc))
		goto too_large;
	COUNT(tc, split_requests, 1);
	switch (send_part(tc)) {
	case TRAN_ACCEPT:
		if (part_accepted(tc))
			run_parts(tc);
		return 0;
	case TRAN_BUSY:
		COUNT(tc, split_requests, -1);
		release_pkt(tc);
		return 1;
	case TRAN_BADPKT:
		return refuse(tc, SCSA_TRANSPORT);
	default:
		return refuse(tc, SCSA_DEAD);
	}

too_large:
	COUNT(tc, too_large, 1);
	return refuse(tc, SCSA_TOO_LARGE);
}

int scsa_cmd_start(struct scsa_cmd *sc)
{
	struct target_cmd *tc = to_tc(sc);
	int rc;

	tc->tc_parts = B_FALSE;
	tc->tc_done = 0;
	tc->tc_part = 0;
	tc->tc_warning = 0;
	tc->tc_stop = 0;
	rc = get_resources(tc);
	if (rc > 0)
		return 1;
	if (rc < 0)
		return refuse(tc, tc->tc_buf.b_error == EINVAL ? SCSA_TOO_LARGE : SCSA_TRANSPORT);
	if (sc->sc_len && tc->tc_pkt->pkt_resid)
		return start_parts(tc);
	prepare(tc);
	switch (scsi_transport(tc->tc_pkt)) {
	case TRAN_ACCEPT:
		return 0;
	case TRAN_BUSY:
		release_pkt(tc);
		return 1;
	case TRAN_BADPKT:
		return refuse(tc, SCSA_TRANSPORT);
	default:
		return refuse(tc, SCSA_DEAD);
	}
}

bool scsa_cmd_abort(struct scsa_cmd *sc)
{
	struct target_cmd *tc = to_tc(sc);
	struct scsi_pkt *pkt;
	bool done;

	__atomic_store_n(&tc->tc_stop, 1, __ATOMIC_RELEASE);
	/* scsi_abort(9F) without a packet would abort all of the LUN's. */
	pkt = pkt_get(tc);
	if (!pkt)
		return false;
	done = scsi_abort(&tc->tc_lun->sd.sd_address, pkt) == 1;
	pkt_put(tc);
	return done;
}

bool scsa_lun_reset(struct scsa_lun *lun, int level)
{
	struct scsi_address *ap = &lun->sd.sd_address;

	if (level == SCSA_RESET_LUN && scsi_reset(ap, RESET_LUN))
		return true;
	if (scsi_reset(ap, level == SCSA_RESET_ALL ? RESET_ALL : RESET_TARGET))
		return true;
	return level == SCSA_RESET_ALL && !scsa_hba_bus_reset(lun->sd.sd_dev);
}
