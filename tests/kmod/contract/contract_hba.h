/* SPDX-License-Identifier: GPL-2.0 */
/* An HBA whose entry points the contract tests decide: what they return, and what they were told. */
#ifndef _CONTRACT_HBA_H
#define _CONTRACT_HBA_H

#include <sys/scsi/scsi.h>

#include "contract_check.h"

struct mock_hba {
	dev_info_t		*dip;
	scsi_hba_tran_t		*tran;
	struct scsi_address	ap;
	boolean_t		attached;

	/* How often an entry point was called, and what for. */
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

	/* What they shall do. */
	boolean_t		init_fails;
	int			init_error;	/* bioerror() then */
	boolean_t		setup_fails;
	boolean_t		constructor_fails;
	boolean_t		no_areas;	/* setup leaves CDB and status to nobody */
	int			busy;		/* times that tran_start() is busy, then TRAN_ACCEPT */
	int			start_rc;	/* if not 0: what it returns instead */
	uchar_t			reason;		/* of what it accepts */
	uint_t			state;		/* more of pkt_state */
	uchar_t			status;
	int			status_times;	/* how often that status comes, then it is good */
	clock_t			latency;	/* ticks until completion, 0: at once */
	boolean_t		mute;		/* completes only what is aborted */
	void			(*play)(struct mock_hba *hba, struct scsi_pkt *pkt);
	void			*play_arg;
	int			aborts;
	struct scsi_pkt		*pending;
};

/* Attributes of which a part is two pieces of a page. */
extern const ddi_dma_attr_t mock_attr;

/* An attached HBA in one of the packet styles. NULL if that failed. */
struct mock_hba *mock_create(dev_info_t *dip, boolean_t setup_style, int flags);
void mock_destroy(struct mock_hba *hba);
/* The vectors as mock_create() sets them, in a structure that is not attached. */
scsi_hba_tran_t *mock_tran(struct mock_hba *hba, boolean_t setup_style);

#endif /* _CONTRACT_HBA_H */
