/* SPDX-License-Identifier: GPL-2.0 */
/* A DMA handle, and the functions that dma_bind.c provides for dma.c. */
#ifndef _COMPAT_DDI_DMA_H
#define _COMPAT_DDI_DMA_H

#include <sys/ddi.h>
#include <sys/sunddi.h>

#include "../impl.h"
#include "../pure/dma_window.h"

/* A segment can be a cookie as it is. */
_Static_assert(offsetof(struct dma_seg, len) == offsetof(ddi_dma_cookie_t, dmac_size), "len");
_Static_assert(offsetof(struct dma_seg, type) == offsetof(ddi_dma_cookie_t, dmac_type), "type");
_Static_assert(sizeof(struct dma_seg) == sizeof(ddi_dma_cookie_t), "struct dma_seg");

enum dma_state {
	DMA_FREE,
	DMA_BOUND_SIMPLE,	/* mapped as a whole; its segments are the cookies of one window */
	DMA_BOUND,		/* mapped as a whole */
	DMA_BOUND_LAZY,		/* mapped window by window */
	DMA_BOUND_COHERENT,	/* memory of ddi_dma_mem_alloc(9F), permanently mapped */
};

#define DMA_MAGIC	0x444d4168u

struct scsa_dma_handle {
	const ddi_dma_cookie_t	*dh_cookies;	/* of the current window */
	uint_t			dh_ncookies;	/* 0 while not bound */
	uint_t			dh_magic;	/* DMA_MAGIC until freed */
	boolean_t		dh_one_set;	/* no window has more than sgllen cookies */
	dev_info_t		*dh_dip;
	struct scsa_dma_handle	*dh_others;	/* next of its instance; under handles_lock */
	struct scsa_dma_handle	**dh_link;
	/* Of its attributes, what dh_limits does not have. */
	uint64_t		dh_align;
	uint_t			dh_minxfer;
	uint_t			dh_burstsizes;
	uint_t			dh_granular;
	struct dma_limits	dh_limits;
	enum dma_state		dh_state;
	uint_t			dh_flags;	/* of the bind */
	/* The object: bytes [dh_first, dh_first + dh_len) of a list. */
	void			*dh_sgl;
	uint_t			dh_nents;
	boolean_t		dh_copies;	/* map a copy: the list itself may be mapped */
	uint64_t		dh_first;
	uint64_t		dh_len;
	void			*dh_table;	/* made for a kernel address, or NULL */
	caddr_t			dh_addr;	/* that address */
	/* Bounce memory that stands in for the object, one window at a time. */
	void			*dh_bounce;
	uint64_t		dh_bounce_len;
	void			*dh_bounce_table;
	void			*dh_bounce_sgl;
	uint_t			dh_bounce_nents;
	boolean_t		dh_win_syncs;	/* DMA_BOUND: windows are synced as they change */
	/* The mapping, its windows and cookies. */
	struct linux_dma_map	dh_map;
	struct dma_plan		dh_plan;
	uint64_t		dh_lazy_len;	/* window length, DMA_BOUND_LAZY */
	uint_t			dh_nwin;
	uint_t			dh_curwin;	/* DMA_NO_WIN: mapping it failed */
	uint_t			dh_next;	/* cookie that nextcookie returns next */
	size_t			dh_cookies_size;
	size_t			dh_wins_size;
};

/* Drivers see these two; see struct scsa_dma_cookies. */
_Static_assert(offsetof(struct scsa_dma_handle, dh_cookies) ==
	       offsetof(struct scsa_dma_cookies, dc_first), "dh_cookies");
_Static_assert(offsetof(struct scsa_dma_handle, dh_ncookies) ==
	       offsetof(struct scsa_dma_cookies, dc_count), "dh_ncookies");

#define DMA_NO_WIN	((uint_t)-1)

/* False for NULL, and for a freed handle until its memory is reused. */
static inline boolean_t ddi_dma_is_handle(const struct scsa_dma_handle *h)
{
	return h && h->dh_magic == DMA_MAGIC ? B_TRUE : B_FALSE;
}

static inline void ddi_dma_select_win(struct scsa_dma_handle *h, uint_t win, const struct dma_win *w)
{
	h->dh_curwin = win;
	h->dh_cookies = &h->dh_plan.cookies[w->first];
	h->dh_ncookies = w->ncookies;
	h->dh_next = 0;
}

/* Return the first cookie and the number of cookies, for callers that use nextcookie. */
static inline void ddi_dma_give_cookies(struct scsa_dma_handle *h, ddi_dma_cookie_t *cookiep,
					uint_t *ccountp)
{
	if (cookiep) {
		*cookiep = h->dh_cookies[0];
		h->dh_next = 1;
	}
	if (ccountp)
		*ccountp = h->dh_ncookies;
}

int ddi_dma_map_lazy_win(struct scsa_dma_handle *h, uint_t win, int kmflag);
void ddi_dma_leave_lazy_win(struct scsa_dma_handle *h);
void ddi_dma_bounce_free(struct scsa_dma_handle *h);
void ddi_dma_sync_bounce(struct scsa_dma_handle *h, uint64_t offset, uint64_t length,
			 boolean_t back);

#endif /* _COMPAT_DDI_DMA_H */
