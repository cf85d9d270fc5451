/* SPDX-License-Identifier: GPL-2.0 */
/* Drivers include this header, which describes CD-ROM drives, and use nothing of it. */
#ifndef _SYS_CDIO_H
#define _SYS_CDIO_H


#endif /* _SYS_CDIO_H */
