// SPDX-License-Identifier: GPL-2.0
/*
 * Make a function return failure now and then, whatever it has done.
 *
 *	modprobe failret function=scsa:scsa_ddi_dma_getwin nonzero=1 value=-1 every=3
 *
 * /sys/module/failret/parameters/failed counts how often it did.
 */
#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

static char *function;
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "function to fail, as module:function");

static int value = -1;
module_param(value, int, 0444);
MODULE_PARM_DESC(value, "value that it returns when it fails");

static unsigned int every = 3;
module_param(every, uint, 0444);
MODULE_PARM_DESC(every, "one call in so many fails");

static int nonzero = -1;
module_param(nonzero, int, 0444);
MODULE_PARM_DESC(nonzero, "fail only calls whose argument of this number, from 0, is not 0");

static unsigned int failed;
module_param(failed, uint, 0444);

static atomic_t failret_calls;

static int failret_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (atomic_inc_return(&failret_calls) % every)
		return 0;
	regs_set_return_value(regs, value);
	WRITE_ONCE(failed, failed + 1);
	return 0;
}

/* Returns 0 to have failret_return() see this call. */
static int failret_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return nonzero >= 0 && !regs_get_kernel_argument(regs, nonzero);
}

static struct kretprobe failret_probe = {
	.entry_handler = failret_entry,
	.handler = failret_return,
	.maxactive = 64,
};

static int __init failret_init(void)
{
	if (!function || !every)
		return -EINVAL;
	failret_probe.kp.symbol_name = function;
	return register_kretprobe(&failret_probe);
}
module_init(failret_init);

static void __exit failret_exit(void)
{
	unregister_kretprobe(&failret_probe);
}
module_exit(failret_exit);

MODULE_DESCRIPTION("Makes a function fail, for tests");
MODULE_LICENSE("GPL");
