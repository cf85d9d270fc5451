// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks for resource shortage: ddi_dma_alloc_handle(9F), scsi_init_pkt(9F).
 *
 * There is a list for each class of resources. A caller that fails for lack of them queues
 * (function, argument). A caller that releases some has the list run in another context, because
 * it may hold locks of its own. A function that returns RUNOUT goes to the tail and waits for the
 * next release.
 */
#include <sys/ddi.h>
#include <sys/sunddi.h>

#include "../impl.h"
#include "callback.h"

struct ddi_callback_list ddi_dma_callbacks;
struct ddi_callback_list ddi_mem_callbacks;
struct ddi_callback_list scsi_pkt_callbacks;

/* SLEEP: how often to check whether resources are available again. */
#define SLEEP_POLL_USEC	10000
/* Warn after this many checks. */
#define SLEEP_WARN	1000

/*
 * We are not told when others free memory, so the lists also run at this interval while they are
 * not empty.
 */
#define CALLBACK_POLL_USEC	20000

struct ddi_callback {
	struct ddi_callback	*next;
	int			(*func)(caddr_t);
	caddr_t			arg;
	dev_info_t		*dip;		/* instance that the function belongs to */
	ddi_dma_handle_t	handle;		/* handle that it waits for, or NULL */
	uint_t			count;	/* calls still due: one each time it was queued */
};

static void callback_run(void *arg);

void ddi_callback_init(struct ddi_callback_list *list)
{
	mutex_init(&list->lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(SCSA_PRI_ATOMIC));
	list->tail = &list->head;
}

/* No caller may queue from here on. Entries that are left are dropped. Thread context. */
void ddi_callback_fini(struct ddi_callback_list *list)
{
	struct ddi_callback *cb;

	mutex_enter(&list->lock);
	list->closed = B_TRUE;
	mutex_exit(&list->lock);
	if (list->timer)
		untimeout(list->timer);
	while ((cb = list->head)) {
		list->head = cb->next;
		kmem_free(cb, sizeof(*cb));
	}
	mutex_destroy(&list->lock);
}

/*
 * list->lock is held. Only one run at a time: the run in progress arms the next. If there is no
 * memory for the timer, the next release or failure arms it.
 */
static void cb_arm(struct ddi_callback_list *list, clock_t ticks)
{
	if (!list->armed && !list->running && list->head && !list->closed) {
		list->timer = timeout(callback_run, list, ticks);
		list->armed = list->timer != NULL;
		list->soon = ticks == 1 ? B_TRUE : B_FALSE;
	}
}

static void cb_append(struct ddi_callback_list *list, struct ddi_callback *new)
{
	struct ddi_callback *cb;

	for (cb = list->head; cb; cb = cb->next)
		if (cb->func == new->func && cb->arg == new->arg && cb->dip == new->dip &&
		    cb->handle == new->handle) {
			cb->count += new->count;
			kmem_free(new, sizeof(*new));
			return;
		}
	new->next = NULL;
	*list->tail = new;
	list->tail = &new->next;
}

/*
 * Have @func(@arg) called when resources may be available again, unless @dip detaches first or
 * @handle, if not NULL, is freed first. Any context.
 */
void ddi_callback_queue(struct ddi_callback_list *list, dev_info_t *dip, ddi_dma_handle_t handle,
			int (*func)(caddr_t), caddr_t arg)
{
	struct ddi_callback *cb = kmem_zalloc(sizeof(*cb), KM_NOSLEEP);

	if (!cb) {
		cmn_err(CE_WARN, "scsa: no memory for a resource callback: the driver is not called");
		return;
	}
	cb->func = func;
	cb->arg = arg;
	cb->dip = dip;
	cb->handle = handle;
	cb->count = 1;
	mutex_enter(&list->lock);
	cb_append(list, cb);
	cb_arm(list, drv_usectohz(CALLBACK_POLL_USEC));
	mutex_exit(&list->lock);
}

/* See ddi_callback_release(). The poll must not delay the run, nor a release the next one's. */
void ddi_callback_run_soon(struct ddi_callback_list *list)
{
	mutex_enter(&list->lock);
	if (list->armed && !list->soon && !list->running)
		list->armed = untimeout(list->timer) < 0 ? B_TRUE : B_FALSE;
	cb_arm(list, 1);
	mutex_exit(&list->lock);
}

/* Drop the entries of an instance or of a handle. list->lock is held. */
static void cb_cancel(struct ddi_callback_list *list, dev_info_t *dip, ddi_dma_handle_t handle)
{
	struct ddi_callback **p = &list->head, *cb;

	while ((cb = *p)) {
		if ((dip && cb->dip == dip) || (handle && cb->handle == handle)) {
			*p = cb->next;
			kmem_free(cb, sizeof(*cb));
		} else {
			p = &cb->next;
		}
	}
	list->tail = p;
}

/* The handle is being freed, perhaps by the very function that waits for it. Any context. */
void ddi_callback_cancel_handle(struct ddi_callback_list *list, ddi_dma_handle_t handle)
{
	mutex_enter(&list->lock);
	cb_cancel(list, NULL, handle);
	if (list->running && list->running->handle == handle)
		list->running->count = 0;
	mutex_exit(&list->lock);
}

static void cancel_and_wait(struct ddi_callback_list *list, dev_info_t *dip)
{
	boolean_t running;

	do {
		mutex_enter(&list->lock);
		cb_cancel(list, dip, NULL);
		running = list->running && list->running->dip == dip;
		if (running)
			list->running->count = 0;
		mutex_exit(&list->lock);
		if (running)
			delay(1);
	} while (running);
}

/* The instance has detached, so its functions may soon be unloaded. Thread context. */
void ddi_callback_cancel_instance(dev_info_t *dip)
{
	cancel_and_wait(&ddi_dma_callbacks, dip);
	cancel_and_wait(&ddi_mem_callbacks, dip);
	cancel_and_wait(&scsi_pkt_callbacks, dip);
}

static void callback_run(void *arg)
{
	struct ddi_callback_list *list = arg;
	struct ddi_callback *cb;
	uint_t pending = 0;

	mutex_enter(&list->lock);
	list->armed = B_FALSE;
	for (cb = list->head; cb; cb = cb->next)
		pending += cb->count;
	/* Entries that are put back or added during this run wait for the next one. */
	while (pending && (cb = list->head) && !list->closed) {
		uint_t n = MIN(cb->count, pending), i;
		boolean_t runout = B_FALSE;

		list->head = cb->next;
		if (!list->head)
			list->tail = &list->head;
		list->running = cb;
		/* Cancelling the entry while its function runs sets the count to 0. */
		for (i = 0; i < n && cb->count && !runout; i++) {
			mutex_exit(&list->lock);
			runout = cb->func(cb->arg) == DDI_DMA_CALLBACK_RUNOUT;
			mutex_enter(&list->lock);
			if (!runout && cb->count)
				cb->count--;
		}
		list->running = NULL;
		pending -= n;
		if (cb->count)
			cb_append(list, cb);
		else
			kmem_free(cb, sizeof(*cb));
	}
	cb_arm(list, drv_usectohz(CALLBACK_POLL_USEC));
	mutex_exit(&list->lock);
}

boolean_t ddi_callback_wait_or_queue(struct ddi_callback_list *list, dev_info_t *dip,
				     ddi_dma_handle_t h, int (*cb)(caddr_t), caddr_t arg,
				     uint_t *waits)
{
	if (cb == DDI_DMA_SLEEP) {
		if (++*waits == SLEEP_WARN)
			dev_err(dip, CE_WARN, "has waited %d s for DMA resources; free memory, or enlarge swiotlb",
				SLEEP_WARN / (1000000 / SLEEP_POLL_USEC));
		delay(drv_usectohz(SLEEP_POLL_USEC));
		return B_TRUE;
	}
	if (cb != DDI_DMA_DONTWAIT)
		ddi_callback_queue(list, dip, h, cb, arg);
	return B_FALSE;
}
