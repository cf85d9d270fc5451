/* SPDX-License-Identifier: GPL-2.0 */
/* PCI configuration space offsets and the "reg" property; see pci_config_get8(9F). */
#ifndef _SYS_PCI_H
#define _SYS_PCI_H

#include <sys/types.h>

#define PCI_CONF_VENID		0x00
#define PCI_CONF_DEVID		0x02
#define PCI_CONF_COMM		0x04
#define PCI_CONF_STAT		0x06
#define PCI_CONF_REVID		0x08
#define PCI_CONF_PROGCLASS	0x09
#define PCI_CONF_SUBCLASS	0x0a
#define PCI_CONF_BASCLASS	0x0b
#define PCI_CONF_CACHE_LINESZ	0x0c
#define PCI_CONF_LATENCY_TIMER	0x0d
#define PCI_CONF_HEADER		0x0e
#define PCI_CONF_BASE0		0x10
#define PCI_CONF_BASE1		0x14
#define PCI_CONF_BASE2		0x18
#define PCI_CONF_BASE3		0x1c
#define PCI_CONF_BASE4		0x20
#define PCI_CONF_BASE5		0x24
#define PCI_CONF_SUBVENID	0x2c
#define PCI_CONF_SUBSYSID	0x2e
#define PCI_CONF_ROM		0x30
#define PCI_CONF_CAP_PTR	0x34
#define PCI_CONF_ILINE		0x3c
#define PCI_CONF_IPIN		0x3d
#define PCI_CONF_MIN_G		0x3e
#define PCI_CONF_MAX_L		0x3f

#define PCI_COMM_IO		0x0001
#define PCI_COMM_MAE		0x0002
#define PCI_COMM_ME		0x0004
#define PCI_COMM_MEMWR_INVAL	0x0010
#define PCI_COMM_PARITY_DETECT	0x0040
#define PCI_COMM_SERR_ENABLE	0x0100

#define PCI_EINVAL8		0xffu
#define PCI_EINVAL16		0xffffu
#define PCI_EINVAL32		0xffffffffu

/* One tuple of the "reg" property. */
typedef struct pci_phys_spec {
	uint_t	pci_phys_hi;
	uint_t	pci_phys_mid;
	uint_t	pci_phys_low;
	uint_t	pci_size_hi;
	uint_t	pci_size_low;
} pci_regspec_t;

#define PCI_REG_REG_M		0xffu
#define PCI_REG_FUNC_M		0x700u
#define PCI_REG_DEV_M		0xf800u
#define PCI_REG_BUS_M		0xff0000u
#define PCI_REG_ADDR_M		0x3000000u
#define PCI_REG_PF_M		0x40000000u
#define PCI_REG_REL_M		0x80000000u
#define PCI_REG_REG_G(x)	((x) & PCI_REG_REG_M)
#define PCI_REG_FUNC_G(x)	(((x) & PCI_REG_FUNC_M) >> 8)
#define PCI_REG_DEV_G(x)	(((x) & PCI_REG_DEV_M) >> 11)
#define PCI_REG_BUS_G(x)	(((x) & PCI_REG_BUS_M) >> 16)
#define PCI_REG_ADDR_G(x)	(((x) & PCI_REG_ADDR_M) >> 24)
#define PCI_ADDR_MASK		0x03000000
#define PCI_ADDR_CONFIG		0x00000000
#define PCI_ADDR_IO		0x01000000
#define PCI_ADDR_MEM32		0x02000000
#define PCI_ADDR_MEM64		0x03000000

#endif /* _SYS_PCI_H */
