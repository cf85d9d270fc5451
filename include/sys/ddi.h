/* SPDX-License-Identifier: GPL-2.0 */
/* The functions of section 9F that belong to no other header. */
#ifndef _SYS_DDI_H
#define _SYS_DDI_H

#include <sys/types.h>
#include <sys/sysmacros.h>
#include <sys/ksynch.h>
#include <sys/time.h>
#include <sys/callo.h>
#include <sys/debug.h>
#include <linux/string.h>

__printf(3, 4) int snprintf(char *buf, size_t size, const char *fmt, ...);

#define bzero(p, n)		((void)memset((p), 0, (n)))
#define bcopy(from, to, n)	((void)memmove((to), (from), (n)))
#define bcmp(a, b, n)		memcmp((a), (b), (n))

#endif /* _SYS_DDI_H */
