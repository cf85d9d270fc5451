// SPDX-License-Identifier: GPL-2.0
/* Clauses of ddi_fm_init(9F), ddi_fm_acc_err_get(9F), ddi_fm_ereport_post(9F), pci_ereport_post(9F). */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/ddifm.h>
#include <sys/fm/io/ddi.h>
#include <sys/fm/protocol.h>
#include <sys/fm/util.h>

#include "contract.h"
#include "contract_check.h"

#define ALL	(DDI_FM_EREPORT_CAPABLE | DDI_FM_ACCCHK_CAPABLE | DDI_FM_DMACHK_CAPABLE |	\
		 DDI_FM_ERRCB_CAPABLE)

static const char *fm_init(dev_info_t *dip)
{
	ddi_iblock_cookie_t cookie = NULL;
	const char *why = NULL;
	int cap = ALL;

	CHECK(ddi_fm_capable(dip) == DDI_FM_NOT_CAPABLE);
	ddi_fm_init(dip, &cap, &cookie);
	/* The mask is what has been granted; callbacks are never granted. */
	CHECK(cap == (ALL & ~DDI_FM_ERRCB_CAPABLE) && ddi_fm_capable(dip) == cap);
	CHECK(DDI_FM_EREPORT_CAP(cap) && DDI_FM_ACC_ERR_CAP(cap) && DDI_FM_DMA_ERR_CAP(cap) &&
	      !DDI_FM_ERRCB_CAP(cap));
	CHECK(cookie != NULL);
	ddi_fm_fini(dip);
	CHECK(ddi_fm_capable(dip) == DDI_FM_NOT_CAPABLE);
	cap = DDI_FM_ACCCHK_CAPABLE;
	ddi_fm_init(dip, &cap, NULL);
	CHECK(ddi_fm_capable(dip) == DDI_FM_ACCCHK_CAPABLE);
out:
	ddi_fm_fini(dip);
	return why;
}

static ddi_dma_attr_t attr = {
	DMA_ATTR_V0, 0, 0xffffffffULL, 0xffffffffULL, 1, 1, 1, 0xffffffffULL, 0xffffffffULL, 1, 1, 0
};

static const char *fm_err_get(dev_info_t *dip)
{
	ddi_acc_handle_t acc = NULL;
	ddi_dma_handle_t h = NULL;
	ddi_fm_error_t error;
	const char *why = NULL;

	CHECK(pci_config_setup(dip, &acc) == DDI_SUCCESS);
	CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &h) == DDI_SUCCESS);
	ddi_fm_acc_err_get(acc, &error, DDI_FME_VERSION);
	CHECK(error.fme_status == DDI_FM_OK && error.fme_version == DDI_FME_VERSION);
	CHECK(error.fme_acc_handle == acc && error.fme_flag == DDI_FM_ERR_UNEXPECTED);
	ddi_fm_dma_err_get(h, &error, DDI_FME_VERSION);
	CHECK(error.fme_status == DDI_FM_OK && error.fme_dma_handle == h);
	CHECK(ddi_check_acc_handle(acc) == DDI_SUCCESS && ddi_check_dma_handle(h) == DDI_SUCCESS);

	contract_device_gone(true);
	ddi_fm_acc_err_get(acc, &error, DDI_FME_VERSION);
	CHECK(error.fme_status == DDI_FM_FATAL && error.fme_ena);
	ddi_fm_dma_err_get(h, &error, DDI_FME_VERSION);
	CHECK(error.fme_status == DDI_FM_FATAL);
	CHECK(ddi_check_acc_handle(acc) == DDI_FAILURE && ddi_check_dma_handle(h) == DDI_FAILURE);

	/* The device answers again. */
	contract_device_gone(false);
	ddi_fm_acc_err_clear(acc, DDI_FME_VERSION);
	ddi_fm_dma_err_clear(h, DDI_FME_VERSION);
	ddi_fm_acc_err_get(acc, &error, DDI_FME_VERSION);
	CHECK(error.fme_status == DDI_FM_OK);
out:
	contract_device_gone(false);
	if (acc)
		pci_config_teardown(&acc);
	if (h)
		ddi_dma_free_handle(&h);
	return why;
}

/* The guest test checks the log for what these post. */
static const char *fm_ereport(dev_info_t *dip)
{
	uint64_t ena = fm_ena_generate(0, FM_ENA_FMT1);
	int cap = DDI_FM_EREPORT_CAPABLE;
	const char *why = NULL;

	CHECK(ena != 0 && (ena & 0xf) == FM_ENA_FMT1);
	ddi_fm_ereport_post(dip, "not.capable", ena, DDI_NOSLEEP, NULL);
	ddi_fm_init(dip, &cap, NULL);
	ddi_fm_ereport_post(dip, DDI_FM_DEVICE "." DDI_FM_DEVICE_NO_RESPONSE, 0x1231, DDI_NOSLEEP,
			    FM_VERSION, DATA_TYPE_UINT8, FM_EREPORT_VERSION,
			    "text", DATA_TYPE_STRING, "abc",
			    "large", DATA_TYPE_UINT64, 1ULL << 40, NULL);
	ddi_fm_service_impact(dip, DDI_SERVICE_DEGRADED);
out:
	ddi_fm_fini(dip);
	return why;
}

static const char *pci_ereport(dev_info_t *dip)
{
	ddi_fm_error_t error = { .fme_version = DDI_FME_VERSION };
	int cap = DDI_FM_EREPORT_CAPABLE;
	const char *why = NULL;
	uint16_t status = 0xffff;

	ddi_fm_init(dip, &cap, NULL);
	pci_ereport_setup(dip);
	pci_ereport_post(dip, &error, &status);
	CHECK(error.fme_status == DDI_FM_OK && status != 0xffff);
	contract_device_gone(true);
	pci_ereport_post(dip, &error, NULL);
	CHECK(error.fme_status == DDI_FM_FATAL);
	contract_device_gone(false);
	pci_ereport_teardown(dip);
	pci_ereport_post(dip, &error, NULL);
	CHECK(error.fme_status == DDI_FM_UNKNOWN);
out:
	contract_device_gone(false);
	ddi_fm_fini(dip);
	return why;
}

static const struct contract_test tests[] = {
	{ "fm.init", fm_init },
	{ "fm.err_get", fm_err_get },
	{ "fm.ereport", fm_ereport },
	{ "fm.pci_ereport", pci_ereport },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
