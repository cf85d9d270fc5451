/* SPDX-License-Identifier: GPL-2.0 */
/* Ways a device is opened: open(9E). */
#ifndef _SYS_OPEN_H
#define _SYS_OPEN_H

#define OTYP_BLK	0
#define OTYP_MNT	1
#define OTYP_CHR	2
#define OTYP_SWP	3
#define OTYP_LYR	4

#endif /* _SYS_OPEN_H */
