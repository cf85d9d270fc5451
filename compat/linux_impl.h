/* SPDX-License-Identifier: GPL-2.0 */
/* What os/ provides for linux/. Both are on the Linux side. */
#ifndef _COMPAT_LINUX_IMPL_H
#define _COMPAT_LINUX_IMPL_H

#include <linux/sched/mm.h>

struct dentry;
struct dev_info;
struct workqueue_struct;

/* A call during which disks may be waiting: no memory that it allocates may wait for them. */
#define linux_noio(call)					\
({								\
	unsigned int __noio = memalloc_noio_save();		\
	typeof(call) __rc = (call);				\
								\
	memalloc_noio_restore(__noio);				\
	__rc;							\
})

/* Runs work that must make progress even during memory reclaim. */
extern struct workqueue_struct *linux_wq;
/* /sys/kernel/debug/scsa */
extern struct dentry *linux_debugfs;
void linux_debugfs_init(void);
void linux_debugfs_fini(void);

/* Around attach(9E), for firmware_open(9F). Thread. */
void linux_attach_begin(struct dev_info *dip);
void linux_attach_end(struct dev_info *dip);
void linux_intr_teardown(struct dev_info *dip);
void linux_softint_teardown(struct dev_info *dip);

/* 0 or a negative errno. */
int linux_context_init(void);
void linux_context_fini(void);

/* Switch the device's bus mastering off and on. Any context. */
void linux_dma_stop(struct dev_info *dip);
void linux_dma_start(struct dev_info *dip);

#endif /* _COMPAT_LINUX_IMPL_H */
