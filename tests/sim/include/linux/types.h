/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's types, as far as the headers of the tree use them. They are the libc's types, too, so
 * that a file of the simulator may include both.
 */
#ifndef SIM_LINUX_TYPES_H
#define SIM_LINUX_TYPES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

typedef __INT8_TYPE__		int8_t;
typedef __INT16_TYPE__		int16_t;
typedef __INT32_TYPE__		int32_t;
typedef __INT64_TYPE__		int64_t;
typedef __UINT8_TYPE__		uint8_t;
typedef __UINT16_TYPE__		uint16_t;
typedef __UINT32_TYPE__		uint32_t;
typedef __UINT64_TYPE__		uint64_t;
typedef __UINTPTR_TYPE__	uintptr_t;
typedef uint8_t			u8;
typedef uint16_t		u16;
typedef uint32_t		u32;
typedef uint64_t		u64;
typedef char			*caddr_t;
typedef long			clock_t;
typedef unsigned long		dev_t;
typedef long			off_t;
typedef long			ssize_t;
typedef int			daddr_t;
typedef unsigned int		uid_t;
typedef unsigned int		gid_t;

#define __aligned(n)		__attribute__((aligned(n)))
#define __packed		__attribute__((packed))
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#ifndef noinline
#define noinline		__attribute__((noinline))
#endif
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile __typeof__(x) *)&(x) = (value))
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)

#endif
