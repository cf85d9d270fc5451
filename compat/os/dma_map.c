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

/* Entries of a list of our own beyond one: enough for most small requests, and for most others. */
#define OWN_SMALL	4
#define OWN_USUAL	32

static_assert(sizeof(struct scatterlist) <= sizeof_field(struct linux_dma_map, one_entry));
static_assert((int)DDI_DMA_WRITE == (int)DMA_TO_DEVICE && (int)DDI_DMA_READ == (int)DMA_FROM_DEVICE);

static enum dma_data_direction to_linux_dir(int dir)
{
	return dir == (DDI_DMA_READ | DDI_DMA_WRITE) ? DMA_BIDIRECTIONAL : dir;
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

/* sg_next() without the call. @sg is an entry in use, but not the last. */
static struct scatterlist *dma_next(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

/* What every map has room for: one entry. */
static void own_list_one(struct linux_dma_map *map)
{
	map->own = NULL;
	map->own_sgl = map->one_entry;
	map->own_max = 1;
	map->segs = &map->one_seg;
	sg_init_table(map->own_sgl, 1);
}

static noinline int own_list_grow(struct linux_dma_map *map, unsigned int need, bool may_sleep)
{
	gfp_t gfp = may_sleep ? GFP_NOIO : GFP_ATOMIC | __GFP_NOWARN;
	struct linux_own_list *own;
	unsigned int room;

	linux_dma_map_fini(map);
	/* Few steps, as each tag of each LUN takes them. */
	room = need <= OWN_SMALL ? OWN_SMALL :
	       max_t(unsigned int, roundup_pow_of_two(need), OWN_USUAL);
	own = kmalloc(struct_size(own, segs, room), gfp);
	if (!own)
		return -ENOMEM;
	if (sg_alloc_table(&own->table, room, gfp)) {
		kfree(own);
		return -ENOMEM;
	}
	map->own = own;
	map->own_sgl = own->table.sgl;
	map->own_max = room;
	map->segs = own->segs;
	return 0;
}

/* Make room for a list of @need entries. */
static inline int own_list(struct linux_dma_map *map, unsigned int need, bool may_sleep)
{
	return likely(need <= map->own_max) ? 0 : own_list_grow(map, need, may_sleep);
}

/* The caller handles a failure, by smaller windows or a retry, so it must not appear in the log. */
static int map_list(struct linux_dma_map *map, struct scatterlist *sgl, unsigned int nents,
		    enum dma_data_direction dir)
{
	map->nsegs = dma_map_sg_attrs(map->dev, sgl, nents, dir, DMA_ATTR_NO_WARN);
	if (!map->nsegs)
		return -ENOMEM;
	map->sgl = sgl;
	map->nents = nents;
	map->dir = dir;
	map->simple = false;
	return 0;
}

/* Note the segments from the entry of number @i on. */
static void note_segs(struct linux_dma_map *map, struct scatterlist *sg, unsigned int i)
{
	for (;;) {
		map->segs[i] = (struct dma_seg){ sg_dma_address(sg), sg_dma_len(sg) };
		if (++i == map->nsegs)
			break;
		sg = dma_next(sg);
	}
}

/*
 * Note the segments, and whether each can be a cookie as it is, and all together one command. The
 * block layer knows most of the limits, so this is the usual case.
 */
static void note_simple_segs(struct linux_dma_map *map, const struct dma_limits *lim)
{
	struct scatterlist *sg = map->sgl;
	struct dma_seg *seg = map->segs, *last = seg + map->nsegs - 1;
	u64 total = 0, end = U64_MAX;

	if (likely(map->nsegs == 1)) {
		*seg = (struct dma_seg){ sg_dma_address(sg), sg_dma_len(sg) };
		map->simple = dma_seg_is_easy(lim, seg->addr, seg->len, end) &&
			      seg->len + lim->granular <= lim->maxxfer;
		return;
	}
	for (;; seg++) {
		u64 addr = sg_dma_address(sg);
		u32 len = sg_dma_len(sg);

		if (!dma_seg_is_easy(lim, addr, len, end)) {
			note_segs(map, sg, seg - map->segs);
			return;
		}
		*seg = (struct dma_seg){ addr, len };
		total += len;
		end = addr + len;
		if (seg == last)
			break;
		sg = dma_next(sg);
	}
	/* A window may be up to a block shorter than maxxfer. */
	map->simple = map->nsegs <= lim->sgllen && total + lim->granular <= lim->maxxfer;
}

int linux_dma_map(struct linux_dma_map *map, void *sgl, unsigned int nents, int dir,
		  const struct dma_limits *lim, bool may_sleep)
{
	if (own_list(map, nents, may_sleep) || map_list(map, sgl, nents, to_linux_dir(dir)))
		return -ENOMEM;
	note_simple_segs(map, lim);
	return 0;
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
	to = map->own_sgl;
	for (sg = find_entry(sgl, &offset); len; sg = sg_next(sg)) {
		unsigned int n = min_t(uint64_t, len, sg->length - offset);

		if (nents++)
			to = dma_next(to);
		sg_set_page(to, sg_page(sg), n, sg->offset + offset);
		offset = 0;
		len -= n;
	}
	rc = map_list(map, map->own_sgl, nents, to_linux_dir(dir));
	if (!rc)
		note_segs(map, map->sgl, 0);
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

/* In dma_seg.type: the pages of the list's entry of that number are referenced. */
#define DMA_SEG_HELD	0x80000000

/* Reference the mapped pages, as far as a reference keeps them. True if it keeps all of them. */
static bool dma_hold_pages(struct linux_dma_map *map)
{
	struct scatterlist *sg;
	unsigned int i, page;
	bool all = true;

	for_each_sg(map->sgl, sg, map->nents, i) {
		if (!dma_can_be_held(sg)) {
			map->segs[i].type = 0;
			all = false;
			continue;
		}
		map->segs[i].type = DMA_SEG_HELD;
		for (page = 0; page < dma_pages_of(sg); page++)
			get_page(dma_page(sg, page));
	}
	map->held = true;
	return all;
}

static void dma_release_pages(struct linux_dma_map *map)
{
	struct scatterlist *sg;
	unsigned int i, page;

	for_each_sg(map->sgl, sg, map->nents, i)
		for (page = 0; map->segs[i].type && page < dma_pages_of(sg); page++)
			put_page(dma_page(sg, page));
	map->held = false;
}

/* The mapped list is about to be reused: from here on a copy of it, in @own, is the mapped one. */
static void dma_leave_list(struct linux_dma_map *map)
{
	struct scatterlist *to = map->own_sgl, *sg;
	unsigned int i;
	bool last;

	if (map->sgl == to)
		return;
	for_each_sg(map->sgl, sg, map->nents, i) {
		if (i)
			to = dma_next(to);
		last = sg_is_last(to);
		*to = *sg;
		if (last)
			sg_mark_end(to);
		else
			sg_unmark_end(to);
	}
	map->sgl = map->own_sgl;
}

bool linux_dma_disown(struct linux_dma_map *map, bool bounced)
{
	unsigned long flags;
	bool safe = true;

	spin_lock_irqsave(&map->lock, flags);
	if (map->nsegs && !map->disowned) {
		dma_leave_list(map);
		/* The device cannot damage memory that it only reads. */
		if (!bounced)
			safe = dma_hold_pages(map) || map->dir == DMA_TO_DEVICE;
	}
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
		dma_unmap_sg_attrs(map->dev, map->sgl, map->nents, map->dir, 0);
		map->nsegs = 0;
	}
	preempt_enable();
	return fast;
}

static noinline void dma_unmap_locked(struct linux_dma_map *map)
{
	unsigned long flags;

	spin_lock_irqsave(&map->lock, flags);
	dma_unmap_sg_attrs(map->dev, map->sgl, map->nents, map->dir,
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
	own_list_one(map);
}

void linux_dma_map_fini(struct linux_dma_map *map)
{
	if (!map->own)
		return;
	sg_free_table(&map->own->table);
	kfree(map->own);
	own_list_one(map);
}

void linux_dma_sync(struct linux_dma_map *map, bool for_cpu)
{
	unsigned long flags;

	spin_lock_irqsave(&map->lock, flags);
	if (!map->nsegs || map->disowned)
		goto unlock;
	if (for_cpu)
		dma_sync_sg_for_cpu(map->dev, map->sgl, map->nents, map->dir);
	else
		dma_sync_sg_for_device(map->dev, map->sgl, map->nents, map->dir);
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
	for (sg = find_entry(map->sgl, &offset); len; sg = sg_next(sg)) {
		size_t n = min_t(uint64_t, len, sg->length - offset);

		dma_sync_piece(map->dev, sg_dma_address(sg) + offset, n, map->dir, for_cpu);
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
