// SPDX-License-Identifier: GPL-2.0
/* Clauses of threads, taskq(9F) and kmem_cache_create(9F). */
#include <sys/atomic.h>
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/thread.h>

#include "contract.h"
#include "contract_check.h"

struct shared {
	uint32_t	started;
	uint32_t	done;
	kthread_t	*self;
	ksema_t		go;
	ddi_taskq_t	*tq;
	uint32_t	order[16];
};

static void shared_init(struct shared *s)
{
	bzero(s, sizeof(*s));
	sema_init(&s->go, 0, NULL, SEMA_DRIVER, NULL);
}

static void run_thread(void *arg)
{
	struct shared *s = arg;

	sema_p(&s->go);
	s->self = curthread;
	s->done = 1;
	thread_exit();
	s->done = 2;
}

static const char *threads(dev_info_t *dip)
{
	const char *why = NULL;
	struct shared s;
	kthread_t *t;
	kt_did_t did;

	shared_init(&s);
	t = thread_create(NULL, 0, run_thread, &s, 0, &p0, TS_RUN, minclsyspri);
	CHECK(t != NULL);
	did = t->t_did;
	CHECK(t != curthread && curthread == curthread);
	CHECK(s.done == 0);
	sema_v(&s.go);
	thread_join(did);
	CHECK(s.done == 1 && s.self == t);
	/* If the thread is already gone, this returns immediately. */
	thread_join(did);
out:
	sema_destroy(&s.go);
	return why;
}

static void note_order(void *arg)
{
	struct shared *s = arg;
	uint32_t n = atomic_inc_32_nv(&s->started) - 1;

	if (n < 16)
		s->order[n] = s->done;
	s->done++;
	if (!contract_is_thread())
		s->done = 1000;
}

static const char *taskq_order(dev_info_t *dip)
{
	const char *why = NULL;
	struct shared s;
	uint32_t i;

	shared_init(&s);
	s.tq = ddi_taskq_create(dip, "order", 1, TASKQ_DEFAULTPRI, 0);
	CHECK(s.tq != NULL && !ddi_taskq_suspended(s.tq));
	for (i = 0; i < 16; i++)
		CHECK(ddi_taskq_dispatch(s.tq, note_order, &s, i & 1 ? DDI_NOSLEEP : DDI_SLEEP) ==
		      DDI_SUCCESS);
	ddi_taskq_wait(s.tq);
	CHECK(s.done == 16);
	for (i = 0; i < 16; i++)
		CHECK(s.order[i] == i);
	CHECK(ddi_taskq_dispatch(s.tq, NULL, NULL, DDI_SLEEP) == DDI_FAILURE);
	CHECK(ddi_taskq_create(dip, "none", 0, TASKQ_DEFAULTPRI, 0) == NULL);
out:
	ddi_taskq_destroy(s.tq);
	sema_destroy(&s.go);
	return why;
}

static const char *taskq_suspend(dev_info_t *dip)
{
	const char *why = NULL;
	struct shared s;

	shared_init(&s);
	s.tq = ddi_taskq_create(dip, "suspend", 2, TASKQ_DEFAULTPRI, 0);
	CHECK(s.tq != NULL);
	ddi_taskq_suspend(s.tq);
	CHECK(ddi_taskq_suspended(s.tq));
	CHECK(ddi_taskq_dispatch(s.tq, note_order, &s, DDI_SLEEP) == DDI_SUCCESS);
	delay(drv_usectohz(50000));
	CHECK(s.done == 0);
	ddi_taskq_resume(s.tq);
	ddi_taskq_wait(s.tq);
	CHECK(s.done == 1 && !ddi_taskq_suspended(s.tq));
	/* Destroying a queue runs the tasks it holds, suspended or not. */
	ddi_taskq_suspend(s.tq);
	CHECK(ddi_taskq_dispatch(s.tq, note_order, &s, DDI_SLEEP) == DDI_SUCCESS);
	ddi_taskq_destroy(s.tq);
	s.tq = NULL;
	CHECK(s.done == 2);
out:
	ddi_taskq_destroy(s.tq);
	sema_destroy(&s.go);
	return why;
}

static void meet(void *arg)
{
	struct shared *s = arg;

	atomic_inc_32(&s->started);
	sema_p(&s->go);
	atomic_inc_32(&s->done);
}

static const char *taskq_parallel(dev_info_t *dip)
{
	const char *why = NULL;
	struct shared s;
	int i;

	shared_init(&s);
	s.tq = ddi_taskq_create(dip, "parallel", 3, TASKQ_DEFAULTPRI, 0);
	CHECK(s.tq != NULL);
	for (i = 0; i < 4; i++)
		CHECK(ddi_taskq_dispatch(s.tq, meet, &s, DDI_SLEEP) == DDI_SUCCESS);
	for (i = 0; i < 200 && s.started < 3; i++)
		delay(drv_usectohz(10000));
	/* All threads are busy, so the fourth task waits. */
	delay(drv_usectohz(20000));
	CHECK(s.started == 3 && s.done == 0);
out:
	for (i = 0; i < 4; i++)
		sema_v(&s.go);
	ddi_taskq_destroy(s.tq);
	sema_destroy(&s.go);
	return why ? why : s.done == 4 ? NULL : "destroy waits for all tasks";
}

static void wait_inside(void *arg)
{
	struct shared *s = arg;

	ddi_taskq_wait(s->tq);
	ddi_taskq_destroy(s->tq);
	s->done = 1;
}

static const char *taskq_own(dev_info_t *dip)
{
	const char *why = NULL;
	struct shared s;

	shared_init(&s);
	s.tq = ddi_taskq_create(dip, "own", 1, TASKQ_DEFAULTPRI, 0);
	CHECK(s.tq != NULL);
	/* A task that waits for its own queue gets a warning instead of a hang. */
	CHECK(ddi_taskq_dispatch(s.tq, wait_inside, &s, DDI_SLEEP) == DDI_SUCCESS);
	ddi_taskq_wait(s.tq);
	CHECK(s.done == 1);
out:
	ddi_taskq_destroy(s.tq);
	sema_destroy(&s.go);
	return why;
}

/* ---- kmem_cache_create(9F) ---- */

struct counts {
	int	built;
	int	torn;
	int	fail;
	int	flags;
};

#define BUILT	0x600df00d

static int build(void *obj, void *private, int flags)
{
	struct counts *c = private;

	if (c->fail)
		return -1;
	*(uint32_t *)obj = BUILT;
	c->flags = flags;
	c->built++;
	return 0;
}

static void tear(void *obj, void *private)
{
	struct counts *c = private;

	if (*(uint32_t *)obj == BUILT)
		c->torn++;
}

static const char *kmem_caches(dev_info_t *dip)
{
	const char *why = NULL;
	struct counts c = { 0 };
	kmem_cache_t *cp = NULL;
	void *a = NULL, *b = NULL, *again;

	CHECK(kmem_cache_create("bad", 0, 0, NULL, NULL, NULL, NULL, NULL, 0) == NULL);
	CHECK(kmem_cache_create("bad", 64, 48, NULL, NULL, NULL, NULL, NULL, 0) == NULL);
	cp = kmem_cache_create("contract", 200, 256, build, tear, NULL, &c, NULL, 0);
	CHECK(cp != NULL && c.built == 0);
	a = kmem_cache_alloc(cp, KM_SLEEP);
	CHECK(a != NULL && c.flags == KM_SLEEP);
	b = kmem_cache_alloc(cp, KM_NOSLEEP);
	CHECK(b != NULL && b != a && c.built == 2 && c.flags == KM_NOSLEEP);
	CHECK(IS_P2ALIGNED(a, 256) && IS_P2ALIGNED(b, 256));
	CHECK(*(uint32_t *)a == BUILT);
	/* A freed object keeps its constructed state: the next user does not construct it again. */
	kmem_cache_free(cp, a);
	CHECK(c.torn == 0);
	again = kmem_cache_alloc(cp, KM_SLEEP);
	CHECK(again == a && c.built == 2 && *(uint32_t *)a == BUILT);
	c.fail = 1;
	CHECK(kmem_cache_alloc(cp, KM_SLEEP) == NULL);
out:
	if (a)
		kmem_cache_free(cp, a);
	if (b)
		kmem_cache_free(cp, b);
	kmem_cache_destroy(cp);
	if (!why && (c.built != 2 || c.torn != 2))
		why = "every object is destructed with its cache";
	return why;
}

static const struct contract_test tests[] = {
	{ "thread", threads },
	{ "taskq.order", taskq_order },
	{ "taskq.suspend", taskq_suspend },
	{ "taskq.parallel", taskq_parallel },
	{ "taskq.own_task", taskq_own },
	{ "kmem_cache", kmem_caches },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
