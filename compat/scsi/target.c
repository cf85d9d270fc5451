// SPDX-License-Identifier: GPL-2.0
/*
 * Our stand-in for a Solaris target driver: packets for the midlayer's commands.
 *
 * As Solaris' sd does, we allocate a packet with DMA resources for each command's buffer
 * (scsi_init_pkt), send it (scsi_transport), get it back (target_comp) and destroy it
 * (scsi_destroy_pkt). An HBA driver may state that its packets can be kept. Then the next command
 * with the same tag reuses the packet, and scsi_dmafree takes the place of scsi_destroy_pkt.
 */
#include "target.h"

struct scsa_cmd *scsa_cmd_alloc(struct scsa_lun *lun)
{
	struct target_cmd *tc = kmem_zalloc(sizeof(*tc), KM_NOSLEEP);

	if (!tc)
		return NULL;
	tc->tc_lun = lun;
	tc->tc_buf.b_of_cmd = true;
	atomic_inc_uint(&lun->refs);
	return &tc->tc_cmd;
}

static void cmd_free(struct target_cmd *tc)
{
	target_lun_rele(tc->tc_lun);
	kmem_free(tc, sizeof(*tc));
}

void scsa_cmd_free(struct scsa_cmd *sc)
{
	struct target_cmd *tc = to_tc(sc);

	if (tc->tc_pkt_ours)
		target_pkt_put(tc);
	cmd_free(tc);
}

void scsa_cmd_abandon(struct scsa_cmd *sc, bool pkt)
{
	struct target_cmd *tc = to_tc(sc);

	if (pkt && tc->tc_pkt_ours)
		scsi_hba_pkt_free(&tc->tc_lun->sd.sd_address, tc->tc_pkt);
	cmd_free(tc);
}

void target_comp(struct scsi_pkt *pkt)
{
	struct target_cmd *tc = pkt->pkt_private;
	struct scsa_cmd *sc = &tc->tc_cmd;

	if (tc->tc_parts) {
		target_part_comp(tc);
		return;
	}
	if (target_pkt_is_good(pkt)) {
		/* The usual case, for which target_get_result() takes a while to find the same. */
		sc->sc_outcome = SCSA_OK;
		sc->sc_status = STATUS_GOOD;
		sc->sc_senselen = 0;
		sc->sc_resid = 0;
		target_note_tags(tc);
	} else {
		sc->sc_resid = sc->sc_len - target_get_result(tc, sc->sc_len);
	}
	target_finish(tc);
}

int scsa_cmd_start(struct scsa_cmd *sc)
{
	struct target_cmd *tc = to_tc(sc);
	int rc;

	tc->tc_parts = B_FALSE;
	tc->tc_done = 0;
	tc->tc_stop = 0;
	rc = target_get_resources(tc);
	if (rc > 0)
		return 1;
	if (rc < 0)
		return target_refuse(tc, tc->tc_buf.b_error == EINVAL ? SCSA_TOO_LARGE : SCSA_TRANSPORT);
	if (sc->sc_len && tc->tc_pkt->pkt_resid)
		return target_start_parts(tc);
	target_prepare(tc);
	rc = scsi_pkt_send(tc->tc_pkt);
	return rc == TRAN_ACCEPT ? 0 : target_not_accepted(tc, rc);
}

bool scsa_cmd_abort(struct scsa_cmd *sc)
{
	struct target_cmd *tc = to_tc(sc);
	struct scsi_pkt *pkt;
	bool done;

	/* Pairs with must_stop(). */
	smp_store_release(&tc->tc_stop, 1);
	/* scsi_abort(9F) without a packet would abort all packets of the LUN. */
	pkt = target_pkt_get(tc);
	if (!pkt)
		return false;
	done = scsi_abort(&tc->tc_lun->sd.sd_address, pkt) == 1;
	target_pkt_put(tc);
	return done;
}
