/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the DMA layer hands to the planner, and what the planner's limits are. Pure, and known to both
 * sides of the seam.
 */
#ifndef _COMPAT_DMA_SEG_H
#define _COMPAT_DMA_SEG_H

#include "pure.h"

/* One mapped piece of the object. It has the layout of a ddi_dma_cookie_t, so that it can be one. */
struct dma_seg {
	uint64_t	addr;		/* bus address */
	size_t		len;		/* not 0 */
	unsigned int	type;		/* 0 */
};

/* ddi_dma_attr(9S), reduced to what planning needs. */
struct dma_limits {
	uint64_t	addr_lo;
	uint64_t	addr_hi;
	uint64_t	seg;		/* mask: no cookie crosses a multiple of seg + 1 */
	uint64_t	max_cookie;	/* bytes */
	uint64_t	maxxfer;	/* bytes in a window, before rounding to granular */
	uint64_t	easy_span;	/* see dma_seg_is_easy() */
	uint64_t	easy_len;
	uint32_t	sgllen;
	uint32_t	granular;
};

/*
 * True if a segment can be a cookie of its own, after one that ends at @end. A quick look: it also says
 * false for a few segments that could. One that begins at most easy_span above addr_lo and is not longer
 * than easy_len ends below addr_hi, and is not too long for a cookie.
 */
static inline bool dma_seg_is_easy(const struct dma_limits *lim, uint64_t addr, uint64_t len,
				   uint64_t end)
{
	return addr - lim->addr_lo <= lim->easy_span && len <= lim->easy_len &&
	       (addr ^ (addr + len - 1)) <= lim->seg && addr != end;
}

#endif /* _COMPAT_DMA_SEG_H */
