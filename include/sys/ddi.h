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
__printf(3, 0) int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
__printf(2, 3) int sprintf(char *buf, const char *fmt, ...);

/* ddi_strtol(9F): 0, EINVAL or ERANGE. */
int scsa_ddi_strtol(const char *str, char **endp, int base, long *result);
int scsa_ddi_strtoul(const char *str, char **endp, int base, unsigned long *result);
int scsa_ddi_strtoll(const char *str, char **endp, int base, longlong_t *result);
int scsa_ddi_strtoull(const char *str, char **endp, int base, u_longlong_t *result);
#define ddi_strtol		scsa_ddi_strtol
#define ddi_strtoul		scsa_ddi_strtoul
#define ddi_strtoll		scsa_ddi_strtoll
#define ddi_strtoull		scsa_ddi_strtoull

/* ddi_ffs(9F), ddi_fls(9F): bits count from 1; 0 if none is set. */
#define ddi_ffs(mask)	__builtin_ffsl((long)(mask))
#define ddi_fls(mask)	((mask) ? (int)sizeof(long) * 8 - __builtin_clzl((ulong_t)(mask)) : 0)

#ifndef min
#define min(a, b)		MIN(a, b)
#define max(a, b)		MAX(a, b)
#endif

/*
 * The compiler's functions, because those of <linux/string.h> warn of a write beyond a member:
 * drivers copy long sense data to sts_sensedata of a longer scsi_arq_status(9S).
 */
#define bzero(p, n)		((void)__builtin_memset((p), 0, (n)))
#define bcopy(from, to, n)	((void)__builtin_memmove((to), (from), (n)))
#define bcmp(a, b, n)		memcmp((a), (b), (n))

#endif /* _SYS_DDI_H */
