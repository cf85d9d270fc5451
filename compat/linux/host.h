/* SPDX-License-Identifier: GPL-2.0 */
/* Our state of a driver, of a SCSI host and of a LUN, and the functions that linux/ shares. */
#ifndef _COMPAT_LINUX_HOST_H
#define _COMPAT_LINUX_HOST_H

#include <linux/idr.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <scsi/scsi_host.h>

#include "../impl.h"

struct scsa_driver;
struct scsi_cmnd;

struct linux_driver {
	struct pci_driver		pci;
	struct scsi_host_template	template;
	const struct scsa_driver	*drv;
	struct dev_ops			*ops;
	struct linux_driver		*next;
	struct ida			ida;
	bool				refused;	/* an instance did not detach */
};

/* Behind a Scsi_Host. */
struct scsa_host {
	struct dev_info		*dip;
	struct Scsi_Host	*shost;
	bool			commit;		/* the HBA driver has tran_commit() */
	bool			spi;		/* its targets negotiate */
	unsigned int		hba_secs;	/* added to the midlayer's timeout of a command */
	u64			command_len;	/* see struct scsa_tran_limits */
	struct mutex		state_lock;	/* held while the HBA driver stops or starts */
	bool			suspended;	/* under state_lock */
	bool			quiescing;	/* the driver waits for a quiet bus; under state_lock */
	unsigned int		recoveries;	/* resets by error handling; under state_lock */
	bool			quiesced;	/* by an administrator; written under state_lock */
	struct notifier_block	reboot;
	bool			recovering;	/* from a PCI error; under state_lock */
	bool			removing;	/* the host is being removed; under state_lock */
	bool			gone;		/* leave the driver alone; under state_lock */
	spinlock_t		lock;		/* protects orphans and luns */
	struct list_head	luns;
	struct scsa_cmd		*orphans;	/* given up by the midlayer, but still out */
	bool			dma_stopped;	/* because of orphans; under lock */
	/* Thread model: commands that wait for the worker, where the HBA driver may sleep. */
	struct workqueue_struct	*wq;
	struct llist_head	pending;
	struct work_struct	work;
	struct dentry		*debugfs;
	struct scsa_stats	stats;
	char			info[48];
};

/* hostdata of a Linux scsi_device. The owner of a tag owns the slot of that tag. */
struct linux_lun {
	struct scsa_lun		*lun;		/* NULL: not served, and never added */
	struct list_head	node;		/* in the host */
	unsigned int		channel;
	unsigned int		id;
	unsigned int		lun_nr;
	unsigned int		nslots;
	struct scsi_device	*sdev;
	int			max_depth;	/* the queue depth's limit */
	bool			no_tags;	/* refused by the target; under the host's lock */
	bool			spi_configured;
	struct scsa_spi		spi_wanted;	/* the same in all LUNs of a target */
	struct scsa_cmd		*slots[];
};

static inline const struct scsa_driver *linux_driver_of(const struct dev_info *dip)
{
	return dip->di_driver->drv;
}

/* The number by which SCSA knows a target. */
static inline unsigned int linux_target_nr(const struct Scsi_Host *shost, unsigned int channel,
					   unsigned int id)
{
	return channel * shost->max_id + id;
}

/* Register the driver whose _init(9E) is running; 0 or an errno. */
int linux_driver_register(struct dev_ops *ops);
int linux_driver_unregister(struct dev_ops *ops);

int linux_probe(struct pci_dev *pdev, const struct pci_device_id *id);
void linux_remove(struct pci_dev *pdev);
void linux_shutdown(struct pci_dev *pdev);
extern const struct dev_pm_ops linux_pm_ops;
extern const struct pci_error_handlers linux_err_handlers;

int linux_host_add(struct dev_info *dip);
void linux_host_remove(struct dev_info *dip);
/* After detach(9E), even if the driver refused: free what only the HBA driver referred to. */
void linux_host_free(struct dev_info *dip, bool detached);

void linux_debugfs_add_host(struct Scsi_Host *shost);
void linux_debugfs_remove_host(struct Scsi_Host *shost);

bool linux_orphan_wait(struct scsa_host *host, struct linux_lun *ll, unsigned int tag);
void linux_orphan_all(struct scsa_host *host);
void linux_write_off(struct scsa_host *host);
bool linux_resume_dma(struct scsa_host *host);
void linux_unblock(struct scsa_host *host);
extern const struct attribute_group *linux_bus_groups[];
void linux_bus_init(struct scsa_host *host);
void linux_bus_release(struct scsa_host *host);
int linux_host_restart(struct scsa_host *host);
void linux_host_command_len(struct scsa_host *host, u64 len);
void linux_host_template_init(struct scsi_host_template *t, const struct scsa_driver *drv);
void linux_cmd_template_init(struct scsi_host_template *t);
void linux_lun_template_init(struct scsi_host_template *t);
void linux_eh_template_init(struct scsi_host_template *t, const struct scsa_driver *drv);
void linux_spi_forget(struct scsa_host *host, struct linux_lun *ll);
void linux_spi_configure(struct scsa_host *host, struct linux_lun *ll);
void linux_spi_want(struct scsa_host *host, struct linux_lun *ll);
int linux_spi_add_properties(struct dev_info *dip);
#if IS_ENABLED(CONFIG_SCSI_SPI_ATTRS)
int linux_spi_init(void);
void linux_spi_fini(void);
void linux_spi_add_host(struct Scsi_Host *shost);
/* Show what the HBA driver can do, and take from it what the kernel knows that the target cannot. */
void linux_spi_set_limits(struct scsi_target *starget, struct scsa_spi *lim);
/* False if the target could not be validated. */
bool linux_spi_validate(struct scsi_device *sdev);
#else
static inline int linux_spi_init(void)
{
	return 0;
}

static inline void linux_spi_fini(void)
{
}

static inline void linux_spi_add_host(struct Scsi_Host *shost)
{
}

static inline void linux_spi_set_limits(struct scsi_target *starget, struct scsa_spi *lim)
{
}

static inline bool linux_spi_validate(struct scsi_device *sdev)
{
	return false;
}
#endif

/* Thread model: the work function that starts a host's pending commands. */
void linux_start_pending(struct work_struct *work);

#endif /* _COMPAT_LINUX_HOST_H */
