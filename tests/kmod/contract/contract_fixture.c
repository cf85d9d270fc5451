// SPDX-License-Identifier: GPL-2.0
/* What a test of packets works with: an HBA or a logical unit, a buffer in pieces, and a packet. */
#include "contract_fixture.h"

static bool fixture_buf(struct contract_fixture *f, uint_t pieces)
{
	if (pieces && contract_sgl_alloc(&f->s, pieces, PIECE))
		return false;
	f->bp = getrbuf(KM_SLEEP);
	f->bp->b_flags = B_READ;
	f->bp->b_sgl = f->s.sgl;
	f->bp->b_nents = f->s.nents;
	f->bp->b_bcount = f->s.len;
	return true;
}

bool contract_fixture_mock(struct contract_fixture *f, dev_info_t *dip, boolean_t setup_style,
			   uint_t pieces)
{
	bzero(f, sizeof(*f));
	f->hba = mock_create(dip, setup_style, SCSI_HBA_TRAN_CDB | SCSI_HBA_TRAN_SCB);
	if (!f->hba)
		return false;
	f->ap = &f->hba->ap;
	return fixture_buf(f, pieces);
}

bool contract_fixture_lun(struct contract_fixture *f, dev_info_t *dip,
			  const struct contract_lun *lun, uint_t pieces)
{
	bzero(f, sizeof(*f));
	f->sd.sd_dev = dip;
	f->ap = &f->sd.sd_address;
	f->ap->a_hba_tran = ddi_get_driver_private(dip);
	f->ap->a_target = lun->target;
	f->ap->a_lun = lun->lun;
	return fixture_buf(f, pieces);
}

const char *contract_fixture_end(struct contract_fixture *f, const char *why)
{
	if (f->pkt)
		scsi_destroy_pkt(f->pkt);
	if (f->bp)
		freerbuf(f->bp);
	if (f->s.sgl)
		contract_sgl_free(&f->s);
	scsi_unprobe(&f->sd);
	if (f->hba)
		mock_destroy(f->hba);
	return why;
}

struct scsi_pkt *contract_fixture_pkt(struct contract_fixture *f, struct scsi_pkt *pkt,
				      struct buf *bp, int flags, int (*callback)(caddr_t))
{
	return scsi_init_pkt(f->ap, pkt, bp, pkt ? 0 : 10, pkt ? 0 : ARQ_LEN, pkt ? 0 : 8, flags,
			     callback, (caddr_t)f);
}
