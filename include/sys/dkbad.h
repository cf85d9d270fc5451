/* SPDX-License-Identifier: GPL-2.0 */
/* Drivers include this header, which describes bad sectors, and use nothing of it. */
#ifndef _SYS_DKBAD_H
#define _SYS_DKBAD_H


#endif /* _SYS_DKBAD_H */
