/* SPDX-License-Identifier: GPL-2.0 */
/* Task queues: taskq(9F). In both execution models tasks run in the queue's own threads. */
#ifndef _SYS_DDI_TASKQ_H
#define _SYS_DDI_TASKQ_H

#include <sys/dditypes.h>

typedef struct scsa_taskq ddi_taskq_t;

#define TASKQ_DEFAULTPRI	(-1)
#define DDI_SLEEP		0
#define DDI_NOSLEEP		1

ddi_taskq_t *scsa_taskq_create(dev_info_t *dip, const char *name, int nthreads, pri_t pri,
			       uint_t flags);
void scsa_taskq_destroy(ddi_taskq_t *tq);
int scsa_taskq_dispatch(ddi_taskq_t *tq, void (*func)(void *), void *arg, uint_t flags);
void scsa_taskq_wait(ddi_taskq_t *tq);
void scsa_taskq_suspend(ddi_taskq_t *tq);
boolean_t scsa_taskq_suspended(ddi_taskq_t *tq);
void scsa_taskq_resume(ddi_taskq_t *tq);
#define ddi_taskq_create	scsa_taskq_create
#define ddi_taskq_destroy	scsa_taskq_destroy
#define ddi_taskq_dispatch	scsa_taskq_dispatch
#define ddi_taskq_wait		scsa_taskq_wait
#define ddi_taskq_suspend	scsa_taskq_suspend
#define ddi_taskq_suspended	scsa_taskq_suspended
#define ddi_taskq_resume	scsa_taskq_resume

#endif /* _SYS_DDI_TASKQ_H */
