/* SPDX-License-Identifier: GPL-2.0 */
/* Solaris base types. Linux' own clock_t, dev_t, off_t and caddr_t are used as they are. */
#ifndef _SYS_TYPES_H
#define _SYS_TYPES_H

#include <linux/types.h>
#include <linux/stddef.h>

typedef unsigned char		uchar_t;
typedef unsigned short		ushort_t;
typedef unsigned int		uint_t;
typedef unsigned long		ulong_t;
typedef long long		longlong_t;
typedef unsigned long long	u_longlong_t;
typedef long			intptr_t;
typedef long long		offset_t;
typedef long long		hrtime_t;
typedef long long		diskaddr_t;
typedef unsigned int		minor_t;
typedef unsigned int		major_t;
typedef int			pri_t;
typedef void			*opaque_t;
typedef enum { B_FALSE = 0, B_TRUE = 1 } boolean_t;

#endif /* _SYS_TYPES_H */
