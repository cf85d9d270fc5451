/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_LINUX_SPINLOCK_TYPES_H
#define SIM_LINUX_SPINLOCK_TYPES_H

typedef struct { char unused; } spinlock_t;

#endif
