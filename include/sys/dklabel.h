/* SPDX-License-Identifier: GPL-2.0 */
/* Labels of disks. */
#ifndef _SYS_DKLABEL_H
#define _SYS_DKLABEL_H

#define NDKMAP	16

#endif /* _SYS_DKLABEL_H */
