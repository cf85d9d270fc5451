/* SPDX-License-Identifier: GPL-2.0 */
/* Error numbers: positive inside the contract; the sign flips on the Linux side only. */
#ifndef _SYS_ERRNO_H
#define _SYS_ERRNO_H

#include <linux/errno.h>

#endif /* _SYS_ERRNO_H */
