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
	uint32_t	sgllen;
	uint32_t	granular;
};

/* True if a segment can be a cookie of its own, after one that ends at @end. */
static inline bool dma_seg_fits(const struct dma_limits *lim, uint64_t addr, uint64_t len,
				uint64_t end)
{
	return addr >= lim->addr_lo && addr <= lim->addr_hi && len - 1 <= lim->addr_hi - addr &&
	       len <= lim->max_cookie && len - 1 <= lim->seg - (addr & lim->seg) && addr != end;
}

#endif /* _COMPAT_DMA_SEG_H */
