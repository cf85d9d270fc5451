/* SOURCES: compat/pure/dma_window.c */
// SPDX-License-Identifier: GPL-2.0
/* Any attributes and any object: a plan tiles the object and obeys the attributes. */
#include <stdlib.h>

#include "dma_window.h"

static void require(bool condition)
{
	if (!condition)
		abort();
}

static int add(struct dma_plan *p, const struct dma_seg *segs, uint32_t n)
{
	int rc = dma_plan_add(p, segs, n);

	while (rc == DMA_PLAN_GROW) {
		if (p->ncookies == p->cookies_max)
			p->cookies = realloc(p->cookies, ++p->cookies_max * sizeof(*p->cookies));
		if (p->nwins == p->wins_max)
			p->wins = realloc(p->wins, ++p->wins_max * sizeof(*p->wins));
		rc = dma_plan_resume(p);
	}
	return rc;
}

/* A window has up to @sets sets of sgllen cookies. */
static void check(const struct dma_plan *p, uint64_t total, uint32_t sets)
{
	uint64_t offset = 0, sum, set;
	uint32_t next = 0, i, j;

	for (i = 0; i < dma_plan_nwins(p); i++) {
		const struct dma_win *w = dma_plan_win(p, i);

		require(w->offset == offset && w->first == next && w->ncookies);
		require(w->ncookies <= (uint64_t)p->lim->sgllen * sets);
		require(i + 1 == dma_plan_nwins(p) || w->len % p->lim->granular == 0);
		for (sum = 0, set = 0, j = 0; j < w->ncookies; j++) {
			const ddi_dma_cookie_t *c = &p->cookies[next++];

			require(c->dmac_size && c->dmac_size <= p->lim->max_cookie);
			require(c->dmac_laddress >= p->lim->addr_lo);
			require(c->dmac_laddress + c->dmac_size - 1 <= p->lim->addr_hi);
			require(((c->dmac_laddress ^ (c->dmac_laddress + c->dmac_size - 1)) &
				 ~p->lim->seg) == 0);
			sum += c->dmac_size;
			set += c->dmac_size;
			if (j + 1 < w->ncookies && (j + 1) % p->lim->sgllen)
				continue;
			require(set <= p->lim->maxxfer);
			require(j + 1 == w->ncookies || set % p->lim->granular == 0);
			set = 0;
		}
		require(sum == w->len);
		offset += sum;
	}
	require(offset == total && next == p->ncookies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dma_plan p = { 0 };
	struct dma_seg segs[8];
	struct dma_limits lim;
	uint32_t n = 0, at_once;
	uint64_t total = 0;
	ddi_dma_attr_t a;
	const char *why;
	int rc;

	if (size < sizeof(a))
		return 0;
	memcpy(&a, data, sizeof(a));
	data += sizeof(a);
	size -= sizeof(a);
	if (dma_limits_init(&lim, &a, &why)) {
		require(why != NULL);
		return 0;
	}
	rc = dma_plan_init(&p, &lim, 0);
	at_once = size % 8 + 1;
	/* Limit the lengths, so that any attributes make a few thousand cookies at most. */
	while (!rc && size >= 10) {
		uint16_t len;

		memcpy(&segs[n].addr, data, 8);
		memcpy(&len, data + 8, 2);
		data += 10;
		size -= 10;
		if (!len)
			continue;
		segs[n++].len = len;
		total += len;
		if (n == at_once) {
			rc = add(&p, segs, n);
			n = 0;
		}
	}
	if (!rc && n)
		rc = add(&p, segs, n);
	require(rc == 0 || rc == DDI_DMA_NOMAPPING);
	if (!rc && total) {
		check(&p, total, 1);
		dma_plan_widen(&p, total % 5 + 1);
		check(&p, total, total % 5 + 1);
	}
	free(p.cookies);
	free(p.wins);
	return 0;
}
