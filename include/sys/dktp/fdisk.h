/* SPDX-License-Identifier: GPL-2.0 */
/* Drivers include this header, which describes partition tables, and use nothing of it. */
#ifndef _SYS_DKTP_FDISK_H
#define _SYS_DKTP_FDISK_H


#endif /* _SYS_DKTP_FDISK_H */
