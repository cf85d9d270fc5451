// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI core's view of a driver: probe, remove, shutdown.
 *
 * Each PCI function found becomes a dev_info with its properties and is attached.
 */
#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include <scsa/scsa.h>

#include "../impl.h"
#include "../linux_compat.h"
#include "host.h"
#include "../linux_impl.h"

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
	return linux_spi_add_properties(dip);
}

/* The BARs of one kind, as bits; none if one of them has no address. */
static int pci_bars(struct pci_dev *pdev, unsigned long kind)
{
	int bars = pci_select_bars(pdev, kind) & GENMASK(PCI_STD_NUM_BARS - 1, 0);
	unsigned long left = bars;
	unsigned int i;

	for_each_set_bit(i, &left, PCI_STD_NUM_BARS)
		if (!pdev->resource[i].parent)
			return 0;
	return bars;
}

/*
 * Enable the device with the BARs that have an address. A machine may have no I/O space for it: then
 * the device must work with its memory BARs.
 */
static int pci_enable(struct pci_dev *pdev, int *bars)
{
	int mem = pci_bars(pdev, IORESOURCE_MEM), io = pci_bars(pdev, IORESOURCE_IO);

	*bars = mem | io;
	if (mem && !io)
		return pci_enable_device_mem(pdev);
	if (io && !mem)
		return pci_enable_device_io(pdev);
	return pci_enable_device(pdev);
}

int linux_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct linux_driver *ld = container_of(to_pci_driver(pdev->dev.driver),
					       struct linux_driver, pci);
	struct dev_info *dip;
	int rc;

	if (ld->drv->foreign && pci_match_id(ld->drv->foreign, pdev)) {
		dev_notice(&pdev->dev, "left alone: part of another controller (subsystem %04x:%04x)\n",
			   pdev->subsystem_vendor, pdev->subsystem_device);
		return -ENODEV;
	}
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
	rc = pci_enable(pdev, &dip->di_bars);
	if (rc)
		goto free_ida;
	rc = pci_request_selected_regions(pdev, dip->di_bars, dip->di_name);
	if (rc)
		goto disable;
	rc = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (rc)
		goto release;
	if (ld->drv->own_master)
		pci_clear_master(pdev);
	else
		pci_set_master(pdev);
	/* Allow segments of any size: we cut cookies to the sizes that the device takes. */
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	pci_save_state(pdev);	/* a slot reset loses it */
	scsa_prop_init(dip);
	rc = add_properties(dip, pdev, ld->drv->props);
	if (rc)
		goto free_props;
	pci_set_drvdata(pdev, dip);

	linux_attach_begin(dip);
	rc = scsa_attach(dip);
	linux_attach_end(dip);
	if (rc) {
		/* The driver has logged the reason. */
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
	scsa_tran_release(dip);
	linux_intr_teardown(dip);
free_props:
	scsa_instance_fini(dip);
	pci_clear_master(pdev);
	scsa_dma_release(dip);
release:
	pci_release_selected_regions(pdev, dip->di_bars);
disable:
	pci_disable_device(pdev);
free_ida:
	ida_free(&ld->ida, dip->di_instance);
free_dip:
	kfree(dip);
	return rc;
}

void linux_remove(struct pci_dev *pdev)
{
	struct dev_info *dip = pci_get_drvdata(pdev);
	struct linux_driver *ld = dip->di_driver;
	bool refused;

	linux_host_remove(dip);
	refused = scsa_detach(dip);
	if (refused) {
		dev_err(&pdev->dev,
			"%s refused to detach: its memory is lost until the next boot, and its module stays\n",
			dip->di_name);
		ld->refused = true;
		__module_get(ld->drv->owner);
	} else {
		scsa_tran_release(dip);
	}
	linux_intr_teardown(dip);
	/* No DMA can arrive from here on: free the buffers of commands that never came back. */
	pci_clear_master(pdev);
	linux_host_free(dip, !refused);
	if (!refused) {
		scsa_dma_release(dip);
		scsa_instance_fini(dip);
	}
	pci_release_selected_regions(pdev, dip->di_bars);
	pci_disable_device(pdev);
	/* A driver that did not detach still uses its instance: do not free it. */
	if (refused)
		return;
	ida_free(&ld->ida, dip->di_instance);
	kfree(dip);
}

void linux_shutdown(struct pci_dev *pdev)
{
	scsa_quiesce(pci_get_drvdata(pdev));
	pci_clear_master(pdev);
}
