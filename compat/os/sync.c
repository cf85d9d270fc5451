// SPDX-License-Identifier: GPL-2.0
/*
 * Mutexes and condition variables: mutex(9F), condvar(9F).
 *
 * A kmutex_t is a mutex or, if it was initialised with the interrupt priority of a driver in the
 * atomic model, a spin lock held with local interrupts off.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "../impl.h"

struct kmutex {
	struct task_struct	*owner;
	unsigned long		flags;	/* interrupt state of the spin lock's holder */
	bool			spin;
	union {
		struct mutex	mutex;
		spinlock_t	lock;
	};
};

static_assert(sizeof(struct kmutex) <= sizeof(struct scsa_kmutex));
static_assert(sizeof(struct wait_queue_head) <= sizeof(struct scsa_kcondvar));

static struct kmutex *mutex_impl(const struct scsa_kmutex *mp)
{
	return (struct kmutex *)mp;
}

/**
 * scsa_mutex_init() - mutex_init(9F)
 * @mp: the lock
 * @name: for lock debugging
 * @type: ignored, as for drivers on Solaris
 * @arg: interrupt priority or NULL, see <sys/mutex.h>
 * @key: lock class, one for each place that initialises a lock
 *
 * Context: any.
 */
void scsa_mutex_init(struct scsa_kmutex *mp, const char *name, int type, void *arg,
		     struct lock_class_key *key)
{
	struct kmutex *m = mutex_impl(mp);

	m->owner = NULL;
	m->spin = (uintptr_t)arg == SCSA_PRI_ATOMIC;
	if (m->spin) {
		spin_lock_init(&m->lock);
		lockdep_set_class_and_name(&m->lock, key, name);
	} else {
		__mutex_init(&m->mutex, name, key);
	}
}
EXPORT_SYMBOL_GPL(scsa_mutex_init);

/**
 * scsa_mutex_destroy() - mutex_destroy(9F)
 * @mp: the lock, not held
 *
 * Context: any.
 */
void scsa_mutex_destroy(struct scsa_kmutex *mp)
{
	WARN_ON(mutex_impl(mp)->owner);
	if (!mutex_impl(mp)->spin)
		mutex_destroy(&mutex_impl(mp)->mutex);
}
EXPORT_SYMBOL_GPL(scsa_mutex_destroy);

/**
 * scsa_mutex_enter() - mutex_enter(9F)
 * @mp: the lock
 *
 * Context: thread, and with an atomic driver's lock any.
 */
void scsa_mutex_enter(struct scsa_kmutex *mp)
{
	struct kmutex *m = mutex_impl(mp);

	if (m->spin) {
		unsigned long flags;

		spin_lock_irqsave(&m->lock, flags);
		m->flags = flags;
		__release(&m->lock);	/* for sparse: held beyond this function */
	} else {
		mutex_lock(&m->mutex);
	}
	WRITE_ONCE(m->owner, current);
}
EXPORT_SYMBOL_GPL(scsa_mutex_enter);

/**
 * scsa_mutex_tryenter() - mutex_tryenter(9F)
 * @mp: the lock
 *
 * Context: as scsa_mutex_enter().
 * Return: non-zero if the lock was taken.
 */
int scsa_mutex_tryenter(struct scsa_kmutex *mp)
{
	struct kmutex *m = mutex_impl(mp);

	if (m->spin) {
		unsigned long flags;

		if (!spin_trylock_irqsave(&m->lock, flags))
			return 0;
		m->flags = flags;
		__release(&m->lock);
	} else if (!mutex_trylock(&m->mutex)) {
		return 0;
	}
	WRITE_ONCE(m->owner, current);
	return 1;
}
EXPORT_SYMBOL_GPL(scsa_mutex_tryenter);

/**
 * scsa_mutex_exit() - mutex_exit(9F)
 * @mp: a lock the caller holds
 *
 * Context: as scsa_mutex_enter().
 */
void scsa_mutex_exit(struct scsa_kmutex *mp)
{
	struct kmutex *m = mutex_impl(mp);

	WRITE_ONCE(m->owner, NULL);
	if (m->spin) {
		__acquire(&m->lock);
		spin_unlock_irqrestore(&m->lock, m->flags);
	} else {
		mutex_unlock(&m->mutex);
	}
}
EXPORT_SYMBOL_GPL(scsa_mutex_exit);

/**
 * scsa_mutex_owned() - mutex_owned(9F)
 * @mp: the lock
 *
 * An interrupt handler that took a spin lock counts as the task it interrupted, which cannot run in
 * the meantime.
 *
 * Context: any.
 * Return: non-zero if the caller holds the lock.
 */
int scsa_mutex_owned(const struct scsa_kmutex *mp)
{
	return READ_ONCE(mutex_impl(mp)->owner) == current;
}
EXPORT_SYMBOL_GPL(scsa_mutex_owned);

static struct wait_queue_head *cv_waitq(struct scsa_kcondvar *cvp)
{
	return (struct wait_queue_head *)cvp;
}

/**
 * scsa_cv_init() - cv_init(9F)
 * @cvp: the condition variable
 * @name: for lock debugging
 * @type: ignored
 * @arg: ignored
 * @key: lock class
 *
 * Context: any.
 */
void scsa_cv_init(struct scsa_kcondvar *cvp, const char *name, int type, void *arg,
		  struct lock_class_key *key)
{
	__init_waitqueue_head(cv_waitq(cvp), name, key);
}
EXPORT_SYMBOL_GPL(scsa_cv_init);

/**
 * scsa_cv_destroy() - cv_destroy(9F)
 * @cvp: a condition variable without waiters
 *
 * Context: any.
 */
void scsa_cv_destroy(struct scsa_kcondvar *cvp)
{
	WARN_ON(waitqueue_active(cv_waitq(cvp)));
}
EXPORT_SYMBOL_GPL(scsa_cv_destroy);

/**
 * scsa_cv_signal() - cv_signal(9F): wake one waiter
 * @cvp: the condition variable
 *
 * Context: any.
 */
void scsa_cv_signal(struct scsa_kcondvar *cvp)
{
	wake_up(cv_waitq(cvp));
}
EXPORT_SYMBOL_GPL(scsa_cv_signal);

/**
 * scsa_cv_broadcast() - cv_broadcast(9F): wake all waiters
 * @cvp: the condition variable
 *
 * Context: any.
 */
void scsa_cv_broadcast(struct scsa_kcondvar *cvp)
{
	wake_up_all(cv_waitq(cvp));
}
EXPORT_SYMBOL_GPL(scsa_cv_broadcast);

enum { CV_SIGNAL = 0, CV_WOKEN = 1, CV_TIMEOUT = -1 };

/* Milliseconds, at most, that a wait with a time limit spins with interrupts off. */
#define CV_SPIN_MS	100

/*
 * Let a tick pass where the caller must not sleep. Returns the ticks left. With interrupts off the
 * clock may stand still and the limit would never come: then spin for all of the time, up to
 * CV_SPIN_MS, and report that it is over.
 */
static long cv_tick(long timeout)
{
	MISUSE("cv_wait", "the caller must not sleep");
	if (irqs_disabled() && timeout != MAX_SCHEDULE_TIMEOUT) {
		mdelay(min_t(long, jiffies_to_msecs(timeout), CV_SPIN_MS));
		return 0;
	}
	mdelay(MSEC_PER_SEC / HZ);
	return timeout - 1;
}

/*
 * Drop the lock, sleep until woken, take the lock again. Report a consumed cv_signal(9F) even if
 * the wait also timed out or the task has a signal pending; otherwise the wake-up is lost.
 */
static int cv_block(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, unsigned int state,
		    long timeout)
{
	/* In an interrupt the state of the current task is not ours: do not queue it. */
	bool queued = in_task(), woken = false;
	DEFINE_WAIT(wait);

	if (timeout <= 0)
		return CV_TIMEOUT;
	if (queued)
		prepare_to_wait_exclusive(cv_waitq(cvp), &wait, state);
	scsa_mutex_exit(mp);
	if (likely(linux_may_sleep()))
		timeout = schedule_timeout(timeout);
	else
		timeout = cv_tick(timeout);
	if (queued) {
		/* A waker takes the entry off the queue. */
		woken = list_empty_careful(&wait.entry);
		finish_wait(cv_waitq(cvp), &wait);
	}
	scsa_mutex_enter(mp);
	if (woken)
		return CV_WOKEN;
	if (queued && state == TASK_INTERRUPTIBLE && signal_pending(current))
		return CV_SIGNAL;
	return timeout ? CV_WOKEN : CV_TIMEOUT;
}

/* The difference is signed, so that the tick counter may wrap. */
static long ticks_until(long abs_ticks)
{
	return (long)((unsigned long)abs_ticks - (unsigned long)scsa_ddi_get_lbolt());
}

/**
 * scsa_cv_wait() - cv_wait(9F)
 * @cvp: the condition variable
 * @mp: a lock the caller holds; held again on return
 *
 * Context: thread.
 */
void scsa_cv_wait(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp)
{
	/* A driver's own thread may wait for work indefinitely: do not report it as a hung task. */
	cv_block(cvp, mp, (current->flags & PF_KTHREAD) ? TASK_IDLE : TASK_UNINTERRUPTIBLE,
		 MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(scsa_cv_wait);

/**
 * scsa_cv_wait_sig() - cv_wait_sig(9F)
 * @cvp: the condition variable
 * @mp: a lock the caller holds; held again on return
 *
 * Context: thread.
 * Return: 0 if a signal ended the wait, else greater than 0.
 */
int scsa_cv_wait_sig(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp)
{
	return cv_block(cvp, mp, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_GPL(scsa_cv_wait_sig);

/**
 * scsa_cv_timedwait() - cv_timedwait(9F)
 * @cvp: the condition variable
 * @mp: a lock the caller holds; held again on return
 * @abs_ticks: ddi_get_lbolt(9F) time at which to give up
 *
 * Context: thread.
 * Return: -1 once the time has passed, else greater than 0.
 */
long scsa_cv_timedwait(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long abs_ticks)
{
	return cv_block(cvp, mp, TASK_UNINTERRUPTIBLE, ticks_until(abs_ticks));
}
EXPORT_SYMBOL_GPL(scsa_cv_timedwait);

/**
 * scsa_cv_reltimedwait() - cv_reltimedwait(9F)
 * @cvp: the condition variable
 * @mp: a lock the caller holds; held again on return
 * @delta: maximum ticks to wait
 * @resolution: ignored; a tick is fine enough for every user
 *
 * Context: thread.
 * Return: -1 once the time has passed, else greater than 0.
 */
long scsa_cv_reltimedwait(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long delta,
			  int resolution)
{
	return cv_block(cvp, mp, TASK_UNINTERRUPTIBLE, delta);
}
EXPORT_SYMBOL_GPL(scsa_cv_reltimedwait);

/**
 * scsa_cv_timedwait_sig() - cv_timedwait_sig(9F)
 * @cvp: the condition variable
 * @mp: a lock the caller holds; held again on return
 * @abs_ticks: ddi_get_lbolt(9F) time at which to give up
 *
 * Context: thread.
 * Return: -1 once the time has passed, 0 if a signal ended the wait, else greater than 0.
 */
long scsa_cv_timedwait_sig(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long abs_ticks)
{
	return cv_block(cvp, mp, TASK_INTERRUPTIBLE, ticks_until(abs_ticks));
}
EXPORT_SYMBOL_GPL(scsa_cv_timedwait_sig);

/**
 * scsa_cv_reltimedwait_sig() - cv_reltimedwait_sig(9F)
 * @cvp: the condition variable
 * @mp: a lock the caller holds; held again on return
 * @delta: maximum ticks to wait
 * @resolution: ignored; a tick is fine enough for every user
 *
 * Context: thread.
 * Return: -1 once the time has passed, 0 if a signal ended the wait, else greater than 0.
 */
long scsa_cv_reltimedwait_sig(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long delta,
			      int resolution)
{
	return cv_block(cvp, mp, TASK_INTERRUPTIBLE, delta);
}
EXPORT_SYMBOL_GPL(scsa_cv_reltimedwait_sig);
