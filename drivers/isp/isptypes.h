/* SPDX-License-Identifier: GPL-2.0 */
/* Base types for files that are also tested in an ordinary process. Only this header knows that. */
#ifndef _ISPTYPES_H
#define _ISPTYPES_H

#ifdef __KERNEL__
#include <sys/ddi.h>
#include <sys/byteorder.h>
#else
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned int uint_t;
typedef enum { B_FALSE, B_TRUE } boolean_t;
#define bzero(p, n)		((void)memset((p), 0, (n)))
#define bcopy(from, to, n)	((void)memmove((to), (from), (n)))
#define MIN(a, b)		((a) < (b) ? (a) : (b))
#define MAX(a, b)		((a) < (b) ? (b) : (a))
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LE_16(x)		((uint16_t)(x))
#define LE_32(x)		((uint32_t)(x))
#else
#define LE_16(x)		__builtin_bswap16(x)
#define LE_32(x)		__builtin_bswap32(x)
#endif
#endif

#include <sys/ddidmareq.h>

#define ISP_NELEM(a)		(sizeof(a) / sizeof((a)[0]))

#endif /* _ISPTYPES_H */
