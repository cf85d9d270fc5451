// SPDX-License-Identifier: GPL-2.0
/*
 * DMA handles: ddi_dma_alloc_handle(9F), ddi_dma_buf_bind_handle(9F), ddi_dma_getwin(9F) and
 * related functions. dma_bind.c maps the object.
 */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <linux/export.h>

#include "../impl.h"
#include "callback.h"
#include "dma.h"

static kmutex_t handles_lock;

static void handle_link(struct scsa_dma_handle *h)
{
	struct scsa_dma_handle **head = &h->dh_dip->di_dma_handles;

	mutex_enter(&handles_lock);
	h->dh_others = *head;
	if (h->dh_others)
		h->dh_others->dh_link = &h->dh_others;
	h->dh_link = head;
	*head = h;
	mutex_exit(&handles_lock);
}

static void handle_unlink(struct scsa_dma_handle *h)
{
	mutex_enter(&handles_lock);
	*h->dh_link = h->dh_others;
	if (h->dh_others)
		h->dh_others->dh_link = h->dh_link;
	mutex_exit(&handles_lock);
}

/**
 * scsa_ddi_dma_alloc_handle() - ddi_dma_alloc_handle(9F)
 * @dip: instance
 * @attr: DMA attributes; copied
 * @cb: DDI_DMA_DONTWAIT, DDI_DMA_SLEEP or a function to call when memory may be available again
 * @arg: its argument
 * @handlep: takes the handle
 *
 * Context: any, thread with DDI_DMA_SLEEP.
 * Return: DDI_SUCCESS, DDI_DMA_BADATTR, DDI_DMA_NORESOURCES.
 */
int scsa_ddi_dma_alloc_handle(dev_info_t *dip, ddi_dma_attr_t *attr, int (*cb)(caddr_t),
			      caddr_t arg, ddi_dma_handle_t *handlep)
{
	struct scsa_dma_handle *h;
	struct dma_limits limits;
	const char *why = NULL;
	uint_t waits = 0;

	if (dma_limits_init(&limits, attr, &why) != DDI_SUCCESS) {
		dev_err(dip, CE_WARN, "ddi_dma_alloc_handle: bad attributes: %s", why);
		return DDI_DMA_BADATTR;
	}
	h = kmem_zalloc(sizeof(*h), cb == DDI_DMA_SLEEP ? KM_SLEEP : KM_NOSLEEP);
	if (!h) {
		ddi_callback_wait_or_queue(&ddi_dma_callbacks, dip, NULL, cb, arg, &waits);
		return DDI_DMA_NORESOURCES;
	}
	h->dh_magic = DMA_MAGIC;
	h->dh_dip = dip;
	h->dh_align = attr->dma_attr_align;
	h->dh_minxfer = attr->dma_attr_minxfer;
	h->dh_burstsizes = attr->dma_attr_burstsizes;
	h->dh_granular = attr->dma_attr_granular;
	h->dh_limits = limits;
	linux_dma_map_init(&h->dh_map, dip);
	handle_link(h);
	*handlep = h;
	return DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_alloc_handle);

static void free_plan(struct scsa_dma_handle *h)
{
	struct dma_plan *p = &h->dh_plan;

	if (h->dh_cookies_size)
		kmem_free(p->cookies, h->dh_cookies_size);
	if (h->dh_wins_size)
		kmem_free(p->wins, h->dh_wins_size);
	h->dh_cookies_size = 0;
	h->dh_wins_size = 0;
	p->cookies_max = 0;
	p->wins_max = 0;
}

/*
 * Most entries of each array that a handle keeps for its next object: 2 MiB in single pages, more than
 * the block layer sends of its own accord. There is a handle for each tag of each LUN.
 */
#define KEPT_MAX	512

static void handle_trim(struct scsa_dma_handle *h)
{
	if (h->dh_map.own_max > KEPT_MAX)
		linux_dma_map_fini(&h->dh_map);
	if (h->dh_plan.cookies_max > KEPT_MAX || h->dh_plan.wins_max > KEPT_MAX)
		free_plan(h);
}

static void handle_free(struct scsa_dma_handle *h)
{
	handle_unlink(h);
	h->dh_magic = 0;
	ddi_callback_cancel_handle(&ddi_dma_callbacks, h);
	ddi_callback_cancel_handle(&ddi_mem_callbacks, h);
	linux_dma_map_fini(&h->dh_map);
	free_plan(h);
	kmem_free(h, sizeof(*h));
}

/*
 * The owner takes the scatterlist and its memory back while the device may still use the memory.
 * From now on we neither write to the memory nor look at the list. Any context.
 *
 * Returns false if the device may still write to memory that its owner may pass on to other users.
 */
bool scsa_dma_disown(dev_info_t *dip, const void *sgl)
{
	struct scsa_dma_handle *h;
	bool safe = true;

	/* A command without data. Do not match handles that have no list either. */
	if (!sgl)
		return true;
	mutex_enter(&handles_lock);
	for (h = dip->di_dma_handles; h; h = h->dh_others)
		if (h->dh_sgl == sgl && h->dh_state != DMA_FREE)
			safe &= linux_dma_disown(&h->dh_map, h->dh_bounce != NULL);
	mutex_exit(&handles_lock);
	return safe;
}

/* The instance is gone and its device no longer does DMA. Free the handles that it left behind. */
void scsa_dma_release(dev_info_t *dip)
{
	struct scsa_dma_handle *h;
	uint_t n;

	for (n = 0; (h = dip->di_dma_handles); n++) {
		if (h->dh_state != DMA_FREE)
			scsa_ddi_dma_unbind_handle(h);
		handle_free(h);
	}
	if (n)
		dev_err(dip, CE_WARN, "%u DMA handles were not freed", n);
}

/**
 * scsa_ddi_dma_free_handle() - ddi_dma_free_handle(9F)
 * @handlep: unbound handle, set to NULL
 *
 * Context: any.
 */
void scsa_ddi_dma_free_handle(ddi_dma_handle_t *handlep)
{
	struct scsa_dma_handle *h = *handlep;

	if (!ddi_dma_is_handle(h)) {
		MISUSE("ddi_dma_free_handle", "no DMA handle");
		return;
	}
	if (h->dh_state != DMA_FREE) {
		MISUSE("ddi_dma_free_handle", "the handle is bound");
		scsa_ddi_dma_unbind_handle(h);
	}
	handle_free(h);
	*handlep = NULL;
	ddi_callback_release(&ddi_dma_callbacks);
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_free_handle);

void scsa_dma_one_set(struct scsa_dma_handle *h)
{
	h->dh_one_set = B_TRUE;
}

static noinline void unbind_other(struct scsa_dma_handle *h)
{
	if (h->dh_state == DMA_BOUND_LAZY)
		ddi_dma_leave_lazy_win(h);
	linux_dma_unmap(&h->dh_map);
	if (h->dh_bounce)
		ddi_dma_bounce_free(h);
	if (h->dh_table) {
		if (h->dh_flags & DDI_DMA_READ)
			linux_vmap_sync(h->dh_addr, h->dh_len, true);
		linux_sgl_free(h->dh_table);
		h->dh_table = NULL;
	}
	handle_trim(h);
}

/**
 * scsa_ddi_dma_unbind_handle() - ddi_dma_unbind_handle(9F)
 * @h: bound handle
 *
 * Afterwards the CPU sees everything that the device has written.
 *
 * Context: any.
 * Return: DDI_SUCCESS, or DDI_FAILURE if it was not bound.
 */
int scsa_ddi_dma_unbind_handle(ddi_dma_handle_t h)
{
	if (!ddi_dma_is_handle(h) || h->dh_state == DMA_FREE) {
		MISUSE("ddi_dma_unbind_handle", "no bound DMA handle");
		return DDI_FAILURE;
	}
	/* Most objects are a command's own list, and leave nothing behind but the mapping. */
	if (h->dh_state == DMA_BOUND_SIMPLE && !h->dh_table && h->dh_map.own_max <= KEPT_MAX)
		linux_dma_unmap(&h->dh_map);
	else
		unbind_other(h);
	h->dh_state = DMA_FREE;
	h->dh_ncookies = 0;
	ddi_callback_release(&ddi_dma_callbacks);
	return DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_unbind_handle);

/**
 * scsa_ddi_dma_nextcookie() - ddi_dma_nextcookie(9F)
 * @h: bound handle
 * @cookiep: takes the next cookie of the current window, or one of length 0 if none is left
 *
 * Context: any.
 */
void scsa_ddi_dma_nextcookie(ddi_dma_handle_t h, ddi_dma_cookie_t *cookiep)
{
	if (ddi_dma_is_handle(h) && h->dh_next < h->dh_ncookies) {
		*cookiep = h->dh_cookies[h->dh_next++];
		return;
	}
	MISUSE("ddi_dma_nextcookie", "no cookie is left");
	bzero(cookiep, sizeof(*cookiep));
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_nextcookie);

/**
 * scsa_ddi_dma_ncookies() - ddi_dma_ncookies(9F)
 * @h: handle
 *
 * Context: any.
 * Return: number of cookies of the current window, 0 if the handle is not bound.
 */
uint_t scsa_ddi_dma_ncookies(ddi_dma_handle_t h)
{
	if (!ddi_dma_is_handle(h)) {
		MISUSE("ddi_dma_ncookies", "no DMA handle");
		return 0;
	}
	return h->dh_ncookies;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_ncookies);

/**
 * scsa_ddi_dma_cookie_iter() - ddi_dma_cookie_iter(9F)
 * @h: bound handle
 * @prev: the cookie this function returned last, or NULL to begin
 *
 * Context: any.
 * Return: the next cookie of the current window, or NULL at its end.
 */
const ddi_dma_cookie_t *scsa_ddi_dma_cookie_iter(ddi_dma_handle_t h, const ddi_dma_cookie_t *prev)
{
	const ddi_dma_cookie_t *next;

	if (!ddi_dma_is_handle(h) || !h->dh_ncookies) {
		MISUSE("ddi_dma_cookie_iter", "no bound DMA handle");
		return NULL;
	}
	next = prev ? prev + 1 : h->dh_cookies;
	return next < h->dh_cookies + h->dh_ncookies ? next : NULL;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_cookie_iter);

/**
 * scsa_ddi_dma_cookie_get() - ddi_dma_cookie_get(9F)
 * @h: bound handle
 * @index: index of a cookie in the current window
 *
 * Context: any.
 * Return: the cookie, or NULL if @index is out of range.
 */
const ddi_dma_cookie_t *scsa_ddi_dma_cookie_get(ddi_dma_handle_t h, uint_t index)
{
	if (ddi_dma_is_handle(h) && index < h->dh_ncookies)
		return &h->dh_cookies[index];
	MISUSE("ddi_dma_cookie_get", "no such cookie");
	return NULL;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_cookie_get);

/**
 * scsa_ddi_dma_cookie_one() - ddi_dma_cookie_one(9F)
 * @h: handle bound to memory that takes one cookie
 *
 * Context: any.
 * Return: the cookie; NULL, with a report, unless there is exactly one.
 */
const ddi_dma_cookie_t *scsa_ddi_dma_cookie_one(ddi_dma_handle_t h)
{
	if (ddi_dma_is_handle(h) && h->dh_ncookies == 1)
		return h->dh_cookies;
	MISUSE("ddi_dma_cookie_one", "not one cookie");
	return NULL;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_cookie_one);

/**
 * scsa_ddi_dma_numwin() - ddi_dma_numwin(9F)
 * @h: handle whose binding returned DDI_DMA_PARTIAL_MAP
 * @nwinp: takes the number of windows
 *
 * Context: any.
 * Return: DDI_SUCCESS, or DDI_FAILURE if the object is not partially mapped.
 */
int scsa_ddi_dma_numwin(ddi_dma_handle_t h, uint_t *nwinp)
{
	if (!ddi_dma_is_handle(h) || h->dh_state == DMA_FREE) {
		MISUSE("ddi_dma_numwin", "no bound DMA handle");
		return DDI_FAILURE;
	}
	if (h->dh_nwin <= 1)
		return DDI_FAILURE;
	*nwinp = h->dh_nwin;
	return DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_numwin);

/* The CPU sees what the device wrote to @old, and the device what the CPU wrote to @new. */
static void sync_switch(struct scsa_dma_handle *h, const struct dma_win *old,
			const struct dma_win *new)
{
	linux_dma_sync_range(&h->dh_map, old->offset, old->len, true);
	linux_dma_sync_range(&h->dh_map, new->offset, new->len, false);
}

/**
 * scsa_ddi_dma_getwin() - ddi_dma_getwin(9F)
 * @h: bound handle
 * @win: window to make current
 * @offp: takes its offset in the object
 * @lenp: takes its length
 * @cookiep: takes its first cookie, or NULL
 * @ccountp: takes the number of its cookies, or NULL
 *
 * Selecting the current window again rewinds its cookies. If the window cannot be mapped, no window
 * is current, and the caller may try again.
 *
 * Context: any.
 * Return: DDI_SUCCESS, or DDI_FAILURE if @win is out of range or resources are short.
 */
int scsa_ddi_dma_getwin(ddi_dma_handle_t h, uint_t win, off_t *offp, size_t *lenp,
			ddi_dma_cookie_t *cookiep, uint_t *ccountp)
{
	const struct dma_win *w;

	if (!ddi_dma_is_handle(h) || h->dh_state == DMA_FREE || win >= h->dh_nwin) {
		MISUSE("ddi_dma_getwin", "no such window of a bound DMA handle");
		return DDI_FAILURE;
	}
	if (h->dh_state == DMA_BOUND_SIMPLE) {
		h->dh_next = 0;
		*offp = 0;
		*lenp = h->dh_len;
		ddi_dma_give_cookies(h, cookiep, ccountp);
		return DDI_SUCCESS;
	}
	if (h->dh_state == DMA_BOUND_LAZY) {
		if (win != h->dh_curwin && ddi_dma_map_lazy_win(h, win, KM_NOSLEEP) != DDI_SUCCESS)
			return DDI_FAILURE;
		w = dma_plan_win(&h->dh_plan, 0);
	} else {
		w = dma_plan_win(&h->dh_plan, win);
		if (h->dh_state == DMA_BOUND && h->dh_win_syncs && win != h->dh_curwin)
			sync_switch(h, dma_plan_win(&h->dh_plan, h->dh_curwin), w);
	}
	ddi_dma_select_win(h, win, w);
	*offp = w->offset;
	*lenp = w->len;
	ddi_dma_give_cookies(h, cookiep, ccountp);
	return DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_getwin);

/**
 * scsa_ddi_dma_sync() - ddi_dma_sync(9F)
 * @h: bound handle
 * @offset: offset in the object
 * @length: bytes; 0: to the end
 * @type: DDI_DMA_SYNC_FORDEV, DDI_DMA_SYNC_FORCPU or DDI_DMA_SYNC_FORKERNEL
 *
 * The whole mapping is synchronised, whatever the range. The range only limits what is copied
 * between the object and its bounce memory. The call also orders memory accesses, which drivers
 * rely on between a ring and its doorbell.
 *
 * Context: any.
 * Return: DDI_SUCCESS, or DDI_FAILURE for an unbound handle or a range outside the object.
 */
int scsa_ddi_dma_sync(ddi_dma_handle_t h, off_t offset, size_t length, uint_t type)
{
	if (!ddi_dma_is_handle(h) || h->dh_state == DMA_FREE || offset < 0 ||
	    (uint64_t)offset > h->dh_len || length > h->dh_len - offset) {
		MISUSE("ddi_dma_sync", "no such range of a bound DMA handle");
		return DDI_FAILURE;
	}
	if (h->dh_state == DMA_BOUND_COHERENT) {
		/* Coherent memory, such as a ring: only the order matters. */
		if (type == DDI_DMA_SYNC_FORDEV)
			membar_producer();
		else
			membar_consumer();
	} else if (type == DDI_DMA_SYNC_FORDEV) {
		if (h->dh_table)
			linux_vmap_sync(h->dh_addr, h->dh_len, false);
		ddi_dma_sync_bounce(h, offset, length, B_FALSE);
		linux_dma_sync(&h->dh_map, false);
		membar_producer();
	} else {
		membar_consumer();
		linux_dma_sync(&h->dh_map, true);
		ddi_dma_sync_bounce(h, offset, length, B_TRUE);
		if (h->dh_table && (h->dh_flags & DDI_DMA_READ))
			linux_vmap_sync(h->dh_addr, h->dh_len, true);
	}
	return DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_sync);

/**
 * scsa_ddi_dma_mem_alloc() - ddi_dma_mem_alloc(9F)
 * @h: handle, for its attributes; stays unbound
 * @length: bytes
 * @accattr: byte order for the access handle
 * @flags: with DDI_DMA_CONSISTENT exactly @length; otherwise @length is rounded up to minxfer
 * @cb: DDI_DMA_DONTWAIT, DDI_DMA_SLEEP or a function
 * @arg: its argument
 * @kaddrp: takes the address
 * @real_length: takes the length
 * @acc_handlep: takes an access handle for scsa_ddi_dma_mem_free() and ddi_get16(9F)
 *
 * The memory is zeroed, coherent, and aligned as the attributes require. DDI_DMA_SLEEP does not
 * wait if memory was found, but outside the range or alignment of the attributes.
 *
 * Context: any, thread with DDI_DMA_SLEEP.
 * Return: DDI_SUCCESS or DDI_FAILURE.
 */
int scsa_ddi_dma_mem_alloc(ddi_dma_handle_t h, size_t length, ddi_device_acc_attr_t *accattr,
			   uint_t flags, int (*cb)(caddr_t), caddr_t arg, caddr_t *kaddrp,
			   size_t *real_length, ddi_acc_handle_t *acc_handlep)
{
	struct linux_coherent_limits lim;
	bool hopeless = false;
	struct scsa_acc *acc;
	uint_t waits = 0;

	if (!ddi_dma_is_handle(h) || !length) {
		MISUSE("ddi_dma_mem_alloc", "no DMA handle, or no length");
		return DDI_FAILURE;
	}
	if (!(flags & DDI_DMA_CONSISTENT) && h->dh_minxfer > 1)
		length = P2ROUNDUP(length, (size_t)h->dh_minxfer);
	lim.align = h->dh_align;
	lim.addr_lo = h->dh_limits.addr_lo;
	lim.addr_hi = h->dh_limits.addr_hi;
	lim.big_endian = scsa_acc_big_endian(accattr);
	do {
		acc = linux_coherent_alloc(h->dh_dip, length, &lim, cb == DDI_DMA_SLEEP, &hopeless);
	} while (!acc && !(hopeless && cb == DDI_DMA_SLEEP) &&
		 ddi_callback_wait_or_queue(&ddi_mem_callbacks, h->dh_dip, h, cb, arg, &waits));
	if (!acc)
		return DDI_FAILURE;
	*kaddrp = linux_coherent_vaddr(acc);
	*real_length = length;
	*acc_handlep = acc;
	return DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_mem_alloc);

/**
 * scsa_ddi_dma_mem_free() - ddi_dma_mem_free(9F)
 * @acc_handlep: from scsa_ddi_dma_mem_alloc(), set to NULL
 *
 * Context: thread.
 */
void scsa_ddi_dma_mem_free(ddi_acc_handle_t *acc_handlep)
{
	if (!*acc_handlep) {
		MISUSE("ddi_dma_mem_free", "no memory");
		return;
	}
	linux_coherent_free(*acc_handlep);
	*acc_handlep = NULL;
	ddi_callback_release(&ddi_mem_callbacks);
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_mem_free);

/**
 * scsa_ddi_dma_burstsizes() - ddi_dma_burstsizes(9F)
 * @h: handle
 *
 * Context: any.
 * Return: bit map of burst sizes from its attributes; 0 if @h is NULL.
 */
int scsa_ddi_dma_burstsizes(ddi_dma_handle_t h)
{
	return h ? (int)h->dh_burstsizes : 0;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_burstsizes);

/**
 * scsa_ddi_dma_set_sbus64() - ddi_dma_set_sbus64(9F)
 * @h: handle
 * @burstsizes: bit map
 *
 * Context: thread.
 * Return: DDI_FAILURE: there is no SBus here.
 */
int scsa_ddi_dma_set_sbus64(ddi_dma_handle_t h, ulong_t burstsizes)
{
	return DDI_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_set_sbus64);

/**
 * scsa_ddi_check_dma_handle() - ddi_check_dma_handle(9F)
 * @h: handle
 *
 * Context: any.
 * Return: DDI_SUCCESS, or DDI_FAILURE if its device no longer answers.
 */
int scsa_ddi_check_dma_handle(ddi_dma_handle_t h)
{
	return ddi_dma_is_handle(h) && !linux_device_gone(h->dh_dip) ? DDI_SUCCESS : DDI_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_ddi_check_dma_handle);

void scsa_dma_init(void)
{
	mutex_init(&handles_lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(SCSA_PRI_ATOMIC));
	ddi_callback_init(&ddi_dma_callbacks);
	ddi_callback_init(&ddi_mem_callbacks);
	ddi_callback_init(&scsi_pkt_callbacks);
}

void scsa_dma_fini(void)
{
	ddi_callback_fini(&scsi_pkt_callbacks);
	ddi_callback_fini(&ddi_mem_callbacks);
	ddi_callback_fini(&ddi_dma_callbacks);
	mutex_destroy(&handles_lock);
}
