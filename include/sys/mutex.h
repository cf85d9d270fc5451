/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mutual exclusion: mutex(9F).
 *
 * The last argument of mutex_init() selects the kind of lock. It is the interrupt's priority, from
 * DDI_INTR_PRI(9F) or ddi_get_iblock_cookie(9F), or NULL:
 *  - NULL, or the priority of a driver in the thread model: a sleeping lock;
 *  - the priority of a driver in the atomic model: a spin lock with local interrupts off, so it
 *    may be taken in the interrupt handler, and its holder must not sleep (cv_wait(9F) drops it).
 * Locks are not recursive. mutex_owned() is exact; use it in assertions.
 */
#ifndef _SYS_MUTEX_H
#define _SYS_MUTEX_H

#include <sys/types.h>
#include <scsa/abi.h>

typedef struct scsa_kmutex kmutex_t;

typedef enum {
	MUTEX_ADAPTIVE = 0,
	MUTEX_SPIN = 1,
	MUTEX_DRIVER = 4,
	MUTEX_DEFAULT = 6
} kmutex_type_t;

#define mutex_init(mp, name, type, arg)					\
	do {								\
		static struct lock_class_key _key;			\
		scsa_mutex_init((mp), (name) ? (const char *)(name) : #mp, (type), (arg), &_key); \
	} while (0)
#define mutex_destroy	scsa_mutex_destroy
#define mutex_enter	scsa_mutex_enter
#define mutex_tryenter	scsa_mutex_tryenter
#define mutex_exit	scsa_mutex_exit
#define mutex_owned	scsa_mutex_owned
#define MUTEX_HELD(mp)	scsa_mutex_owned(mp)
#define MUTEX_NOT_HELD(mp) (!scsa_mutex_owned(mp))

#endif /* _SYS_MUTEX_H */
