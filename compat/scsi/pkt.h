/* SPDX-License-Identifier: GPL-2.0 */
/* The framework's data around a packet, shared by the two packet styles. */
#ifndef _COMPAT_SCSI_PKT_H
#define _COMPAT_SCSI_PKT_H

#include <sys/scsi/scsi.h>

#include "../ddi/callback.h"
#include "../impl.h"

struct pkt_cache;

struct pkt_wrapper {
	struct scsi_pkt		pw_pkt;		/* first */
	uint_t			pw_magic;
	size_t			pw_size;
	/* The rest is only for packets of drivers with tran_setup_pkt(9E). */
	struct pkt_wrapper	*pw_next;	/* in the cache, under its lock */
	int			pw_cmdroom;	/* lengths of its areas */
	int			pw_scbroom;
	int			pw_tgtroom;
	uint_t			pw_granular;	/* granularity that pkt_handle was made with */
	boolean_t		pw_bound;
	uint_t			pw_nwin;
	uint_t			pw_win;		/* the current one */
	size_t			pw_len;		/* bytes bound */
};

static inline struct pkt_wrapper *pkt_wrapper(struct scsi_pkt *pkt)
{
	return (struct pkt_wrapper *)pkt;
}

/* As far as we can tell, is this a packet of an HBA? */
static inline boolean_t pkt_usable(const struct scsi_pkt *pkt)
{
	return pkt && pkt->pkt_address.a_hba_tran ? B_TRUE : B_FALSE;
}

/* tran_init_pkt(9E) has failed: are resources short? Some drivers say ENOMEM of that, not 0. */
static inline boolean_t pkt_shortage(struct buf *bp)
{
	return !bp || !geterror(bp) || geterror(bp) == ENOMEM ? B_TRUE : B_FALSE;
}

/* Drivers add to these. A packet that is used again has those of its last command. */
static inline void pkt_renew(struct scsi_pkt *pkt)
{
	pkt->pkt_state = 0;
	pkt->pkt_statistics = 0;
	if (pkt->pkt_scbp)
		*pkt->pkt_scbp = 0;
}

boolean_t scsi_pkt_lengths_ok(dev_info_t *dip, int cmdlen, int statuslen, int tgtlen, int hbalen);

/* On completion, for drivers with tran_setup_pkt(9E): sync a consistent buffer of a read. */
void scsi_pkt_sync_cached(struct scsi_pkt *pkt);
static inline void scsi_pkt_sync_consistent(struct scsi_pkt *pkt)
{
	if (pkt->pkt_address.a_hba_tran->tran_setup_pkt)
		scsi_pkt_sync_cached(pkt);
}

/* scsi_transport(9F) of a packet with FLAG_NOINTR, and of any packet after a panic. TRAN_*. */
int scsi_transport_polled(struct scsi_pkt *pkt);
int scsi_transport_panic(struct scsi_pkt *pkt);

/*
 * What scsi_init_pkt(9F), scsi_transport(9F) and scsi_dmafree(9F) do once their arguments are
 * checked and the buffer's error is cleared. Our stand-in for a target driver calls these for each
 * command.
 */
static inline struct scsi_pkt *scsi_pkt_init(struct scsi_address *ap, struct scsi_pkt *pkt,
					     struct buf *bp, int cmdlen, int statuslen,
					     int privatelen, int flags, int (*callback)(caddr_t))
{
	return ap->a_hba_tran->tran_init_pkt(ap, pkt, bp, cmdlen, statuslen, privatelen, flags,
					     callback == SLEEP_FUNC ? SLEEP_FUNC : NULL_FUNC, NULL);
}

/* For a packet whose flags are new, without FLAG_NOINTR. */
static inline int scsi_pkt_send(struct scsi_pkt *pkt)
{
	pkt_renew(pkt);
	if (linux_in_panic())
		return scsi_transport_panic(pkt);
	return pkt->pkt_address.a_hba_tran->tran_start(&pkt->pkt_address, pkt);
}

static inline int scsi_pkt_transport(struct scsi_pkt *pkt)
{
	pkt->pkt_flags &= ~FLAG_PKT_COMP_CALLED;
	if (!(pkt->pkt_flags & FLAG_NOINTR) || linux_in_panic())
		return scsi_pkt_send(pkt);
	pkt_renew(pkt);
	return scsi_transport_polled(pkt);
}

static inline void scsi_pkt_dmafree(struct scsi_pkt *pkt)
{
	struct scsi_address *ap = &pkt->pkt_address;

	ap->a_hba_tran->tran_dmafree(ap, pkt);
	ddi_callback_release(&scsi_pkt_callbacks);
}

/* Install the framework's packet functions in @tran, which has tran_setup_pkt(9E). */
void scsi_pkt_cache_attach(scsi_hba_tran_t *tran);
/* The instance detaches. Packets in use are freed when the driver returns them. */
void scsi_pkt_cache_detach(scsi_hba_tran_t *tran);
void scsi_pkt_cache_free(scsi_hba_tran_t *tran);

#endif /* _COMPAT_SCSI_PKT_H */
