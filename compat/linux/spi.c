// SPDX-License-Identifier: GPL-2.0
/*
 * Parallel buses. Nothing is known about a target until it has answered INQUIRY, and some targets
 * cannot cope with a request for more than narrow, asynchronous transfers. So a target starts with these.
 * What INQUIRY promises comes next: in one step, or tried out by domain validation.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include <scsa/scsa.h>

#include "../impl.h"
#include "../linux_impl.h"
#include "host.h"

static bool validate;
module_param(validate, bool, 0644);
MODULE_PARM_DESC(validate,
		 "try out what the targets of a parallel bus can do, by domain validation, when they are found (default 0)");

static char *spi_limits;
module_param(spi_limits, charp, 0444);
MODULE_PARM_DESC(spi_limits,
		 "what not to negotiate, such as isp0:ultra,isp0.3:narrow+async: cards or targets with slow, fast, ultra, ultra2, narrow, async, notags");

/*
 * Is another LUN of this target there and, with @configured, configured? Then the same is wanted of
 * @self.
 */
static bool spi_has_sibling(struct scsa_host *host, struct linux_lun *self, bool configured)
{
	const struct scsi_target *starget = self->sdev->sdev_target;
	const struct linux_lun *ll;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&host->lock, flags);
	list_for_each_entry(ll, &host->luns, node) {
		if (ll == self || ll->sdev->sdev_target != starget || (configured && !ll->spi_configured))
			continue;
		self->spi_wanted = ll->spi_wanted;
		found = true;
	}
	spin_unlock_irqrestore(&host->lock, flags);
	return found;
}

/* Ask for what this LUN wants of its target, also in the name of the target's other LUNs. Thread. */
void linux_spi_want(struct scsa_host *host, struct linux_lun *ll)
{
	struct linux_lun *other;
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	list_for_each_entry(other, &host->luns, node)
		if (other->sdev->sdev_target == ll->sdev->sdev_target)
			other->spi_wanted = ll->spi_wanted;
	spin_unlock_irqrestore(&host->lock, flags);
	(void)linux_noio((scsa_spi_set(ll->lun, &ll->spi_wanted), 0));
}

/* The first LUN of a target is about to be asked what it is. */
void linux_spi_forget(struct scsa_host *host, struct linux_lun *ll)
{
	static const struct scsa_spi safe;

	if (host->spi && ll->lun && !spi_has_sibling(host, ll, false))
		scsa_spi_set(ll->lun, &safe);
}

/* What both the HBA driver and the target can do. */
static struct scsa_spi spi_common(struct scsi_device *sdev, const struct scsa_spi *lim)
{
	struct scsa_spi spi = { .period = lim->period };

	spi.wide = lim->wide && scsi_device_wide(sdev);
	spi.dt = lim->dt && spi.wide && scsi_device_dt(sdev);
	spi.iu = lim->iu && spi.dt && scsi_device_ius(sdev);
	spi.qas = lim->qas && spi.dt && scsi_device_qas(sdev);
	if (spi.dt || scsi_device_sync(sdev))
		spi.offset = lim->offset;
	return spi;
}

/* A LUN has answered INQUIRY. The first one of its target decides. */
void linux_spi_configure(struct scsa_host *host, struct linux_lun *ll)
{
	struct scsi_device *sdev = ll->sdev;
	struct scsa_spi lim;

	if (!host->spi || !ll->lun)
		return;
	ll->spi_configured = true;
	if (spi_has_sibling(host, ll, true) || !scsa_spi_get(ll->lun, SCSA_SPI_LIMITS, &lim))
		return;
	linux_spi_set_limits(sdev->sdev_target, &lim);
	if (validate && linux_spi_validate(sdev))
		return;
	ll->spi_wanted = spi_common(sdev, &lim);
	linux_spi_want(host, ll);
}

/* Set scsi-options of a card, or of a target if @target says which, as in "narrow+async". */
static int spi_set_options(struct dev_info *dip, const char *target, char *words)
{
	int options = -1;	/* none refused yet */
	unsigned int id;
	char name[32] = "scsi-options";
	char *word;

	if (*target == '.') {
		if (kstrtouint(target + 1, 10, &id) || id >= 256)
			return -EINVAL;
		snprintf(name, sizeof(name), "target%u-scsi-options", id);
	}
	while ((word = strsep(&words, "+"))) {
		options = scsa_spi_options(word, options);
		if (options < 0)
			return -EINVAL;
	}
	return scsa_prop_update_ints(dip, name, &options, 1) ? -ENOMEM : 0;
}

/* Turn the parameter spi_limits into properties of this instance. 0 or -ENOMEM. */
int linux_spi_add_properties(struct dev_info *dip)
{
	char *copy, *rest, *entry, me[32];
	int len, rc = 0;

	if (!spi_limits)
		return 0;
	copy = kstrdup(spi_limits, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	len = snprintf(me, sizeof(me), "%s%d", dip->di_name, dip->di_instance);
	rest = copy;
	while (rc != -ENOMEM && (entry = strsep(&rest, ","))) {
		char *name = strim(strsep(&entry, ":"));

		if (strncmp(name, me, len) || (name[len] && name[len] != '.'))
			continue;
		rc = entry ? spi_set_options(dip, name + len, entry) : -EINVAL;
		if (rc == -EINVAL)
			dev_warn(dip->di_dev, "parameter spi_limits: cannot use the part for %s\n", name);
	}
	kfree(copy);
	return rc == -ENOMEM ? rc : 0;
}
