// SPDX-License-Identifier: GPL-2.0
/* Use up the machine's bounce buffers, so that binding a buffer lacks resources. */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vmalloc.h>

#include "../../../compat/impl.h"
#include "contract.h"

#define HOG_MAX	(1U << 17)

static bool hog;
module_param(hog, bool, 0444);
MODULE_PARM_DESC(hog, "use up the bounce buffers (needs swiotlb=force)");

static dma_addr_t *hogged;
static unsigned int nhogged;
static struct page *hog_page;

bool contract_can_hog(void)
{
	return hog;
}

/* Release everything that contract_hog() took. */
void contract_unhog(struct dev_info *dip)
{
	struct device *dev = dip->di_dev;

	while (nhogged)
		dma_unmap_page(dev, hogged[--nhogged], PAGE_SIZE, DMA_TO_DEVICE);
	vfree(hogged);
	hogged = NULL;
	if (hog_page)
		__free_page(hog_page);
	hog_page = NULL;
}

/* Map one page again and again until that fails. */
int contract_hog(struct dev_info *dip)
{
	struct device *dev = dip->di_dev;

	hogged = vmalloc(array_size(HOG_MAX, sizeof(*hogged)));
	hog_page = alloc_page(GFP_KERNEL);
	if (!hogged || !hog_page)
		goto fail;
	for (nhogged = 0; nhogged < HOG_MAX; nhogged++) {
		hogged[nhogged] = dma_map_page_attrs(dev, hog_page, 0, PAGE_SIZE, DMA_TO_DEVICE,
						     DMA_ATTR_SKIP_CPU_SYNC | DMA_ATTR_NO_WARN);
		if (dma_mapping_error(dev, hogged[nhogged]))
			return 0;
		/* The fuller the pool, the longer a search takes. */
		cond_resched();
	}
fail:
	contract_unhog(dip);
	return -ENOSPC;
}
