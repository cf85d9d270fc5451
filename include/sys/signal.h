/* SPDX-License-Identifier: GPL-2.0 */
/* Drivers include this header but need nothing from it: cv_wait_sig(9F) is in <sys/condvar.h>. */
#ifndef _SYS_SIGNAL_H
#define _SYS_SIGNAL_H

#endif /* _SYS_SIGNAL_H */
