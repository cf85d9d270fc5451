// SPDX-License-Identifier: GPL-2.0
/* The RAM disk HBA on a parallel bus: what it negotiates, as capabilities and properties. */
#include <sys/atomic.h>
#include <sys/scsi/scsi.h>

#include "ramhba_impl.h"

#define SYNC_KHZ	10000	/* FAST-10 */

static uint_t *ramhba_spi_word(struct ramhba *rh, char *cap)
{
	switch (rh->rh_spi ? scsi_hba_lookup_capstr(cap) : -1) {
	case SCSI_CAP_WIDE_XFER:
		return &rh->rh_spi_wide;
	case SCSI_CAP_SYNCHRONOUS:
		return &rh->rh_spi_sync;
	default:
		return NULL;
	}
}

int ramhba_spi_getcap(struct ramhba *rh, uint_t target, char *cap)
{
	const uint_t *word = ramhba_spi_word(rh, cap);

	return word ? (int)(*word >> target & 1) : -1;
}

/* Publish what was negotiated, as drivers of parallel buses do. */
static void ramhba_spi_publish(struct ramhba *rh, uint_t target)
{
	int wide = rh->rh_spi_wide >> target & 1, sync = rh->rh_spi_sync >> target & 1;
	char name[32];

	(void)snprintf(name, sizeof(name), "target%x-wide", target);
	(void)ddi_prop_update_int(DDI_DEV_T_NONE, rh->rh_dip, name, wide);
	(void)snprintf(name, sizeof(name), "target%x-sync-speed", target);
	(void)ddi_prop_update_int(DDI_DEV_T_NONE, rh->rh_dip, name, sync * SYNC_KHZ << wide);
}

boolean_t ramhba_spi_setcap(struct ramhba *rh, uint_t target, char *cap, int value)
{
	uint_t *word = ramhba_spi_word(rh, cap);

	if (!word)
		return B_FALSE;
	if (value)
		atomic_or_uint(word, 1u << target);
	else
		atomic_and_uint(word, ~(1u << target));
	ramhba_spi_publish(rh, target);
	return B_TRUE;
}
