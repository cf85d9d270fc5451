// SPDX-License-Identifier: GPL-2.0
/*
 * Binding an object to a DMA handle: its mapping, windows and cookies.
 *
 * A bound object is mapped in one of two ways. Usually all of it is mapped at once. If it takes
 * more than one window, the windows are slices of that mapping, and changing them costs nothing.
 * If the DMA layer cannot map all of it (bounce buffers, an IOMMU short of space) and the caller
 * accepts windows, each window is mapped when it becomes current, after the previous one is
 * unmapped.
 *
 * Memory outside the device's address range (addr_lo, addr_hi), or in pieces that cannot form a
 * window, is bounced through memory of ours. The data is copied there when a window becomes
 * current, and back when the next window does or the handle is unbound.
 */
#include <linux/export.h>

#include "callback.h"
#include "dma.h"

/* Most bounce memory for a window if there may be several windows. */
#define BOUNCE_MAX	(256 * 1024)
/* The same if there may be only one window: what the page allocator provides in one piece. */
#define BOUNCE_WHOLE_MAX	(4UL * 1024 * 1024)

/* Enlarge the plan's arrays. They stay with the handle. */
static int plan_grow(struct scsa_dma_handle *h, int kmflag)
{
	struct dma_plan *p = &h->dh_plan;

	if (p->ncookies == p->cookies_max) {
		uint_t n = p->cookies_max ? p->cookies_max * 4 : 8;
		ddi_dma_cookie_t *cookies = kmem_alloc(n * sizeof(*cookies), kmflag);

		if (!cookies)
			return DDI_DMA_NORESOURCES;
		bcopy(p->cookies, cookies, p->ncookies * sizeof(*cookies));
		if (h->dh_cookies_size)
			kmem_free(p->cookies, h->dh_cookies_size);
		h->dh_cookies_size = n * sizeof(*cookies);
		p->cookies = cookies;
		p->cookies_max = n;
	}
	if (p->nwins == p->wins_max) {
		uint_t n = p->wins_max ? p->wins_max * 4 : 16;
		struct dma_win *wins = kmem_alloc(n * sizeof(*wins), kmflag);

		if (!wins)
			return DDI_DMA_NORESOURCES;
		bcopy(p->wins, wins, p->nwins * sizeof(*wins));
		if (h->dh_wins_size)
			kmem_free(p->wins, h->dh_wins_size);
		h->dh_wins_size = n * sizeof(*wins);
		p->wins = wins;
		p->wins_max = n;
	}
	return DDI_SUCCESS;
}

static int plan_add(struct scsa_dma_handle *h, const struct dma_seg *segs, uint_t n, int kmflag)
{
	int rc = dma_plan_add(&h->dh_plan, segs, n);

	while (rc == DMA_PLAN_GROW) {
		rc = plan_grow(h, kmflag);
		if (rc == DDI_SUCCESS)
			rc = dma_plan_resume(&h->dh_plan);
	}
	return rc;
}

/* Plan cookies and windows for the mapping, which begins at @offset of the object. */
static int plan_mapping(struct scsa_dma_handle *h, uint64_t offset, int kmflag)
{
	int rc = dma_plan_init(&h->dh_plan, &h->dh_limits, offset);

	return rc ? rc : plan_add(h, h->dh_map.segs, h->dh_map.nsegs, kmflag);
}

static void bounce_copy(struct scsa_dma_handle *h, uint64_t offset, uint64_t len, boolean_t back)
{
	linux_dma_copy(&h->dh_map, h->dh_sgl, h->dh_nents, h->dh_first + offset,
		       h->dh_bounce + offset - h->dh_curwin * h->dh_lazy_len, len, back);
}

static uint64_t lazy_win_len(const struct scsa_dma_handle *h, uint_t win)
{
	return MIN(h->dh_lazy_len, h->dh_len - win * h->dh_lazy_len);
}

/* Unmap the current window of a lazily mapped object. */
void ddi_dma_leave_lazy_win(struct scsa_dma_handle *h)
{
	linux_dma_unmap(&h->dh_map);
	if (h->dh_bounce && h->dh_curwin != DMA_NO_WIN && (h->dh_flags & DDI_DMA_READ))
		bounce_copy(h, h->dh_curwin * h->dh_lazy_len, lazy_win_len(h, h->dh_curwin), B_TRUE);
	h->dh_curwin = DMA_NO_WIN;
	h->dh_ncookies = 0;
}

/* Map window @win, none being mapped. DDI_DMA_TOOBIG if a command cannot carry its pieces. */
static int map_win(struct scsa_dma_handle *h, uint_t win, int kmflag)
{
	uint64_t offset = win * h->dh_lazy_len;
	uint64_t len = lazy_win_len(h, win);
	uint_t dir = h->dh_flags & DDI_DMA_RDWR;
	int rc;

	if (h->dh_bounce) {
		/* For reads too: the device may overwrite less than the whole window. */
		linux_dma_copy(&h->dh_map, h->dh_sgl, h->dh_nents, h->dh_first + offset, h->dh_bounce,
			       len, B_FALSE);
		rc = linux_dma_map_range(&h->dh_map, h->dh_bounce_sgl, 0, len, dir,
					 kmflag == KM_SLEEP);
	} else {
		rc = linux_dma_map_range(&h->dh_map, h->dh_sgl, h->dh_first + offset, len, dir,
					 kmflag == KM_SLEEP);
	}
	if (rc)
		return DDI_DMA_NORESOURCES;
	rc = plan_mapping(h, offset, kmflag);
	if (rc == DDI_SUCCESS && dma_plan_nwins(&h->dh_plan) != 1)
		rc = DDI_DMA_TOOBIG;
	if (rc != DDI_SUCCESS) {
		linux_dma_unmap(&h->dh_map);
		return rc;
	}
	ddi_dma_select_win(h, win, dma_plan_win(&h->dh_plan, 0));
	return DDI_SUCCESS;
}

void ddi_dma_bounce_free(struct scsa_dma_handle *h)
{
	if (h->dh_bounce_table)
		linux_sgl_free(h->dh_bounce_table);
	linux_pages_free(h->dh_bounce, h->dh_bounce_len);
	h->dh_bounce_table = NULL;
	h->dh_bounce = NULL;
}

static int bounce_alloc(struct scsa_dma_handle *h, uint64_t len, int kmflag)
{
	h->dh_bounce = linux_pages_alloc(len, h->dh_limits.addr_hi, kmflag == KM_SLEEP);
	if (!h->dh_bounce)
		return DDI_DMA_NORESOURCES;
	h->dh_bounce_len = len;
	if (linux_sgl_from_addr(h->dh_bounce, len, kmflag == KM_SLEEP, &h->dh_bounce_table,
				&h->dh_bounce_sgl, &h->dh_bounce_nents)) {
		ddi_dma_bounce_free(h);
		return DDI_DMA_NORESOURCES;
	}
	return DDI_SUCCESS;
}

/*
 * Map window @win of a lazily mapped object in place of the current one. If its pieces are too
 * scattered for a command, or out of the device's reach, bounce it and all windows after it.
 */
int ddi_dma_map_lazy_win(struct scsa_dma_handle *h, uint_t win, int kmflag)
{
	int rc;

	ddi_dma_leave_lazy_win(h);
	rc = map_win(h, win, kmflag);
	if ((rc != DDI_DMA_TOOBIG && rc != DDI_DMA_NOMAPPING) || h->dh_bounce)
		return rc;
	rc = bounce_alloc(h, h->dh_lazy_len, kmflag);
	if (rc != DDI_SUCCESS)
		return rc;
	rc = map_win(h, win, kmflag);
	if (rc != DDI_SUCCESS)
		ddi_dma_bounce_free(h);
	return rc;
}

/* Allocate bounce memory for windows of @len bytes, and map the first one. */
static int bounce_first_win(struct scsa_dma_handle *h, uint64_t len, int kmflag)
{
	int rc = bounce_alloc(h, len, kmflag);

	if (rc != DDI_SUCCESS)
		return rc;
	h->dh_lazy_len = len;
	h->dh_curwin = DMA_NO_WIN;
	rc = ddi_dma_map_lazy_win(h, 0, kmflag);
	if (rc != DDI_SUCCESS)
		ddi_dma_bounce_free(h);
	return rc;
}

/* The device cannot use the object's own memory: bind windows of bounce memory. */
static int bind_bounce(struct scsa_dma_handle *h, int kmflag)
{
	boolean_t partial = h->dh_flags & DDI_DMA_PARTIAL ? B_TRUE : B_FALSE;
	int rc = DDI_DMA_NOMAPPING;
	uint64_t len;

	/* Not even one block fits in a command. */
	if (dma_plan_init(&h->dh_plan, &h->dh_limits, 0) != DDI_SUCCESS)
		return rc;
	len = MIN(h->dh_len, h->dh_plan.max_len);
	if (!partial && (len < h->dh_len || len > BOUNCE_WHOLE_MAX))
		return DDI_DMA_TOOBIG;
	if (partial)
		len = MIN(len, BOUNCE_MAX);
	for (;; len /= 2) {
		if (len < h->dh_len)
			len -= pure_rest(len, h->dh_limits.granular);
		if (!len)
			return rc;
		rc = bounce_first_win(h, len, kmflag);
		if (rc == DDI_SUCCESS)
			break;
		/* Shorter windows may find memory, or need fewer cookies. */
		if (!partial || rc == DDI_DMA_NOMAPPING)
			return rc;
	}
	h->dh_nwin = pure_div_up(h->dh_len, len);
	h->dh_state = DMA_BOUND_LAZY;
	return h->dh_nwin > 1 ? DDI_DMA_PARTIAL_MAP : DDI_DMA_MAPPED;
}

/* The object could not be mapped as a whole: find a window length that can be. */
static int bind_lazy(struct scsa_dma_handle *h, int kmflag)
{
	const struct dma_limits *lim = &h->dh_limits;
	uint64_t len = dma_limits_sure_len(lim);
	/* What has no block for a shorter window must wait, unless its own memory can never do. */
	int rc = linux_dma_hopeless(&h->dh_map, h->dh_sgl, h->dh_nents) ? DDI_DMA_NOMAPPING :
									  DDI_DMA_NORESOURCES;

	/* Mapping it whole has just failed; start with half. */
	while (len >= h->dh_len)
		len /= 2;
	for (;; len /= 2) {
		len -= pure_rest(len, lim->granular);
		if (!len)
			return rc;
		h->dh_lazy_len = len;
		h->dh_curwin = DMA_NO_WIN;
		rc = ddi_dma_map_lazy_win(h, 0, kmflag);
		if (rc == DDI_SUCCESS)
			break;
		if (rc != DDI_DMA_NORESOURCES)
			return rc;
	}
	h->dh_nwin = pure_div_up(h->dh_len, len);
	h->dh_state = DMA_BOUND_LAZY;
	return DDI_DMA_PARTIAL_MAP;
}

/* Each segment is a cookie as it is, and all of them are one window. */
static int bind_simple(struct scsa_dma_handle *h)
{
	h->dh_state = DMA_BOUND_SIMPLE;
	h->dh_nwin = 1;
	h->dh_curwin = 0;
	h->dh_cookies = (const ddi_dma_cookie_t *)h->dh_map.segs;
	h->dh_ncookies = h->dh_map.nsegs;
	h->dh_next = 0;
	return DDI_DMA_MAPPED;
}

static noinline int bind_planned(struct scsa_dma_handle *h, int kmflag)
{
	uint_t nwin;
	int rc = plan_mapping(h, 0, kmflag);

	if (rc == DDI_SUCCESS && linux_wide_windows > 1 && !h->dh_one_set)
		dma_plan_widen(&h->dh_plan, linux_wide_windows);
	nwin = dma_plan_nwins(&h->dh_plan);
	if (rc == DDI_SUCCESS && nwin > 1 && !(h->dh_flags & DDI_DMA_PARTIAL))
		rc = DDI_DMA_TOOBIG;
	if (rc != DDI_SUCCESS) {
		linux_dma_unmap(&h->dh_map);
		return rc;
	}
	h->dh_state = DMA_BOUND;
	h->dh_nwin = nwin;
	h->dh_win_syncs = nwin > 1 && linux_dma_needs_sync(&h->dh_map) ? B_TRUE : B_FALSE;
	ddi_dma_select_win(h, 0, dma_plan_win(&h->dh_plan, 0));
	return nwin > 1 ? DDI_DMA_PARTIAL_MAP : DDI_DMA_MAPPED;
}

/* Map the whole object. 0 or an error. */
static inline int map_object(struct scsa_dma_handle *h, int kmflag)
{
	uint_t dir = h->dh_flags & DDI_DMA_RDWR;

	if (h->dh_first || h->dh_copies)
		return linux_dma_map_range(&h->dh_map, h->dh_sgl, h->dh_first, h->dh_len, dir,
					   kmflag == KM_SLEEP);
	return linux_dma_map(&h->dh_map, h->dh_sgl, h->dh_nents, dir, &h->dh_limits,
			     kmflag == KM_SLEEP);
}

/* Bind the object, which is @mapped unless that failed. */
static int bind_object(struct scsa_dma_handle *h, boolean_t mapped, int kmflag)
{
	int rc;

	if (mapped) {
		rc = bind_planned(h, kmflag);
	} else if (h->dh_flags & DDI_DMA_PARTIAL) {
		rc = bind_lazy(h, kmflag);
	} else {
		rc = linux_dma_hopeless(&h->dh_map, h->dh_sgl, h->dh_nents) ? DDI_DMA_TOOBIG :
									    DDI_DMA_NORESOURCES;
	}
	return rc == DDI_DMA_NOMAPPING ? bind_bounce(h, kmflag) : rc;
}

static int bind_coherent(struct scsa_dma_handle *h, uint64_t bus_addr, int kmflag)
{
	int rc = dma_plan_init(&h->dh_plan, &h->dh_limits, 0);

	if (rc == DDI_SUCCESS)
		rc = plan_add(h, &(struct dma_seg){ bus_addr, h->dh_len }, 1, kmflag);
	if (rc == DDI_SUCCESS && dma_plan_nwins(&h->dh_plan) > 1 && !(h->dh_flags & DDI_DMA_PARTIAL))
		rc = DDI_DMA_TOOBIG;
	if (rc != DDI_SUCCESS)
		return rc;
	h->dh_state = DMA_BOUND_COHERENT;
	h->dh_nwin = dma_plan_nwins(&h->dh_plan);
	ddi_dma_select_win(h, 0, dma_plan_win(&h->dh_plan, 0));
	return h->dh_nwin > 1 ? DDI_DMA_PARTIAL_MAP : DDI_DMA_MAPPED;
}

/* bind_coherent(), waiting for resources if the caller wants to. */
static int bind_memory(struct scsa_dma_handle *h, uint64_t bus_addr, uint_t flags,
		       int (*cb)(caddr_t), caddr_t arg)
{
	int kmflag = cb == DDI_DMA_SLEEP ? KM_SLEEP : KM_NOSLEEP;
	uint_t waits = 0;
	int rc;

	h->dh_flags = flags;
	do {
		rc = bind_coherent(h, bus_addr, kmflag);
	} while (rc == DDI_DMA_NORESOURCES &&
		 ddi_callback_wait_or_queue(&ddi_dma_callbacks, h->dh_dip, h, cb, arg, &waits));
	return rc;
}

/* Bind the object, waiting for resources if the caller wants to. It is @mapped unless that failed. */
static noinline int bind_wait(struct scsa_dma_handle *h, boolean_t mapped, int (*cb)(caddr_t),
			      caddr_t arg)
{
	int kmflag = cb == DDI_DMA_SLEEP ? KM_SLEEP : KM_NOSLEEP;
	uint_t waits = 0;
	int rc;

	for (;;) {
		rc = bind_object(h, mapped, kmflag);
		if (rc != DDI_DMA_NORESOURCES ||
		    !ddi_callback_wait_or_queue(&ddi_dma_callbacks, h->dh_dip, h, cb, arg, &waits))
			return rc;
		mapped = map_object(h, kmflag) ? B_FALSE : B_TRUE;
	}
}

/* Bind the object that dh_sgl, dh_nents, dh_first, dh_len and dh_copies describe. */
static inline int bind_list(struct scsa_dma_handle *h, uint_t flags, int (*cb)(caddr_t), caddr_t arg)
{
	boolean_t mapped;

	h->dh_flags = flags;
	h->dh_map.disowned = false;
	mapped = map_object(h, cb == DDI_DMA_SLEEP ? KM_SLEEP : KM_NOSLEEP) ? B_FALSE : B_TRUE;
	if (mapped && h->dh_map.simple)
		return bind_simple(h);
	return bind_wait(h, mapped, cb, arg);
}

/* Refuse bad arguments before changing anything. */
static inline int bind_check(const struct scsa_dma_handle *h, uint_t flags, uint64_t length)
{
	if (!ddi_dma_is_handle(h)) {
		MISUSE("ddi_dma bind", "no DMA handle");
		return DDI_DMA_NOMAPPING;
	}
	if (h->dh_state != DMA_FREE) {
		MISUSE("ddi_dma bind", "the handle is bound");
		return DDI_DMA_INUSE;
	}
	if (!(flags & DDI_DMA_RDWR)) {
		MISUSE("ddi_dma bind", "no direction");
		return DDI_DMA_NOMAPPING;
	}
	if (!length) {
		MISUSE("ddi_dma bind", "no length");
		return DDI_DMA_NOMAPPING;
	}
	return DDI_SUCCESS;
}

/**
 * scsa_ddi_dma_buf_bind_handle() - ddi_dma_buf_bind_handle(9F)
 * @h: unbound handle
 * @bp: buffer of a SCSI command, or kernel memory at b_un.b_addr
 * @flags: DDI_DMA_READ, _WRITE, _PARTIAL ...
 * @cb: DDI_DMA_DONTWAIT, DDI_DMA_SLEEP or a function to call when resources may be available again
 * @arg: its argument
 * @cookiep: takes the first cookie, or NULL
 * @ccountp: takes the number of cookies of the first window, or NULL
 *
 * If the buffer's block size is larger than granular, window lengths are multiples of it instead.
 *
 * Context: any, thread with DDI_DMA_SLEEP.
 * Return: DDI_DMA_MAPPED, DDI_DMA_PARTIAL_MAP, DDI_DMA_INUSE, DDI_DMA_NORESOURCES,
 *	DDI_DMA_NOMAPPING or DDI_DMA_TOOBIG. After a failure the handle is unbound.
 */
int scsa_ddi_dma_buf_bind_handle(ddi_dma_handle_t h, struct buf *bp, uint_t flags,
				 int (*cb)(caddr_t), caddr_t arg, ddi_dma_cookie_t *cookiep,
				 uint_t *ccountp)
{
	int rc;

	if (!bp) {
		MISUSE("ddi_dma_buf_bind_handle", "no buffer");
		return DDI_DMA_NOMAPPING;
	}
	if (!bp->b_sgl)
		return scsa_ddi_dma_addr_bind_handle(h, NULL, bp->b_un.b_addr, bp->b_bcount, flags,
						     cb, arg, cookiep, ccountp);
	rc = bind_check(h, flags, bp->b_bcount);
	if (rc != DDI_SUCCESS)
		return rc;
	/* The attributes that the driver attached with may differ from those of its commands. */
	if (!h->dh_dip->di_command_len)
		h->dh_dip->di_command_len = dma_limits_sure_len(&h->dh_limits);
	h->dh_copies = bp->b_mapped ? B_TRUE : B_FALSE;
	bp->b_mapped = true;
	h->dh_limits.granular = MAX(h->dh_granular, bp->b_granular);
	h->dh_sgl = bp->b_sgl;
	h->dh_nents = bp->b_nents;
	h->dh_first = bp->b_sgl_first;
	h->dh_len = bp->b_bcount;
	rc = bind_list(h, flags, cb, arg);
	if (rc == DDI_DMA_MAPPED || rc == DDI_DMA_PARTIAL_MAP)
		ddi_dma_give_cookies(h, cookiep, ccountp);
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_buf_bind_handle);

/**
 * scsa_ddi_dma_addr_bind_handle() - ddi_dma_addr_bind_handle(9F)
 * @h: unbound handle
 * @as: must be NULL
 * @addr: kernel address: linear, vmalloc'd, on a stack, or from ddi_dma_mem_alloc(9F)
 * @len: bytes
 * @flags: as for scsa_ddi_dma_buf_bind_handle()
 * @cb: as for scsa_ddi_dma_buf_bind_handle()
 * @arg: its argument
 * @cookiep: takes the first cookie, or NULL
 * @ccountp: takes the number of cookies of the first window, or NULL
 *
 * Context: any, thread with DDI_DMA_SLEEP.
 * Return: as scsa_ddi_dma_buf_bind_handle().
 */
int scsa_ddi_dma_addr_bind_handle(ddi_dma_handle_t h, struct as *as, caddr_t addr, size_t len,
				  uint_t flags, int (*cb)(caddr_t), caddr_t arg,
				  ddi_dma_cookie_t *cookiep, uint_t *ccountp)
{
	int rc = bind_check(h, flags, len);
	uint64_t bus_addr;
	uint_t waits = 0;

	if (rc != DDI_SUCCESS)
		return rc;
	if (as || !addr) {
		MISUSE("ddi_dma_addr_bind_handle", "no kernel address");
		return DDI_DMA_NOMAPPING;
	}
	h->dh_limits.granular = h->dh_granular;
	h->dh_first = 0;
	h->dh_len = len;
	h->dh_copies = B_FALSE;
	if (linux_coherent_lookup(h->dh_dip, addr, len, &bus_addr)) {
		rc = bind_memory(h, bus_addr, flags, cb, arg);
	} else {
		while (linux_sgl_from_addr(addr, len, cb == DDI_DMA_SLEEP, &h->dh_table, &h->dh_sgl,
					   &h->dh_nents))
			if (!ddi_callback_wait_or_queue(&ddi_dma_callbacks, h->dh_dip, h, cb, arg,
							&waits))
				return DDI_DMA_NORESOURCES;
		h->dh_addr = addr;
		linux_vmap_sync(addr, len, false);
		rc = bind_list(h, flags, cb, arg);
		if (rc != DDI_DMA_MAPPED && rc != DDI_DMA_PARTIAL_MAP) {
			linux_sgl_free(h->dh_table);
			h->dh_table = NULL;
		}
	}
	if (rc == DDI_DMA_MAPPED || rc == DDI_DMA_PARTIAL_MAP)
		ddi_dma_give_cookies(h, cookiep, ccountp);
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_ddi_dma_addr_bind_handle);

/* Copy the part of a range that the current window holds. @length 0: to the end of the object. */
void ddi_dma_sync_bounce(struct scsa_dma_handle *h, uint64_t offset, uint64_t length, boolean_t back)
{
	uint64_t end = length ? offset + length : h->dh_len;
	uint64_t first, last;

	if (!h->dh_bounce || h->dh_curwin == DMA_NO_WIN)
		return;
	first = MAX(offset, h->dh_curwin * h->dh_lazy_len);
	last = MIN(end, h->dh_curwin * h->dh_lazy_len + lazy_win_len(h, h->dh_curwin));
	if (first < last)
		bounce_copy(h, first, last - first, back);
}
