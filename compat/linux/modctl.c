// SPDX-License-Identifier: GPL-2.0
/* Modules: mod_install(9F) and mod_remove(9F), which lead from a driver back to Linux. */
#include <linux/errno.h>
#include <linux/export.h>

#include "../impl.h"
#include "host.h"

/**
 * scsa_mod_install() - mod_install(9F): register the driver and attach its devices
 * @modlp: the module's linkage; one driver
 *
 * Context: thread, from _init(9E).
 * Return: 0 or an errno.
 */
int scsa_mod_install(struct modlinkage *modlp)
{
	struct dev_ops *ops = scsa_linkage_ops(modlp);

	return ops ? linux_driver_register(ops) : EINVAL;
}
EXPORT_SYMBOL_GPL(scsa_mod_install);

/**
 * scsa_mod_remove() - mod_remove(9F): detach the driver's devices and unregister it
 * @modlp: the module's linkage
 *
 * Context: thread, from _fini(9E).
 * Return: 0 or an errno.
 */
int scsa_mod_remove(struct modlinkage *modlp)
{
	struct dev_ops *ops = scsa_linkage_ops(modlp);

	return ops ? linux_driver_unregister(ops) : EINVAL;
}
EXPORT_SYMBOL_GPL(scsa_mod_remove);
