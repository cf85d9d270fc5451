// SPDX-License-Identifier: GPL-2.0
/* The context a caller is in: may it sleep, has the kernel panicked. */
#include <linux/irqflags.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/preempt.h>

#include "../impl.h"
#include "../linux_impl.h"

bool linux_panicked;

bool linux_may_sleep(void)
{
	return in_task() && !irqs_disabled() && !linux_in_panic();
}

static int panic_seen(struct notifier_block *nb, unsigned long event, void *data)
{
	WRITE_ONCE(linux_panicked, true);
	return NOTIFY_DONE;
}

static struct notifier_block panic_nb = {
	.notifier_call = panic_seen,
};

void linux_context_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_nb);
}

void linux_context_fini(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_nb);
}
