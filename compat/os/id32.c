// SPDX-License-Identifier: GPL-2.0
/* 32-bit names for pointers: id32_alloc(), id32_lookup(), id32_free(). */
#include <linux/export.h>
#include <linux/xarray.h>

#include "../impl.h"

#define KM_NOSLEEP	0x0001

static DEFINE_XARRAY_FLAGS(ids, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_IRQ);
static u32 id_next;

/**
 * scsa_id32_alloc() - id32_alloc()
 * @ptr: pointer that the id stands for, aligned to 4 bytes
 * @kmflag: KM_SLEEP or KM_NOSLEEP
 *
 * Ids are given out cyclically, so a freed id stays unknown for a long time.
 *
 * Context: any with KM_NOSLEEP, else thread.
 * Return: an id; 0 if memory is short or @ptr is NULL or not aligned.
 */
uint32_t scsa_id32_alloc(void *ptr, int kmflag)
{
	bool may_sleep = !(kmflag & KM_NOSLEEP);
	unsigned long flags;
	u32 id;
	int rc;

	if (!ptr || ((uintptr_t)ptr & 3)) {
		pr_warn_ratelimited("scsa: id32_alloc() of %p\n", ptr);
		return 0;
	}
	if (may_sleep) {
		rc = xa_alloc_cyclic_irq(&ids, &id, ptr, xa_limit_32b, &id_next, GFP_NOIO);
		return rc < 0 ? 0 : id;
	}
	xa_lock_irqsave(&ids, flags);
	rc = __xa_alloc_cyclic(&ids, &id, ptr, xa_limit_32b, &id_next, GFP_ATOMIC);
	xa_unlock_irqrestore(&ids, flags);
	return rc < 0 ? 0 : id;
}
EXPORT_SYMBOL_GPL(scsa_id32_alloc);

/**
 * scsa_id32_lookup() - id32_lookup()
 * @id: id
 *
 * Context: any.
 * Return: the pointer that it stands for, or NULL if it is unknown.
 */
void *scsa_id32_lookup(uint32_t id)
{
	return id ? xa_load(&ids, id) : NULL;
}
EXPORT_SYMBOL_GPL(scsa_id32_lookup);

/**
 * scsa_id32_free() - id32_free()
 * @id: id; nothing happens if it is unknown
 *
 * Context: any.
 */
void scsa_id32_free(uint32_t id)
{
	unsigned long flags;

	xa_lock_irqsave(&ids, flags);
	__xa_erase(&ids, id);
	xa_unlock_irqrestore(&ids, flags);
}
EXPORT_SYMBOL_GPL(scsa_id32_free);
