/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel memory: kmem_alloc(9F).
 *
 * KM_SLEEP never returns NULL and needs thread context. It does not start I/O (GFP_NOIO), since
 * HBA drivers are part of the path that memory is reclaimed through. Blocks of up to a few pages
 * are physically contiguous.
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

#define kmem_alloc	scsa_kmem_alloc
#define kmem_zalloc	scsa_kmem_zalloc
#define kmem_free	scsa_kmem_free

#endif /* _SYS_KMEM_H */
