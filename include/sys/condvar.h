/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Condition variables: condvar(9F).
 *
 * The waiting functions need thread context, whatever kind of lock they drop. They may return
 * without a cv_signal(9F), so callers must test their condition in a loop. cv_timedwait() takes an
 * absolute ddi_get_lbolt(9F) time, cv_reltimedwait() a delta; both return -1 once the time has
 * passed. The _sig variants return 0 if a signal ended the wait.
 */
#ifndef _SYS_CONDVAR_H
#define _SYS_CONDVAR_H

#include <sys/mutex.h>

typedef struct scsa_kcondvar kcondvar_t;

typedef enum { CV_DEFAULT = 0, CV_DRIVER = 1 } kcv_type_t;

typedef enum {
	TR_NANOSEC,
	TR_MICROSEC,
	TR_MILLISEC,
	TR_SEC,
	TR_CLOCK_TICK,
	TR_COUNT
} time_res_t;

#define cv_init(cvp, name, type, arg)					\
	do {								\
		static struct lock_class_key _key;			\
		scsa_cv_init((cvp), (name) ? (const char *)(name) : #cvp, (type), (arg), &_key); \
	} while (0)
#define cv_destroy	scsa_cv_destroy
#define cv_signal	scsa_cv_signal
#define cv_broadcast	scsa_cv_broadcast
#define cv_wait		scsa_cv_wait
#define cv_wait_sig	scsa_cv_wait_sig
#define cv_timedwait	scsa_cv_timedwait
#define cv_reltimedwait	scsa_cv_reltimedwait
#define cv_timedwait_sig	scsa_cv_timedwait_sig
#define cv_reltimedwait_sig	scsa_cv_reltimedwait_sig

#endif /* _SYS_CONDVAR_H */
