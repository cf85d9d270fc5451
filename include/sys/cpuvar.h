/* SPDX-License-Identifier: GPL-2.0 */
/* What drivers ask about CPUs: their number, and the one that the caller runs on. */
#ifndef _SYS_CPUVAR_H
#define _SYS_CPUVAR_H

#include <sys/types.h>
#include <sys/thread.h>
#include <scsa/abi.h>

typedef struct cpu {
	int	cpu_id;
	int	cpu_seqid;
} cpu_t;

#define ncpus	(scsa_ncpus())
/* A hint: the caller may have moved to another CPU when it looks at the number. */
#define CPU	(&(const cpu_t){ scsa_cpu_id(), scsa_cpu_id() })

#endif /* _SYS_CPUVAR_H */
