/* SPDX-License-Identifier: GPL-2.0 */
/* Byte order conversion, see byteorder(9F). */
#ifndef _SYS_BYTEORDER_H
#define _SYS_BYTEORDER_H

#include <sys/types.h>
#include <asm/byteorder.h>

#define BSWAP_16(x)	__builtin_bswap16(x)
#define BSWAP_32(x)	__builtin_bswap32(x)
#define BSWAP_64(x)	__builtin_bswap64(x)

#define BE_8(x)		((uint8_t)(x))
#define LE_8(x)		((uint8_t)(x))

#ifdef __BIG_ENDIAN
#define BE_16(x)	((uint16_t)(x))
#define BE_32(x)	((uint32_t)(x))
#define BE_64(x)	((uint64_t)(x))
#define LE_16(x)	BSWAP_16(x)
#define LE_32(x)	BSWAP_32(x)
#define LE_64(x)	BSWAP_64(x)
#else
#define BE_16(x)	BSWAP_16(x)
#define BE_32(x)	BSWAP_32(x)
#define BE_64(x)	BSWAP_64(x)
#define LE_16(x)	((uint16_t)(x))
#define LE_32(x)	((uint32_t)(x))
#define LE_64(x)	((uint64_t)(x))
#endif

#endif /* _SYS_BYTEORDER_H */
