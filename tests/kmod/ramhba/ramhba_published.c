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
 * an earlier command.
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
void ramhba_published_check(struct ramhba *rh, struct scsi_pkt *pkt)
{
	const struct published_cmd *cmd = to_pc(pkt);

	if (cmd->pc_cookiecnt && !(cmd->pc_flags & CFLAG_DMAVALID))
		published_stale(rh, "cookies");
	/* Published drivers add to these. */
	if (pkt->pkt_state || pkt->pkt_statistics || *pkt->pkt_scbp)
		published_stale(rh, "status");
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
void ramhba_published_done(struct scsi_pkt *pkt)
{
	published_sync(to_pc(pkt));
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

	rc = ddi_dma_alloc_handle(rh->rh_dip, &tmp_dma_attr, cb, NULL, &cmd->pc_dmahandle);
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
		bioerror(bp, 0);
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
	ddi_dma_free_handle(&cmd->pc_dmahandle);
	cmd->pc_dmahandle = NULL;
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
	return (rh->rh_published == 2 ? cmd->pc_dmahandle != NULL : cmd->pc_nwin != 0) ? B_TRUE :
											 B_FALSE;
}

static struct scsi_pkt *published_init_pkt(struct scsi_address *ap, struct scsi_pkt *pkt,
					   struct buf *bp, int cmdlen, int statuslen, int tgtlen,
					   int flags, int (*callback)(caddr_t), caddr_t arg)
{
	struct ramhba *rh = to_ramhba(ap);
	struct scsi_pkt *new_pkt = NULL;

	if (!pkt) {
		pkt = scsi_hba_pkt_alloc(rh->rh_dip, ap, cmdlen, statuslen, tgtlen,
					 sizeof(struct published_cmd), callback, arg);
		if (!pkt)
			return NULL;
		new_pkt = pkt;
		to_cmd(pkt)->rc_pkt = pkt;
	}
	if (!bp || !bp->b_bcount)
		return pkt;
	if (published_moves(rh, to_pc(pkt)))
		return published_dma_move(rh, pkt, bp) == DDI_SUCCESS ? pkt : NULL;
	if (published_dma_alloc(rh, pkt, bp, flags, callback) != DDI_SUCCESS) {
		if (new_pkt)
			scsi_hba_pkt_free(ap, new_pkt);
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
	ddi_dma_free_handle(&cmd->pc_dmahandle);
	cmd->pc_flags &= ~CFLAG_DMAVALID;
}

static void published_destroy_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	published_dmafree(ap, pkt);
	scsi_hba_pkt_free(ap, pkt);
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
