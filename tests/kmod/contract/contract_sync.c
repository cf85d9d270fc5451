// SPDX-License-Identifier: GPL-2.0
/* Clauses of rwlock(9F), semaphore(9F) and condvar(9F), in both execution models. */
#include <sys/ddi.h>
#include <sys/sunddi.h>

#include "contract.h"
#include "contract_check.h"

static const char *rwlock_kind(void *pri)
{
	const char *why = NULL;
	krwlock_t lock;

	rw_init(&lock, NULL, RW_DRIVER, pri);
	rw_enter(&lock, RW_READER);
	CHECK(rw_read_locked(&lock) && RW_READ_HELD(&lock) && !RW_WRITE_HELD(&lock));
	CHECK(!rw_tryenter(&lock, RW_WRITER));
	CHECK(rw_tryupgrade(&lock));
	CHECK(!rw_read_locked(&lock) && RW_WRITE_HELD(&lock));
	CHECK(!rw_tryenter(&lock, RW_READER) && !rw_tryenter(&lock, RW_WRITER));
	rw_downgrade(&lock);
	CHECK(rw_read_locked(&lock) && !RW_WRITE_HELD(&lock));
	rw_exit(&lock);
	CHECK(!RW_LOCK_HELD(&lock));
	CHECK(rw_tryenter(&lock, RW_WRITER));
	CHECK(RW_WRITE_HELD(&lock));
	rw_exit(&lock);
out:
	if (RW_LOCK_HELD(&lock))
		rw_exit(&lock);
	rw_destroy(&lock);
	return why;
}

static const char *rwlock_sleeping(dev_info_t *dip)
{
	return rwlock_kind(NULL);
}

static const char *rwlock_spinning(dev_info_t *dip)
{
	return rwlock_kind(DDI_INTR_PRI(6));
}

static const char *rwlock_shared(dev_info_t *dip)
{
	const char *why = NULL;
	krwlock_t lock;
	int held = 0;

	rw_init(&lock, NULL, RW_DRIVER, NULL);
	rw_enter(&lock, RW_READER);
	held++;
	CHECK(rw_tryenter(&lock, RW_READER));
	held++;
	/* It is not the only reader, so it stays a reader. */
	CHECK(!rw_tryupgrade(&lock) && rw_read_locked(&lock));
	rw_exit(&lock);
	held--;
	CHECK(rw_tryupgrade(&lock));
out:
	while (held--)
		rw_exit(&lock);
	rw_destroy(&lock);
	return why;
}

struct writer {
	krwlock_t	rw;
	ksema_t		done;
	int		order;
	int		wrote;
};

static void write_once(void *arg)
{
	struct writer *w = arg;

	rw_enter(&w->rw, RW_WRITER);
	w->wrote = ++w->order;
	rw_exit(&w->rw);
	sema_v(&w->done);
}

static const char *rwlock_writer_first(dev_info_t *dip)
{
	const char *why = NULL;
	struct writer w = { .order = 0 };
	int i;

	rw_init(&w.rw, NULL, RW_DRIVER, NULL);
	sema_init(&w.done, 0, NULL, SEMA_DRIVER, NULL);
	rw_enter(&w.rw, RW_READER);
	timeout(write_once, &w, 1);
	/* Once the writer waits, no new reader gets in, and the old one cannot upgrade. */
	for (i = 0; i < 100 && rw_tryenter(&w.rw, RW_READER); i++) {
		rw_exit(&w.rw);
		delay(drv_usectohz(10000));
	}
	if (i == 100)
		why = "a waiting writer keeps readers out";
	else if (rw_tryupgrade(&w.rw))
		why = "no upgrade past a waiting writer";
	else if (w.wrote)
		why = "the writer waits for the reader";
	rw_exit(&w.rw);
	sema_p(&w.done);
	rw_enter(&w.rw, RW_READER);
	if (!why && w.wrote != 1)
		why = "the writer was let in";
	rw_exit(&w.rw);
	sema_destroy(&w.done);
	rw_destroy(&w.rw);
	return why;
}

static void post(void *arg)
{
	sema_v(arg);
}

static const char *semaphores(dev_info_t *dip)
{
	const char *why = NULL;
	ksema_t sem;

	sema_init(&sem, 2, NULL, SEMA_DRIVER, NULL);
	CHECK(sema_tryp(&sem));
	sema_p(&sem);
	CHECK(!sema_tryp(&sem));
	sema_v(&sem);
	CHECK(sema_p_sig(&sem) == 0);
	CHECK(!sema_tryp(&sem));
	/* Another thread's sema_v() ends the wait. */
	timeout(post, &sem, 1);
	sema_p(&sem);
	CHECK(!sema_tryp(&sem));
	/* So does a signal, but only for sema_p_sig(). */
	contract_signal(true);
	CHECK(sema_p_sig(&sem) == 1);
	contract_signal(false);
out:
	contract_signal(false);
	sema_destroy(&sem);
	return why;
}

struct sleeper {
	kmutex_t	lock;
	kcondvar_t	cv;
};

static void wake(void *arg)
{
	struct sleeper *s = arg;

	mutex_enter(&s->lock);
	cv_signal(&s->cv);
	mutex_exit(&s->lock);
}

static const char *cv_results(dev_info_t *dip)
{
	const char *why = NULL;
	struct sleeper s;
	clock_t tick = drv_usectohz(20000), start;

	mutex_init(&s.lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(6));
	cv_init(&s.cv, NULL, CV_DRIVER, NULL);
	mutex_enter(&s.lock);
	start = ddi_get_lbolt();
	CHECK(cv_timedwait_sig(&s.cv, &s.lock, start - 1) == -1);
	CHECK(cv_reltimedwait_sig(&s.cv, &s.lock, 0, TR_CLOCK_TICK) == -1);
	CHECK(cv_reltimedwait_sig(&s.cv, &s.lock, tick, TR_CLOCK_TICK) == -1);
	CHECK(cv_timedwait_sig(&s.cv, &s.lock, ddi_get_lbolt() + tick) == -1);
	CHECK(mutex_owned(&s.lock) && ddi_get_lbolt() - start >= 2 * tick);
	timeout(wake, &s, 1);
	CHECK(cv_timedwait_sig(&s.cv, &s.lock, ddi_get_lbolt() + SEC_TO_TICK(10)) > 0);
	timeout(wake, &s, 1);
	CHECK(cv_reltimedwait_sig(&s.cv, &s.lock, SEC_TO_TICK(10), TR_MILLISEC) > 0);
	timeout(wake, &s, 1);
	CHECK(cv_wait_sig(&s.cv, &s.lock) > 0);
	CHECK(ddi_get_lbolt() - start < SEC_TO_TICK(10));
	contract_signal(true);
	CHECK(cv_wait_sig(&s.cv, &s.lock) == 0);
	CHECK(cv_timedwait_sig(&s.cv, &s.lock, ddi_get_lbolt() + SEC_TO_TICK(10)) == 0);
	CHECK(cv_reltimedwait_sig(&s.cv, &s.lock, SEC_TO_TICK(10), TR_CLOCK_TICK) == 0);
	/* The functions without _sig keep waiting. */
	CHECK(cv_reltimedwait(&s.cv, &s.lock, tick, TR_CLOCK_TICK) == -1);
	CHECK(mutex_owned(&s.lock));
out:
	contract_signal(false);
	if (mutex_owned(&s.lock))
		mutex_exit(&s.lock);
	/* A late wake() still uses the lock. */
	delay(2 * tick);
	cv_destroy(&s.cv);
	mutex_destroy(&s.lock);
	return why;
}

struct spinner {
	kmutex_t	lock;
	kcondvar_t	cv;
	clock_t		rc;
	boolean_t	held;
};

static void wait_now(void *arg)
{
	clock_t until = ddi_get_lbolt() + 3;
	struct spinner *s = arg;
	int n;

	mutex_enter(&s->lock);
	for (n = 0; n < 1000; n++) {
		s->rc = cv_timedwait(&s->cv, &s->lock, until);
		if (s->rc == -1)
			break;
	}
	s->held = mutex_owned(&s->lock) ? B_TRUE : B_FALSE;
	mutex_exit(&s->lock);
	delay(1);
	drv_usecwait(100);
}

/* A wait where no code may sleep is a bug of the driver. It spins, and ends when the time is over. */
static const char *cv_in_interrupt(dev_info_t *dip)
{
	const char *why = NULL;
	struct spinner s;
	kmutex_t other;

	mutex_init(&s.lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(6));
	mutex_init(&other, NULL, MUTEX_DRIVER, DDI_INTR_PRI(6));
	cv_init(&s.cv, NULL, CV_DRIVER, NULL);
	contract_in_softirq(wait_now, &s);
	CHECK(s.rc == -1 && s.held);
	mutex_enter(&other);
	wait_now(&s);
	mutex_exit(&other);
	CHECK(s.rc == -1 && s.held);
out:
	cv_destroy(&s.cv);
	mutex_destroy(&other);
	mutex_destroy(&s.lock);
	return why;
}

static const struct contract_test tests[] = {
	{ "rwlock.sleeping", rwlock_sleeping },
	{ "rwlock.spinning", rwlock_spinning },
	{ "rwlock.readers_share", rwlock_shared },
	{ "rwlock.writer_first", rwlock_writer_first },
	{ "semaphore", semaphores },
	{ "condvar.results", cv_results },
	{ "condvar.in_interrupt", cv_in_interrupt },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
