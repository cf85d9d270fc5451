/* SPDX-License-Identifier: GPL-2.0 */
/* Loadable modules: mod_install(9F), modlinkage(9S), modldrv(9S). */
#ifndef _SYS_MODCTL_H
#define _SYS_MODCTL_H

#include <scsa/abi.h>
#include <sys/types.h>
#include <sys/devops.h>

#define MODREV_1	1

struct mod_ops;
extern struct mod_ops scsa_mod_driverops;
#define mod_driverops	scsa_mod_driverops

struct modldrv {
	struct mod_ops	*drv_modops;
	char		*drv_linkinfo;
	struct dev_ops	*drv_dev_ops;
};

struct modlinkage {
	int	ml_rev;
	void	*ml_linkage[7];
};

struct modinfo {
	const char	*mi_name;
};

int scsa_mod_info(struct modlinkage *modlp, struct modinfo *mip);
#define mod_install	scsa_mod_install
#define mod_remove	scsa_mod_remove
#define mod_info	scsa_mod_info

#endif /* _SYS_MODCTL_H */
