// SPDX-License-Identifier: GPL-2.0
/* Clauses of ddi_dma_attr(9S), and of windows with several sets of cookies. */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/param.h>

#include "contract_buf.h"
#include "contract_check.h"

#define PIECES	64

/* Check that each cookie of the current window satisfies the attributes. */
static const char *check_cookies(struct contract_buf *f, size_t len)
{
	const ddi_dma_attr_t *a = &f->attr;
	const ddi_dma_cookie_t *c = NULL;
	const char *why = NULL;

	while ((c = ddi_dma_cookie_iter(f->h, c)) != NULL) {
		uint64_t last = c->dmac_laddress + c->dmac_size - 1;

		CHECK(c->dmac_laddress >= a->dma_attr_addr_lo && last <= a->dma_attr_addr_hi);
		CHECK(c->dmac_size && c->dmac_size - 1 <= a->dma_attr_count_max);
		CHECK((c->dmac_laddress & ~a->dma_attr_seg) == (last & ~a->dma_attr_seg));
		CHECK(c->dmac_size <= len);
		len -= c->dmac_size;
	}
	CHECK(len == 0);
out:
	return why;
}

/* Does the device see the buffer's data in the current window? */
static bool is_buffer(struct contract_buf *f, size_t off, size_t len)
{
	const ddi_dma_cookie_t *c = NULL;
	size_t i;

	while ((c = ddi_dma_cookie_iter(f->h, c)) != NULL && len) {
		for (i = -off & 255; i < c->dmac_size; i += 256)
			if (contract_peek(c->dmac_laddress + i) != contract_buf_byte(off + i))
				return false;
		off += c->dmac_size;
		len -= c->dmac_size;
	}
	return len == 0;
}

static const char *count_max(dev_info_t *dip)
{
	const char *why;
	struct contract_buf f;

	contract_buf_init(&f, contract_wide_attr, PIECES);
	/* Blocks of 512 bytes: a cookie holds 4096 of the 5000. */
	f.attr.dma_attr_count_max = 5000 - 1;
	contract_buf_bind(&f, dip, DDI_DMA_READ);
	why = f.rc == DDI_DMA_MAPPED ? check_cookies(&f, f.s.len) : "not mapped";
	contract_buf_drop(&f);
	return why;
}

/* The caller may change and free its structure once the handle exists. */
static const char *attr_copied(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_buf f;

	contract_buf_init(&f, contract_wide_attr, PIECES);
	CHECK(ddi_dma_alloc_handle(dip, &f.attr, DDI_DMA_SLEEP, NULL, &f.h) == DDI_SUCCESS);
	f.attr.dma_attr_sgllen = 1;
	f.attr.dma_attr_maxxfer = PIECE;
	CHECK(ddi_dma_buf_bind_handle(f.h, f.bp, DDI_DMA_READ, DDI_DMA_SLEEP, NULL, NULL, NULL) ==
	      DDI_DMA_MAPPED);
out:
	contract_buf_drop(&f);
	return why;
}

/* A negative sgllen is no limit. */
static const char *sgllen_unlimited(dev_info_t *dip)
{
	const char *why;
	struct contract_buf f;

	contract_buf_init(&f, contract_wide_attr, PIECES);
	f.attr.dma_attr_sgllen = -1;
	contract_buf_bind(&f, dip, DDI_DMA_WRITE);
	why = f.rc == DDI_DMA_MAPPED ? check_cookies(&f, f.s.len) : "not mapped";
	contract_buf_drop(&f);
	return why;
}

/* Adjoining memory becomes one cookie where the attributes allow it, and several where not. */
static const char *merge(dev_info_t *dip)
{
	caddr_t p = kmem_zalloc(8 * PAGESIZE, KM_SLEEP);
	ddi_dma_attr_t attr = contract_wide_attr;
	ddi_dma_handle_t h = NULL;
	const char *why = NULL;
	uint_t n = 0;

	CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &h) == DDI_SUCCESS);
	CHECK(ddi_dma_addr_bind_handle(h, NULL, p, 8 * PAGESIZE, DDI_DMA_RDWR, DDI_DMA_SLEEP, NULL,
				       NULL, &n) == DDI_DMA_MAPPED);
	CHECK(!contract_maps_directly(dip) || n == 1);
	CHECK(n != 1 || ddi_dma_cookie_one(h)->dmac_size == 8 * PAGESIZE);
	CHECK(ddi_dma_unbind_handle(h) == DDI_SUCCESS);
	ddi_dma_free_handle(&h);
	attr.dma_attr_seg = PAGESIZE - 1;
	CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &h) == DDI_SUCCESS);
	CHECK(ddi_dma_addr_bind_handle(h, NULL, p, 8 * PAGESIZE, DDI_DMA_RDWR, DDI_DMA_SLEEP, NULL,
				       NULL, &n) == DDI_DMA_MAPPED);
	CHECK(n >= 8);
out:
	if (h) {
		ddi_dma_unbind_handle(h);
		ddi_dma_free_handle(&h);
	}
	kmem_free(p, 8 * PAGESIZE);
	return why;
}

/* Advisory flags are accepted and change nothing. */
static const char *flags(dev_info_t *dip)
{
	static const uint_t advice[] = {
		DDI_DMA_REDZONE, DDI_DMA_CONSISTENT, DDI_DMA_STREAMING, DDI_DMA_EXCLUSIVE,
	};
	const char *why = NULL;
	struct contract_buf f;
	uint_t i;

	contract_buf_init(&f, contract_wide_attr, PIECES);
	for (i = 0; i < ARRAY_SIZE(advice); i++) {
		contract_buf_bind(&f, dip, DDI_DMA_READ | advice[i]);
		CHECK(f.rc == DDI_DMA_MAPPED);
		why = check_cookies(&f, f.s.len);
		if (why)
			break;
		CHECK(ddi_dma_unbind_handle(f.h) == DDI_SUCCESS);
		ddi_dma_free_handle(&f.h);
	}
out:
	contract_buf_drop(&f);
	return why;
}

/* The result is a multiple of minxfer where the flags allow more than the request. */
static const char *mem_streaming(dev_info_t *dip)
{
	ddi_dma_attr_t attr = contract_wide_attr;
	ddi_acc_handle_t acc = NULL;
	ddi_dma_handle_t h = NULL;
	const char *why = NULL;
	size_t real;
	caddr_t p;

	attr.dma_attr_minxfer = 64;
	CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &h) == DDI_SUCCESS);
	CHECK(ddi_dma_mem_alloc(h, 1001, &contract_acc_attr, DDI_DMA_STREAMING, DDI_DMA_SLEEP, NULL,
				&p, &real, &acc) == DDI_SUCCESS);
	CHECK(real == 1024);
	bzero(p, real);
out:
	if (acc)
		ddi_dma_mem_free(&acc);
	if (h)
		ddi_dma_free_handle(&h);
	return why;
}

/* Memory above 4 GiB: direct for a device that reaches it, bounced for one that does not. */
static const char *high(dev_info_t *dip, uint_t bits, uint64_t addr_hi, bool is_high)
{
	const char *why = NULL;
	struct contract_buf f;

	contract_buf_init(&f, contract_wide_attr, PIECES);
	contract_set_mask(bits);
	f.attr.dma_attr_addr_hi = addr_hi;
	contract_buf_bind(&f, dip, DDI_DMA_RDWR);
	CHECK(f.rc == DDI_DMA_MAPPED);
	why = check_cookies(&f, f.s.len);
	if (why)
		goto out;
	if (!contract_can_peek(dip) || !contract_has_high_memory()) {
		why = contract_skip;
		goto out;
	}
	CHECK((f.cookie.dmac_laddress > 0xffffffff) == is_high);
	CHECK(is_buffer(&f, 0, f.s.len));
	contract_poke(f.cookie.dmac_laddress + 1, 0xee);
	CHECK(ddi_dma_sync(f.h, 0, 0, DDI_DMA_SYNC_FORKERNEL) == DDI_SUCCESS);
	CHECK(*contract_sgl_byte(&f.s, 1) == 0xee);
out:
	contract_buf_drop(&f);
	contract_set_mask(32);
	return why;
}

static const char *addr_64(dev_info_t *dip)
{
	return contract_maps_directly(dip) ? high(dip, 64, ~0ULL, true) : contract_skip;
}

static const char *addr_32(dev_info_t *dip)
{
	return high(dip, 32, 0xffffffff, false);
}

/* The device reaches all memory, but this handle is for a part of it that does not. */
static const char *addr_32_of_64(dev_info_t *dip)
{
	return contract_maps_directly(dip) ? high(dip, 64, 0xffffffff, false) : contract_skip;
}

/*
 * The count of a window's cookies may exceed sgllen. Each set of sgllen cookies must then be
 * valid for a command: at most maxxfer, and a multiple of granular.
 */
static const char *wide_windows(dev_info_t *dip)
{
	uint_t nwin = 0, win, i, n, wide = 0;
	size_t len, set, expected = 0;
	const char *why = NULL;
	ddi_dma_cookie_t c;
	struct contract_buf f;
	off_t off;

	contract_buf_init(&f, contract_wide_attr, PIECES);
	f.attr.dma_attr_sgllen = 4;
	f.attr.dma_attr_count_max = PIECE - 1;
	f.attr.dma_attr_maxxfer = 8 * PIECE;
	CHECK(contract_set_wide(3) == 0);
	contract_buf_bind(&f, dip, DDI_DMA_READ | DDI_DMA_PARTIAL);
	CHECK(f.rc == DDI_DMA_PARTIAL_MAP);
	CHECK(ddi_dma_numwin(f.h, &nwin) == DDI_SUCCESS && nwin > 1 && nwin < PIECES / 4);
	for (win = 0; win < nwin; win++) {
		CHECK(ddi_dma_getwin(f.h, win, &off, &len, &c, &n) == DDI_SUCCESS);
		CHECK((size_t)off == expected && n == ddi_dma_ncookies(f.h) && n <= 3 * 4);
		wide += n > 4;
		why = check_cookies(&f, len);
		if (why)
			goto out;
		for (i = 0, set = 0; i < n; i++) {
			set += ddi_dma_cookie_get(f.h, i)->dmac_size;
			if (i + 1 < n && (i + 1) % 4)
				continue;
			CHECK(set <= f.attr.dma_attr_maxxfer && set % 512 == 0);
			set = 0;
		}
		if (contract_can_peek(dip))
			CHECK(is_buffer(&f, off, len));
		expected += len;
	}
	CHECK(expected == f.s.len && wide);
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_SUCCESS);
	/* Without windows, sgllen is the limit. */
	CHECK(ddi_dma_buf_bind_handle(f.h, f.bp, DDI_DMA_READ, DDI_DMA_SLEEP, NULL, NULL, NULL) ==
	      DDI_DMA_TOOBIG);
out:
	contract_set_wide(1);
	contract_buf_drop(&f);
	return why;
}

static const struct contract_test tests[] = {
	{ "attr.count_max", count_max },
	{ "attr.copied", attr_copied },
	{ "attr.sgllen_unlimited", sgllen_unlimited },
	{ "cookie.merge", merge },
	{ "buf_bind.flags", flags },
	{ "mem_alloc.streaming", mem_streaming },
	{ "addr.64_bit", addr_64 },
	{ "addr.32_bit", addr_32 },
	{ "addr.32_bit_handle_of_64_bit_device", addr_32_of_64 },
	{ "getwin.more_cookies_than_sgllen", wide_windows },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
