/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Doubly linked lists of structures that embed a list_node_t: list_create(9F) and its family. The
 * caller does the locking.
 */
#ifndef _SYS_LIST_H
#define _SYS_LIST_H

#include <sys/types.h>
#include <sys/debug.h>

typedef struct list_node {
	struct list_node	*list_next;
	struct list_node	*list_prev;
} list_node_t;

typedef struct list {
	size_t		list_size;
	size_t		list_offset;
	list_node_t	list_head;
} list_t;

static inline list_node_t *scsa_list_node(const list_t *list, void *object)
{
	return (list_node_t *)((caddr_t)object + list->list_offset);
}

static inline void *scsa_list_object(const list_t *list, const list_node_t *node)
{
	return node == &list->list_head ? NULL : (caddr_t)node - list->list_offset;
}

static inline void scsa_list_link(list_node_t *prev, list_node_t *node)
{
	node->list_prev = prev;
	node->list_next = prev->list_next;
	prev->list_next->list_prev = node;
	prev->list_next = node;
}

static inline void list_create(list_t *list, size_t size, size_t offset)
{
	list->list_size = size;
	list->list_offset = offset;
	list->list_head.list_next = list->list_head.list_prev = &list->list_head;
}

static inline int list_is_empty(list_t *list)
{
	return list->list_head.list_next == &list->list_head;
}

static inline void list_destroy(list_t *list)
{
	VERIFY(list_is_empty(list));
	list->list_head.list_next = list->list_head.list_prev = NULL;
}

static inline void list_insert_head(list_t *list, void *object)
{
	scsa_list_link(&list->list_head, scsa_list_node(list, object));
}

static inline void list_insert_tail(list_t *list, void *object)
{
	scsa_list_link(list->list_head.list_prev, scsa_list_node(list, object));
}

static inline void list_insert_after(list_t *list, void *object, void *new)
{
	scsa_list_link(object ? scsa_list_node(list, object) : &list->list_head,
		       scsa_list_node(list, new));
}

static inline void list_insert_before(list_t *list, void *object, void *new)
{
	list_node_t *next = object ? scsa_list_node(list, object) : &list->list_head;

	scsa_list_link(next->list_prev, scsa_list_node(list, new));
}

static inline void list_remove(list_t *list, void *object)
{
	list_node_t *node = scsa_list_node(list, object);

	VERIFY(node->list_next != NULL);
	node->list_prev->list_next = node->list_next;
	node->list_next->list_prev = node->list_prev;
	node->list_next = node->list_prev = NULL;
}

static inline void *list_head(list_t *list)
{
	return scsa_list_object(list, list->list_head.list_next);
}

static inline void *list_tail(list_t *list)
{
	return scsa_list_object(list, list->list_head.list_prev);
}

static inline void *list_next(list_t *list, void *object)
{
	return scsa_list_object(list, scsa_list_node(list, object)->list_next);
}

static inline void *list_prev(list_t *list, void *object)
{
	return scsa_list_object(list, scsa_list_node(list, object)->list_prev);
}

static inline void *list_remove_head(list_t *list)
{
	void *object = list_head(list);

	if (object)
		list_remove(list, object);
	return object;
}

static inline void *list_remove_tail(list_t *list)
{
	void *object = list_tail(list);

	if (object)
		list_remove(list, object);
	return object;
}

static inline void list_move_tail(list_t *dst, list_t *src)
{
	while (!list_is_empty(src))
		list_insert_tail(dst, list_remove_head(src));
}

static inline void list_link_init(list_node_t *node)
{
	node->list_next = node->list_prev = NULL;
}

static inline int list_link_active(list_node_t *node)
{
	return node->list_next != NULL;
}

#endif /* _SYS_LIST_H */
