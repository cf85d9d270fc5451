// SPDX-License-Identifier: GPL-2.0
/*
 * Error handling: from the midlayer's handlers to tran_abort(9E) and tran_reset(9E).
 *
 * We do not trust what a driver returns. A handler succeeds only once the packets concerned are
 * back, and gives up after a bounded time. It then detaches a packet that is still out from its
 * scsi_cmnd, because the midlayer will reuse the scsi_cmnd. Packets that outlive a whole recovery
 * are written off: they do not make the later recovery of another command fail.
 *
 * A driver called from here must not start I/O to get memory: that I/O would wait for us.
 */
#include <linux/blk-mq.h>
#include <linux/delay.h>
#include <linux/jiffies.h>

#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include <scsa/scsa.h>

#include "../impl.h"
#include "../linux_compat.h"
#include "host.h"
#include "../linux_impl.h"

#define ABORT_WAIT_MS	5000
#define RESET_WAIT_MS	10000
/* If the HBA driver reports failure, wait only for completions already in flight. */
#define FAILED_WAIT_MS	500

static bool is_out(const struct scsa_cmd *sc)
{
	int state = READ_ONCE(sc->sc_state);

	return state == SCSA_CMD_STARTED || state == SCSA_CMD_DONE;
}

/* host->lock is held: no command in a slot is given up or freed without it. */
static bool lun_is_out(struct linux_lun *ll)
{
	unsigned int i;

	for (i = 0; i < ll->nslots; i++) {
		struct scsa_cmd *sc = READ_ONCE(ll->slots[i]);

		if (sc && is_out(sc))
			return true;
	}
	return false;
}

/* Which LUNs a reset concerns; -1 means all. */
struct scope {
	int	channel;
	int	id;
	int	lun;
};

static bool in_scope(const struct scope *s, unsigned int channel, unsigned int id,
		     unsigned int lun)
{
	return (s->channel < 0 || s->channel == channel) && (s->id < 0 || s->id == id) &&
	       (s->lun < 0 || s->lun == lun);
}

static bool anything_out(struct scsa_host *host, const struct scope *s)
{
	struct linux_lun *ll;
	struct scsa_cmd *sc;
	unsigned long flags;
	bool out = false;

	spin_lock_irqsave(&host->lock, flags);
	for (sc = host->orphans; sc; sc = sc->sc_next_orphan)
		out |= !sc->sc_written_off &&
		       in_scope(s, sc->sc_channel, sc->sc_id, sc->sc_lun);
	list_for_each_entry(ll, &host->luns, node)
		if (in_scope(s, ll->channel, ll->id, ll->lun_nr))
			out |= lun_is_out(ll);
	spin_unlock_irqrestore(&host->lock, flags);
	return out;
}

/* All packets are back. Wait for CPUs that are still in scsi_done() for one of them. */
static int all_back(void)
{
	synchronize_rcu();
	return SUCCESS;
}

/* A driver with late_secs: give a late command its time before error handling begins. */
static linux_timed_out_t linux_eh_timed_out(struct scsi_cmnd *scmd)
{
	struct scsa_host *host = shost_priv(scmd->device->host);
	unsigned long late = linux_driver_of(host->dip)->late_secs * HZ;

	if (time_before(jiffies, scmd->jiffies_at_alloc + scsi_cmd_to_rq(scmd)->timeout + late))
		return LINUX_RESET_TIMER;
	return LINUX_NOT_HANDLED;
}

static int linux_eh_abort(struct scsi_cmnd *scmd)
{
	struct linux_lun *ll = scmd->device->hostdata;
	unsigned int tag = scsi_cmd_to_rq(scmd)->tag;
	unsigned long deadline;
	struct scsa_cmd *sc = tag < ll->nslots ? ll->slots[tag] : NULL;
	bool done;

	if (!sc || sc->sc_scmd != scmd)
		return all_back();
	/* A command that has not been started cannot be aborted: let the worker start it. */
	if (sc->sc_host->wq)
		flush_work(&sc->sc_host->work);
	if (!is_out(sc))
		return all_back();
	done = linux_noio(scsa_cmd_abort(sc));
	deadline = jiffies + msecs_to_jiffies(done ? ABORT_WAIT_MS : FAILED_WAIT_MS);
	while (is_out(sc)) {
		if (time_after(jiffies, deadline)) {
			if (!linux_orphan_wait(sc->sc_host, ll, tag))
				return all_back();
			scmd_printk(KERN_WARNING, scmd, "abort: the controller did not return the command\n");
			return FAILED;
		}
		usleep_range(500, 1000);
	}
	return all_back();
}

/* Wait until the commands in scope are back. SUCCESS or FAILED. */
static int eh_drain(struct scsi_cmnd *scmd, const struct scope *s, unsigned int ms,
		    const char *what)
{
	struct scsa_host *host = shost_priv(scmd->device->host);
	unsigned long deadline = jiffies + msecs_to_jiffies(ms);

	while (anything_out(host, s)) {
		if (time_after(jiffies, deadline)) {
			sdev_printk(KERN_WARNING, scmd->device,
				    "%s reset: the controller did not return all commands\n", what);
			return FAILED;
		}
		usleep_range(500, 1000);
	}
	return all_back();
}

static int eh_reset(struct scsi_cmnd *scmd, int level, struct scope s, const char *what)
{
	struct scsa_host *host = shost_priv(scmd->device->host);
	struct linux_lun *ll;
	bool done = false;

	sdev_printk(KERN_NOTICE, scmd->device, "%s reset\n", what);
	/* SG_SCSI_RESET may come for a device that has been removed. */
	mutex_lock(&host->state_lock);
	host->recoveries++;
	ll = scmd->device->hostdata;
	if (ll && ll->lun)
		done = linux_noio(scsa_lun_reset(ll->lun, level));
	mutex_unlock(&host->state_lock);
	if (!ll)
		return FAILED;
	/* Error handling asks only that the commands be back. A user asked for the reset itself. */
	if (!done && current != host->shost->ehandler)
		return FAILED;
	return eh_drain(scmd, &s, done ? RESET_WAIT_MS : FAILED_WAIT_MS, what);
}

static int linux_eh_device_reset(struct scsi_cmnd *scmd)
{
	struct scsi_device *sdev = scmd->device;

	return eh_reset(scmd, SCSA_RESET_LUN,
			(struct scope){ sdev->channel, sdev->id, sdev->lun }, "LUN");
}

static int linux_eh_target_reset(struct scsi_cmnd *scmd)
{
	struct scsi_device *sdev = scmd->device;

	return eh_reset(scmd, SCSA_RESET_TARGET, (struct scope){ sdev->channel, sdev->id, -1 },
			"target");
}

static int linux_eh_bus_reset(struct scsi_cmnd *scmd)
{
	return eh_reset(scmd, SCSA_RESET_ALL, (struct scope){ scmd->device->channel, -1, -1 }, "bus");
}

/* The last resort: the HBA driver stops its device and initializes it again. */
static int linux_eh_host_reset(struct scsi_cmnd *scmd)
{
	struct scsa_host *host = shost_priv(scmd->device->host);
	int rc;

	shost_printk(KERN_NOTICE, host->shost, "host reset\n");
	rc = linux_host_restart(host);
	if (rc)
		shost_printk(KERN_WARNING, host->shost, "host reset failed: %d\n", rc);
	else if (eh_drain(scmd, &(struct scope){ -1, -1, -1 }, FAILED_WAIT_MS, "host") == SUCCESS)
		return SUCCESS;
	/* The midlayer now gives its commands up. SG_SCSI_RESET, from a process, has none. */
	if (current == host->shost->ehandler) {
		linux_orphan_all(host);
		linux_write_off(host);
		all_back();
	}
	return FAILED;
}

void linux_eh_template_init(struct scsi_host_template *t, const struct scsa_driver *drv)
{
	if (drv->late_secs)
		t->eh_timed_out = linux_eh_timed_out;
	t->eh_abort_handler = linux_eh_abort;
	t->eh_device_reset_handler = linux_eh_device_reset;
	t->eh_target_reset_handler = linux_eh_target_reset;
	t->eh_bus_reset_handler = linux_eh_bus_reset;
	t->eh_host_reset_handler = linux_eh_host_reset;
}
