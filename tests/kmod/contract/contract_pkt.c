// SPDX-License-Identifier: GPL-2.0
/* Clauses of scsi_init_pkt(9F), scsi_destroy_pkt(9F), tran_init_pkt(9E) and tran_setup_pkt(9E). */
#include "contract_fixture.h"

#define CALLED_USEC	2000000

static struct scsi_pkt *init_pkt(struct contract_fixture *f, struct scsi_pkt *pkt, struct buf *bp,
				 int flags)
{
	return contract_fixture_pkt(f, pkt, bp, flags, NULL_FUNC);
}

/* ---- what the framework does for both styles ---- */

static const char *args_passed(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_FALSE, 1));
	f.pkt = scsi_init_pkt(f.ap, NULL, f.bp, 12, ARQ_LEN, 24,
			      PKT_CONSISTENT | PKT_DMA_PARTIAL, SLEEP_FUNC, NULL);
	CHECK(f.pkt && !f.hba->init.pkt && f.hba->init.bp == f.bp);
	CHECK(f.hba->init.cmdlen == 12 && f.hba->init.statuslen == ARQ_LEN &&
	      f.hba->init.tgtlen == 24);
	CHECK(f.hba->init.flags == (PKT_CONSISTENT | PKT_DMA_PARTIAL));
	CHECK(f.hba->init.callback == SLEEP_FUNC && !f.hba->init.arg);
	CHECK(init_pkt(&f, f.pkt, f.bp, 0) == f.pkt && f.hba->init.pkt == f.pkt);
	CHECK(f.hba->init.callback == NULL_FUNC && f.hba->init.flags == 0);
out:
	return contract_fixture_end(&f, why);
}

static const char *error_cleared(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_FALSE, 1));
	bioerror(f.bp, EFAULT);
	f.pkt = init_pkt(&f, NULL, f.bp, 0);
	CHECK(f.pkt && f.hba->init.error == 0 && geterror(f.bp) == 0);
	f.hba->init_fails = B_TRUE;
	f.hba->init_error = EINVAL;
	CHECK(!init_pkt(&f, f.pkt, f.bp, 0) && geterror(f.bp) == EINVAL);
	/* The caller still owns the packet. */
	CHECK(f.hba->destroys == 0);
out:
	return contract_fixture_end(&f, why);
}

static int called(caddr_t arg)
{
	int *left = (int *)arg;

	return __atomic_sub_fetch(left, 1, __ATOMIC_ACQ_REL) > 0 ? 0 : 1;
}

static int wait_for_zero(int *left)
{
	int tries;

	for (tries = CALLED_USEC / 10000; tries && __atomic_load_n(left, __ATOMIC_ACQUIRE); tries--)
		delay(drv_usectohz(10000));
	delay(drv_usectohz(50000));
	return __atomic_load_n(left, __ATOMIC_ACQUIRE);
}

static const char *function(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;
	int left = 3;

	CHECK(contract_fixture_mock(&f, dip, B_FALSE, 1));
	f.hba->init_fails = B_TRUE;
	CHECK(!scsi_init_pkt(f.ap, NULL, f.bp, 6, 1, 0, 0, called, (caddr_t)&left));
	/* The driver does not see the function; the framework calls it until it returns done. */
	CHECK(f.hba->init.callback == NULL_FUNC && !f.hba->init.arg);
	CHECK(wait_for_zero(&left) == 0);
	/* Neither NULL_FUNC nor success calls a function. */
	left = 1;
	CHECK(!init_pkt(&f, NULL, f.bp, 0));
	f.hba->init_fails = B_FALSE;
	f.pkt = scsi_init_pkt(f.ap, NULL, f.bp, 6, 1, 0, 0, called, (caddr_t)&left);
	CHECK(f.pkt);
	delay(drv_usectohz(100000));
	CHECK(left == 1);
out:
	return contract_fixture_end(&f, why);
}

static const char *destroy(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_FALSE, 0));
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt);
	scsi_destroy_pkt(f.pkt);
	f.pkt = NULL;
	CHECK(f.hba->destroys == 1);
out:
	return contract_fixture_end(&f, why);
}

static const char *sync(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_FALSE, 0));
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt);
	scsi_sync_pkt(f.pkt);
	CHECK(f.hba->syncs == 0);
	f.pkt->pkt_state |= STATE_XFERRED_DATA;
	scsi_sync_pkt(f.pkt);
	CHECK(f.hba->syncs == 1);
	scsi_dmafree(f.pkt);
	CHECK(f.hba->dmafrees == 1 && f.hba->destroys == 0);
out:
	return contract_fixture_end(&f, why);
}

/* ---- tran_setup_pkt(9E): the decision table ---- */

static const char *new_without_buffer(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 0));
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt && f.pkt->pkt_resid == 0 && f.pkt->pkt_numcookies == 0);
	CHECK(f.pkt->pkt_address.a_hba_tran == f.hba->tran);
	CHECK(f.pkt->pkt_cdbp && f.pkt->pkt_scbp && f.pkt->pkt_private && f.pkt->pkt_ha_private);
	CHECK(f.pkt->pkt_cdblen == 10 && f.pkt->pkt_scblen == ARQ_LEN && f.pkt->pkt_tgtlen == 8);
	CHECK(f.hba->setups == 1);
out:
	return contract_fixture_end(&f, why);
}

static const char *new_with_empty_buffer(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 0));
	f.pkt = init_pkt(&f, NULL, f.bp, 0);
	CHECK(f.pkt && f.pkt->pkt_resid == 0 && f.pkt->pkt_numcookies == 0);
	/* An existing packet and nothing to bind. */
	f.pkt->pkt_resid = 5;
	CHECK(init_pkt(&f, f.pkt, f.bp, 0) == f.pkt && f.pkt->pkt_resid == 0);
	CHECK(init_pkt(&f, f.pkt, NULL, 0) == f.pkt && f.pkt->pkt_numcookies == 0);
out:
	return contract_fixture_end(&f, why);
}

static size_t cookie_bytes(const struct scsi_pkt *pkt)
{
	size_t bytes = 0;
	uint_t i;

	for (i = 0; i < pkt->pkt_numcookies; i++)
		bytes += pkt->pkt_cookies[i].dmac_size;
	return bytes;
}

static const char *new_with_buffer(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 2));
	f.pkt = init_pkt(&f, NULL, f.bp, PKT_CONSISTENT);
	CHECK(f.pkt && f.pkt->pkt_resid == 0 && f.pkt->pkt_handle);
	CHECK(f.pkt->pkt_numcookies == 2 && cookie_bytes(f.pkt) == f.s.len);
	CHECK(f.pkt->pkt_dma_offset == 0 && f.pkt->pkt_dma_len == f.s.len);
	CHECK(f.pkt->pkt_dma_flags == (DDI_DMA_READ | DDI_DMA_CONSISTENT));
	CHECK(f.hba->init.callback == NULL_FUNC && !f.hba->init.arg);
out:
	return contract_fixture_end(&f, why);
}

static const char *pkt_binds(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 2));
	f.bp->b_flags = B_WRITE;
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt);
	CHECK(init_pkt(&f, f.pkt, f.bp, PKT_DMA_PARTIAL) == f.pkt);
	CHECK(f.pkt->pkt_resid == 0 && cookie_bytes(f.pkt) == f.s.len);
	CHECK(f.pkt->pkt_dma_flags == (DDI_DMA_WRITE | DDI_DMA_PARTIAL));
	/* The lengths are still those from its creation. */
	CHECK(f.pkt->pkt_cdblen == 10 && f.pkt->pkt_scblen == ARQ_LEN);
	scsi_dmafree(f.pkt);
	CHECK(f.pkt->pkt_numcookies == 0);
	CHECK(init_pkt(&f, f.pkt, f.bp, 0) == f.pkt && cookie_bytes(f.pkt) == f.s.len);
	/* It was set up once, and will be torn down once. */
	CHECK(f.hba->setups == 1 && f.hba->teardowns == 0);
out:
	return contract_fixture_end(&f, why);
}

/* Each part comes once and in order, and pkt_resid says what is left. */
static const char *moves(dev_info_t *dip)
{
	const char *why = NULL;
	size_t done = 0;
	struct contract_fixture f;
	uint_t parts = 0;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 7));
	f.pkt = init_pkt(&f, NULL, f.bp, PKT_DMA_PARTIAL);
	CHECK(f.pkt);
	for (;;) {
		CHECK(f.pkt->pkt_numcookies > 0 && f.pkt->pkt_numcookies <= 2);
		CHECK(f.pkt->pkt_dma_offset == (off_t)done);
		CHECK(cookie_bytes(f.pkt) == f.pkt->pkt_dma_len);
		done += f.pkt->pkt_dma_len;
		parts++;
		CHECK(f.pkt->pkt_resid == (ssize_t)(f.s.len - done));
		if (!f.pkt->pkt_resid)
			break;
		/* As sd(4D) does: without flags and lengths. */
		CHECK(init_pkt(&f, f.pkt, f.bp, 0) == f.pkt);
	}
	CHECK(parts >= 4 && done == f.s.len);
	/* There is no further part; the packet and its DMA resources stay as they are. */
	CHECK(!init_pkt(&f, f.pkt, f.bp, 0));
	CHECK(f.pkt->pkt_numcookies && cookie_bytes(f.pkt) == f.pkt->pkt_dma_len);
	CHECK(f.hba->setups == 1 && f.hba->teardowns == 0);
out:
	return contract_fixture_end(&f, why);
}

static const char *too_big(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 7));
	CHECK(!init_pkt(&f, NULL, f.bp, 0));
	CHECK(geterror(f.bp) == EINVAL);
	CHECK(f.hba->constructed == 1 && f.hba->setups == f.hba->teardowns);
out:
	return contract_fixture_end(&f, why);
}

static const char *no_mapping(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 0));
	f.bp->b_bcount = 512;		/* but without memory */
	CHECK(!init_pkt(&f, NULL, f.bp, 0));
	CHECK(geterror(f.bp) == EFAULT);
out:
	return contract_fixture_end(&f, why);
}

/* The failed packet is back in the cache, and the next request takes it. */
static const char *fail_frees_new(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;
	int i;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 7));
	for (i = 0; i < 3; i++)
		CHECK(!init_pkt(&f, NULL, f.bp, 0));
	CHECK(f.hba->constructed == 1);
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt && f.hba->constructed == 1);
out:
	return contract_fixture_end(&f, why);
}

static const char *fail_keeps_callers(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 7));
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt);
	f.pkt->pkt_cdbp[0] = 0x28;
	CHECK(!init_pkt(&f, f.pkt, f.bp, 0) && geterror(f.bp) == EINVAL);
	/* The packet is intact: it can be bound in parts. */
	CHECK(f.hba->teardowns == 0 && f.pkt->pkt_cdbp[0] == 0x28 && !f.pkt->pkt_numcookies);
	CHECK(init_pkt(&f, f.pkt, f.bp, PKT_DMA_PARTIAL) == f.pkt && geterror(f.bp) == 0);
	scsi_destroy_pkt(f.pkt);
	f.pkt = NULL;
	CHECK(f.hba->setups == 1 && f.hba->teardowns == 1 && f.hba->destructed == 0);
out:
	return contract_fixture_end(&f, why);
}

/* ---- tran_setup_pkt(9E): what the driver sees ---- */

static const char *setup_fails(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;
	int left = 1;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 2));
	f.hba->setup_fails = B_TRUE;
	CHECK(!scsi_init_pkt(f.ap, NULL, f.bp, 6, 1, 0, 0, called, (caddr_t)&left));
	CHECK(geterror(f.bp) == 0 && f.hba->teardowns == 0);
	CHECK(f.hba->init.callback == NULL_FUNC && wait_for_zero(&left) == 0);
	f.hba->setup_fails = B_FALSE;
	/* The buffer has been unbound, and the packet can be used again. */
	f.pkt = scsi_init_pkt(f.ap, NULL, f.bp, 6, 1, 0, 0, SLEEP_FUNC, NULL);
	CHECK(f.pkt && f.hba->constructed == 1 && f.pkt->pkt_numcookies == 2);
	CHECK(f.hba->init.callback == SLEEP_FUNC);
out:
	return contract_fixture_end(&f, why);
}

static const char *constructor_fails(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 0));
	f.hba->constructor_fails = B_TRUE;
	CHECK(!init_pkt(&f, NULL, NULL, 0) && f.hba->setups == 0);
	f.hba->constructor_fails = B_FALSE;
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt);
out:
	return contract_fixture_end(&f, why);
}

static void nobody(struct scsi_pkt *pkt)
{
}

/* Each allocation zeroes the packet, except what the constructor has set up. */
static const char *constructor_once(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;
	int i;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 0));
	for (i = 0; i < 3; i++) {
		f.pkt = init_pkt(&f, NULL, NULL, 0);
		CHECK(f.pkt && !f.pkt->pkt_comp && !f.pkt->pkt_flags && !f.pkt->pkt_time);
		CHECK(!f.pkt->pkt_cdbp[0] && !f.pkt->pkt_scbp[0] && !*(uchar_t *)f.pkt->pkt_private);
		f.pkt->pkt_comp = nobody;
		f.pkt->pkt_flags = FLAG_STAG;
		f.pkt->pkt_time = 60;
		f.pkt->pkt_cdbp[0] = 0xff;
		f.pkt->pkt_scbp[0] = 0xff;
		*(uchar_t *)f.pkt->pkt_private = 0xff;
		scsi_destroy_pkt(f.pkt);
		f.pkt = NULL;
	}
	CHECK(f.hba->constructed == 1 && f.hba->setups == 3 && f.hba->teardowns == 3);
	CHECK(f.hba->destructed == 0);
	CHECK(scsi_hba_detach(dip) == DDI_SUCCESS);
	f.hba->attached = B_FALSE;
	CHECK(f.hba->destructed == 1);
out:
	return contract_fixture_end(&f, why);
}

static const char *own_areas(dev_info_t *dip)
{
	struct mock_hba *hba = mock_create(dip, B_TRUE, 0);
	struct scsi_pkt *pkt = NULL;
	const char *why = NULL;

	if (!hba)
		return "cannot attach";
	hba->no_areas = B_TRUE;
	CHECK(!scsi_init_pkt(&hba->ap, NULL, NULL, 10, ARQ_LEN, 0, 0, NULL_FUNC, NULL));
	CHECK(hba->setups == 1 && hba->teardowns == 1);
	hba->no_areas = B_FALSE;
	pkt = scsi_init_pkt(&hba->ap, NULL, NULL, 10, ARQ_LEN, 0, 0, NULL_FUNC, NULL);
	CHECK(pkt);
	/* It is in the driver's own area, which is tran_hba_len bytes long. */
	CHECK((caddr_t)pkt->pkt_cdbp > (caddr_t)pkt->pkt_ha_private &&
	      (caddr_t)pkt->pkt_cdbp < (caddr_t)pkt->pkt_ha_private + hba->tran->tran_hba_len);
out:
	if (pkt)
		scsi_destroy_pkt(pkt);
	mock_destroy(hba);
	return why;
}

static const char *bad_lengths(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 0));
	CHECK(!scsi_init_pkt(f.ap, NULL, NULL, -1, 1, 0, 0, NULL_FUNC, NULL));
	CHECK(!scsi_init_pkt(f.ap, NULL, NULL, 6, -1, 0, 0, NULL_FUNC, NULL));
	CHECK(!scsi_init_pkt(f.ap, NULL, NULL, 6, 1, 1 << 30, 0, NULL_FUNC, NULL));
	/* A packet without any areas is valid. */
	f.pkt = scsi_init_pkt(f.ap, NULL, NULL, 0, 0, 0, 0, NULL_FUNC, NULL);
	CHECK(f.pkt);
out:
	return contract_fixture_end(&f, why);
}

/* "sector-size" becomes the granularity of the parts. */
static const char *sector_size(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_fixture f;

	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 7));
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt);
	f.hba->tran->tran_dma_attr.dma_attr_maxxfer = PIECE + 1024;
	CHECK(scsi_ifsetcap(f.ap, "sector-size", 4096, 1) == 1);
	CHECK(init_pkt(&f, f.pkt, f.bp, PKT_DMA_PARTIAL) == f.pkt);
	CHECK(f.pkt->pkt_dma_len == PIECE);
out:
	return contract_fixture_end(&f, why);
}

/* Drivers copy as much sense data as the status area holds: no warning appears in the log. */
static const char *long_sense(dev_info_t *dip)
{
	const char *why = NULL;
	struct scsi_arq_status *arq;
	uchar_t sense[96] = { 0x70 };
	struct contract_fixture f;
	size_t len;

	sense[95] = 0x5e;
	CHECK(contract_fixture_mock(&f, dip, B_FALSE, 0));
	f.pkt = scsi_init_pkt(f.ap, NULL, NULL, 10,
			      (int)(offsetof(struct scsi_arq_status, sts_sensedata) + sizeof(sense)), 0,
			      PKT_XARQ, NULL_FUNC, NULL);
	CHECK(f.pkt);
	arq = (struct scsi_arq_status *)f.pkt->pkt_scbp;
	len = f.pkt->pkt_scblen - offsetof(struct scsi_arq_status, sts_sensedata);
	bcopy(sense, &arq->sts_sensedata, len);
	CHECK(bcmp(sense, f.pkt->pkt_scbp + f.pkt->pkt_scblen - len, len) == 0);
	bzero(&arq->sts_sensedata, len);
	CHECK(f.pkt->pkt_scbp[f.pkt->pkt_scblen - 1] == 0);
out:
	return contract_fixture_end(&f, why);
}

static const struct contract_test tests[] = {
	{ "arq_status.bcopy", long_sense },
	{ "init_pkt.arguments", args_passed },
	{ "init_pkt.bioerror_cleared", error_cleared },
	{ "init_pkt.function_called_later", function },
	{ "destroy_pkt", destroy },
	{ "sync_pkt.only_after_transfer", sync },
	{ "init_pkt.new.no_buf", new_without_buffer },
	{ "init_pkt.b_bcount_0", new_with_empty_buffer },
	{ "init_pkt.new.buf", new_with_buffer },
	{ "init_pkt.pkt.buf", pkt_binds },
	{ "init_pkt.partial.moves", moves },
	{ "init_pkt.not_partial.einval", too_big },
	{ "init_pkt.nomapping.efault", no_mapping },
	{ "init_pkt.dma_fail.new_pkt_freed", fail_frees_new },
	{ "init_pkt.dma_fail.caller_owns_pkt", fail_keeps_callers },
	{ "setup_pkt.failure", setup_fails },
	{ "setup_pkt.areas_of_the_driver", own_areas },
	{ "setup_pkt.bad_lengths", bad_lengths },
	{ "setup_pkt.sector_size", sector_size },
	{ "pkt_constructor.failure", constructor_fails },
	{ "pkt_constructor.once", constructor_once },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
