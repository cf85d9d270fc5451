/* SPDX-License-Identifier: GPL-2.0 */
/* Umbrella for the synchronisation primitives. */
#ifndef _SYS_KSYNCH_H
#define _SYS_KSYNCH_H

#include <sys/mutex.h>
#include <sys/condvar.h>
#include <sys/rwlock.h>
#include <sys/semaphore.h>

#endif /* _SYS_KSYNCH_H */
