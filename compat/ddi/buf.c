// SPDX-License-Identifier: GPL-2.0
/* Buffer headers: getrbuf(9F), freerbuf(9F). */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <linux/export.h>

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
