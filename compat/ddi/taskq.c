// SPDX-License-Identifier: GPL-2.0
/*
 * Task queues: taskq(9F).
 *
 * The lock is a spin lock in both models, because interrupt handlers dispatch tasks.
 */
#include <sys/ddi.h>
#include <sys/ddi_taskq.h>
#include <sys/list.h>
#include <sys/sunddi.h>
#include <sys/thread.h>
#include <linux/export.h>

#include "../impl.h"

struct task {
	list_node_t	node;
	void		(*func)(void *);
	void		*arg;
};

struct scsa_taskq {
	kmutex_t	lock;
	kcondvar_t	work;		/* wakes the threads: a task, or dying */
	kcondvar_t	idle;		/* wakes ddi_taskq_wait(9F): no task is left */
	list_t		tasks;
	uint_t		running;
	boolean_t	suspended;
	boolean_t	dying;
	int		nthreads;	/* alive */
	int		maxthreads;
	kthread_t	*threads[];
};

static size_t taskq_size(int nthreads)
{
	return sizeof(struct scsa_taskq) + (size_t)nthreads * sizeof(kthread_t *);
}

static void taskq_thread(void *arg)
{
	ddi_taskq_t *tq = arg;
	struct task *t;

	mutex_enter(&tq->lock);
	for (;;) {
		t = tq->suspended ? NULL : list_remove_head(&tq->tasks);
		if (!t && tq->dying)
			break;
		if (!t) {
			cv_wait(&tq->work, &tq->lock);
			continue;
		}
		tq->running++;
		mutex_exit(&tq->lock);
		t->func(t->arg);
		kmem_free(t, sizeof(*t));
		mutex_enter(&tq->lock);
		tq->running--;
		if (!tq->running && list_is_empty(&tq->tasks))
			cv_broadcast(&tq->idle);
	}
	mutex_exit(&tq->lock);
}

/* Is the caller a task of this queue? Such a caller would wait for itself. */
static boolean_t from_task(ddi_taskq_t *tq)
{
	kthread_t *self = curthread;
	int i;

	for (i = 0; i < tq->nthreads; i++)
		if (tq->threads[i] == self)
			return B_TRUE;
	return B_FALSE;
}

/**
 * scsa_taskq_create() - ddi_taskq_create(9F)
 * @dip: instance, or NULL
 * @name: for messages
 * @nthreads: number of threads; with one, tasks run in the order they were dispatched
 * @pri: ignored
 * @flags: none exist
 *
 * Context: thread.
 * Return: the queue, or NULL if @nthreads is not in 1..1024 or a thread cannot be started.
 */
ddi_taskq_t *scsa_taskq_create(dev_info_t *dip, const char *name, int nthreads, pri_t pri,
			       uint_t flags)
{
	ddi_taskq_t *tq;
	kthread_t *t;
	int i;

	if (nthreads < 1 || nthreads > 1024) {
		dev_err(dip, CE_WARN, "ddi_taskq_create: refused %d threads for %s", nthreads,
			name ? name : "?");
		return NULL;
	}
	tq = kmem_zalloc(taskq_size(nthreads), KM_SLEEP);
	tq->maxthreads = nthreads;
	mutex_init(&tq->lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(SCSA_PRI_ATOMIC));
	cv_init(&tq->work, NULL, CV_DRIVER, NULL);
	cv_init(&tq->idle, NULL, CV_DRIVER, NULL);
	list_create(&tq->tasks, sizeof(struct task), offsetof(struct task, node));
	for (i = 0; i < nthreads; i++) {
		t = thread_create(NULL, 0, taskq_thread, tq, 0, &p0, TS_RUN, pri);
		if (!t) {
			ddi_taskq_destroy(tq);
			return NULL;
		}
		tq->threads[tq->nthreads++] = t;
	}
	return tq;
}
EXPORT_SYMBOL_GPL(scsa_taskq_create);

/**
 * scsa_taskq_destroy() - ddi_taskq_destroy(9F)
 * @tq: queue, suspended or not; all dispatched tasks are done on return
 *
 * Context: thread, but not in one of the queue's tasks.
 */
void scsa_taskq_destroy(ddi_taskq_t *tq)
{
	kt_did_t *dids;
	int i, n;

	if (!tq)
		return;
	if (from_task(tq)) {
		cmn_err(CE_WARN, "ddi_taskq_destroy: called by a task of the queue; the queue stays");
		return;
	}
	n = tq->nthreads;
	dids = kmem_alloc(n * sizeof(*dids), KM_SLEEP);
	/* The threads still run: they end only when they see @dying. */
	for (i = 0; i < n; i++)
		dids[i] = tq->threads[i]->t_did;
	mutex_enter(&tq->lock);
	tq->dying = B_TRUE;
	tq->suspended = B_FALSE;
	cv_broadcast(&tq->work);
	mutex_exit(&tq->lock);
	for (i = 0; i < n; i++)
		thread_join(dids[i]);
	kmem_free(dids, n * sizeof(*dids));
	cv_destroy(&tq->idle);
	cv_destroy(&tq->work);
	mutex_destroy(&tq->lock);
	list_destroy(&tq->tasks);
	kmem_free(tq, taskq_size(tq->maxthreads));
}
EXPORT_SYMBOL_GPL(scsa_taskq_destroy);

/**
 * scsa_taskq_dispatch() - ddi_taskq_dispatch(9F)
 * @tq: queue
 * @func: function to call, in thread context
 * @arg: its argument
 * @flags: DDI_SLEEP or DDI_NOSLEEP
 *
 * Context: any with DDI_NOSLEEP, thread with DDI_SLEEP.
 * Return: DDI_SUCCESS, or DDI_FAILURE if memory is short or the queue is being destroyed.
 */
int scsa_taskq_dispatch(ddi_taskq_t *tq, void (*func)(void *), void *arg, uint_t flags)
{
	struct task *t;
	boolean_t dying;

	if (!tq || !func)
		return DDI_FAILURE;
	t = kmem_zalloc(sizeof(*t), flags & DDI_NOSLEEP ? KM_NOSLEEP : KM_SLEEP);
	if (!t)
		return DDI_FAILURE;
	t->func = func;
	t->arg = arg;
	mutex_enter(&tq->lock);
	dying = tq->dying;
	if (!dying) {
		list_insert_tail(&tq->tasks, t);
		cv_signal(&tq->work);
	}
	mutex_exit(&tq->lock);
	if (dying)
		kmem_free(t, sizeof(*t));
	return dying ? DDI_FAILURE : DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_taskq_dispatch);

/**
 * scsa_taskq_wait() - ddi_taskq_wait(9F): wait until every task is done
 * @tq: queue; if it is suspended with tasks left, they are done only after it is resumed
 *
 * Context: thread, but not in one of the queue's tasks.
 */
void scsa_taskq_wait(ddi_taskq_t *tq)
{
	if (from_task(tq)) {
		cmn_err(CE_WARN, "ddi_taskq_wait: called by a task of the queue; not waiting");
		return;
	}
	mutex_enter(&tq->lock);
	while (tq->running || !list_is_empty(&tq->tasks))
		cv_wait(&tq->idle, &tq->lock);
	mutex_exit(&tq->lock);
}
EXPORT_SYMBOL_GPL(scsa_taskq_wait);

/**
 * scsa_taskq_suspend() - ddi_taskq_suspend(9F): start no task until resumed
 * @tq: queue; running tasks continue
 *
 * Context: any.
 */
void scsa_taskq_suspend(ddi_taskq_t *tq)
{
	mutex_enter(&tq->lock);
	tq->suspended = tq->dying ? B_FALSE : B_TRUE;
	mutex_exit(&tq->lock);
}
EXPORT_SYMBOL_GPL(scsa_taskq_suspend);

/**
 * scsa_taskq_suspended() - ddi_taskq_suspended(9F)
 * @tq: queue
 *
 * Context: any.
 * Return: B_TRUE while it is suspended.
 */
boolean_t scsa_taskq_suspended(ddi_taskq_t *tq)
{
	return tq->suspended;
}
EXPORT_SYMBOL_GPL(scsa_taskq_suspended);

/**
 * scsa_taskq_resume() - ddi_taskq_resume(9F)
 * @tq: queue
 *
 * Context: any.
 */
void scsa_taskq_resume(ddi_taskq_t *tq)
{
	mutex_enter(&tq->lock);
	tq->suspended = B_FALSE;
	cv_broadcast(&tq->work);
	mutex_exit(&tq->lock);
}
EXPORT_SYMBOL_GPL(scsa_taskq_resume);
