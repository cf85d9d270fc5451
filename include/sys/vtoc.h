/* SPDX-License-Identifier: GPL-2.0 */
/* Partitions of disks. */
#ifndef _SYS_VTOC_H
#define _SYS_VTOC_H

#include <sys/dklabel.h>

#define V_NUMPAR	NDKMAP

#endif /* _SYS_VTOC_H */
