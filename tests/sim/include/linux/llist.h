/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_LINUX_LLIST_H
#define SIM_LINUX_LLIST_H

struct llist_node {
	struct llist_node	*next;
};

#endif
