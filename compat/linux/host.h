/* SPDX-License-Identifier: GPL-2.0 */
/* The adapter's state of a SCSI host and of a LUN. */
#ifndef _COMPAT_LINUX_HOST_H
#define _COMPAT_LINUX_HOST_H

#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "../impl.h"

struct scsa_driver;
struct scsi_host_template;

/* Behind a Scsi_Host. */
struct scsa_host {
	struct dev_info		*dip;
	struct Scsi_Host	*shost;
	bool			commit;		/* the HBA driver has tran_commit() */
	u64			command_len;	/* see struct scsa_hba_limits */
	struct mutex		life;		/* suspended, and the HBA driver stops and starts */
	bool			suspended;
	bool			quiescing;	/* the HBA driver waits for a quiet bus; under life */
	unsigned int		recoveries;	/* resets by error handling; under life */
	bool			quiesced;	/* by an administrator; written under life */
	struct notifier_block	reboot;
	bool			recovering;	/* from a PCI error; under life */
	bool			removing;	/* the host is; under life */
	bool			gone;		/* it has been, for the HBA driver; under life */
	spinlock_t		lock;		/* orphans, luns */
	struct list_head	luns;
	struct scsa_cmd		*orphans;	/* still the HBA driver's, given up by the midlayer */
	bool			dma_stopped;	/* for orphans' sake; under lock */
	/* Thread model: commands on their way to where the HBA driver may sleep. */
	struct workqueue_struct	*wq;
	struct llist_head	pending;
	struct work_struct	work;
	struct dentry		*debugfs;
	struct scsa_stats	stats;
	char			info[48];
};

/* hostdata of a Linux scsi_device. A slot is used by whoever owns the tag. */
struct linux_lun {
	struct scsa_lun		*lun;
	struct list_head	node;		/* in the host */
	unsigned int		id;
	unsigned int		lun_nr;
	unsigned int		nslots;
	struct scsa_cmd		*slots[];
};

bool linux_orphan_wait(struct scsa_host *host, struct linux_lun *ll, unsigned int tag);
void linux_orphan_all(struct scsa_host *host);
void linux_write_off(struct scsa_host *host);
bool linux_resume_dma(struct scsa_host *host);
void linux_unblock(struct scsa_host *host);
extern const struct attribute_group *linux_bus_groups[];
void linux_bus_init(struct scsa_host *host);
void linux_bus_release(struct scsa_host *host);
int linux_host_restart(struct scsa_host *host);
void linux_host_template_init(struct scsi_host_template *t, const struct scsa_driver *drv);
struct scsi_host_template *linux_driver_template(const struct dev_info *dip);

#endif /* _COMPAT_LINUX_HOST_H */
