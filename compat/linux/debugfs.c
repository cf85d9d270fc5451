// SPDX-License-Identifier: GPL-2.0
/* The counters of each host, below /sys/kernel/debug/scsa. */
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include <scsi/scsi_host.h>

#include "../impl.h"
#include "host.h"
#include "../linux_impl.h"

static int stats_show(struct seq_file *m, void *unused)
{
	const struct scsa_host *host = m->private;
	const struct scsa_stats *st = &host->stats;
	unsigned int orphans = 0;
	struct scsa_cmd *sc;
	unsigned long flags;

	spin_lock_irqsave((spinlock_t *)&host->lock, flags);
	for (sc = host->orphans; sc; sc = sc->sc_next_orphan)
		orphans++;
	spin_unlock_irqrestore((spinlock_t *)&host->lock, flags);
	seq_printf(m, "split_requests %llu\n", st->split_requests);
	seq_printf(m, "split_commands %llu\n", st->split_commands);
	seq_printf(m, "too_large %llu\n", st->too_large);
	seq_printf(m, "dma_waits %llu\n", st->dma_waits);
	seq_printf(m, "overruns %llu\n", st->overruns);
	seq_printf(m, "short_transfers %llu\n", st->short_transfers);
	seq_printf(m, "orphans %u\n", orphans);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

void linux_debugfs_add_host(struct Scsi_Host *shost)
{
	struct scsa_host *host = shost_priv(shost);
	char name[16];

	snprintf(name, sizeof(name), "host%u", shost->host_no);
	host->debugfs = debugfs_create_dir(name, linux_debugfs);
	debugfs_create_file("stats", 0444, host->debugfs, host, &stats_fops);
}

void linux_debugfs_remove_host(struct Scsi_Host *shost)
{
	struct scsa_host *host = shost_priv(shost);

	debugfs_remove(host->debugfs);
}
