/* SPDX-License-Identifier: GPL-2.0 */
/* Atomic operations on plain integers: atomic_add(9F), atomic_cas(9F), atomic_ops(9F). */
#ifndef _SYS_ATOMIC_H
#define _SYS_ATOMIC_H

#include <sys/types.h>

#define SCSA_ATOMIC(name, type)								\
static inline void atomic_inc_##name(volatile type *p)					\
{											\
	__atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST);					\
}											\
static inline type atomic_inc_##name##_nv(volatile type *p)				\
{											\
	return __atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST);				\
}											\
static inline void atomic_dec_##name(volatile type *p)					\
{											\
	__atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST);					\
}											\
static inline type atomic_dec_##name##_nv(volatile type *p)				\
{											\
	return __atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST);				\
}											\
static inline void atomic_or_##name(volatile type *p, type bits)			\
{											\
	__atomic_or_fetch(p, bits, __ATOMIC_SEQ_CST);					\
}											\
static inline void atomic_and_##name(volatile type *p, type bits)			\
{											\
	__atomic_and_fetch(p, bits, __ATOMIC_SEQ_CST);					\
}											\
static inline type atomic_cas_##name(volatile type *p, type old, type new)		\
{											\
	__atomic_compare_exchange_n(p, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	return old;									\
}											\
static inline type atomic_swap_##name(volatile type *p, type new)			\
{											\
	return __atomic_exchange_n(p, new, __ATOMIC_SEQ_CST);				\
}

SCSA_ATOMIC(8, uint8_t)
SCSA_ATOMIC(16, uint16_t)
SCSA_ATOMIC(32, uint32_t)
SCSA_ATOMIC(64, uint64_t)
SCSA_ATOMIC(uint, uint_t)
SCSA_ATOMIC(ulong, ulong_t)

#define SCSA_ATOMIC_ADD(name, type, delta)						\
static inline void atomic_add_##name(volatile type *p, delta d)				\
{											\
	__atomic_add_fetch(p, (type)d, __ATOMIC_SEQ_CST);				\
}											\
static inline type atomic_add_##name##_nv(volatile type *p, delta d)			\
{											\
	return __atomic_add_fetch(p, (type)d, __ATOMIC_SEQ_CST);			\
}

SCSA_ATOMIC_ADD(8, uint8_t, int8_t)
SCSA_ATOMIC_ADD(16, uint16_t, int16_t)
SCSA_ATOMIC_ADD(32, uint32_t, int32_t)
SCSA_ATOMIC_ADD(64, uint64_t, int64_t)

static inline void *atomic_cas_ptr(volatile void *p, void *old, void *new)
{
	void *const volatile *pp = p;

	__atomic_compare_exchange_n((void **)pp, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return old;
}

static inline void *atomic_swap_ptr(volatile void *p, void *new)
{
	return __atomic_exchange_n((void **)p, new, __ATOMIC_SEQ_CST);
}

#endif /* _SYS_ATOMIC_H */
