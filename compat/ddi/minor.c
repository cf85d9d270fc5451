// SPDX-License-Identifier: GPL-2.0
/* Minor nodes: ddi_create_minor_node(9F), and the entry points of cb_ops(9S) behind them. */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/file.h>
#include <sys/mkdev.h>
#include <sys/open.h>
#include <sys/stat.h>
#include <linux/export.h>

#include "../impl.h"

_Static_assert(SCSA_MINOR_READ == FREAD && SCSA_MINOR_WRITE == FWRITE &&
	       SCSA_MINOR_NONBLOCK == (FNDELAY | FNONBLOCK) && SCSA_MINOR_EXCL == FEXCL &&
	       SCSA_MINOR_ILP32 == DATAMODEL_ILP32 && SCSA_MINOR_LP64 == DATAMODEL_LP64, "flags");

/* The fillers are of another type than the members: compare them, never call them. */
static boolean_t is_filler(const void *entry, int *rcp)
{
	*rcp = entry == (void *)scsa_nulldev ? 0 : ENXIO;
	return !entry || entry == (void *)scsa_nulldev || entry == (void *)scsa_nodev;
}

static int minor_cb_open(dev_info_t *dip, unsigned int minor_num, int flag, void *cred)
{
	const struct cb_ops *cb = dip->di_ops->devo_cb_ops;
	dev_t dev = makedevice(0, minor_num);
	int rc;

	if (!cb || is_filler(cb->cb_open, &rc))
		return cb ? rc : ENXIO;
	return cb->cb_open(&dev, flag, OTYP_CHR, cred);
}

static void minor_cb_close(dev_info_t *dip, unsigned int minor_num, int flag, void *cred)
{
	const struct cb_ops *cb = dip->di_ops->devo_cb_ops;
	int rc;

	if (!is_filler(cb->cb_close, &rc))
		cb->cb_close(makedevice(0, minor_num), flag, OTYP_CHR, cred);
}

static int minor_cb_ioctl(dev_info_t *dip, unsigned int minor_num, int mode, unsigned int cmd,
			  unsigned long arg, void *cred, int *rvalp)
{
	const struct cb_ops *cb = dip->di_ops->devo_cb_ops;
	int rc;

	if (is_filler(cb->cb_ioctl, &rc))
		return rc;
	return cb->cb_ioctl(makedevice(0, minor_num), cmd, arg, mode, cred, rvalp);
}

static const struct linux_minor_ops minor_cb_ops = {
	.open = minor_cb_open,
	.close = minor_cb_close,
	.ioctl = minor_cb_ioctl,
};

/**
 * scsa_ddi_create_minor_node() - ddi_create_minor_node(9F)
 * @dip: instance
 * @name: name of the node
 * @spec_type: S_IFCHR; block devices belong to sd
 * @minor_num: minor number, which is passed to the entry points
 * @node_type: DDI_NT_SCSI_NEXUS and the like; ignored
 * @flag: ignored
 *
 * Context: thread, not in one of the node's entry points.
 * Return: DDI_SUCCESS, or DDI_FAILURE for a bad or used name, another type or lack of resources.
 */
int scsa_ddi_create_minor_node(dev_info_t *dip, const char *name, int spec_type, minor_t minor_num,
			       const char *node_type, int flag)
{
	if (!name || !*name || strchr(name, '/') || spec_type != S_IFCHR ||
	    getminor(makedevice(0, minor_num)) != minor_num)
		return DDI_FAILURE;
	return linux_minor_create(dip, name, minor_num, &minor_cb_ops) ? DDI_FAILURE : DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_ddi_create_minor_node);

/**
 * scsa_ddi_remove_minor_node() - ddi_remove_minor_node(9F)
 * @dip: instance
 * @name: name of the node; NULL for all nodes of the instance
 *
 * Processes that have it open get ENXIO from then on.
 *
 * Context: thread, not in one of the node's entry points.
 */
void scsa_ddi_remove_minor_node(dev_info_t *dip, const char *name)
{
	linux_minor_remove(dip, name);
}
EXPORT_SYMBOL_GPL(scsa_ddi_remove_minor_node);
