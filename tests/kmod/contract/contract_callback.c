// SPDX-License-Identifier: GPL-2.0
/* Clauses of ddi_dma_mem_alloc(9F) and similar about functions that wait for resources. */
#include <sys/ddi.h>
#include <sys/sunddi.h>

#include "contract_buf.h"

/* How long to wait for a function to be called, or to check that it is not. */
#define CALLED_USEC	2000000
#define QUIET_USEC	100000

/* Memory at addresses that no machine has: allocating it always lacks resources. */
static const ddi_dma_attr_t nowhere_attr = {
	DMA_ATTR_V0, 0, 0xfff, 0xffffffffULL, 1, 0x7f, 1, 0xffffffffULL, 0xffffffffULL, 1, 512, 0
};

/* One waiting function: it returns DONE when @runouts has come down to 0. */
struct waiter {
	ddi_dma_handle_t	handle;
	int			runouts;
	int			calls;		/* atomic */
	int			*clock;		/* atomic: shared by several, counts their calls */
	int			last;		/* the clock at its last call */
	boolean_t		free_it;	/* the function frees its handle */
};

static int called(caddr_t arg)
{
	struct waiter *w = (struct waiter *)arg;

	if (w->clock)
		w->last = __atomic_add_fetch(w->clock, 1, __ATOMIC_ACQ_REL);
	if (w->free_it)
		ddi_dma_free_handle(&w->handle);
	__atomic_add_fetch(&w->calls, 1, __ATOMIC_ACQ_REL);
	return w->runouts-- > 0 ? DDI_DMA_CALLBACK_RUNOUT : DDI_DMA_CALLBACK_DONE;
}

static int calls(struct waiter *w)
{
	return __atomic_load_n(&w->calls, __ATOMIC_ACQUIRE);
}

static void wait_for(struct waiter *w, int n)
{
	int left;

	for (left = CALLED_USEC / 10000; left && calls(w) < n; left--)
		delay(drv_usectohz(10000));
}

/* Make an allocation fail for lack of resources, with a function to call back. */
static const char *begin(dev_info_t *dip, struct waiter *w, int (*cb)(caddr_t))
{
	ddi_dma_attr_t attr = nowhere_attr;
	ddi_acc_handle_t acc;
	size_t real;
	caddr_t p;

	if (!w->handle &&
	    ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &w->handle) != DDI_SUCCESS)
		return "no handle";
	if (ddi_dma_mem_alloc(w->handle, 64, &contract_acc_attr, DDI_DMA_CONSISTENT, cb, (caddr_t)w,
			      &p, &real, &acc) != DDI_FAILURE)
		return "there is memory below a page";
	return NULL;
}

static void end(struct waiter *w)
{
	if (w->handle)
		ddi_dma_free_handle(&w->handle);
}

static const char *dontwait(dev_info_t *dip)
{
	struct waiter w = { };
	const char *why = begin(dip, &w, DDI_DMA_DONTWAIT);

	end(&w);
	return why;
}

static const char *done(dev_info_t *dip)
{
	struct waiter w = { };
	const char *why = begin(dip, &w, called);

	wait_for(&w, 1);
	delay(drv_usectohz(QUIET_USEC));
	if (!why && calls(&w) != 1)
		why = calls(&w) ? "called after DONE" : "not called";
	end(&w);
	return why;
}

static const char *runout(dev_info_t *dip)
{
	struct waiter w = { .runouts = 2 };
	const char *why = begin(dip, &w, called);

	wait_for(&w, 3);
	delay(drv_usectohz(QUIET_USEC));
	if (!why && calls(&w) != 3)
		why = "not called until DONE";
	end(&w);
	return why;
}

/* A function that is queued twice is called at most twice. */
static const char *coalesced(dev_info_t *dip)
{
	struct waiter w = { };
	const char *why = begin(dip, &w, called);

	if (!why)
		why = begin(dip, &w, called);
	wait_for(&w, 2);
	delay(drv_usectohz(QUIET_USEC));
	if (!why && calls(&w) != 2)
		why = "not called as often as queued";
	end(&w);
	return why;
}

/* The first to fail is called first; RUNOUT queues it behind the others. */
static const char *in_order(dev_info_t *dip)
{
	int clock = 0;
	struct waiter a = { .runouts = 1, .clock = &clock }, b = { .clock = &clock };
	const char *why = begin(dip, &a, called);

	if (!why)
		why = begin(dip, &b, called);
	wait_for(&a, 2);
	wait_for(&b, 1);
	if (!why && (a.last != 3 || b.last != 2))
		why = "called in another order";
	end(&a);
	end(&b);
	return why;
}

static const char *not_after_free(dev_info_t *dip)
{
	struct waiter w = { .runouts = 1000 };
	const char *why = begin(dip, &w, called);
	int n;

	end(&w);
	n = calls(&w);
	delay(drv_usectohz(QUIET_USEC));
	return why ? why : calls(&w) > n + 1 ? "called after its handle was freed" : NULL;
}

/* If the function frees its handle and returns RUNOUT, it is not queued again. */
static const char *freed_inside(dev_info_t *dip)
{
	struct waiter w = { .runouts = 1000, .free_it = B_TRUE };
	const char *why = begin(dip, &w, called);

	wait_for(&w, 1);
	delay(drv_usectohz(QUIET_USEC));
	if (!why && calls(&w) != 1)
		why = "not called just once";
	end(&w);
	return why;
}

/* The function is called when resources are released, not just when the list is polled. */
static const char *runs_on_release(dev_info_t *dip)
{
	ddi_dma_attr_t attr = nowhere_attr;
	/* The list is polled every 20 ms. On a slow machine a release may take as long, but not each. */
	clock_t start, best = SEC_TO_TICK(100), limit = drv_usectohz(20000);
	ddi_dma_handle_t h = NULL;
	ddi_acc_handle_t acc;
	const char *why = NULL;
	size_t real;
	caddr_t p;
	int round;

	attr.dma_attr_addr_hi = 0xffffffffULL;
	if (ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &h) != DDI_SUCCESS)
		return "no handle";
	for (round = 0; round < 100 && best >= limit && !why; round++) {
		struct waiter w = { };

		if (ddi_dma_mem_alloc(h, 64, &contract_acc_attr, DDI_DMA_CONSISTENT, DDI_DMA_SLEEP, NULL,
				      &p, &real, &acc) != DDI_SUCCESS) {
			why = "no memory";
			break;
		}
		start = ddi_get_lbolt();
		why = begin(dip, &w, called);
		ddi_dma_mem_free(&acc);
		while (!calls(&w) && ddi_get_lbolt() - start < SEC_TO_TICK(5))
			delay(1);
		best = MIN(best, ddi_get_lbolt() - start);
		end(&w);
	}
	ddi_dma_free_handle(&h);
	if (!why && best >= limit)
		why = "not called after a release";
	return why;
}

int contract_calls_left;

static int too_late(caddr_t arg)
{
	__atomic_add_fetch(&contract_calls_left, 1, __ATOMIC_ACQ_REL);
	return DDI_DMA_CALLBACK_RUNOUT;
}

/* It still waits when attach(9E) fails. At unload, the module reports if it was called since. */
static const char *not_after_detach(dev_info_t *dip)
{
	struct waiter w = { };

	return begin(dip, &w, too_late);	/* leaks the handle too */
}

static const struct contract_test tests[] = {
	{ "callback.dontwait", dontwait },
	{ "callback.done", done },
	{ "callback.runout", runout },
	{ "callback.queued_twice", coalesced },
	{ "callback.in_order", in_order },
	{ "callback.not_after_free_handle", not_after_free },
	{ "callback.freed_inside", freed_inside },
	{ "callback.release", runs_on_release },
	{ "callback.not_after_detach", not_after_detach },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
