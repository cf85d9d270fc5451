/* SPDX-License-Identifier: GPL-2.0 */
/* What the Linux glue knows of the driver; see _init(9E). */
#ifndef _ISP_MOD_H
#define _ISP_MOD_H

int _init(void);
int _fini(void);

#endif /* _ISP_MOD_H */
