// SPDX-License-Identifier: GPL-2.0
/* Clauses of ddi_intr_add_softint(9F) and ddi_add_softintr(9F). */
#include <sys/ddi.h>
#include <sys/sunddi.h>

#include "contract.h"
#include "contract_check.h"

struct soft {
	ksema_t		called;
	ksema_t		go;
	int		calls;
	boolean_t	in_thread;
	boolean_t	blocks;
	void		*arg2;
	int		removed;
	ddi_softint_handle_t self;
};

static void soft_init(struct soft *s)
{
	bzero(s, sizeof(*s));
	sema_init(&s->called, 0, NULL, SEMA_DRIVER, NULL);
	sema_init(&s->go, 0, NULL, SEMA_DRIVER, NULL);
}

static uint_t soft_handler(caddr_t arg1, caddr_t arg2)
{
	struct soft *s = (struct soft *)arg1;

	s->calls++;
	s->in_thread = contract_is_thread();
	s->arg2 = arg2;
	sema_v(&s->called);
	if (s->blocks)
		sema_p(&s->go);
	return DDI_INTR_CLAIMED;
}

static uint_t old_handler(caddr_t arg)
{
	return soft_handler(arg, NULL);
}

static uint_t removes_itself(caddr_t arg1, caddr_t arg2)
{
	struct soft *s = (struct soft *)arg1;

	s->removed = ddi_intr_remove_softint(s->self);
	sema_v(&s->called);
	return DDI_INTR_CLAIMED;
}

static const char *softint_trigger(dev_info_t *dip)
{
	ddi_softint_handle_t h = NULL;
	const char *why = NULL;
	struct soft s;
	uint_t pri;
	int args[3];

	soft_init(&s);
	CHECK(ddi_intr_add_softint(dip, &h, DDI_INTR_SOFTPRI_MIN, NULL, &s) != DDI_SUCCESS);
	CHECK(ddi_intr_add_softint(dip, &h, DDI_INTR_SOFTPRI_MIN, soft_handler, &s) == DDI_SUCCESS);
	CHECK(ddi_intr_get_softint_pri(h, &pri) == DDI_SUCCESS && pri < ddi_intr_get_hilevel_pri());
	s.blocks = B_TRUE;
	CHECK(ddi_intr_trigger_softint(h, &args[0]) == DDI_SUCCESS);
	sema_p(&s.called);
	CHECK(s.calls == 1 && s.in_thread && s.arg2 == &args[0]);
	/* That call has begun, so one more may be pending, but only one. */
	s.blocks = B_FALSE;
	CHECK(ddi_intr_trigger_softint(h, &args[1]) == DDI_SUCCESS);
	CHECK(ddi_intr_trigger_softint(h, &args[2]) == DDI_EPENDING);
	CHECK(s.calls == 1);
	sema_v(&s.go);
	sema_p(&s.called);
	CHECK(s.calls == 2 && s.arg2 == &args[1]);
out:
	sema_v(&s.go);
	if (h && ddi_intr_remove_softint(h) != DDI_SUCCESS)
		why = "remove";
	sema_destroy(&s.go);
	sema_destroy(&s.called);
	return why;
}

static const char *softint_remove(dev_info_t *dip)
{
	ddi_softint_handle_t h = NULL;
	const char *why = NULL;
	struct soft s;

	soft_init(&s);
	CHECK(ddi_intr_add_softint(dip, &h, 1, removes_itself, &s) == DDI_SUCCESS);
	s.self = h;
	CHECK(ddi_intr_trigger_softint(h, NULL) == DDI_SUCCESS);
	sema_p(&s.called);
	CHECK(s.removed == DDI_FAILURE);
out:
	/* Removal waits for the handler, and the handler is not called afterwards. */
	if (h && ddi_intr_remove_softint(h) != DDI_SUCCESS)
		why = "remove";
	sema_destroy(&s.go);
	sema_destroy(&s.called);
	return why;
}

static const char *softintr_old(dev_info_t *dip)
{
	ddi_iblock_cookie_t cookie = NULL, again = NULL;
	ddi_idevice_cookie_t idevice;
	ddi_softintr_t id = NULL;
	const char *why = NULL;
	struct soft s;
	kmutex_t lock;

	soft_init(&s);
	CHECK(ddi_get_soft_iblock_cookie(dip, DDI_SOFTINT_HIGH, &cookie) == DDI_SUCCESS);
	mutex_init(&lock, NULL, MUTEX_DRIVER, cookie);
	mutex_enter(&lock);
	mutex_exit(&lock);
	mutex_destroy(&lock);
	CHECK(ddi_add_softintr(dip, DDI_SOFTINT_HIGH, &id, &again, &idevice, old_handler,
			       (caddr_t)&s) == DDI_SUCCESS);
	CHECK(again == cookie);
	ddi_trigger_softintr(id);
	sema_p(&s.called);
	CHECK(s.calls == 1 && s.in_thread);
out:
	if (id)
		ddi_remove_softintr(id);
	sema_destroy(&s.go);
	sema_destroy(&s.called);
	return why;
}

static const struct contract_test tests[] = {
	{ "softint.trigger", softint_trigger },
	{ "softint.remove", softint_remove },
	{ "softintr.old_interface", softintr_old },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
