// SPDX-License-Identifier: GPL-2.0
/*
 * compat/os of the simulator: memory that the device reaches.
 *
 * Each mapping gets bus addresses that no other mapping of the schedule has had, with gaps between
 * them. So an access too early, too late or too far finds nothing, and ends the run.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define PAGE		4096u
#define FIRST_BUS	0x100000ull

enum { DIR_WRITE = 1, DIR_READ = 2 };	/* DDI_DMA_WRITE: memory to device */

/* Bus addresses that the device may use now. */
struct window {
	uint64_t	bus;
	uint8_t		*addr;
	uint32_t	len;
	int		dir;
};

static struct window *dma_windows;
static unsigned int dma_nwindows, dma_room;
static uint64_t dma_next_bus;
static uint32_t dma_mapped;
static unsigned int dma_nmaps, dma_ncoherent;
static bool dma_master;

void sim_dma_master(bool on)
{
	dma_master = on;
}

static uint64_t dma_window_add(void *addr, uint32_t len, int dir)
{
	uint64_t bus = dma_next_bus + (uintptr_t)addr % PAGE;

	if (dma_nwindows == dma_room) {
		dma_room = dma_room ? 2 * dma_room : 256;
		dma_windows = realloc(dma_windows, dma_room * sizeof(*dma_windows));
	}
	dma_windows[dma_nwindows++] = (struct window){ bus, addr, len, dir };
	dma_next_bus = (bus + len + 2 * PAGE - 1) & ~(uint64_t)(PAGE - 1);
	if (dma_next_bus >> 32)
		sim_fail("no bus addresses are left");
	return bus;
}

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

static void dma_windows_remove(uint64_t bus, unsigned int n)
{
	int i = dma_window_find(bus);

	if (i < 0 || dma_windows[i].bus != bus || i + n > dma_nwindows)
		sim_fail("unmap of %#llx, which is not mapped", (unsigned long long)bus);
	dma_nwindows -= n;
	memmove(dma_windows + i, dma_windows + i + n, (dma_nwindows - i) * sizeof(*dma_windows));
}

bool sim_dma(uint64_t addr, void *buf, uint32_t len, bool to_memory)
{
	const struct window *w;
	int i;

	if (!dma_master)
		return false;
	if (!len)
		return true;
	i = dma_window_find(addr);
	w = i < 0 ? NULL : &dma_windows[i];
	if (!w || addr - w->bus >= w->len || len > w->len - (addr - w->bus))
		sim_fail("DMA %s %#llx, %u bytes, which are not mapped", to_memory ? "to" : "from",
			 (unsigned long long)addr, len);
	if (!(w->dir & (to_memory ? DIR_READ : DIR_WRITE)))
		sim_fail("DMA %s %#llx: mapped for the other direction", to_memory ? "to" : "from",
			 (unsigned long long)addr);
	if (to_memory)
		memcpy(w->addr + (addr - w->bus), buf, len);
	else
		memcpy(buf, w->addr + (addr - w->bus), len);
	return true;
}

/* ---- maps of requests ---- */

struct linux_own_list {
	uint64_t	first_bus;
	uint32_t	bytes;
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
	return false;
}

/* Map bytes [offset, offset + len). The pieces keep the boundaries of the list's entries. */
static int dma_map_bytes(struct linux_dma_map *map, const struct sim_sg *sg, uint64_t offset,
			 uint64_t len, int dir, bool may_sleep)
{
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
	for (uint64_t left = len + offset; left; n++)
		left -= left < sg[n].len ? left : sg[n].len;
	if (n > map->own_max) {
		linux_dma_map_fini(map);
		map->own = malloc(sizeof(*map->own) + n * sizeof(map->own->segs[0]));
		map->own_max = n;
	}
	map->segs = map->own->segs;
	map->own->bytes = (uint32_t)len;
	for (unsigned int i = 0; i < n; i++, sg++) {
		uint32_t part = (uint32_t)(len < sg->len - offset ? len : sg->len - offset);

		map->segs[i] = (struct dma_seg){
			.addr = dma_window_add(sg->addr + offset, part, dir), .len = part,
		};
		len -= part;
		offset = 0;
	}
	map->own->first_bus = map->segs[0].addr;
	map->nsegs = n;
	map->nents = n;
	map->dir = dir;
	map->simple = false;
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
	sim_point();
	dma_windows_remove(map->own->first_bus, map->nsegs);
	dma_mapped -= map->own->bytes;
	dma_nmaps--;
	map->nsegs = 0;
}

/* The midlayer keeps the memory of such a command until the schedule ends. */
bool linux_dma_disown(struct linux_dma_map *map, bool bounced)
{
	map->disowned = true;
	return true;
}

void linux_dma_sync(struct linux_dma_map *map, bool for_cpu)
{
}

void linux_dma_sync_range(struct linux_dma_map *map, uint64_t offset, uint64_t len, bool for_cpu)
{
}

bool linux_dma_needs_sync(const struct linux_dma_map *map)
{
	return false;
}

void linux_dma_copy(struct linux_dma_map *map, void *sgl, unsigned int nents, uint64_t offset,
		    void *buf, size_t len, bool to_object)
{
	struct sim_sg *sg = sgl;
	uint8_t *p = buf;

	for (; len && !map->disowned; len--, offset++, p++) {
		while (offset >= sg->len)
			offset -= sg++->len;
		if (to_object)
			sg->addr[offset] = *p;
		else
			*p = sg->addr[offset];
	}
}

int linux_sgl_from_addr(void *addr, size_t len, bool may_sleep, void **tablep, void **sglp,
			unsigned int *nentsp)
{
	struct sim_sg *sg = malloc(sizeof(*sg));

	*sg = (struct sim_sg){ addr, (uint32_t)len };
	*tablep = sg;
	*sglp = sg;
	*nentsp = 1;
	return 0;
}

void linux_sgl_free(void *table)
{
	free(table);
}

void *linux_sgl_map(void *sgl, unsigned int nents, size_t first, size_t len, void **mapp)
{
	return NULL;
}

void linux_sgl_unmap(void *map, void *sgl, unsigned int nents, size_t first)
{
}

void linux_vmap_sync(void *addr, size_t len, bool for_cpu)
{
}

void *linux_pages_alloc(size_t len, uint64_t addr_hi, bool may_sleep)
{
	return malloc(len);
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
	acc->bus = dma_window_add((void *)acc->base, (uint32_t)len, DIR_READ | DIR_WRITE);
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
	dma_master = false;
}

void sim_dma_end(void)
{
	if (dma_nmaps || dma_ncoherent || dma_nwindows)
		sim_fail("%u buffers and %u pieces of coherent memory are still mapped", dma_nmaps,
			 dma_ncoherent);
}
