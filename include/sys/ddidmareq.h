/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DMA attributes, cookies, flags and return values: ddi_dma_attr(9S),
 * ddi_dma_cookie(9S), ddi_dma_buf_bind_handle(9F).
 *
 * Drivers initialise ddi_dma_attr_t by position and test MAPPED/SUCCESS and
 * NORESOURCES/FAILURE interchangeably, so order and values are part of the contract.
 * This header also compiles in userland, for the tests of the pure code.
 */
#ifndef _SYS_DDIDMAREQ_H
#define _SYS_DDIDMAREQ_H

#include <sys/types.h>
#ifndef __KERNEL__
#include <stdint.h>
#include <stddef.h>
#endif

typedef struct ddi_dma_attr {
	unsigned int	dma_attr_version;	/* DMA_ATTR_V0 */
	uint64_t	dma_attr_addr_lo;	/* lowest usable address, inclusive */
	uint64_t	dma_attr_addr_hi;	/* highest usable address, inclusive */
	uint64_t	dma_attr_count_max;	/* largest cookie minus one */
	uint64_t	dma_attr_align;		/* alignment of allocated memory */
	unsigned int	dma_attr_burstsizes;	/* bit n: bursts of 2^n bytes */
	uint32_t	dma_attr_minxfer;
	uint64_t	dma_attr_maxxfer;	/* bytes in one command */
	uint64_t	dma_attr_seg;		/* mask of the boundary that no cookie crosses */
	int		dma_attr_sgllen;	/* cookies in one command */
	uint32_t	dma_attr_granular;	/* window lengths are multiples of it */
	unsigned int	dma_attr_flags;
} ddi_dma_attr_t;

#define DMA_ATTR_V0			0
/* Values for dma_attr_minxfer. */
#define DMA_UNIT_8			1
#define DMA_UNIT_16			2
#define DMA_UNIT_32			4
#define DMA_ATTR_VERSION		DMA_ATTR_V0

#define DDI_DMA_FORCE_PHYSICAL		0x0100
#define DDI_DMA_FLAGERR			0x0200
#define DDI_DMA_RELAXED_ORDERING	0x0400

typedef struct {
	union {
		uint64_t	_dmac_ll;
		uint32_t	_dmac_la[2];
	} _dmu;
	size_t		dmac_size;
	unsigned int	dmac_type;
} ddi_dma_cookie_t;

#define dmac_laddress		_dmu._dmac_ll
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define dmac_notused		_dmu._dmac_la[0]
#define dmac_address		_dmu._dmac_la[1]
#else
#define dmac_address		_dmu._dmac_la[0]
#define dmac_notused		_dmu._dmac_la[1]
#endif

/* Flags of the bind and allocation functions. */
#define DDI_DMA_WRITE		0x0001	/* memory to device */
#define DDI_DMA_READ		0x0002	/* device to memory */
#define DDI_DMA_RDWR		(DDI_DMA_READ | DDI_DMA_WRITE)
#define DDI_DMA_REDZONE		0x0004
#define DDI_DMA_PARTIAL		0x0008
#define DDI_DMA_CONSISTENT	0x0010
#define DDI_DMA_EXCLUSIVE	0x0020
#define DDI_DMA_STREAMING	0x0040
#define DDI_DMA_SBUS_64BIT	0x2000

/* Return values. */
#define DDI_DMA_MAPPED		0
#define DDI_DMA_MAPOK		0
#define DDI_DMA_PARTIAL_MAP	1
#define DDI_DMA_DONE		2
#define DDI_DMA_NORESOURCES	(-1)
#define DDI_DMA_NOMAPPING	(-2)
#define DDI_DMA_TOOBIG		(-3)
#define DDI_DMA_TOOSMALL	(-4)
#define DDI_DMA_LOCKED		(-5)
#define DDI_DMA_BADLIMITS	(-6)
#define DDI_DMA_STALE		(-7)
#define DDI_DMA_BADATTR		(-8)
#define DDI_DMA_INUSE		(-9)
#define DDI_DMA_USE_PHYSICAL	(-10)

/* What to do when resources are short; any other value is a function to call later. */
#define DDI_DMA_DONTWAIT	((int (*)(caddr_t))0)
#define DDI_DMA_SLEEP		((int (*)(caddr_t))1)

#define DDI_DMA_CALLBACK_RUNOUT	0
#define DDI_DMA_CALLBACK_DONE	1

/* ddi_dma_sync(9F) */
#define DDI_DMA_SYNC_FORDEV	0
#define DDI_DMA_SYNC_FORCPU	1
#define DDI_DMA_SYNC_FORKERNEL	2

#endif /* _SYS_DDIDMAREQ_H */
