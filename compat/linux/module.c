// SPDX-License-Identifier: GPL-2.0
/* The module scsa: set-up that all drivers on it share. */
#include <linux/module.h>

#include "../impl.h"
#include "../linux_impl.h"
#include "host.h"

static int __init scsa_init(void)
{
	int rc = linux_context_init();

	if (rc)
		return rc;
	rc = linux_spi_init();
	if (rc) {
		linux_context_fini();
		return rc;
	}
	linux_debugfs_init();
	scsa_dma_init();
	scsa_poll_init();
	return 0;
}
module_init(scsa_init);

static void __exit scsa_exit(void)
{
	scsa_poll_fini();
	scsa_dma_fini();
	linux_debugfs_fini();
	linux_spi_fini();
	linux_context_fini();
}
module_exit(scsa_exit);

MODULE_DESCRIPTION("Solaris SCSI HBA contract (SCSA and DDI DMA) on the Linux SCSI midlayer");
MODULE_LICENSE("GPL");
MODULE_VERSION(SCSA_VERSION);
