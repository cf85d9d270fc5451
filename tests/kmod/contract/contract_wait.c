// SPDX-License-Identifier: GPL-2.0
/*
 * DDI_DMA_SLEEP and functions that wait for resources, on machines where resources really run out:
 * those where every mapping takes bounce buffers. Elsewhere there is never a shortage.
 */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/thread.h>

#include "contract_buf.h"
#include "contract_check.h"

#define LEN	(128 * 1024)
#define HANDLES	4096

static ddi_dma_attr_t attr = {
	DMA_ATTR_V0, 0, 0xffffffffULL, 0xffffffffULL, 1, 0x7f, 1, 0xffffffffULL, 0xffffffffULL, -1,
	512, 0
};

/* One buffer, bound to as many handles as possible. */
struct hog {
	caddr_t			mem;
	uint_t			n;
	boolean_t		full;
	ddi_dma_handle_t	*h;
};

static int bind(struct hog *g, ddi_dma_handle_t h, int (*cb)(caddr_t), caddr_t arg)
{
	return ddi_dma_addr_bind_handle(h, NULL, g->mem, LEN, DDI_DMA_WRITE, cb, arg, NULL, NULL);
}

static void release(struct hog *g, uint_t n)
{
	while (n-- && g->n) {
		g->n--;
		ddi_dma_unbind_handle(g->h[g->n]);
		ddi_dma_free_handle(&g->h[g->n]);
	}
}

static void hog_begin(struct hog *g, dev_info_t *dip)
{
	ddi_dma_handle_t h;

	bzero(g, sizeof(*g));
	g->mem = kmem_zalloc(LEN, KM_SLEEP);
	g->h = kmem_zalloc(HANDLES * sizeof(*g->h), KM_SLEEP);
	while (g->n < HANDLES && !g->full) {
		if (ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &h) != DDI_SUCCESS)
			return;
		g->full = bind(g, h, DDI_DMA_DONTWAIT, NULL) == DDI_DMA_NORESOURCES;
		if (g->full)
			ddi_dma_free_handle(&h);
		else
			g->h[g->n++] = h;
		/* If 16 bindings succeed on a machine that maps directly, it never runs out. */
		if (contract_maps_directly(dip) && g->n == 16)
			return;
	}
}

static void hog_end(struct hog *g)
{
	release(g, g->n);
	kmem_free(g->h, HANDLES * sizeof(*g->h));
	kmem_free(g->mem, LEN);
}

struct sleeper {
	struct hog		*hog;
	ddi_dma_handle_t	h;
	int			rc;		/* atomic; 1: waiting */
};

static void sleep_in_bind(void *arg)
{
	struct sleeper *s = arg;
	int rc = bind(s->hog, s->h, DDI_DMA_SLEEP, NULL);

	__atomic_store_n(&s->rc, rc, __ATOMIC_RELEASE);
	thread_exit();
}

static int result(struct sleeper *s, int tries)
{
	while (tries-- && __atomic_load_n(&s->rc, __ATOMIC_ACQUIRE) == 1)
		delay(drv_usectohz(10000));
	return __atomic_load_n(&s->rc, __ATOMIC_ACQUIRE);
}

/* With DDI_DMA_SLEEP a bind waits while there are no resources, and then goes on. */
static const char *sleep_waits(dev_info_t *dip)
{
	struct sleeper s = { .rc = 1 };
	const char *why = NULL;
	kthread_t *t = NULL;
	kt_did_t did = 0;
	struct hog g;

	hog_begin(&g, dip);
	s.hog = &g;
	CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &s.h) == DDI_SUCCESS);
	t = thread_create(NULL, 0, sleep_in_bind, &s, 0, &p0, TS_RUN, minclsyspri);
	CHECK(t);
	did = t->t_did;
	CHECK(!g.full || result(&s, 20) == 1);
	release(&g, 4);
	CHECK(result(&s, 500) == DDI_DMA_MAPPED);
	if (!g.full)
		why = contract_skip;
out:
	release(&g, g.n);
	if (t)
		thread_join(did);
	if (s.rc == DDI_DMA_MAPPED)
		ddi_dma_unbind_handle(s.h);
	if (s.h)
		ddi_dma_free_handle(&s.h);
	hog_end(&g);
	return why;
}

struct waiter {
	struct hog		*hog;
	ddi_dma_handle_t	h;
	int			calls;		/* atomic */
	int			order;		/* atomic: place in the order of successes */
	int			*clock;
};

/* As a driver does: try again, and wait again if that fails. */
static int again(caddr_t arg)
{
	struct waiter *w = (struct waiter *)arg;

	__atomic_add_fetch(&w->calls, 1, __ATOMIC_ACQ_REL);
	if (bind(w->hog, w->h, DDI_DMA_DONTWAIT, NULL) != DDI_DMA_MAPPED)
		return DDI_DMA_CALLBACK_RUNOUT;
	__atomic_store_n(&w->order, __atomic_add_fetch(w->clock, 1, __ATOMIC_ACQ_REL),
			 __ATOMIC_RELEASE);
	return DDI_DMA_CALLBACK_DONE;
}

static int order(struct waiter *w, int tries)
{
	while (tries-- && !__atomic_load_n(&w->order, __ATOMIC_ACQUIRE))
		delay(drv_usectohz(10000));
	return __atomic_load_n(&w->order, __ATOMIC_ACQUIRE);
}

/* NORESOURCES with a function: it is called when there may be resources, in order of arrival. */
static const char *function_called(dev_info_t *dip)
{
	int clock = 0, i, calls;
	struct waiter w[2] = { { .clock = &clock }, { .clock = &clock } };
	const char *why = NULL;
	struct hog g;

	hog_begin(&g, dip);
	if (!g.full) {
		why = contract_skip;
		goto out;
	}
	for (i = 0; i < 2; i++) {
		w[i].hog = &g;
		CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &w[i].h) == DDI_SUCCESS);
		CHECK(bind(&g, w[i].h, again, (caddr_t)&w[i]) == DDI_DMA_NORESOURCES);
	}
	CHECK(order(&w[0], 10) == 0 && order(&w[1], 1) == 0);
	release(&g, 4);
	CHECK(order(&w[0], 500) == 1 && order(&w[1], 500) == 2);
	/* After DONE it is not called again. */
	calls = w[0].calls;
	release(&g, 1);
	delay(drv_usectohz(100000));
	CHECK(w[0].calls == calls);
out:
	for (i = 0; i < 2; i++) {
		if (w[i].order)
			ddi_dma_unbind_handle(w[i].h);
		if (w[i].h)
			ddi_dma_free_handle(&w[i].h);
	}
	hog_end(&g);
	return why;
}

/* If a handle is freed while it waits, its function is not called. */
static const char *not_after_free(dev_info_t *dip)
{
	struct waiter w = { .clock = &w.calls };
	const char *why = NULL;
	struct hog g;
	int calls;

	hog_begin(&g, dip);
	if (!g.full) {
		why = contract_skip;
		goto out;
	}
	w.hog = &g;
	CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &w.h) == DDI_SUCCESS);
	CHECK(bind(&g, w.h, again, (caddr_t)&w) == DDI_DMA_NORESOURCES);
	ddi_dma_free_handle(&w.h);
	calls = w.calls;
	release(&g, 4);
	delay(drv_usectohz(200000));
	CHECK(w.calls == calls);
out:
	hog_end(&g);
	return why;
}

/* There is memory, but none that the device reaches: fail rather than wait forever. */
static const char *sleep_in_vain(dev_info_t *dip)
{
	ddi_dma_attr_t nowhere = attr;
	ddi_acc_handle_t acc;
	ddi_dma_handle_t h = NULL;
	const char *why = NULL;
	size_t real;
	caddr_t p;

	nowhere.dma_attr_addr_hi = 0xfff;
	CHECK(ddi_dma_alloc_handle(dip, &nowhere, DDI_DMA_SLEEP, NULL, &h) == DDI_SUCCESS);
	CHECK(ddi_dma_mem_alloc(h, 64, &contract_acc_attr, DDI_DMA_CONSISTENT, DDI_DMA_SLEEP, NULL,
				&p, &real, &acc) == DDI_FAILURE);
out:
	if (h)
		ddi_dma_free_handle(&h);
	return why;
}

#define BIG	(1024 * 1024)

static uint8_t pattern(size_t offset)
{
	return (uint8_t)(offset * 3 + offset / 4096);
}

/*
 * Visit windows one by one and in a mixed order, without ddi_dma_sync(9F): the device sees what the
 * CPU wrote before, and the CPU what the device wrote. @expect is what the object must hold.
 */
static const char *check_lazy(ddi_dma_handle_t h, uint8_t *mem, uint8_t *expect, bool peek)
{
	uint_t nwin = 0, i, win, last = 0, n;
	const char *why = NULL;
	ddi_dma_cookie_t c;
	size_t len, each = 0;
	off_t off;

	CHECK(ddi_dma_numwin(h, &nwin) == DDI_SUCCESS && nwin > 1);
	for (i = 0; i < 2 * nwin; i++, last = win) {
		win = i < nwin ? i : (7 * i + 3) % nwin;
		if (each && win != last)
			mem[win * each] = expect[win * each] = (uint8_t)(i + 100);
		CHECK(ddi_dma_getwin(h, win, &off, &len, &c, &n) == DDI_SUCCESS);
		CHECK(len && (size_t)off + len <= BIG && (win + 1 < nwin || off + len == BIG));
		each = win ? each : len;
		if (!peek)
			continue;
		CHECK(contract_peek(c.dmac_laddress) == expect[off]);
		CHECK(contract_peek(c.dmac_laddress + c.dmac_size - 1) ==
		      expect[off + c.dmac_size - 1]);
		contract_poke(c.dmac_laddress + 1, (uint8_t)(win + i));
		expect[off + 1] = (uint8_t)(win + i);
	}
out:
	return why;
}

/*
 * An object that cannot be mapped whole, because there is no room or it exceeds the largest piece,
 * is mapped window by window if the caller accepts windows.
 */
static const char *lazy(dev_info_t *dip, boolean_t short_of_room)
{
	uint8_t *mem = contract_pages(BIG), *expect = contract_pages(BIG);
	ddi_dma_handle_t h = NULL;
	const char *why = NULL;
	struct hog g = { };
	struct buf *bp = getrbuf(KM_SLEEP);
	struct scsa_sgl s = { };
	size_t i;
	int rc;

	CHECK(mem && expect && contract_sgl_of(&s, mem, BIG) == 0);
	if (short_of_room)
		hog_begin(&g, dip);
	else
		g.full = contract_max_mapping(dip) < BIG;
	if (!g.full) {
		why = contract_skip;
		goto out;
	}
	release(&g, 2);
	for (i = 0; i < BIG; i++)
		mem[i] = expect[i] = pattern(i);
	bp->b_flags = B_READ;
	bp->b_bcount = BIG;
	bp->b_sgl = s.sgl;
	bp->b_nents = s.nents;
	CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &h) == DDI_SUCCESS);
	rc = ddi_dma_buf_bind_handle(h, bp, DDI_DMA_RDWR, DDI_DMA_DONTWAIT, NULL, NULL, NULL);
	CHECK(rc == DDI_DMA_TOOBIG);
	CHECK(ddi_dma_buf_bind_handle(h, bp, DDI_DMA_RDWR | DDI_DMA_PARTIAL, DDI_DMA_DONTWAIT, NULL,
				      NULL, NULL) == DDI_DMA_PARTIAL_MAP);
	why = check_lazy(h, mem, expect, contract_can_peek(dip));
	ddi_dma_unbind_handle(h);
	if (!why)
		CHECK(bcmp(mem, expect, BIG) == 0);
out:
	if (h)
		ddi_dma_free_handle(&h);
	if (g.h)
		hog_end(&g);
	contract_sgl_put(&s);
	contract_pages_free(mem, BIG);
	contract_pages_free(expect, BIG);
	freerbuf(bp);
	return why;
}

#define LARGE	(512 * 1024)
#define SMALL	64	/* pieces of 512 bytes */

/* The windows of the small pieces: each has its data, and the device's writes arrive. */
static const char *check_scattered(ddi_dma_handle_t h, struct scsa_sgl *s, bool peek)
{
	const char *why = NULL;
	ddi_dma_cookie_t c;
	uint_t nwin, win, n;
	size_t len;
	off_t off;

	CHECK(ddi_dma_numwin(h, &nwin) == DDI_SUCCESS);
	for (win = 0; win < nwin; win++) {
		CHECK(ddi_dma_getwin(h, win, &off, &len, &c, &n) == DDI_SUCCESS && n <= 5);
		if (off < LARGE || !peek)
			continue;
		CHECK(contract_peek(c.dmac_laddress + 700) == pattern(off + 700));
		contract_poke(c.dmac_laddress + 701, 0x5a);
		*contract_sgl_byte(s, off + 701) = 0;
	}
	CHECK(ddi_dma_unbind_handle(h) == DDI_SUCCESS);
	CHECK(!peek || *contract_sgl_byte(s, LARGE + 701) == 0x5a);
	CHECK(!peek || *contract_sgl_byte(s, off + 701) == 0x5a);
	CHECK(*contract_sgl_byte(s, LARGE + 700) == pattern(LARGE + 700));
out:
	return why;
}

/*
 * A later window that is more scattered than the first, and than a command can carry, is copied
 * through memory in one piece.
 */
static const char *lazy_scattered(dev_info_t *dip)
{
	uint8_t *mem = contract_pages(LARGE), *rest = contract_pages(SMALL * 4096);
	ddi_dma_attr_t few = attr;
	ddi_dma_handle_t h = NULL;
	const char *why = NULL;
	struct buf *bp = getrbuf(KM_SLEEP);
	struct scsa_sgl s = { };
	size_t i;

	CHECK(mem && rest && contract_sgl_mixed(&s, mem, LARGE, rest, SMALL) == 0);
	if (contract_max_mapping(dip) >= LARGE) {
		why = contract_skip;
		goto out;
	}
	for (i = LARGE; i < s.len; i++)
		*contract_sgl_byte(&s, i) = pattern(i);
	bp->b_flags = B_READ;
	bp->b_bcount = s.len;
	bp->b_sgl = s.sgl;
	bp->b_nents = s.nents;
	few.dma_attr_sgllen = 5;
	CHECK(ddi_dma_alloc_handle(dip, &few, DDI_DMA_SLEEP, NULL, &h) == DDI_SUCCESS);
	CHECK(ddi_dma_buf_bind_handle(h, bp, DDI_DMA_RDWR | DDI_DMA_PARTIAL, DDI_DMA_DONTWAIT, NULL,
				      NULL, NULL) == DDI_DMA_PARTIAL_MAP);
	why = check_scattered(h, &s, contract_can_peek(dip));
	if (ddi_dma_ncookies(h))
		ddi_dma_unbind_handle(h);
out:
	if (h)
		ddi_dma_free_handle(&h);
	contract_sgl_put(&s);
	contract_pages_free(mem, LARGE);
	contract_pages_free(rest, SMALL * 4096);
	freerbuf(bp);
	return why;
}

static const char *lazy_short(dev_info_t *dip)
{
	return lazy(dip, B_TRUE);
}

static const char *lazy_large(dev_info_t *dip)
{
	return lazy(dip, B_FALSE);
}

static const struct contract_test tests[] = {
	{ "bind.sleep_waits", sleep_waits },
	{ "bind.function_called_in_order", function_called },
	{ "bind.function_not_after_free", not_after_free },
	{ "getwin.mapped_lazily.short_of_room", lazy_short },
	{ "getwin.mapped_lazily.piece_too_large", lazy_large },
	{ "getwin.mapped_lazily.scattered", lazy_scattered },
	{ "mem_alloc.sleep_in_vain", sleep_in_vain },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
