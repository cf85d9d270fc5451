// SPDX-License-Identifier: GPL-2.0
/*
 * Drivers: from a module's glue file to _init(9E), mod_install(9F) and the PCI core.
 *
 * A driver module calls scsa_driver_init() with its glue description. That runs _init(9E), which
 * calls mod_install(9F), which calls linux_driver_register() to register the PCI driver.
 */
#include <linux/export.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <scsa/scsa.h>

#include "../impl.h"
#include "host.h"

/* Protects the drivers' list. */
static DEFINE_MUTEX(drivers_lock);
static struct linux_driver *drivers;
static struct { const struct scsa_driver *drv; struct task_struct *task; } initing;

static void driver_free(struct linux_driver *ld)
{
	struct linux_driver **p;

	mutex_lock(&drivers_lock);
	for (p = &drivers; *p != ld; p = &(*p)->next)
		;
	*p = ld->next;
	mutex_unlock(&drivers_lock);
	ida_destroy(&ld->ida);
	kfree(ld);
}

/* Say which of the driver's devices another driver holds: nothing else would. */
static void driver_report_taken(const struct linux_driver *ld)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev) {
		if (!pci_match_id(ld->pci.id_table, pdev))
			continue;
		device_lock(&pdev->dev);
		if (pdev->driver && pdev->driver != &ld->pci)
			pr_notice("%s: %s is in use by the driver %s; unbind it there to use it here\n",
				  ld->drv->name, pci_name(pdev), pdev->driver->name);
		device_unlock(&pdev->dev);
	}
}

int linux_driver_register(struct dev_ops *ops)
{
	const struct scsa_driver *drv = initing.drv;
	struct linux_driver *ld;
	int rc;

	if (!drv || initing.task != current) {
		pr_err("scsa: mod_install() called outside a driver's _init()\n");
		return EINVAL;
	}
	ld = kzalloc(sizeof(*ld), GFP_KERNEL);
	if (!ld)
		return ENOMEM;
	ld->drv = drv;
	ld->ops = ops;
	ida_init(&ld->ida);
	linux_host_template_init(&ld->template, drv);
	ld->pci.name = drv->name;
	ld->pci.id_table = drv->id_table;
	ld->pci.probe = linux_probe;
	ld->pci.remove = linux_remove;
	ld->pci.shutdown = linux_shutdown;
	ld->pci.driver.pm = pm_sleep_ptr(&linux_pm_ops);
	ld->pci.err_handler = &linux_err_handlers;
	mutex_lock(&drivers_lock);
	ld->next = drivers;
	drivers = ld;
	mutex_unlock(&drivers_lock);
	rc = __pci_register_driver(&ld->pci, drv->owner, drv->name);
	if (rc)
		driver_free(ld);
	else
		driver_report_taken(ld);
	return -rc;
}

int linux_driver_unregister(struct dev_ops *ops)
{
	struct linux_driver *ld;

	mutex_lock(&drivers_lock);
	for (ld = drivers; ld && ld->ops != ops; ld = ld->next)
		;
	mutex_unlock(&drivers_lock);
	if (!ld)
		return EINVAL;
	pci_unregister_driver(&ld->pci);
	/* An instance that did not detach still refers to its driver. */
	if (ld->refused)
		return EBUSY;
	driver_free(ld);
	return 0;
}

/**
 * scsa_driver_init_interface() - run a driver's _init(9E)
 * @drv: description from its glue file
 * @interface: SCSA_INTERFACE, as the driver was compiled with it
 *
 * Drivers call it as scsa_driver_init(). Of @drv nothing is read until the versions are found equal.
 *
 * Context: thread, module load.
 * Return: 0 or a negative errno.
 */
int scsa_driver_init_interface(struct scsa_driver *drv, unsigned int interface)
{
	static DEFINE_MUTEX(init_lock);
	int rc;

	if (interface != SCSA_INTERFACE) {
		pr_err("scsa: a driver was built for version %u of the interface, this is version %d; build it again\n",
		       interface, SCSA_INTERFACE);
		return -ENOEXEC;
	}
	/* One at a time, so that mod_install(9F) knows which driver calls. */
	mutex_lock(&init_lock);
	initing.drv = drv;
	initing.task = current;
	rc = -drv->init();
	initing.drv = NULL;
	mutex_unlock(&init_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_driver_init_interface);

/**
 * scsa_driver_fini() - run a driver's _fini(9E)
 * @drv: as for scsa_driver_init()
 *
 * Context: thread, module unload.
 */
void scsa_driver_fini(struct scsa_driver *drv)
{
	int rc = drv->fini();

	if (!rc)
		return;
	/* Its threads and timeouts may still run its code, which is gone once we return. */
	pr_err("scsa: %s: _fini() failed with %d at module unload, which does not end now\n", drv->name,
	       rc);
	for (;;)
		schedule_timeout_idle(MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(scsa_driver_fini);
