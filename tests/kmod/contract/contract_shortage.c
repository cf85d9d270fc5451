// SPDX-License-Identifier: GPL-2.0
/* scsi_init_pkt(9F) without DMA resources: with NULL_FUNC, SLEEP_FUNC and a function. */
#include <sys/thread.h>

#include "contract_fixture.h"

#define WAIT_USEC	5000000
#define QUIET_USEC	150000

static int done;	/* atomic: the thread or the function has got a packet */

static bool begin(struct contract_fixture *f, dev_info_t *dip)
{
	done = 0;
	return contract_fixture_mock(f, dip, B_TRUE, 1) && contract_hog(dip) == 0;
}

static const char *end(struct contract_fixture *f, const char *why)
{
	if (f->hba)
		contract_unhog(f->hba->dip);
	return contract_fixture_end(f, why);
}

static struct scsi_pkt *init_pkt(struct contract_fixture *f, int (*callback)(caddr_t))
{
	return contract_fixture_pkt(f, f->pkt, f->bp, 0, callback);
}

static boolean_t is_done(clock_t usec)
{
	for (; usec > 0 && !__atomic_load_n(&done, __ATOMIC_ACQUIRE); usec -= 10000)
		delay(drv_usectohz(10000));
	return __atomic_load_n(&done, __ATOMIC_ACQUIRE) ? B_TRUE : B_FALSE;
}

/* A temporary shortage sets no error in the buffer. */
static const char *null_func(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	if (!contract_can_hog())
		return contract_skip;
	CHECK(begin(&f, dip));
	CHECK(!init_pkt(&f, NULL_FUNC) && geterror(f.bp) == 0);
	/* The framework freed its own packet; a packet of the caller's stays. */
	CHECK(f.hba->setups == f.hba->teardowns);
	f.pkt = scsi_init_pkt(f.ap, NULL, NULL, 10, ARQ_LEN, 0, 0, NULL_FUNC, NULL);
	CHECK(f.pkt && !init_pkt(&f, NULL_FUNC) && geterror(f.bp) == 0);
	contract_unhog(dip);
	CHECK(init_pkt(&f, NULL_FUNC) == f.pkt && f.pkt->pkt_resid == 0 && f.pkt->pkt_numcookies);
out:
	return end(&f, why);
}

static void sleeper(void *arg)
{
	struct contract_fixture *f = arg;

	f->pkt = init_pkt(f, SLEEP_FUNC);
	__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	thread_exit();
}

static const char *sleep_func(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;
	kt_did_t did;

	if (!contract_can_hog())
		return contract_skip;
	CHECK(begin(&f, dip));
	did = thread_create(NULL, 0, sleeper, &f, 0, &p0, TS_RUN, minclsyspri)->t_did;
	if (is_done(QUIET_USEC))
		why = "SLEEP_FUNC does not wait";
	contract_unhog(dip);
	if (!why && !is_done(WAIT_USEC))
		why = "SLEEP_FUNC waits although there are resources";
	thread_join(did);
	if (why)
		goto out;
	CHECK(f.pkt && f.pkt->pkt_resid == 0 && f.pkt->pkt_numcookies && geterror(f.bp) == 0);
out:
	return end(&f, why);
}

/* Called when there may be resources; returns 0 while there are none. */
static int again(caddr_t arg)
{
	struct contract_fixture *f = (struct contract_fixture *)arg;

	f->pkt = init_pkt(f, NULL_FUNC);
	if (!f->pkt)
		return DDI_DMA_CALLBACK_RUNOUT;
	__atomic_store_n(&done, 1, __ATOMIC_RELEASE);
	return DDI_DMA_CALLBACK_DONE;
}

static const char *function(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	if (!contract_can_hog())
		return contract_skip;
	CHECK(begin(&f, dip));
	CHECK(!init_pkt(&f, again) && geterror(f.bp) == 0);
	CHECK(!is_done(QUIET_USEC));
	contract_unhog(dip);
	CHECK(is_done(WAIT_USEC));
	CHECK(f.pkt && f.pkt->pkt_resid == 0 && f.pkt->pkt_numcookies);
out:
	return end(&f, why);
}

/* An object that has no block for a shorter window: a shortage is a shortage, for a new handle too. */
static const char *less_than_a_block(dev_info_t *dip)
{
	const uint_t flags = DDI_DMA_READ | DDI_DMA_PARTIAL;
	ddi_dma_attr_t attr = mock_attr;
	ddi_dma_handle_t h = NULL;
	const char *why = NULL;
	caddr_t p = kmem_alloc(8, KM_SLEEP);
	int rc;

	if (!contract_can_hog()) {
		why = contract_skip;
		goto out;
	}
	attr.dma_attr_granular = 512;
	CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &h) == DDI_SUCCESS);
	CHECK(contract_hog(dip) == 0);
	rc = ddi_dma_addr_bind_handle(h, NULL, p, 8, flags, DDI_DMA_DONTWAIT, NULL, NULL, NULL);
	contract_unhog(dip);
	CHECK(rc == DDI_DMA_NORESOURCES);
	CHECK(ddi_dma_addr_bind_handle(h, NULL, p, 8, flags, DDI_DMA_DONTWAIT, NULL, NULL, NULL) ==
	      DDI_DMA_MAPPED);
	(void)ddi_dma_unbind_handle(h);
out:
	if (h)
		ddi_dma_free_handle(&h);
	kmem_free(p, 8);
	return why;
}

static const struct contract_test tests[] = {
	{ "init_pkt.shortage.null_func", null_func },
	{ "init_pkt.shortage.sleep_func_waits", sleep_func },
	{ "init_pkt.shortage.function_called", function },
	{ "addr_bind.shortage.less_than_a_block", less_than_a_block },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
