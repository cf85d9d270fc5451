// SPDX-License-Identifier: GPL-2.0
/* The midlayer's devices: for each a linux_lun, its queue depth and its counters in sysfs. */
#include <linux/slab.h>

#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "../impl.h"
#include "../linux_compat.h"
#include "host.h"

static int linux_sdev_init(struct scsi_device *sdev)
{
	struct scsa_host *host = shost_priv(sdev->host);
	unsigned int nslots = sdev->host->can_queue;
	struct linux_lun *ll;
	unsigned long flags;

	ll = kvzalloc(struct_size(ll, slots, nslots), GFP_KERNEL);
	if (!ll)
		return -ENOMEM;
	ll->nslots = nslots;
	ll->channel = sdev->channel;
	ll->id = sdev->id;
	ll->lun_nr = sdev->lun;
	ll->sdev = sdev;
	ll->max_depth = 1;
	ll->lun = scsa_lun_create(host->dip, linux_target_nr(sdev->host, sdev->channel, sdev->id),
				  sdev->lun);
	/* One LUN that is not served must not end the scan of the others: see cmd_not_served(). */
	sdev->hostdata = ll;
	linux_spi_forget(host, ll);
	spin_lock_irqsave(&host->lock, flags);
	list_add_tail(&ll->node, &host->luns);
	spin_unlock_irqrestore(&host->lock, flags);
	return 0;
}

static bool lun_is_of(const struct linux_lun *ll, const struct Scsi_Host *shost, unsigned int target)
{
	return linux_target_nr(shost, ll->channel, ll->id) == target;
}

void linux_no_tags(struct dev_info *dip, unsigned int target)
{
	struct scsa_host *host = READ_ONCE(dip->di_host);
	bool first = true;
	struct linux_lun *ll;
	unsigned long flags;

	if (!host)
		return;
	spin_lock_irqsave(&host->lock, flags);
	list_for_each_entry(ll, &host->luns, node) {
		if (!lun_is_of(ll, host->shost, target) || ll->no_tags)
			continue;
		if (first)
			sdev_printk(KERN_NOTICE, ll->sdev,
				    "the target refuses tags: one command at a time from now on\n");
		first = false;
		ll->no_tags = true;
		ll->max_depth = 1;
		ll->sdev->tagged_supported = 0;
		ll->sdev->simple_tags = 0;
		/* The midlayer would raise the depth to this again. */
		ll->sdev->max_queue_depth = 1;
		scsi_change_queue_depth(ll->sdev, 1);
	}
	spin_unlock_irqrestore(&host->lock, flags);
}

/* Has a LUN of this target met a tag that was refused? */
static bool lun_no_tags(struct scsa_host *host, unsigned int target)
{
	struct linux_lun *ll;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&host->lock, flags);
	list_for_each_entry(ll, &host->luns, node)
		found |= ll->no_tags && lun_is_of(ll, host->shost, target);
	spin_unlock_irqrestore(&host->lock, flags);
	return found;
}

/*
 * The queue depth of a LUN that takes more than one command at a time: what the glue states, or less if
 * the HBA driver says so.
 */
static int lun_max_depth(struct linux_lun *ll, struct Scsi_Host *shost)
{
	int depth = scsa_lun_depth(ll->lun);

	return depth ? min(depth, shost->can_queue) : shost->can_queue;
}

static int linux_sdev_configure(LINUX_SDEV_CONFIGURE_ARGS)
{
	struct scsa_host *host = shost_priv(sdev->host);
	struct linux_lun *ll = sdev->hostdata;
	unsigned int target = linux_target_nr(sdev->host, sdev->channel, sdev->id);
	bool no_tags = lun_no_tags(host, target);
	u64 command_len = READ_ONCE(host->dip->di_command_len);

	/* INQUIRY was bound with the attributes of commands. Those of attach may be a template. */
	if (command_len)
		linux_host_command_len(host, command_len);
	sdev->tagged_supported = scsa_lun_configure(ll->lun, sdev->tagged_supported && !no_tags);
	/* With this bit set the midlayer asks for a tag in each command. */
	sdev->simple_tags = sdev->tagged_supported;
	if (sdev->tagged_supported || (!no_tags && scsa_lun_queues_untagged(ll->lun)))
		ll->max_depth = lun_max_depth(ll, sdev->host);
	scsi_change_queue_depth(sdev, min_t(int, ll->max_depth, sdev->host->cmd_per_lun));
	linux_spi_configure(host, ll);
	return 0;
}

static void linux_sdev_destroy(struct scsi_device *sdev)
{
	struct scsa_host *host = shost_priv(sdev->host);
	struct linux_lun *ll = sdev->hostdata;
	unsigned long flags;
	unsigned int i;

	if (!ll)
		return;
	/* The worker may not yet have released a command that is already complete. */
	if (host->wq)
		flush_work(&host->work);
	/* A process that has the device open may be resetting it. */
	mutex_lock(&host->state_lock);
	sdev->hostdata = NULL;
	mutex_unlock(&host->state_lock);
	spin_lock_irqsave(&host->lock, flags);
	list_del(&ll->node);
	spin_unlock_irqrestore(&host->lock, flags);
	for (i = 0; i < ll->nslots; i++) {
		if (!ll->slots[i])
			continue;
		if (READ_ONCE(ll->slots[i]->sc_state) == SCSA_CMD_IDLE ||
		    !linux_orphan_wait(host, ll, i))
			scsa_cmd_free(ll->slots[i]);
	}
	/* Orphans keep the scsa_lun alive. */
	if (ll->lun)
		scsa_lun_put(ll->lun);
	kvfree(ll);
}

static int linux_change_queue_depth(struct scsi_device *sdev, int depth)
{
	struct linux_lun *ll = sdev->hostdata;

	return scsi_change_queue_depth(sdev, min(depth, ll->max_depth));
}

/* Counters of a device's requests, in sysfs below the SCSI device. */
#define LUN_COUNTER(field)								\
	static ssize_t field##_show(struct device *dev, struct device_attribute *attr,	\
				    char *buf)						\
	{										\
		struct linux_lun *ll = to_scsi_device(dev)->hostdata;			\
											\
		return sysfs_emit(buf, "%llu\n", READ_ONCE(scsa_lun_stats(ll->lun)->field)); \
	}										\
	static DEVICE_ATTR_RO(field)
LUN_COUNTER(split_requests);
LUN_COUNTER(split_commands);
LUN_COUNTER(too_large);

/* Bytes that always fit in one command. A larger request is split unless its segments adjoin. */
static ssize_t command_bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct scsa_host *host = shost_priv(to_scsi_device(dev)->host);

	return sysfs_emit(buf, "%llu\n", host->command_len);
}
static DEVICE_ATTR_RO(command_bytes);

static struct attribute *lun_attrs[] = {
	&dev_attr_split_requests.attr,
	&dev_attr_split_commands.attr,
	&dev_attr_too_large.attr,
	&dev_attr_command_bytes.attr,
	NULL
};

static const struct attribute_group lun_group = { .name = "scsa", .attrs = lun_attrs };
static const struct attribute_group *lun_groups[] = { &lun_group, NULL };

void linux_lun_template_init(struct scsi_host_template *t)
{
	t->sdev_init = linux_sdev_init;
	t->sdev_configure = linux_sdev_configure;
	t->sdev_destroy = linux_sdev_destroy;
	t->change_queue_depth = linux_change_queue_depth;
	t->sdev_groups = lun_groups;
}
