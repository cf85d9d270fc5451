// SPDX-License-Identifier: GPL-2.0
/* compat/os of the simulator: locks, condition variables, threads, clocks and timeouts. */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define TICK		(4 * SIM_MSEC)

const int scsa_hz = 250;
bool linux_panicked;

struct kmutex {
	struct sim_fiber	*owner;
	const void		*class;
	const char		*name;
	bool			spin, live;
};

_Static_assert(sizeof(struct kmutex) <= sizeof(struct scsa_kmutex), "lock");

static struct kmutex *sync_impl(const struct scsa_kmutex *mp)
{
	struct kmutex *m = (struct kmutex *)mp;

	if (!m->live)
		sim_fail("a lock that is not initialised");
	return m;
}

void scsa_mutex_init(struct scsa_kmutex *mp, const char *name, int type, void *arg,
		     struct lock_class_key *key)
{
	*(struct kmutex *)mp = (struct kmutex){
		.class = key, .name = name, .spin = (uintptr_t)arg == SCSA_PRI_ATOMIC, .live = true,
	};
}

void scsa_mutex_destroy(struct scsa_kmutex *mp)
{
	if (sync_impl(mp)->owner)
		sim_fail("lock %s is destroyed while it is held", sync_impl(mp)->name);
	sync_impl(mp)->live = false;
}

static void sync_take(struct kmutex *m)
{
	while (m->owner)
		sim_block(m, 0);
	m->owner = sim_self();
	sim_lock_taken(m, m->class, m->name, m->spin);
}

void scsa_mutex_enter(struct scsa_kmutex *mp)
{
	struct kmutex *m = sync_impl(mp);

	if (!m->spin)
		sim_must_sleep_well(m->name);
	if (m->owner == sim_self())
		sim_fail("lock %s is taken twice", m->name);
	sim_point();
	sync_take(m);
}

static void sync_drop(struct kmutex *m)
{
	if (m->owner != sim_self())
		sim_fail("lock %s is dropped by another than its owner", m->name);
	m->owner = NULL;
	sim_lock_dropped(m);
	sim_wake(m, false);
}

void scsa_mutex_exit(struct scsa_kmutex *mp)
{
	sync_drop(sync_impl(mp));
	sim_point();
}

void scsa_cv_init(struct scsa_kcondvar *cvp, const char *name, int type, void *arg,
		  struct lock_class_key *key)
{
}

void scsa_cv_destroy(struct scsa_kcondvar *cvp)
{
}

void scsa_cv_signal(struct scsa_kcondvar *cvp)
{
	sim_wake(cvp, false);
}

void scsa_cv_broadcast(struct scsa_kcondvar *cvp)
{
	sim_wake(cvp, true);
}

static long sync_wait(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, uint64_t deadline)
{
	struct kmutex *m = sync_impl(mp);
	bool woken;

	sync_drop(m);
	sim_must_sleep_well("cv_wait");
	woken = sim_block(cvp, deadline);
	sync_take(m);
	return woken ? 1 : -1;
}

void scsa_cv_wait(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp)
{
	sync_wait(cvp, mp, 0);
}

static long sync_wait_ticks(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long ticks)
{
	return ticks <= 0 ? -1 : sync_wait(cvp, mp, sim_now + (uint64_t)ticks * TICK);
}

long scsa_cv_timedwait(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long abs_ticks)
{
	return sync_wait_ticks(cvp, mp, abs_ticks - scsa_ddi_get_lbolt());
}

long scsa_cv_timedwait_sig(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long abs_ticks)
{
	return scsa_cv_timedwait(cvp, mp, abs_ticks);
}

long scsa_cv_reltimedwait_sig(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long delta,
			      int resolution)
{
	return sync_wait_ticks(cvp, mp, delta);
}

/* ---- threads ---- */

struct thread {
	struct scsa_kthread	kt;
	struct thread		*next;
	struct sim_fiber	*fiber;
	void			(*func)(void *);
	void			*arg;
};

static struct thread *sync_threads;
static uint64_t sync_did;

static void sync_thread_run(void *data)
{
	struct thread *t = data, **p;

	t->func(t->arg);
	for (p = &sync_threads; *p != t; p = &(*p)->next)
		;
	*p = t->next;
	free(t);
	sim_wake(&sync_threads, true);
}

struct scsa_kthread *scsa_thread_create(void (*func)(void *), void *arg)
{
	struct thread *t = calloc(1, sizeof(*t));

	sim_must_sleep_well("thread_create");
	t->func = func;
	t->arg = arg;
	t->kt.t_did = ++sync_did;
	t->next = sync_threads;
	sync_threads = t;
	t->fiber = sim_spawn("thread", SIM_THREAD, sync_thread_run, t);
	return &t->kt;
}

void scsa_thread_join(uint64_t did)
{
	struct thread *t;

	sim_must_sleep_well("thread_join");
	for (;;) {
		for (t = sync_threads; t && t->kt.t_did != did; t = t->next)
			;
		if (!t)
			return;
		sim_block(&sync_threads, 0);
	}
}

struct scsa_kthread *scsa_curthread(void)
{
	struct thread *t;

	for (t = sync_threads; t && t->fiber != sim_self(); t = t->next)
		;
	return t ? &t->kt : (struct scsa_kthread *)sim_self();
}

/* ---- time ---- */

long scsa_ddi_get_lbolt(void)
{
	/* The counter wraps early in the schedule, as Linux' own does. */
	return (long)(sim_now / TICK - 5000);
}

long long scsa_gethrtime(void)
{
	return (long long)sim_now;
}

long scsa_drv_usectohz(long usec)
{
	return usec <= 0 ? 0 : (usec + 3999) / 4000;
}

void scsa_drv_usecwait(long usec)
{
	if (usec > 0)
		sim_pass((uint64_t)usec * SIM_USEC);
}

void scsa_delay(long ticks)
{
	sim_must_sleep_well("delay");
	sim_pass((uint64_t)(ticks > 0 ? ticks : 1) * TICK);
}

bool linux_may_sleep(void)
{
	return sim_may_sleep();
}

struct timeout {
	struct timeout		*next;
	uintptr_t		id;
	struct sim_fiber	*running;
	void			(*func)(void *);
	void			*arg;
};

static struct timeout *sync_timeouts;
static uintptr_t sync_timeout_id;

static void sync_timeout_free(struct timeout *t)
{
	struct timeout **p;

	for (p = &sync_timeouts; *p != t; p = &(*p)->next)
		;
	*p = t->next;
	free(t);
}

static void sync_timeout_run(void *arg)
{
	struct timeout *t = arg;

	t->func(t->arg);
	sync_timeout_free(t);
	sim_wake(&sync_timeouts, true);
}

static void sync_timeout_due(void *arg)
{
	struct timeout *t = arg;

	t->running = sim_spawn("timeout", SIM_THREAD, sync_timeout_run, t);
}

void *scsa_timeout(void (*func)(void *), void *arg, long ticks)
{
	struct timeout *t = calloc(1, sizeof(*t));

	t->id = ++sync_timeout_id;
	t->func = func;
	t->arg = arg;
	t->next = sync_timeouts;
	sync_timeouts = t;
	sim_after((uint64_t)(ticks > 0 ? ticks : 1) * TICK, sync_timeout_due, t);
	return (void *)t->id;
}

static struct timeout *sync_timeout_of(uintptr_t id)
{
	struct timeout *t;

	for (t = sync_timeouts; t && t->id != id; t = t->next)
		;
	return t;
}

long scsa_untimeout(void *id)
{
	struct timeout *t;

	sim_point();
	t = sync_timeout_of((uintptr_t)id);
	if (t && !t->running) {
		sim_cancel(sync_timeout_due, t);
		sync_timeout_free(t);
		return 0;
	}
	while (t && t->running != sim_self() && sim_may_sleep()) {
		sim_block(&sync_timeouts, 0);
		t = sync_timeout_of((uintptr_t)id);
	}
	return -1;
}
