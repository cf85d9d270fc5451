// SPDX-License-Identifier: GPL-2.0
/* Packets: scsi_hba_pkt_alloc(9F) for HBA drivers, scsi_init_pkt(9F) for target drivers. */
#include <sys/scsi/scsi.h>
#include <linux/export.h>

#include "../ddi/callback.h"
#include "../impl.h"
#include "pkt.h"

#define PKT_MAGIC	0x0a110ced
/* Published drivers copy as much sense data as the device sends, even beyond the status area. */
#define PKT_SCB_SLACK	256
/* No command, status or private area of a real driver comes near this size. */
#define PKT_AREA_MAX	65536

/* Reserve an area after the previous ones. @len has been checked. */
static size_t pkt_area(size_t *size, int len)
{
	size_t offset = *size;

	*size += P2ROUNDUP((size_t)len, sizeof(uint64_t));
	return offset;
}

boolean_t scsi_pkt_lengths_ok(dev_info_t *dip, int cmdlen, int statuslen, int tgtlen, int hbalen)
{
	if (cmdlen >= 0 && statuslen >= 0 && tgtlen >= 0 && hbalen >= 0 && cmdlen <= PKT_AREA_MAX &&
	    statuslen <= PKT_AREA_MAX && tgtlen <= PKT_AREA_MAX && hbalen <= PKT_AREA_MAX)
		return B_TRUE;
	dev_err(dip, CE_WARN, "refused a packet with bad lengths %d %d %d %d", cmdlen, statuslen, tgtlen,
		hbalen);
	return B_FALSE;
}

/**
 * scsa_scsi_hba_pkt_alloc() - scsi_hba_pkt_alloc(9F)
 * @dip: instance
 * @ap: address of the LUN; copied
 * @cmdlen: bytes for the CDB
 * @statuslen: bytes for the status
 * @tgtlen: bytes for the target driver
 * @hbalen: bytes for the HBA driver
 * @callback: NULL_FUNC, or SLEEP_FUNC to wait for memory
 * @arg: ignored
 *
 * Packet and areas are zeroed. The pointer to an area of length 0 is NULL.
 *
 * Context: any with NULL_FUNC, else thread.
 * Return: the packet or NULL.
 */
struct scsi_pkt *scsa_scsi_hba_pkt_alloc(dev_info_t *dip, struct scsi_address *ap, int cmdlen,
					 int statuslen, int tgtlen, int hbalen,
					 int (*callback)(caddr_t), caddr_t arg)
{
	size_t size = P2ROUNDUP(sizeof(struct pkt_wrapper), sizeof(uint64_t));
	size_t hba, tgt, cdb, scb;
	struct pkt_wrapper *pw;
	struct scsi_pkt *pkt;

	if (!ap || !scsi_pkt_lengths_ok(dip, cmdlen, statuslen, tgtlen, hbalen))
		return NULL;
	hba = pkt_area(&size, hbalen);
	tgt = pkt_area(&size, tgtlen);
	cdb = pkt_area(&size, cmdlen);
	scb = pkt_area(&size, statuslen);
	if (!dip || !dip->di_exact_status)
		size += PKT_SCB_SLACK;
	pw = kmem_zalloc(size, callback == SLEEP_FUNC ? KM_SLEEP : KM_NOSLEEP);
	if (!pw)
		return NULL;
	pw->pw_magic = PKT_MAGIC;
	pw->pw_size = size;
	pkt = &pw->pw_pkt;
	pkt->pkt_address = *ap;
	pkt->pkt_ha_private = hbalen ? (caddr_t)pw + hba : NULL;
	pkt->pkt_private = tgtlen ? (caddr_t)pw + tgt : NULL;
	pkt->pkt_cdbp = cmdlen ? (uchar_t *)pw + cdb : NULL;
	pkt->pkt_scbp = statuslen ? (uchar_t *)pw + scb : NULL;
	pkt->pkt_cdblen = cmdlen;
	pkt->pkt_tgtlen = tgtlen;
	pkt->pkt_scblen = statuslen;
	return pkt;
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_pkt_alloc);

/**
 * scsa_scsi_hba_pkt_free() - scsi_hba_pkt_free(9F)
 * @ap: ignored
 * @pkt: from scsi_hba_pkt_alloc(9F), without DMA resources
 *
 * Context: any.
 */
void scsa_scsi_hba_pkt_free(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct pkt_wrapper *pw = pkt_wrapper(pkt);

	if (!pkt || pw->pw_magic != PKT_MAGIC) {
		MISUSE("scsi_hba_pkt_free", "no packet of scsi_hba_pkt_alloc");
		return;
	}
	pw->pw_magic = 0;
	kmem_free(pw, pw->pw_size);
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_pkt_free);

/* scsi_pkt_sync_consistent() of a driver with tran_setup_pkt(9E). */
void scsi_pkt_sync_cached(struct scsi_pkt *pkt)
{
	const uint_t consistent_read = DDI_DMA_CONSISTENT | DDI_DMA_READ;

	if ((pkt->pkt_dma_flags & consistent_read) == consistent_read)
		scsi_sync_pkt(pkt);
}

/**
 * scsa_scsi_hba_pkt_comp() - scsi_hba_pkt_comp(9F): hand a packet back to the target driver
 * @pkt: a packet that tran_start(9E) accepted; the caller must not touch it afterwards
 *
 * For drivers with tran_setup_pkt(9E), the CPU then sees the data that the device put in a
 * consistent buffer. A polled packet has no completion function to call.
 *
 * Context: any, holding no lock that tran_start(9E) takes.
 */
void scsa_scsi_hba_pkt_comp(struct scsi_pkt *pkt)
{
	if (!pkt_usable(pkt)) {
		MISUSE("scsi_hba_pkt_comp", "no packet");
		return;
	}
	scsi_pkt_sync_consistent(pkt);
	if (pkt->pkt_flags & FLAG_NOINTR)
		return;
	/* As far as we can tell: the packet may have been sent again, or freed. */
	if (pkt->pkt_flags & FLAG_PKT_COMP_CALLED) {
		MISUSE("scsi_hba_pkt_comp", "the packet is complete already");
		return;
	}
	pkt->pkt_flags |= FLAG_PKT_COMP_CALLED;
	if (pkt->pkt_comp)
		pkt->pkt_comp(pkt);
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_pkt_comp);

/**
 * scsa_scsi_init_pkt() - scsi_init_pkt(9F)
 * @ap: address of the LUN
 * @pkt: packet to give DMA resources to, or to move to the next part of its buffer; NULL: a new one
 * @bp: buffer, or NULL
 * @cmdlen: bytes for the CDB; the lengths matter only for a new packet
 * @statuslen: bytes for the status
 * @privatelen: bytes for the target driver
 * @flags: PKT_CONSISTENT, PKT_DMA_PARTIAL, PKT_XARQ
 * @callback: NULL_FUNC, SLEEP_FUNC, or a function to call when resources may be available again
 * @arg: its argument
 *
 * After a failure, B_ERROR in @bp means that the failure is permanent; without it, or with ENOMEM,
 * resources are short.
 *
 * Context: any, thread with SLEEP_FUNC.
 * Return: the packet, with the bytes not yet mapped in pkt_resid; or NULL.
 */
struct scsi_pkt *scsa_scsi_init_pkt(struct scsi_address *ap, struct scsi_pkt *pkt, struct buf *bp,
				    int cmdlen, int statuslen, int privatelen, int flags,
				    int (*callback)(caddr_t), caddr_t arg)
{
	struct scsi_pkt *got;

	if (!ap || !ap->a_hba_tran) {
		MISUSE("scsi_init_pkt", "no address");
		return NULL;
	}
	if (bp)
		bioerror(bp, 0);
	got = scsi_pkt_init(ap, pkt, bp, cmdlen, statuslen, privatelen, flags, callback);
	if (!got && callback != NULL_FUNC && callback != SLEEP_FUNC)
		ddi_callback_queue(&scsi_pkt_callbacks, ap->a_hba_tran->tran_hba_dip, NULL,
				   callback, arg);
	return got;
}
EXPORT_SYMBOL_GPL(scsa_scsi_init_pkt);

/**
 * scsa_scsi_destroy_pkt() - scsi_destroy_pkt(9F)
 * @pkt: packet that the HBA driver does not own
 *
 * Context: any.
 */
void scsa_scsi_destroy_pkt(struct scsi_pkt *pkt)
{
	struct scsi_address addr;

	if (!pkt_usable(pkt)) {
		MISUSE("scsi_destroy_pkt", "no packet");
		return;
	}
	addr = pkt->pkt_address;
	addr.a_hba_tran->tran_destroy_pkt(&addr, pkt);
	ddi_callback_release(&scsi_pkt_callbacks);
}
EXPORT_SYMBOL_GPL(scsa_scsi_destroy_pkt);

/**
 * scsa_scsi_dmafree() - scsi_dmafree(9F): release a packet's DMA resources, keep the packet
 * @pkt: packet that the HBA driver does not own
 *
 * Context: any.
 */
void scsa_scsi_dmafree(struct scsi_pkt *pkt)
{
	if (!pkt_usable(pkt)) {
		MISUSE("scsi_dmafree", "no packet");
		return;
	}
	scsi_pkt_dmafree(pkt);
}
EXPORT_SYMBOL_GPL(scsa_scsi_dmafree);

/**
 * scsa_scsi_sync_pkt() - scsi_sync_pkt(9F)
 * @pkt: packet
 *
 * Context: any.
 */
void scsa_scsi_sync_pkt(struct scsi_pkt *pkt)
{
	if (!pkt_usable(pkt)) {
		MISUSE("scsi_sync_pkt", "no packet");
		return;
	}
	if (pkt->pkt_state & STATE_XFERRED_DATA)
		pkt->pkt_address.a_hba_tran->tran_sync_pkt(&pkt->pkt_address, pkt);
}
EXPORT_SYMBOL_GPL(scsa_scsi_sync_pkt);
