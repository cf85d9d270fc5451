/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Turns DMA segments and attributes into cookies and windows; pure.
 *
 * A window is what one command can carry: at most sgllen cookies and maxxfer bytes. The length of
 * every window but the last is a multiple of granular. Windows tile the object in order.
 */
#ifndef _COMPAT_DMA_WINDOW_H
#define _COMPAT_DMA_WINDOW_H

#include <sys/ddidmareq.h>

#include "dma_seg.h"

#define DMA_PAGESIZE	4096

struct dma_win {
	uint64_t	offset;
	uint64_t	len;
	uint32_t	first;		/* index of its first cookie */
	uint32_t	ncookies;
};

/*
 * A plan under construction. The caller owns the arrays. The last window is @cur, so a plan of one
 * window needs no array of windows.
 */
struct dma_plan {
	const struct dma_limits	*lim;
	ddi_dma_cookie_t	*cookies;
	uint32_t		ncookies;
	uint32_t		cookies_max;
	struct dma_win		*wins;
	uint32_t		nwins;		/* closed ones, in @wins */
	uint32_t		wins_max;
	struct dma_win		cur;
	uint64_t		max_len;	/* of a window: maxxfer rounded down to granular */
	const struct dma_seg	*segs;		/* segments still to add */
	uint32_t		nsegs;
	uint64_t		addr;		/* the rest of the segment before them */
	uint64_t		len;
};

/* An array is full: enlarge each full array and call dma_plan_resume(). */
#define DMA_PLAN_GROW	1

int dma_limits_init(struct dma_limits *lim, const ddi_dma_attr_t *attr, const char **why);
uint64_t dma_limits_sure_len(const struct dma_limits *lim);
int dma_plan_init(struct dma_plan *p, const struct dma_limits *lim, uint64_t offset);
int dma_plan_add(struct dma_plan *p, const struct dma_seg *segs, uint32_t n);
int dma_plan_resume(struct dma_plan *p);
void dma_plan_widen(struct dma_plan *p, uint32_t sets);

static inline uint32_t dma_plan_nwins(const struct dma_plan *p)
{
	return p->nwins + 1;
}

static inline const struct dma_win *dma_plan_win(const struct dma_plan *p, uint32_t win)
{
	return win < p->nwins ? &p->wins[win] : &p->cur;
}

#endif /* _COMPAT_DMA_WINDOW_H */
