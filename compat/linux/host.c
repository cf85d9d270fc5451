// SPDX-License-Identifier: GPL-2.0
/* The SCSI midlayer's view of an HBA: a Scsi_Host for each instance. */
#include <linux/module.h>

#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_host.h>

#include <scsa/scsa.h>

#include "../impl.h"
#include "../linux_compat.h"
#include "host.h"
#include "../linux_impl.h"

/* One request carries up to 64 MiB, however scattered. We split it if one command cannot. */
#define LINUX_MAX_SECTORS	(64 * 2048)
#define LINUX_SG_TABLESIZE	16384

/* What the block layer puts in a request by itself. Above that opt_sectors would only become io_opt. */
#define BLOCK_MAX_SECTORS	2560

/* Seconds by which the HBA's own timer for a command outlasts the midlayer's. */
#define HBA_TIMER_LATER		30

static int keep_packets = -1;
module_param(keep_packets, int, 0644);
MODULE_PARM_DESC(keep_packets,
		 "tests HBA drivers: use a packet again for the next command: 0 never, 1 always, -1 if the driver's glue says so (default)");

static const char *linux_info(struct Scsi_Host *shost)
{
	return ((struct scsa_host *)shost_priv(shost))->info;
}

void linux_host_template_init(struct scsi_host_template *t, const struct scsa_driver *drv)
{
	t->module = drv->owner;
	t->name = drv->name;
	t->proc_name = drv->name;
	t->info = linux_info;
	linux_cmd_template_init(t);
	linux_lun_template_init(t);
	linux_eh_template_init(t, drv);
	t->this_id = -1;
	t->shost_groups = linux_bus_groups;
	/* After a reset the HBA driver itself waits for its targets to settle. */
	t->skip_settle_delay = 1;
	/* Let the midlayer lower a LUN's depth after TASK SET FULL, and raise it again. */
	t->track_queue_depth = 1;
}

/*
 * Let the block layer's own requests fit in one command each: several commands run in parallel, the
 * parts of a request do not.
 */
void linux_host_command_len(struct scsa_host *host, u64 len)
{
	u64 sectors = len >> SECTOR_SHIFT;

	host->command_len = len;
	host->shost->opt_sectors = sectors < BLOCK_MAX_SECTORS ? sectors : 0;
}

/* The driver has attached. Publish the host and scan its buses. */
int linux_host_add(struct dev_info *dip)
{
	const struct scsa_driver *drv = linux_driver_of(dip);
	struct device *dev = dip->di_dev;
	struct scsa_tran_limits lim;
	struct Scsi_Host *shost;
	struct scsa_host *host;
	int rc;

	if (!dip->di_tran) {
		dev_err(dev, "%s attached without scsi_hba_attach_setup()\n", drv->name);
		return -ENODEV;
	}
	scsa_tran_limits(dip, &lim);
	dip->di_keep_packets = keep_packets < 0 ? drv->keep_packets : keep_packets;
	dip->di_short_status = drv->short_status;
	dip->di_exact_status = drv->exact_status;
	shost = scsi_host_alloc(&dip->di_driver->template, sizeof(*host));
	if (!shost)
		return -ENOMEM;
	host = shost_priv(shost);
	host->dip = dip;
	host->shost = shost;
	host->commit = lim.commit;
	host->hba_secs = drv->late_secs + HBA_TIMER_LATER;
	mutex_init(&host->state_lock);
	spin_lock_init(&host->lock);
	INIT_LIST_HEAD(&host->luns);
	if (drv->model == SCSA_MODEL_THREAD) {
		INIT_WORK(&host->work, linux_start_pending);
		host->wq = alloc_ordered_workqueue("scsa_%s%d", WQ_MEM_RECLAIM | WQ_HIGHPRI,
						   drv->name, dip->di_instance);
		if (!host->wq) {
			rc = -ENOMEM;
			goto put;
		}
	}
	snprintf(host->info, sizeof(host->info), "%s%d on scsa", drv->name, dip->di_instance);

	shost->can_queue = max(drv->can_queue, 1U);
	shost->cmd_per_lun = clamp_t(int, drv->cmd_per_lun, 1, shost->can_queue);
	/*
	 * The midlayer does not scan this id, on no bus: if there are two, the HBA driver itself must
	 * refuse its id on each. Adapters without a bus report 0, or no id, and have a target 0.
	 */
	shost->this_id = lim.buses == 1 && lim.initiator_id > 0 ? lim.initiator_id : -1;
	shost->max_channel = lim.buses - 1;
	host->spi = drv->spi;
	if (host->spi)
		linux_spi_add_host(shost);
	shost->max_id = drv->max_id;
	shost->max_lun = drv->max_lun;
	shost->max_cmd_len = clamp(lim.max_cdb_len ? lim.max_cdb_len : MAX_COMMAND_SIZE, 6,
				   LINUX_MAX_CDB);
	shost->sg_tablesize = LINUX_SG_TABLESIZE;
	shost->max_segment_size = clamp_t(u64, min(lim.max_cookie, linux_dma_max_segment(dip)),
					  PAGE_SIZE, round_down(U32_MAX, PAGE_SIZE));
	shost->dma_boundary = max_t(u64, min_t(u64, lim.seg_boundary, ULONG_MAX), PAGE_SIZE - 1);
	shost->max_sectors = LINUX_MAX_SECTORS;
	linux_host_command_len(host, lim.command_len);

	rc = scsi_add_host(shost, dev);
	if (rc) {
		dev_err(dev, "cannot add the SCSI host: %d\n", rc);
		goto destroy_wq;
	}
	/*
	 * The midlayer has limited this to what the DMA layer maps at once. Undo that: we map a
	 * larger request window by window.
	 */
	shost->max_sectors = LINUX_MAX_SECTORS;
	dip->di_host = host;
	linux_debugfs_add_host(shost);
	linux_bus_init(host);
	scsi_scan_host(shost);
	return 0;

destroy_wq:
	if (host->wq)
		destroy_workqueue(host->wq);
put:
	scsi_host_put(shost);
	return rc;
}

void linux_host_remove(struct dev_info *dip)
{
	struct Scsi_Host *shost = dip->di_host->shost;

	linux_debugfs_remove_host(shost);
	linux_bus_release(dip->di_host);
	scsi_remove_host(shost);
	/* From here on only the HBA driver's own callbacks and interrupts call it. */
	mutex_lock(&dip->di_host->state_lock);
	dip->di_host->gone = true;
	mutex_unlock(&dip->di_host->state_lock);
	if (dip->di_host->wq)
		flush_work(&dip->di_host->work);
	dip->di_removed_host = dip->di_host;
	WRITE_ONCE(dip->di_host, NULL);
}

void linux_host_free(struct dev_info *dip, bool detached)
{
	struct scsa_host *host = dip->di_removed_host;
	struct scsa_cmd *sc;
	unsigned int lost;

	/* detach(9E) is over: the driver cannot return these or free their packets any more. */
	for (lost = 0; (sc = host->orphans); lost++) {
		host->orphans = sc->sc_next_orphan;
		scsa_cmd_abandon(sc, detached);
	}
	if (lost)
		dev_warn(dip->di_dev, "%s has gone with %u commands that never came back\n",
			 dip->di_name, lost);
	if (host->wq)
		destroy_workqueue(host->wq);
	dip->di_removed_host = NULL;
	scsi_host_put(host->shost);
}
