/* SPDX-License-Identifier: GPL-2.0 */
/* An access handle. Those of devices are in regs.c, those of memory in coherent.c. */
#ifndef _COMPAT_OS_ACC_H
#define _COMPAT_OS_ACC_H

#include <linux/list.h>
#include <linux/pci.h>

#include "../impl.h"

enum acc_kind {
	ACC_MEMORY_SPACE,
	ACC_IO_SPACE,
	ACC_CONFIG,
	ACC_COHERENT,
};

struct scsa_acc {
	enum acc_kind		kind;
	bool			swap;	/* not in the byte order of the plain access */
	uintptr_t		base;	/* lowest address that the driver may pass */
	size_t			len;
	struct pci_dev		*pdev;
	void __iomem		*iomem;
	/* ACC_COHERENT */
	struct device		*dev;
	size_t			alloc_len;
	dma_addr_t		dma;
	struct list_head	list;
};

#endif /* _COMPAT_OS_ACC_H */
