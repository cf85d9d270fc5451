// SPDX-License-Identifier: GPL-2.0
/*
 * Object caches: kmem_cache_create(9F).
 *
 * The constructor of a Linux slab takes no argument and cannot fail, and there is no destructor. So
 * we keep the free objects in a list of our own. Its lock is a spin lock in both models.
 */
#include <sys/ddi.h>
#include <sys/kmem.h>
#include <sys/sunddi.h>
#include <linux/export.h>

#include "../impl.h"

/* In front of each object. */
struct object {
	struct object	*next;
	void		*block;		/* the allocation that holds header and object */
};

struct scsa_kmem_cache {
	kmutex_t	lock;
	struct object	*free;
	size_t		inuse;
	size_t		size;
	size_t		align;
	int		(*constructor)(void *obj, void *private, int flags);
	void		(*destructor)(void *obj, void *private);
	void		*private;
	char		name[32];
};

static size_t block_size(const kmem_cache_t *cp)
{
	return sizeof(struct object) + cp->align + cp->size;
}

/**
 * scsa_kmem_cache_create() - kmem_cache_create(9F)
 * @name: for messages
 * @size: bytes of an object
 * @align: a power of two, or 0 for the alignment of a pointer
 * @constructor: called for a new object with @private and KM_ flags, 0 means success; or NULL
 * @destructor: called before an object's memory is freed; or NULL
 * @reclaim: ignored
 * @private: for the functions above
 * @vmp: NULL
 * @flags: ignored
 *
 * Context: thread.
 * Return: the cache, or NULL for an impossible size or alignment.
 */
kmem_cache_t *scsa_kmem_cache_create(const char *name, size_t size, size_t align,
				     int (*constructor)(void *, void *, int),
				     void (*destructor)(void *, void *), void (*reclaim)(void *),
				     void *private, struct vmem *vmp, int flags)
{
	kmem_cache_t *cp;

	if (!size || size > 0x400000 || !ISP2(align) || align > 0x100000) {
		cmn_err(CE_WARN, "kmem_cache_create: %s: refused size %zu, alignment %zu",
			name ? name : "?", size, align);
		return NULL;
	}
	cp = kmem_zalloc(sizeof(*cp), KM_SLEEP);
	mutex_init(&cp->lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(SCSA_PRI_ATOMIC));
	cp->size = size;
	cp->align = MAX(align, sizeof(void *));
	cp->constructor = constructor;
	cp->destructor = destructor;
	cp->private = private;
	(void)snprintf(cp->name, sizeof(cp->name), "%s", name ? name : "?");
	return cp;
}
EXPORT_SYMBOL_GPL(scsa_kmem_cache_create);

static void object_free(kmem_cache_t *cp, struct object *o)
{
	kmem_free(o->block, block_size(cp));
}

static struct object *object_new(kmem_cache_t *cp, int flags)
{
	void *block = kmem_alloc(block_size(cp), flags);
	uintptr_t start = (uintptr_t)block + sizeof(struct object);
	struct object *o;

	if (!block)
		return NULL;
	o = (struct object *)P2ROUNDUP(start, (uintptr_t)cp->align) - 1;
	o->block = block;
	if (cp->constructor && cp->constructor(o + 1, cp->private, flags)) {
		object_free(cp, o);
		return NULL;
	}
	return o;
}

/**
 * scsa_kmem_cache_alloc() - kmem_cache_alloc(9F)
 * @cp: cache
 * @flags: KM_SLEEP or KM_NOSLEEP, passed to the constructor
 *
 * Context: any with KM_NOSLEEP, thread with KM_SLEEP.
 * Return: a constructed object; NULL if memory is short with KM_NOSLEEP or the constructor fails.
 */
void *scsa_kmem_cache_alloc(kmem_cache_t *cp, int flags)
{
	struct object *o;

	mutex_enter(&cp->lock);
	o = cp->free;
	if (o)
		cp->free = o->next;
	cp->inuse++;
	mutex_exit(&cp->lock);
	if (!o)
		o = object_new(cp, flags);
	if (o)
		return o + 1;
	mutex_enter(&cp->lock);
	cp->inuse--;
	mutex_exit(&cp->lock);
	return NULL;
}
EXPORT_SYMBOL_GPL(scsa_kmem_cache_alloc);

/**
 * scsa_kmem_cache_free() - kmem_cache_free(9F)
 * @cp: cache
 * @object: object in its constructed state
 *
 * Context: any.
 */
void scsa_kmem_cache_free(kmem_cache_t *cp, void *object)
{
	struct object *o = (struct object *)object - 1;

	if (!object)
		return;
	mutex_enter(&cp->lock);
	o->next = cp->free;
	cp->free = o;
	cp->inuse--;
	mutex_exit(&cp->lock);
}
EXPORT_SYMBOL_GPL(scsa_kmem_cache_free);

/**
 * scsa_kmem_cache_destroy() - kmem_cache_destroy(9F)
 * @cp: cache, with all objects freed; objects still in use are reported and leak
 *
 * Context: thread.
 */
void scsa_kmem_cache_destroy(kmem_cache_t *cp)
{
	struct object *o;

	if (!cp)
		return;
	while ((o = cp->free)) {
		cp->free = o->next;
		if (cp->destructor)
			cp->destructor(o + 1, cp->private);
		object_free(cp, o);
	}
	if (cp->inuse) {
		cmn_err(CE_WARN, "kmem_cache_destroy: %s: %zu objects still in use", cp->name,
			cp->inuse);
		return;
	}
	mutex_destroy(&cp->lock);
	kmem_free(cp, sizeof(*cp));
}
EXPORT_SYMBOL_GPL(scsa_kmem_cache_destroy);
