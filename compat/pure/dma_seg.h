/* SPDX-License-Identifier: GPL-2.0 */
/* What the DMA layer hands to the planner; known to both sides of the seam, and pure. */
#ifndef _COMPAT_DMA_SEG_H
#define _COMPAT_DMA_SEG_H

#include "pure.h"

/* A piece of the object as it is mapped. */
struct dma_seg {
	uint64_t	addr;		/* bus address */
	uint64_t	len;		/* not 0 */
};

#endif /* _COMPAT_DMA_SEG_H */
