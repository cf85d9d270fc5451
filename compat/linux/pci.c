// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI core's view of a driver: loading, probe, remove, shutdown.
 *
 * A driver module calls scsa_driver_init() with its glue description; that runs _init(9E), whose
 * mod_install(9F) comes back here to register the PCI driver. Each PCI function found becomes a
 * dev_info with its properties and is attached.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <scsi/scsi_host.h>

#include <scsa/scsa.h>

#include "../impl.h"
#include "../linux_compat.h"
#include "host.h"
#include "../linux_impl.h"

struct linux_driver {
	struct pci_driver		pci;
	struct scsi_host_template	template;
	const struct scsa_driver	*drv;
	struct dev_ops			*ops;
	struct linux_driver		*next;
	struct dev_info			*instances;
	struct ida			ida;
};

struct workqueue_struct *linux_wq;

/* Protects the drivers' list, their instances' lists, and who is in _init(9E). */
static DEFINE_MUTEX(drivers_lock);
static struct linux_driver *drivers;
static struct { const struct scsa_driver *drv; struct task_struct *task; } initing;

const struct scsa_driver *linux_driver_of(const struct dev_info *dip)
{
	return dip->di_driver->drv;
}

struct scsi_host_template *linux_driver_template(const struct dev_info *dip)
{
	return &dip->di_driver->template;
}

struct device *linux_attaching_dev(const char *name)
{
	struct linux_driver *ld;
	struct dev_info *dip;
	struct device *dev = NULL;

	mutex_lock(&drivers_lock);
	for (ld = drivers; ld; ld = ld->next)
		for (dip = ld->instances; dip; dip = dip->di_next)
			if (dip->di_attaching == current && !strcmp(dip->di_name, name))
				dev = dip->di_dev;
	mutex_unlock(&drivers_lock);
	return dev;
}

/* The properties that Solaris' PCI nexus gives a node; see pci(5). */
static int add_properties(struct dev_info *dip, struct pci_dev *pdev,
			  const struct scsa_driver_prop *props)
{
	const struct { const char *name; int value; } ids[] = {
		{ "vendor-id", pdev->vendor },
		{ "device-id", pdev->device },
		{ "revision-id", pdev->revision },
		{ "subsystem-vendor-id", pdev->subsystem_vendor },
		{ "subsystem-id", pdev->subsystem_device },
		{ "class-code", pdev->class },
	};
	int reg[5 * (PCI_STD_NUM_BARS + 1)] = { (int)(pci_dev_id(pdev) << 8) };
	unsigned int i, n = 5;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		unsigned long flags = pci_resource_flags(pdev, i);
		unsigned int space = (flags & IORESOURCE_IO) ? 1 : (flags & IORESOURCE_MEM_64) ? 3 : 2;

		if (!pci_resource_len(pdev, i))
			continue;
		reg[n] = (int)(space << 24 | pci_dev_id(pdev) << 8 |
			       (PCI_BASE_ADDRESS_0 + 4 * i));
		reg[n + 3] = (int)upper_32_bits((u64)pci_resource_len(pdev, i));
		reg[n + 4] = (int)lower_32_bits(pci_resource_len(pdev, i));
		n += 5;
	}
	if (scsa_prop_update_ints(dip, "reg", reg, n))
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		if (scsa_prop_update_ints(dip, ids[i].name, &ids[i].value, 1))
			return -ENOMEM;
	for (; props && props->name; props++)
		if (scsa_prop_update_ints(dip, props->name, props->value, 1))
			return -ENOMEM;
	return 0;
}

static void link_instance(struct linux_driver *ld, struct dev_info *dip)
{
	mutex_lock(&drivers_lock);
	dip->di_next = ld->instances;
	ld->instances = dip;
	mutex_unlock(&drivers_lock);
}

static void unlink_instance(struct linux_driver *ld, struct dev_info *dip)
{
	struct dev_info **p;

	mutex_lock(&drivers_lock);
	for (p = &ld->instances; *p; p = &(*p)->di_next)
		if (*p == dip) {
			*p = dip->di_next;
			break;
		}
	mutex_unlock(&drivers_lock);
}

static int linux_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct linux_driver *ld = container_of(to_pci_driver(pdev->dev.driver),
					       struct linux_driver, pci);
	struct dev_info *dip;
	int rc;

	dip = kzalloc(sizeof(*dip), GFP_KERNEL);
	if (!dip)
		return -ENOMEM;
	dip->di_driver = ld;
	dip->di_ops = ld->ops;
	dip->di_name = ld->drv->name;
	dip->di_pdev = pdev;
	dip->di_dev = &pdev->dev;
	dip->di_pri = ld->drv->model == SCSA_MODEL_ATOMIC ? SCSA_PRI_ATOMIC : SCSA_PRI_THREAD;
	rc = ida_alloc(&ld->ida, GFP_KERNEL);
	if (rc < 0)
		goto free_dip;
	dip->di_instance = rc;
	rc = pci_enable_device(pdev);
	if (rc)
		goto free_ida;
	rc = pci_request_regions(pdev, dip->di_name);
	if (rc)
		goto disable;
	rc = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (rc)
		goto release;
	pci_set_master(pdev);
	/* Segments of any size: it is cookies that are cut to what the device takes. */
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	pci_save_state(pdev);	/* for what a reset of the slot loses */
	scsa_prop_init(dip);
	rc = add_properties(dip, pdev, ld->drv->props);
	if (rc)
		goto free_props;
	pci_set_drvdata(pdev, dip);
	link_instance(ld, dip);

	dip->di_attaching = current;
	rc = scsa_attach(dip);
	dip->di_attaching = NULL;
	if (rc) {
		/* The driver has said why. */
		rc = -ENODEV;
		goto teardown;
	}
	rc = linux_host_add(dip);
	if (rc)
		goto detach;
	return 0;

detach:
	scsa_detach(dip);
teardown:
	linux_intr_teardown(dip);
	unlink_instance(ld, dip);
free_props:
	scsa_fm_fini(dip);
	scsa_prop_fini(dip);
	pci_clear_master(pdev);
	ddi_dma_release(dip);
release:
	pci_release_regions(pdev);
disable:
	pci_disable_device(pdev);
free_ida:
	ida_free(&ld->ida, dip->di_instance);
free_dip:
	kfree(dip);
	return rc;
}

static void linux_remove(struct pci_dev *pdev)
{
	struct dev_info *dip = pci_get_drvdata(pdev);
	struct linux_driver *ld = dip->di_driver;

	bool refused;

	linux_host_remove(dip);
	refused = scsa_detach(dip);
	if (refused)
		dev_err(&pdev->dev, "%s refused to detach; what it holds is lost\n", dip->di_name);
	linux_intr_teardown(dip);
	/* No DMA can arrive any more: buffers of commands that never came back may go. */
	pci_clear_master(pdev);
	linux_host_free(dip, !refused);
	unlink_instance(ld, dip);
	if (!refused) {
		ddi_dma_release(dip);
		scsa_fm_fini(dip);
		scsa_prop_fini(dip);
	}
	pci_release_regions(pdev);
	pci_disable_device(pdev);
	/* A driver that did not detach goes on using its instance. */
	if (refused)
		return;
	ida_free(&ld->ida, dip->di_instance);
	kfree(dip);
}

static void linux_shutdown(struct pci_dev *pdev)
{
	scsa_quiesce(pci_get_drvdata(pdev));
	pci_clear_master(pdev);
}

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

int linux_driver_register(struct dev_ops *ops)
{
	const struct scsa_driver *drv = initing.drv;
	struct linux_driver *ld;
	int rc;

	if (!drv || initing.task != current) {
		pr_err("scsa: mod_install() outside of a driver's _init()\n");
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
	driver_free(ld);
	return 0;
}

/**
 * scsa_driver_init() - run a driver's _init(9E)
 * @drv: what its glue file says of it
 *
 * Context: thread, module load.
 * Return: 0 or a negative errno.
 */
int scsa_driver_init(struct scsa_driver *drv)
{
	static DEFINE_MUTEX(init_lock);
	int rc;

	/* One at a time, so that mod_install(9F) knows who calls. */
	mutex_lock(&init_lock);
	initing.drv = drv;
	initing.task = current;
	rc = -drv->init();
	initing.drv = NULL;
	mutex_unlock(&init_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_driver_init);

/**
 * scsa_driver_fini() - run a driver's _fini(9E)
 * @drv: as for scsa_driver_init()
 *
 * Context: thread, module unload.
 */
void scsa_driver_fini(struct scsa_driver *drv)
{
	int rc = drv->fini();

	if (rc)
		pr_err("scsa: %s: _fini() failed with %d at module unload\n", drv->name, rc);
}
EXPORT_SYMBOL_GPL(scsa_driver_fini);

static int __init scsa_init(void)
{
	linux_wq = alloc_workqueue("scsa", WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_PERCPU, 0);
	if (!linux_wq)
		return -ENOMEM;
	linux_debugfs_init();
	linux_context_init();
	ddi_dma_init();
	scsi_poll_init();
	return 0;
}
module_init(scsa_init);

static void __exit scsa_exit(void)
{
	scsi_poll_fini();
	ddi_dma_fini();
	linux_context_fini();
	linux_debugfs_fini();
	destroy_workqueue(linux_wq);
}
module_exit(scsa_exit);

MODULE_DESCRIPTION("Solaris SCSI HBA contract (SCSA and DDI DMA) on the Linux SCSI midlayer");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
