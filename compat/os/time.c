// SPDX-License-Identifier: GPL-2.0
/* Clocks and timeouts: ddi_get_lbolt(9F), drv_usecwait(9F), timeout(9F). */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "../impl.h"
#include "../linux_impl.h"

const int scsa_hz = HZ;
EXPORT_SYMBOL_GPL(scsa_hz);

/**
 * scsa_ddi_get_lbolt() - ddi_get_lbolt(9F)
 *
 * Context: any.
 * Return: ticks since some time in the past. The value wraps: compare by signed difference.
 */
long scsa_ddi_get_lbolt(void)
{
	return (long)jiffies;
}
EXPORT_SYMBOL_GPL(scsa_ddi_get_lbolt);

/**
 * scsa_gethrtime() - gethrtime(9F)
 *
 * Context: any.
 * Return: monotonic time in nanoseconds.
 */
long long scsa_gethrtime(void)
{
	return ktime_get_ns();
}
EXPORT_SYMBOL_GPL(scsa_gethrtime);

/**
 * scsa_ddi_get_time() - ddi_get_time(9F)
 *
 * Context: any.
 * Return: seconds since 1970.
 */
long scsa_ddi_get_time(void)
{
	return (long)ktime_get_real_seconds();
}
EXPORT_SYMBOL_GPL(scsa_ddi_get_time);

/**
 * scsa_drv_usectohz() - drv_usectohz(9F)
 * @usec: microseconds
 *
 * Context: any.
 * Return: ticks, rounded up.
 */
long scsa_drv_usectohz(long usec)
{
	return usec <= 0 ? 0 : usecs_to_jiffies(min_t(long, usec, INT_MAX));
}
EXPORT_SYMBOL_GPL(scsa_drv_usectohz);

/**
 * scsa_drv_hztousec() - drv_hztousec(9F)
 * @ticks: ticks
 *
 * Context: any.
 * Return: microseconds.
 */
long scsa_drv_hztousec(long ticks)
{
	return ticks <= 0 ? 0 : jiffies_to_usecs(ticks);
}
EXPORT_SYMBOL_GPL(scsa_drv_hztousec);

/**
 * scsa_drv_usecwait() - drv_usecwait(9F)
 * @usec: minimum microseconds to wait
 *
 * Context: any; sleeps for 20 us and more where it may, else spins.
 */
void scsa_drv_usecwait(long usec)
{
	if (usec <= 0)
		return;
	if (usec >= 20 && linux_may_sleep()) {
		usleep_range(usec, usec + usec / 4 + 1);
		return;
	}
	for (; usec > 1000; usec -= 1000)
		udelay(1000);
	udelay(usec);
}
EXPORT_SYMBOL_GPL(scsa_drv_usecwait);

/**
 * scsa_delay() - delay(9F)
 * @ticks: ticks to sleep
 *
 * Context: thread; spins where the kernel can tell that the caller must not sleep.
 */
void scsa_delay(long ticks)
{
	if (likely(linux_may_sleep()))
		schedule_timeout_uninterruptible(ticks > 0 ? ticks : 1);
	else
		scsa_drv_usecwait(jiffies_to_usecs(ticks > 0 ? ticks : 1));
}
EXPORT_SYMBOL_GPL(scsa_delay);

/*
 * A timeout is found by its id. Ids go round 32 bits before one is reused, so a stale id is
 * harmless. Either timeout_run() or untimeout(9F) takes a timeout out of the array; the one that
 * does frees it.
 */
struct timeout {
	struct delayed_work	work;
	u32			id;
	void			(*func)(void *);
	void			*arg;
};

static DEFINE_XARRAY_FLAGS(timeouts, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_IRQ);
static u32 timeout_next;

static void timeout_run(struct work_struct *work)
{
	struct timeout *t = container_of(to_delayed_work(work), struct timeout, work);

	t->func(t->arg);
	/* Otherwise an untimeout(9F) waits for us and frees it. */
	if (xa_erase_irq(&timeouts, t->id) == t)
		kfree(t);
}

/**
 * scsa_timeout() - timeout(9F)
 * @func: function to call once, in thread context
 * @arg: its argument
 * @ticks: delay; at least one
 *
 * Context: any.
 * Return: an id for untimeout(9F); NULL only if memory is short, which is reported.
 */
void *scsa_timeout(void (*func)(void *), void *arg, long ticks)
{
	struct timeout *t = kzalloc(sizeof(*t), GFP_ATOMIC);
	unsigned long flags;
	u32 id;
	int rc;

	if (!t)
		goto fail;
	INIT_DELAYED_WORK(&t->work, timeout_run);
	t->func = func;
	t->arg = arg;
	xa_lock_irqsave(&timeouts, flags);
	rc = __xa_alloc_cyclic(&timeouts, &t->id, t, xa_limit_32b, &timeout_next, GFP_ATOMIC);
	xa_unlock_irqrestore(&timeouts, flags);
	if (rc < 0)
		goto fail;
	/* Once queued, it may run and be freed. */
	id = t->id;
	queue_delayed_work(linux_wq, &t->work, max(ticks, 1L));
	return (void *)(uintptr_t)id;

fail:
	pr_warn_ratelimited("scsa: no memory for a timeout\n");
	kfree(t);
	return NULL;
}
EXPORT_SYMBOL_GPL(scsa_timeout);

/**
 * scsa_untimeout() - untimeout(9F)
 * @id: from scsa_timeout()
 *
 * In a thread that may sleep, waits until a running function has returned, unless called from that
 * function. Elsewhere it does not wait: the function may still run on another CPU.
 *
 * Context: any; a thread must not hold a lock that sleeps and that the function takes.
 * Return: -1 if the function runs, has run or the id is unknown, else 0.
 */
long scsa_untimeout(void *id)
{
	unsigned long index = (uintptr_t)id;
	bool wait = linux_may_sleep();
	unsigned long flags;
	struct timeout *t;
	bool pending;

	if (!index)
		return -1;
	xa_lock_irqsave(&timeouts, flags);
	t = xa_load(&timeouts, index);
	if (t && current_work() == &t->work.work)
		t = NULL;
	/* One that cannot be cancelled without waiting frees itself. */
	pending = t && cancel_delayed_work(&t->work);
	if (t && (pending || wait))
		__xa_erase(&timeouts, index);
	xa_unlock_irqrestore(&timeouts, flags);
	if (!t || (!pending && !wait))
		return -1;
	if (!pending)
		cancel_delayed_work_sync(&t->work);
	kfree(t);
	return pending ? 0 : -1;
}
EXPORT_SYMBOL_GPL(scsa_untimeout);
