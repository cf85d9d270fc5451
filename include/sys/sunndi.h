/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For nexus drivers: the tree below an instance. There is none, because the midlayer finds the LUNs.
 * What would make a node fails, and an HBA driver that reports its targets so has none of its own.
 */
#ifndef _SYS_SUNNDI_H
#define _SYS_SUNNDI_H

#include <sys/sunddi.h>

#define NDI_SUCCESS		DDI_SUCCESS
#define NDI_FAILURE		DDI_FAILURE
#define NDI_NOMEM		(-2)
#define NDI_BADHANDLE		(-3)
#define NDI_FAULT		(-4)
#define NDI_BUSY		(-5)

/* Flags of ndi_devi_online(), ndi_devi_offline() and bus configuration. */
#define NDI_DEVI_REMOVE		0x00000001
#define NDI_ONLINE_ATTACH	0x00000002
#define NDI_CONFIG		0x00000080
#define NDI_UNCONFIG		0x00000100
#define NDI_MDI_FALLBACK	0x00001000
#define NDI_DEVI_OFFLINE	0x00040000

#define DEVI_SID_NODEID		((pnode_t)-3)
#define DEVI_BUSY_OWNED(dip)	1
typedef int pnode_t;

static inline int ndi_devi_alloc(dev_info_t *parent, const char *name, pnode_t nodeid,
				 dev_info_t **childp)
{
	*childp = NULL;
	return NDI_FAILURE;
}

static inline int ndi_devi_free(dev_info_t *dip)
{
	return NDI_FAILURE;
}

static inline int ndi_devi_online(dev_info_t *dip, uint_t flags)
{
	return NDI_FAILURE;
}

static inline int ndi_devi_offline(dev_info_t *dip, uint_t flags)
{
	return NDI_FAILURE;
}

/* illumos changed the number of arguments in 2021. */
#define ndi_devi_enter(dip, ...)	((void)(dip))
#define ndi_devi_exit(dip, ...)		((void)(dip))

/* Not from a .conf file: the midlayer has found the LUN. */
static inline int ndi_dev_is_persistent_node(dev_info_t *dip)
{
	return 1;
}

static inline int ndi_merge_node(dev_info_t *dip, int (*name_node)(dev_info_t *dip, char *name, int len))
{
	return DDI_FAILURE;
}

static inline dev_info_t *ndi_devi_findchild(dev_info_t *parent, const char *name)
{
	return NULL;
}

static inline int ndi_busop_bus_config(dev_info_t *dip, uint_t flags, ddi_bus_config_op_t op,
				       void *arg, dev_info_t **childp, clock_t reset_delay)
{
	return NDI_FAILURE;
}

static inline int ndi_busop_bus_unconfig(dev_info_t *dip, uint_t flags, ddi_bus_config_op_t op,
					 void *arg)
{
	return NDI_FAILURE;
}

/* The properties of a node that does not exist. */
static inline int ndi_prop_update_int(dev_t dev, dev_info_t *dip, const char *name, int value)
{
	return DDI_PROP_INVAL_ARG;
}

static inline int ndi_prop_update_string(dev_t dev, dev_info_t *dip, const char *name, char *value)
{
	return DDI_PROP_INVAL_ARG;
}

static inline int ndi_prop_update_string_array(dev_t dev, dev_info_t *dip, const char *name,
					       char **strings, uint_t nelements)
{
	return DDI_PROP_INVAL_ARG;
}

static inline void ndi_prop_remove_all(dev_info_t *dip)
{
}

static inline int i_ddi_devi_attached(dev_info_t *dip)
{
	return 0;
}

static inline char *ddi_deviname(dev_info_t *dip, char *name)
{
	*name = '\0';
	return name;
}

static inline dev_info_t *ddi_get_child(dev_info_t *dip)
{
	return NULL;
}

static inline dev_info_t *ddi_get_next_sibling(dev_info_t *dip)
{
	return NULL;
}

static inline dev_info_t *ddi_get_parent(dev_info_t *dip)
{
	return NULL;
}

#endif /* _SYS_SUNNDI_H */
