/* SPDX-License-Identifier: GPL-2.0 */
/* A buffer in separate pieces, with a DMA handle to bind it to. */
#ifndef _CONTRACT_BUF_H
#define _CONTRACT_BUF_H

#include <sys/ddi.h>
#include <sys/sunddi.h>

#include "contract.h"

/* Any address, any length, blocks of 512 bytes. */
extern const ddi_dma_attr_t contract_wide_attr;
/* Memory in the CPU's byte order. */
extern ddi_device_acc_attr_t contract_acc_attr;

struct contract_buf {
	ddi_dma_attr_t		attr;
	ddi_dma_handle_t	h;
	struct scsa_sgl		s;
	struct buf		*bp;
	ddi_dma_cookie_t	cookie;
	uint_t			ccount;
	int			rc;		/* of the bind */
};

/* The initial value of byte @offset, derived from its offset. */
uint8_t contract_buf_byte(size_t offset);
void contract_buf_init(struct contract_buf *f, ddi_dma_attr_t attr, uint_t pieces);
/* Allocate a handle for @f->attr as it is now, and bind the buffer. */
void contract_buf_bind(struct contract_buf *f, dev_info_t *dip, uint_t flags);
void contract_buf_drop(struct contract_buf *f);

#endif /* _CONTRACT_BUF_H */
