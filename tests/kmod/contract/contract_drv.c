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
	int vendor = ddi_prop_get_int(DDI_DEV_T_ANY, dip, DDI_PROP_DONTPASS, "vendor-id", 0);

	contract_run(dip, vendor == 0x1077 ? CONTRACT_ON_CHIP : CONTRACT_ON_TESTDEV);
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
