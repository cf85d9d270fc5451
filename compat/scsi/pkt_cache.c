// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of drivers with tran_setup_pkt(9E). The framework allocates them, binds their DMA
 * resources and moves them from window to window. The driver finds the cookies of the current part
 * in pkt_cookies.
 *
 * A destroyed packet returns to its instance's cache, still constructed, and stays there until the
 * instance detaches. The reason: a constructor may sleep and a destructor needs a thread, but
 * packets come and go in any context.
 */
#include <sys/scsi/scsi.h>

#include "../impl.h"
#include "pkt.h"

/* Minimum room for a CDB and for a status, so that one packet fits most requests. */
#define CACHE_CMDLEN	16
#define CACHE_SCBLEN	((int)sizeof(struct scsi_arq_status))

struct pkt_cache {
	scsi_hba_tran_t		*pc_tran;
	kmutex_t		pc_lock;	/* protects the rest */
	struct pkt_wrapper	*pc_free;
	boolean_t		pc_closed;	/* detached: returned packets are freed */
};

static int dma_handle_alloc(scsi_hba_tran_t *tran, struct pkt_wrapper *pw,
			    int (*callback)(caddr_t))
{
	int rc = ddi_dma_alloc_handle(tran->tran_hba_dip, &tran->tran_dma_attr, callback, NULL,
				      &pw->pw_pkt.pkt_handle);

	if (rc != DDI_SUCCESS)
		return rc;
	pw->pw_granular = tran->tran_dma_attr.dma_attr_granular;
	scsa_dma_one_set(pw->pw_pkt.pkt_handle);
	return DDI_SUCCESS;
}

static struct pkt_wrapper *cache_construct(struct pkt_cache *cache, struct scsi_address *ap,
					   int cmdroom, int scbroom, int tgtroom,
					   int (*callback)(caddr_t))
{
	scsi_hba_tran_t *tran = cache->pc_tran;
	struct pkt_wrapper *pw;
	struct scsi_pkt *pkt;

	pkt = scsi_hba_pkt_alloc(tran->tran_hba_dip, ap, cmdroom, scbroom, tgtroom,
				 tran->tran_hba_len, callback, NULL);
	if (!pkt)
		return NULL;
	pw = pkt_wrapper(pkt);
	pw->pw_cmdroom = cmdroom;
	pw->pw_scbroom = scbroom;
	pw->pw_tgtroom = tgtroom;
	if (!(tran->tran_hba_flags & SCSI_HBA_TRAN_CDB))
		pkt->pkt_cdbp = NULL;
	if (!(tran->tran_hba_flags & SCSI_HBA_TRAN_SCB))
		pkt->pkt_scbp = NULL;
	if (dma_handle_alloc(tran, pw, callback) != DDI_SUCCESS)
		goto free_pkt;
	if (tran->tran_pkt_constructor &&
	    tran->tran_pkt_constructor(pkt, tran, callback == SLEEP_FUNC ? KM_SLEEP : KM_NOSLEEP))
		goto free_handle;
	return pw;

free_handle:
	ddi_dma_free_handle(&pkt->pkt_handle);
free_pkt:
	scsi_hba_pkt_free(ap, pkt);
	return NULL;
}

static void cache_destruct(struct pkt_cache *cache, struct pkt_wrapper *pw)
{
	struct scsi_pkt *pkt = &pw->pw_pkt;

	if (cache->pc_tran->tran_pkt_destructor)
		cache->pc_tran->tran_pkt_destructor(pkt, cache->pc_tran);
	if (pkt->pkt_handle)
		ddi_dma_free_handle(&pkt->pkt_handle);
	scsi_hba_pkt_free(&pkt->pkt_address, pkt);
}

/* Take a packet with areas of these sizes out of the cache. NULL if there is none. */
static struct pkt_wrapper *cache_take(struct pkt_cache *cache, int cmdroom, int scbroom,
				      int tgtroom)
{
	struct pkt_wrapper **p, *pw;

	mutex_enter(&cache->pc_lock);
	for (p = &cache->pc_free; (pw = *p); p = &pw->pw_next)
		if (pw->pw_cmdroom == cmdroom && pw->pw_scbroom == scbroom &&
		    pw->pw_tgtroom == tgtroom)
			break;
	if (pw)
		*p = pw->pw_next;
	mutex_exit(&cache->pc_lock);
	return pw;
}

static void cache_put(struct pkt_cache *cache, struct pkt_wrapper *pw)
{
	boolean_t closed;

	mutex_enter(&cache->pc_lock);
	closed = cache->pc_closed;
	if (!closed) {
		pw->pw_next = cache->pc_free;
		cache->pc_free = pw;
	}
	mutex_exit(&cache->pc_lock);
	if (closed)
		cache_destruct(cache, pw);
}

/* A packet in the state of a new one from scsi_hba_pkt_alloc(9F), but constructed. */
static struct pkt_wrapper *cache_get(struct pkt_cache *cache, struct scsi_address *ap, int cmdlen,
				     int statuslen, int tgtlen, int (*callback)(caddr_t))
{
	int cmdroom = MAX(cmdlen, CACHE_CMDLEN), scbroom = MAX(statuslen, CACHE_SCBLEN);
	struct pkt_wrapper *pw;
	struct scsi_pkt *pkt;

	if (!scsi_pkt_lengths_ok(cache->pc_tran->tran_hba_dip, cmdlen, statuslen, tgtlen, 0))
		return NULL;
	pw = cache_take(cache, cmdroom, scbroom, tgtlen);
	if (!pw)
		pw = cache_construct(cache, ap, cmdroom, scbroom, tgtlen, callback);
	if (!pw)
		return NULL;
	pkt = &pw->pw_pkt;
	pkt->pkt_address = *ap;
	pkt->pkt_comp = NULL;
	pkt->pkt_flags = 0;
	pkt->pkt_time = 0;
	pkt->pkt_resid = 0;
	pkt->pkt_state = 0;
	pkt->pkt_statistics = 0;
	pkt->pkt_reason = CMD_CMPLT;
	pkt->pkt_cdblen = cmdlen;
	pkt->pkt_scblen = statuslen;
	pkt->pkt_tgtlen = tgtlen;
	return pw;
}

static void dma_unbind(struct pkt_wrapper *pw)
{
	struct scsi_pkt *pkt = &pw->pw_pkt;

	if (pw->pw_bound)
		ddi_dma_unbind_handle(pkt->pkt_handle);
	pw->pw_bound = B_FALSE;
	pkt->pkt_numcookies = 0;
	pkt->pkt_cookies = NULL;
	pkt->pkt_dma_offset = 0;
	pkt->pkt_dma_len = 0;
	pkt->pkt_dma_flags = 0;
}

/* Give the packet the cookies of the window at @offset. One command carries one window. */
static void take_window(struct pkt_wrapper *pw, off_t offset, size_t len)
{
	struct scsi_pkt *pkt = &pw->pw_pkt;

	pkt->pkt_numcookies = ddi_dma_ncookies(pkt->pkt_handle);
	pkt->pkt_cookies = (ddi_dma_cookie_t *)ddi_dma_cookie_get(pkt->pkt_handle, 0);
	pkt->pkt_dma_offset = offset;
	pkt->pkt_dma_len = len;
	pkt->pkt_resid = pw->pw_len - offset - len;
}

/* Move to the next window. On failure the packet does not move, and the caller may try again. */
static boolean_t dma_move(struct pkt_wrapper *pw)
{
	off_t offset;
	size_t len;

	if (pw->pw_win + 1 >= pw->pw_nwin ||
	    ddi_dma_getwin(pw->pw_pkt.pkt_handle, pw->pw_win + 1, &offset, &len, NULL,
			   NULL) != DDI_SUCCESS)
		return B_FALSE;
	pw->pw_win++;
	take_window(pw, offset, len);
	return B_TRUE;
}

static uint_t dma_flags_of(const struct buf *bp, int flags)
{
	return (bp->b_flags & B_READ ? DDI_DMA_READ : DDI_DMA_WRITE) |
	       (flags & PKT_CONSISTENT ? DDI_DMA_CONSISTENT : 0) |
	       (flags & PKT_DMA_PARTIAL ? DDI_DMA_PARTIAL : 0);
}

static void bind_error(struct buf *bp, int rc)
{
	switch (rc) {
	case DDI_DMA_NORESOURCES:
		bioerror(bp, 0);
		break;
	case DDI_DMA_TOOBIG:
		bioerror(bp, EINVAL);
		break;
	default:
		bioerror(bp, EFAULT);
		break;
	}
}

static boolean_t dma_bind(struct pkt_wrapper *pw, struct buf *bp, int flags,
			  int (*callback)(caddr_t))
{
	struct scsi_pkt *pkt = &pw->pw_pkt;
	scsi_hba_tran_t *tran = pkt->pkt_address.a_hba_tran;
	off_t offset;
	size_t len;
	int rc;

	/* "sector-size" has changed the granularity since the handle was made. */
	if (pkt->pkt_handle && pw->pw_granular != tran->tran_dma_attr.dma_attr_granular)
		ddi_dma_free_handle(&pkt->pkt_handle);
	if (!pkt->pkt_handle) {
		rc = dma_handle_alloc(tran, pw, callback);
		if (rc != DDI_SUCCESS)
			goto fail;
	}
	rc = ddi_dma_buf_bind_handle(pkt->pkt_handle, bp, dma_flags_of(bp, flags), callback, NULL,
				     NULL, NULL);
	if (rc != DDI_DMA_MAPPED && rc != DDI_DMA_PARTIAL_MAP)
		goto fail;
	pw->pw_nwin = 1;
	if (rc == DDI_DMA_PARTIAL_MAP)
		ddi_dma_numwin(pkt->pkt_handle, &pw->pw_nwin);
	pw->pw_bound = B_TRUE;
	pw->pw_win = 0;
	pw->pw_len = bp->b_bcount;
	pkt->pkt_dma_flags = dma_flags_of(bp, flags);
	/* The first window is the current one already. */
	ddi_dma_getwin(pkt->pkt_handle, 0, &offset, &len, NULL, NULL);
	take_window(pw, offset, len);
	return B_TRUE;

fail:
	bind_error(bp, rc);
	return B_FALSE;
}

/* Let the driver set a new packet up, then check that it has all the areas requested. */
static boolean_t cache_setup(struct scsi_pkt *pkt, int (*callback)(caddr_t))
{
	scsi_hba_tran_t *tran = pkt->pkt_address.a_hba_tran;

	if (tran->tran_setup_pkt(pkt, callback, NULL))
		return B_FALSE;
	if ((pkt->pkt_cdblen && !pkt->pkt_cdbp) || (pkt->pkt_scblen && !pkt->pkt_scbp)) {
		dev_err(tran->tran_hba_dip, CE_WARN, "tran_setup_pkt left no room for CDB or status");
		tran->tran_teardown_pkt(pkt);
		return B_FALSE;
	}
	if (pkt->pkt_cdblen)
		bzero(pkt->pkt_cdbp, pkt->pkt_cdblen);
	if (pkt->pkt_scblen)
		bzero(pkt->pkt_scbp, pkt->pkt_scblen);
	if (pkt->pkt_tgtlen)
		bzero(pkt->pkt_private, pkt->pkt_tgtlen);
	return B_TRUE;
}

static struct scsi_pkt *cache_init_pkt(struct scsi_address *ap, struct scsi_pkt *pkt,
				       struct buf *bp, int cmdlen, int statuslen, int tgtlen,
				       int flags, int (*callback)(caddr_t), caddr_t arg)
{
	struct pkt_cache *cache = ap->a_hba_tran->tran_pkt_cache_ptr;
	struct pkt_wrapper *new = NULL, *pw;

	if (!pkt) {
		new = cache_get(cache, ap, cmdlen, statuslen, tgtlen, callback);
		if (!new)
			return NULL;
		pkt = &new->pw_pkt;
	}
	pw = pkt_wrapper(pkt);
	if (!bp || !bp->b_bcount)
		pkt->pkt_resid = 0;
	else if (pw->pw_bound ? !dma_move(pw) : !dma_bind(pw, bp, flags, callback))
		goto fail;
	/* Setup runs once for a packet, like teardown, whatever happens to its DMA resources. */
	if (new && !cache_setup(pkt, callback))
		goto fail;
	return pkt;

fail:
	if (new) {
		dma_unbind(new);
		cache_put(cache, new);
	}
	return NULL;
}

static void cache_destroy_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	scsi_hba_tran_t *tran = ap->a_hba_tran;

	tran->tran_teardown_pkt(pkt);
	dma_unbind(pkt_wrapper(pkt));
	cache_put(tran->tran_pkt_cache_ptr, pkt_wrapper(pkt));
}

static void cache_dmafree(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	dma_unbind(pkt_wrapper(pkt));
}

static void cache_sync_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	if (pkt_wrapper(pkt)->pw_bound)
		ddi_dma_sync(pkt->pkt_handle, pkt->pkt_dma_offset, pkt->pkt_dma_len,
			     pkt->pkt_dma_flags & DDI_DMA_READ ? DDI_DMA_SYNC_FORCPU :
								 DDI_DMA_SYNC_FORDEV);
}

void scsi_pkt_cache_attach(scsi_hba_tran_t *tran)
{
	struct pkt_cache *cache = tran->tran_pkt_cache_ptr;

	if (cache) {
		cache->pc_closed = B_FALSE;
		return;
	}
	cache = kmem_zalloc(sizeof(*cache), KM_SLEEP);
	cache->pc_tran = tran;
	mutex_init(&cache->pc_lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(SCSA_PRI_ATOMIC));
	tran->tran_pkt_cache_ptr = cache;
	tran->tran_init_pkt = cache_init_pkt;
	tran->tran_destroy_pkt = cache_destroy_pkt;
	tran->tran_dmafree = cache_dmafree;
	tran->tran_sync_pkt = cache_sync_pkt;
}

/* The driver may still hold packets. It must return them before it frees @tran. */
void scsi_pkt_cache_detach(scsi_hba_tran_t *tran)
{
	struct pkt_cache *cache = tran->tran_pkt_cache_ptr;
	struct pkt_wrapper *pw, *next;

	if (!cache)
		return;
	mutex_enter(&cache->pc_lock);
	pw = cache->pc_free;
	cache->pc_free = NULL;
	cache->pc_closed = B_TRUE;
	mutex_exit(&cache->pc_lock);
	for (; pw; pw = next) {
		next = pw->pw_next;
		cache_destruct(cache, pw);
	}
}

void scsi_pkt_cache_free(scsi_hba_tran_t *tran)
{
	struct pkt_cache *cache = tran->tran_pkt_cache_ptr;

	if (!cache)
		return;
	mutex_destroy(&cache->pc_lock);
	kmem_free(cache, sizeof(*cache));
}
