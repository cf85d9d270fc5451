// SPDX-License-Identifier: GPL-2.0
/*
 * Take the address of a card's BAR away, as a machine does that has no space for it and whose kernel
 * keeps the BAR in its list.
 *
 *	modprobe noaddr vendor=0x1077 bar=0
 *
 * Remove the card and scan its bus again to give it back.
 */
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/pci.h>

static unsigned int vendor;
module_param(vendor, uint, 0444);
MODULE_PARM_DESC(vendor, "vendor of the card; the first one found is meant");

static unsigned int bar;
module_param(bar, uint, 0444);
MODULE_PARM_DESC(bar, "number of the BAR, 0 ... 5");

/* The x86 kernel forgets such a BAR, but the register still says what it is. */
static void noaddr_remember(struct pci_dev *pdev, struct resource *res)
{
	u32 value;

	pci_read_config_dword(pdev, PCI_BASE_ADDRESS_0 + 4 * bar, &value);
	res->flags = value & PCI_BASE_ADDRESS_SPACE_IO ? IORESOURCE_IO : IORESOURCE_MEM;
	res->end = 0xff;
}

static int __init noaddr_init(void)
{
	struct pci_dev *pdev = pci_get_device(vendor, PCI_ANY_ID, NULL);
	struct resource *res;

	if (!pdev)
		return -ENODEV;
	res = &pdev->resource[bar];
	if (bar >= PCI_STD_NUM_BARS || pdev->driver) {
		pci_dev_put(pdev);
		return -EINVAL;
	}
	if (res->parent)
		release_resource(res);
	if (!res->flags)
		noaddr_remember(pdev, res);
	res->end -= res->start;
	res->start = 0;
	res->flags |= IORESOURCE_UNSET;
	pci_dev_put(pdev);
	return 0;
}
module_init(noaddr_init);

static void __exit noaddr_exit(void)
{
}
module_exit(noaddr_exit);

MODULE_DESCRIPTION("Takes a BAR's address away, for tests");
MODULE_LICENSE("GPL");
