/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_LINUX_LOCKDEP_TYPES_H
#define SIM_LINUX_LOCKDEP_TYPES_H

/* Its address is the class of a lock. */
struct lock_class_key {
	char	unused;
};

#endif
