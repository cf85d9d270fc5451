/* SOURCES: compat/pure/dma_window.c */
// SPDX-License-Identifier: GPL-2.0
/* Properties of the window planner over random objects, and each attribute at its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dma_window.h"

#define MAX_SEGS	40
#define RANDOM_CASES	1000000

static uint64_t random64(void)
{
	static uint64_t x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static const ddi_dma_attr_t wide = {
	.dma_attr_addr_hi = UINT64_MAX, .dma_attr_count_max = UINT64_MAX, .dma_attr_align = 1,
	.dma_attr_minxfer = 1, .dma_attr_maxxfer = UINT64_MAX, .dma_attr_seg = UINT64_MAX,
	.dma_attr_sgllen = -1, .dma_attr_granular = 1,
};

struct object {
	unsigned int	n;
	struct dma_seg	seg[MAX_SEGS];
	uint64_t	total;
};

static void add_seg(struct object *o, uint64_t addr, uint64_t len)
{
	o->seg[o->n++] = (struct dma_seg){ .addr = addr, .len = len };
	o->total += len;
}

/*
 * Plan with arrays that start as small as possible, to exercise every growth, and with some
 * segments at a time.
 */
static int make_plan(struct dma_plan *p, const struct dma_limits *lim, const struct object *o)
{
	unsigned int i, n;
	int rc;

	*p = (struct dma_plan){ .cookies = malloc(sizeof(ddi_dma_cookie_t)), .cookies_max = 1 };
	rc = dma_plan_init(p, lim, 0);
	for (i = 0; !rc && i < o->n; i += n) {
		n = pure_min(o->n - i, random64() % 8 + 1);
		rc = dma_plan_add(p, &o->seg[i], n);
		while (rc == DMA_PLAN_GROW) {
			if (p->ncookies == p->cookies_max)
				p->cookies = realloc(p->cookies,
						     ++p->cookies_max * sizeof(*p->cookies));
			if (p->nwins == p->wins_max)
				p->wins = realloc(p->wins, ++p->wins_max * sizeof(*p->wins));
			rc = dma_plan_resume(p);
		}
	}
	return rc;
}

static void drop_plan(struct dma_plan *p)
{
	free(p->cookies);
	free(p->wins);
}

/* Each set of sgllen cookies of a window must be valid for a command. */
static void check_sets(const struct dma_plan *p, const struct dma_win *w, bool last)
{
	const struct dma_limits *lim = p->lim;
	uint64_t len = 0;
	uint32_t i;

	for (i = 0; i < w->ncookies; i++) {
		len += p->cookies[w->first + i].dmac_size;
		if (i + 1 < w->ncookies && (i + 1) % lim->sgllen)
			continue;
		assert_in_range(len, 1, lim->maxxfer);
		if (!last || i + 1 < w->ncookies)
			assert_int_equal(len % lim->granular, 0);
		len = 0;
	}
}

/*
 * The cookies of all windows, in order, are exactly the object, and each satisfies the attributes.
 * A window has up to @sets sets of cookies.
 */
static void check_sets_plan(const struct dma_plan *p, const struct object *o, uint32_t sets)
{
	const struct dma_limits *lim = p->lim;
	uint64_t offset = 0, in_seg = 0;
	uint32_t next = 0, seg = 0, i, j;

	for (i = 0; i < dma_plan_nwins(p); i++) {
		const struct dma_win *w = dma_plan_win(p, i);
		uint64_t sum = 0;

		assert_int_equal(w->offset, offset);
		assert_int_equal(w->first, next);
		assert_in_range(w->ncookies, 1, (uint64_t)lim->sgllen * sets);
		if (sets == 1)
			assert_in_range(w->len, 1, lim->maxxfer);
		if (i + 1 < dma_plan_nwins(p))
			assert_int_equal(w->len % lim->granular, 0);
		check_sets(p, w, i + 1 == dma_plan_nwins(p));
		for (j = 0; j < w->ncookies; j++) {
			const ddi_dma_cookie_t *c = &p->cookies[next++];
			uint64_t addr = c->dmac_laddress, left = c->dmac_size;

			assert_in_range(left, 1, lim->max_cookie);
			assert_int_equal(addr & ~lim->seg, (addr + left - 1) & ~lim->seg);
			sum += left;
			while (left) {
				uint64_t n = pure_min(left, o->seg[seg].len - in_seg);

				assert_int_equal(addr, o->seg[seg].addr + in_seg);
				addr += n;
				left -= n;
				in_seg += n;
				if (in_seg == o->seg[seg].len) {
					seg++;
					in_seg = 0;
				}
			}
		}
		assert_int_equal(sum, w->len);
		offset += sum;
	}
	assert_int_equal(offset, o->total);
	assert_int_equal(next, p->ncookies);
}

static void check_plan(const struct dma_plan *p, const struct object *o)
{
	check_sets_plan(p, o, 1);
}

static void random_attr(ddi_dma_attr_t *a)
{
	*a = wide;
	if (random64() % 4)
		a->dma_attr_seg = (0x1000ULL << random64() % 20) - 1;
	if (random64() % 3 == 0)
		a->dma_attr_count_max = 4095 + random64() % 100000;
	a->dma_attr_maxxfer = 4096 + random64() % 200000;
	a->dma_attr_sgllen = 1 + random64() % 20;
	a->dma_attr_granular = 1 << random64() % 13;
}

static void random_object(struct object *o)
{
	uint64_t addr = random64() % (1ULL << 40);
	unsigned int n = 1 + random64() % 30;
	bool blocks = random64() % 2;

	*o = (struct object){ 0 };
	while (n--) {
		uint64_t len = 1 + random64() % (random64() % 2 ? 20000 : 3);

		if (blocks)
			len = (len + 511) & ~511ULL;
		if (random64() % 3)
			addr = random64() % (1ULL << 40);
		add_seg(o, addr, len);
		addr += len;
	}
}

static void random_objects(void **state)
{
	unsigned long several = 0, impossible = 0, wider = 0, i;
	struct dma_limits lim;
	struct dma_plan p;
	struct object o;
	ddi_dma_attr_t a;
	const char *why;
	uint32_t n, sets;

	for (i = 0; i < RANDOM_CASES; i++) {
		random_attr(&a);
		random_object(&o);
		assert_int_equal(dma_limits_init(&lim, &a, &why), 0);
		if (make_plan(&p, &lim, &o) == 0) {
			check_plan(&p, &o);
			several += dma_plan_nwins(&p) > 1;
			n = dma_plan_nwins(&p);
			sets = 1 + random64() % 5;
			dma_plan_widen(&p, sets);
			check_sets_plan(&p, &o, sets);
			assert_true(n == 1 || dma_plan_nwins(&p) > 1);
			wider += dma_plan_nwins(&p) < n;
		} else {
			/* Only a block that does not fit in sgllen pieces has no plan. */
			assert_true(lim.granular > 1);
			impossible++;
		}
		drop_plan(&p);
	}
	/* The cases must not all be of one kind. */
	assert_in_range(several, RANDOM_CASES / 10, RANDOM_CASES);
	assert_in_range(wider, RANDOM_CASES / 100, RANDOM_CASES);
	assert_in_range(impossible, 1, RANDOM_CASES / 2);
}

/* Plan one object; returns the number of windows, or the error. */
static int windows_of(const ddi_dma_attr_t *a, const struct object *o, unsigned int *cookies)
{
	struct dma_limits lim;
	struct dma_plan p;
	const char *why;
	int rc;

	assert_int_equal(dma_limits_init(&lim, a, &why), 0);
	rc = make_plan(&p, &lim, o);
	if (rc == 0) {
		check_plan(&p, o);
		rc = dma_plan_nwins(&p);
		if (cookies)
			*cookies = p.ncookies;
	}
	drop_plan(&p);
	return rc;
}

static void merges_what_adjoins(void **state)
{
	struct object o = { 0 };
	ddi_dma_attr_t a = wide;
	unsigned int cookies;

	add_seg(&o, 0x10000, 0x1000);
	add_seg(&o, 0x11000, 0x1000);
	add_seg(&o, 0x13000, 0x1000);
	assert_int_equal(windows_of(&a, &o, &cookies), 1);
	assert_int_equal(cookies, 2);
	/* A cookie must not cross a boundary, nor exceed the counter. */
	a.dma_attr_seg = 0xfff;
	assert_int_equal(windows_of(&a, &o, &cookies), 1);
	assert_int_equal(cookies, 3);
	a = wide;
	a.dma_attr_count_max = 0x17ff;
	assert_int_equal(windows_of(&a, &o, &cookies), 1);
	assert_int_equal(cookies, 3);
}

static void closes_at_sgllen_and_maxxfer(void **state)
{
	struct object o = { 0 };
	ddi_dma_attr_t a = wide;
	unsigned int i;

	for (i = 0; i < 8; i++)
		add_seg(&o, i * 0x2000, 0x1000);
	a.dma_attr_sgllen = 8;
	assert_int_equal(windows_of(&a, &o, NULL), 1);
	a.dma_attr_sgllen = 7;
	assert_int_equal(windows_of(&a, &o, NULL), 2);
	a.dma_attr_sgllen = 1;
	assert_int_equal(windows_of(&a, &o, NULL), 8);
	a = wide;
	a.dma_attr_maxxfer = 0x8000;
	assert_int_equal(windows_of(&a, &o, NULL), 1);
	a.dma_attr_maxxfer = 0x7fff;
	assert_int_equal(windows_of(&a, &o, NULL), 2);
	/* maxxfer is rounded down to granular: 0x1fff is 0x1e00 with blocks of 512. */
	a.dma_attr_maxxfer = 0x1fff;
	a.dma_attr_granular = 512;
	assert_int_equal(windows_of(&a, &o, NULL), 5);
}

static void trims_to_granular(void **state)
{
	ddi_dma_attr_t a = wide;
	struct object o = { 0 };

	/* Of two cookies, 1400 bytes, 1024 are whole blocks; the rest goes with the third. */
	a.dma_attr_sgllen = 2;
	a.dma_attr_granular = 512;
	add_seg(&o, 0x1000, 700);
	add_seg(&o, 0x3000, 700);
	add_seg(&o, 0x5000, 700);
	assert_int_equal(windows_of(&a, &o, NULL), 2);
	/* With one cookie per window, a block in two pieces does not fit. */
	a.dma_attr_sgllen = 1;
	assert_int_equal(windows_of(&a, &o, NULL), DDI_DMA_NOMAPPING);
	/* Whole blocks do fit. */
	o = (struct object){ 0 };
	add_seg(&o, 0x1000, 1024);
	add_seg(&o, 0x3000, 512);
	assert_int_equal(windows_of(&a, &o, NULL), 2);
}

static void refuses_what_is_out_of_reach(void **state)
{
	ddi_dma_attr_t a = wide;
	struct object o = { 0 };

	a.dma_attr_addr_lo = 0x1000;
	a.dma_attr_addr_hi = 0xffffffff;
	add_seg(&o, 0xfffff000, 0x1000);
	assert_int_equal(windows_of(&a, &o, NULL), 1);
	o.seg[0].len = o.total = 0x1001;
	assert_int_equal(windows_of(&a, &o, NULL), DDI_DMA_NOMAPPING);
	o.seg[0].addr = 0xfff;
	o.seg[0].len = o.total = 1;
	assert_int_equal(windows_of(&a, &o, NULL), DDI_DMA_NOMAPPING);
}

static void top_of_the_address_space(void **state)
{
	ddi_dma_attr_t a = wide;
	struct object o = { 0 };

	add_seg(&o, UINT64_MAX - 0xfff, 0x1000);
	assert_int_equal(windows_of(&a, &o, NULL), 1);
}

static void bad_attributes(void **state)
{
	struct dma_limits lim;
	const char *why;
	ddi_dma_attr_t a;

#define BAD(assignment)							\
	do {								\
		a = wide;						\
		assignment;						\
		assert_int_equal(dma_limits_init(&lim, &a, &why), DDI_DMA_BADATTR); \
		assert_non_null(why);					\
	} while (0)

	assert_int_equal(dma_limits_init(&lim, NULL, &why), DDI_DMA_BADATTR);
	BAD(a.dma_attr_version = 1);
	BAD(a.dma_attr_addr_lo = UINT64_MAX);
	BAD(a.dma_attr_count_max = 4094);
	BAD(a.dma_attr_seg = 0x7ff);
	/* Found by the fuzzer: bits that do not form a boundary. */
	BAD(a.dma_attr_seg = 0x10fff);
	BAD(a.dma_attr_seg = 0xfffffffffffff7ffULL);
	BAD(a.dma_attr_maxxfer = 4095);
	BAD(a.dma_attr_granular = 0);
	BAD(a.dma_attr_granular = 3);
	BAD(a.dma_attr_granular = 8192);
	BAD(a.dma_attr_sgllen = 0);
	BAD(a.dma_attr_align = 3);
	BAD(a.dma_attr_minxfer = 6);
	BAD(a.dma_attr_flags = DDI_DMA_FORCE_PHYSICAL);
	a = wide;
	assert_int_equal(dma_limits_init(&lim, &a, &why), 0);
	assert_null(why);
	/* All ones mean no limit, not zero. */
	assert_int_equal(lim.max_cookie, UINT32_MAX);
}

static void sure_length(void **state)
{
	struct dma_limits lim;
	ddi_dma_attr_t a = wide;
	const char *why;

	a.dma_attr_sgllen = 5;
	assert_int_equal(dma_limits_init(&lim, &a, &why), 0);
	assert_int_equal(dma_limits_sure_len(&lim), 4 * DMA_PAGESIZE);
	a.dma_attr_sgllen = 1;
	assert_int_equal(dma_limits_init(&lim, &a, &why), 0);
	assert_int_equal(dma_limits_sure_len(&lim), DMA_PAGESIZE);
	a.dma_attr_sgllen = -1;
	a.dma_attr_maxxfer = 1 << 20;
	assert_int_equal(dma_limits_init(&lim, &a, &why), 0);
	assert_int_equal(dma_limits_sure_len(&lim), 1 << 20);
}

/* Can a segment be a cookie of its own, after one that ends at @end? */
static bool seg_fits(const struct dma_limits *lim, uint64_t addr, uint64_t len, uint64_t end)
{
	return addr >= lim->addr_lo && addr <= lim->addr_hi && len - 1 <= lim->addr_hi - addr &&
	       len <= lim->max_cookie && len - 1 <= lim->seg - (addr & lim->seg) && addr != end;
}

/* What the quick look lets pass can be a cookie: near every limit, with random attributes. */
static void easy_segments_fit(void **state)
{
	unsigned int easy = 0, i;

	for (i = 0; i < RANDOM_CASES; i++) {
		ddi_dma_attr_t attr = wide;
		struct dma_limits lim;
		const char *why;
		uint64_t near[6], addr, len, end;

		random_attr(&attr);
		attr.dma_attr_addr_lo = random64() % 2 ? random64() >> random64() % 64 : 0;
		attr.dma_attr_addr_hi = UINT64_MAX >> random64() % 40;
		if (dma_limits_init(&lim, &attr, &why))
			continue;
		near[0] = lim.addr_lo;
		near[1] = lim.addr_hi;
		near[2] = lim.addr_lo + lim.easy_span;
		near[3] = random64() & ~lim.seg;
		near[4] = random64();
		near[5] = lim.addr_lo / 2 + lim.addr_hi / 2;
		addr = near[random64() % 6] + random64() % 5 - 2;
		len = random64() % 3 ? lim.easy_len + random64() % 5 - 2 : 1 + random64() % 8192;
		end = random64() % 4 ? 0 : addr;
		if (!len || !dma_seg_is_easy(&lim, addr, len, end))
			continue;
		assert_true(seg_fits(&lim, addr, len, end));
		easy++;
	}
	assert_in_range(easy, RANDOM_CASES / 50, RANDOM_CASES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_objects),
		cmocka_unit_test(merges_what_adjoins),
		cmocka_unit_test(closes_at_sgllen_and_maxxfer),
		cmocka_unit_test(trims_to_granular),
		cmocka_unit_test(refuses_what_is_out_of_reach),
		cmocka_unit_test(top_of_the_address_space),
		cmocka_unit_test(bad_attributes),
		cmocka_unit_test(sure_length),
		cmocka_unit_test(easy_segments_fit),
	};

	return cmocka_run_group_tests_name("dma_window", tests, NULL, NULL);
}
