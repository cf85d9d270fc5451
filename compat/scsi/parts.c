// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that are carried out in parts.
 *
 * If pkt_resid says that not all of the buffer could be mapped, and the CDB may be split, we carry
 * the request out in parts, one after the other. For each part we move the packet to the next part
 * of the buffer and rewrite LBA and length of the CDB. We do not repeat a move that failed,
 * because drivers have counted it already: the rest of the buffer gets a new packet.
 */
#include "target.h"

/* How soon to retry when a part finds no DMA resources or a busy HBA. */
#define TARGET_RETRY_USEC	4000

/* Set the packet up for the mapped part. False if that is not a whole number of blocks. */
static boolean_t prepare_part(struct target_cmd *tc)
{
	struct scsi_pkt *pkt = tc->tc_pkt;

	target_prepare(tc);
	if (split_rewrite(&tc->tc_split, pkt->pkt_cdbp, tc->tc_done, tc->tc_part))
		return B_FALSE;
	/* The next part is sent only when this one is complete: ring the doorbell now. */
	pkt->pkt_flags &= ~FLAG_SCSA_MORE;
	pkt->pkt_time = MAX((tc->tc_deadline - ddi_get_lbolt()) / hz, 1);
	return B_TRUE;
}

/* Note the length of the part that scsi_init_pkt(9F) has mapped. */
static void mapped_part(struct target_cmd *tc)
{
	tc->tc_part = tc->tc_cmd.sc_len - tc->tc_done - tc->tc_pkt->pkt_resid;
}

static int send_part(struct target_cmd *tc)
{
	linux_trace_part(&tc->tc_cmd, tc->tc_done, tc->tc_part);
	/* Pairs with target_part_comp(). */
	smp_store_release(&tc->tc_handoff, HANDOFF_SENDING);
	return scsi_transport(tc->tc_pkt);
}

/* Keep the sense data of a part that worked. Report it with the request, unless that fails. */
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

/* Account for a completed part. True if another part must follow; else the command is finished. */
static boolean_t part_done(struct target_cmd *tc)
{
	struct scsa_cmd *sc = &tc->tc_cmd;
	size_t moved = target_get_result(tc, tc->tc_part);
	boolean_t whole = moved == tc->tc_part && sc->sc_outcome == SCSA_OK &&
			  split_carried_out(sc->sc_status, sc->sc_sense, sc->sc_senselen);

	TARGET_COUNT(tc, split_commands, 1);
	tc->tc_done += moved;
	tc->tc_part = 0;
	sc->sc_resid = sc->sc_len - tc->tc_done;
	if (whole) {
		remember_warning(tc);
		if (sc->sc_resid)
			return B_TRUE;
	}
	target_finish(tc);
	return B_FALSE;
}

/*
 * tran_start() accepted a part. True if that part is already done and another one must follow.
 * Otherwise the completion may already have taken over: the caller must not touch the command.
 */
static boolean_t part_accepted(struct target_cmd *tc)
{
	if (atomic_swap_uint(&tc->tc_handoff, HANDOFF_NONE) != HANDOFF_DONE)
		return B_FALSE;
	return part_done(tc);
}

static void run_parts(void *arg);

static void retry_later(struct target_cmd *tc)
{
	TARGET_COUNT(tc, dma_waits, 1);
	if (!timeout(run_parts, tc, drv_usectohz(TARGET_RETRY_USEC)))
		target_fail(tc, SCSA_TRANSPORT);
}

/*
 * Bind the rest of the buffer, to a new packet unless packets are kept. Returns 0, 1 for a
 * temporary shortage, -1 if it can never work, -2 if the midlayer takes the command back.
 */
static noinline int bind_rest(struct target_cmd *tc)
{
	int rc;

	target_release_pkt(tc);
	/* With an abort under way, the abort may still refer to the old packet. Pairs with the abort. */
	if (smp_load_acquire(&tc->tc_stop) || !linux_cmd_hold(&tc->tc_cmd))
		return -2;
	rc = target_get_resources(tc);
	linux_cmd_unhold(&tc->tc_cmd);
	return rc;
}

/* Map the next part, unless a mapped part still waits for a busy HBA. False: stop here. */
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
		target_fail(tc, SCSA_TRANSPORT);
		return B_FALSE;
	default:
		target_fail(tc, SCSA_ABORTED);
		return B_FALSE;
	}
}

/* An abort is requested, or the midlayer has returned the buffer to its owner. */
static boolean_t must_stop(const struct target_cmd *tc)
{
	/* Pairs with scsa_cmd_abort(). */
	if (smp_load_acquire(&tc->tc_stop))
		return B_TRUE;
	/* Pairs with the cmpxchg() that makes it an orphan. */
	return smp_load_acquire(&tc->tc_cmd.sc_state) != SCSA_CMD_STARTED ? B_TRUE : B_FALSE;
}

/* Send parts as long as each completes before tran_start() returns. Any context. */
static void run_parts(void *arg)
{
	struct target_cmd *tc = arg;

	do {
		if (must_stop(tc)) {
			target_fail(tc, SCSA_ABORTED);
			return;
		}
		if (ddi_get_lbolt() - tc->tc_deadline >= 0) {
			target_fail(tc, SCSA_TIMED_OUT);
			return;
		}
		if (!map_part(tc))
			return;
		if (!prepare_part(tc)) {
			target_fail(tc, SCSA_TRANSPORT);
			return;
		}
		switch (send_part(tc)) {
		case TRAN_ACCEPT:
			break;
		case TRAN_BUSY:
			retry_later(tc);
			return;
		case TRAN_BADPKT:
			target_fail(tc, SCSA_TRANSPORT);
			return;
		default:
			target_fail(tc, SCSA_DEAD);
			return;
		}
	} while (part_accepted(tc));
}

/* A part is complete. */
void target_part_comp(struct target_cmd *tc)
{
	/* Pairs with send_part(). */
	if (smp_load_acquire(&tc->tc_handoff) == HANDOFF_SENDING &&
	    atomic_swap_uint(&tc->tc_handoff, HANDOFF_DONE) == HANDOFF_SENDING)
		return;
	if (part_done(tc))
		run_parts(tc);
}

/* The buffer does not fit in one command: start to carry the request out in parts. */
int target_start_parts(struct target_cmd *tc)
{
	struct scsa_cmd *sc = &tc->tc_cmd;
	int rc;

	if (split_parse(sc->sc_cdb, sc->sc_cdblen, sc->sc_len, sc->sc_blksize, sc->sc_devtype,
			sc->sc_flags & SCSA_CMD_LUN_IN_CDB, &tc->tc_split) != SPLIT_OK)
		goto too_large;
	tc->tc_parts = B_TRUE;
	tc->tc_warning = 0;
	tc->tc_deadline = ddi_get_lbolt() + SEC_TO_TICK(sc->sc_time);
	mapped_part(tc);
	if (!prepare_part(tc))
		goto too_large;
	TARGET_COUNT(tc, split_requests, 1);
	rc = send_part(tc);
	if (rc == TRAN_BUSY)
		TARGET_COUNT(tc, split_requests, -1);
	if (rc != TRAN_ACCEPT)
		return target_not_accepted(tc, rc);
	if (part_accepted(tc))
		run_parts(tc);
	return 0;

too_large:
	TARGET_COUNT(tc, too_large, 1);
	return target_refuse(tc, SCSA_TOO_LARGE);
}
