// SPDX-License-Identifier: GPL-2.0
/*
 * Readers/writer locks: rwlock(9F).
 *
 * A Linux rw_semaphore cannot be upgraded, so the sleeping krwlock_t has its own counter. The
 * variant for interrupt handlers is a spin lock, which even readers hold alone: to share it, each
 * reader would have to keep its own interrupt state, for which rw_enter(9F) has no place.
 */
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "../impl.h"

struct krwlock {
	bool				spin;
	bool				reading;	/* the spin lock's holder is a reader */
	union {
		struct scsa_kmutex	mutex;
		struct {
			spinlock_t	lock;		/* protects the members below */
			int		holders;	/* readers, or -1 for a writer */
			unsigned int	writers;	/* waiting writers */
			struct task_struct *writer;
			struct wait_queue_head wait;
		};
	};
};

static_assert(sizeof(struct krwlock) <= sizeof(struct scsa_krwlock));

static struct krwlock *rw_impl(struct scsa_krwlock *rwlp)
{
	return (struct krwlock *)rwlp;
}

/**
 * scsa_rw_init() - rw_init(9F)
 * @rwlp: the lock
 * @name: ignored
 * @type: ignored, as for drivers on Solaris
 * @arg: interrupt priority or NULL, see <sys/rwlock.h>
 *
 * Context: any.
 */
void scsa_rw_init(struct scsa_krwlock *rwlp, const char *name, int type, void *arg)
{
	static struct lock_class_key key;
	struct krwlock *rw = rw_impl(rwlp);

	memset(rw, 0, sizeof(*rw));
	rw->spin = (uintptr_t)arg == SCSA_PRI_ATOMIC;
	if (rw->spin) {
		scsa_mutex_init(&rw->mutex, "krwlock", type, arg, &key);
		return;
	}
	spin_lock_init(&rw->lock);
	init_waitqueue_head(&rw->wait);
}
EXPORT_SYMBOL_GPL(scsa_rw_init);

/**
 * scsa_rw_destroy() - rw_destroy(9F)
 * @rwlp: the lock, not held
 *
 * Context: any.
 */
void scsa_rw_destroy(struct scsa_krwlock *rwlp)
{
	struct krwlock *rw = rw_impl(rwlp);

	if (rw->spin)
		scsa_mutex_destroy(&rw->mutex);
	else
		WARN_ON(rw->holders || rw->writers);
}
EXPORT_SYMBOL_GPL(scsa_rw_destroy);

/* Try to take the sleeping lock. @waited: this writer is counted in rw->writers. */
static bool rw_take(struct krwlock *rw, int how, bool waited)
{
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&rw->lock, flags);
	if (how == SCSA_RW_READER) {
		taken = rw->holders >= 0 && !rw->writers;
		rw->holders += taken;
	} else {
		taken = rw->holders == 0;
		if (taken) {
			rw->holders = -1;
			rw->writer = current;
			rw->writers -= waited;
		}
	}
	spin_unlock_irqrestore(&rw->lock, flags);
	return taken;
}

/**
 * scsa_rw_enter() - rw_enter(9F)
 * @rwlp: the lock
 * @how: RW_READER or RW_WRITER
 *
 * Context: thread, and with an atomic driver's lock any.
 */
void scsa_rw_enter(struct scsa_krwlock *rwlp, int how)
{
	struct krwlock *rw = rw_impl(rwlp);
	unsigned long flags;

	if (rw->spin) {
		scsa_mutex_enter(&rw->mutex);
		rw->reading = how == SCSA_RW_READER;
		return;
	}
	might_sleep();
	if (rw_take(rw, how, false))
		return;
	if (how != SCSA_RW_READER) {
		spin_lock_irqsave(&rw->lock, flags);
		rw->writers++;
		spin_unlock_irqrestore(&rw->lock, flags);
	}
	wait_event(rw->wait, rw_take(rw, how, true));
}
EXPORT_SYMBOL_GPL(scsa_rw_enter);

/**
 * scsa_rw_tryenter() - rw_tryenter(9F)
 * @rwlp: the lock
 * @how: RW_READER or RW_WRITER
 *
 * Context: any.
 * Return: non-zero if the lock was taken.
 */
int scsa_rw_tryenter(struct scsa_krwlock *rwlp, int how)
{
	struct krwlock *rw = rw_impl(rwlp);

	if (!rw->spin)
		return rw_take(rw, how, false);
	if (!scsa_mutex_tryenter(&rw->mutex))
		return 0;
	rw->reading = how == SCSA_RW_READER;
	return 1;
}
EXPORT_SYMBOL_GPL(scsa_rw_tryenter);

/**
 * scsa_rw_exit() - rw_exit(9F)
 * @rwlp: a lock the caller holds
 *
 * Context: as scsa_rw_enter().
 */
void scsa_rw_exit(struct scsa_krwlock *rwlp)
{
	struct krwlock *rw = rw_impl(rwlp);
	unsigned long flags;
	bool wake;

	if (rw->spin) {
		scsa_mutex_exit(&rw->mutex);
		return;
	}
	spin_lock_irqsave(&rw->lock, flags);
	WARN_ON_ONCE(rw->holders == 0);
	rw->writer = NULL;
	if (rw->holders > 0)
		rw->holders--;
	else
		rw->holders = 0;
	wake = rw->holders == 0;
	/* Wake under rw->lock: the next holder may free the whole krwlock_t. */
	if (wake)
		wake_up_all(&rw->wait);
	spin_unlock_irqrestore(&rw->lock, flags);
}
EXPORT_SYMBOL_GPL(scsa_rw_exit);

/**
 * scsa_rw_downgrade() - rw_downgrade(9F)
 * @rwlp: a lock the caller holds as a writer; on return it holds it as a reader
 *
 * Context: as scsa_rw_enter().
 */
void scsa_rw_downgrade(struct scsa_krwlock *rwlp)
{
	struct krwlock *rw = rw_impl(rwlp);
	unsigned long flags;

	if (rw->spin) {
		rw->reading = true;
		return;
	}
	spin_lock_irqsave(&rw->lock, flags);
	if (!WARN_ON_ONCE(rw->holders != -1)) {
		rw->writer = NULL;
		rw->holders = 1;
		wake_up_all(&rw->wait);
	}
	spin_unlock_irqrestore(&rw->lock, flags);
}
EXPORT_SYMBOL_GPL(scsa_rw_downgrade);

/**
 * scsa_rw_tryupgrade() - rw_tryupgrade(9F)
 * @rwlp: a lock the caller holds as a reader
 *
 * Context: any.
 * Return: non-zero if the caller is now a writer, 0 if there are other readers or a writer waits.
 */
int scsa_rw_tryupgrade(struct scsa_krwlock *rwlp)
{
	struct krwlock *rw = rw_impl(rwlp);
	unsigned long flags;
	bool alone;

	if (rw->spin) {
		rw->reading = false;
		return 1;
	}
	spin_lock_irqsave(&rw->lock, flags);
	alone = rw->holders == 1 && !rw->writers;
	if (alone) {
		rw->holders = -1;
		rw->writer = current;
	}
	spin_unlock_irqrestore(&rw->lock, flags);
	return alone;
}
EXPORT_SYMBOL_GPL(scsa_rw_tryupgrade);

/**
 * scsa_rw_read_locked() - rw_read_locked(9F)
 * @rwlp: a lock the caller holds
 *
 * Context: any.
 * Return: non-zero if readers hold it.
 */
int scsa_rw_read_locked(struct scsa_krwlock *rwlp)
{
	struct krwlock *rw = rw_impl(rwlp);

	if (rw->spin)
		return scsa_mutex_owned(&rw->mutex) && rw->reading;
	return READ_ONCE(rw->holders) > 0;
}
EXPORT_SYMBOL_GPL(scsa_rw_read_locked);

/**
 * scsa_rw_write_held() - RW_WRITE_HELD(), for assertions
 * @rwlp: the lock
 *
 * Context: any.
 * Return: non-zero if the caller holds it as a writer.
 */
int scsa_rw_write_held(struct scsa_krwlock *rwlp)
{
	struct krwlock *rw = rw_impl(rwlp);

	if (rw->spin)
		return scsa_mutex_owned(&rw->mutex) && !rw->reading;
	return READ_ONCE(rw->writer) == current;
}
EXPORT_SYMBOL_GPL(scsa_rw_write_held);
