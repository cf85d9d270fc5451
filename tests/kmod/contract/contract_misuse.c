// SPDX-License-Identifier: GPL-2.0
/* What a driver must not do: it gets the documented error, each kind one warning, and no harm. */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/param.h>

#include "contract_buf.h"
#include "contract_check.h"

struct fixture {
	ddi_dma_handle_t	h;
	caddr_t			p;
	ddi_dma_cookie_t	c;
	uint_t			n;
};

static int bind(struct fixture *f, size_t len, uint_t flags)
{
	return ddi_dma_addr_bind_handle(f->h, NULL, f->p, len, flags, DDI_DMA_DONTWAIT, NULL,
					&f->c, &f->n);
}

static void fixture_init(struct fixture *f, dev_info_t *dip)
{
	ddi_dma_attr_t attr = contract_wide_attr;

	bzero(f, sizeof(*f));
	f->p = kmem_zalloc(PAGESIZE, KM_SLEEP);
	ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &f->h);
}

static void fixture_drop(struct fixture *f)
{
	if (f->h)
		ddi_dma_free_handle(&f->h);
	kmem_free(f->p, PAGESIZE);
}

static const char *no_handle(dev_info_t *dip)
{
	const char *why = NULL;
	ddi_dma_handle_t none = NULL;
	struct fixture f = { .p = kmem_zalloc(PAGESIZE, KM_SLEEP) };
	size_t len;
	off_t off;

	CHECK(bind(&f, PAGESIZE, DDI_DMA_READ) == DDI_DMA_NOMAPPING);
	CHECK(ddi_dma_unbind_handle(NULL) == DDI_FAILURE);
	CHECK(ddi_dma_ncookies(NULL) == 0);
	CHECK(ddi_dma_numwin(NULL, &f.n) == DDI_FAILURE);
	CHECK(ddi_dma_getwin(NULL, 0, &off, &len, &f.c, &f.n) == DDI_FAILURE);
	CHECK(ddi_dma_sync(NULL, 0, 0, DDI_DMA_SYNC_FORDEV) == DDI_FAILURE);
	CHECK(ddi_dma_cookie_iter(NULL, NULL) == NULL);
	CHECK(ddi_dma_cookie_get(NULL, 0) == NULL);
	CHECK(ddi_dma_cookie_one(NULL) == NULL);
	CHECK(ddi_dma_burstsizes(NULL) == 0);
	f.c.dmac_size = 1;
	ddi_dma_nextcookie(NULL, &f.c);
	CHECK(f.c.dmac_size == 0);
	ddi_dma_free_handle(&none);
out:
	fixture_drop(&f);
	return why;
}

static const char *not_bound(dev_info_t *dip)
{
	const char *why = NULL;
	struct fixture f;
	size_t len;
	off_t off;
	int i;

	fixture_init(&f, dip);
	/* However often: only one warning for each kind. */
	for (i = 0; i < 3; i++) {
		CHECK(ddi_dma_unbind_handle(f.h) == DDI_FAILURE);
		CHECK(ddi_dma_numwin(f.h, &f.n) == DDI_FAILURE);
		CHECK(ddi_dma_getwin(f.h, 0, &off, &len, &f.c, &f.n) == DDI_FAILURE);
		CHECK(ddi_dma_sync(f.h, 0, 0, DDI_DMA_SYNC_FORCPU) == DDI_FAILURE);
		CHECK(ddi_dma_cookie_iter(f.h, NULL) == NULL);
		CHECK(ddi_dma_cookie_get(f.h, 0) == NULL);
		CHECK(ddi_dma_cookie_one(f.h) == NULL);
	}
out:
	fixture_drop(&f);
	return why;
}

static const char *bad_bind(dev_info_t *dip)
{
	const char *why = NULL;
	struct fixture f;

	fixture_init(&f, dip);
	CHECK(bind(&f, 0, DDI_DMA_READ) == DDI_DMA_NOMAPPING);
	CHECK(bind(&f, PAGESIZE, DDI_DMA_CONSISTENT) == DDI_DMA_NOMAPPING);
	CHECK(ddi_dma_addr_bind_handle(f.h, NULL, NULL, 1, DDI_DMA_READ, DDI_DMA_DONTWAIT, NULL,
				       NULL, NULL) == DDI_DMA_NOMAPPING);
	CHECK(ddi_dma_buf_bind_handle(f.h, NULL, DDI_DMA_READ, DDI_DMA_DONTWAIT, NULL, NULL,
				      NULL) == DDI_DMA_NOMAPPING);
	/* None of these has left a trace. */
	CHECK(bind(&f, PAGESIZE, DDI_DMA_READ) == DDI_DMA_MAPPED);
	CHECK(bind(&f, PAGESIZE, DDI_DMA_READ) == DDI_DMA_INUSE);
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_SUCCESS);
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_FAILURE);
out:
	fixture_drop(&f);
	return why;
}

static const char *bad_window(dev_info_t *dip)
{
	const char *why = NULL;
	struct fixture f;
	size_t len;
	off_t off;

	fixture_init(&f, dip);
	CHECK(bind(&f, PAGESIZE, DDI_DMA_READ) == DDI_DMA_MAPPED);
	CHECK(ddi_dma_getwin(f.h, 1, &off, &len, &f.c, &f.n) == DDI_FAILURE);
	CHECK(ddi_dma_getwin(f.h, ~0u, &off, &len, &f.c, &f.n) == DDI_FAILURE);
	CHECK(ddi_dma_cookie_get(f.h, 1) == NULL);
	CHECK(ddi_dma_sync(f.h, -1, 0, DDI_DMA_SYNC_FORCPU) == DDI_FAILURE);
	CHECK(ddi_dma_sync(f.h, 0, PAGESIZE + 1, DDI_DMA_SYNC_FORCPU) == DDI_FAILURE);
	/* The binding is unchanged. */
	CHECK(ddi_dma_getwin(f.h, 0, &off, &len, &f.c, &f.n) == DDI_SUCCESS && len == PAGESIZE);
	CHECK(ddi_dma_unbind_handle(f.h) == DDI_SUCCESS);
out:
	fixture_drop(&f);
	return why;
}

static const char *free_bound(dev_info_t *dip)
{
	const char *why = NULL;
	struct fixture f;

	fixture_init(&f, dip);
	CHECK(bind(&f, PAGESIZE, DDI_DMA_READ) == DDI_DMA_MAPPED);
	ddi_dma_free_handle(&f.h);
	CHECK(f.h == NULL);
out:
	fixture_drop(&f);
	return why;
}

static const char *bad_memory(dev_info_t *dip)
{
	const char *why = NULL;
	ddi_acc_handle_t acc = NULL;
	struct fixture f;
	size_t real;
	caddr_t p;

	fixture_init(&f, dip);
	CHECK(ddi_dma_mem_alloc(f.h, 0, &contract_acc_attr, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT, NULL,
				&p, &real, &acc) == DDI_FAILURE);
	CHECK(ddi_dma_mem_alloc(NULL, 1, &contract_acc_attr, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT, NULL,
				&p, &real, &acc) == DDI_FAILURE);
	ddi_dma_mem_free(&acc);
out:
	fixture_drop(&f);
	return why;
}

static const struct contract_test tests[] = {
	{ "misuse.no_handle", no_handle },
	{ "misuse.not_bound", not_bound },
	{ "misuse.bad_bind", bad_bind },
	{ "misuse.bad_window", bad_window },
	{ "misuse.free_bound", free_bound },
	{ "misuse.bad_memory", bad_memory },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
