// SPDX-License-Identifier: GPL-2.0
/* Clauses of ddi_dma_alloc_handle(9F), ddi_dma_buf_bind_handle(9F), ddi_dma_getwin(9F), ... */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/param.h>

#include "contract_buf.h"
#include "contract_check.h"

#define PIECES	64

/*
 * As contract_wide_attr, but a command holds @sgllen cookies and @maxxfer bytes. A cookie holds one
 * piece, so that pieces which adjoin in bounce memory or behind an IOMMU still count separately.
 */
static ddi_dma_attr_t small_attr(int sgllen, uint64_t maxxfer)
{
	ddi_dma_attr_t attr = contract_wide_attr;

	attr.dma_attr_count_max = PIECE - 1;
	attr.dma_attr_sgllen = sgllen;
	attr.dma_attr_maxxfer = maxxfer;
	return attr;
}

static ddi_dma_handle_t new_handle(dev_info_t *dip, ddi_dma_attr_t attr)
{
	ddi_dma_handle_t h = NULL;

	ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &h);
	return h;
}

static void drop_handle(ddi_dma_handle_t *hp)
{
	if (!*hp)
		return;
	ddi_dma_unbind_handle(*hp);
	ddi_dma_free_handle(hp);
}

/* A buffer in pieces, bound to a handle with @attr. */
static void bound(struct contract_buf *f, dev_info_t *dip, ddi_dma_attr_t attr, uint_t pieces,
		  uint_t flags)
{
	contract_buf_init(f, attr, pieces);
	contract_buf_bind(f, dip, flags);
}

/* ---- ddi_dma_alloc_handle(9F) ---- */

static const char *alloc_success(dev_info_t *dip)
{
	ddi_dma_attr_t attr = contract_wide_attr;
	ddi_dma_handle_t h = NULL;
	const char *why = NULL;

	CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_DONTWAIT, NULL, &h) == DDI_SUCCESS);
	CHECK(h != NULL);
	CHECK(ddi_dma_ncookies(h) == 0);
	CHECK((uint_t)ddi_dma_burstsizes(h) == attr.dma_attr_burstsizes);
	CHECK(ddi_dma_set_sbus64(h, 0x7f) == DDI_FAILURE);
	ddi_dma_free_handle(&h);
	CHECK(h == NULL);
out:
	drop_handle(&h);
	return why;
}

static const char *alloc_badattr(dev_info_t *dip)
{
	const char *why = NULL;
	ddi_dma_handle_t h = NULL;
	ddi_dma_attr_t attr;

#define BAD(assignment)								\
	do {									\
		attr = contract_wide_attr;						\
		assignment;							\
		CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_DONTWAIT, NULL, &h) ==	\
		      DDI_DMA_BADATTR);						\
	} while (0)

	BAD(attr.dma_attr_sgllen = 0);
	BAD(attr.dma_attr_seg = 1023);
	BAD(attr.dma_attr_seg = 0xfffff123);
	BAD(attr.dma_attr_count_max = 511);
	BAD(attr.dma_attr_maxxfer = 512);
	BAD(attr.dma_attr_granular = 3);
	BAD((attr.dma_attr_addr_lo = 0x1000, attr.dma_attr_addr_hi = 0x1000));
#undef BAD
out:
	drop_handle(&h);
	return why;
}

/* ---- ddi_dma_buf_bind_handle(9F) ---- */

static const char *bind_mapped(dev_info_t *dip)
{
	struct contract_buf f;
	const char *why = NULL;
	size_t total = 0;
	uint_t i, nwin;

	bound(&f, dip, contract_wide_attr, PIECES, DDI_DMA_READ);
	CHECK(f.rc == DDI_DMA_MAPPED);
	CHECK(f.ccount == ddi_dma_ncookies(f.h));
	total = f.cookie.dmac_size;
	for (i = 1; i < f.ccount; i++) {
		ddi_dma_nextcookie(f.h, &f.cookie);
		total += f.cookie.dmac_size;
	}
	CHECK(total == f.s.len);
	/* After MAPPED, ddi_dma_numwin(9F) fails. */
	CHECK(ddi_dma_numwin(f.h, &nwin) == DDI_FAILURE);
out:
	contract_buf_drop(&f);
	return why;
}

/* PARTIAL forces nothing: if everything fits, the result is MAPPED. */
static const char *bind_partial_flag_all_fits(dev_info_t *dip)
{
	struct contract_buf f;
	const char *why = NULL;

	bound(&f, dip, contract_wide_attr, 4, DDI_DMA_WRITE | DDI_DMA_PARTIAL);
	CHECK(f.rc == DDI_DMA_MAPPED);
out:
	contract_buf_drop(&f);
	return why;
}

/* After a MAPPED binding window 0 is valid and rewinds the cookies. */
static const char *bind_mapped_getwin_0(dev_info_t *dip)
{
	struct contract_buf f;
	const char *why = NULL;
	ddi_dma_cookie_t c;
	off_t off;
	size_t len;
	uint_t n;

	bound(&f, dip, contract_wide_attr, 4, DDI_DMA_WRITE);
	CHECK(f.rc == DDI_DMA_MAPPED);
	CHECK(ddi_dma_getwin(f.h, 0, &off, &len, &c, &n) == DDI_SUCCESS);
	CHECK(off == 0 && len == f.s.len && n == f.ccount);
	CHECK(c.dmac_laddress == f.cookie.dmac_laddress);
	CHECK(ddi_dma_getwin(f.h, 1, &off, &len, &c, &n) == DDI_FAILURE);
out:
	contract_buf_drop(&f);
	return why;
}

static const char *bind_toobig(dev_info_t *dip)
{
	struct contract_buf f;
	const char *why = NULL;
	ddi_dma_attr_t attr = small_attr(255, 16 * PIECE);

	bound(&f, dip, attr, PIECES, DDI_DMA_READ);
	CHECK(f.rc == DDI_DMA_TOOBIG);
	/* After a failure the handle is unbound and can be bound again. */
	CHECK(ddi_dma_ncookies(f.h) == 0);
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_FAILURE);
	CHECK(ddi_dma_buf_bind_handle(f.h, f.bp, DDI_DMA_READ | DDI_DMA_PARTIAL, DDI_DMA_SLEEP, NULL,
				      NULL, NULL) == DDI_DMA_PARTIAL_MAP);
out:
	contract_buf_drop(&f);
	return why;
}

static const char *bind_inuse(dev_info_t *dip)
{
	struct contract_buf f;
	const char *why = NULL;

	bound(&f, dip, contract_wide_attr, 4, DDI_DMA_READ);
	CHECK(f.rc == DDI_DMA_MAPPED);
	CHECK(ddi_dma_buf_bind_handle(f.h, f.bp, DDI_DMA_READ, DDI_DMA_DONTWAIT, NULL, NULL, NULL) ==
	      DDI_DMA_INUSE);
	/* It is still bound as before. */
	CHECK(ddi_dma_ncookies(f.h) == f.ccount);
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_SUCCESS);
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_FAILURE);
out:
	contract_buf_drop(&f);
	return why;
}

/* Two handles of one buffer: each mapping stands, whatever becomes of the other. */
static const char *bind_twice(dev_info_t *dip)
{
	ddi_dma_handle_t other = new_handle(dip, contract_wide_attr);
	struct contract_buf f;
	const char *why = NULL;
	uint64_t first;
	uint_t n;

	/* Only the device reads: the kernel supports no other mapping of what is mapped already. */
	bound(&f, dip, contract_wide_attr, 4, DDI_DMA_WRITE);
	CHECK(f.rc == DDI_DMA_MAPPED && other);
	first = ddi_dma_cookie_get(f.h, 0)->dmac_laddress;
	CHECK(ddi_dma_buf_bind_handle(other, f.bp, DDI_DMA_WRITE, DDI_DMA_DONTWAIT, NULL, NULL, &n) ==
	      DDI_DMA_MAPPED);
	CHECK(ddi_dma_cookie_get(f.h, 0)->dmac_laddress == first);
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_SUCCESS);
	if (!contract_maps_directly(dip))
		goto out;
	/* What is written now reaches the device through the second one. */
	*(uint8_t *)contract_sgl_byte(&f.s, 0) = 0x5a;
	CHECK(ddi_dma_sync(other, 0, 0, DDI_DMA_SYNC_FORDEV) == DDI_SUCCESS);
	CHECK(contract_peek(ddi_dma_cookie_get(other, 0)->dmac_laddress) == 0x5a);
out:
	drop_handle(&other);
	contract_buf_drop(&f);
	return why;
}

static const char *bind_zero_length(dev_info_t *dip)
{
	ddi_dma_handle_t h = new_handle(dip, contract_wide_attr);
	const char *why = NULL;
	char c;

	CHECK(ddi_dma_addr_bind_handle(h, NULL, &c, 0, DDI_DMA_READ, DDI_DMA_DONTWAIT, NULL, NULL,
				       NULL) == DDI_DMA_NOMAPPING);
out:
	drop_handle(&h);
	return why;
}

/* ---- windows ---- */

struct window_case {
	int		sgllen;
	uint64_t	maxxfer;
	uint_t		pieces;
	uint_t		block;	/* of the buffer; 0: dma_attr_granular of the attributes */
};

/* Walk all windows: they tile the object, and each satisfies the attributes. */
static const char *check_windows(dev_info_t *dip, struct window_case wc)
{
	struct contract_buf f;
	const char *why = NULL;
	uint_t nwin = 0, win, i, n, granular = wc.block ? wc.block : 512;
	ddi_dma_cookie_t c;
	uint64_t expected = 0;
	off_t off;
	size_t len, sum;

	bound(&f, dip, small_attr(wc.sgllen, wc.maxxfer), wc.pieces,
	      DDI_DMA_READ | DDI_DMA_PARTIAL);
	CHECK(f.rc == DDI_DMA_PARTIAL_MAP);
	if (wc.block) {
		ddi_dma_unbind_handle(f.h);
		f.bp->b_granular = wc.block;
		CHECK(ddi_dma_buf_bind_handle(f.h, f.bp, DDI_DMA_READ | DDI_DMA_PARTIAL,
					      DDI_DMA_SLEEP, NULL, NULL, NULL) ==
		      DDI_DMA_PARTIAL_MAP);
	}
	CHECK(ddi_dma_numwin(f.h, &nwin) == DDI_SUCCESS);
	CHECK(nwin > 1);
	for (win = 0; win < nwin; win++) {
		CHECK(ddi_dma_getwin(f.h, win, &off, &len, &c, &n) == DDI_SUCCESS);
		CHECK((uint64_t)off == expected);
		CHECK(len && len <= wc.maxxfer);
		CHECK(len % granular == 0 || win == nwin - 1);
		CHECK(n && n <= (uint_t)wc.sgllen && n == ddi_dma_ncookies(f.h));
		for (i = 0, sum = 0; i < n; i++) {
			const ddi_dma_cookie_t *g = ddi_dma_cookie_get(f.h, i);

			if (i)
				ddi_dma_nextcookie(f.h, &c);
			CHECK(g && g->dmac_laddress == c.dmac_laddress &&
			      g->dmac_size == c.dmac_size);
			sum += c.dmac_size;
		}
		CHECK(ddi_dma_cookie_get(f.h, n) == NULL);
		CHECK(sum == len);
		expected += len;
	}
	CHECK(expected == f.s.len);
	CHECK(ddi_dma_getwin(f.h, nwin, &off, &len, &c, &n) == DDI_FAILURE);
out:
	contract_buf_drop(&f);
	return why;
}

static const char *win_sgllen(dev_info_t *dip)
{
	return check_windows(dip, (struct window_case){ 4, 0xffffffff, PIECES, 0 });
}

static const char *win_sgllen_1(dev_info_t *dip)
{
	return check_windows(dip, (struct window_case){ 1, 0xffffffff, PIECES, 0 });
}

static const char *win_maxxfer(dev_info_t *dip)
{
	return check_windows(dip, (struct window_case){ 255, 3 * PIECE + 512, PIECES, 0 });
}

static const char *win_block_of_buffer(dev_info_t *dip)
{
	return check_windows(dip, (struct window_case){ 255, 3 * PIECE + 512, PIECES, 2048 });
}

static const char *win_many(dev_info_t *dip)
{
	return check_windows(dip, (struct window_case){ 3, 0xffffffff, 1000, 0 });
}

/* After PARTIAL_MAP window 0 is current, and the bind returned its first cookie. */
static const char *win_first_is_current(dev_info_t *dip)
{
	struct contract_buf f;
	const char *why = NULL;
	ddi_dma_cookie_t c;
	off_t off;
	size_t len;
	uint_t n;

	bound(&f, dip, small_attr(4, 0xffffffff), PIECES, DDI_DMA_WRITE | DDI_DMA_PARTIAL);
	CHECK(f.rc == DDI_DMA_PARTIAL_MAP);
	CHECK(f.ccount == 4);
	CHECK(ddi_dma_getwin(f.h, 0, &off, &len, &c, &n) == DDI_SUCCESS);
	CHECK(off == 0 && n == f.ccount && c.dmac_laddress == f.cookie.dmac_laddress);
out:
	contract_buf_drop(&f);
	return why;
}

/* In any order and repeatedly: a window is always the same part of the object, with its data. */
static const char *win_any_order(dev_info_t *dip)
{
	static const uint_t order[] = { 3, 0, 15, 7, 7, 1, 15, 0 };
	struct contract_buf f;
	const char *why = NULL;
	ddi_dma_cookie_t c;
	uint_t i, n, nwin;
	off_t off;
	size_t len;

	bound(&f, dip, small_attr(4, 0xffffffff), PIECES, DDI_DMA_RDWR | DDI_DMA_PARTIAL);
	CHECK(f.rc == DDI_DMA_PARTIAL_MAP);
	CHECK(ddi_dma_numwin(f.h, &nwin) == DDI_SUCCESS && nwin == PIECES / 4);
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		CHECK(ddi_dma_getwin(f.h, order[i], &off, &len, &c, &n) == DDI_SUCCESS);
		CHECK((size_t)off == order[i] * 4UL * PIECE && len == 4 * PIECE);
		if (!contract_can_peek(dip))
			continue;
		/* The device writes; the CPU sees it at that place of the object. */
		contract_poke(c.dmac_laddress + 17, 0xa0 + i);
		ddi_dma_sync(f.h, off, len, DDI_DMA_SYNC_FORCPU);
		CHECK(*contract_sgl_byte(&f.s, off + 17) == 0xa0 + i);
		/* The CPU writes; the device sees it. */
		*contract_sgl_byte(&f.s, off + 18) = 0x50 + i;
		ddi_dma_sync(f.h, off, len, DDI_DMA_SYNC_FORDEV);
		CHECK(contract_peek(c.dmac_laddress + 18) == 0x50 + i);
	}
out:
	contract_buf_drop(&f);
	return why;
}

/*
 * Without ddi_dma_sync(9F): leaving a window shows the CPU what the device wrote, and entering one
 * shows the device what the CPU wrote.
 */
static const char *win_switch_syncs(dev_info_t *dip)
{
	struct contract_buf f;
	const char *why = NULL;
	ddi_dma_cookie_t c;
	uint_t win, n, nwin = 0;
	off_t off;
	size_t len;

	bound(&f, dip, small_attr(4, 0xffffffff), PIECES, DDI_DMA_RDWR | DDI_DMA_PARTIAL);
	CHECK(f.rc == DDI_DMA_PARTIAL_MAP);
	CHECK(ddi_dma_numwin(f.h, &nwin) == DDI_SUCCESS);
	if (!contract_can_peek(dip)) {
		why = contract_skip;
		goto out;
	}
	for (win = 0; win < nwin; win++) {
		if (win)
			*contract_sgl_byte(&f.s, win * 4UL * PIECE + 5000) = 0xc0 + win;
		CHECK(ddi_dma_getwin(f.h, win, &off, &len, &c, &n) == DDI_SUCCESS);
		CHECK(!win || *contract_sgl_byte(&f.s, (win - 1) * 4UL * PIECE) == win);
		CHECK(!win || contract_peek(ddi_dma_cookie_get(f.h, 1)->dmac_laddress + 5000 - PIECE) ==
			      (uint8_t)(0xc0 + win));
		contract_poke(c.dmac_laddress, win + 1);
	}
	ddi_dma_unbind_handle(f.h);
	CHECK(*contract_sgl_byte(&f.s, (nwin - 1) * 4UL * PIECE) == nwin);
out:
	contract_buf_drop(&f);
	return why;
}

/* ---- cookies ---- */

static const char *cookie_iter(dev_info_t *dip)
{
	const ddi_dma_cookie_t *c = NULL;
	struct contract_buf f;
	const char *why = NULL;
	uint_t n = 0;

	bound(&f, dip, contract_wide_attr, 5, DDI_DMA_READ);
	CHECK(f.rc == DDI_DMA_MAPPED);
	while ((c = ddi_dma_cookie_iter(f.h, c)))
		CHECK(c == ddi_dma_cookie_get(f.h, n++));
	CHECK(n == f.ccount);
out:
	contract_buf_drop(&f);
	return why;
}

static const char *cookie_seg(dev_info_t *dip)
{
	ddi_dma_attr_t attr = contract_wide_attr;
	struct contract_buf f;
	const char *why = NULL;
	uint_t i;

	attr.dma_attr_seg = 0xfff;
	bound(&f, dip, attr, 16, DDI_DMA_READ);
	CHECK(f.rc == DDI_DMA_MAPPED);
	for (i = 0; i < f.ccount; i++) {
		const ddi_dma_cookie_t *c = ddi_dma_cookie_get(f.h, i);

		CHECK((c->dmac_laddress & ~0xfffULL) ==
		      ((c->dmac_laddress + c->dmac_size - 1) & ~0xfffULL));
	}
out:
	contract_buf_drop(&f);
	return why;
}

/* ---- ddi_dma_addr_bind_handle(9F), ddi_dma_mem_alloc(9F) ---- */

static const char *addr_bind(dev_info_t *dip, caddr_t addr, size_t len)
{
	ddi_dma_handle_t h = new_handle(dip, contract_wide_attr);
	const char *why = NULL;
	ddi_dma_cookie_t c;
	size_t sum = 0;
	uint_t i;

	CHECK(ddi_dma_addr_bind_handle(h, NULL, addr, len, DDI_DMA_RDWR, DDI_DMA_SLEEP, NULL, &c,
				       &i) == DDI_DMA_MAPPED);
	for (i = 0; i < ddi_dma_ncookies(h); i++)
		sum += ddi_dma_cookie_get(h, i)->dmac_size;
	CHECK(sum == len);
	if (contract_can_peek(dip)) {
		contract_poke(c.dmac_laddress, 0x77);
		ddi_dma_sync(h, 0, 0, DDI_DMA_SYNC_FORCPU);
		CHECK((uint8_t)addr[0] == 0x77);
	}
out:
	drop_handle(&h);
	return why;
}

static const char *addr_bind_heap(dev_info_t *dip)
{
	caddr_t p = kmem_zalloc(3 * PAGESIZE, KM_SLEEP);
	const char *why = addr_bind(dip, p + 100, 2 * PAGESIZE);

	kmem_free(p, 3 * PAGESIZE);
	return why;
}

static const char *addr_bind_vmalloc(dev_info_t *dip)
{
	caddr_t p = contract_vmalloc(8 * PAGESIZE);
	const char *why = p ? addr_bind(dip, p + 100, 6 * PAGESIZE) : "no memory";

	contract_vfree(p);
	return why;
}

static const char *addr_bind_as(dev_info_t *dip)
{
	ddi_dma_handle_t h = new_handle(dip, contract_wide_attr);
	const char *why = NULL;
	char c;

	/* as must be NULL. */
	CHECK(ddi_dma_addr_bind_handle(h, (struct as *)&c, &c, 1, DDI_DMA_READ, DDI_DMA_DONTWAIT,
				       NULL, NULL, NULL) == DDI_DMA_NOMAPPING);
out:
	drop_handle(&h);
	return why;
}

static const char *mem_alloc(dev_info_t *dip)
{
	ddi_dma_attr_t attr = contract_wide_attr;
	ddi_acc_handle_t acc = NULL;
	ddi_dma_handle_t h;
	const char *why = NULL;
	ddi_dma_cookie_t c;
	caddr_t p;
	size_t real, i;
	uint_t n;

	attr.dma_attr_align = 256;
	attr.dma_attr_sgllen = 1;
	h = new_handle(dip, attr);
	CHECK(ddi_dma_mem_alloc(h, 1000, &contract_acc_attr, DDI_DMA_CONSISTENT, DDI_DMA_SLEEP, NULL,
				&p, &real, &acc) == DDI_SUCCESS);
	CHECK(real == 1000);
	for (i = 0; i < real; i++)
		CHECK(p[i] == 0);
	/* The memory is not bound yet. */
	CHECK(ddi_dma_ncookies(h) == 0);
	CHECK(ddi_dma_addr_bind_handle(h, NULL, p, real, DDI_DMA_RDWR | DDI_DMA_CONSISTENT,
				       DDI_DMA_SLEEP, NULL, &c, &n) == DDI_DMA_MAPPED);
	CHECK(n == 1 && c.dmac_size == 1000 && (c.dmac_laddress & 255) == 0);
	CHECK(ddi_dma_cookie_one(h)->dmac_laddress == c.dmac_laddress);
	ddi_put32(acc, (uint32_t *)(p + 8), 0x12345678);
	CHECK(ddi_get32(acc, (uint32_t *)(p + 8)) == 0x12345678);
out:
	drop_handle(&h);
	if (acc)
		ddi_dma_mem_free(&acc);
	return why ? why : acc ? "mem_free left the handle" : NULL;
}

/* ddi_put32(9F) through the access handle stores in the byte order that was asked for. */
static const char *mem_byte_order(dev_info_t *dip)
{
	static const struct {
		uchar_t	endian;
		uint8_t	first;
	} orders[] = { { DDI_STRUCTURE_BE_ACC, 1 }, { DDI_STRUCTURE_LE_ACC, 4 } };
	ddi_device_acc_attr_t acc_attr = { DDI_DEVICE_ATTR_V0, 0, DDI_STRICTORDER_ACC };
	ddi_dma_handle_t h = new_handle(dip, contract_wide_attr);
	ddi_acc_handle_t acc = NULL;
	const char *why = NULL;
	size_t real;
	caddr_t p;
	uint_t i;

	for (i = 0; i < 2; i++) {
		acc_attr.devacc_attr_endian_flags = orders[i].endian;
		CHECK(ddi_dma_mem_alloc(h, 64, &acc_attr, DDI_DMA_CONSISTENT, DDI_DMA_SLEEP, NULL, &p,
					&real, &acc) == DDI_SUCCESS);
		ddi_put32(acc, (uint32_t *)p, 0x01020304);
		CHECK(p[0] == orders[i].first && p[3] == 5 - orders[i].first);
		CHECK(ddi_get32(acc, (uint32_t *)p) == 0x01020304);
		ddi_put8(acc, (uint8_t *)p, 9);
		CHECK(p[0] == 9);
		ddi_dma_mem_free(&acc);
	}
out:
	if (acc)
		ddi_dma_mem_free(&acc);
	drop_handle(&h);
	return why;
}

/* Memory below addr_lo is not for this device. */
static const char *mem_addr_lo(dev_info_t *dip)
{
	ddi_dma_attr_t attr = contract_wide_attr;
	ddi_acc_handle_t acc = NULL;
	ddi_dma_handle_t h;
	const char *why = NULL;
	ddi_dma_cookie_t c;
	size_t real;
	caddr_t p;
	uint_t n;

	/* More memory than the guest has: only an IOMMU can assign such addresses. */
	attr.dma_attr_addr_lo = 0xf0000000ULL;
	attr.dma_attr_addr_hi = 0xffffffffULL;
	h = new_handle(dip, attr);
	if (ddi_dma_mem_alloc(h, 64, &contract_acc_attr, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT, NULL,
			      &p, &real, &acc) == DDI_SUCCESS) {
		CHECK(ddi_dma_addr_bind_handle(h, NULL, p, real, DDI_DMA_RDWR, DDI_DMA_DONTWAIT, NULL,
					       &c, &n) == DDI_DMA_MAPPED);
		CHECK(c.dmac_laddress >= attr.dma_attr_addr_lo);
	}
out:
	drop_handle(&h);
	if (acc)
		ddi_dma_mem_free(&acc);
	return why;
}

static const char *sync_range(dev_info_t *dip)
{
	struct contract_buf f;
	const char *why = NULL;

	bound(&f, dip, contract_wide_attr, 2, DDI_DMA_READ);
	CHECK(f.rc == DDI_DMA_MAPPED);
	CHECK(ddi_dma_sync(f.h, 0, 0, DDI_DMA_SYNC_FORDEV) == DDI_SUCCESS);
	CHECK(ddi_dma_sync(f.h, 100, 100, DDI_DMA_SYNC_FORKERNEL) == DDI_SUCCESS);
	CHECK(ddi_dma_sync(f.h, 0, f.s.len + 1, DDI_DMA_SYNC_FORCPU) == DDI_FAILURE);
	ddi_dma_unbind_handle(f.h);
	CHECK(ddi_dma_sync(f.h, 0, 0, DDI_DMA_SYNC_FORCPU) == DDI_FAILURE);
out:
	contract_buf_drop(&f);
	return why;
}

static const struct contract_test tests[] = {
	{ "alloc_handle.success", alloc_success },
	{ "alloc_handle.badattr", alloc_badattr },
	{ "buf_bind.mapped", bind_mapped },
	{ "buf_bind.partial.all_fits", bind_partial_flag_all_fits },
	{ "buf_bind.mapped.getwin_0", bind_mapped_getwin_0 },
	{ "buf_bind.toobig", bind_toobig },
	{ "buf_bind.inuse", bind_inuse },
	{ "buf_bind.twice", bind_twice },
	{ "addr_bind.zero_length", bind_zero_length },
	{ "getwin.sgllen", win_sgllen },
	{ "getwin.sgllen_1", win_sgllen_1 },
	{ "getwin.maxxfer", win_maxxfer },
	{ "getwin.block_of_buffer", win_block_of_buffer },
	{ "getwin.many", win_many },
	{ "buf_bind.partial.first_window", win_first_is_current },
	{ "getwin.any_order", win_any_order },
	{ "getwin.switch_syncs", win_switch_syncs },
	{ "cookie_iter", cookie_iter },
	{ "cookie.seg", cookie_seg },
	{ "addr_bind.heap", addr_bind_heap },
	{ "addr_bind.vmalloc", addr_bind_vmalloc },
	{ "addr_bind.as_not_null", addr_bind_as },
	{ "mem_alloc.consistent", mem_alloc },
	{ "mem_alloc.byte_order", mem_byte_order },
	{ "mem_alloc.addr_lo", mem_addr_lo },
	{ "sync.range", sync_range },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
