/* SPDX-License-Identifier: GPL-2.0 */
/* The integer types of fixed width. */
#ifndef _SYS_INT_TYPES_H
#define _SYS_INT_TYPES_H

#include <sys/types.h>

#endif /* _SYS_INT_TYPES_H */
