// SPDX-License-Identifier: GPL-2.0
/*
 * What a parallel bus negotiates with a target: by tran_spi() where the HBA driver has it, else by the
 * capabilities and properties that such drivers have by custom.
 */
#include "target.h"

#define NS_PER_FACTOR	4
#define SPI_DT_OPTIONS	(SCSI_OPTIONS_FAST80 | SCSI_OPTIONS_FAST160 | SCSI_OPTIONS_FAST320 | SCSI_OPTIONS_QAS)
#define SPI_ALL_OPTIONS	(SCSI_OPTIONS_DR | SCSI_OPTIONS_LINK | SCSI_OPTIONS_SYNC | SCSI_OPTIONS_PARITY | \
			 SCSI_OPTIONS_TAG | SCSI_OPTIONS_WIDE | SCSI_OPTIONS_FAST | SCSI_OPTIONS_FAST20 | \
			 SCSI_OPTIONS_FAST40 | SPI_DT_OPTIONS)

void scsa_spi_set(struct scsa_lun *lun, const struct scsa_spi *spi)
{
	struct scsi_address *ap = &lun->sd.sd_address;
	struct scsa_spi copy = *spi;

	if (lun->tran->tran_spi) {
		(void)lun->tran->tran_spi(ap, SCSA_SPI_SET, &copy);
		return;
	}
	(void)scsi_ifsetcap(ap, "wide-xfer", spi->wide, 1);
	(void)scsi_ifsetcap(ap, "synchronous", spi->offset != 0, 1);
}

/* A property of the target, such as target3-wide: drivers publish the id in hexadecimal. */
static int spi_prop(struct scsa_lun *lun, const char *what, int otherwise)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "target%x-%s", lun->sd.sd_address.a_target, what);
	return ddi_prop_get_int(DDI_DEV_T_ANY, lun->sd.sd_dev, DDI_PROP_DONTPASS, name, otherwise);
}

/* The transfer period factor of a speed in kB/s on a bus of 8 or 16 bits. */
static uint8_t spi_period(int speed, bool wide)
{
	int khz = wide ? speed / 2 : speed;

	if (khz <= 0)
		return 0;
	if (khz > 20000)
		return khz > 40000 ? 9 : khz > 33333 ? 10 : 11;
	return khz > 16667 ? 12 : (uint8_t)MIN(1000000 / NS_PER_FACTOR / khz, 255);
}

bool scsa_spi_get(struct scsa_lun *lun, enum scsa_spi_op op, struct scsa_spi *spi)
{
	struct scsi_address *ap = &lun->sd.sd_address;

	*spi = (struct scsa_spi) { .signal = SCSA_SPI_UNKNOWN };
	if (lun->tran->tran_spi)
		return lun->tran->tran_spi(ap, op, spi) == DDI_SUCCESS;
	if (op == SCSA_SPI_LIMITS) {
		spi->offset = 255;
		spi->wide = true;
		return true;
	}
	spi->wide = spi_prop(lun, "wide", scsi_ifgetcap(ap, "wide-xfer", 1)) == 1;
	/* Nothing says which offset. */
	spi->offset = scsi_ifgetcap(ap, "synchronous", 1) == 1;
	if (spi->offset)
		spi->period = spi_period(spi_prop(lun, "sync-speed", 0), spi->wide);
	return true;
}

int scsa_spi_signal(dev_info_t *dip)
{
	scsi_hba_tran_t *tran = dip->di_tran;
	struct scsi_address ap = { .a_hba_tran = tran };
	struct scsa_spi spi;

	if (!tran->tran_spi || tran->tran_spi(&ap, SCSA_SPI_LIMITS, &spi) != DDI_SUCCESS)
		return SCSA_SPI_UNKNOWN;
	return spi.signal;
}

int scsa_spi_options(const char *word, int options)
{
	static const struct {
		const char	*word;
		int		bits;
	} words[] = {
		{ "async", SCSI_OPTIONS_SYNC },
		{ "narrow", SCSI_OPTIONS_WIDE },
		{ "notags", SCSI_OPTIONS_TAG },
		{ "slow", SCSI_OPTIONS_FAST | SCSI_OPTIONS_FAST20 | SCSI_OPTIONS_FAST40 | SPI_DT_OPTIONS },
		{ "fast", SCSI_OPTIONS_FAST20 | SCSI_OPTIONS_FAST40 | SPI_DT_OPTIONS },
		{ "ultra", SCSI_OPTIONS_FAST40 | SPI_DT_OPTIONS },
		{ "ultra2", SPI_DT_OPTIONS },
	};
	uint_t i;

	if (options < 0)
		options = SPI_ALL_OPTIONS;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i].word))
			return options & ~words[i].bits;
	return -1;
}
