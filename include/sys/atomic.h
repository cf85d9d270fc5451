/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Atomic operations on plain integers: atomic_add(9F), atomic_cas(9F), atomic_ops(9F). All are full
 * barriers.
 *
 * They are made of Linux' cmpxchg() and xchg(). For the compiler's own atomic functions some machines
 * need a library, which the kernel does not have.
 */
#ifndef _SYS_ATOMIC_H
#define _SYS_ATOMIC_H

#include <sys/types.h>
#include <linux/atomic.h>

#define SCSA_ATOMIC_OP(name, type, cas, arg, op)					\
static inline type name(volatile type *p, arg n)					\
{											\
	type old = READ_ONCE(*p), seen;							\
											\
	while ((seen = cas((type *)p, old, (type)(old op n))) != old)			\
		old = seen;								\
	return (type)(old op n);							\
}

#define SCSA_ATOMIC(name, type, cas)							\
SCSA_ATOMIC_OP(scsa_atomic_add_##name, type, cas, type, +)				\
SCSA_ATOMIC_OP(scsa_atomic_or_##name, type, cas, type, |)				\
SCSA_ATOMIC_OP(scsa_atomic_and_##name, type, cas, type, &)				\
static inline void atomic_inc_##name(volatile type *p)					\
{											\
	scsa_atomic_add_##name(p, 1);							\
}											\
static inline type atomic_inc_##name##_nv(volatile type *p)				\
{											\
	return scsa_atomic_add_##name(p, 1);						\
}											\
static inline void atomic_dec_##name(volatile type *p)					\
{											\
	scsa_atomic_add_##name(p, (type)-1);						\
}											\
static inline type atomic_dec_##name##_nv(volatile type *p)				\
{											\
	return scsa_atomic_add_##name(p, (type)-1);					\
}											\
static inline void atomic_or_##name(volatile type *p, type bits)			\
{											\
	scsa_atomic_or_##name(p, bits);							\
}											\
static inline void atomic_and_##name(volatile type *p, type bits)			\
{											\
	scsa_atomic_and_##name(p, bits);						\
}											\
static inline type atomic_cas_##name(volatile type *p, type old, type new)		\
{											\
	return cas((type *)p, old, new);						\
}

SCSA_ATOMIC(8, uint8_t, cmpxchg)
SCSA_ATOMIC(16, uint16_t, cmpxchg)
SCSA_ATOMIC(32, uint32_t, cmpxchg)
SCSA_ATOMIC(64, uint64_t, cmpxchg64)
SCSA_ATOMIC(uint, uint_t, cmpxchg)
SCSA_ATOMIC(ulong, ulong_t, cmpxchg)

#define SCSA_ATOMIC_SWAP(name, type)							\
static inline type atomic_swap_##name(volatile type *p, type new)			\
{											\
	return xchg((type *)p, new);							\
}

SCSA_ATOMIC_SWAP(8, uint8_t)
SCSA_ATOMIC_SWAP(16, uint16_t)
SCSA_ATOMIC_SWAP(32, uint32_t)
SCSA_ATOMIC_SWAP(uint, uint_t)
SCSA_ATOMIC_SWAP(ulong, ulong_t)

/* xchg() takes no more than a long. */
static inline uint64_t atomic_swap_64(volatile uint64_t *p, uint64_t new)
{
	uint64_t old = READ_ONCE(*p), seen;

	while ((seen = cmpxchg64((uint64_t *)p, old, new)) != old)
		old = seen;
	return old;
}

#define SCSA_ATOMIC_ADD(name, type, delta)						\
static inline void atomic_add_##name(volatile type *p, delta d)				\
{											\
	scsa_atomic_add_##name(p, (type)d);						\
}											\
static inline type atomic_add_##name##_nv(volatile type *p, delta d)			\
{											\
	return scsa_atomic_add_##name(p, (type)d);					\
}

SCSA_ATOMIC_ADD(8, uint8_t, int8_t)
SCSA_ATOMIC_ADD(16, uint16_t, int16_t)
SCSA_ATOMIC_ADD(32, uint32_t, int32_t)
SCSA_ATOMIC_ADD(64, uint64_t, int64_t)

static inline void *atomic_cas_ptr(volatile void *p, void *old, void *new)
{
	return cmpxchg((void **)p, old, new);
}

static inline void *atomic_swap_ptr(volatile void *p, void *new)
{
	return xchg((void **)p, new);
}

#endif /* _SYS_ATOMIC_H */
