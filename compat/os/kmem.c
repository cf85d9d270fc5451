// SPDX-License-Identifier: GPL-2.0
/* Kernel memory: kmem_alloc(9F). */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "../impl.h"

#define KM_NOSLEEP	0x0001

static gfp_t km_gfp(int flags)
{
	/*
	 * Drivers are on the path by which memory is written back, so never start I/O from here. On
	 * Solaris a sleeping allocation does not fail, so it must not fail here either.
	 */
	return (flags & KM_NOSLEEP) ? GFP_ATOMIC | __GFP_NOWARN : GFP_NOIO | __GFP_NOFAIL;
}

/**
 * scsa_kmem_alloc() - kmem_alloc(9F)
 * @size: bytes; 0 returns a pointer that may only be freed
 * @flags: KM_SLEEP or KM_NOSLEEP
 *
 * Context: any with KM_NOSLEEP, thread with KM_SLEEP.
 * Return: the memory; NULL only with KM_NOSLEEP.
 */
void *scsa_kmem_alloc(size_t size, int flags)
{
	return kvmalloc(size, km_gfp(flags));
}
EXPORT_SYMBOL_GPL(scsa_kmem_alloc);

/**
 * scsa_kmem_zalloc() - kmem_zalloc(9F): scsa_kmem_alloc() of zeroed memory
 * @size: bytes
 * @flags: KM_SLEEP or KM_NOSLEEP
 *
 * Context: as scsa_kmem_alloc().
 * Return: as scsa_kmem_alloc().
 */
void *scsa_kmem_zalloc(size_t size, int flags)
{
	return kvmalloc(size, km_gfp(flags) | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(scsa_kmem_zalloc);

/**
 * scsa_kmem_free() - kmem_free(9F)
 * @p: memory from the functions above
 * @size: as it was allocated
 *
 * Context: any for blocks up to a few pages, thread for larger ones.
 */
void scsa_kmem_free(void *p, size_t size)
{
	kvfree(p);
}
EXPORT_SYMBOL_GPL(scsa_kmem_free);
