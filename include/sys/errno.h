/* SPDX-License-Identifier: GPL-2.0 */
/* Error numbers. They are positive in the contract; only the Linux side flips the sign. */
#ifndef _SYS_ERRNO_H
#define _SYS_ERRNO_H

#include <linux/errno.h>

#endif /* _SYS_ERRNO_H */
