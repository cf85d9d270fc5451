// SPDX-License-Identifier: GPL-2.0
/* Device operations: attach(9E), detach(9E), quiesce(9E), and the linkage that names them. */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/conf.h>
#include <sys/ddifm.h>
#include <sys/errno.h>
#include <sys/modctl.h>
#include <linux/export.h>

#include "callback.h"
#include "../impl.h"

struct mod_ops {
	int	unused;
};

struct mod_ops scsa_mod_driverops;
EXPORT_SYMBOL_GPL(scsa_mod_driverops);

struct dev_ops *scsa_linkage_ops(struct modlinkage *modlp)
{
	struct modldrv *drv = modlp->ml_linkage[0];
	struct dev_ops *ops;

	if (modlp->ml_rev != MODREV_1 || !drv || drv->drv_modops != &mod_driverops)
		return NULL;
	ops = drv->drv_dev_ops;
	return ops && ops->devo_attach && ops->devo_detach ? ops : NULL;
}

/**
 * scsa_mod_info() - mod_info(9F)
 * @modlp: the module's linkage
 * @mip: takes the module's name
 *
 * Context: thread, from _info(9E).
 * Return: non-zero for success, as on Solaris.
 */
int scsa_mod_info(struct modlinkage *modlp, struct modinfo *mip)
{
	struct modldrv *drv = modlp->ml_linkage[0];

	if (!drv)
		return 0;
	mip->mi_name = drv->drv_linkinfo;
	return 1;
}
EXPORT_SYMBOL_GPL(scsa_mod_info);

/**
 * scsa_nodev() - nodev(9F)
 *
 * Context: any.
 * Return: ENXIO.
 */
int scsa_nodev(void)
{
	return ENXIO;
}
EXPORT_SYMBOL_GPL(scsa_nodev);

/**
 * scsa_nulldev() - nulldev(9F)
 *
 * Context: any.
 * Return: 0.
 */
int scsa_nulldev(void)
{
	return 0;
}
EXPORT_SYMBOL_GPL(scsa_nulldev);

/**
 * scsa_nochpoll() - nochpoll(9F)
 * @dev: device
 * @events: what the caller polls for
 * @anyyet: non-zero if the caller already has events to return
 * @reventsp: not set
 * @phpp: not set
 *
 * Context: thread.
 * Return: ENXIO.
 */
int scsa_nochpoll(dev_t dev, short events, int anyyet, short *reventsp, struct pollhead **phpp)
{
	return ENXIO;
}
EXPORT_SYMBOL_GPL(scsa_nochpoll);

/**
 * scsa_ddi_no_info() - ddi_no_info(9F): getinfo(9E) of a driver without minor nodes
 * @dip: instance
 * @cmd: DDI_INFO_DEVT2DEVINFO or DDI_INFO_DEVT2INSTANCE
 * @arg: device number
 * @result: not set
 *
 * Context: thread.
 * Return: DDI_FAILURE.
 */
int scsa_ddi_no_info(dev_info_t *dip, ddi_info_cmd_t cmd, void *arg, void **result)
{
	return DDI_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_ddi_no_info);

/**
 * scsa_ddi_quiesce_not_needed() - ddi_quiesce_not_needed(9F): quiesce(9E) of an idle device
 * @dip: instance
 *
 * Context: any.
 * Return: DDI_SUCCESS.
 */
int scsa_ddi_quiesce_not_needed(dev_info_t *dip)
{
	return DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_ddi_quiesce_not_needed);

/**
 * scsa_ddi_quiesce_not_supported() - ddi_quiesce_not_supported(9F)
 * @dip: instance
 *
 * Context: any.
 * Return: DDI_FAILURE.
 */
int scsa_ddi_quiesce_not_supported(dev_info_t *dip)
{
	return DDI_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_ddi_quiesce_not_supported);

int scsa_attach(dev_info_t *dip)
{
	int rc = dip->di_ops->devo_attach(dip, DDI_ATTACH);

	if (rc != DDI_SUCCESS) {
		linux_minor_remove(dip, NULL);
		ddi_callback_cancel_instance(dip);
	}
	return rc;
}

int scsa_detach(dev_info_t *dip)
{
	int rc;

	/* detach(9E) must not run with a node open. We cannot refuse: the device may be gone. */
	linux_minor_remove(dip, NULL);
	rc = dip->di_ops->devo_detach(dip, DDI_DETACH);
	ddi_callback_cancel_instance(dip);
	return rc;
}

int scsa_suspend(dev_info_t *dip)
{
	return dip->di_ops->devo_detach(dip, DDI_SUSPEND);
}

int scsa_resume(dev_info_t *dip)
{
	return dip->di_ops->devo_attach(dip, DDI_RESUME);
}

void scsa_quiesce(dev_info_t *dip)
{
	int (*quiesce)(dev_info_t *dip) = dip->di_ops->devo_quiesce;

	/* The fillers are of another type than the member: compare them, never call them. */
	if (quiesce && quiesce != (void *)scsa_nodev && quiesce != (void *)scsa_nulldev)
		quiesce(dip);
}

void scsa_instance_fini(dev_info_t *dip)
{
	scsa_fm_fini(dip);
	scsa_prop_fini(dip);
}
