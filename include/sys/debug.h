/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Assertions. VERIFY is always checked, ASSERT only if the module is built with DEBUG. A failure
 * reports the expression with a stack trace, and the code continues.
 */
#ifndef _SYS_DEBUG_H
#define _SYS_DEBUG_H

#include <scsa/abi.h>

#define VERIFY(ex)							\
	((void)((ex) || (scsa_assert_failed(__FILE__, __LINE__, "%s", #ex), 0)))

#define SCSA_VERIFY3(l, op, r, type)					\
	do {								\
		const type _left = (type)(l), _right = (type)(r);	\
		if (!(_left op _right))					\
			scsa_assert_failed(__FILE__, __LINE__,		\
			    "%s (0x%llx %s 0x%llx)", #l " " #op " " #r,	\
			    (unsigned long long)_left, #op,		\
			    (unsigned long long)_right);		\
	} while (0)

#define VERIFY3U(l, op, r)	SCSA_VERIFY3(l, op, r, unsigned long long)
#define VERIFY3S(l, op, r)	SCSA_VERIFY3(l, op, r, long long)
#define VERIFY3P(l, op, r)	SCSA_VERIFY3(l, op, r, unsigned long)
#define VERIFY0(ex)		VERIFY3S(ex, ==, 0)

#ifdef DEBUG
#define ASSERT(ex)		VERIFY(ex)
#define ASSERT3U(l, op, r)	VERIFY3U(l, op, r)
#define ASSERT3S(l, op, r)	VERIFY3S(l, op, r)
#define ASSERT3P(l, op, r)	VERIFY3P(l, op, r)
#define ASSERT0(ex)		VERIFY0(ex)
#else
/* Compiled, so that the expression cannot rot, but never evaluated. */
#define ASSERT(ex)		((void)sizeof ((ex) ? 1 : 0))
#define ASSERT3U(l, op, r)	((void)sizeof ((l) op (r)))
#define ASSERT3S(l, op, r)	((void)sizeof ((l) op (r)))
#define ASSERT3P(l, op, r)	((void)sizeof ((l) op (r)))
#define ASSERT0(ex)		((void)sizeof ((ex) == 0))
#endif

/* For lock annotations of code that runs alone. */
#define NO_COMPETING_THREADS	1

#endif /* _SYS_DEBUG_H */
