/* SPDX-License-Identifier: GPL-2.0 */
/* Solaris base types. Linux' own clock_t, dev_t, off_t and caddr_t are used as they are. */
#ifndef _SYS_TYPES_H
#define _SYS_TYPES_H

#include <linux/types.h>
#include <linux/stddef.h>

/*
 * Old sources have a struct list_head and a struct kmem_cache of their own. For them, see
 * compat/published.kbuild, Linux' structures are declared under their names first, then the names
 * become free.
 */
#ifdef SCSA_PUBLISHED
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/kdev_t.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include <asm/page.h>
#include <uapi/linux/stat.h>
#include <scsa/abi.h>
#define list_head	scsa_list_head
#define kmem_cache	scsa_kmem_cache
#endif

#include <sys/int_limits.h>

typedef unsigned char		uchar_t;
typedef unsigned short		ushort_t;
typedef unsigned int		uint_t;
typedef unsigned long		ulong_t;
typedef long long		longlong_t;
typedef unsigned long long	u_longlong_t;
typedef long			intptr_t;
typedef long			time_t;
typedef long long		offset_t;
typedef long long		hrtime_t;
typedef long long		diskaddr_t;
typedef unsigned int		minor_t;
typedef unsigned int		major_t;
typedef int			pri_t;
typedef void			*opaque_t;
typedef enum { B_FALSE = 0, B_TRUE = 1 } boolean_t;

#endif /* _SYS_TYPES_H */
