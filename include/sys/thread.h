/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel threads: thread_create(), thread_exit(), thread_join().
 *
 * Linux chooses stack, project, state and priority. A driver must join its threads before it is
 * unloaded. A driver may read members only of threads that thread_create() made. The curthread of
 * any other thread may only be compared.
 */
#ifndef _SYS_THREAD_H
#define _SYS_THREAD_H

#include <sys/types.h>
#include <scsa/abi.h>

typedef uint64_t kt_did_t;
typedef struct scsa_kthread kthread_t;
typedef struct proc proc_t;

#define TS_RUN		0x02
#define minclsyspri	60
#define maxclsyspri	99
#define p0		(*(proc_t *)NULL)

#define thread_create(stk, stksize, func, arg, len, pp, state, pri) \
	((void)(pp), scsa_thread_create((void (*)(void *))(func), arg))
#define thread_exit	scsa_thread_exit
#define thread_join	scsa_thread_join
#define curthread	scsa_curthread()

#endif /* _SYS_THREAD_H */
