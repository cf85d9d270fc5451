/* SPDX-License-Identifier: GPL-2.0 */
/* Callbacks for resource shortage, one list for each class of resources. */
#ifndef _COMPAT_DDI_CALLBACK_H
#define _COMPAT_DDI_CALLBACK_H

#include <sys/ddi.h>
#include <sys/sunddi.h>

struct ddi_callback;

struct ddi_callback_list {
	kmutex_t		lock;	/* protects all below */
	struct ddi_callback	*head;
	struct ddi_callback	**tail;
	struct ddi_callback	*running;	/* off the list while its function runs */
	timeout_id_t		timer;
	boolean_t		armed;
	boolean_t		soon;	/* armed by a release, not to poll */
	boolean_t		closed;
};

void ddi_callback_init(struct ddi_callback_list *list);
void ddi_callback_fini(struct ddi_callback_list *list);
void ddi_callback_queue(struct ddi_callback_list *list, dev_info_t *dip, ddi_dma_handle_t handle,
			int (*func)(caddr_t), caddr_t arg);
void ddi_callback_cancel_handle(struct ddi_callback_list *list, ddi_dma_handle_t handle);
void ddi_callback_cancel_instance(dev_info_t *dip);
void ddi_callback_run_soon(struct ddi_callback_list *list);
/*
 * Wait for resources, or queue the caller's function until there are some. True: try again now.
 * @waits counts the attempts of one caller.
 */
boolean_t ddi_callback_wait_or_queue(struct ddi_callback_list *list, dev_info_t *dip,
				     ddi_dma_handle_t handle, int (*cb)(caddr_t), caddr_t arg,
				     uint_t *waits);

/* Resources were released. Any context, with any lock held but the list's. */
static inline void ddi_callback_release(struct ddi_callback_list *list)
{
	/* Read without the lock: if this misses an entry being queued, the timer finds it. */
	if (READ_ONCE(list->head))
		ddi_callback_run_soon(list);
}

/* DMA handles and bindings, coherent memory, packets. */
extern struct ddi_callback_list ddi_dma_callbacks;
extern struct ddi_callback_list ddi_mem_callbacks;
extern struct ddi_callback_list scsi_pkt_callbacks;

#endif /* _COMPAT_DDI_CALLBACK_H */
