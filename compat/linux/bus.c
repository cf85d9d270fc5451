// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of an administrator to a bus, as with cfgadm(8) on Solaris: quiesce and reset. They are
 * files in sysfs, in the host's folder of the class scsi_host.
 */
#include <linux/kstrtox.h>
#include <linux/mutex.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <scsi/scsi_host.h>

#include "../impl.h"
#include "host.h"
#include "../linux_impl.h"

/*
 * Block new requests first so that their timers do not run while the bus is quiesced. Then the HBA
 * driver waits for the active commands. One of them may be lost, and its recovery needs
 * host->state_lock. So the lock, held on entry and on return, is dropped while the driver waits.
 */
static int bus_quiesce(struct scsa_host *host)
{
	unsigned int recoveries = host->recoveries;
	int rc;

	if (host->quiesced)
		return 0;
	if (host->suspended || host->recovering || host->removing || host->quiescing)
		return -EBUSY;
	host->quiescing = true;
	scsi_block_requests(host->shost);
	mutex_unlock(&host->state_lock);
	if (host->wq)
		flush_work(&host->work);
	rc = scsa_tran_quiesce(host->dip);
	mutex_lock(&host->state_lock);
	host->quiescing = false;
	/* After a reset the midlayer tests the device, so the bus must not be quiet. */
	if (!rc && (host->removing || host->recoveries != recoveries)) {
		scsa_tran_unquiesce(host->dip);
		rc = host->removing ? -ENODEV : -EAGAIN;
	}
	if (rc)
		linux_unblock(host);
	else
		host->quiesced = true;
	return rc;
}

/* host->state_lock is held. */
static int bus_unquiesce(struct scsa_host *host)
{
	int rc;

	if (host->quiescing)
		return -EBUSY;
	if (!host->quiesced)
		return 0;
	rc = scsa_tran_unquiesce(host->dip);
	if (rc)
		return rc;
	host->quiesced = false;
	linux_unblock(host);
	return 0;
}

/* The host is about to go: end the quiesce and let waiting requests through. */
static void bus_release(struct scsa_host *host)
{
	mutex_lock(&host->state_lock);
	host->removing = true;
	/* If the HBA driver still waits for a quiet bus, bus_quiesce() itself undoes that. */
	if (!host->quiescing && bus_unquiesce(host))
		shost_printk(KERN_WARNING, host->shost, "the HBA driver cannot end the quiesce: all I/O fails\n");
	scsi_unblock_requests(host->shost);
	mutex_unlock(&host->state_lock);
}

/* Called before any device is shut down, when sd still flushes its disks' caches. */
static int before_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	bus_release(container_of(nb, struct scsa_host, reboot));
	return NOTIFY_DONE;
}

void linux_bus_init(struct scsa_host *host)
{
	host->reboot.notifier_call = before_reboot;
	register_reboot_notifier(&host->reboot);
}

void linux_bus_release(struct scsa_host *host)
{
	unregister_reboot_notifier(&host->reboot);
	bus_release(host);
}

static ssize_t bus_quiesced_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct scsa_host *host = shost_priv(class_to_shost(dev));

	return sysfs_emit(buf, "%d\n", READ_ONCE(host->quiesced));
}

static ssize_t bus_quiesced_store(struct device *dev, struct device_attribute *attr,
				  const char *buf, size_t count)
{
	struct scsa_host *host = shost_priv(class_to_shost(dev));
	bool quiet;
	int rc = kstrtobool(buf, &quiet);

	if (rc)
		return rc;
	mutex_lock(&host->state_lock);
	rc = quiet ? bus_quiesce(host) : bus_unquiesce(host);
	mutex_unlock(&host->state_lock);
	return rc ? rc : count;
}
static DEVICE_ATTR_RW(bus_quiesced);

/* What is written to bus_reset: "1" for all buses, -1 into @target; "channel N" for one of them. */
static int bus_parse(const struct Scsi_Host *shost, const char *buf, int *target)
{
	size_t skip = str_has_prefix(buf, "channel ");
	unsigned int channel;

	*target = -1;
	if (sysfs_streq(buf, "1"))
		return 0;
	if (!skip || kstrtouint(buf + skip, 10, &channel) || channel > shost->max_channel)
		return -EINVAL;
	*target = linux_target_nr(shost, channel, 0);
	return 0;
}

static ssize_t bus_reset_store(struct device *dev, struct device_attribute *attr, const char *buf,
			       size_t count)
{
	struct scsa_host *host = shost_priv(class_to_shost(dev));
	int target;
	int rc = bus_parse(host->shost, buf, &target);

	if (rc)
		return rc;
	mutex_lock(&host->state_lock);
	rc = host->suspended ? -EBUSY : scsa_tran_bus_reset(host->dip, target);
	mutex_unlock(&host->state_lock);
	return rc ? rc : count;
}
static DEVICE_ATTR_WO(bus_reset);

static struct attribute *bus_attrs[] = {
	&dev_attr_bus_quiesced.attr,
	&dev_attr_bus_reset.attr,
	NULL
};

static const struct attribute_group bus_group = { .attrs = bus_attrs };
const struct attribute_group *linux_bus_groups[] = { &bus_group, NULL };
