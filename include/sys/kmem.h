/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel memory: kmem_alloc(9F).
 *
 * With KM_SLEEP an allocation never returns NULL and needs thread context. It does not start I/O
 * (GFP_NOIO), because HBA drivers are on the path by which memory is reclaimed. Blocks of up to a
 * few pages are physically contiguous.
 */
#ifndef _SYS_KMEM_H
#define _SYS_KMEM_H

#include <sys/types.h>
#include <scsa/abi.h>

#define KM_SLEEP	0x0000
#define KM_NOSLEEP	0x0001
#define KM_PANIC	0x0002
#define KM_PUSHPAGE	0x0004
#define KM_NORMALPRI	0x0008

typedef struct scsa_kmem_cache kmem_cache_t;
struct vmem;

#define kmem_alloc	scsa_kmem_alloc
#define kmem_zalloc	scsa_kmem_zalloc
#define kmem_free	scsa_kmem_free

/*
 * Object caches: kmem_cache_create(9F). An object is constructed when it is allocated from memory
 * and stays constructed in the cache. Destroying the cache destructs its objects. @reclaim is never
 * called.
 */
kmem_cache_t *scsa_kmem_cache_create(const char *name, size_t size, size_t align,
				     int (*constructor)(void *, void *, int),
				     void (*destructor)(void *, void *), void (*reclaim)(void *),
				     void *private, struct vmem *vmp, int flags);
void *scsa_kmem_cache_alloc(kmem_cache_t *cp, int flags);
void scsa_kmem_cache_free(kmem_cache_t *cp, void *object);
void scsa_kmem_cache_destroy(kmem_cache_t *cp);
#define kmem_cache_create	scsa_kmem_cache_create
#define kmem_cache_alloc	scsa_kmem_cache_alloc
#define kmem_cache_free		scsa_kmem_cache_free
#define kmem_cache_destroy	scsa_kmem_cache_destroy

#endif /* _SYS_KMEM_H */
