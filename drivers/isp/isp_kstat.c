// SPDX-License-Identifier: GPL-2.0
/* Counters, as named kstats. */
#include "ispvar.h"

#define COUNTER(name, member)	{ name, offsetof(struct isp_stats, member) }

static const struct {
	const char	*name;
	size_t		offset;
} isp_counters[] = {
	COUNTER("interrupts", st_interrupts),
	COUNTER("spurious_interrupts", st_spurious),
	COUNTER("lost_interrupts", st_lost_interrupts),
	COUNTER("commands", st_commands),
	COUNTER("doorbells", st_doorbells),
	COUNTER("ring_full", st_ring_full),
	COUNTER("no_handle", st_no_handle),
	COUNTER("mailbox_commands", st_mailbox),
	COUNTER("events", st_events),
	COUNTER("markers", st_markers),
	COUNTER("aborts", st_aborts),
	COUNTER("resets", st_resets),
	COUNTER("chip_resets", st_chip_resets),
	COUNTER("bad_entries", st_bad_entries),
	COUNTER("bad_handles", st_bad_handles),
};

#define NCOUNTERS	ISP_NELEM(isp_counters)

static int isp_kstat_update(kstat_t *ksp, int rw)
{
	struct isp *isp = ksp->ks_private;
	kstat_named_t *kn = ksp->ks_data;
	uint_t i;

	if (rw == KSTAT_WRITE)
		return EACCES;
	mutex_enter(&isp->isp_lock);
	for (i = 0; i < NCOUNTERS; i++)
		kn[i].value.ui64 = *(uint64_t *)((caddr_t)&isp->isp_stats + isp_counters[i].offset);
	kn[NCOUNTERS].value.ui64 = isp->isp_outstanding;
	mutex_exit(&isp->isp_lock);
	return 0;
}

int isp_kstat_create(struct isp *isp)
{
	kstat_t *ksp = kstat_create(ddi_driver_name(isp->isp_dip), isp->isp_instance, "counters",
				    "hba", KSTAT_TYPE_NAMED, NCOUNTERS + 1, 0);
	kstat_named_t *kn;
	uint_t i;

	if (!ksp)
		return DDI_FAILURE;
	kn = ksp->ks_data;
	for (i = 0; i < NCOUNTERS; i++)
		kstat_named_init(&kn[i], isp_counters[i].name, KSTAT_DATA_UINT64);
	kstat_named_init(&kn[NCOUNTERS], "outstanding", KSTAT_DATA_UINT64);
	ksp->ks_update = isp_kstat_update;
	ksp->ks_private = isp;
	kstat_install(ksp);
	isp->isp_kstat = ksp;
	return DDI_SUCCESS;
}

void isp_kstat_destroy(struct isp *isp)
{
	kstat_delete(isp->isp_kstat);
	isp->isp_kstat = NULL;
}
