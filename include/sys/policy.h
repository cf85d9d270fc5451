/* SPDX-License-Identifier: GPL-2.0 */
/* Privileges: as for drv_priv(9F), root has them all. */
#ifndef _SYS_POLICY_H
#define _SYS_POLICY_H

#include <sys/sunddi.h>

static inline int secpolicy_sys_config(const cred_t *cr, boolean_t checkonly)
{
	return drv_priv((cred_t *)cr);
}

#endif /* _SYS_POLICY_H */
