/* SPDX-License-Identifier: GPL-2.0 */
/* What the Linux side's files share. */
#ifndef _COMPAT_LINUX_IMPL_H
#define _COMPAT_LINUX_IMPL_H

#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/types.h>

struct dentry;
struct device;
struct dev_info;
struct scsa_driver;
struct Scsi_Host;
struct scsi_cmnd;
struct workqueue_struct;

/* Runs everything that must not wait behind memory reclaim. */
extern struct workqueue_struct *linux_wq;
/* /sys/kernel/debug/scsa */
extern struct dentry *linux_debugfs;
void linux_debugfs_init(void);
void linux_debugfs_fini(void);

const struct scsa_driver *linux_driver_of(const struct dev_info *dip);
/* The instance of driver @name whose attach(9E) runs in this task, or NULL. */
struct device *linux_attaching_dev(const char *name);
void linux_intr_teardown(struct dev_info *dip);
void linux_softint_teardown(struct dev_info *dip);

void linux_context_init(void);
void linux_context_fini(void);

/* Bus mastering of the device. Any context. */
void linux_dma_stop(struct dev_info *dip);
void linux_dma_start(struct dev_info *dip);

int linux_host_add(struct dev_info *dip);
void linux_host_remove(struct dev_info *dip);
/* Free what only the HBA driver may have referred to; after detach(9E), which may have been refused. */
void linux_host_free(struct dev_info *dip, bool detached);

int linux_eh_abort(struct scsi_cmnd *scmd);
int linux_eh_device_reset(struct scsi_cmnd *scmd);
int linux_eh_target_reset(struct scsi_cmnd *scmd);
int linux_eh_bus_reset(struct scsi_cmnd *scmd);
int linux_eh_host_reset(struct scsi_cmnd *scmd);

extern const struct dev_pm_ops linux_pm_ops;
extern const struct pci_error_handlers linux_err_handlers;

void linux_debugfs_add_host(struct Scsi_Host *shost);
void linux_debugfs_remove_host(struct Scsi_Host *shost);

#endif /* _COMPAT_LINUX_IMPL_H */
