// SPDX-License-Identifier: GPL-2.0
/* Transport and control for target drivers: scsi_transport(9F), scsi_abort(9F), scsi_ifgetcap(9F). */
#include <sys/scsi/scsi.h>
#include <linux/export.h>

#include "../impl.h"
#include "pkt.h"

/**
 * scsa_scsi_transport() - scsi_transport(9F)
 * @pkt: packet with CDB, pkt_time, pkt_flags and pkt_comp set
 *
 * A packet with FLAG_NOINTR is complete on return, and its pkt_comp is not called. In a thread that
 * may sleep, the packet is sent without the flag and this function waits for it.
 *
 * Context: any, holding no lock that pkt_comp takes.
 * Return: TRAN_ACCEPT, TRAN_BUSY, TRAN_BADPKT or TRAN_FATAL_ERROR.
 */
int scsa_scsi_transport(struct scsi_pkt *pkt)
{
	if (!pkt_usable(pkt)) {
		MISUSE("scsi_transport", "no packet");
		return TRAN_BADPKT;
	}
	pkt->pkt_flags &= ~FLAG_PKT_COMP_CALLED;
	pkt_renew(pkt);
	if (linux_in_panic())
		return scsi_transport_panic(pkt);
	if (pkt->pkt_flags & FLAG_NOINTR)
		return scsi_transport_polled(pkt);
	return pkt->pkt_address.a_hba_tran->tran_start(&pkt->pkt_address, pkt);
}
EXPORT_SYMBOL_GPL(scsa_scsi_transport);

/**
 * scsa_scsi_abort() - scsi_abort(9F)
 * @ap: address
 * @pkt: packet to abort; NULL: all packets of the address
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
 * scsa_scsi_reset_notify() - scsi_reset_notify(9F)
 * @ap: address
 * @flag: SCSI_RESET_NOTIFY or SCSI_RESET_CANCEL
 * @callback: function to call after a reset that concerns the address
 * @arg: its argument
 *
 * Context: any with an atomic driver's lock, else thread.
 * Return: DDI_SUCCESS or DDI_FAILURE; the latter also if the driver does not support notification.
 */
int scsa_scsi_reset_notify(struct scsi_address *ap, int flag, void (*callback)(caddr_t),
			   caddr_t arg)
{
	scsi_hba_tran_t *tran = ap->a_hba_tran;

	return tran->tran_reset_notify ? tran->tran_reset_notify(ap, flag, callback, arg) :
					 DDI_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_scsi_reset_notify);

/**
 * scsa_scsi_clear_task_set() - scsi_clear_task_set(9F): have the target drop all its tasks
 * @ap: address
 *
 * Context: any.
 * Return: 1: done, 0: failed, -1: not supported by the driver.
 */
int scsa_scsi_clear_task_set(struct scsi_address *ap)
{
	scsi_hba_tran_t *tran = ap->a_hba_tran;

	return tran->tran_clear_task_set ? tran->tran_clear_task_set(ap) : -1;
}
EXPORT_SYMBOL_GPL(scsa_scsi_clear_task_set);

/**
 * scsa_scsi_clear_aca() - scsi_clear_aca(9F): end an auto contingent allegiance
 * @ap: address
 *
 * Context: any.
 * Return: 1: done, 0: failed, -1: not supported by the driver.
 */
int scsa_scsi_clear_aca(struct scsi_address *ap)
{
	scsi_hba_tran_t *tran = ap->a_hba_tran;

	return tran->tran_clear_aca ? tran->tran_clear_aca(ap) : -1;
}
EXPORT_SYMBOL_GPL(scsa_scsi_clear_aca);

/**
 * scsa_scsi_terminate_task() - scsi_terminate_task(9F)
 * @ap: address
 * @pkt: packet to terminate
 *
 * Context: any.
 * Return: 1: done, 0: failed, -1: not supported by the driver.
 */
int scsa_scsi_terminate_task(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	scsi_hba_tran_t *tran = ap->a_hba_tran;

	return tran->tran_terminate_task ? tran->tran_terminate_task(ap, pkt) : -1;
}
EXPORT_SYMBOL_GPL(scsa_scsi_terminate_task);

/**
 * scsa_scsi_ifgetcap() - scsi_ifgetcap(9F)
 * @ap: address
 * @cap: name of the capability
 * @whom: 0: all targets, else this one
 *
 * Context: any.
 * Return: its value, or -1 if it is not defined.
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
 * Return: 1: done, 0: cannot be set to this value, -1: not defined.
 */
int scsa_scsi_ifsetcap(struct scsi_address *ap, const char *cap, int value, int whom)
{
	int rc = ap->a_hba_tran->tran_setcap(ap, (char *)cap, value, whom);

	if (rc == 1 && value > 0 && scsi_hba_lookup_capstr(cap) == SCSI_CAP_SECTOR_SIZE)
		ap->a_hba_tran->tran_dma_attr.dma_attr_granular = value;
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_scsi_ifsetcap);
