// SPDX-License-Identifier: GPL-2.0
/* scsi_init_pkt(9F) without DMA resources: with NULL_FUNC, SLEEP_FUNC and a function. */
#include <sys/thread.h>

#include "contract.h"
#include "contract_hba.h"

#define ARQ_LEN		((int)sizeof(struct scsi_arq_status))
#define LEN		4096
#define WAIT_USEC	5000000
#define QUIET_USEC	150000

struct fixture {
	struct mock_hba	*hba;
	struct scsa_sgl	s;
	struct buf	*bp;
	struct scsi_pkt	*pkt;
	int		done;	/* atomic: the thread or the function has got a packet */
};

static const char *begin(struct fixture *f, dev_info_t *dip)
{
	bzero(f, sizeof(*f));
	f->hba = mock_create(dip, B_TRUE, SCSI_HBA_TRAN_CDB | SCSI_HBA_TRAN_SCB);
	if (!f->hba)
		return "cannot attach";
	if (contract_sgl_alloc(&f->s, 1, LEN)) {
		mock_destroy(f->hba);
		return "no memory";
	}
	f->bp = getrbuf(KM_SLEEP);
	f->bp->b_sgl = f->s.sgl;
	f->bp->b_nents = f->s.nents;
	f->bp->b_bcount = LEN;
	if (!contract_hog(dip))
		return NULL;
	freerbuf(f->bp);
	contract_sgl_free(&f->s);
	mock_destroy(f->hba);
	return "resources do not end";
}

static const char *end(struct fixture *f, const char *why)
{
	contract_unhog(f->hba->dip);
	if (f->pkt)
		scsi_destroy_pkt(f->pkt);
	freerbuf(f->bp);
	contract_sgl_free(&f->s);
	mock_destroy(f->hba);
	return why;
}

static struct scsi_pkt *init_pkt(struct fixture *f, int (*callback)(caddr_t))
{
	return scsi_init_pkt(&f->hba->ap, f->pkt, f->bp, 10, ARQ_LEN, 0, 0, callback, (caddr_t)f);
}

static boolean_t is_done(struct fixture *f, clock_t usec)
{
	for (; usec > 0 && !__atomic_load_n(&f->done, __ATOMIC_ACQUIRE); usec -= 10000)
		delay(drv_usectohz(10000));
	return __atomic_load_n(&f->done, __ATOMIC_ACQUIRE) ? B_TRUE : B_FALSE;
}

/* A temporary shortage sets no error in the buffer. */
static const char *null_func(dev_info_t *dip)
{
	struct fixture f;
	const char *why = begin(&f, dip);

	if (why)
		return why;
	CHECK(!init_pkt(&f, NULL_FUNC) && geterror(f.bp) == 0);
	/* The framework freed its own packet; a packet of the caller's stays. */
	CHECK(f.hba->setups == f.hba->teardowns);
	f.pkt = scsi_init_pkt(&f.hba->ap, NULL, NULL, 10, ARQ_LEN, 0, 0, NULL_FUNC, NULL);
	CHECK(f.pkt && !init_pkt(&f, NULL_FUNC) && geterror(f.bp) == 0);
	contract_unhog(dip);
	CHECK(init_pkt(&f, NULL_FUNC) == f.pkt && f.pkt->pkt_resid == 0 && f.pkt->pkt_numcookies);
out:
	return end(&f, why);
}

static void sleeper(void *arg)
{
	struct fixture *f = arg;

	f->pkt = init_pkt(f, SLEEP_FUNC);
	__atomic_store_n(&f->done, 1, __ATOMIC_RELEASE);
	thread_exit();
}

static const char *sleep_func(dev_info_t *dip)
{
	struct fixture f;
	const char *why = begin(&f, dip);
	kt_did_t did;

	if (why)
		return why;
	did = thread_create(NULL, 0, sleeper, &f, 0, &p0, TS_RUN, minclsyspri)->t_did;
	if (is_done(&f, QUIET_USEC))
		why = "SLEEP_FUNC does not wait";
	contract_unhog(dip);
	if (!why && !is_done(&f, WAIT_USEC))
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
	struct fixture *f = (struct fixture *)arg;

	f->pkt = init_pkt(f, NULL_FUNC);
	if (!f->pkt)
		return DDI_DMA_CALLBACK_RUNOUT;
	__atomic_store_n(&f->done, 1, __ATOMIC_RELEASE);
	return DDI_DMA_CALLBACK_DONE;
}

static const char *function(dev_info_t *dip)
{
	struct fixture f;
	const char *why = begin(&f, dip);

	if (why)
		return why;
	CHECK(!init_pkt(&f, again) && geterror(f.bp) == 0);
	CHECK(!is_done(&f, QUIET_USEC));
	contract_unhog(dip);
	CHECK(is_done(&f, WAIT_USEC));
	CHECK(f.pkt && f.pkt->pkt_resid == 0 && f.pkt->pkt_numcookies);
out:
	return end(&f, why);
}

const struct contract_test contract_shortage_tests[] = {
	{ "init_pkt.shortage.null_func", null_func },
	{ "init_pkt.shortage.sleep_func_waits", sleep_func },
	{ "init_pkt.shortage.function_called", function },
	{ NULL, NULL }
};
