// SPDX-License-Identifier: GPL-2.0
/* Buffers for a target driver's own commands: scsi_alloc_consistent_buf(9F). */
#include <sys/scsi/scsi.h>
#include <linux/export.h>

#include "../ddi/callback.h"
#include "../impl.h"

/**
 * scsa_scsi_alloc_consistent_buf() - scsi_alloc_consistent_buf(9F)
 * @ap: address that the buffer is for
 * @in_bp: header from getrbuf(9F) to use, or NULL
 * @datalen: bytes of zeroed memory; 0: none
 * @bflags: B_READ or B_WRITE
 * @callback: NULL_FUNC, SLEEP_FUNC, or a function to call when memory may be available again
 * @arg: its argument
 *
 * The memory is mapped for the device with each packet that it is bound to. Use it with
 * PKT_CONSISTENT.
 *
 * Context: any, thread with SLEEP_FUNC.
 * Return: the buffer, or NULL if memory is short; the caller keeps @in_bp then.
 */
struct buf *scsa_scsi_alloc_consistent_buf(struct scsi_address *ap, struct buf *in_bp,
					   size_t datalen, uint_t bflags,
					   int (*callback)(caddr_t), caddr_t arg)
{
	int kmflag = callback == SLEEP_FUNC ? KM_SLEEP : KM_NOSLEEP;
	struct buf *bp = in_bp ? in_bp : getrbuf(kmflag);
	caddr_t data = NULL;

	if (!bp)
		goto shortage;
	if (datalen) {
		data = kmem_zalloc(datalen, kmflag);
		if (!data)
			goto free_bp;
	}
	bp->b_flags &= ~(B_READ | B_PAGEIO | B_PHYS | B_REMAPPED | B_SHADOW);
	bp->b_flags |= bflags & (B_READ | B_WRITE);
	bp->b_un.b_addr = data;
	bp->b_bcount = datalen;
	bp->b_bufsize = datalen;
	bp->b_resid = 0;
	bp->b_sgl = NULL;
	return bp;

free_bp:
	if (!in_bp)
		freerbuf(bp);
shortage:
	if (callback != NULL_FUNC && callback != SLEEP_FUNC)
		ddi_callback_queue(&scsi_pkt_callbacks, ap->a_hba_tran->tran_hba_dip, NULL, callback,
				   arg);
	return NULL;
}
EXPORT_SYMBOL_GPL(scsa_scsi_alloc_consistent_buf);

/**
 * scsa_scsi_free_consistent_buf() - scsi_free_consistent_buf(9F): free memory and header
 * @bp: from scsi_alloc_consistent_buf(9F), no longer bound to a packet; or NULL
 *
 * Context: any.
 */
void scsa_scsi_free_consistent_buf(struct buf *bp)
{
	if (!bp)
		return;
	if (bp->b_un.b_addr)
		kmem_free(bp->b_un.b_addr, bp->b_bufsize);
	freerbuf(bp);
	ddi_callback_release(&scsi_pkt_callbacks);
}
EXPORT_SYMBOL_GPL(scsa_scsi_free_consistent_buf);
