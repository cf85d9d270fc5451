/* SPDX-License-Identifier: GPL-2.0 */
/* Privileges: as for drv_priv(9F), root has them all. */
#ifndef _SYS_POLICY_H
#define _SYS_POLICY_H

#include <sys/sunddi.h>

#define secpolicy_sys_config(cr, checkonly)	drv_priv(cr)

#endif /* _SYS_POLICY_H */
