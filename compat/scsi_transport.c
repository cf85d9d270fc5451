// SPDX-License-Identifier: GPL-2.0
/* Transport and control for target drivers: scsi_transport(9F), scsi_abort(9F), scsi_ifgetcap(9F). */
#include <sys/scsi/scsi.h>
#include <linux/export.h>

#include "impl.h"

/**
 * scsa_scsi_transport() - scsi_transport(9F)
 * @pkt: packet with CDB, pkt_time, pkt_flags and pkt_comp set
 *
 * Context: any, holding no lock that pkt_comp takes.
 * Return: TRAN_ACCEPT, TRAN_BUSY, TRAN_BADPKT or TRAN_FATAL_ERROR.
 */
int scsa_scsi_transport(struct scsi_pkt *pkt)
{
	return pkt->pkt_address.a_hba_tran->tran_start(&pkt->pkt_address, pkt);
}
EXPORT_SYMBOL_GPL(scsa_scsi_transport);

/**
 * scsa_scsi_abort() - scsi_abort(9F)
 * @ap: address
 * @pkt: packet to abort, NULL: all of the address
 *
 * Context: thread.
 * Return: 1 if the abort was done, else 0.
 */
int scsa_scsi_abort(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	/* Some drivers return DDI_FAILURE, which is not 0. */
	return ap->a_hba_tran->tran_abort && ap->a_hba_tran->tran_abort(ap, pkt) == 1;
}
EXPORT_SYMBOL_GPL(scsa_scsi_abort);

/**
 * scsa_scsi_reset() - scsi_reset(9F)
 * @ap: address
 * @level: RESET_ALL, RESET_TARGET, RESET_BUS or RESET_LUN
 *
 * Context: thread.
 * Return: 1 if the reset was done, else 0.
 */
int scsa_scsi_reset(struct scsi_address *ap, int level)
{
	scsi_hba_tran_t *tran = ap->a_hba_tran;

	if (!tran->tran_reset)
		return 0;
	if (level == RESET_LUN && scsi_ifgetcap(ap, "lun-reset", 1) != 1)
		return 0;
	return tran->tran_reset(ap, level) == 1;
}
EXPORT_SYMBOL_GPL(scsa_scsi_reset);

/**
 * scsa_scsi_ifgetcap() - scsi_ifgetcap(9F)
 * @ap: address
 * @cap: name of the capability
 * @whom: 0: all targets, else this one
 *
 * Context: any.
 * Return: its value, -1 if it is not defined.
 */
int scsa_scsi_ifgetcap(struct scsi_address *ap, const char *cap, int whom)
{
	return ap->a_hba_tran->tran_getcap(ap, (char *)cap, whom);
}
EXPORT_SYMBOL_GPL(scsa_scsi_ifgetcap);

/**
 * scsa_scsi_ifsetcap() - scsi_ifsetcap(9F)
 * @ap: address
 * @cap: name of the capability
 * @value: new value
 * @whom: 0: all targets, else this one
 *
 * Context: any.
 * Return: 1: done, 0: cannot be set so, -1: not defined.
 */
int scsa_scsi_ifsetcap(struct scsi_address *ap, const char *cap, int value, int whom)
{
	int rc = ap->a_hba_tran->tran_setcap(ap, (char *)cap, value, whom);

	if (rc == 1 && value > 0 && scsi_hba_lookup_capstr(cap) == SCSI_CAP_SECTOR_SIZE)
		ap->a_hba_tran->tran_dma_attr.dma_attr_granular = value;
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_scsi_ifsetcap);
