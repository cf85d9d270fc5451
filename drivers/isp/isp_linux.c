// SPDX-License-Identifier: GPL-2.0
/* What Linux must know of the driver: PCI ids, parameters. The other files do not see Linux. */
#include <linux/module.h>
#include <linux/pci.h>

#include <scsa/scsa.h>

#include "isp_mod.h"

#define PARAM(name, def, text)					\
	static int name = (def);				\
	module_param(name, int, 0444);				\
	MODULE_PARM_DESC(name, text)

PARAM(a64, -1, "64-bit ring entries: 0 no, 1 yes, -1 if the chip is known to take them (default)");
PARAM(ndatasegs, 0, "memory segments in one command; 0: as many as fit (default)");
PARAM(reqring, 1024, "entries of the request ring, 32 ... 4096 (default 1024)");
PARAM(rspring, 1024, "entries of the response ring, 32 ... 4096 (default 1024)");
PARAM(bus_reset, 1, "reset SCSI buses: 0 never, 1 at start and to recover (default)");
PARAM(reset_delay, 1000,
	"wait after a bus reset in ms; -1: as the card's NVRAM says (default 1000)");
PARAM(retry_delay, 10000,
	"ms until a chip that was taken offline is tried again, the first time (default 10000)");

static const struct scsa_driver_prop isp_props[] = {
	{ "a64", &a64 },
	{ "ndatasegs", &ndatasegs },
	{ "reqring", &reqring },
	{ "rspring", &rspring },
	{ "bus_reset", &bus_reset },
	{ "reset_delay", &reset_delay },
	{ "retry_delay", &retry_delay },
	{ }
};

static const struct pci_device_id isp_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_QLOGIC, 0x1016) },
	{ PCI_DEVICE(PCI_VENDOR_ID_QLOGIC, 0x1020) },
	{ PCI_DEVICE(PCI_VENDOR_ID_QLOGIC, 0x1080) },
	{ PCI_DEVICE(PCI_VENDOR_ID_QLOGIC, 0x1216) },
	{ PCI_DEVICE(PCI_VENDOR_ID_QLOGIC, 0x1240) },
	{ PCI_DEVICE(PCI_VENDOR_ID_QLOGIC, 0x1280) },
	{ }
};
MODULE_DEVICE_TABLE(pci, isp_ids);

/* AMI MegaRAID: the chip belongs to the RAID processor. */
static const struct pci_device_id isp_foreign[] = {
	{ PCI_VENDOR_ID_QLOGIC, PCI_ANY_ID, 0x101e, PCI_ANY_ID },
	{ }
};

static struct scsa_driver isp_driver = {
	.name		= "isp",
	.owner		= THIS_MODULE,
	.id_table	= isp_ids,
	.foreign	= isp_foreign,
	.model		= SCSA_MODEL_ATOMIC,
	.can_queue	= 512,
	.cmd_per_lun	= 128,
	.max_id		= 16,
	.max_lun	= 32,
	.max_cmd_len	= 44,
	.keep_packets	= true,
	.own_master	= true,
	.exact_status	= true,
	.spi		= true,
	.props		= isp_props,
	.init		= _init,
	.fini		= _fini,
};
scsa_module_driver(isp_driver);

MODULE_DESCRIPTION("QLogic ISP1020 ... ISP12160 parallel SCSI, a SCSA driver");
MODULE_LICENSE("GPL");
MODULE_VERSION(SCSA_VERSION);
MODULE_FIRMWARE("qlogic/1040.bin");
MODULE_FIRMWARE("qlogic/1280.bin");
MODULE_FIRMWARE("qlogic/12160.bin");
