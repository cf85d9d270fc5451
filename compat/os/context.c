// SPDX-License-Identifier: GPL-2.0
/* The caller's context: may it sleep, has the kernel panicked? And a workqueue. */
#include <linux/irqflags.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "../impl.h"
#include "../linux_compat.h"
#include "../linux_impl.h"

bool linux_panicked;
struct workqueue_struct *linux_wq;

bool linux_may_sleep(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_COUNT) && preempt_count())
		return false;
	return in_task() && !irqs_disabled() && !rcu_preempt_depth() && !linux_in_panic();
}

static int panic_seen(struct notifier_block *nb, unsigned long event, void *data)
{
	WRITE_ONCE(linux_panicked, true);
	return NOTIFY_DONE;
}

static struct notifier_block panic_nb = {
	.notifier_call = panic_seen,
};

int linux_context_init(void)
{
	linux_wq = alloc_workqueue("scsa", WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_PERCPU, 0);
	if (!linux_wq)
		return -ENOMEM;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_nb);
	return 0;
}

void linux_context_fini(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_nb);
	destroy_workqueue(linux_wq);
}
