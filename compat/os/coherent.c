// SPDX-License-Identifier: GPL-2.0
/* Coherent memory behind an access handle: ddi_dma_mem_alloc(9F). */
#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "acc.h"

/* All coherent memory, so that binding an address in it need not map the memory again. */
static LIST_HEAD(coherent);
static DEFINE_SPINLOCK(coherent_lock);

static bool coherent_fits(const struct scsa_acc *acc, const struct linux_coherent_limits *lim)
{
	return acc->dma >= lim->addr_lo && acc->dma + acc->len - 1 <= lim->addr_hi &&
	       (lim->align <= 1 || !(acc->dma & (lim->align - 1)));
}

struct scsa_acc *linux_coherent_alloc(struct dev_info *dip, size_t len,
				      const struct linux_coherent_limits *lim, bool may_sleep,
				      bool *out_of_reach)
{
	gfp_t gfp = may_sleep ? GFP_NOIO : GFP_ATOMIC;
	struct scsa_acc *acc;
	unsigned long flags;
	void *vaddr;

	acc = kzalloc(sizeof(*acc), gfp);
	if (!acc)
		return NULL;
	acc->kind = ACC_COHERENT;
	acc->dev = dip->di_dev;
	acc->len = len;
	/* An allocation is aligned to the smallest power of two of pages that holds it. */
	acc->alloc_len = max_t(u64, len, lim->align > PAGE_SIZE ? lim->align : 1);
	acc->swap = lim->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	vaddr = dma_alloc_coherent(acc->dev, acc->alloc_len, &acc->dma, gfp);
	if (!vaddr)
		goto fail_acc;
	if (!coherent_fits(acc, lim))
		goto fail_range;
	acc->base = (uintptr_t)vaddr;
	spin_lock_irqsave(&coherent_lock, flags);
	list_add(&acc->list, &coherent);
	spin_unlock_irqrestore(&coherent_lock, flags);
	return acc;

fail_range:
	*out_of_reach = true;
	dma_free_coherent(acc->dev, acc->alloc_len, vaddr, acc->dma);
fail_acc:
	kfree(acc);
	return NULL;
}

void linux_coherent_free(struct scsa_acc *acc)
{
	unsigned long flags;

	if (WARN_ON(acc->kind != ACC_COHERENT))
		return;
	spin_lock_irqsave(&coherent_lock, flags);
	list_del(&acc->list);
	spin_unlock_irqrestore(&coherent_lock, flags);
	dma_free_coherent(acc->dev, acc->alloc_len, (void *)acc->base, acc->dma);
	kfree(acc);
}

void *linux_coherent_vaddr(const struct scsa_acc *acc)
{
	return (void *)acc->base;
}

bool linux_coherent_lookup(struct dev_info *dip, const void *vaddr, size_t len, uint64_t *addrp)
{
	uintptr_t start = (uintptr_t)vaddr;
	struct scsa_acc *acc;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&coherent_lock, flags);
	list_for_each_entry(acc, &coherent, list) {
		if (acc->dev != dip->di_dev || start < acc->base ||
		    start - acc->base > acc->len || len > acc->len - (start - acc->base))
			continue;
		*addrp = acc->dma + (start - acc->base);
		found = true;
		break;
	}
	spin_unlock_irqrestore(&coherent_lock, flags);
	return found;
}
