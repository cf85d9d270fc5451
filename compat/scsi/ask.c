// SPDX-License-Identifier: GPL-2.0
/* Requests of linux/ to an HBA driver that do not concern a LUN or a command. */
#include <sys/scsi/scsi.h>

#include "../impl.h"
#include "../pure/dma_window.h"

/* More than any card has. */
#define TRAN_BUSES_MAX	8

static uint_t tran_buses(scsi_hba_tran_t *tran)
{
	struct scsi_address addr = { .a_hba_tran = tran };
	int buses = scsi_ifgetcap(&addr, "scsa-buses", 0);

	return buses > 1 && buses <= TRAN_BUSES_MAX ? (uint_t)buses : 1;
}

void scsa_tran_limits(dev_info_t *dip, struct scsa_tran_limits *lim)
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
	lim->buses = tran_buses(tran);
	lim->initiator_id = scsi_ifgetcap(&addr, "initiator-id", 0);
	lim->max_cdb_len = scsi_ifgetcap(&addr, "max-cdb-length", 0);
	if (lim->max_cdb_len < 0)
		lim->max_cdb_len = 0;
	lim->commit = tran->tran_commit != NULL;
	lim->command_len = 0;
	if (dma_limits_init(&dma, a, &why) == DDI_SUCCESS)
		lim->command_len = dma_limits_sure_len(&dma);
}

void scsa_tran_commit(dev_info_t *dip)
{
	dip->di_tran->tran_commit(dip->di_tran);
}

int scsa_tran_quiesce(dev_info_t *dip)
{
	scsi_hba_tran_t *tran = dip->di_tran;

	if (!tran->tran_quiesce || !tran->tran_unquiesce)
		return -EOPNOTSUPP;
	return tran->tran_quiesce(dip) ? -EIO : 0;
}

int scsa_tran_unquiesce(dev_info_t *dip)
{
	return dip->di_tran->tran_unquiesce(dip) ? -EIO : 0;
}

int scsa_tran_bus_reset(dev_info_t *dip, int target)
{
	scsi_hba_tran_t *tran = dip->di_tran;
	struct scsi_address addr = { .a_hba_tran = tran };

	/* A tran_bus_reset(9E) cannot be told which bus. */
	if (target >= 0 && tran_buses(tran) > 1) {
		addr.a_target = (ushort_t)target;
		return scsi_reset(&addr, RESET_BUS) ? 0 : -EIO;
	}
	if (!tran->tran_bus_reset)
		return -EOPNOTSUPP;
	return tran->tran_bus_reset(dip, RESET_BUS) == 1 ? 0 : -EIO;
}
