// SPDX-License-Identifier: GPL-2.0
/*
 * Packets and DMA: data of packets, in windows and groups of cookies, and memory for the rings.
 *
 * A packet keeps its DMA handle when it releases its DMA resources, so that a packet that is used
 * again and again allocates nothing. Cookies stay in the handle: a command is a range of them.
 */
#include "ispvar.h"

/* Give the next command the cookies from @first on; see cmd_cookie and its neighbours. */
static inline void isp_take_cookies(struct isp *isp, struct isp_cmd *sp, struct buf *bp, uint_t first)
{
	uint_t i;

	sp->cmd_cookie = first;
	sp->cmd_cookiecnt = MIN(sp->cmd_ncookies - first, isp->isp_ndatasegs);
	if (sp->cmd_cookiecnt == sp->cmd_ncookies) {
		/* The usual case, all cookies in one command: the sum is known. */
		sp->cmd_dmacount = sp->cmd_dma_len ? sp->cmd_dma_len : bp->b_bcount;
	} else {
		sp->cmd_dmacount = 0;
		for (i = first; i < first + sp->cmd_cookiecnt; i++)
			sp->cmd_dmacount += ddi_dma_cookie_get(sp->cmd_dmahandle, i)->dmac_size;
	}
	sp->cmd_dmatotal += sp->cmd_dmacount;
}

/* Allocate a DMA handle for the packet, in place of the one it has, if any. */
static noinline int isp_new_handle(struct isp *isp, struct isp_cmd *sp, int (*cb)(caddr_t))
{
	ddi_dma_attr_t tmp_dma_attr;

	if (sp->cmd_dmahandle)
		ddi_dma_free_handle(&sp->cmd_dmahandle);
	/* The framework's copy: it includes the sector size that target drivers announce. */
	tmp_dma_attr = isp->isp_tran->tran_dma_attr;
	sp->cmd_granular = tmp_dma_attr.dma_attr_granular;
	return ddi_dma_alloc_handle(isp->isp_dip, &tmp_dma_attr, cb, NULL, &sp->cmd_dmahandle);
}

/* Keep the handle that the packet has, unless the sector size has changed since. */
static int isp_get_handle(struct isp *isp, struct isp_cmd *sp, int (*cb)(caddr_t))
{
	if (sp->cmd_dmahandle &&
	    sp->cmd_granular == isp->isp_tran->tran_dma_attr.dma_attr_granular)
		return DDI_SUCCESS;
	return isp_new_handle(isp, sp, cb);
}

/* The flags for binding @bp; the packet remembers what isp_dma_sync() needs of them. */
static int isp_dma_flags(struct isp_cmd *sp, const struct buf *bp, int flags)
{
	uint_t cflags = sp->cmd_flags & ~(CFLAG_DMASEND | CFLAG_CMDIOPB);
	int dma_flags = DDI_DMA_READ;

	if (!(bp->b_flags & B_READ)) {
		cflags |= CFLAG_DMASEND;
		dma_flags = DDI_DMA_WRITE;
	}
	if (flags & PKT_CONSISTENT) {
		cflags |= CFLAG_CMDIOPB;
		dma_flags |= DDI_DMA_CONSISTENT;
	}
	if (flags & PKT_DMA_PARTIAL)
		dma_flags |= DDI_DMA_PARTIAL;
	sp->cmd_flags = cflags;
	return dma_flags;
}

/* The buffer's error for a binding that failed. */
static int isp_bind_errno(int rc)
{
	switch (rc) {
	case DDI_DMA_NORESOURCES:
		return 0;
	case DDI_DMA_NOMAPPING:
		return EFAULT;
	case DDI_DMA_TOOBIG:
		return EINVAL;
	default:
		cmn_err(CE_PANIC, "ddi_dma_buf_bind_handle: 0x%x impossible", rc);
		return EFAULT;
	}
}

/* Go to the first window of a binding, which is either @mapped at once or has several windows. */
static int isp_first_window(struct isp *isp, struct isp_cmd *sp, boolean_t mapped)
{
	sp->cmd_nwin = 1;
	sp->cmd_curwin = 0;
	sp->cmd_dma_len = 0;
	sp->cmd_dma_offset = 0;
	if (mapped)
		return DDI_SUCCESS;
	if (ddi_dma_numwin(sp->cmd_dmahandle, &sp->cmd_nwin) == DDI_SUCCESS &&
	    ddi_dma_getwin(sp->cmd_dmahandle, 0, &sp->cmd_dma_offset, &sp->cmd_dma_len, NULL,
			   NULL) == DDI_SUCCESS)
		return DDI_SUCCESS;
	dev_err(isp->isp_dip, CE_WARN, "ddi_dma_getwin() failed after PARTIAL_MAP");
	return DDI_FAILURE;
}

/*
 * Allocate DMA resources for @bp and map as much of it as one command carries. pkt_resid says what
 * is left; isp_i_dma_move() continues there.
 *
 * Returns 1, or 0 with the buffer's error set: error 0 means try again later.
 */
static int isp_i_dma_alloc(struct isp *isp, struct scsi_pkt *pkt, struct buf *bp, int flags,
			   int (*callback)(caddr_t))
{
	int (*cb)(caddr_t) = callback == NULL_FUNC ? DDI_DMA_DONTWAIT : DDI_DMA_SLEEP;
	struct isp_cmd *sp = isp_cmd_of(pkt);
	int rc;

	ASSERT(callback == NULL_FUNC || callback == SLEEP_FUNC);

	rc = isp_get_handle(isp, sp, cb);
	if (rc != DDI_SUCCESS) {
		sp->cmd_dmahandle = NULL;
		bioerror(bp, rc == DDI_DMA_BADATTR ? EFAULT : 0);
		return 0;
	}
	rc = ddi_dma_buf_bind_handle(sp->cmd_dmahandle, bp, isp_dma_flags(sp, bp, flags), cb, NULL,
				     NULL, &sp->cmd_ncookies);
	if (rc != DDI_DMA_MAPPED && rc != DDI_DMA_PARTIAL_MAP) {
		bioerror(bp, isp_bind_errno(rc));
		goto free_handle;
	}
	if (isp_first_window(isp, sp, rc == DDI_DMA_MAPPED ? B_TRUE : B_FALSE) != DDI_SUCCESS) {
		bioerror(bp, EFAULT);
		goto unbind;
	}
	sp->cmd_dmatotal = 0;
	isp_take_cookies(isp, sp, bp, 0);
	sp->cmd_flags |= CFLAG_DMAVALID;
	pkt->pkt_resid = bp->b_bcount - sp->cmd_dmatotal;
	return 1;

unbind:
	(void)ddi_dma_unbind_handle(sp->cmd_dmahandle);
free_handle:
	ddi_dma_free_handle(&sp->cmd_dmahandle);
	sp->cmd_flags &= ~(CFLAG_DMAVALID | CFLAG_CMDIOPB);
	return 0;
}

/*
 * Move a packet that holds DMA resources to the next group of cookies in its window, or else to the
 * first group of the next window.
 *
 * Returns 1. Returns 0, with nothing changed, at the end or if there are no resources for the next
 * window.
 */
static noinline int isp_i_dma_move(struct isp *isp, struct scsi_pkt *pkt, struct buf *bp)
{
	struct isp_cmd *sp = isp_cmd_of(pkt);
	uint_t next = sp->cmd_cookie + sp->cmd_cookiecnt;
	size_t len;
	off_t offset;

	if (next == sp->cmd_ncookies) {
		if (sp->cmd_curwin + 1 >= sp->cmd_nwin)
			return 0;
		if (ddi_dma_getwin(sp->cmd_dmahandle, sp->cmd_curwin + 1, &offset, &len, NULL,
				   NULL) != DDI_SUCCESS)
			return 0;
		sp->cmd_curwin++;
		sp->cmd_dma_offset = offset;
		sp->cmd_dma_len = len;
		sp->cmd_ncookies = ddi_dma_ncookies(sp->cmd_dmahandle);
		next = 0;
	}
	isp_take_cookies(isp, sp, bp, next);
	pkt->pkt_resid = bp->b_bcount - sp->cmd_dmatotal;
	return 1;
}

/* Release the packet's DMA resources but keep its handle. */
static void isp_dma_unbind(struct isp_cmd *sp)
{
	if (!(sp->cmd_flags & CFLAG_DMAVALID))
		return;
	(void)ddi_dma_unbind_handle(sp->cmd_dmahandle);
	sp->cmd_flags &= ~(CFLAG_DMAVALID | CFLAG_CMDIOPB | CFLAG_DMASEND);
	/* What the next command would send. The other members are set with the next binding. */
	sp->cmd_cookiecnt = 0;
	sp->cmd_dmacount = 0;
}

static void isp_dma_free(struct isp_cmd *sp)
{
	isp_dma_unbind(sp);
	if (sp->cmd_dmahandle)
		ddi_dma_free_handle(&sp->cmd_dmahandle);
}

/* Make the current window's data visible to its next user: the device or the CPU. */
void isp_dma_sync(struct isp_cmd *sp)
{
	if (sp->cmd_flags & CFLAG_DMAVALID)
		(void)ddi_dma_sync(sp->cmd_dmahandle, sp->cmd_dma_offset, sp->cmd_dma_len,
				   (sp->cmd_flags & CFLAG_DMASEND) ? DDI_DMA_SYNC_FORDEV :
				   DDI_DMA_SYNC_FORCPU);
}

/*
 * tran_init_pkt(9E): allocate a packet, allocate its DMA resources, or move those it has to the
 * next part of the buffer. By contract a call for a packet with DMA resources is a move, whatever
 * its flags and lengths.
 */
struct scsi_pkt *isp_tran_init_pkt(struct scsi_address *ap, struct scsi_pkt *pkt, struct buf *bp,
				   int cmdlen, int statuslen, int tgtlen, int flags,
				   int (*callback)(caddr_t), caddr_t arg)
{
	struct isp *isp = isp_of(ap);
	struct scsi_pkt *new = NULL;
	struct isp_cmd *sp;

	if (!pkt) {
		new = scsi_hba_pkt_alloc(isp->isp_dip, ap, cmdlen, statuslen, tgtlen,
					 sizeof(struct isp_cmd), callback, arg);
		if (!new)
			return NULL;
		pkt = new;
		sp = isp_cmd_of(pkt);
		sp->cmd_pkt = pkt;
		sp->cmd_target = ISP_TARGET_BYTE(isp_bus_of(ap->a_target),
						 isp_id_of(ap->a_target));
		sp->cmd_lun = ap->a_lun;
	}
	if (!bp || !bp->b_bcount)
		return pkt;
	sp = isp_cmd_of(pkt);
	if (sp->cmd_flags & CFLAG_DMAVALID)
		return isp_i_dma_move(isp, pkt, bp) ? pkt : NULL;
	if (isp_i_dma_alloc(isp, pkt, bp, flags, callback))
		return pkt;
	if (new)
		scsi_hba_pkt_free(ap, new);
	return NULL;
}

void isp_tran_destroy_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	isp_dma_free(isp_cmd_of(pkt));
	scsi_hba_pkt_free(ap, pkt);
}

void isp_tran_dmafree(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	isp_dma_unbind(isp_cmd_of(pkt));
}

void isp_tran_sync_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	isp_dma_sync(isp_cmd_of(pkt));
}

/* Allocate memory for a ring: zeroed, bound, one cookie. */
int isp_dma_mem_alloc(struct isp *isp, size_t size, struct isp_dma_mem *dm)
{
	static ddi_device_acc_attr_t acc_attr = {
		.devacc_attr_version = DDI_DEVICE_ATTR_V0,
		/* isp_iocb.c takes care of byte order. */
		.devacc_attr_endian_flags = DDI_NEVERSWAP_ACC,
		.devacc_attr_dataorder = DDI_STRICTORDER_ACC,
	};
	ddi_dma_attr_t attr = {
		.dma_attr_version = DMA_ATTR_V0,
		.dma_attr_addr_lo = 0,
		/* Below 4 GiB on every chip: higher addresses would gain nothing. */
		.dma_attr_addr_hi = 0xffffffffULL,
		.dma_attr_count_max = 0xffffffULL,
		.dma_attr_align = PAGESIZE,
		.dma_attr_burstsizes = 0xff,
		.dma_attr_minxfer = 1,
		.dma_attr_maxxfer = 0xffffffULL,
		.dma_attr_seg = 0xffffffULL,
		.dma_attr_sgllen = 1,
		.dma_attr_granular = 1,
	};
	size_t real;

	if (ddi_dma_alloc_handle(isp->isp_dip, &attr, DDI_DMA_SLEEP, NULL, &dm->dm_handle) !=
	    DDI_SUCCESS)
		return DDI_FAILURE;
	if (ddi_dma_mem_alloc(dm->dm_handle, size, &acc_attr, DDI_DMA_CONSISTENT, DDI_DMA_SLEEP,
			      NULL, &dm->dm_addr, &real, &dm->dm_acc) != DDI_SUCCESS)
		goto fail;
	if (ddi_dma_addr_bind_handle(dm->dm_handle, NULL, dm->dm_addr, size,
				     DDI_DMA_RDWR | DDI_DMA_CONSISTENT, DDI_DMA_SLEEP, NULL, NULL,
				     NULL) != DDI_DMA_MAPPED)
		goto fail;
	dm->dm_bound = B_TRUE;
	if (ddi_dma_ncookies(dm->dm_handle) != 1)
		goto fail;
	dm->dm_bus = ddi_dma_cookie_one(dm->dm_handle)->dmac_laddress;
	dm->dm_size = size;
	bzero(dm->dm_addr, size);
	return DDI_SUCCESS;

fail:
	isp_dma_mem_free(dm);
	return DDI_FAILURE;
}

void isp_dma_mem_free(struct isp_dma_mem *dm)
{
	if (dm->dm_bound)
		(void)ddi_dma_unbind_handle(dm->dm_handle);
	if (dm->dm_acc)
		ddi_dma_mem_free(&dm->dm_acc);
	if (dm->dm_handle)
		ddi_dma_free_handle(&dm->dm_handle);
	bzero(dm, sizeof(*dm));
}
