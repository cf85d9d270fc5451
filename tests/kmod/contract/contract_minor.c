// SPDX-License-Identifier: GPL-2.0
/* Clauses of ddi_create_minor_node(9F), cb_ops(9S), ddi_copyin(9F), drv_priv(9F). */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/mkdev.h>
#include <sys/open.h>
#include <sys/stat.h>
#include <sys/scsi/scsi.h>

#include "contract.h"
#include "contract_check.h"

/* What the entry points have seen. */
static struct {
	int	opens, closes, ioctls;
	minor_t	minor;
	int	flag, otyp, cmd, mode;
	int	refuse;
} seen;

static int node_open(dev_t *devp, int flag, int otyp, cred_t *credp)
{
	seen.opens++;
	seen.minor = getminor(*devp);
	seen.flag = flag;
	seen.otyp = otyp;
	return credp && drv_priv(credp) == 0 ? seen.refuse : EPERM;
}

static int node_close(dev_t dev, int flag, int otyp, cred_t *credp)
{
	seen.closes++;
	seen.flag = flag;
	return 0;
}

/* Command 1 increments the int that the argument points to; others are refused. */
static int node_ioctl(dev_t dev, int cmd, intptr_t arg, int mode, cred_t *credp, int *rvalp)
{
	int value;

	seen.ioctls++;
	seen.mode = mode;
	if (cmd != 1)
		return ENOTTY;
	if (ddi_copyin((void *)arg, &value, sizeof(value), mode))
		return EFAULT;
	value++;
	if (ddi_copyout(&value, (void *)arg, sizeof(value), mode))
		return EFAULT;
	*rvalp = 7;
	return 0;
}

struct cb_ops contract_cb_ops = {
	.cb_open = node_open,
	.cb_close = node_close,
	.cb_chpoll = nochpoll,
	.cb_prop_op = ddi_prop_op,
	.cb_ioctl = node_ioctl,
	.cb_flag = D_NEW | D_MP | D_HOTPLUG,
	.cb_rev = CB_REV,
};

#define NODE	"contract0:ctl"

static const char *minor_create(dev_info_t *dip)
{
	const char *why = NULL;
	void *file = NULL;

	bzero(&seen, sizeof(seen));
	CHECK(ddi_create_minor_node(dip, "ctl", S_IFCHR, INST2DEVCTL(3), DDI_NT_SCSI_NEXUS, 0) ==
	      DDI_SUCCESS);
	/* A name in use, no name, a path; and not a character device. */
	CHECK(ddi_create_minor_node(dip, "ctl", S_IFCHR, 9, DDI_PSEUDO, 0) == DDI_FAILURE);
	CHECK(ddi_create_minor_node(dip, NULL, S_IFCHR, 9, DDI_PSEUDO, 0) == DDI_FAILURE);
	CHECK(ddi_create_minor_node(dip, "a/b", S_IFCHR, 9, DDI_PSEUDO, 0) == DDI_FAILURE);
	CHECK(ddi_create_minor_node(dip, "blk", S_IFBLK, 9, DDI_PSEUDO, 0) == DDI_FAILURE);
	file = contract_open(NODE);
	CHECK(file && seen.opens == 1 && MINOR2INST(seen.minor) == 3);
	CHECK(seen.flag == (FREAD | FWRITE) && seen.otyp == OTYP_CHR);
	contract_close(file);
	file = NULL;
	CHECK(seen.closes == 1);
	file = contract_open_alone(NODE);
	CHECK(file && seen.flag == (FWRITE | FEXCL | FNDELAY | FNONBLOCK));
	contract_close(file);
	file = NULL;
	CHECK(seen.closes == 2 && seen.flag == (FWRITE | FNDELAY | FNONBLOCK));
	seen.refuse = EBUSY;
	CHECK(!contract_open(NODE) && seen.opens == 3 && seen.closes == 2);
out:
	contract_close(file);
	ddi_remove_minor_node(dip, NULL);
	return why;
}

static const char *minor_ioctl(dev_info_t *dip)
{
	const char *why = NULL;
	void *file = NULL;
	int value = 41;

	bzero(&seen, sizeof(seen));
	CHECK(ddi_create_minor_node(dip, "ctl", S_IFCHR, 1, DDI_PSEUDO, 0) == DDI_SUCCESS);
	file = contract_open(NODE);
	CHECK(file);
	CHECK(contract_ioctl(file, 2, 0) == -ENOTTY);
	/* The argument is an address in the caller's space, so a kernel address is refused. */
	CHECK(contract_ioctl(file, 1, (unsigned long)&value) == -EFAULT && value == 41);
	CHECK(contract_ioctl_user(file, 1, &value) == 7 && value == 42);
	CHECK(seen.ioctls == 3 && ddi_model_convert_from(seen.mode) == DDI_MODEL_NONE);
	CHECK(ddi_model_convert_from(DATAMODEL_ILP32 | FREAD) == DDI_MODEL_ILP32);
	/* With FKIOCTL a kernel address is accepted. */
	CHECK(node_ioctl(0, 1, (intptr_t)&value, FKIOCTL, NULL, &seen.cmd) == 0 && value == 43);
out:
	contract_close(file);
	ddi_remove_minor_node(dip, "ctl");
	return why;
}

/* A node that is removed while open is closed, and its files fail from then on. */
static const char *minor_remove(dev_info_t *dip)
{
	const char *why = NULL;
	void *file = NULL;

	bzero(&seen, sizeof(seen));
	CHECK(ddi_create_minor_node(dip, "ctl", S_IFCHR, 1, DDI_PSEUDO, 0) == DDI_SUCCESS);
	CHECK(ddi_create_minor_node(dip, "other", S_IFCHR, 2, DDI_PSEUDO, 0) == DDI_SUCCESS);
	file = contract_open(NODE);
	CHECK(file);
	ddi_remove_minor_node(dip, "ctl");
	CHECK(seen.closes == 1);
	CHECK(contract_ioctl(file, 2, 0) == -ENXIO && seen.ioctls == 0);
	CHECK(!contract_open(NODE));
	contract_close(file);
	file = contract_open("contract0:other");
	CHECK(file && seen.closes == 1);
out:
	contract_close(file);
	ddi_remove_minor_node(dip, NULL);
	return why ? why : contract_open("contract0:other") ? "still there" : NULL;
}

static const struct contract_test tests[] = {
	{ "minor_node.create", minor_create },
	{ "minor_node.ioctl", minor_ioctl },
	{ "minor_node.remove", minor_remove },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
