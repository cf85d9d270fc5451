// SPDX-License-Identifier: GPL-2.0
/* The driver that the contract tests live in: they run in its attach(9E), which then fails. */
#include <sys/conf.h>
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/modctl.h>
#include <sys/scsi/scsi.h>

#include "contract.h"

static int contract_attach(dev_info_t *dip, ddi_attach_cmd_t cmd)
{
	contract_begin();
	if (ddi_prop_get_int(DDI_DEV_T_ANY, dip, DDI_PROP_DONTPASS, "vendor-id", 0) == 0x1077) {
		contract_run(dip, contract_intr_tests);
		contract_end();
		return DDI_FAILURE;
	}
	contract_run(dip, contract_dma_tests);
	contract_run(dip, contract_bounce_tests);
	contract_run(dip, contract_attr_tests);
	contract_run(dip, contract_wait_tests);
	contract_run(dip, contract_misuse_tests);
	contract_run(dip, contract_ddi_tests);
	contract_run(dip, contract_callback_tests);
	contract_run(dip, contract_hba_tests);
	contract_run(dip, contract_pkt_tests);
	contract_run(dip, contract_services_tests);
	if (contract_can_hog())
		contract_run(dip, contract_shortage_tests);
	contract_run(dip, contract_transport_tests);
	contract_run(dip, contract_sync_tests);
	contract_run(dip, contract_thread_tests);
	contract_run(dip, contract_softint_tests);
	contract_run(dip, contract_regs_tests);
	contract_run(dip, contract_prop_tests);
	contract_run(dip, contract_kstat_tests);
	contract_run(dip, contract_census_tests);
	contract_run(dip, contract_fm_tests);
	contract_run(dip, contract_minor_tests);
	contract_end();
	return DDI_FAILURE;
}

static int contract_detach(dev_info_t *dip, ddi_detach_cmd_t cmd)
{
	return DDI_FAILURE;
}

static struct dev_ops contract_dev_ops = {
	.devo_rev = DEVO_REV,
	.devo_attach = contract_attach,
	.devo_detach = contract_detach,
	.devo_cb_ops = &contract_cb_ops,
	.devo_getinfo = ddi_no_info,
	.devo_quiesce = ddi_quiesce_not_needed,
};

static struct modldrv contract_modldrv = { &mod_driverops, "contract tests", &contract_dev_ops };
static struct modlinkage contract_modlinkage = { MODREV_1, { &contract_modldrv, NULL } };

int contract_init(void)
{
	return mod_install(&contract_modlinkage);
}

int contract_fini(void)
{
	return mod_remove(&contract_modlinkage);
}
