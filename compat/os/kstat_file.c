// SPDX-License-Identifier: GPL-2.0
/* Kernel statistics of drivers as files in /sys/kernel/debug/scsa: kstat_install(9F). */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "../impl.h"
#include "../linux_impl.h"

struct kstat_file {
	struct dentry	*dentry;
	struct kstat	*ksp;
	void		(*print)(struct kstat *ksp, struct seq_file *m);
};

struct dentry *linux_debugfs;

static int kstat_show(struct seq_file *m, void *unused)
{
	struct kstat_file *kf = m->private;

	kf->print(kf->ksp, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kstat);

void *linux_kstat_show(const char *name, struct kstat *ksp,
		       void (*print)(struct kstat *ksp, struct seq_file *m))
{
	struct kstat_file *kf = kzalloc(sizeof(*kf), GFP_KERNEL);

	if (!kf)
		return NULL;
	kf->ksp = ksp;
	kf->print = print;
	kf->dentry = debugfs_create_file(name, 0444, linux_debugfs, kf, &kstat_fops);
	return kf;
}

void linux_kstat_hide(void *file)
{
	struct kstat_file *kf = file;

	if (!kf)
		return;
	debugfs_remove(kf->dentry);
	kfree(kf);
}

void linux_seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	seq_vprintf(m, fmt, ap);
	va_end(ap);
}

void linux_debugfs_init(void)
{
	linux_debugfs = debugfs_create_dir("scsa", NULL);
}

void linux_debugfs_fini(void)
{
	debugfs_remove(linux_debugfs);
}
