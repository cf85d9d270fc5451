/* SPDX-License-Identifier: GPL-2.0 */
/* What the pure code needs from its environment: the kernel, or a process in the tests. */
#ifndef _COMPAT_PURE_H
#define _COMPAT_PURE_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>

#ifndef UINT32_MAX
#define UINT32_MAX	U32_MAX
#endif
#ifndef UINT64_MAX
#define UINT64_MAX	U64_MAX
#endif
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t div64_u64_rem(uint64_t dividend, uint64_t divisor, uint64_t *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}
#endif

static inline uint64_t pure_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* 64-bit division that also works in 32-bit kernels. */
static inline uint64_t pure_rest(uint64_t n, uint64_t unit)
{
	uint64_t rest;

	div64_u64_rem(n, unit, &rest);
	return rest;
}

static inline uint64_t pure_div_up(uint64_t n, uint64_t unit)
{
	uint64_t rest, whole = div64_u64_rem(n, unit, &rest);

	return rest ? whole + 1 : whole;
}

#endif /* _COMPAT_PURE_H */
