/* SPDX-License-Identifier: GPL-2.0 */
/*
 * timeout(9F), untimeout(9F), delay(9F).
 *
 * A timeout's function runs once, in thread context. untimeout() waits until a running function
 * has returned, unless it is called from that function. It returns -1 for an id that has fired or
 * is unknown, else 0 (not the ticks left). Ids go round 32 bits before one is reused.
 */
#ifndef _SYS_CALLO_H
#define _SYS_CALLO_H

#include <sys/time.h>

typedef void *timeout_id_t;

#define timeout			scsa_timeout
#define untimeout		scsa_untimeout
#define delay			scsa_delay

#endif /* _SYS_CALLO_H */
