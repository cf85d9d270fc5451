// SPDX-License-Identifier: GPL-2.0
/* The instance behind a SCSI host of scsa, for tests that play a target driver on it. */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/timer.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "../../../compat/linux/host.h"
#include "contract.h"

static int host = -1;
module_param(host, int, 0444);
MODULE_PARM_DESC(host, "run only the tests of a target driver, on this host of a scsa driver");

static struct contract_lun lun = { .absent = -1, .segs = 1, .initiator = 7, .rounds = 1 };
module_param_named(target, lun.target, uint, 0444);
MODULE_PARM_DESC(target, "target of the LUN: a disk whose data is overwritten");
module_param_named(lun, lun.lun, uint, 0444);
MODULE_PARM_DESC(lun, "LUN to test");
module_param_named(absent, lun.absent, int, 0444);
MODULE_PARM_DESC(absent, "target id without a device");
module_param_named(segs, lun.segs, uint, 0444);
MODULE_PARM_DESC(segs, "scattered pages that one command of the HBA carries");
module_param_named(initiator, lun.initiator, int, 0444);
MODULE_PARM_DESC(initiator, "the HBA's initiator-id");
module_param_named(rounds, lun.rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "rounds of the tests under load");

static bool panic_write;
module_param(panic_write, bool, 0444);
MODULE_PARM_DESC(panic_write, "run no tests; write to the LUN when the kernel panics");

static bool poll_lost;
module_param(poll_lost, bool, 0444);
MODULE_PARM_DESC(poll_lost, "run no tests; poll a command that the HBA loses");

static bool was_reset;
module_param(was_reset, bool, 0444);
MODULE_PARM_DESC(was_reset, "run no tests; list the devices that the midlayer takes for reset");

static struct Scsi_Host *panic_shost;

static int panicked(struct notifier_block *nb, unsigned long event, void *data)
{
	const char *why = contract_panic_write();

	pr_emerg("contract: write in panic: %s\n", why ? why : "done");
	return NOTIFY_DONE;
}

/* Runs after scsa.ko's own notifier. */
static struct notifier_block panic_nb = { .notifier_call = panicked, .priority = -1 };

struct softirq_call {
	struct timer_list	timer;
	struct completion	done;
	void			(*func)(void *arg);
	void			*arg;
};

static void softirq_expired(struct timer_list *t)
{
	struct softirq_call *call = container_of(t, struct softirq_call, timer);

	call->func(call->arg);
	complete(&call->done);
}

void contract_in_softirq(void (*func)(void *arg), void *arg)
{
	static struct softirq_call call;	/* static: tests run one after the other */

	call.func = func;
	call.arg = arg;
	init_completion(&call.done);
	timer_setup(&call.timer, softirq_expired, 0);
	call.timer.expires = jiffies + 1;
	add_timer_on(&call.timer, 0);
	wait_for_completion(&call.done);
}

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
	if (was_reset) {
		struct scsi_device *sdev;

		shost_for_each_device(sdev, shost)
			sdev_printk(KERN_INFO, sdev, "was_reset %u\n", sdev->was_reset);
		scsi_host_put(shost);
		return 0;
	}
	if (poll_lost) {
		const char *why = contract_poll_lost(sh->dip, &lun);

		pr_info("contract: polled command that was lost: %s\n", why ? why : "done");
		scsi_host_put(shost);
		return 0;
	}
	if (panic_write) {
		if (contract_panic_prepare(sh->dip, &lun)) {
			scsi_host_put(shost);
			return -ENOMEM;
		}
		panic_shost = shost;
		atomic_notifier_chain_register(&panic_notifier_list, &panic_nb);
		return 0;
	}
	contract_target_run(sh->dip, &lun);
	scsi_host_put(shost);
	return 0;
}

void contract_host_end(void)
{
	if (!panic_shost)
		return;
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_nb);
	contract_panic_forget();
	scsi_host_put(panic_shost);
}
