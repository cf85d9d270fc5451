/* SPDX-License-Identifier: GPL-2.0 */
/* Maps of resources, rmalloc(9F): sources include this header and use nothing of it. */
#ifndef _SYS_MAP_H
#define _SYS_MAP_H

#endif /* _SYS_MAP_H */
