/* SPDX-License-Identifier: GPL-2.0 */
/* The integer types of fixed width, and their limits. */
#ifndef _SYS_INTTYPES_H
#define _SYS_INTTYPES_H

#include <sys/int_types.h>
#include <sys/int_limits.h>

#endif /* _SYS_INTTYPES_H */
