/* SPDX-License-Identifier: GPL-2.0 */
/* The device file system. There is none: its names are made by udev. */
#ifndef _SYS_FS_DV_NODE_H
#define _SYS_FS_DV_NODE_H

#include <sys/dditypes.h>

#define DV_CLEAN_FORCE	0x01
#define DV_CLEANDIR_LCK	0x02

static inline int devfs_clean(dev_info_t *dip, char *name, uint_t flags)
{
	return 0;
}

#endif /* _SYS_FS_DV_NODE_H */
