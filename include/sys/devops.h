/* SPDX-License-Identifier: GPL-2.0 */
/* Device operations: dev_ops(9S). */
#ifndef _SYS_DEVOPS_H
#define _SYS_DEVOPS_H

#include <sys/dditypes.h>
#include <sys/errno.h>

#define DEVO_REV	4

typedef enum {
	DDI_ATTACH = 0,
	DDI_RESUME = 1,
	DDI_PM_RESUME = 2
} ddi_attach_cmd_t;

typedef enum {
	DDI_DETACH = 0,
	DDI_SUSPEND = 1,
	DDI_PM_SUSPEND = 2,
	DDI_HOTPLUG_DETACH = 3
} ddi_detach_cmd_t;

typedef enum {
	DDI_INFO_DEVT2DEVINFO = 0,
	DDI_INFO_DEVT2INSTANCE = 1
} ddi_info_cmd_t;

typedef enum { DDI_RESET_FORCE = 0 } ddi_reset_cmd_t;

/* What a nexus driver's bus configuration is to do. It is never called. */
typedef enum {
	BUS_ENUMERATE,
	BUS_CONFIG_ONE,
	BUS_CONFIG_ALL,
	BUS_CONFIG_AP,
	BUS_CONFIG_DRIVER,
	BUS_UNCONFIG_ONE,
	BUS_UNCONFIG_DRIVER,
	BUS_UNCONFIG_ALL,
	BUS_UNCONFIG_AP,
	BUS_CONFIG_OBP_ARGS
} ddi_bus_config_op_t;

struct cb_ops;
struct bus_ops;

/* Only attach, detach and quiesce are called. The others exist for positional initialisers. */
struct dev_ops {
	int		devo_rev;
	int		devo_refcnt;
	int		(*devo_getinfo)(dev_info_t *dip, ddi_info_cmd_t cmd, void *arg, void **result);
	int		(*devo_identify)(dev_info_t *dip);
	int		(*devo_probe)(dev_info_t *dip);
	int		(*devo_attach)(dev_info_t *dip, ddi_attach_cmd_t cmd);
	int		(*devo_detach)(dev_info_t *dip, ddi_detach_cmd_t cmd);
	int		(*devo_reset)(dev_info_t *dip, ddi_reset_cmd_t cmd);
	struct cb_ops	*devo_cb_ops;
	struct bus_ops	*devo_bus_ops;
	int		(*devo_power)(dev_info_t *dip, int component, int level);
	int		(*devo_quiesce)(dev_info_t *dip);
};

/*
 * Fillers for the entry points of dev_ops(9S) and cb_ops(9S); see nodev(9F), nulldev(9F). They are
 * void pointers, because one filler serves members of many types. They are never called.
 */
int scsa_nodev(void);
int scsa_nulldev(void);
int scsa_ddi_no_info(dev_info_t *dip, ddi_info_cmd_t cmd, void *arg, void **result);
int scsa_ddi_quiesce_not_needed(dev_info_t *dip);
int scsa_ddi_quiesce_not_supported(dev_info_t *dip);
#define nodev		((void *)scsa_nodev)
#define nulldev		((void *)scsa_nulldev)
#define ddi_no_info	scsa_ddi_no_info
#define ddi_quiesce_not_needed	scsa_ddi_quiesce_not_needed
#define ddi_quiesce_not_supported scsa_ddi_quiesce_not_supported

/* Values of probe(9E). */
#define DDI_PROBE_FAILURE	ENXIO
#define DDI_PROBE_DONTCARE	0
#define DDI_PROBE_PARTIAL	1
#define DDI_PROBE_SUCCESS	2

#endif /* _SYS_DEVOPS_H */
