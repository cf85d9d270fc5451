/* SPDX-License-Identifier: GPL-2.0 */
/* Clocks: ddi_get_lbolt(9F), gethrtime(9F), drv_usectohz(9F). Ticks are Linux' jiffies. */
#ifndef _SYS_TIME_H
#define _SYS_TIME_H

#include <sys/types.h>
#include <scsa/abi.h>

#define SEC		1
#define MILLISEC	1000
#define MICROSEC	1000000
#define NANOSEC		1000000000LL

#define hz			scsa_hz
#define SEC_TO_TICK(sec)	((clock_t)(sec) * hz)

#define ddi_get_lbolt		scsa_ddi_get_lbolt
#define ddi_get_lbolt64()	((int64_t)scsa_ddi_get_lbolt())
#define ddi_get_time		scsa_ddi_get_time
#define gethrtime		scsa_gethrtime
#define drv_usectohz		scsa_drv_usectohz
#define drv_hztousec		scsa_drv_hztousec

/* Spins below 20 us or in atomic context, sleeps otherwise. */
#define drv_usecwait		scsa_drv_usecwait

#endif /* _SYS_TIME_H */
