/* SPDX-License-Identifier: GPL-2.0 */
/* What the DMA layer hands to the planner. Pure, and known to both sides of the seam. */
#ifndef _COMPAT_DMA_SEG_H
#define _COMPAT_DMA_SEG_H

#include "pure.h"

/* One mapped piece of the object. */
struct dma_seg {
	uint64_t	addr;		/* bus address */
	uint64_t	len;		/* not 0 */
};

#endif /* _COMPAT_DMA_SEG_H */
