/* SPDX-License-Identifier: GPL-2.0 */
/* What a test of packets works with: an HBA or a logical unit, a buffer in pieces, and a packet. */
#ifndef _CONTRACT_FIXTURE_H
#define _CONTRACT_FIXTURE_H

#include "contract.h"
#include "contract_hba.h"

struct contract_fixture {
	struct mock_hba		*hba;	/* NULL: a real HBA */
	struct scsi_device	sd;	/* the LUN of a real HBA */
	struct scsi_address	*ap;	/* of either */
	struct scsa_sgl		s;
	struct buf		*bp;	/* for all of @s */
	struct scsi_pkt		*pkt;	/* left by the test */
};

/*
 * Use one of these two with CHECK(), in any case followed by contract_fixture_end(). The buffer is for
 * a read, and has @pieces pieces that do not adjoin.
 */
bool contract_fixture_mock(struct contract_fixture *f, dev_info_t *dip, boolean_t setup_style,
			   uint_t pieces);
bool contract_fixture_lun(struct contract_fixture *f, dev_info_t *dip,
			  const struct contract_lun *lun, uint_t pieces);
/* Destroy the packet and everything else; returns @why. */
const char *contract_fixture_end(struct contract_fixture *f, const char *why);
/* Allocate a packet, or use @pkt again. @callback gets @f. */
struct scsi_pkt *contract_fixture_pkt(struct contract_fixture *f, struct scsi_pkt *pkt,
				      struct buf *bp, int flags, int (*callback)(caddr_t));

#endif /* _CONTRACT_FIXTURE_H */
