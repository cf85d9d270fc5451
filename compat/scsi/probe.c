// SPDX-License-Identifier: GPL-2.0
/* Looking for logical units: scsi_probe(9F), scsi_hba_probe(9F), scsi_unprobe(9F). */
#include <sys/scsi/scsi.h>
#include <linux/export.h>

#include "../impl.h"
#include "pkt.h"

#define PROBE_TIME_SEC	10
#define PROBE_TRIES	2

/* One INQUIRY. Its data goes to sd_inq on success. */
static int probe_inquire(struct scsi_device *sd, struct scsi_pkt *pkt, const struct buf *bp)
{
	const struct scsi_inquiry *inq = (const struct scsi_inquiry *)bp->b_un.b_addr;

	bzero(bp->b_un.b_addr, SUN_INQSIZE);
	if (scsi_poll(pkt) < 0) {
		if (pkt->pkt_reason == CMD_INCOMPLETE || pkt->pkt_reason == CMD_DEV_GONE)
			return SCSIPROBE_NORESP;
		if (pkt->pkt_reason == CMD_CMPLT && (*pkt->pkt_scbp & STATUS_MASK) == STATUS_BUSY)
			return SCSIPROBE_BUSY;
		return SCSIPROBE_FAILURE;
	}
	/* Only the bytes that were transferred come from the device. */
	if (pkt->pkt_resid < 0 || pkt->pkt_resid > SUN_INQSIZE - SUN_MIN_INQLEN)
		return SCSIPROBE_FAILURE;
	scsi_sync_pkt(pkt);
	if ((inq->inq_dtype & DPQ_MASK) != DPQ_POSSIBLE)
		return SCSIPROBE_NORESP;
	bcopy(inq, sd->sd_inq, SUN_INQSIZE);
	return inq->inq_rdf == RDF_LEVEL0 ? SCSIPROBE_NONCCS : SCSIPROBE_EXISTS;
}

/**
 * scsa_scsi_hba_probe() - scsi_hba_probe(9F): the usual tran_tgt_probe(9E), an INQUIRY
 * @sd: logical unit; sd_inq takes the data, and is freed by scsi_unprobe(9F)
 * @waitfunc: NULL_FUNC, or SLEEP_FUNC to wait for resources
 *
 * Context: thread; with NULL_FUNC any, but it spins where it must not sleep.
 * Return: SCSIPROBE_EXISTS, _NONCCS (a device older than SCSI-2), _NORESP, _BUSY, _FAILURE, _NOMEM.
 */
int scsa_scsi_hba_probe(struct scsi_device *sd, int (*waitfunc)(caddr_t))
{
	int kmflag = waitfunc == SLEEP_FUNC ? KM_SLEEP : KM_NOSLEEP;
	struct scsi_pkt *pkt;
	struct buf *bp;
	int rc = SCSIPROBE_NOMEM, tries;

	if (!sd->sd_inq)
		sd->sd_inq = kmem_zalloc(SUN_INQSIZE, kmflag);
	if (!sd->sd_inq)
		return SCSIPROBE_NOMEM;
	bp = scsi_alloc_consistent_buf(&sd->sd_address, NULL, SUN_INQSIZE, B_READ, waitfunc, NULL);
	if (!bp)
		return SCSIPROBE_NOMEM;
	pkt = scsi_init_pkt(&sd->sd_address, NULL, bp, CDB_GROUP0, sizeof(struct scsi_arq_status), 0,
			    PKT_CONSISTENT, waitfunc, NULL);
	if (!pkt) {
		rc = pkt_shortage(bp) ? SCSIPROBE_NOMEM : SCSIPROBE_FAILURE;
		goto free_buf;
	}
	pkt->pkt_cdbp[0] = SCMD_INQUIRY;
	pkt->pkt_cdbp[4] = SUN_INQSIZE;
	pkt->pkt_time = PROBE_TIME_SEC;
	/* The first command after a reset may fail just because of the reset. */
	for (tries = 0; tries < PROBE_TRIES; tries++) {
		rc = probe_inquire(sd, pkt, bp);
		if (rc != SCSIPROBE_FAILURE)
			break;
	}
	scsi_destroy_pkt(pkt);

free_buf:
	scsi_free_consistent_buf(bp);
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_probe);

/**
 * scsa_scsi_probe() - scsi_probe(9F)
 * @sd: logical unit
 * @waitfunc: NULL_FUNC or SLEEP_FUNC
 *
 * Calls the HBA driver's tran_tgt_probe(9E) or, if it has none, scsi_hba_probe(9F).
 *
 * Context: as for scsi_hba_probe(9F).
 * Return: SCSIPROBE_*.
 */
int scsa_scsi_probe(struct scsi_device *sd, int (*waitfunc)(caddr_t))
{
	scsi_hba_tran_t *tran = sd->sd_address.a_hba_tran;

	return tran->tran_tgt_probe ? tran->tran_tgt_probe(sd, waitfunc) :
				      scsi_hba_probe(sd, waitfunc);
}
EXPORT_SYMBOL_GPL(scsa_scsi_probe);

/**
 * scsa_scsi_unprobe() - scsi_unprobe(9F): free the memory that scsi_probe(9F) has allocated
 * @sd: logical unit
 *
 * Context: thread.
 */
void scsa_scsi_unprobe(struct scsi_device *sd)
{
	if (!sd->sd_inq)
		return;
	kmem_free(sd->sd_inq, SUN_INQSIZE);
	sd->sd_inq = NULL;
}
EXPORT_SYMBOL_GPL(scsa_scsi_unprobe);
