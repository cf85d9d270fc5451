// SPDX-License-Identifier: GPL-2.0
/* The instance behind a SCSI host of ours, for the tests that play a target driver on it. */
#include <linux/module.h>
#include <scsi/scsi_host.h>

#include "contract.h"
#include "linux_host.h"

static int host = -1;
module_param(host, int, 0444);
MODULE_PARM_DESC(host, "instead of all else be a target driver on this SCSI host, of a driver on scsa");

static struct contract_lun lun = { .absent = -1, .segs = 1, .rounds = 1 };
module_param_named(target, lun.target, uint, 0444);
MODULE_PARM_DESC(target, "of the logical unit, a disk whose data may go");
module_param_named(lun, lun.lun, uint, 0444);
MODULE_PARM_DESC(lun, "of the logical unit");
module_param_named(absent, lun.absent, int, 0444);
MODULE_PARM_DESC(absent, "a target that is not there");
module_param_named(segs, lun.segs, uint, 0444);
MODULE_PARM_DESC(segs, "pages, scattered, that a command of the HBA carries");
module_param_named(rounds, lun.rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "of the tests under load");

bool contract_on_host(void)
{
	return host >= 0;
}

int contract_host_run(void)
{
	struct Scsi_Host *shost = scsi_host_lookup(host);
	struct scsa_host *sh;

	if (!shost)
		return -ENODEV;
	sh = shost_priv(shost);
	contract_target_run(sh->dip, &lun);
	scsi_host_put(shost);
	return 0;
}
