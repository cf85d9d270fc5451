// SPDX-License-Identifier: GPL-2.0
/* Kernel threads of drivers: thread_create(), thread_exit(), thread_join(). */
#include <linux/export.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "../impl.h"

struct thread {
	struct scsa_kthread	kt;
	struct task_struct	*task;
	void			(*func)(void *);
	void			*arg;
	struct list_head	list;
};

static LIST_HEAD(threads);
static DEFINE_SPINLOCK(threads_lock);
static DECLARE_WAIT_QUEUE_HEAD(threads_gone);

static struct thread *current_thread(void)
{
	struct thread *t, *found = NULL;
	unsigned long flags;

	if (!(current->flags & PF_KTHREAD))
		return NULL;
	spin_lock_irqsave(&threads_lock, flags);
	list_for_each_entry(t, &threads, list)
		if (t->task == current)
			found = t;
	spin_unlock_irqrestore(&threads_lock, flags);
	return found;
}

/**
 * scsa_curthread() - curthread
 *
 * Context: any.
 * Return: the pointer that scsa_thread_create() returned for the running thread; for any other
 *	thread a value that is unique to it.
 */
struct scsa_kthread *scsa_curthread(void)
{
	struct thread *t = current_thread();

	return t ? &t->kt : (struct scsa_kthread *)current;
}
EXPORT_SYMBOL_GPL(scsa_curthread);

/**
 * scsa_thread_exit() - thread_exit(): end the running thread
 *
 * Context: a thread of scsa_thread_create(), where it does not return. Anywhere else the call is
 *	reported and does nothing.
 */
void scsa_thread_exit(void)
{
	struct thread *t = current_thread();

	if (WARN_ONCE(!t, "scsa: thread_exit() outside of a thread of thread_create()\n"))
		return;
	spin_lock_irq(&threads_lock);
	list_del(&t->list);
	/* From here on the driver may be unloaded. This module may not: we hold a reference. */
	wake_up_all(&threads_gone);
	spin_unlock_irq(&threads_lock);
	kfree(t);
	module_put_and_kthread_exit(0);
}
EXPORT_SYMBOL_GPL(scsa_thread_exit);

static int thread_run(void *data)
{
	struct thread *t = data;

	t->func(t->arg);
	scsa_thread_exit();
	return 0;
}

/**
 * scsa_thread_create() - thread_create()
 * @func: what the thread runs; returning from it ends the thread
 * @arg: its argument
 *
 * Context: thread.
 * Return: the thread; NULL only if Linux cannot start one, which is reported.
 */
struct scsa_kthread *scsa_thread_create(void (*func)(void *), void *arg)
{
	static u64 last_did;
	struct thread *t = kzalloc(sizeof(*t), GFP_NOIO | __GFP_NOFAIL);
	struct task_struct *task;

	t->func = func;
	t->arg = arg;
	task = kthread_create(thread_run, t, "scsa_thread");
	if (IS_ERR(task)) {
		pr_warn("scsa: cannot start a thread: %ld\n", PTR_ERR(task));
		kfree(t);
		return NULL;
	}
	__module_get(THIS_MODULE);
	t->task = task;
	spin_lock_irq(&threads_lock);
	t->kt.t_did = ++last_did;
	list_add(&t->list, &threads);
	spin_unlock_irq(&threads_lock);
	wake_up_process(task);
	return &t->kt;
}
EXPORT_SYMBOL_GPL(scsa_thread_create);

static bool thread_exists(u64 did)
{
	struct thread *t;
	bool found = false;

	spin_lock_irq(&threads_lock);
	list_for_each_entry(t, &threads, list)
		if (t->kt.t_did == did)
			found = true;
	spin_unlock_irq(&threads_lock);
	return found;
}

/**
 * scsa_thread_join() - thread_join(): wait until a thread has ended
 * @did: its t_did, read while the thread was known to run
 *
 * Context: thread.
 */
void scsa_thread_join(uint64_t did)
{
	wait_event(threads_gone, !thread_exists(did));
}
EXPORT_SYMBOL_GPL(scsa_thread_join);
