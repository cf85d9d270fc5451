// SPDX-License-Identifier: GPL-2.0
/* Clauses of the DDI services: soft state, properties, locks, timeouts, callbacks, packets. */
#include <sys/ddi.h>
#include <sys/scsi/scsi.h>

#include "contract_buf.h"
#include "contract_check.h"

static const char *soft_state(dev_info_t *dip)
{
	const char *why = NULL;
	void *state = NULL;
	void *p;

	CHECK(ddi_soft_state_init(NULL, 8, 1) == EINVAL);
	CHECK(ddi_soft_state_init(&state, 64, 1) == 0);
	CHECK(ddi_get_soft_state(state, 0) == NULL);
	CHECK(ddi_soft_state_zalloc(state, 0) == DDI_SUCCESS);
	CHECK(ddi_soft_state_zalloc(state, 0) == DDI_FAILURE);
	p = ddi_get_soft_state(state, 0);
	CHECK(p != NULL);
	/* Growing the array does not move any item. */
	CHECK(ddi_soft_state_zalloc(state, 1000) == DDI_SUCCESS);
	CHECK(ddi_get_soft_state(state, 0) == p);
	CHECK(ddi_get_soft_state(state, 999) == NULL);
	CHECK(ddi_get_soft_state(state, -1) == NULL);
	ddi_soft_state_free(state, 0);
	CHECK(ddi_get_soft_state(state, 0) == NULL);
out:
	ddi_soft_state_fini(&state);
	return why ? why : state ? "fini left the pointer" : NULL;
}

static const char *properties(dev_info_t *dip)
{
	const char *why = NULL;
	int *values = NULL;
	uint_t n = 0;

	CHECK(ddi_prop_get_int(DDI_DEV_T_ANY, dip, 0, "no-such-property", 42) == 42);
	CHECK(ddi_prop_exists(DDI_DEV_T_ANY, dip, 0, "no-such-property") == 0);
	CHECK(ddi_prop_update_int(DDI_DEV_T_NONE, dip, "mine", 1) == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_update_int(DDI_DEV_T_NONE, dip, "mine", 2) == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_get_int(DDI_DEV_T_ANY, dip, DDI_PROP_DONTPASS, "mine", 0) == 2);
	/* The PCI node's own; "reg" has five cells per register set, configuration space first. */
	CHECK(ddi_prop_get_int(DDI_DEV_T_ANY, dip, 0, "vendor-id", 0) == 0x1b36);
	CHECK(ddi_prop_lookup_int_array(DDI_DEV_T_ANY, dip, 0, "reg", &values, &n) ==
	      DDI_PROP_SUCCESS);
	CHECK(n % 5 == 0 && n >= 10);
	CHECK(((pci_regspec_t *)values)[0].pci_size_low == 0);
	CHECK(PCI_REG_REG_G(((pci_regspec_t *)values)[1].pci_phys_hi) >= PCI_CONF_BASE0);
out:
	if (values)
		ddi_prop_free(values);
	return why;
}

static const char *registers(dev_info_t *dip)
{
	ddi_acc_handle_t config = NULL, regs = NULL;
	const char *why = NULL;
	caddr_t base;
	off_t size;
	int n;

	CHECK(pci_config_setup(dip, &config) == DDI_SUCCESS);
	CHECK(pci_config_get16(config, PCI_CONF_VENID) == 0x1b36);
	CHECK(ddi_dev_nregs(dip, &n) == DDI_SUCCESS && n >= 2);
	CHECK(ddi_dev_regsize(dip, 1, &size) == DDI_SUCCESS && size > 0);
	CHECK(ddi_dev_regsize(dip, n, &size) == DDI_FAILURE);
	CHECK(ddi_dev_regsize(dip, 1, &size) == DDI_SUCCESS);
	CHECK(ddi_regs_map_setup(dip, n, &base, 0, 0, &contract_acc_attr, &regs) != DDI_SUCCESS);
	CHECK(ddi_regs_map_setup(dip, 1, &base, 0, size + 1, &contract_acc_attr, &regs) !=
	      DDI_SUCCESS);
	CHECK(ddi_regs_map_setup(dip, 1, &base, 0, 0, &contract_acc_attr, &regs) == DDI_SUCCESS);
	ddi_put8(regs, (uint8_t *)base, 0);
	ddi_get8(regs, (uint8_t *)base);
	ddi_regs_map_free(&regs);
	CHECK(regs == NULL);
out:
	if (regs)
		ddi_regs_map_free(&regs);
	if (config)
		pci_config_teardown(&config);
	return why;
}

static const char *mutexes(dev_info_t *dip)
{
	kmutex_t sleeping, spinning;
	const char *why = NULL;

	mutex_init(&sleeping, NULL, MUTEX_DRIVER, NULL);
	mutex_init(&spinning, "spinning", MUTEX_DRIVER, DDI_INTR_PRI(6));
	CHECK(!mutex_owned(&sleeping));
	mutex_enter(&sleeping);
	mutex_enter(&spinning);
	CHECK(mutex_owned(&sleeping) && mutex_owned(&spinning));
	mutex_exit(&spinning);
	mutex_exit(&sleeping);
	CHECK(!mutex_owned(&sleeping) && !mutex_owned(&spinning));
	CHECK(mutex_tryenter(&sleeping) && mutex_tryenter(&spinning));
	mutex_exit(&spinning);
	mutex_exit(&sleeping);
out:
	mutex_destroy(&spinning);
	mutex_destroy(&sleeping);
	return why;
}

struct rendezvous {
	kmutex_t	lock;
	kcondvar_t	cv;
	int		called;
	boolean_t	in_thread;
	timeout_id_t	self;
	clock_t		untimed;
};

static void rendezvous_init(struct rendezvous *r)
{
	bzero(r, sizeof(*r));
	mutex_init(&r->lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(6));
	cv_init(&r->cv, NULL, CV_DRIVER, NULL);
}

static void rendezvous_fini(struct rendezvous *r)
{
	cv_destroy(&r->cv);
	mutex_destroy(&r->lock);
}

static void arrive(void *arg)
{
	struct rendezvous *r = arg;

	mutex_enter(&r->lock);
	r->called++;
	r->in_thread = contract_is_thread();
	cv_signal(&r->cv);
	mutex_exit(&r->lock);
}

/* Wait until it has been called @n times, two seconds at most. */
static boolean_t wait_for(struct rendezvous *r, int n)
{
	clock_t deadline = ddi_get_lbolt() + SEC_TO_TICK(2);

	mutex_enter(&r->lock);
	while (r->called < n && cv_timedwait(&r->cv, &r->lock, deadline) != -1)
		;
	mutex_exit(&r->lock);
	return r->called >= n ? B_TRUE : B_FALSE;
}

static const char *timeout_calls(dev_info_t *dip)
{
	struct rendezvous r;
	const char *why = NULL;
	timeout_id_t id;

	rendezvous_init(&r);
	id = timeout(arrive, &r, 1);
	CHECK(id != NULL);
	CHECK(wait_for(&r, 1));
	CHECK(r.in_thread);
	/* It has fired: the id is stale, and cancelling it does no harm. */
	delay(2);
	CHECK(untimeout(id) == -1);
	CHECK(untimeout(id) == -1);
	/* A timeout that has not fired is cancelled. */
	id = timeout(arrive, &r, SEC_TO_TICK(100));
	CHECK(untimeout(id) >= 0);
	CHECK(r.called == 1);
out:
	rendezvous_fini(&r);
	return why;
}

static void cancel_self(void *arg)
{
	struct rendezvous *r = arg;

	mutex_enter(&r->lock);
	mutex_exit(&r->lock);
	r->untimed = untimeout(r->self);
	arrive(r);
}

struct untimer {
	timeout_id_t	id;
	clock_t		rc;
};

static void untimeout_now(void *arg)
{
	struct untimer *u = arg;

	u->rc = untimeout(u->id);
}

/* In an interrupt and under a spin lock it cancels too, and leaves interrupts off. */
static const char *untimeout_atomic(dev_info_t *dip)
{
	struct untimer u = { .rc = -1 };
	boolean_t before, after;
	const char *why = NULL;
	struct rendezvous r;

	rendezvous_init(&r);
	u.id = timeout(arrive, &r, SEC_TO_TICK(100));
	contract_in_softirq(untimeout_now, &u);
	CHECK(u.rc >= 0);
	u.id = timeout(arrive, &r, SEC_TO_TICK(100));
	mutex_enter(&r.lock);
	before = contract_interrupts_off();
	untimeout_now(&u);
	after = contract_interrupts_off();
	mutex_exit(&r.lock);
	CHECK(u.rc >= 0 && before == after);
	CHECK(untimeout(u.id) == -1 && !r.called);
out:
	rendezvous_fini(&r);
	return why;
}

static const char *assert_bit(dev_info_t *dip)
{
	struct scsi_status status = { .sts_chk = 1 };

	/* The size of a bit-field cannot be taken. */
	ASSERT(status.sts_chk);
	ASSERT0(status.sts_busy);
	return status.sts_chk ? NULL : "bit-field";
}

static const char *untimeout_self(dev_info_t *dip)
{
	struct rendezvous r;
	const char *why = NULL;

	rendezvous_init(&r);
	mutex_enter(&r.lock);
	r.self = timeout(cancel_self, &r, 1);
	mutex_exit(&r.lock);
	CHECK(wait_for(&r, 1));
	CHECK(r.untimed == -1);
out:
	rendezvous_fini(&r);
	return why;
}

static const char *cv_timeout(dev_info_t *dip)
{
	struct rendezvous r;
	const char *why = NULL;
	clock_t start = ddi_get_lbolt();

	rendezvous_init(&r);
	mutex_enter(&r.lock);
	/* A deadline in the past: returns -1 immediately, with the lock held. */
	if (cv_timedwait(&r.cv, &r.lock, start - 10) != -1 || !mutex_owned(&r.lock))
		why = "cv_timedwait of the past";
	while (!why && cv_reltimedwait(&r.cv, &r.lock, drv_usectohz(20000), TR_CLOCK_TICK) != -1)
		;
	mutex_exit(&r.lock);
	CHECK(!why);
	CHECK(ddi_get_lbolt() - start >= drv_usectohz(20000));
out:
	rendezvous_fini(&r);
	return why;
}

/* ---- scsi_hba_pkt_alloc(9F), capabilities ---- */

static const char *pkt_alloc(dev_info_t *dip)
{
	scsi_hba_tran_t tran = { .tran_hba_dip = dip };
	struct scsi_address addr = { .a_hba_tran = &tran, .a_target = 3, .a_lun = 1 };
	struct scsi_pkt *pkt, *bare = NULL;
	const char *why = NULL;
	int i;

	pkt = scsi_hba_pkt_alloc(dip, &addr, 16, sizeof(struct scsi_arq_status), 24, 100, SLEEP_FUNC,
				 NULL);
	CHECK(pkt != NULL);
	CHECK(pkt->pkt_address.a_target == 3 && pkt->pkt_address.a_hba_tran == &tran);
	CHECK(pkt->pkt_cdblen == 16 && pkt->pkt_tgtlen == 24 &&
	      pkt->pkt_scblen == sizeof(struct scsi_arq_status));
	CHECK(pkt->pkt_ha_private && pkt->pkt_private && pkt->pkt_cdbp && pkt->pkt_scbp);
	CHECK(((uintptr_t)pkt->pkt_ha_private | (uintptr_t)pkt->pkt_private |
	       (uintptr_t)pkt->pkt_cdbp | (uintptr_t)pkt->pkt_scbp) % 8 == 0);
	for (i = 0; i < 100; i++)
		CHECK(((uchar_t *)pkt->pkt_ha_private)[i] == 0);
	/* An area of length 0 has no pointer. */
	bare = scsi_hba_pkt_alloc(dip, &addr, 6, 0, 0, 0, NULL_FUNC, NULL);
	CHECK(bare && !bare->pkt_ha_private && !bare->pkt_private && !bare->pkt_scbp);
	CHECK(scsi_hba_pkt_alloc(dip, &addr, -1, 0, 0, 0, NULL_FUNC, NULL) == NULL);
out:
	if (bare)
		scsi_hba_pkt_free(&addr, bare);
	if (pkt)
		scsi_hba_pkt_free(&addr, pkt);
	return why;
}

static const char *capstr(dev_info_t *dip)
{
	const char *why = NULL;

	CHECK(scsi_hba_lookup_capstr("dma-max") == SCSI_CAP_DMA_MAX);
	CHECK(scsi_hba_lookup_capstr("dma_max") == SCSI_CAP_DMA_MAX);
	CHECK(scsi_hba_lookup_capstr("wide_xfer") == SCSI_CAP_WIDE_XFER);
	CHECK(scsi_hba_lookup_capstr("tran-layer-retries") == SCSI_CAP_TRAN_LAYER_RETRIES);
	CHECK(scsi_hba_lookup_capstr("dma-max-") == -1);
	CHECK(scsi_hba_lookup_capstr("") == -1);
	CHECK(scsi_hba_lookup_capstr(NULL) == -1);
out:
	return why;
}

static int notified;

static void notify(caddr_t arg)
{
	notified++;
}

static const char *reset_notify(dev_info_t *dip)
{
	struct scsi_reset_notify_entry *list = NULL;
	struct scsi_address a = { .a_target = 1 }, b = { .a_target = 2 };
	const char *why = NULL;
	kmutex_t lock;

	mutex_init(&lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(6));
	notified = 0;
	CHECK(scsi_hba_reset_notify_setup(&a, SCSI_RESET_CANCEL, notify, NULL, &lock, &list) ==
	      DDI_FAILURE);
	CHECK(scsi_hba_reset_notify_setup(&a, SCSI_RESET_NOTIFY, notify, NULL, &lock, &list) ==
	      DDI_SUCCESS);
	CHECK(scsi_hba_reset_notify_setup(&b, SCSI_RESET_NOTIFY, notify, NULL, &lock, &list) ==
	      DDI_SUCCESS);
	mutex_enter(&lock);
	scsi_hba_reset_notify_callback(&lock, &list);
	mutex_exit(&lock);
	CHECK(notified == 2);
	CHECK(scsi_hba_reset_notify_setup(&b, SCSI_RESET_CANCEL, notify, NULL, &lock, &list) ==
	      DDI_SUCCESS);
	mutex_enter(&lock);
	scsi_hba_reset_notify_callback(&lock, &list);
	mutex_exit(&lock);
	CHECK(notified == 3);
out:
	scsi_hba_reset_notify_tear_down(list);
	mutex_destroy(&lock);
	return why;
}

static const char *bioerror_clears(dev_info_t *dip)
{
	struct buf *bp = getrbuf(KM_SLEEP);
	const char *why = NULL;

	bioerror(bp, EFAULT);
	CHECK((bp->b_flags & B_ERROR) && geterror(bp) == EFAULT);
	bioerror(bp, 0);
	CHECK(!(bp->b_flags & B_ERROR) && bp->b_error == 0 && geterror(bp) == 0);
out:
	freerbuf(bp);
	return why;
}

static const struct contract_test tests[] = {
	{ "soft_state", soft_state },
	{ "prop", properties },
	{ "regs_map.pci_config", registers },
	{ "mutex.kinds", mutexes },
	{ "timeout.untimeout", timeout_calls },
	{ "assert.bit_field", assert_bit },
	{ "untimeout.from_itself", untimeout_self },
	{ "untimeout.from_interrupt", untimeout_atomic },
	{ "cv_timedwait", cv_timeout },
	{ "pkt_alloc", pkt_alloc },
	{ "lookup_capstr", capstr },
	{ "reset_notify", reset_notify },
	{ "bioerror", bioerror_clears },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
