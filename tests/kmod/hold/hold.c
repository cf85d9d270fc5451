// SPDX-License-Identifier: GPL-2.0
/*
 * Hold a thread for a while where it calls a function, so that another thread overtakes it.
 *
 *	modprobe hold points=isp:isp_init=1500,softirq:isp:isp_fail_all=4000
 *
 * The first call of each function waits for that many milliseconds; with "softirq:", the first call
 * from a soft interrupt.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/nmi.h>
#include <linux/preempt.h>
#include <linux/string.h>

#define HOLD_MAX	4
#define HOLD_SOFTIRQ	"softirq:"

static char *points[HOLD_MAX];
static int npoints;
module_param_array(points, charp, &npoints, 0444);
MODULE_PARM_DESC(points, "[softirq:]module:function=milliseconds, up to four");

static struct hold_point {
	struct kprobe	kp;
	unsigned int	ms;
	bool		softirq;
	atomic_t	held;
} hold_points[HOLD_MAX];

/* Not longer on a busy host, where every short delay is long; and no lockup for the watchdog. */
static void hold_for(unsigned int ms)
{
	ktime_t end = ktime_add_ms(ktime_get(), ms);

	while (ktime_before(ktime_get(), end)) {
		udelay(100);
		touch_softlockup_watchdog();
	}
}

static int hold_call(struct kprobe *kp, struct pt_regs *regs)
{
	struct hold_point *point = container_of(kp, struct hold_point, kp);

	if (point->softirq && !in_serving_softirq())
		return 0;
	if (atomic_xchg(&point->held, 1))
		return 0;
	pr_info("hold: %s for %u ms\n", kp->symbol_name, point->ms);
	hold_for(point->ms);
	return 0;
}

static int hold_register(struct hold_point *point, char *text)
{
	char *ms = strchr(text, '=');
	int rc;

	if (!ms)
		return -EINVAL;
	*ms++ = '\0';
	rc = kstrtouint(ms, 0, &point->ms);
	if (rc)
		return rc;
	point->softirq = strstarts(text, HOLD_SOFTIRQ);
	point->kp.symbol_name = point->softirq ? text + strlen(HOLD_SOFTIRQ) : text;
	point->kp.pre_handler = hold_call;
	return register_kprobe(&point->kp);
}

static void hold_exit(void)
{
	while (npoints)
		unregister_kprobe(&hold_points[--npoints].kp);
}
module_exit(hold_exit);

static int __init hold_init(void)
{
	int wanted = npoints, rc;

	for (npoints = 0; npoints < wanted; npoints++) {
		rc = hold_register(&hold_points[npoints], points[npoints]);
		if (rc) {
			pr_err("hold: %s: error %d\n", points[npoints], rc);
			hold_exit();
			return rc;
		}
	}
	return 0;
}
module_init(hold_init);

MODULE_DESCRIPTION("Holds calls of functions, for tests of races");
MODULE_LICENSE("GPL");
