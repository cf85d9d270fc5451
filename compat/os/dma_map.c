// SPDX-License-Identifier: GPL-2.0
/* The Linux DMA API for the DDI: mapping scatterlists, whole or in part. */
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../impl.h"
#include "../linux_impl.h"

unsigned int linux_wide_windows = 1;
module_param_named(wide_windows, linux_wide_windows, uint, 0644);
MODULE_PARM_DESC(wide_windows,
		 "tests HBA drivers: sets of cookies in one DMA window (default 1)");

enum { DDI_DMA_WRITE = 1, DDI_DMA_READ = 2 };

/* Minimum entries of a list of our own: 512 bytes, enough for most small requests. */
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

/* sg_next() for a list of our own. @sg is an entry in use, but not the last. */
static struct scatterlist *own_next(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

/* Make room for a list of @need entries. */
static int own_list(struct linux_dma_map *map, unsigned int need, bool may_sleep)
{
	gfp_t gfp = may_sleep ? GFP_NOIO : GFP_ATOMIC | __GFP_NOWARN;
	struct linux_own_list *own;
	unsigned int room;

	if (likely(need <= map->own_max))
		return 0;
	linux_dma_map_fini(map);
	/* More than is needed now, so that the list grows only a few times. */
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

/* The caller handles a failure, by smaller windows or a retry, so it must not appear in the log. */
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

/* Find the entry that holds byte *@offset of the list. Set *@offset to the offset in that entry. */
static struct scatterlist *find_entry(struct scatterlist *sg, uint64_t *offset)
{
	for (; *offset >= sg->length; sg = sg_next(sg))
		*offset -= sg->length;
	return sg;
}

static unsigned int count_entries(struct scatterlist *sg, uint64_t bytes)
{
	unsigned int n;

	for (n = 1; bytes > sg->length; n++) {
		bytes -= sg->length;
		sg = sg_next(sg);
	}
	return n;
}

/* Make room for a list of bytes [@offset, @offset + @len). */
static int own_list_for(struct linux_dma_map *map, void *sgl, uint64_t offset, uint64_t len,
			bool may_sleep)
{
	unsigned int need = 0;
	unsigned long flags;

	spin_lock_irqsave(&map->lock, flags);
	if (!map->disowned) {
		sgl = find_entry(sgl, &offset);
		need = count_entries(sgl, offset + len);
	}
	spin_unlock_irqrestore(&map->lock, flags);
	return need ? own_list(map, need, may_sleep) : -EBUSY;
}

int linux_dma_map_range(struct linux_dma_map *map, void *sgl, uint64_t offset, uint64_t len, int dir,
			bool may_sleep)
{
	struct scatterlist *sg, *to;
	unsigned int nents = 0;
	unsigned long flags;
	int rc;

	rc = own_list_for(map, sgl, offset, len, may_sleep);
	if (rc)
		return rc;
	spin_lock_irqsave(&map->lock, flags);
	rc = -EBUSY;
	if (map->disowned)
		goto unlock;
	to = map->own->table.sgl;
	for (sg = find_entry(sgl, &offset); len; sg = sg_next(sg)) {
		unsigned int n = min_t(uint64_t, len, sg->length - offset);

		if (nents++)
			to = own_next(to);
		sg_set_page(to, sg_page(sg), n, sg->offset + offset);
		offset = 0;
		len -= n;
	}
	rc = map_own(map, nents, dir);
unlock:
	spin_unlock_irqrestore(&map->lock, flags);
	return rc;
}

/* ---- memory that its owner takes back while the device may still use it ---- */

static unsigned int dma_pages_of(const struct scatterlist *sg)
{
	return PFN_UP(sg->offset + sg->length);
}

static struct page *dma_page(struct scatterlist *sg, unsigned int n)
{
	return pfn_to_page(page_to_pfn(sg_page(sg)) + n);
}

/*
 * Does a page reference keep the memory from reuse? It does for pages of a process or of the page
 * cache. It does not for slab memory, nor for memory that the owner reuses without freeing it,
 * such as sg's reserved buffer.
 */
static bool dma_can_be_held(struct scatterlist *sg)
{
	unsigned int i;

	for (i = 0; i < dma_pages_of(sg); i++) {
		struct folio *folio = page_folio(dma_page(sg, i));

		if (folio_test_slab(folio) || !(folio_test_anon(folio) || folio_mapping(folio)))
			return false;
	}
	return true;
}

/*
 * Reference the mapped pages, as far as a reference keeps them. From here on segs[i].len says
 * whether entry i is referenced; window planning, which needed the lengths, is over. True if all
 * entries are referenced.
 */
static bool dma_hold_pages(struct linux_dma_map *map)
{
	struct scatterlist *sg;
	unsigned int i, page;
	bool all = true;

	for_each_sg(map->own->table.sgl, sg, map->nents, i) {
		map->segs[i].len = dma_can_be_held(sg);
		all &= map->segs[i].len;
		for (page = 0; map->segs[i].len && page < dma_pages_of(sg); page++)
			get_page(dma_page(sg, page));
	}
	map->held = true;
	return all;
}

static void dma_release_pages(struct linux_dma_map *map)
{
	struct scatterlist *sg;
	unsigned int i, page;

	for_each_sg(map->own->table.sgl, sg, map->nents, i)
		for (page = 0; map->segs[i].len && page < dma_pages_of(sg); page++)
			put_page(dma_page(sg, page));
	map->held = false;
}

bool linux_dma_disown(struct linux_dma_map *map, bool bounced)
{
	unsigned long flags;
	bool safe = true;

	spin_lock_irqsave(&map->lock, flags);
	if (map->nsegs && !map->disowned && !bounced)
		/* The device cannot damage memory that it only reads. */
		safe = dma_hold_pages(map) || map->dir == DDI_DMA_WRITE;
	map->disowned = true;
	spin_unlock_irqrestore(&map->lock, flags);
	return safe;
}

void linux_dma_give_up(struct dev_info *dip)
{
	if (READ_ONCE(dip->di_gives_up))
		return;
	WRITE_ONCE(dip->di_gives_up, true);
	/* An unmap that has not seen the flag ends before this returns. */
	synchronize_rcu();
}

/*
 * As long as the instance has never given a command up, no unmap can race with linux_dma_disown(),
 * and none needs the lock. Code with preemption off counts as an RCU reader for
 * linux_dma_give_up(). Real-time kernels always take the lock: their DMA layer may have to sleep.
 */
static bool dma_unmap_fast(struct linux_dma_map *map)
{
	bool fast;

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return false;
	preempt_disable();
	fast = likely(!READ_ONCE(*map->gives_up));
	if (fast) {
		dma_unmap_sg_attrs(map->dev, map->own->table.sgl, map->nents, to_linux_dir(map->dir),
				   0);
		map->nsegs = 0;
	}
	preempt_enable();
	return fast;
}

static noinline void dma_unmap_locked(struct linux_dma_map *map)
{
	unsigned long flags;

	spin_lock_irqsave(&map->lock, flags);
	dma_unmap_sg_attrs(map->dev, map->own->table.sgl, map->nents, to_linux_dir(map->dir),
			   unlikely(map->disowned) ? DMA_ATTR_SKIP_CPU_SYNC : 0);
	map->nsegs = 0;
	if (unlikely(map->held))
		dma_release_pages(map);
	spin_unlock_irqrestore(&map->lock, flags);
}

void linux_dma_unmap(struct linux_dma_map *map)
{
	if (map->nsegs && !dma_unmap_fast(map))
		dma_unmap_locked(map);
}

void linux_dma_map_init(struct linux_dma_map *map, struct dev_info *dip)
{
	map->dev = dip->di_dev;
	map->gives_up = &dip->di_gives_up;
	spin_lock_init(&map->lock);
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
	enum dma_data_direction dir = to_linux_dir(map->dir);
	unsigned long flags;

	spin_lock_irqsave(&map->lock, flags);
	if (!map->nsegs || map->disowned)
		goto unlock;
	if (for_cpu)
		dma_sync_sg_for_cpu(map->dev, map->own->table.sgl, map->nents, dir);
	else
		dma_sync_sg_for_device(map->dev, map->own->table.sgl, map->nents, dir);
unlock:
	spin_unlock_irqrestore(&map->lock, flags);
}

bool linux_dma_needs_sync(const struct linux_dma_map *map)
{
	unsigned int i;

	for (i = 0; i < map->nsegs; i++)
		if (dma_need_sync(map->dev, map->segs[i].addr))
			return true;
	return false;
}

static void dma_sync_piece(struct device *dev, dma_addr_t addr, size_t len,
			   enum dma_data_direction dir, bool for_cpu)
{
	if (for_cpu)
		dma_sync_single_for_cpu(dev, addr, len, dir);
	else
		dma_sync_single_for_device(dev, addr, len, dir);
}

void linux_dma_sync_range(struct linux_dma_map *map, uint64_t offset, uint64_t len, bool for_cpu)
{
	enum dma_data_direction dir = to_linux_dir(map->dir);
	struct scatterlist *sg;
	unsigned long flags;

	/* An IOMMU has merged entries. It has no bounce buffers then, so a sync copies nothing. */
	if (map->nsegs != map->nents) {
		linux_dma_sync(map, for_cpu);
		return;
	}
	spin_lock_irqsave(&map->lock, flags);
	if (map->disowned)
		goto unlock;
	for (sg = find_entry(map->own->table.sgl, &offset); len; sg = sg_next(sg)) {
		size_t n = min_t(uint64_t, len, sg->length - offset);

		dma_sync_piece(map->dev, sg_dma_address(sg) + offset, n, dir, for_cpu);
		offset = 0;
		len -= n;
	}
unlock:
	spin_unlock_irqrestore(&map->lock, flags);
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
		/* Stacks and module data may be outside linear memory too. */
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

void linux_vmap_sync(void *addr, size_t len, bool for_cpu)
{
	if (!is_vmalloc_addr(addr))
		return;
	if (for_cpu)
		invalidate_kernel_vmap_range(addr, len);
	else
		flush_kernel_vmap_range(addr, len);
}

void linux_sgl_free(void *table)
{
	sg_free_table(table);
	kfree(table);
}

void linux_dma_copy(struct linux_dma_map *map, void *sgl, unsigned int nents, uint64_t offset,
		    void *buf, size_t len, bool to_object)
{
	unsigned long flags;

	spin_lock_irqsave(&map->lock, flags);
	if (map->disowned)
		goto unlock;
	if (to_object)
		sg_pcopy_from_buffer(sgl, nents, buf, len, offset);
	else
		sg_pcopy_to_buffer(sgl, nents, buf, len, offset);
unlock:
	spin_unlock_irqrestore(&map->lock, flags);
}

void *linux_pages_alloc(size_t len, uint64_t addr_hi, bool may_sleep)
{
	gfp_t gfp = (may_sleep ? GFP_NOIO : GFP_ATOMIC) | __GFP_NOWARN;

	/* Zones that end at 16 MiB and 4 GiB. Memory above @addr_hi is detected once mapped. */
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

/* Switch bus mastering off. On return the device's earlier writes are in memory. Any context. */
void linux_dma_stop(struct dev_info *dip)
{
	u16 command;

	pci_clear_master(dip->di_pdev);
	/* The answer to a read pushes earlier writes ahead of it. */
	pci_read_config_word(dip->di_pdev, PCI_COMMAND, &command);
}

void linux_dma_start(struct dev_info *dip)
{
	pci_set_master(dip->di_pdev);
}

uint64_t linux_dma_max_segment(struct dev_info *dip)
{
	return dma_max_mapping_size(dip->di_dev);
}

/* Streaming mappings may use all that the device reaches. Coherent memory stays below 4 GiB. */
int linux_dma_set_mask(struct dev_info *dip, uint64_t addr_hi)
{
	unsigned int bits = addr_hi == U64_MAX ? 64 : fls64(addr_hi + 1) - 1;

	return dma_set_mask(dip->di_dev, DMA_BIT_MASK(bits));
}
