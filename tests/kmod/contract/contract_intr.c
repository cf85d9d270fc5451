// SPDX-License-Identifier: GPL-2.0
/*
 * Clauses of ddi_intr_alloc(9F) and ddi_add_intr(9F), with an ISP1040 as the source of interrupts:
 * each NOP command raises its interrupt until the handler clears it.
 */
#include <sys/ddi.h>
#include <sys/sunddi.h>

#include "contract.h"
#include "contract_check.h"

#define REG_ICR		0x08
#define REG_ISR		0x0a
#define ISR_RISC	0x0004
#define REG_SEMA	0x0c
#define REG_MBOX0	0x70
#define REG_HCCR	0xc0

struct source {
	ddi_acc_handle_t	regs;
	caddr_t			base;
	kmutex_t		lock;
	kcondvar_t		cv;
	int			calls;
	boolean_t		in_thread;
	ddi_softint_handle_t	soft;
	int			soft_calls;
};

static void reg_put(struct source *s, uint_t reg, uint16_t value)
{
	ddi_put16(s->regs, (uint16_t *)(s->base + reg), value);
}

static uint16_t reg_get(struct source *s, uint_t reg)
{
	return ddi_get16(s->regs, (uint16_t *)(s->base + reg));
}

static void source_reset(struct source *s)
{
	reg_put(s, REG_ICR, 0x0001);
	drv_usecwait(1000);
	reg_put(s, REG_HCCR, 0x1000);
	reg_put(s, REG_HCCR, 0x3000);
	reg_put(s, REG_HCCR, 0x9000);
	drv_usecwait(1000);
	reg_put(s, REG_ICR, 0x0006);
}

static int source_init(struct source *s, dev_info_t *dip)
{
	ddi_device_acc_attr_t attr = { DDI_DEVICE_ATTR_V0, DDI_STRUCTURE_LE_ACC,
				       DDI_STRICTORDER_ACC };

	bzero(s, sizeof(*s));
	if (ddi_regs_map_setup(dip, 1, &s->base, 0, 0, &attr, &s->regs) != DDI_SUCCESS)
		return DDI_FAILURE;
	source_reset(s);
	return DDI_SUCCESS;
}

static void source_fini(struct source *s)
{
	if (!s->regs)
		return;
	reg_put(s, REG_ICR, 0x0001);
	ddi_regs_map_free(&s->regs);
}

static void source_raise(struct source *s)
{
	reg_put(s, REG_MBOX0, 0);
	reg_put(s, REG_HCCR, 0x5000);
}

static uint_t handler(caddr_t arg1, caddr_t arg2)
{
	struct source *s = (struct source *)arg1;

	mutex_enter(&s->lock);
	if (!(reg_get(s, REG_ISR) & ISR_RISC)) {
		mutex_exit(&s->lock);
		return DDI_INTR_UNCLAIMED;
	}
	reg_put(s, REG_SEMA, 0);
	reg_put(s, REG_HCCR, 0x7000);
	s->calls++;
	s->in_thread = contract_is_thread();
	if (s->soft)
		(void)ddi_intr_trigger_softint(s->soft, NULL);
	cv_signal(&s->cv);
	mutex_exit(&s->lock);
	return DDI_INTR_CLAIMED;
}

static uint_t old_handler(caddr_t arg)
{
	return handler(arg, NULL);
}

static uint_t soft_handler(caddr_t arg1, caddr_t arg2)
{
	struct source *s = (struct source *)arg1;

	/* The interrupt handler's lock can be taken here, in either model. */
	mutex_enter(&s->lock);
	s->soft_calls++;
	cv_signal(&s->cv);
	mutex_exit(&s->lock);
	return DDI_INTR_CLAIMED;
}

/* Wait until the counter is @n, long enough for a loaded machine too. */
static boolean_t counted(struct source *s, const int *counter, int n)
{
	clock_t deadline = ddi_get_lbolt() + SEC_TO_TICK(20);
	boolean_t yes;

	mutex_enter(&s->lock);
	while (*counter < n && cv_timedwait(&s->cv, &s->lock, deadline) != -1)
		;
	yes = *counter == n ? B_TRUE : B_FALSE;
	mutex_exit(&s->lock);
	return yes;
}

static const char *intr_fixed(dev_info_t *dip)
{
	ddi_intr_handle_t h = NULL;
	const char *why = NULL;
	struct source s;
	int types, n, cap;
	uint_t pri;

	CHECK(source_init(&s, dip) == DDI_SUCCESS);
	CHECK(ddi_intr_get_supported_types(dip, &types) == DDI_SUCCESS);
	CHECK(types & DDI_INTR_TYPE_FIXED);
	CHECK(ddi_intr_get_nintrs(dip, DDI_INTR_TYPE_FIXED, &n) == DDI_SUCCESS && n == 1);
	CHECK(ddi_intr_get_nintrs(dip, DDI_INTR_TYPE_MSI, &n) == DDI_FAILURE);
	CHECK(ddi_intr_alloc(dip, &h, DDI_INTR_TYPE_FIXED, 0, 1, &n, DDI_INTR_ALLOC_STRICT) ==
	      DDI_SUCCESS && n == 1);
	CHECK(ddi_intr_get_cap(h, &cap) == DDI_SUCCESS && (cap & DDI_INTR_FLAG_LEVEL));
	CHECK(ddi_intr_get_pri(h, &pri) == DDI_SUCCESS && pri < ddi_intr_get_hilevel_pri());
	mutex_init(&s.lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(pri));
	cv_init(&s.cv, NULL, CV_DRIVER, NULL);
	CHECK(ddi_intr_add_softint(dip, &s.soft, 1, soft_handler, &s) == DDI_SUCCESS);
	CHECK(ddi_intr_enable(h) == DDI_FAILURE);
	CHECK(ddi_intr_add_handler(h, handler, &s, NULL) == DDI_SUCCESS);
	CHECK(ddi_intr_add_handler(h, handler, &s, NULL) == DDI_FAILURE);
	CHECK(ddi_intr_block_enable(&h, 1) == DDI_SUCCESS);
	CHECK(ddi_intr_remove_handler(h) == DDI_FAILURE);
	source_raise(&s);
	CHECK(counted(&s, &s.calls, 1));
	CHECK(counted(&s, &s.soft_calls, 1));
	CHECK(s.in_thread == contract_in_thread_model());
	source_raise(&s);
	CHECK(counted(&s, &s.calls, 2));
	CHECK(ddi_intr_block_disable(&h, 1) == DDI_SUCCESS);
	CHECK(ddi_intr_disable(h) == DDI_FAILURE);
	/* The handler is not called while the interrupt is disabled. */
	source_raise(&s);
	delay(drv_usectohz(20000));
	CHECK(s.calls == 2);
	source_reset(&s);
	CHECK(ddi_intr_free(h) == DDI_FAILURE);
	CHECK(ddi_intr_remove_handler(h) == DDI_SUCCESS);
	CHECK(ddi_intr_free(h) == DDI_SUCCESS);
	CHECK(ddi_intr_remove_softint(s.soft) == DDI_SUCCESS);
	cv_destroy(&s.cv);
	mutex_destroy(&s.lock);
out:
	source_fini(&s);
	return why;
}

static const char *intr_old(dev_info_t *dip)
{
	ddi_iblock_cookie_t cookie = NULL, again = NULL;
	ddi_idevice_cookie_t idevice;
	const char *why = NULL;
	boolean_t added = B_FALSE;
	struct source s;

	CHECK(source_init(&s, dip) == DDI_SUCCESS);
	CHECK(ddi_intr_hilevel(dip, 0) == 0);
	CHECK(ddi_get_iblock_cookie(dip, 1, &cookie) == DDI_INTR_NOTFOUND);
	CHECK(ddi_get_iblock_cookie(dip, 0, &cookie) == DDI_SUCCESS);
	mutex_init(&s.lock, NULL, MUTEX_DRIVER, cookie);
	cv_init(&s.cv, NULL, CV_DRIVER, NULL);
	CHECK(ddi_add_intr(dip, 1, &again, &idevice, old_handler, (caddr_t)&s) ==
	      DDI_INTR_NOTFOUND);
	CHECK(ddi_add_intr(dip, 0, &again, &idevice, old_handler, (caddr_t)&s) == DDI_SUCCESS);
	added = B_TRUE;
	CHECK(again == cookie);
	CHECK(ddi_add_intr(dip, 0, NULL, NULL, old_handler, (caddr_t)&s) != DDI_SUCCESS);
	/* ddi_add_intr(9F) enables it immediately. */
	source_raise(&s);
	CHECK(counted(&s, &s.calls, 1));
	CHECK(s.in_thread == contract_in_thread_model());
	ddi_remove_intr(dip, 0, cookie);
	added = B_FALSE;
	source_raise(&s);
	delay(drv_usectohz(20000));
	CHECK(s.calls == 1);
	/* Removing a handler that is not there is reported. */
	ddi_remove_intr(dip, 0, cookie);
	source_reset(&s);
	CHECK(ddi_add_intr(dip, 0, NULL, NULL, old_handler, (caddr_t)&s) == DDI_SUCCESS);
	added = B_TRUE;
	source_raise(&s);
	CHECK(counted(&s, &s.calls, 2));
out:
	if (added)
		ddi_remove_intr(dip, 0, cookie);
	source_fini(&s);
	return why;
}

static const struct contract_test tests[] = {
	{ "intr.fixed", intr_fixed },
	{ "add_intr.old_interface", intr_old },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_CHIP, tests);
