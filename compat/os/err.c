// SPDX-License-Identifier: GPL-2.0
/* Messages and assertions: cmn_err(9F), dev_err(9F). */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/ratelimit.h>

#include "../impl.h"

enum { CE_CONT, CE_NOTE, CE_WARN, CE_PANIC, CE_IGNORE };

static void err_emit(struct device *dev, int level, const char *fmt, va_list ap)
{
	struct va_format vaf;
	va_list copy;

	if (level == CE_IGNORE)
		return;
	/* On Solaris '!', '^' and '?' choose between console and log. */
	if (*fmt == '!' || *fmt == '^' || *fmt == '?')
		fmt++;
	va_copy(copy, ap);
	vaf.fmt = fmt;
	vaf.va = &copy;
	/* Most formats in drivers lack the newline, but some have it. printk() copes with both. */
	switch (level) {
	case CE_CONT:
		printk(KERN_INFO "%pV", &vaf);
		break;
	case CE_NOTE:
		if (dev)
			dev_info(dev, "%pV\n", &vaf);
		else
			pr_info("%pV\n", &vaf);
		break;
	case CE_WARN:
		if (dev)
			dev_warn(dev, "%pV\n", &vaf);
		else
			pr_warn("%pV\n", &vaf);
		break;
	default:
		if (dev)
			dev_emerg(dev, "%pV\n", &vaf);
		else
			pr_emerg("%pV\n", &vaf);
		dump_stack();
		break;
	}
	va_end(copy);
}

/**
 * scsa_vcmn_err() - vcmn_err(9F)
 * @level: CE_CONT, CE_NOTE, CE_WARN, CE_PANIC or CE_IGNORE
 * @fmt: format
 * @ap: its arguments
 *
 * Context: any.
 */
void scsa_vcmn_err(int level, const char *fmt, va_list ap)
{
	err_emit(NULL, level, fmt, ap);
}
EXPORT_SYMBOL_GPL(scsa_vcmn_err);

/**
 * scsa_cmn_err() - cmn_err(9F)
 * @level: as for scsa_vcmn_err()
 * @fmt: format
 *
 * Context: any.
 */
void scsa_cmn_err(int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_emit(NULL, level, fmt, ap);
	va_end(ap);
}
EXPORT_SYMBOL_GPL(scsa_cmn_err);

/**
 * scsa_dev_err() - dev_err(9F): a message that names the instance
 * @dip: the instance
 * @level: as for scsa_vcmn_err()
 * @fmt: format
 *
 * Context: any.
 */
void scsa_dev_err(struct dev_info *dip, int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_emit(dip ? dip->di_dev : NULL, level, fmt, ap);
	va_end(ap);
}
EXPORT_SYMBOL_GPL(scsa_dev_err);

bool linux_ratelimit(void)
{
	static DEFINE_RATELIMIT_STATE(state, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);

	return __ratelimit(&state);
}

void linux_misuse(const char *function, const char *what, void *caller)
{
	pr_warn("scsa: %s: %s, called from %pS\n", function, what, caller);
}

/**
 * scsa_assert_failed() - report a failed VERIFY() or ASSERT()
 * @file: source file
 * @line: its line
 * @fmt: what did not hold
 *
 * Context: any.
 */
void scsa_assert_failed(const char *file, int line, const char *fmt, ...)
{
	struct va_format vaf;
	va_list ap;

	va_start(ap, fmt);
	vaf.fmt = fmt;
	vaf.va = &ap;
	WARN(1, "assertion failed: %pV, file: %s, line: %d\n", &vaf, file, line);
	va_end(ap);
}
EXPORT_SYMBOL_GPL(scsa_assert_failed);
