// SPDX-License-Identifier: GPL-2.0
/* A buffer in separate pieces, with a DMA handle to bind it to. */
#include "contract_buf.h"

const ddi_dma_attr_t contract_wide_attr = {
	DMA_ATTR_V0, 0, 0xffffffffffffffffULL, 0xffffffffULL, 1, 0x7f, 1, 0xffffffffULL,
	0xffffffffULL, 255, 512, 0
};

ddi_device_acc_attr_t contract_acc_attr = {
	DDI_DEVICE_ATTR_V0, DDI_NEVERSWAP_ACC, DDI_STRICTORDER_ACC
};

uint8_t contract_buf_byte(size_t offset)
{
	return (uint8_t)(offset * 7 + offset / PIECE);
}

void contract_buf_init(struct contract_buf *f, ddi_dma_attr_t attr, uint_t pieces)
{
	size_t offset, i;
	uint8_t *piece;

	bzero(f, sizeof(*f));
	f->attr = attr;
	f->bp = getrbuf(KM_SLEEP);
	f->rc = DDI_DMA_NORESOURCES;
	if (contract_sgl_alloc(&f->s, pieces, PIECE))
		return;
	for (offset = 0; offset < f->s.len; offset += PIECE) {
		piece = contract_sgl_byte(&f->s, offset);
		for (i = 0; i < PIECE; i++)
			piece[i] = contract_buf_byte(offset + i);
	}
	f->bp->b_bcount = f->s.len;
	f->bp->b_sgl = f->s.sgl;
	f->bp->b_nents = f->s.nents;
}

void contract_buf_bind(struct contract_buf *f, dev_info_t *dip, uint_t flags)
{
	if (!f->s.sgl ||
	    ddi_dma_alloc_handle(dip, &f->attr, DDI_DMA_SLEEP, NULL, &f->h) != DDI_SUCCESS)
		return;
	f->bp->b_flags = flags & DDI_DMA_READ ? B_READ : 0;
	f->rc = ddi_dma_buf_bind_handle(f->h, f->bp, flags, DDI_DMA_SLEEP, NULL, &f->cookie,
					&f->ccount);
}

void contract_buf_drop(struct contract_buf *f)
{
	if (f->h && ddi_dma_ncookies(f->h))
		ddi_dma_unbind_handle(f->h);
	if (f->h)
		ddi_dma_free_handle(&f->h);
	if (f->s.sgl)
		contract_sgl_free(&f->s);
	freerbuf(f->bp);
}
