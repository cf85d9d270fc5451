// SPDX-License-Identifier: GPL-2.0
/*
 * compat/os of the simulator: memory that the device reaches.
 *
 * Each mapping gets bus addresses that no other mapping of the schedule has had, with gaps between
 * them. So an access too early, too late or too far finds nothing, and ends the run.
 *
 * What the device reaches may be a copy, as with swiotlb: then only a sync or the unmap shows each side
 * what the other has written. It is always a copy once the midlayer has taken the object back: the
 * object is poisoned then, and a write to it is found when its request ends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define PAGE		4096u
#define FIRST_BUS	0x100000ull
#define FIRST_HIGH	0x100000000ull

enum { DIR_WRITE = 1, DIR_READ = 2 };	/* DDI_DMA_WRITE: memory to device */

/* Bus addresses that the device may use now. */
struct window {
	uint64_t	bus;
	uint8_t		*addr;		/* what the device reaches */
	uint8_t		*object;
	uint32_t	len;
	int		dir;
	bool		taken;		/* the midlayer has taken the object back */
	bool		reused;		/* the memory has a new owner: the device must not write to it */
};

static struct window *dma_windows;
static unsigned int dma_nwindows, dma_room;
static uint64_t dma_next_bus, dma_next_high;
static uint32_t dma_mapped;
static unsigned int dma_nmaps, dma_ncoherent;

/* Windows are in the order of their addresses. Index of the last that begins at or below @bus. */
static int dma_window_find(uint64_t bus)
{
	int low = 0, high = (int)dma_nwindows;

	while (low < high) {
		int middle = (low + high) / 2;

		if (dma_windows[middle].bus <= bus)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

/* @after: the bus address that it continues at, or 0. */
static uint64_t dma_window_add(void *addr, uint32_t len, int dir, bool high, uint64_t after)
{
	uint64_t *next = high ? &dma_next_high : &dma_next_bus;
	uint64_t bus = after ? after : *next + (uintptr_t)addr % PAGE;
	unsigned int i;

	if (dma_nwindows == dma_room) {
		dma_room = dma_room ? 2 * dma_room : 256;
		dma_windows = realloc(dma_windows, dma_room * sizeof(*dma_windows));
	}
	i = (unsigned int)(dma_window_find(bus) + 1);
	memmove(dma_windows + i + 1, dma_windows + i, (dma_nwindows++ - i) * sizeof(*dma_windows));
	dma_windows[i] = (struct window){
		.bus = bus, .addr = addr, .object = addr, .len = len, .dir = dir,
	};
	*next = (bus + len + 2 * PAGE - 1) & ~(uint64_t)(PAGE - 1);
	if (dma_next_bus >> 32)
		sim_fail("no bus addresses are left");
	return bus;
}

static void dma_windows_remove(uint64_t bus, unsigned int n)
{
	int i = dma_window_find(bus);

	if (i < 0 || dma_windows[i].bus != bus || i + n > dma_nwindows)
		sim_fail("unmap of %#llx, which is not mapped", (unsigned long long)bus);
	dma_nwindows -= n;
	memmove(dma_windows + i, dma_windows + i + n, (dma_nwindows - i) * sizeof(*dma_windows));
}

/* The part of an access that lies in the window of @addr. Returns its length. */
static uint32_t dma_access(uint64_t addr, uint8_t *buf, uint32_t len, bool to_memory)
{
	int i = dma_window_find(addr);
	const struct window *w = i < 0 ? NULL : &dma_windows[i];
	uint64_t offset;

	if (!w || addr - w->bus >= w->len)
		sim_fail("DMA %s %#llx, %u bytes, which are not mapped", to_memory ? "to" : "from",
			 (unsigned long long)addr, len);
	if (!(w->dir & (to_memory ? DIR_READ : DIR_WRITE)))
		sim_fail("DMA %s %#llx: mapped for the other direction", to_memory ? "to" : "from",
			 (unsigned long long)addr);
	if (to_memory && w->reused)
		sim_fail("DMA to %#llx: the memory has another owner by now", (unsigned long long)addr);
	offset = addr - w->bus;
	if (len > w->len - offset)
		len = (uint32_t)(w->len - offset);
	if (to_memory)
		memcpy(w->addr + offset, buf, len);
	else
		memcpy(buf, w->addr + offset, len);
	return len;
}

bool sim_dma(uint64_t addr, void *buf, uint32_t len, bool to_memory)
{
	uint8_t *p = buf;
	uint32_t n;

	if (!sim_dma_is_master())
		return false;
	for (; len; addr += n, p += n, len -= n)
		n = dma_access(addr, p, len, to_memory);
	return true;
}

/* ---- maps of requests ---- */

struct linux_own_list {
	uint64_t	first_bus;
	uint32_t	bytes;
	uint8_t		*copy;		/* what the device reaches in the place of the object, or NULL */
	bool		bounced;
	bool		slab;		/* no reference keeps the object from reuse */
	struct dma_seg	segs[];
};

void linux_dma_map_init(struct linux_dma_map *map, struct dev_info *dip)
{
	map->dev = dip->di_dev;
	map->gives_up = &dip->di_gives_up;
}

void linux_dma_map_fini(struct linux_dma_map *map)
{
	if (map->nsegs)
		sim_fail("a DMA handle goes while it is mapped");
	free(map->own);
	map->own = NULL;
	map->own_max = 0;
}

bool linux_dma_hopeless(const struct linux_dma_map *map, void *sgl, unsigned int nents)
{
	const struct sim_sg *sg = sgl;

	for (unsigned int i = 0; i < nents; i++)
		if (sim_config.map_piece && sg[i].len > sim_config.map_piece)
			return true;
	return false;
}

static struct window *dma_windows_of(const struct linux_dma_map *map)
{
	return dma_windows + dma_window_find(map->own->first_bus);
}

/* From here on the device reaches a copy of the object. */
static void dma_copy_object(struct linux_dma_map *map)
{
	struct window *w = dma_windows_of(map);
	uint8_t *to = malloc(map->own->bytes);

	map->own->copy = to;
	for (unsigned int i = 0; i < map->nsegs; to += w->len, w++, i++) {
		memcpy(to, w->object, w->len);
		w->addr = to;
	}
}

/* Make the two sides see bytes [@offset, @offset + @len) alike. */
static void dma_sync(struct linux_dma_map *map, uint64_t offset, uint64_t len, bool for_cpu)
{
	struct window *w;

	sim_point();
	if (!map->nsegs || map->disowned || !map->own->bounced)
		return;
	w = dma_windows_of(map);
	for (unsigned int i = 0; i < map->nsegs && len; i++, w++) {
		uint64_t n;

		if (offset >= w->len) {
			offset -= w->len;
			continue;
		}
		n = w->len - offset < len ? w->len - offset : len;
		if (for_cpu && (w->dir & DIR_READ))
			memcpy(w->object + offset, w->addr + offset, n);
		else if (!for_cpu && (w->dir & DIR_WRITE))
			memcpy(w->addr + offset, w->object + offset, n);
		len -= n;
		offset = 0;
	}
}

/* Map bytes [offset, offset + len). The pieces keep the boundaries of the list's entries. */
static int dma_map_bytes(struct linux_dma_map *map, const struct sim_sg *sg, uint64_t offset,
			 uint64_t len, int dir, bool may_sleep)
{
	uint64_t end = 0;
	unsigned int n = 0;

	if (may_sleep)
		sim_must_sleep_well("dma_map");
	sim_point();
	if (map->nsegs)
		sim_fail("mapped twice");
	if (sim_config.map_most && dma_mapped + len > sim_config.map_most)
		return -ENOMEM;
	if (!may_sleep && sim_chance(sim_config.nosleep_fails))
		return -ENOMEM;
	while (offset >= sg->len)
		offset -= sg++->len;
	for (uint64_t left = len + offset; left; n++) {
		uint64_t entry = left < sg[n].len ? left : sg[n].len;

		if (sim_config.map_piece && entry - (n ? 0 : offset) > sim_config.map_piece)
			return -ENOMEM;
		left -= entry;
	}
	if (n > map->own_max) {
		linux_dma_map_fini(map);
		map->own = malloc(sizeof(*map->own) + n * sizeof(map->own->segs[0]));
		map->own_max = n;
	}
	map->segs = map->own->segs;
	map->own->bytes = (uint32_t)len;
	map->own->copy = NULL;
	map->own->bounced = sim_config.bounced && sim_chance(sim_config.bounced);
	map->own->slab = sg->slab;
	for (unsigned int i = 0; i < n; i++, sg++) {
		uint32_t part = (uint32_t)(len < sg->len - offset ? len : sg->len - offset);

		end = dma_window_add(sg->addr + offset, part, dir, sg->high && !map->own->bounced,
				     i && sg->joined ? end : 0);
		map->segs[i] = (struct dma_seg){ .addr = end, .len = part };
		end += part;
		len -= part;
		offset = 0;
	}
	map->own->first_bus = map->segs[0].addr;
	map->nsegs = n;
	map->nents = n;
	map->dir = dir;
	map->simple = false;
	if (map->own->bounced)
		dma_copy_object(map);
	dma_mapped += map->own->bytes;
	dma_nmaps++;
	return 0;
}

int linux_dma_map(struct linux_dma_map *map, void *sgl, unsigned int nents, int dir,
		  const struct dma_limits *lim, bool may_sleep)
{
	struct sim_sg *sg = sgl;
	uint64_t len = 0, end = UINT64_MAX;
	unsigned int i;
	int rc;

	for (i = 0; i < nents; i++)
		len += sg[i].len;
	rc = dma_map_bytes(map, sg, 0, len, dir, may_sleep);
	if (rc)
		return rc;
	for (i = 0; i < nents; i++) {
		if (!dma_seg_is_easy(lim, map->segs[i].addr, map->segs[i].len, end))
			return 0;
		end = map->segs[i].addr + map->segs[i].len;
	}
	map->simple = map->nsegs <= lim->sgllen && len + lim->granular <= lim->maxxfer;
	return 0;
}

int linux_dma_map_range(struct linux_dma_map *map, void *sgl, uint64_t offset, uint64_t len, int dir,
			bool may_sleep)
{
	if (map->disowned)
		return -EBUSY;
	return dma_map_bytes(map, sgl, offset, len, dir, may_sleep);
}

void linux_dma_unmap(struct linux_dma_map *map)
{
	if (!map->nsegs)
		return;
	dma_sync(map, 0, map->own->bytes, true);
	dma_windows_remove(map->own->first_bus, map->nsegs);
	free(map->own->copy);
	map->own->copy = NULL;
	dma_mapped -= map->own->bytes;
	dma_nmaps--;
	map->nsegs = 0;
}

/* The device still reaches what it did. A CPU must not look at it any more. */
static void dma_take_object(struct linux_dma_map *map)
{
	struct window *w = dma_windows_of(map);

	dma_copy_object(map);
	for (unsigned int i = 0; i < map->nsegs; i++)
		w[i].taken = true;
}

/* As in compat/os: false if the device may write to memory that no reference keeps. */
bool linux_dma_disown(struct linux_dma_map *map, bool bounced)
{
	bool safe = true;

	if (map->nsegs && !map->disowned) {
		safe = bounced || map->own->bounced || !map->own->slab || !(map->dir & DIR_READ);
		if (!map->own->bounced && !bounced)
			dma_take_object(map);
	}
	map->disowned = true;
	return safe;
}

void sim_dma_reused(const void *object, size_t len)
{
	const uint8_t *first = object;

	for (unsigned int i = 0; i < dma_nwindows; i++) {
		struct window *w = &dma_windows[i];

		if (w->object >= first && w->object < first + len)
			w->reused = w->taken;
	}
}

void linux_dma_sync(struct linux_dma_map *map, bool for_cpu)
{
	if (map->nsegs)
		dma_sync(map, 0, map->own->bytes, for_cpu);
}

void linux_dma_sync_range(struct linux_dma_map *map, uint64_t offset, uint64_t len, bool for_cpu)
{
	dma_sync(map, offset, len, for_cpu);
}

bool linux_dma_needs_sync(const struct linux_dma_map *map)
{
	return map->nsegs && map->own->bounced;
}

void linux_dma_copy(struct linux_dma_map *map, void *sgl, unsigned int nents, uint64_t offset,
		    void *buf, size_t len, bool to_object)
{
	struct sim_sg *sg = sgl;
	uint8_t *p = buf;

	for (size_t n; len && !map->disowned; offset += n, p += n, len -= n) {
		while (offset >= sg->len)
			offset -= sg++->len;
		n = sg->len - offset < len ? sg->len - offset : len;
		if (to_object)
			memcpy(sg->addr + offset, p, n);
		else
			memcpy(p, sg->addr + offset, n);
	}
}

int linux_sgl_from_addr(void *addr, size_t len, bool may_sleep, void **tablep, void **sglp,
			unsigned int *nentsp)
{
	size_t first = PAGE - (uintptr_t)addr % PAGE;
	unsigned int n = len <= first ? 1 : 1 + (unsigned int)((len - first + PAGE - 1) / PAGE);
	struct sim_sg *sg = malloc(n * sizeof(*sg));
	uint8_t *p = addr;

	for (unsigned int i = 0; i < n; i++) {
		uint32_t part = (uint32_t)(PAGE - (uintptr_t)p % PAGE);

		if (part > len)
			part = (uint32_t)len;
		sg[i] = (struct sim_sg){ .addr = p, .len = part, .slab = true, .joined = i > 0 };
		p += part;
		len -= part;
	}
	*tablep = sg;
	*sglp = sg;
	*nentsp = n;
	return 0;
}

void linux_sgl_free(void *table)
{
	free(table);
}

/* A request's pieces lie one behind the other, so the address of the first is that of all. */
void *linux_sgl_map(void *sgl, unsigned int nents, size_t first, size_t len, void **mapp)
{
	struct sim_sg *sg = sgl;
	uint8_t *copy;

	if (!sim_may_sleep() && sim_chance(sim_config.nosleep_fails))
		return NULL;
	copy = malloc(sizeof(size_t) + len);
	memcpy(copy, &len, sizeof(len));
	memcpy(copy + sizeof(len), sg->addr + first, len);
	*mapp = copy;
	return copy + sizeof(len);
}

void linux_sgl_unmap(void *map, void *sgl, unsigned int nents, size_t first)
{
	struct sim_sg *sg = sgl;
	size_t len;

	memcpy(&len, map, sizeof(len));
	if (sg)
		memcpy(sg->addr + first, (uint8_t *)map + sizeof(len), len);
	free(map);
}

void linux_vmap_sync(void *addr, size_t len, bool for_cpu)
{
}

void *linux_pages_alloc(size_t len, uint64_t addr_hi, bool may_sleep)
{
	return aligned_alloc(PAGE, (len + PAGE - 1) & ~(size_t)(PAGE - 1));
}

void linux_pages_free(void *p, size_t len)
{
	free(p);
}

int linux_dma_set_mask(struct dev_info *dip, uint64_t addr_hi)
{
	return 0;
}

/* ---- coherent memory ---- */

static struct scsa_acc *dma_coherent;

struct scsa_acc *linux_coherent_alloc(struct dev_info *dip, size_t len,
				      const struct linux_coherent_limits *lim, bool may_sleep,
				      bool *out_of_reach)
{
	struct scsa_acc *acc = calloc(1, sizeof(*acc));
	uint64_t align = lim->align > PAGE ? lim->align : PAGE;

	if (may_sleep)
		sim_must_sleep_well("dma_alloc_coherent");
	acc->kind = SIM_ACC_COHERENT;
	acc->len = len;
	acc->base = (uintptr_t)aligned_alloc(PAGE, (len + PAGE - 1) & ~(size_t)(PAGE - 1));
	memset((void *)acc->base, 0, len);
	dma_next_bus = (dma_next_bus + align - 1) & ~(align - 1);
	acc->bus = dma_window_add((void *)acc->base, (uint32_t)len, DIR_READ | DIR_WRITE, false, 0);
	acc->next = dma_coherent;
	dma_coherent = acc;
	dma_ncoherent++;
	return acc;
}

void linux_coherent_free(struct scsa_acc *acc)
{
	struct scsa_acc **p;

	for (p = &dma_coherent; *p != acc; p = &(*p)->next)
		;
	*p = acc->next;
	dma_windows_remove(acc->bus, 1);
	dma_ncoherent--;
	free((void *)acc->base);
	free(acc);
}

void *linux_coherent_vaddr(const struct scsa_acc *acc)
{
	return (void *)acc->base;
}

bool linux_coherent_lookup(struct dev_info *dip, const void *vaddr, size_t len, uint64_t *addrp)
{
	uintptr_t start = (uintptr_t)vaddr;

	for (struct scsa_acc *acc = dma_coherent; acc; acc = acc->next) {
		if (start < acc->base || start - acc->base > acc->len ||
		    len > acc->len - (start - acc->base))
			continue;
		*addrp = acc->bus + (start - acc->base);
		return true;
	}
	return false;
}

void sim_dma_begin(void)
{
	dma_next_bus = FIRST_BUS;
	dma_next_high = FIRST_HIGH;
}

void sim_dma_end(void)
{
	if (dma_nmaps || dma_ncoherent || dma_nwindows)
		sim_fail("%u buffers and %u pieces of coherent memory are still mapped", dma_nmaps,
			 dma_ncoherent);
}
