// SPDX-License-Identifier: GPL-2.0
/*
 * Soft interrupts: ddi_intr_add_softint(9F), ddi_add_softintr(9F).
 *
 * In both models a handler runs in a thread. Its priority is that of the instance, so that it may
 * share a lock initialised with that priority with the interrupt handler.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "../impl.h"
#include "../linux_impl.h"

enum { DDI_EPENDING = -6 };

struct scsa_softint {
	struct scsa_softint	*next;		/* of the instance */
	struct dev_info		*dip;
	struct work_struct	work;
	spinlock_t		lock;		/* protects pending and arg2 */
	bool			pending;	/* triggered, but the handler is not called yet */
	void			*arg2;
	void			*arg1;
	scsa_intr_handler_t	handler;
	scsa_old_handler_t	old_handler;
};

/* Protects the lists of all instances. */
static DEFINE_MUTEX(softints_lock);

static void softint_run(struct work_struct *work)
{
	struct scsa_softint *si = container_of(work, struct scsa_softint, work);
	void *arg2;

	spin_lock_irq(&si->lock);
	arg2 = si->arg2;
	si->pending = false;
	spin_unlock_irq(&si->lock);
	if (si->old_handler)
		si->old_handler(si->arg1);
	else
		si->handler(si->arg1, arg2);
}

static struct scsa_softint *softint_add(struct dev_info *dip, scsa_intr_handler_t handler,
					scsa_old_handler_t old_handler, void *arg)
{
	struct scsa_softint *si;

	if (!dip || (!handler && !old_handler)) {
		pr_warn("scsa: a soft interrupt was added without an instance or a handler\n");
		return NULL;
	}
	si = kzalloc(sizeof(*si), GFP_KERNEL);
	if (!si)
		return NULL;
	si->dip = dip;
	INIT_WORK(&si->work, softint_run);
	spin_lock_init(&si->lock);
	si->handler = handler;
	si->old_handler = old_handler;
	si->arg1 = arg;
	mutex_lock(&softints_lock);
	si->next = dip->di_softints;
	dip->di_softints = si;
	mutex_unlock(&softints_lock);
	return si;
}

/**
 * scsa_softint_add() - ddi_intr_add_softint(9F)
 * @dip: instance
 * @sip: takes the soft interrupt
 * @pri: ignored
 * @handler: function to call
 * @arg1: its first argument
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE for a missing argument or if memory is short.
 */
int scsa_softint_add(struct dev_info *dip, struct scsa_softint **sip, int pri,
		     scsa_intr_handler_t handler, void *arg1)
{
	*sip = softint_add(dip, handler, NULL, arg1);
	return *sip ? SCSA_SUCCESS : SCSA_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_softint_add);

/**
 * scsa_softint_trigger() - ddi_intr_trigger_softint(9F)
 * @si: soft interrupt
 * @arg2: the handler's second argument
 *
 * Context: any.
 * Return: SCSA_SUCCESS, or DDI_EPENDING if the handler has not yet run for an earlier trigger;
 *	@arg2 is then dropped.
 */
int scsa_softint_trigger(struct scsa_softint *si, void *arg2)
{
	unsigned long flags;
	bool pending;

	if (WARN_ONCE(!si, "scsa: no soft interrupt to trigger\n"))
		return SCSA_FAILURE;
	spin_lock_irqsave(&si->lock, flags);
	pending = si->pending;
	if (!pending) {
		si->pending = true;
		si->arg2 = arg2;
		queue_work(linux_wq, &si->work);
	}
	spin_unlock_irqrestore(&si->lock, flags);
	return pending ? DDI_EPENDING : SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_softint_trigger);

/**
 * scsa_softint_remove() - ddi_intr_remove_softint(9F)
 * @si: soft interrupt; its handler no longer runs on return
 *
 * Context: thread, not the handler itself.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if called from the handler.
 */
int scsa_softint_remove(struct scsa_softint *si)
{
	struct scsa_softint **p;

	if (!si)
		return SCSA_FAILURE;
	if (current_work() == &si->work) {
		dev_warn(si->dip->di_dev, "a soft interrupt's handler cannot remove it; it stays\n");
		return SCSA_FAILURE;
	}
	mutex_lock(&softints_lock);
	for (p = &si->dip->di_softints; *p; p = &(*p)->next)
		if (*p == si) {
			*p = si->next;
			break;
		}
	mutex_unlock(&softints_lock);
	cancel_work_sync(&si->work);
	kfree(si);
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_softint_remove);

/**
 * scsa_softint_get_pri() - ddi_intr_get_softint_pri(9F)
 * @si: soft interrupt
 * @prip: takes its priority, for mutex_init(9F)
 *
 * Context: any.
 * Return: SCSA_SUCCESS.
 */
int scsa_softint_get_pri(struct scsa_softint *si, unsigned int *prip)
{
	*prip = si->dip->di_pri;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_softint_get_pri);

/**
 * scsa_get_soft_iblock_cookie() - ddi_get_soft_iblock_cookie(9F)
 * @dip: instance
 * @preference: ignored
 * @cookiep: takes the cookie for mutex_init(9F)
 *
 * Context: thread.
 * Return: SCSA_SUCCESS.
 */
int scsa_get_soft_iblock_cookie(struct dev_info *dip, int preference, void **cookiep)
{
	*cookiep = (void *)(uintptr_t)dip->di_pri;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_get_soft_iblock_cookie);

/**
 * scsa_add_softintr() - ddi_add_softintr(9F)
 * @dip: instance
 * @preference: ignored
 * @sip: takes the soft interrupt
 * @cookiep: takes the cookie for mutex_init(9F); or NULL
 * @idevice: cleared if it is not NULL
 * @handler: function to call
 * @arg: its argument
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE for a missing argument or if memory is short.
 */
int scsa_add_softintr(struct dev_info *dip, int preference, struct scsa_softint **sip,
		      void **cookiep, unsigned int *idevice, scsa_old_handler_t handler, void *arg)
{
	*sip = softint_add(dip, NULL, handler, arg);
	if (!*sip)
		return SCSA_FAILURE;
	if (cookiep)
		*cookiep = (void *)(uintptr_t)dip->di_pri;
	if (idevice)
		*idevice = 0;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_add_softintr);

/* Free soft interrupts that the driver left behind when it detached, or failed to. */
void linux_softint_teardown(struct dev_info *dip)
{
	while (dip->di_softints)
		scsa_softint_remove(dip->di_softints);
}
