// SPDX-License-Identifier: GPL-2.0
/* Buffers: getrbuf(9F), freerbuf(9F), bp_mapin(9F), bp_mapout(9F). */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <linux/export.h>

#include "../impl.h"
#include "buf.h"

/**
 * scsa_getrbuf() - getrbuf(9F)
 * @kmflag: KM_SLEEP or KM_NOSLEEP
 *
 * Context: any with KM_NOSLEEP, else thread.
 * Return: a zeroed buffer header; NULL only with KM_NOSLEEP.
 */
struct buf *scsa_getrbuf(int kmflag)
{
	return kmem_zalloc(sizeof(struct buf), kmflag);
}
EXPORT_SYMBOL_GPL(scsa_getrbuf);

/**
 * scsa_freerbuf() - freerbuf(9F)
 * @bp: from getrbuf(9F)
 *
 * Context: any.
 */
void scsa_freerbuf(struct buf *bp)
{
	kmem_free(bp, sizeof(*bp));
}
EXPORT_SYMBOL_GPL(scsa_freerbuf);

/**
 * scsa_bp_mapin() - bp_mapin(9F): give a buffer's data an address in the kernel
 * @bp: any buffer
 *
 * A buffer in one piece has its address already. One in several pieces has B_PHYS set, and until now
 * an address that cannot be used. In a thread its pages are mapped. Elsewhere, and if the pieces do not
 * meet at page boundaries, the data is copied; then what a device writes to the buffer from now on is
 * lost. If memory is short in such a place, b_un.b_addr becomes NULL.
 *
 * Context: any; the manual allows threads only.
 */
void scsa_bp_mapin(struct buf *bp)
{
	if (!bp->b_sgl || !(bp->b_flags & B_PHYS) || (bp->b_flags & B_REMAPPED))
		return;
	bp->b_un.b_addr = linux_sgl_map(bp->b_sgl, bp->b_nents, bp->b_sgl_first, bp->b_bcount,
					&bp->b_map);
	if (bp->b_un.b_addr)
		bp->b_flags |= B_REMAPPED;
}
EXPORT_SYMBOL_GPL(scsa_bp_mapin);

void ddi_buf_unmap(struct buf *bp, boolean_t ours)
{
	linux_sgl_unmap(bp->b_map, ours && (bp->b_flags & B_READ) ? bp->b_sgl : NULL, bp->b_nents,
			bp->b_sgl_first);
	bp->b_map = NULL;
	bp->b_un.b_addr = DDI_BUF_NOT_MAPPED;
	bp->b_flags &= ~B_REMAPPED;
}

/**
 * scsa_bp_mapout() - bp_mapout(9F): give the address of bp_mapin(9F) up
 * @bp: any buffer
 *
 * The buffer of a command keeps its address until the command ends, as many drivers never call this.
 *
 * Context: any.
 */
void scsa_bp_mapout(struct buf *bp)
{
	if ((bp->b_flags & B_REMAPPED) && !bp->b_of_cmd)
		ddi_buf_unmap(bp, B_TRUE);
}
EXPORT_SYMBOL_GPL(scsa_bp_mapout);
