// SPDX-License-Identifier: GPL-2.0
/* The DMA API below the DDI's: mapping scatterlists, whole or in part. */
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "impl.h"
#include "linux_impl.h"

unsigned int linux_wide_windows = 1;
module_param_named(wide_windows, linux_wide_windows, uint, 0644);
MODULE_PARM_DESC(wide_windows,
		 "test of HBA drivers: sets of cookies in a window, see ddi_dma_buf_bind_handle(9F)");

enum { DDI_DMA_WRITE = 1, DDI_DMA_READ = 2 };

/* Entries that a list of our own has at least: 512 bytes, for most of what is small. */
#define MIN_OWN	16

static enum dma_data_direction to_linux_dir(int dir)
{
	switch (dir) {
	case DDI_DMA_WRITE:
		return DMA_TO_DEVICE;
	case DDI_DMA_READ:
		return DMA_FROM_DEVICE;
	default:
		return DMA_BIDIRECTIONAL;
	}
}

bool linux_dma_hopeless(const struct linux_dma_map *map, void *sgl, unsigned int nents)
{
	size_t most = dma_max_mapping_size(map->dev);
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(sgl, sg, nents, i)
		if (sg->length > most)
			return true;
	return false;
}

struct linux_own_list {
	struct sg_table		table;
	struct dma_seg		segs[];
};

/* sg_next() in a list of our own, from any entry in use but the last. */
static struct scatterlist *own_next(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

/* Have room for a list of @need entries. */
static int own_list(struct linux_dma_map *map, unsigned int need, bool may_sleep)
{
	gfp_t gfp = may_sleep ? GFP_NOIO : GFP_ATOMIC | __GFP_NOWARN;
	struct linux_own_list *own;
	unsigned int room;

	if (likely(need <= map->own_max))
		return 0;
	linux_dma_map_fini(map);
	/* More than is needed now, so that it grows a few times only. */
	room = max_t(unsigned int, roundup_pow_of_two(need), MIN_OWN);
	own = kmalloc(struct_size(own, segs, room), gfp);
	if (!own)
		return -ENOMEM;
	if (sg_alloc_table(&own->table, room, gfp)) {
		kfree(own);
		return -ENOMEM;
	}
	map->own = own;
	map->own_max = room;
	map->segs = own->segs;
	return 0;
}

/* A failure is the caller's to handle, by smaller windows or later; it belongs in no log. */
static int map_own(struct linux_dma_map *map, unsigned int nents, int dir)
{
	struct scatterlist *sg = map->own->table.sgl;
	unsigned int i;

	map->nsegs = dma_map_sg_attrs(map->dev, sg, nents, to_linux_dir(dir), DMA_ATTR_NO_WARN);
	if (!map->nsegs)
		return -ENOMEM;
	map->nents = nents;
	map->dir = dir;
	for (i = 0; i < map->nsegs; i++) {
		if (i)
			sg = own_next(sg);
		map->segs[i] = (struct dma_seg){ sg_dma_address(sg), sg_dma_len(sg) };
	}
	return 0;
}

int linux_dma_map(struct linux_dma_map *map, void *sgl, unsigned int nents, int dir, bool may_sleep)
{
	struct scatterlist *sg, *to;
	unsigned int i;

	if (own_list(map, nents, may_sleep))
		return -ENOMEM;
	to = map->own->table.sgl;
	for_each_sg(sgl, sg, nents, i) {
		if (i)
			to = own_next(to);
		sg_set_page(to, sg_page(sg), sg->length, sg->offset);
	}
	return map_own(map, nents, dir);
}

int linux_dma_map_range(struct linux_dma_map *map, void *sgl, unsigned int nents, uint64_t offset,
			uint64_t len, int dir, bool may_sleep)
{
	struct scatterlist *from = sgl, *sg, *to;
	unsigned int need = 0, i;
	uint64_t left;

	while (offset >= from->length) {
		offset -= from->length;
		from = sg_next(from);
		nents--;
	}
	left = len + offset;
	for_each_sg(from, sg, nents, i) {
		need++;
		if (left <= sg->length)
			break;
		left -= sg->length;
	}
	if (own_list(map, need, may_sleep))
		return -ENOMEM;
	to = map->own->table.sgl;
	for_each_sg(from, sg, need, i) {
		unsigned int n = min_t(uint64_t, len, sg->length - offset);

		if (i)
			to = own_next(to);
		sg_set_page(to, sg_page(sg), n, sg->offset + offset);
		offset = 0;
		len -= n;
	}
	return map_own(map, need, dir);
}

void linux_dma_unmap(struct linux_dma_map *map, bool disowned)
{
	if (!map->nsegs)
		return;
	dma_unmap_sg_attrs(map->dev, map->own->table.sgl, map->nents, to_linux_dir(map->dir),
			   disowned ? DMA_ATTR_SKIP_CPU_SYNC : 0);
	map->nsegs = 0;
}

void linux_dma_map_fini(struct linux_dma_map *map)
{
	if (!map->own)
		return;
	sg_free_table(&map->own->table);
	kfree(map->own);
	map->own = NULL;
	map->own_max = 0;
}

void linux_dma_sync(struct linux_dma_map *map, bool for_cpu)
{
	struct scatterlist *sgl;

	if (!map->nsegs)
		return;
	sgl = map->own->table.sgl;
	if (for_cpu)
		dma_sync_sg_for_cpu(map->dev, sgl, map->nents, to_linux_dir(map->dir));
	else
		dma_sync_sg_for_device(map->dev, sgl, map->nents, to_linux_dir(map->dir));
}

int linux_sgl_from_addr(void *addr, size_t len, bool may_sleep, void **tablep, void **sglp,
			unsigned int *nentsp)
{
	gfp_t gfp = may_sleep ? GFP_NOIO : GFP_ATOMIC | __GFP_NOWARN;
	unsigned int offset = offset_in_page(addr);
	unsigned int nents = DIV_ROUND_UP(offset + len, PAGE_SIZE), i;
	struct sg_table *table;
	struct scatterlist *sg;

	table = kmalloc(sizeof(*table), gfp);
	if (!table)
		return -ENOMEM;
	if (sg_alloc_table(table, nents, gfp)) {
		kfree(table);
		return -ENOMEM;
	}
	for_each_sg(table->sgl, sg, nents, i) {
		unsigned int n = min_t(size_t, len, PAGE_SIZE - offset);
		/* Stacks and module data are no linear memory either. */
		struct page *page = virt_addr_valid(addr) ? virt_to_page(addr) :
							    vmalloc_to_page(addr);

		sg_set_page(sg, page, n, offset);
		addr += n;
		len -= n;
		offset = 0;
	}
	*tablep = table;
	*sglp = table->sgl;
	*nentsp = nents;
	return 0;
}

void linux_sgl_free(void *table)
{
	sg_free_table(table);
	kfree(table);
}

void linux_sgl_copy(void *sgl, unsigned int nents, uint64_t offset, void *buf, size_t len,
		    bool to_sgl)
{
	if (to_sgl)
		sg_pcopy_from_buffer(sgl, nents, buf, len, offset);
	else
		sg_pcopy_to_buffer(sgl, nents, buf, len, offset);
}

void *linux_pages_alloc(size_t len, uint64_t addr_hi, bool may_sleep)
{
	gfp_t gfp = (may_sleep ? GFP_NOIO : GFP_ATOMIC) | __GFP_NOWARN;

	/* The zones that reach to 16 MiB and to 4 GiB; what does not fit is noticed once mapped. */
	if (addr_hi < U32_MAX)
		gfp |= GFP_DMA;
	else if (addr_hi == U32_MAX)
		gfp |= GFP_DMA32;
	return alloc_pages_exact(len, gfp);
}

void linux_pages_free(void *p, size_t len)
{
	free_pages_exact(p, len);
}

uint64_t linux_dma_max_segment(struct dev_info *dip)
{
	return dma_max_mapping_size(dip->di_dev);
}

/* Streaming mappings may use all that the device reaches; coherent memory stays below 4 GiB. */
int linux_dma_set_mask(struct dev_info *dip, uint64_t addr_hi)
{
	unsigned int bits = addr_hi == U64_MAX ? 64 : fls64(addr_hi + 1) - 1;

	return dma_set_mask(dip->di_dev, DMA_BIT_MASK(bits));
}
