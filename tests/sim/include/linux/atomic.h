/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_LINUX_ATOMIC_H
#define SIM_LINUX_ATOMIC_H

#include <linux/types.h>

/* All fibers share one thread, so plain accesses are atomic. */
typedef struct { int64_t counter; } atomic64_t;

static inline void atomic64_add(int64_t n, atomic64_t *v)
{
	v->counter += n;
}

#define xchg(p, new)		__atomic_exchange_n(p, new, __ATOMIC_SEQ_CST)
#define cmpxchg64		cmpxchg
#define cmpxchg(p, old, new)					\
	({							\
		__typeof__(*(p)) was = *(p);			\
								\
		if (was == (old))				\
			*(p) = (new);				\
		was;						\
	})

#endif
