// SPDX-License-Identifier: GPL-2.0
/* Turns DMA segments and attributes into cookies and windows. */
#include "dma_window.h"

/* seg and count_max hold a size minus one. All ones means no limit: the sum then wraps to 0. */
static uint64_t size_of(uint64_t size_less_one)
{
	return size_less_one + 1 ? size_less_one + 1 : UINT64_MAX;
}

static bool is_pow2(uint64_t n)
{
	return n && !(n & (n - 1));
}

static const char *attr_fault(const ddi_dma_attr_t *a)
{
	if (a->dma_attr_version != DMA_ATTR_V0)
		return "dma_attr_version must be DMA_ATTR_V0";
	if (a->dma_attr_addr_hi <= a->dma_attr_addr_lo)
		return "dma_attr_addr_hi must be above dma_attr_addr_lo";
	if (size_of(a->dma_attr_count_max) < DMA_PAGESIZE)
		return "dma_attr_count_max must be at least a page";
	if (a->dma_attr_seg < DMA_PAGESIZE - 1 || (a->dma_attr_seg & (a->dma_attr_seg + 1)))
		return "dma_attr_seg must be a mask (2^n - 1) of at least a page";
	if (a->dma_attr_maxxfer < DMA_PAGESIZE)
		return "dma_attr_maxxfer must be at least a page";
	if (!is_pow2(a->dma_attr_granular) || a->dma_attr_granular > DMA_PAGESIZE)
		return "dma_attr_granular must be a power of two up to a page";
	if (a->dma_attr_sgllen == 0)
		return "dma_attr_sgllen must not be 0";
	if (a->dma_attr_align && !is_pow2(a->dma_attr_align))
		return "dma_attr_align must be a power of two";
	if (a->dma_attr_minxfer && !is_pow2(a->dma_attr_minxfer))
		return "dma_attr_minxfer must be a power of two";
	if (a->dma_attr_flags & DDI_DMA_FORCE_PHYSICAL)
		return "DDI_DMA_FORCE_PHYSICAL is not supported";
	return NULL;
}

/**
 * dma_limits_init() - check DMA attributes
 * @lim: filled in from @attr
 * @attr: attributes
 * @why: set to the reason if they are bad, else to NULL
 *
 * Return: DDI_SUCCESS (0) or DDI_DMA_BADATTR.
 */
int dma_limits_init(struct dma_limits *lim, const ddi_dma_attr_t *attr, const char **why)
{
	*why = attr ? attr_fault(attr) : "no attributes";
	if (*why)
		return DDI_DMA_BADATTR;
	lim->addr_lo = attr->dma_attr_addr_lo;
	lim->addr_hi = attr->dma_attr_addr_hi;
	lim->seg = attr->dma_attr_seg;
	lim->maxxfer = attr->dma_attr_maxxfer;
	lim->sgllen = attr->dma_attr_sgllen < 0 ? UINT32_MAX : (uint32_t)attr->dma_attr_sgllen;
	lim->granular = attr->dma_attr_granular;
	lim->max_cookie = pure_min(size_of(attr->dma_attr_seg), size_of(attr->dma_attr_count_max));
	lim->max_cookie = pure_min(lim->max_cookie, attr->dma_attr_maxxfer);
	lim->max_cookie = pure_min(lim->max_cookie, UINT32_MAX);
	/* A larger segment is cut into cookies of this size: keep it a whole number of blocks. */
	lim->max_cookie -= pure_rest(lim->max_cookie, lim->granular);
	lim->easy_len = pure_min(lim->max_cookie, lim->addr_hi - lim->addr_lo);
	lim->easy_span = lim->addr_hi - lim->addr_lo - lim->easy_len;
	return 0;
}

/**
 * dma_limits_sure_len() - bytes that always fit in one window, however the pages are scattered
 * @lim: limits
 *
 * Return: that number of bytes; at least 1, and not rounded to granular.
 */
uint64_t dma_limits_sure_len(const struct dma_limits *lim)
{
	/* An object may begin inside a page and so touch one page more than its length needs. */
	uint64_t pages = lim->sgllen > 1 ? lim->sgllen - 1 : 1;

	return pure_min(lim->maxxfer, pages * DMA_PAGESIZE);
}

/**
 * dma_plan_init() - begin a plan
 * @p: plan; the caller has set its arrays, which stay
 * @lim: limits; granular may have been raised to any number up to maxxfer
 * @offset: offset in the object at which the first segment begins
 *
 * Return: DDI_SUCCESS (0), or DDI_DMA_NOMAPPING if not even one block fits in a window.
 */
int dma_plan_init(struct dma_plan *p, const struct dma_limits *lim, uint64_t offset)
{
	p->lim = lim;
	p->ncookies = 0;
	p->nwins = 0;
	p->cur = (struct dma_win){ .offset = offset };
	p->len = 0;
	p->max_len = lim->maxxfer - pure_rest(lim->maxxfer, lim->granular);
	return p->max_len ? 0 : DDI_DMA_NOMAPPING;
}

/*
 * Close the current window because more data follows. Any excess over a multiple of granular moves
 * to the next window.
 */
static int close_window(struct dma_plan *p)
{
	struct dma_win *cur = &p->cur;
	uint32_t keep = cur->ncookies, moved;
	ddi_dma_cookie_t *last;
	uint64_t surplus = pure_rest(cur->len, p->lim->granular), cut;

	if (surplus == cur->len)
		return DDI_DMA_NOMAPPING;
	/* Check for room before changing anything. Cutting a cookie in two takes one more entry. */
	if (p->nwins == p->wins_max || (surplus && p->ncookies == p->cookies_max))
		return DMA_PLAN_GROW;

	for (cut = surplus; cut && p->cookies[cur->first + keep - 1].dmac_size <= cut; keep--)
		cut -= p->cookies[cur->first + keep - 1].dmac_size;
	moved = cur->ncookies - keep;
	if (cut) {
		last = &p->cookies[cur->first + keep - 1];
		memmove(last + 2, last + 1, moved * sizeof(*last));
		last->dmac_size -= cut;
		last[1] = *last;
		last[1].dmac_laddress += last->dmac_size;
		last[1].dmac_size = cut;
		p->ncookies++;
		moved++;
	}
	p->wins[p->nwins++] = (struct dma_win){ cur->offset, cur->len - surplus, cur->first, keep };
	cur->offset += cur->len - surplus;
	cur->first += keep;
	cur->ncookies = moved;
	cur->len = surplus;
	return 0;
}

/* Bytes from @addr to the next boundary that no cookie may cross. */
static uint64_t to_boundary(const struct dma_plan *p, uint64_t addr)
{
	return size_of(p->lim->seg - (addr & p->lim->seg));
}

/* How many bytes of the current segment the window's last cookie can take. */
static uint64_t seg_mergeable(const struct dma_plan *p)
{
	const ddi_dma_cookie_t *last;

	if (!p->cur.ncookies)
		return 0;
	last = &p->cookies[p->ncookies - 1];
	if (last->dmac_laddress + last->dmac_size != p->addr || !(p->addr & p->lim->seg))
		return 0;
	return pure_min(to_boundary(p, p->addr), p->lim->max_cookie - last->dmac_size);
}

static bool seg_reachable(const struct dma_limits *lim, uint64_t addr, uint64_t len)
{
	return addr >= lim->addr_lo && addr <= lim->addr_hi && len - 1 <= lim->addr_hi - addr;
}

/* The usual case: take segments while each becomes one cookie of its own in the current window. */
static void take_simple(struct dma_plan *p)
{
	const struct dma_limits *lim = p->lim;
	struct dma_win *cur = &p->cur;
	uint32_t n = pure_min(p->nsegs, pure_min(lim->sgllen - cur->ncookies,
						 p->cookies_max - p->ncookies));
	const struct dma_seg *s = p->segs, *stop = s + n;
	uint64_t room = p->max_len - cur->len, end = UINT64_MAX;
	ddi_dma_cookie_t *c;

	if (!n)
		return;
	c = p->cookies + p->ncookies;
	if (cur->ncookies)
		end = c[-1].dmac_laddress + c[-1].dmac_size;
	for (; s < stop; s++, c++) {
		const uint64_t addr = s->addr, len = s->len;

		if (!dma_seg_is_easy(lim, addr, len, end) || len > room)
			break;
		c->dmac_laddress = addr;
		c->dmac_size = len;
		c->dmac_type = 0;
		room -= len;
		end = addr + len;
	}
	n = s - p->segs;
	p->segs = s;
	p->nsegs -= n;
	p->ncookies += n;
	cur->ncookies += n;
	cur->len = p->max_len - room;
}

/* The general case: take the rest of one segment. It may be merged, cut, or open a new window. */
static int take_rest(struct dma_plan *p)
{
	const struct dma_limits *lim = p->lim;
	struct dma_win *cur = &p->cur;
	ddi_dma_cookie_t *c;
	uint64_t n, merge;
	int rc;

	if (!seg_reachable(lim, p->addr, p->len))
		return DDI_DMA_NOMAPPING;
	while (p->len) {
		merge = seg_mergeable(p);
		if (cur->len == p->max_len || (!merge && cur->ncookies == lim->sgllen)) {
			rc = close_window(p);
			if (rc)
				return rc;
			continue;
		}
		n = pure_min(p->len, p->max_len - cur->len);
		if (merge) {
			n = pure_min(n, merge);
			p->cookies[p->ncookies - 1].dmac_size += n;
		} else {
			if (p->ncookies == p->cookies_max)
				return DMA_PLAN_GROW;
			n = pure_min(n, pure_min(lim->max_cookie, to_boundary(p, p->addr)));
			c = &p->cookies[p->ncookies++];
			c->dmac_laddress = p->addr;
			c->dmac_size = n;
			c->dmac_type = 0;
			cur->ncookies++;
		}
		cur->len += n;
		p->addr += n;
		p->len -= n;
	}
	return 0;
}

/**
 * dma_plan_resume() - continue after the caller has enlarged the arrays
 * @p: plan
 *
 * Return: as dma_plan_add().
 */
int dma_plan_resume(struct dma_plan *p)
{
	int rc;

	while (p->len || p->nsegs) {
		if (!p->len) {
			p->addr = p->segs->addr;
			p->len = p->segs->len;
			p->segs++;
			p->nsegs--;
		}
		rc = take_rest(p);
		if (rc)
			return rc;
		take_simple(p);
	}
	return 0;
}

/**
 * dma_plan_add() - add the object's next segments to the plan
 * @p: plan
 * @segs: segments; must stay valid until all of them have been added
 * @n: their number
 *
 * Return: DDI_SUCCESS (0), DMA_PLAN_GROW, or DDI_DMA_NOMAPPING if a segment is out of the device's
 *	reach or a window cannot be made a multiple of granular.
 */
int dma_plan_add(struct dma_plan *p, const struct dma_seg *segs, uint32_t n)
{
	p->segs = segs;
	p->nsegs = n;
	take_simple(p);
	return p->nsegs ? dma_plan_resume(p) : 0;
}

/**
 * dma_plan_widen() - merge windows so that each holds several sets of cookies
 * @p: finished plan
 * @sets: most sets that a window may hold
 *
 * ddi_dma_buf_bind_handle(9F) lets a window have more cookies than sgllen; the driver then uses
 * them in sets of sgllen. Each set was a window before, so it satisfies the attributes. Only a set
 * of exactly sgllen cookies can be followed by another. The last window is never merged, so a plan
 * of several windows keeps at least two.
 */
void dma_plan_widen(struct dma_plan *p, uint32_t sets)
{
	bool full = false;
	uint32_t n = 0, in = 0, i;

	for (i = 0; i < p->nwins; i++) {
		const struct dma_win w = p->wins[i];

		if (full && in < sets) {
			p->wins[n - 1].len += w.len;
			p->wins[n - 1].ncookies += w.ncookies;
			in++;
		} else {
			p->wins[n++] = w;
			in = 1;
		}
		full = w.ncookies == p->lim->sgllen;
	}
	p->nwins = n;
}
