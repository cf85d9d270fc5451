// SPDX-License-Identifier: GPL-2.0
/* LUNs as the HBA driver knows them: tran_tgt_init(9E), capabilities, resets. */
#include "target.h"

/* Reset notification: tell the midlayer, which then expects unit attentions. */
static void target_was_reset(caddr_t arg)
{
	struct scsa_lun *lun = (struct scsa_lun *)arg;

	linux_report_reset(lun->sd.sd_dev, lun->sd.sd_address.a_target);
}

/* Drop a reference. The HBA driver may already be unloaded. */
void target_lun_rele(struct scsa_lun *lun)
{
	if (atomic_dec_uint_nv(&lun->refs))
		return;
	scsi_unprobe(&lun->sd);
	mutex_destroy(&lun->sd.sd_mutex);
	if (lun->clone)
		kmem_free(lun->clone, sizeof(*lun->clone));
	kmem_free(lun, sizeof(*lun));
}

/*
 * A driver with its own tran_tgt_probe(9E) may hide devices, such as the members of a volume. We
 * leave out only devices that the driver says are absent. All others the midlayer asks itself.
 */
static boolean_t lun_is_hidden(struct scsi_device *sd)
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
	lun->scblen = dip->di_short_status ? (int)sizeof(struct scsi_arq_status) : TARGET_SCB_LEN;
	lun->pkt_flags = PKT_DMA_PARTIAL | (dip->di_short_status ? 0 : PKT_XARQ);
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
	if (lun_is_hidden(sd)) {
		if (lun->tran->tran_tgt_free)
			lun->tran->tran_tgt_free(dip, NULL, lun->tran, sd);
		goto fail;
	}
	if (lun->tran->tran_reset_notify)
		lun->tran->tran_reset_notify(&sd->sd_address, SCSI_RESET_NOTIFY, target_was_reset,
					     (caddr_t)lun);
	return lun;

fail:
	target_lun_rele(lun);
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
	target_lun_rele(lun);
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

bool scsa_lun_queues_untagged(struct scsa_lun *lun)
{
	return scsi_ifgetcap(&lun->sd.sd_address, "untagged-qing", 1) == 1;
}

int scsa_lun_depth(struct scsa_lun *lun)
{
	return MAX(scsi_ifgetcap(&lun->sd.sd_address, "scsa-queue-depth", 1), 0);
}

const struct scsa_stats *scsa_lun_stats(const struct scsa_lun *lun)
{
	return &lun->stats;
}

bool scsa_lun_reset(struct scsa_lun *lun, int level)
{
	struct scsi_address *ap = &lun->sd.sd_address;

	if (level == SCSA_RESET_LUN && scsi_reset(ap, RESET_LUN))
		return true;
	if (scsi_reset(ap, level == SCSA_RESET_ALL ? RESET_ALL : RESET_TARGET))
		return true;
	return level == SCSA_RESET_ALL && !scsa_tran_bus_reset(lun->sd.sd_dev, ap->a_target);
}
