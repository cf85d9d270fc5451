/* SPDX-License-Identifier: GPL-2.0 */
/* S_IFCHR and S_IFBLK, for ddi_create_minor_node(9F). */
#ifndef _SYS_STAT_H
#define _SYS_STAT_H

#include <uapi/linux/stat.h>

#endif /* _SYS_STAT_H */
