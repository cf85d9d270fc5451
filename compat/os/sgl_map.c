// SPDX-License-Identifier: GPL-2.0
/* Addresses in the kernel for the data of commands: bp_mapin(9F). */
#include <linux/highmem.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "../impl.h"
#include "../linux_impl.h"

struct sgl_map {
	void			*addr;		/* of the memory, or of the first page */
	size_t			len;
	bool			copied;
	struct work_struct	unmap;		/* vunmap() needs a thread */
};

static void sgl_map_unmap(struct work_struct *work)
{
	struct sgl_map *map = container_of(work, struct sgl_map, unmap);

	vunmap(map->addr);
	kfree(map);
}

/* The pages of the list, or NULL if there is a gap between them or no memory. */
static struct page **sgl_map_pages(struct scatterlist *sgl, unsigned int nents, unsigned int *np)
{
	unsigned int i, k, n = 0;
	struct scatterlist *sg;
	struct page **pages;

	for_each_sg(sgl, sg, nents, i) {
		if ((i && sg->offset) || (i + 1 < nents && !PAGE_ALIGNED(sg->offset + sg->length)))
			return NULL;
		n += PFN_UP(sg->offset + sg->length);
	}
	pages = kvmalloc_array(n, sizeof(*pages), GFP_NOIO);
	if (!pages)
		return NULL;
	*np = n;
	n = 0;
	for_each_sg(sgl, sg, nents, i)
		for (k = 0; k < PFN_UP(sg->offset + sg->length); k++)
			pages[n++] = pfn_to_page(page_to_pfn(sg_page(sg)) + k);
	return pages;
}

static void *sgl_map_vmap(struct scatterlist *sgl, unsigned int nents)
{
	unsigned int n;
	struct page **pages = linux_noio(sgl_map_pages(sgl, nents, &n));
	void *addr = pages ? linux_noio(vmap(pages, n, VM_MAP, PAGE_KERNEL)) : NULL;

	kvfree(pages);
	return addr;
}

void *linux_sgl_map(void *sgl, unsigned int nents, size_t first, size_t len, void **mapp)
{
	gfp_t gfp = (linux_may_sleep() ? GFP_NOIO : GFP_ATOMIC) | __GFP_NOWARN;
	struct sgl_map *map = kmalloc(sizeof(*map), gfp);

	if (!map)
		return NULL;
	*mapp = map;
	map->len = len;
	map->copied = false;
	INIT_WORK(&map->unmap, sgl_map_unmap);
	map->addr = linux_may_sleep() ? sgl_map_vmap(sgl, nents) : NULL;
	if (map->addr)
		return map->addr + ((struct scatterlist *)sgl)->offset + first;
	map->addr = kmalloc(len, gfp);
	if (!map->addr) {
		kfree(map);
		return NULL;
	}
	map->copied = true;
	sg_pcopy_to_buffer(sgl, nents, map->addr, len, first);
	return map->addr;
}

void linux_sgl_unmap(void *cookie, void *sgl, unsigned int nents, size_t first)
{
	struct sgl_map *map = cookie;

	if (!map->copied) {
		flush_kernel_vmap_range(map->addr, map->len);
		queue_work(linux_wq, &map->unmap);
		return;
	}
	if (sgl)
		sg_pcopy_from_buffer(sgl, nents, map->addr, map->len, first);
	kfree(map->addr);
	kfree(map);
}
