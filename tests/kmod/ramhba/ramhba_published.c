// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of tran_init_pkt(9E) in the way of published HBA drivers: the property "published".
 *
 * Binding follows the example of "Writing Device Drivers" branch by branch. The rest has habits of
 * drivers in use. They are correct with target drivers that, like sd(4D), allocate a packet for
 * each command and end it when a move fails. So do not fix them here:
 *
 * - A new packet is zeroed, and nothing else resets a command: not its window number, its windows,
 *   its cookies or its bytes. tran_dmafree(9E) frees the handle and clears CFLAG_DMAVALID.
 * - The window number is advanced before ddi_dma_getwin(9F), and stays advanced if that fails.
 * - The bytes of all commands of a packet are added up, and pkt_resid is b_bcount less that sum.
 *
 * With the value 1, a packet that has windows moves on. With 2, a packet that has a handle moves
 * on, and each binding restarts the count of bytes: then the window number is all that is left of
 * an earlier command. With 3, RAMHBA_HABITS, the driver resets a command like other target drivers
 * expect, and has more habits:
 *
 * - A command has its handle from tran_init_pkt(9E) to tran_destroy_pkt(9E), bound or not.
 * - State, statistics and status are added to what the packet has. For a long status area the driver
 *   binds memory of its own to request sense data. It copies as much as the area is long.
 * - Both before and after each transfer the whole object is synced for either side.
 * - It answers INQUIRY, and reads of one block, itself: the data is at the address of bp_mapin(9F).
 */
#include <sys/atomic.h>

#include "ramhba_impl.h"

#define CFLAG_DMAVALID	0x01
#define CFLAG_DMASEND	0x02
#define CFLAG_CMDIOPB	0x04

#define STALE_LINES	8

struct published_cmd {
	struct ramhba_cmd	pc_cmd;		/* must be first */
	uint_t			pc_flags;
	ddi_dma_handle_t	pc_dmahandle;
	ddi_dma_cookie_t	pc_cookies[RAMHBA_NDATASEGS];
	uint_t			pc_cookiecnt;	/* of this command, in pc_cookies */
	uint_t			pc_cookie;	/* of this window, taken so far */
	uint_t			pc_ncookies;	/* of this window */
	uint_t			pc_nwin;
	uint_t			pc_curwin;
	off_t			pc_dma_offset;	/* of this window */
	size_t			pc_dma_len;
	size_t			pc_dmacount;	/* bytes of this command */
	size_t			pc_total;	/* bytes mapped so far, this command included */
	/* With RAMHBA_HABITS, also for a long status area. */
	struct buf		*pc_bp;
	struct buf		*pc_sense_bp;
	ddi_dma_handle_t	pc_sense_handle;
	ddi_dma_cookie_t	pc_sense_cookie;
};

static struct published_cmd *to_pc(struct scsi_pkt *pkt)
{
	return pkt->pkt_ha_private;
}

/* A real HBA would have moved data to or from what an earlier command left in the packet. */
static void published_stale(struct ramhba *rh, const char *what)
{
	if (atomic_inc_uint_nv(&rh->rh_stale) <= STALE_LINES)
		cmn_err(CE_WARN, "stale %s of an earlier command in a packet of ramhba%d", what,
			ddi_get_instance(rh->rh_dip));
}

/* Call before a command is sent: hardware takes any cookies it finds, data to move or not. */
void ramhba_published_start(struct ramhba *rh, struct scsi_pkt *pkt)
{
	const struct published_cmd *cmd = to_pc(pkt);

	if (cmd->pc_cookiecnt && !(cmd->pc_flags & CFLAG_DMAVALID))
		published_stale(rh, "cookies");
	/* Published drivers add to these. */
	if (pkt->pkt_state || pkt->pkt_statistics || *pkt->pkt_scbp)
		published_stale(rh, "status");
	if (rh->rh_published == RAMHBA_HABITS && (cmd->pc_flags & CFLAG_DMAVALID))
		(void)ddi_dma_sync(cmd->pc_dmahandle, 0, 0, DDI_DMA_SYNC_FORDEV);
}

const ddi_dma_cookie_t *ramhba_published_cookie(struct scsi_pkt *pkt, uint_t i)
{
	const struct published_cmd *cmd = to_pc(pkt);

	return (cmd->pc_flags & CFLAG_DMAVALID) && i < cmd->pc_cookiecnt ? &cmd->pc_cookies[i] :
									   NULL;
}

size_t ramhba_published_count(struct scsi_pkt *pkt)
{
	const struct published_cmd *cmd = to_pc(pkt);

	return cmd->pc_flags & CFLAG_DMAVALID ? cmd->pc_dmacount : 0;
}

static void published_sync(const struct published_cmd *cmd)
{
	if (cmd->pc_flags & CFLAG_DMAVALID)
		(void)ddi_dma_sync(cmd->pc_dmahandle, cmd->pc_dma_offset, cmd->pc_dma_len,
				   cmd->pc_flags & CFLAG_DMASEND ? DDI_DMA_SYNC_FORDEV :
								   DDI_DMA_SYNC_FORCPU);
}

/* Call before a command is returned. */
void ramhba_published_done(struct ramhba *rh, struct scsi_pkt *pkt)
{
	const struct published_cmd *cmd = to_pc(pkt);

	if (rh->rh_published != RAMHBA_HABITS)
		published_sync(cmd);
	else if (cmd->pc_flags & CFLAG_DMAVALID)
		(void)ddi_dma_sync(cmd->pc_dmahandle, 0, 0, DDI_DMA_SYNC_FORCPU);
}

/* Sense data of the device: they go through the command's own memory if the area is long. */
void ramhba_published_sense(struct scsi_pkt *pkt, const struct scsi_extended_sense *sense)
{
	struct scsi_arq_status *arq = (struct scsi_arq_status *)pkt->pkt_scbp;
	struct published_cmd *cmd = to_pc(pkt);
	size_t len = pkt->pkt_scblen;
	const void *from = sense;

	if (!cmd->pc_sense_handle) {
		len = MIN(len, sizeof(*sense));
	} else {
		from = cmd->pc_sense_bp->b_un.b_addr;
		ramhba_copy(cmd->pc_sense_cookie.dmac_laddress, (void *)sense, sizeof(*sense), B_TRUE);
		(void)ddi_dma_sync(cmd->pc_sense_handle, 0, 0, DDI_DMA_SYNC_FORCPU);
	}
	*pkt->pkt_scbp |= STATUS_CHECK;
	pkt->pkt_state |= STATE_ARQ_DONE;
	/* The length of the whole area, although the sense data does not begin where the area does. */
	bcopy(from, &arq->sts_sensedata, len);
}

static void published_sense_free(struct published_cmd *cmd)
{
	if (!cmd->pc_sense_handle)
		return;
	(void)ddi_dma_unbind_handle(cmd->pc_sense_handle);
	ddi_dma_free_handle(&cmd->pc_sense_handle);
	scsi_free_consistent_buf(cmd->pc_sense_bp);
}

/* A scsi_arq_status(9S) is part of the driver's own structures; only more than that needs memory. */
static boolean_t published_sense_alloc(struct ramhba *rh, struct scsi_address *ap,
				       struct published_cmd *cmd, int statuslen,
				       int (*callback)(caddr_t))
{
	int (*cb)(caddr_t arg) = callback == NULL_FUNC ? DDI_DMA_DONTWAIT : DDI_DMA_SLEEP;
	ddi_dma_attr_t attr = rh->rh_tran->tran_dma_attr;
	uint_t n;

	if (statuslen <= (int)sizeof(struct scsi_arq_status))
		return B_TRUE;
	attr.dma_attr_sgllen = 1;
	cmd->pc_sense_bp = scsi_alloc_consistent_buf(ap, NULL, statuslen, B_READ, callback, NULL);
	if (!cmd->pc_sense_bp)
		return B_FALSE;
	if (ddi_dma_alloc_handle(rh->rh_dip, &attr, cb, NULL, &cmd->pc_sense_handle) != DDI_SUCCESS)
		goto fail;
	if (ddi_dma_buf_bind_handle(cmd->pc_sense_handle, cmd->pc_sense_bp,
				    DDI_DMA_READ | DDI_DMA_CONSISTENT, cb, NULL,
				    &cmd->pc_sense_cookie, &n) == DDI_DMA_MAPPED)
		return B_TRUE;
	ddi_dma_free_handle(&cmd->pc_sense_handle);
fail:
	scsi_free_consistent_buf(cmd->pc_sense_bp);
	return B_FALSE;
}

/* The first cookie is there; take more while the window has any and the command has room. */
static void published_take_cookies(const struct ramhba *rh, struct published_cmd *cmd)
{
	uint_t i = 0;

	cmd->pc_dmacount = 0;
	for (;;) {
		cmd->pc_dmacount += cmd->pc_cookies[i++].dmac_size;
		cmd->pc_cookie++;
		if (i == rh->rh_maxsegs || cmd->pc_cookie == cmd->pc_ncookies)
			break;
		ddi_dma_nextcookie(cmd->pc_dmahandle, &cmd->pc_cookies[i]);
	}
	cmd->pc_cookiecnt = i;
	cmd->pc_total += cmd->pc_dmacount;
}

static int published_getwin(struct published_cmd *cmd)
{
	return ddi_dma_getwin(cmd->pc_dmahandle, cmd->pc_curwin, &cmd->pc_dma_offset,
			      &cmd->pc_dma_len, &cmd->pc_cookies[0], &cmd->pc_ncookies);
}

static int published_dma_alloc(struct ramhba *rh, struct scsi_pkt *pkt, struct buf *bp, int flags,
			       int (*callback)(caddr_t))
{
	ddi_dma_attr_t tmp_dma_attr = rh->rh_tran->tran_dma_attr;
	struct published_cmd *cmd = to_pc(pkt);
	int (*cb)(caddr_t arg);
	uint_t dma_flags;
	int rc;

	if (bp->b_flags & B_READ) {
		cmd->pc_flags &= ~CFLAG_DMASEND;
		dma_flags = DDI_DMA_READ;
	} else {
		cmd->pc_flags |= CFLAG_DMASEND;
		dma_flags = DDI_DMA_WRITE;
	}
	if (flags & PKT_CONSISTENT) {
		cmd->pc_flags |= CFLAG_CMDIOPB;
		dma_flags |= DDI_DMA_CONSISTENT;
	}
	if (flags & PKT_DMA_PARTIAL)
		dma_flags |= DDI_DMA_PARTIAL;
	cb = callback == NULL_FUNC ? DDI_DMA_DONTWAIT : DDI_DMA_SLEEP;

	rc = cmd->pc_dmahandle ? DDI_SUCCESS :
	     ddi_dma_alloc_handle(rh->rh_dip, &tmp_dma_attr, cb, NULL, &cmd->pc_dmahandle);
	if (rc != DDI_SUCCESS) {
		bioerror(bp, rc == DDI_DMA_BADATTR ? EFAULT : 0);
		return DDI_FAILURE;
	}
	rc = ddi_dma_buf_bind_handle(cmd->pc_dmahandle, bp, dma_flags, cb, NULL,
				     &cmd->pc_cookies[0], &cmd->pc_ncookies);
	switch (rc) {
	case DDI_DMA_PARTIAL_MAP:
		if (ddi_dma_numwin(cmd->pc_dmahandle, &cmd->pc_nwin) == DDI_FAILURE)
			cmn_err(CE_PANIC, "ddi_dma_numwin() failed");
		if (published_getwin(cmd) == DDI_FAILURE)
			cmn_err(CE_PANIC, "ddi_dma_getwin() failed");
		goto get_dma_cookies;

	case DDI_DMA_MAPPED:
		cmd->pc_nwin = 1;
		cmd->pc_dma_len = 0;
		cmd->pc_dma_offset = 0;

get_dma_cookies:
		cmd->pc_cookie = 0;
		if (rh->rh_published == 2)
			cmd->pc_total = 0;
		published_take_cookies(rh, cmd);
		cmd->pc_flags |= CFLAG_DMAVALID;
		pkt->pkt_resid = bp->b_bcount - cmd->pc_total;
		return DDI_SUCCESS;

	case DDI_DMA_NORESOURCES:
		/* The manual wants 0. */
		bioerror(bp, rh->rh_published == RAMHBA_HABITS ? ENOMEM : 0);
		break;

	case DDI_DMA_NOMAPPING:
		bioerror(bp, EFAULT);
		break;

	case DDI_DMA_TOOBIG:
		bioerror(bp, EINVAL);
		break;

	case DDI_DMA_INUSE:
		cmn_err(CE_PANIC, "ddi_dma_buf_bind_handle: DDI_DMA_INUSE impossible");
		break;

	default:
		cmn_err(CE_PANIC, "ddi_dma_buf_bind_handle: 0x%x impossible", rc);
		break;
	}
	if (rh->rh_published != RAMHBA_HABITS)
		ddi_dma_free_handle(&cmd->pc_dmahandle);
	cmd->pc_flags &= ~CFLAG_DMAVALID;
	return DDI_FAILURE;
}

static int published_dma_move(struct ramhba *rh, struct scsi_pkt *pkt, struct buf *bp)
{
	struct published_cmd *cmd = to_pc(pkt);

	/* Published drivers do not check this; they would use a handle that they have freed. */
	if (!(cmd->pc_flags & CFLAG_DMAVALID)) {
		published_stale(rh, "windows");
		return DDI_FAILURE;
	}
	if (cmd->pc_cookie == cmd->pc_ncookies) {
		if (++cmd->pc_curwin >= cmd->pc_nwin)
			return DDI_FAILURE;
		if (published_getwin(cmd) == DDI_FAILURE)
			return DDI_FAILURE;
		cmd->pc_cookie = 0;
	} else {
		ddi_dma_nextcookie(cmd->pc_dmahandle, &cmd->pc_cookies[0]);
	}
	published_take_cookies(rh, cmd);
	pkt->pkt_resid = bp->b_bcount - cmd->pc_total;
	return DDI_SUCCESS;
}

static boolean_t published_moves(const struct ramhba *rh, const struct published_cmd *cmd)
{
	if (rh->rh_published == RAMHBA_HABITS)
		return cmd->pc_flags & CFLAG_DMAVALID ? B_TRUE : B_FALSE;
	return (rh->rh_published == 2 ? cmd->pc_dmahandle != NULL : cmd->pc_nwin != 0) ? B_TRUE :
											 B_FALSE;
}

static void published_free_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct published_cmd *cmd = to_pc(pkt);

	published_sense_free(cmd);
	if (cmd->pc_dmahandle)
		ddi_dma_free_handle(&cmd->pc_dmahandle);
	scsi_hba_pkt_free(ap, pkt);
}

static struct scsi_pkt *published_new_pkt(struct scsi_address *ap, int cmdlen, int statuslen,
					  int tgtlen, int (*callback)(caddr_t), caddr_t arg)
{
	int (*cb)(caddr_t) = callback == NULL_FUNC ? DDI_DMA_DONTWAIT : DDI_DMA_SLEEP;
	struct ramhba *rh = to_ramhba(ap);
	struct scsi_pkt *pkt = scsi_hba_pkt_alloc(rh->rh_dip, ap, cmdlen, statuslen, tgtlen,
						  sizeof(struct published_cmd), callback, arg);

	if (!pkt)
		return NULL;
	to_cmd(pkt)->rc_pkt = pkt;
	if (rh->rh_published != RAMHBA_HABITS)
		return pkt;
	if (published_sense_alloc(rh, ap, to_pc(pkt), statuslen, callback) &&
	    ddi_dma_alloc_handle(rh->rh_dip, &rh->rh_tran->tran_dma_attr, cb, NULL,
				 &to_pc(pkt)->pc_dmahandle) == DDI_SUCCESS)
		return pkt;
	published_free_pkt(ap, pkt);
	return NULL;
}

static struct scsi_pkt *published_init_pkt(struct scsi_address *ap, struct scsi_pkt *pkt,
					   struct buf *bp, int cmdlen, int statuslen, int tgtlen,
					   int flags, int (*callback)(caddr_t), caddr_t arg)
{
	struct ramhba *rh = to_ramhba(ap);
	struct scsi_pkt *new_pkt = NULL;

	if (!pkt) {
		pkt = published_new_pkt(ap, cmdlen, statuslen, tgtlen, callback, arg);
		if (!pkt) {
			if (bp)
				bioerror(bp, 0);
			return NULL;
		}
		new_pkt = pkt;
	}
	if (!bp || !bp->b_bcount)
		return pkt;
	to_pc(pkt)->pc_bp = bp;
	if (published_moves(rh, to_pc(pkt)))
		return published_dma_move(rh, pkt, bp) == DDI_SUCCESS ? pkt : NULL;
	if (published_dma_alloc(rh, pkt, bp, flags, callback) != DDI_SUCCESS) {
		if (new_pkt)
			published_free_pkt(ap, new_pkt);
		return NULL;
	}
	return pkt;
}

static void published_dmafree(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct published_cmd *cmd = to_pc(pkt);

	if (!(cmd->pc_flags & CFLAG_DMAVALID))
		return;
	(void)ddi_dma_unbind_handle(cmd->pc_dmahandle);
	cmd->pc_flags &= ~CFLAG_DMAVALID;
	if (to_ramhba(ap)->rh_published != RAMHBA_HABITS) {
		ddi_dma_free_handle(&cmd->pc_dmahandle);
		return;
	}
	cmd->pc_cookiecnt = 0;
	cmd->pc_curwin = 0;
	cmd->pc_total = 0;
}

/*
 * Answer a read without DMA, as drivers of logical volumes do. Returns B_FALSE if the buffer takes more
 * than this command, or is too short.
 */
boolean_t ramhba_published_answer(struct scsi_pkt *pkt, const void *data, size_t len)
{
	struct published_cmd *cmd = to_pc(pkt);
	struct buf *bp = cmd->pc_bp;

	if (!(cmd->pc_flags & CFLAG_DMAVALID) || bp->b_bcount != cmd->pc_dmacount || bp->b_bcount < len)
		return B_FALSE;
	published_dmafree(&pkt->pkt_address, pkt);
	bp_mapin(bp);
	bcopy(data, bp->b_un.b_addr, len);
	bp_mapout(bp);
	return B_TRUE;
}

static void published_destroy_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	published_dmafree(ap, pkt);
	published_free_pkt(ap, pkt);
}

static void published_sync_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	published_sync(to_pc(pkt));
}

void ramhba_published_setup(scsi_hba_tran_t *tran)
{
	tran->tran_init_pkt = published_init_pkt;
	tran->tran_destroy_pkt = published_destroy_pkt;
	tran->tran_dmafree = published_dmafree;
	tran->tran_sync_pkt = published_sync_pkt;
}
