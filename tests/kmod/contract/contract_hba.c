// SPDX-License-Identifier: GPL-2.0
/* Clauses of scsi_hba_attach_setup(9F) and similar, and the HBA that the packet tests use. */
#include "contract.h"
#include "contract_hba.h"

const ddi_dma_attr_t mock_attr = {
	DMA_ATTR_V0, 0, 0xffffffffffffffffULL, 4095, 1, 1, 1, 0xffffffffULL, 0xffffffffULL, 2, 512, 0
};

static struct mock_hba *to_mock(struct scsi_address *ap)
{
	return ap->a_hba_tran->tran_hba_private;
}

static void mock_complete(void *arg)
{
	struct scsi_pkt *pkt = arg;

	scsi_hba_pkt_comp(pkt);
}

static int mock_start(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct mock_hba *hba = to_mock(ap);

	hba->starts++;
	hba->start_flags = pkt->pkt_flags;
	hba->start_comp = pkt->pkt_comp != NULL;
	hba->start_renewed = !pkt->pkt_state && !pkt->pkt_statistics && (!pkt->pkt_scbp || !*pkt->pkt_scbp);
	if (hba->start_rc)
		return hba->start_rc;
	if (hba->busy > 0) {
		hba->busy--;
		return TRAN_BUSY;
	}
	pkt->pkt_reason = hba->reason;
	pkt->pkt_state = hba->reason == CMD_INCOMPLETE ? STATE_GOT_BUS : STATE_GOT_BUS |
			 STATE_GOT_TARGET | STATE_SENT_CMD | STATE_GOT_STATUS | hba->state;
	pkt->pkt_statistics = 0;
	pkt->pkt_resid = 0;
	if (pkt->pkt_scbp)
		*pkt->pkt_scbp = hba->status_times-- > 0 ? hba->status : STATUS_GOOD;
	if (hba->play)
		hba->play(hba, pkt);
	hba->pending = pkt;
	if (hba->mute)
		return TRAN_ACCEPT;
	if (hba->latency)
		return timeout(mock_complete, pkt, hba->latency) ? TRAN_ACCEPT : TRAN_BUSY;
	mock_complete(pkt);
	return TRAN_ACCEPT;
}

static void mock_aborted(void *arg)
{
	struct scsi_pkt *pkt = arg;
	struct mock_hba *hba = to_mock(&pkt->pkt_address);

	if (hba->play_late)
		hba->play_late(hba, pkt);
	pkt->pkt_reason = CMD_ABORTED;
	pkt->pkt_statistics |= STAT_ABORTED;
	mock_complete(pkt);
}

static int mock_abort(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct mock_hba *hba = to_mock(ap);

	hba->aborts++;
	if (!hba->mute || !pkt || pkt != hba->pending)
		return DDI_FAILURE;	/* should be 0, but some drivers return this */
	hba->mute = B_FALSE;
	if (hba->slow_abort)
		return timeout(mock_aborted, pkt, SEC_TO_TICK(1)) ? 0 : -1;
	mock_aborted(pkt);
	return 1;
}

static int mock_getcap(struct scsi_address *ap, char *cap, int whom)
{
	return -1;
}

static int mock_setcap(struct scsi_address *ap, char *cap, int value, int whom)
{
	return scsi_hba_lookup_capstr(cap) == SCSI_CAP_SECTOR_SIZE ? 1 : -1;
}

static struct scsi_pkt *mock_init_pkt(struct scsi_address *ap, struct scsi_pkt *pkt,
				      struct buf *bp, int cmdlen, int statuslen, int tgtlen,
				      int flags, int (*callback)(caddr_t), caddr_t arg)
{
	struct mock_hba *hba = to_mock(ap);

	hba->inits++;
	hba->init.pkt = pkt;
	hba->init.bp = bp;
	hba->init.cmdlen = cmdlen;
	hba->init.statuslen = statuslen;
	hba->init.tgtlen = tgtlen;
	hba->init.flags = flags;
	hba->init.callback = callback;
	hba->init.arg = arg;
	hba->init.error = bp ? bp->b_error : 0;
	if (hba->init_fails) {
		if (bp)
			bioerror(bp, hba->init_error);
		return NULL;
	}
	return pkt ? pkt : scsi_hba_pkt_alloc(hba->dip, ap, cmdlen, statuslen, tgtlen, 0, callback,
					      arg);
}

static void mock_destroy_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	to_mock(ap)->destroys++;
	scsi_hba_pkt_free(ap, pkt);
}

static void mock_dmafree(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	to_mock(ap)->dmafrees++;
}

static void mock_sync_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	to_mock(ap)->syncs++;
}

/* What a driver with tran_setup_pkt(9E) keeps in each packet. */
struct mock_cmd {
	ulong_t	mc_constructed;
	uchar_t	mc_cdb[16];
	uchar_t	mc_scb[sizeof(struct scsi_arq_status)];
};

#define MOCK_CONSTRUCTED	0xc0de1234UL

static int mock_constructor(struct scsi_pkt *pkt, scsi_hba_tran_t *tran, int kmflag)
{
	struct mock_hba *hba = tran->tran_hba_private;
	struct mock_cmd *mc = pkt->pkt_ha_private;

	if (hba->constructor_fails)
		return -1;
	mc->mc_constructed = MOCK_CONSTRUCTED;
	hba->constructed++;
	return 0;
}

static void mock_destructor(struct scsi_pkt *pkt, scsi_hba_tran_t *tran)
{
	struct mock_hba *hba = tran->tran_hba_private;
	struct mock_cmd *mc = pkt->pkt_ha_private;

	hba->destructed += mc->mc_constructed == MOCK_CONSTRUCTED;
}

static int mock_setup_pkt(struct scsi_pkt *pkt, int (*callback)(caddr_t), caddr_t arg)
{
	struct mock_hba *hba = to_mock(&pkt->pkt_address);
	struct mock_cmd *mc = pkt->pkt_ha_private;

	hba->init.callback = callback;
	hba->init.arg = arg;
	if (hba->setup_fails || mc->mc_constructed != MOCK_CONSTRUCTED)
		return -1;
	hba->setups++;
	if (!pkt->pkt_cdbp && !hba->no_areas) {
		pkt->pkt_cdbp = mc->mc_cdb;
		pkt->pkt_scbp = mc->mc_scb;
	}
	return 0;
}

static void mock_teardown_pkt(struct scsi_pkt *pkt)
{
	to_mock(&pkt->pkt_address)->teardowns++;
}

scsi_hba_tran_t *mock_tran(struct mock_hba *hba, boolean_t setup_style)
{
	scsi_hba_tran_t *tran = scsi_hba_tran_alloc(hba->dip, SCSI_HBA_CANSLEEP);

	tran->tran_hba_private = hba;
	tran->tran_start = mock_start;
	tran->tran_abort = mock_abort;
	tran->tran_getcap = mock_getcap;
	tran->tran_setcap = mock_setcap;
	if (setup_style) {
		tran->tran_hba_len = sizeof(struct mock_cmd);
		tran->tran_pkt_constructor = mock_constructor;
		tran->tran_pkt_destructor = mock_destructor;
		tran->tran_setup_pkt = mock_setup_pkt;
		tran->tran_teardown_pkt = mock_teardown_pkt;
	} else {
		tran->tran_init_pkt = mock_init_pkt;
		tran->tran_destroy_pkt = mock_destroy_pkt;
		tran->tran_dmafree = mock_dmafree;
		tran->tran_sync_pkt = mock_sync_pkt;
	}
	return tran;
}

struct mock_hba *mock_create(dev_info_t *dip, boolean_t setup_style, int flags)
{
	struct mock_hba *hba = kmem_zalloc(sizeof(*hba), KM_SLEEP);
	ddi_dma_attr_t attr = mock_attr;

	hba->dip = dip;
	hba->tran = mock_tran(hba, setup_style);
	hba->ap.a_hba_tran = hba->tran;
	hba->attached = scsi_hba_attach_setup(dip, &attr, hba->tran, flags) == DDI_SUCCESS;
	if (hba->attached)
		return hba;
	mock_destroy(hba);
	return NULL;
}

void mock_destroy(struct mock_hba *hba)
{
	if (hba->attached)
		scsi_hba_detach(hba->dip);
	scsi_hba_tran_free(hba->tran);
	kmem_free(hba, sizeof(*hba));
}

/* Attach with vectors that @spoil has changed; returns scsi_hba_attach_setup(9F)'s result. */
static int attach_spoiled(dev_info_t *dip, boolean_t setup_style, void (*spoil)(scsi_hba_tran_t *))
{
	struct mock_hba hba = { .dip = dip };
	ddi_dma_attr_t attr = mock_attr;
	int rc;

	hba.tran = mock_tran(&hba, setup_style);
	spoil(hba.tran);
	rc = scsi_hba_attach_setup(dip, &attr, hba.tran, 0);
	if (rc == DDI_SUCCESS)
		scsi_hba_detach(dip);
	scsi_hba_tran_free(hba.tran);
	return rc;
}

static void spoil_nothing(scsi_hba_tran_t *tran)
{
}

static void no_start(scsi_hba_tran_t *tran)
{
	tran->tran_start = NULL;
}

static int name_of(struct scsi_device *sd, char *name, int len)
{
	return 0;
}

static void name_alone(scsi_hba_tran_t *tran)
{
	tran->tran_get_name = name_of;
}

static void no_getcap(scsi_hba_tran_t *tran)
{
	tran->tran_getcap = NULL;
}

static void no_setcap(scsi_hba_tran_t *tran)
{
	tran->tran_setcap = NULL;
}

static void no_init_pkt(scsi_hba_tran_t *tran)
{
	tran->tran_init_pkt = NULL;
}

static void no_destroy_pkt(scsi_hba_tran_t *tran)
{
	tran->tran_destroy_pkt = NULL;
}

static void no_dmafree(scsi_hba_tran_t *tran)
{
	tran->tran_dmafree = NULL;
}

static void no_sync_pkt(scsi_hba_tran_t *tran)
{
	tran->tran_sync_pkt = NULL;
}

static void no_teardown_pkt(scsi_hba_tran_t *tran)
{
	tran->tran_teardown_pkt = NULL;
}

static void init_pkt_too(scsi_hba_tran_t *tran)
{
	tran->tran_init_pkt = mock_init_pkt;
}

static void long_hba_len(scsi_hba_tran_t *tran)
{
	tran->tran_hba_len = 1 << 20;
}

static const char *required(dev_info_t *dip)
{
	const char *why = NULL;

	CHECK(attach_spoiled(dip, B_FALSE, spoil_nothing) == DDI_SUCCESS);
	CHECK(attach_spoiled(dip, B_FALSE, no_start) == DDI_FAILURE);
	CHECK(attach_spoiled(dip, B_FALSE, no_getcap) == DDI_FAILURE);
	CHECK(attach_spoiled(dip, B_FALSE, no_setcap) == DDI_FAILURE);
	CHECK(attach_spoiled(dip, B_FALSE, name_alone) == DDI_FAILURE);
	CHECK(attach_spoiled(dip, B_FALSE, no_init_pkt) == DDI_FAILURE);
	CHECK(attach_spoiled(dip, B_FALSE, no_destroy_pkt) == DDI_FAILURE);
	CHECK(attach_spoiled(dip, B_FALSE, no_dmafree) == DDI_FAILURE);
	CHECK(attach_spoiled(dip, B_FALSE, no_sync_pkt) == DDI_FAILURE);
out:
	return why;
}

static const char *one_style(dev_info_t *dip)
{
	const char *why = NULL;

	CHECK(attach_spoiled(dip, B_TRUE, spoil_nothing) == DDI_SUCCESS);
	CHECK(attach_spoiled(dip, B_TRUE, init_pkt_too) == DDI_FAILURE);
	CHECK(attach_spoiled(dip, B_TRUE, no_teardown_pkt) == DDI_FAILURE);
	CHECK(attach_spoiled(dip, B_TRUE, long_hba_len) == DDI_FAILURE);
out:
	return why;
}

static const char *once(dev_info_t *dip)
{
	struct mock_hba *hba = mock_create(dip, B_FALSE, 0);
	ddi_dma_attr_t attr = mock_attr;
	const char *why = NULL;

	if (!hba)
		return "cannot attach";
	CHECK(scsi_hba_attach_setup(dip, &attr, NULL, 0) == DDI_FAILURE);
	CHECK(scsi_hba_attach_setup(dip, &attr, hba->tran, 0) == DDI_FAILURE);
	CHECK(scsi_hba_detach(dip) == DDI_SUCCESS);
	hba->attached = B_FALSE;
	CHECK(scsi_hba_detach(dip) == DDI_FAILURE);
out:
	mock_destroy(hba);
	return why;
}

/* The fields that the framework fills in, and those that it leaves alone. */
static const char *fields(dev_info_t *dip)
{
	struct mock_hba *hba = mock_create(dip, B_FALSE, SCSI_HBA_TRAN_CLONE);
	const char *why = NULL;

	if (!hba)
		return "cannot attach";
	CHECK(hba->tran->tran_hba_dip == dip);
	CHECK(hba->tran->tran_hba_private == hba);
	CHECK(hba->tran->tran_hba_flags == SCSI_HBA_TRAN_CLONE);
	CHECK(hba->tran->tran_interconnect_type == INTERCONNECT_PARALLEL);
	CHECK(hba->tran->tran_dma_attr.dma_attr_sgllen == mock_attr.dma_attr_sgllen);
	CHECK(ddi_get_driver_private(dip) == hba->tran);
	CHECK(ddi_prop_get_int(DDI_DEV_T_ANY, dip, 0, "scsi-reset-delay", 0) ==
	      SCSI_DEFAULT_RESET_DELAY);
	CHECK(ddi_prop_exists(DDI_DEV_T_ANY, dip, 0, "scsi-options"));
out:
	mock_destroy(hba);
	return why;
}

static const struct contract_test tests[] = {
	{ "attach_setup.required_vectors", required },
	{ "attach_setup.one_packet_style", one_style },
	{ "attach_setup.once", once },
	{ "attach_setup.fields", fields },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
