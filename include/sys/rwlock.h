/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Readers/writer locks: rwlock(9F).
 *
 * The last argument of rw_init() selects the kind of lock, as for mutex_init(9F). With the
 * interrupt priority of a driver in the atomic model, the lock may be taken in the interrupt
 * handler, its holder must not sleep, and readers exclude each other too. Otherwise it sleeps, and
 * a waiting writer keeps new readers out.
 */
#ifndef _SYS_RWLOCK_H
#define _SYS_RWLOCK_H

#include <sys/types.h>
#include <scsa/abi.h>

typedef struct scsa_krwlock krwlock_t;

typedef enum { RW_DRIVER = 2, RW_DEFAULT = 4 } krw_type_t;
typedef enum { RW_WRITER = SCSA_RW_WRITER, RW_READER = SCSA_RW_READER } krw_t;

#define rw_init			scsa_rw_init
#define rw_destroy		scsa_rw_destroy
#define rw_enter		scsa_rw_enter
#define rw_tryenter		scsa_rw_tryenter
#define rw_exit			scsa_rw_exit
#define rw_downgrade		scsa_rw_downgrade
#define rw_tryupgrade		scsa_rw_tryupgrade
#define rw_read_locked		scsa_rw_read_locked
#define RW_READ_HELD(l)		(scsa_rw_read_locked(l) > 0)
#define RW_WRITE_HELD(l)	scsa_rw_write_held(l)
#define RW_LOCK_HELD(l)		(RW_READ_HELD(l) || RW_WRITE_HELD(l))

#endif /* _SYS_RWLOCK_H */
