/* SPDX-License-Identifier: GPL-2.0 */
/* Priorities and states of threads. */
#ifndef _SYS_DISP_H
#define _SYS_DISP_H

#include <sys/thread.h>

#endif /* _SYS_DISP_H */
