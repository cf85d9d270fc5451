/* SPDX-License-Identifier: GPL-2.0 */
/* An HBA whose entry points the tests control: what they return, and a record of their calls. */
#ifndef _CONTRACT_HBA_H
#define _CONTRACT_HBA_H

#include <sys/scsi/scsi.h>

#include "contract_check.h"

#define ARQ_LEN	((int)sizeof(struct scsi_arq_status))

struct mock_hba {
	dev_info_t		*dip;
	scsi_hba_tran_t		*tran;
	struct scsi_address	ap;
	boolean_t		attached;

	/* How often each entry point was called, and with what. */
	int			starts, inits, destroys, dmafrees, syncs;
	int			setups, teardowns, constructed, destructed;
	struct {
		struct scsi_pkt	*pkt;
		struct buf	*bp;
		int		cmdlen, statuslen, tgtlen, flags;
		int		(*callback)(caddr_t arg);
		caddr_t		arg;
		int		error;		/* geterror(bp) on entry */
	} init;
	uint_t			start_flags;
	boolean_t		start_comp;	/* pkt_comp was set */
	boolean_t		start_renewed;	/* no state, statistics or status of an earlier command */

	/* What the entry points must do. */
	boolean_t		init_fails;
	int			init_error;	/* then passed to bioerror() */
	boolean_t		setup_fails;
	boolean_t		constructor_fails;
	boolean_t		no_areas;	/* there are no CDB and status areas */
	int			busy;		/* times that tran_start() is busy, then TRAN_ACCEPT */
	int			start_rc;	/* if not 0: what tran_start() returns instead */
	uchar_t			reason;		/* pkt_reason of accepted packets */
	uint_t			state;		/* further bits of pkt_state */
	uchar_t			status;
	int			status_times;	/* how often to return it before a good one */
	clock_t			latency;	/* ticks until completion; 0: immediately */
	boolean_t		mute;		/* completes only packets that are aborted */
	boolean_t		slow_abort;	/* an abort fails, and the packet comes a second later */
	void			(*play)(struct mock_hba *hba, struct scsi_pkt *pkt);
	void			*play_arg;
	void			(*play_late)(struct mock_hba *hba, struct scsi_pkt *pkt);	/* when aborted */
	int			aborts;
	struct scsi_pkt		*pending;
};

/* With these attributes a part is two pieces of a page each. */
extern const ddi_dma_attr_t mock_attr;

/* Attach an HBA with one of the packet styles. Returns NULL on failure. */
struct mock_hba *mock_create(dev_info_t *dip, boolean_t setup_style, int flags);
void mock_destroy(struct mock_hba *hba);
/* The vectors that mock_create() sets, in a structure that is not attached. */
scsi_hba_tran_t *mock_tran(struct mock_hba *hba, boolean_t setup_style);

#endif /* _CONTRACT_HBA_H */
