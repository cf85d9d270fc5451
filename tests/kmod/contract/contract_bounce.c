// SPDX-License-Identifier: GPL-2.0
/* dma_attr_addr_lo and dma_attr_addr_hi of ddi_dma_attr(9S): memory outside the device's range. */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/param.h>

#include "contract_buf.h"
#include "contract_check.h"

#define PIECES	16
#define WINDOWS	4
#define LOW	0xffffffULL

/* The attributes of a device that reaches only LOW. */
static const ddi_dma_attr_t low_attr = {
	DMA_ATTR_V0, 0, LOW, 0xffffffULL, 1, 0x7f, 1, 0xffffffULL, 0xffffffULL, 255, 512, 0
};

/* All cookies of the current window are in range and add up to @len. */
static bool cookies_fit(struct contract_buf *f, size_t len)
{
	const ddi_dma_cookie_t *c = NULL;

	while ((c = ddi_dma_cookie_iter(f->h, c)) != NULL) {
		if (c->dmac_laddress < f->attr.dma_attr_addr_lo ||
		    c->dmac_laddress + c->dmac_size - 1 > f->attr.dma_attr_addr_hi ||
		    c->dmac_size > len)
			return false;
		len -= c->dmac_size;
	}
	return len == 0;
}

/* Bus address of byte @offset of the current window. */
static uint64_t bus_of(struct contract_buf *f, size_t offset)
{
	const ddi_dma_cookie_t *c = NULL;

	while ((c = ddi_dma_cookie_iter(f->h, c)) != NULL) {
		if (offset < c->dmac_size)
			return c->dmac_laddress + offset;
		offset -= c->dmac_size;
	}
	return 0;
}

/* The buffer is bound in WINDOWS windows. */
static bool in_windows(struct contract_buf *f)
{
	uint_t n = 0;

	return f->rc == DDI_DMA_PARTIAL_MAP && ddi_dma_numwin(f->h, &n) == DDI_SUCCESS && n == WINDOWS;
}

/* Make a window of a buffer bound with DDI_DMA_PARTIAL current: its cookies are in range. */
static bool switch_to(struct contract_buf *f, uint_t win)
{
	size_t want = f->s.len / WINDOWS, len;
	ddi_dma_cookie_t c;
	uint_t ccount;
	off_t off;

	return ddi_dma_getwin(f->h, win, &off, &len, &c, &ccount) == DDI_SUCCESS &&
	       (size_t)off == win * want && len == want && ccount <= (uint_t)f->attr.dma_attr_sgllen &&
	       cookies_fit(f, len);
}

static const char *whole(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_buf f;
	size_t i;
	uint_t n;

	contract_buf_init(&f, low_attr, PIECES);
	contract_buf_bind(&f, dip, DDI_DMA_RDWR);
	if (!contract_maps_directly(dip)) {
		/* The IOMMU or swiotlb chooses the addresses, and knows nothing of our limit. */
		CHECK(f.rc == DDI_DMA_NOMAPPING);
		why = contract_skip;
		goto out;
	}
	CHECK(f.rc == DDI_DMA_MAPPED);
	CHECK(ddi_dma_numwin(f.h, &n) == DDI_FAILURE);
	CHECK(cookies_fit(&f, f.s.len));
	for (i = 0; i < f.s.len; i++)
		CHECK(contract_peek(bus_of(&f, i)) == contract_buf_byte(i));
	/* The device writes; a sync shows exactly the bytes it was asked for. */
	contract_poke(bus_of(&f, 5000), 0xa1);
	contract_poke(bus_of(&f, 9000), 0xa2);
	CHECK(ddi_dma_sync(f.h, 5000, 1, DDI_DMA_SYNC_FORKERNEL) == DDI_SUCCESS);
	CHECK(*contract_sgl_byte(&f.s, 5000) == 0xa1);
	CHECK(*contract_sgl_byte(&f.s, 9000) == contract_buf_byte(9000));
	*contract_sgl_byte(&f.s, 7000) = 0xa3;
	CHECK(ddi_dma_sync(f.h, 7000, 1, DDI_DMA_SYNC_FORDEV) == DDI_SUCCESS);
	CHECK(contract_peek(bus_of(&f, 7000)) == 0xa3);
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_SUCCESS);
	CHECK(*contract_sgl_byte(&f.s, 9000) == 0xa2);
	CHECK(*contract_sgl_byte(&f.s, 0) == contract_buf_byte(0));
out:
	contract_buf_drop(&f);
	return why;
}

static const char *windows(dev_info_t *dip)
{
	static const uint_t order[] = { 2, 0, 3, 1, 1, 2 };
	const char *why = NULL;
	struct contract_buf f;
	size_t off;
	uint_t i;

	contract_buf_init(&f, low_attr, PIECES);
	f.attr.dma_attr_maxxfer = PIECES / WINDOWS * PIECE;
	contract_buf_bind(&f, dip, DDI_DMA_RDWR | DDI_DMA_PARTIAL);
	if (!contract_maps_directly(dip)) {
		CHECK(f.rc == DDI_DMA_NOMAPPING);
		why = contract_skip;
		goto out;
	}
	CHECK(in_windows(&f));
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		off = order[i] * f.attr.dma_attr_maxxfer;
		CHECK(switch_to(&f, order[i]));
		CHECK(contract_peek(bus_of(&f, 1)) == contract_buf_byte(off + 1));
		contract_poke(bus_of(&f, 100 + i), (uint8_t)(0xb0 + i));
	}
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_SUCCESS);
	for (i = 0; i < ARRAY_SIZE(order); i++)
		CHECK(*contract_sgl_byte(&f.s, order[i] * f.attr.dma_attr_maxxfer + 100 + i) ==
		      (uint8_t)(0xb0 + i));
out:
	contract_buf_drop(&f);
	return why;
}

static const char *to_device_stays(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_buf f;

	contract_buf_init(&f, low_attr, PIECES);
	contract_buf_bind(&f, dip, DDI_DMA_WRITE);
	if (f.rc != DDI_DMA_MAPPED) {
		why = contract_maps_directly(dip) ? "not mapped" : contract_skip;
		goto out;
	}
	contract_poke(bus_of(&f, 3), (uint8_t)~contract_buf_byte(3));
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_SUCCESS);
	CHECK(*contract_sgl_byte(&f.s, 3) == contract_buf_byte(3));
out:
	contract_buf_drop(&f);
	return why;
}

static const char *toobig(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_buf f;

	contract_buf_init(&f, low_attr, PIECES);
	f.attr.dma_attr_maxxfer = PIECES / WINDOWS * PIECE;
	contract_buf_bind(&f, dip, DDI_DMA_READ);
	CHECK(f.rc == DDI_DMA_TOOBIG);
out:
	contract_buf_drop(&f);
	return why;
}

/* One cookie of 64 KiB in a command: a window is no longer than that. */
static const char *sgllen(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_buf f;
	uint_t win;

	contract_buf_init(&f, low_attr, WINDOWS * PIECES);
	f.attr.dma_attr_count_max = PIECES * PIECE - 1;
	f.attr.dma_attr_sgllen = 1;
	contract_buf_bind(&f, dip, DDI_DMA_READ | DDI_DMA_PARTIAL);
	if (!contract_maps_directly(dip)) {
		CHECK(f.rc == DDI_DMA_NOMAPPING || f.rc == DDI_DMA_PARTIAL_MAP);
		why = contract_skip;
		goto out;
	}
	CHECK(in_windows(&f));
	for (win = 0; win < WINDOWS; win++)
		CHECK(switch_to(&f, win));
out:
	contract_buf_drop(&f);
	return why;
}

/* A block that no command can carry will never fit: that is no shortage. */
static const char *large_block(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_buf f;

	contract_buf_init(&f, contract_wide_attr, PIECES);
	f.attr.dma_attr_maxxfer = 2 * PIECE;
	f.bp->b_granular = 4 * PIECE;
	CHECK(f.s.sgl && ddi_dma_alloc_handle(dip, &f.attr, DDI_DMA_SLEEP, NULL, &f.h) == DDI_SUCCESS);
	CHECK(ddi_dma_buf_bind_handle(f.h, f.bp, DDI_DMA_READ | DDI_DMA_PARTIAL, DDI_DMA_DONTWAIT,
				      NULL, NULL, NULL) == DDI_DMA_NOMAPPING);
out:
	contract_buf_drop(&f);
	return why;
}

/* Memory below the device's range is bounced too, unless an IOMMU or swiotlb chooses addresses. */
static const char *addr_lo(dev_info_t *dip)
{
	uint8_t *mem = contract_pages_low(2 * PIECE);
	const char *why = NULL;
	struct contract_buf f;
	struct scsa_sgl s = { };

	contract_buf_init(&f, low_attr, 1);
	CHECK(mem && contract_sgl_of(&s, mem, 2 * PIECE) == 0);
	mem[PIECE] = 0x31;
	f.bp->b_sgl = s.sgl;
	f.bp->b_nents = s.nents;
	f.bp->b_bcount = s.len;
	f.attr.dma_attr_addr_lo = LOW + 1;
	f.attr.dma_attr_addr_hi = 0xffffffffULL;
	contract_buf_bind(&f, dip, DDI_DMA_RDWR);
	if (!contract_maps_directly(dip)) {
		CHECK(f.rc == DDI_DMA_NOMAPPING || (f.rc == DDI_DMA_MAPPED && cookies_fit(&f, s.len)));
		why = contract_skip;
		goto out;
	}
	CHECK(f.rc == DDI_DMA_MAPPED && cookies_fit(&f, s.len));
	CHECK(contract_peek(bus_of(&f, PIECE)) == 0x31);
	contract_poke(bus_of(&f, 1), 0x32);
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_SUCCESS && mem[1] == 0x32);
out:
	contract_buf_drop(&f);
	contract_sgl_put(&s);
	contract_pages_free(mem, 2 * PIECE);
	return why;
}

static const struct contract_test tests[] = {
	{ "buf_bind.addr_hi.whole", whole },
	{ "buf_bind.addr_hi.windows", windows },
	{ "buf_bind.addr_hi.to_device", to_device_stays },
	{ "buf_bind.addr_hi.toobig", toobig },
	{ "buf_bind.addr_hi.sgllen", sgllen },
	{ "buf_bind.large_block", large_block },
	{ "buf_bind.addr_lo", addr_lo },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
