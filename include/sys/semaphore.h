/* SPDX-License-Identifier: GPL-2.0 */
/* Counting semaphores: semaphore(9F). sema_p() and sema_p_sig() sleep; the others never do. */
#ifndef _SYS_SEMAPHORE_H
#define _SYS_SEMAPHORE_H

#include <sys/types.h>
#include <scsa/abi.h>

typedef struct scsa_ksema ksema_t;

typedef enum { SEMA_DEFAULT = 0, SEMA_DRIVER = 1 } ksema_type_t;

#define sema_init	scsa_sema_init
#define sema_destroy	scsa_sema_destroy
#define sema_p		scsa_sema_p
#define sema_p_sig	scsa_sema_p_sig
#define sema_tryp	scsa_sema_tryp
#define sema_v		scsa_sema_v

#endif /* _SYS_SEMAPHORE_H */
