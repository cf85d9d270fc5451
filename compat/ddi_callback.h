/* SPDX-License-Identifier: GPL-2.0 */
/* Callbacks for resource shortage, one list for each class of resources. */
#ifndef _COMPAT_DDI_CALLBACK_H
#define _COMPAT_DDI_CALLBACK_H

#include <sys/ddi.h>

struct ddi_callback;

struct ddi_callback_list {
	kmutex_t		lock;	/* protects all below */
	struct ddi_callback	*head;
	struct ddi_callback	**tail;
	timeout_id_t		timer;
	boolean_t		armed;
	boolean_t		closed;
};

void ddi_callback_init(struct ddi_callback_list *list);
void ddi_callback_fini(struct ddi_callback_list *list);
void ddi_callback_queue(struct ddi_callback_list *list, int (*func)(caddr_t), caddr_t arg);
void ddi_callback_release(struct ddi_callback_list *list);

/* DMA handles and bindings, coherent memory, packets. */
extern struct ddi_callback_list ddi_dma_callbacks;
extern struct ddi_callback_list ddi_mem_callbacks;
extern struct ddi_callback_list scsi_pkt_callbacks;

#endif /* _COMPAT_DDI_CALLBACK_H */
