// SPDX-License-Identifier: GPL-2.0
/*
 * The packet of a command: references to it, and how it ended.
 *
 * An abort may look at a packet while the command releases it. The last of the two destroys it.
 */
#include "target.h"

/* Drop a reference to the packet, and destroy it with the last one. */
void target_pkt_put(struct target_cmd *tc)
{
	struct scsi_pkt *pkt = tc->tc_pkt;

	if (atomic_dec_uint_nv(&tc->tc_pkt_refs))
		return;
	tc->tc_pkt = NULL;
	scsi_destroy_pkt(pkt);
}

/* The packet, which stays until target_pkt_put(); NULL if there is none. */
struct scsi_pkt *target_pkt_get(struct target_cmd *tc)
{
	uint_t refs, seen;

	/* Pairs with target_get_resources(). */
	refs = smp_load_acquire(&tc->tc_pkt_refs);
	for (; refs; refs = seen) {
		seen = atomic_cas_uint(&tc->tc_pkt_refs, refs, refs + 1);
		if (seen == refs)
			return tc->tc_pkt;
	}
	return NULL;
}

/* Destroy the packet. If an abort looks at it, unbind the buffer and let the abort destroy it. */
void target_destroy_pkt(struct target_cmd *tc)
{
	struct scsi_pkt *pkt = tc->tc_pkt;

	tc->tc_pkt_ours = B_FALSE;
	/* The only reference is ours. */
	if (atomic_cas_uint(&tc->tc_pkt_refs, 1, 0) == 1) {
		tc->tc_pkt = NULL;
		scsi_destroy_pkt(pkt);
		return;
	}
	if (tc->tc_cmd.sc_len)
		scsi_dmafree(pkt);
	target_pkt_put(tc);
}

void target_fail(struct target_cmd *tc, uint8_t outcome)
{
	struct scsa_cmd *sc = &tc->tc_cmd;

	sc->sc_outcome = outcome;
	sc->sc_status = 0;
	sc->sc_senselen = 0;
	sc->sc_resid = sc->sc_len - tc->tc_done;
	target_finish(tc);
}

/*
 * The same for a command that was never sent. If it is the last of a batch, ring the doorbell for
 * the commands before it.
 */
int target_refuse(struct target_cmd *tc, uint8_t outcome)
{
	scsi_hba_tran_t *tran = tc->tc_lun->tran;

	if (tran->tran_commit && !(tc->tc_cmd.sc_flags & SCSA_CMD_MORE))
		tran->tran_commit(tran);
	target_fail(tc, outcome);
	return 0;
}

/* scsi_transport(9F) returned @rc, not TRAN_ACCEPT. Returns 1 if the command is to be sent again. */
int target_not_accepted(struct target_cmd *tc, int rc)
{
	if (rc == TRAN_BUSY) {
		target_release_pkt(tc);
		return 1;
	}
	return target_refuse(tc, rc == TRAN_BADPKT ? SCSA_TRANSPORT : SCSA_DEAD);
}

/*
 * The target, or the HBA for it, refuses tags. As Solaris' sd does, switch tags off and send the
 * command again.
 */
static uint8_t tag_refused(struct target_cmd *tc)
{
	struct scsi_address *ap = &tc->tc_lun->sd.sd_address;

	if (!(tc->tc_cmd.sc_flags & SCSA_CMD_TAGGED))
		return SCSA_TRANSPORT;
	scsi_ifsetcap(ap, "tagged-qing", 0, 1);
	linux_no_tags(tc->tc_lun->sd.sd_dev, ap->a_target);
	return SCSA_REQUEUE;
}

/* The outcome of a packet that ended with a reason other than CMD_CMPLT. */
uint8_t target_outcome(struct target_cmd *tc, const struct scsi_pkt *pkt)
{
	const struct scsa_cmd *sc = &tc->tc_cmd;

	switch (pkt->pkt_reason) {
	case CMD_DEV_GONE:
		return SCSA_NO_DEVICE;
	case CMD_INCOMPLETE:
		return (pkt->pkt_state & STATE_GOT_TARGET) ? SCSA_TRANSPORT : SCSA_NO_DEVICE;
	case CMD_ID_FAIL:
		return SCSA_NO_LUN;
	case CMD_TIMEOUT:
		return SCSA_TIMED_OUT;
	case CMD_RESET:
		return SCSA_RESET;
	case CMD_ABORTED:
	case CMD_TERMINATED:
		return SCSA_ABORTED;
	case CMD_PER_FAIL:
		return SCSA_PARITY;
	case CMD_TAG_REJECT:
		return tag_refused(tc);
	case CMD_REJECT_FAIL:
	case CMD_UNX_BUS_FREE:
		/* So end tagged commands of a target that knows no tags. Others can have bad moments. */
		return tc->tc_lun->tags_work ? SCSA_TRANSPORT : tag_refused(tc);
	case CMD_DATA_OVR:
		/* The target had more data, or wanted more, than the buffer holds. */
		if (!(sc->sc_flags & SCSA_CMD_READ) || !sc->sc_len ||
		    !split_read_varies(sc->sc_cdb, sc->sc_cdblen, sc->sc_devtype))
			return SCSA_TRANSPORT;
		TARGET_COUNT(tc, overruns, 1);
		return SCSA_OK;
	default:
		return (pkt->pkt_statistics & STAT_PERR) ? SCSA_PARITY : SCSA_TRANSPORT;
	}
}

void target_get_sense(struct target_cmd *tc, const struct scsi_pkt *pkt)
{
	const struct scsi_arq_status *arq = (const struct scsi_arq_status *)pkt->pkt_scbp;
	uint_t len = (pkt->pkt_state & STATE_XARQ_DONE) ? TARGET_SENSE_LEN : SENSE_LENGTH;

	if (!(pkt->pkt_state & STATE_ARQ_DONE) || arq->sts_rqpkt_reason != CMD_CMPLT)
		return;
	len = MIN(len, tc->tc_lun->scblen - offsetof(struct scsi_arq_status, sts_sensedata));
	len -= MIN(arq->sts_rqpkt_resid, len);
	memcpy(tc->tc_sense, &arq->sts_sensedata, len);
	tc->tc_cmd.sc_sense = tc->tc_sense;
	tc->tc_cmd.sc_senselen = len;
}

/*
 * The target's status without the bits that SCSI-2 leaves to vendors. One of them is set in
 * TASK ABORTED, which only later targets send.
 */
uint8_t target_plain_status(const struct scsa_cmd *sc, uint8_t status)
{
	if (status == STATUS_TASK_ABORT && !(sc->sc_flags & SCSA_CMD_LUN_IN_CDB))
		return status;
	return status & STATUS_MASK;
}
