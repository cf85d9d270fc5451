// SPDX-License-Identifier: GPL-2.0
/*
 * Parallel buses in /sys/class/spi_transport and spi_host: what was agreed, and what to agree on. Not
 * built for kernels without CONFIG_SCSI_SPI_ATTRS.
 */
#include <linux/kernel.h>
#include <linux/moduleparam.h>

#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_spi.h>

#include "../impl.h"
#include "../linux_impl.h"
#include "host.h"

static bool spi_class = true;
module_param(spi_class, bool, 0444);
MODULE_PARM_DESC(spi_class, "show parallel buses in /sys/class/spi_transport (default 1)");

static struct scsi_transport_template *spi_template;

static struct scsa_host *spi_host(struct scsi_target *starget)
{
	return shost_priv(dev_to_shost(starget->dev.parent));
}

/* Only then does the target have the transport class's data. */
static bool spi_is_shown(struct scsi_target *starget)
{
	return dev_to_shost(starget->dev.parent)->transportt == spi_template;
}

/* A LUN of the target. state_lock is held, and keeps it. */
static struct linux_lun *spi_lun(struct scsa_host *host, const struct scsi_target *starget)
{
	struct linux_lun *ll, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	list_for_each_entry(ll, &host->luns, node)
		if (ll->lun && ll->sdev->sdev_target == starget && ll->sdev->hostdata == ll)
			found = ll;
	spin_unlock_irqrestore(&host->lock, flags);
	return host->gone ? NULL : found;
}

/* Ask the HBA driver what was agreed. A suspended device keeps what it said last. */
static void spi_refresh(struct scsi_target *starget)
{
	struct scsa_host *host = spi_host(starget);
	struct linux_lun *ll;
	struct scsa_spi spi;

	mutex_lock(&host->state_lock);
	ll = host->suspended ? NULL : spi_lun(host, starget);
	if (ll && linux_noio(scsa_spi_get(ll->lun, SCSA_SPI_AGREED, &spi))) {
		spi_period(starget) = spi.period;
		spi_offset(starget) = spi.offset;
		spi_width(starget) = spi.wide;
		spi_dt(starget) = spi.dt;
		spi_iu(starget) = spi.iu;
		spi_qas(starget) = spi.qas;
	}
	mutex_unlock(&host->state_lock);
}

/*
 * Change one value of what is wanted of a target, and ask for it. The values of the transport class
 * are those that were agreed, so they do not tell what is wanted.
 */
#define SPI_SET(field, member, value)						\
	static void spi_set_##field(struct scsi_target *starget, int field)	\
	{									\
		struct scsa_host *host = spi_host(starget);			\
		struct linux_lun *ll;						\
										\
		mutex_lock(&host->state_lock);					\
		ll = spi_lun(host, starget);					\
		if (ll) {							\
			ll->spi_wanted.member = (value);			\
			linux_spi_want(host, ll);				\
		}								\
		mutex_unlock(&host->state_lock);				\
	}
SPI_SET(period, period, clamp(period, 0, 255))
SPI_SET(offset, offset, clamp(offset, 0, 255))
SPI_SET(width, wide, width != 0)
SPI_SET(dt, dt, dt != 0)
SPI_SET(iu, iu, iu != 0)
SPI_SET(qas, qas, qas != 0)

static void spi_get_signalling(struct Scsi_Host *shost)
{
	struct scsa_host *host = shost_priv(shost);

	mutex_lock(&host->state_lock);
	if (!host->gone && !host->suspended)
		spi_signalling(shost) = linux_noio(scsa_spi_signal(host->dip));
	mutex_unlock(&host->state_lock);
}

static struct spi_function_template spi_functions = {
	.get_period	= spi_refresh,
	.set_period	= spi_set_period,
	.show_period	= 1,
	.get_offset	= spi_refresh,
	.set_offset	= spi_set_offset,
	.show_offset	= 1,
	.get_width	= spi_refresh,
	.set_width	= spi_set_width,
	.show_width	= 1,
	.get_dt		= spi_refresh,
	.set_dt		= spi_set_dt,
	.show_dt	= 1,
	.get_iu		= spi_refresh,
	.set_iu		= spi_set_iu,
	.show_iu	= 1,
	.get_qas	= spi_refresh,
	.set_qas	= spi_set_qas,
	.show_qas	= 1,
	.get_signalling	= spi_get_signalling,
};

void linux_spi_set_limits(struct scsi_target *starget, struct scsa_spi *lim)
{
	if (!spi_is_shown(starget))
		return;
	/* The kernel knows tapes that promise information units and cannot use them. */
	lim->iu = lim->iu && spi_support_ius(starget);
	spi_min_period(starget) = lim->period;
	spi_max_offset(starget) = lim->offset;
	spi_max_width(starget) = lim->wide;
	spi_max_iu(starget) = lim->iu;
	spi_max_qas(starget) = lim->qas;
}

bool linux_spi_validate(struct scsi_device *sdev)
{
	if (!spi_is_shown(sdev->sdev_target))
		return false;
	spi_dv_device(sdev);
	if (!spi_initial_dv(sdev->sdev_target))
		return false;
	spi_refresh(sdev->sdev_target);
	spi_display_xfer_agreement(sdev->sdev_target);
	return true;
}

void linux_spi_add_host(struct Scsi_Host *shost)
{
	if (spi_class)
		shost->transportt = spi_template;
}

int linux_spi_init(void)
{
	spi_template = spi_attach_transport(&spi_functions);
	return spi_template ? 0 : -ENOMEM;
}

void linux_spi_fini(void)
{
	spi_release_transport(spi_template);
}
