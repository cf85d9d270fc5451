/* SPDX-License-Identifier: GPL-2.0 */
/* Drivers include this header, which describes disks of several hosts, and use nothing of it. */
#ifndef _SYS_MHD_H
#define _SYS_MHD_H


#endif /* _SYS_MHD_H */
