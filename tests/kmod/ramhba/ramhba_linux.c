// SPDX-License-Identifier: GPL-2.0
/* Linux glue of the RAM disk HBA: it sits on QEMU's pci-testdev, whose registers it does not use. */
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/string.h>

#include <scsa/scsa.h>

#include "ramhba.h"

static int maxsegs = 256;
module_param(maxsegs, int, 0444);
MODULE_PARM_DESC(maxsegs, "cookies that one command carries");
static int sync;
module_param(sync, int, 0444);
MODULE_PARM_DESC(sync, "complete commands before tran_start() returns");
static int setup;
module_param(setup, int, 0444);
MODULE_PARM_DESC(setup, "packets by tran_setup_pkt() instead of tran_init_pkt()");
static int dtype;
module_param(dtype, int, 0444);
MODULE_PARM_DESC(dtype, "peripheral device type that the disks claim to be of, 0 to 31");
static int ansi = 5;
module_param(ansi, int, 0444);
MODULE_PARM_DESC(ansi, "version of the standard that the disks claim to know; up to 2 without REPORT LUNS");
static int luns = 1;
module_param(luns, int, 0444);
MODULE_PARM_DESC(luns, "mask of the LUNs that each target has, 1 to 0xff; they share the target's disk");
static int no_lun;
module_param(no_lun, int, 0444);
MODULE_PARM_DESC(no_lun,
		 "a LUN that is not there 0: is refused, answers 1: qualifier 3, 2: qualifier 1, 3: CHECK CONDITION, 4: not at all");
static int removable;
module_param(removable, int, 0444);
MODULE_PARM_DESC(removable, "the disks' media can be removed");
static int status_bits;
module_param(status_bits, int, 0444);
MODULE_PARM_DESC(status_bits, "vendor's bits in every status byte");
static int clone;
module_param(clone, int, 0444);
MODULE_PARM_DESC(clone, "use SCSI_HBA_TRAN_CLONE; tran_tgt_probe() finds no target 1");
static int lose;
module_param(lose, int, 0444);
MODULE_PARM_DESC(lose,
		 "keep commands for block 4242: 1 reads, 2 all until a reset, 3 or until an abort, 4 reads, and writes until a reset");
static int batch;
module_param(batch, int, 0444);
MODULE_PARM_DESC(batch, "handle packets with FLAG_SCSA_MORE only when tran_commit() or another one comes");
static int published;
module_param(published, int, 0444);
MODULE_PARM_DESC(published,
		 "packets as in published drivers, which move one 1: with windows, 2: with a handle; 3: more habits");
static int quiesce_waits;
module_param(quiesce_waits, int, 0444);
MODULE_PARM_DESC(quiesce_waits, "tran_quiesce() waits until all commands are back");
static int recovered;
module_param(recovered, int, 0444);
MODULE_PARM_DESC(recovered,
		 "READ, WRITE of block 64, 128...: 1 RECOVERED, 2 NO SENSE, 3 MET, 4 deferred error");
static int shorten;
module_param(shorten, int, 0444);
MODULE_PARM_DESC(shorten, "READ and WRITE of block 4243 move 1: nothing, 2: one block; status GOOD");
static int maxxfer = INT_MAX;
module_param(maxxfer, int, 0444);
MODULE_PARM_DESC(maxxfer, "bytes that one command carries, at least a page");
static int cookie = INT_MAX;
module_param(cookie, int, 0444);
MODULE_PARM_DESC(cookie, "bytes that one cookie has at most, at least a page");
static int blksize = 512;
module_param(blksize, int, 0444);
MODULE_PARM_DESC(blksize, "bytes in a logical block, 512 or 4096");
static int overrun;
module_param(overrun, int, 0444);
MODULE_PARM_DESC(overrun, "READ, WRITE, WRITE BUFFER, READ CAPACITY of more than is mapped: CMD_DATA_OVR");
static int untagged;
module_param(untagged, int, 0444);
MODULE_PARM_DESC(untagged,
		 "1: refuse the capability tagged-qing, and packets with a tag; 2: the targets reject each tag; "
		 "3: as 1, with the capability untagged-qing");
static int full;
module_param(full, int, 0444);
MODULE_PARM_DESC(full, "one READ or WRITE in so many ends with TASK SET FULL");
static int initiator = 7;
module_param(initiator, int, 0444);
MODULE_PARM_DESC(initiator, "the capability initiator-id");
static int spi;
module_param(spi, int, 0444);
MODULE_PARM_DESC(spi,
		 "a parallel bus; what INQUIRY says in byte 7: 0x30 wide and synchronous; 1: neither");
static int template;
module_param(template, int, 0444);
MODULE_PARM_DESC(template, "attach with one segment in a command, whatever maxsegs says");
static int leave;
module_param(leave, int, 0444);
MODULE_PARM_DESC(leave, "detach(9E) 1: without scsi_hba_detach(), 2: refuses");
static bool idle_suspend;
module_param(idle_suspend, bool, 0444);
MODULE_PARM_DESC(idle_suspend, "DDI_SUSPEND and DDI_RESUME do nothing, return success, and the glue says so");
static bool short_status;
module_param(short_status, bool, 0444);
MODULE_PARM_DESC(short_status, "the glue says that the driver cannot use a long status area");
static uint late_secs;
module_param(late_secs, uint, 0444);
MODULE_PARM_DESC(late_secs, "the glue says that late commands need that much time");
static bool atomic;
module_param(atomic, bool, 0444);
MODULE_PARM_DESC(atomic, "use the atomic execution model instead of the thread model");
static uint interface = SCSA_INTERFACE;
module_param(interface, uint, 0444);
MODULE_PARM_DESC(interface, "claim to be built for this version of scsa's interface");
static int pri;
static int suspends, statuslen;

static bool running;	/* under the lock of the module's parameters */
static int late;

static int late_set(const char *value, const struct kernel_param *kp)
{
	if (!sysfs_streq(value, "1"))
		return -EINVAL;
	if (!running)
		return -EAGAIN;
	late = ramhba_late();
	return 0;
}

static const struct kernel_param_ops late_ops = {
	.set = late_set,
	.get = param_get_int,
};
module_param_cb(late, &late_ops, &late, 0644);
MODULE_PARM_DESC(late, "write 1 to carry out what \"lose\" kept; read how many those were");

static int medium_set(const char *value, const struct kernel_param *kp)
{
	int rc = param_set_bool(value, kp);

	if (!rc && running)
		ramhba_change(*(bool *)kp->arg);
	return rc;
}

static const struct kernel_param_ops medium_ops = {
	.set = medium_set,
	.get = param_get_bool,
};
static bool medium = true;
module_param_cb(medium, &medium_ops, &medium, 0644);
MODULE_PARM_DESC(medium, "write 0 to take the media out of all targets, 1 to put others in");

static struct pci_dev *device;	/* the first one; behind an IOMMU there must be no other */

/* Without an IOMMU a bus address is a physical address, of the buffer or of a bounce buffer. */
static phys_addr_t physical(uint64_t bus_addr)
{
	struct iommu_domain *domain = device ? iommu_get_domain_for_dev(&device->dev) : NULL;

	return domain ? iommu_iova_to_phys(domain, bus_addr) : bus_addr;
}

void ramhba_copy(uint64_t bus_addr, void *data, size_t len, bool to_memory)
{
	size_t n;

	/* An IOMMU maps each page on its own. */
	for (; len; len -= n, bus_addr += n, data += n) {
		void *memory = phys_to_virt(physical(bus_addr));

		n = min_t(size_t, len, PAGE_SIZE - offset_in_page(bus_addr));
		if (to_memory)
			memcpy(memory, data, n);
		else
			memcpy(data, memory, n);
	}
}

bool ramhba_may_start_io(void)
{
	return !(current->flags & PF_MEMALLOC_NOIO);
}

static const struct pci_device_id ramhba_ids[] = {
	{ PCI_DEVICE(0x1b36, 0x0005) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ramhba_ids);

static const struct scsa_driver_prop ramhba_props[] = {
	{ "maxsegs", &maxsegs },
	{ "sync", &sync },
	{ "setup-pkt", &setup },
	{ "dtype", &dtype },
	{ "ansi", &ansi },
	{ "luns", &luns },
	{ "no-lun", &no_lun },
	{ "removable", &removable },
	{ "status-bits", &status_bits },
	{ "clone", &clone },
	{ "lose", &lose },
	{ "batch", &batch },
	{ "published", &published },
	{ "quiesce-waits", &quiesce_waits },
	{ "recovered", &recovered },
	{ "shorten", &shorten },
	{ "blksize", &blksize },
	{ "maxxfer", &maxxfer },
	{ "cookie", &cookie },
	{ "overrun", &overrun },
	{ "untagged", &untagged },
	{ "full", &full },
	{ "initiator", &initiator },
	{ "spi", &spi },
	{ "template", &template },
	{ "leave", &leave },
	{ "idle-suspend", &suspends },
	{ "short-status", &statuslen },
	{ "pri", &pri },
	{ }
};

static struct scsa_driver ramhba_driver = {
	.name = "ramhba",
	.owner = THIS_MODULE,
	.id_table = ramhba_ids,
	.can_queue = 64,
	.cmd_per_lun = 16,
	.max_id = 16,
	.max_lun = 8,
	.props = ramhba_props,
	.init = _init,
	.fini = _fini,
};

static void set_running(bool value)
{
	kernel_param_lock(THIS_MODULE);
	running = value;
	kernel_param_unlock(THIS_MODULE);
}

static bool bad_parameters(void)
{
	return maxsegs < 1 || maxsegs > 256 || dtype < 0 || dtype > 31 || lose < 0 || lose > 4 ||
	       published < 0 || published > 3 || recovered < 0 || recovered > 4 || shorten < 0 ||
	       shorten > 2 || ansi < 0 || ansi > 7 || luns < 1 || luns > 0xff || no_lun < 0 ||
	       no_lun > 4 || (status_bits & ~0xc1) || (blksize != 512 && blksize != 4096);
}

static int __init ramhba_module_init(void)
{
	int rc;

	if (bad_parameters())
		return -EINVAL;
	ramhba_driver.model = atomic ? SCSA_MODEL_ATOMIC : SCSA_MODEL_THREAD;
	pri = atomic ? 6 : 5;
	suspends = idle_suspend;
	statuslen = short_status;
	ramhba_driver.no_suspend = idle_suspend;
	ramhba_driver.spi = spi != 0;
	ramhba_driver.short_status = short_status;
	ramhba_driver.late_secs = late_secs;
	device = pci_get_device(ramhba_ids[0].vendor, ramhba_ids[0].device, NULL);
	rc = scsa_driver_init_interface(&ramhba_driver, interface);
	if (rc)
		pci_dev_put(device);
	else
		set_running(true);
	return rc;
}
module_init(ramhba_module_init);

static void __exit ramhba_module_exit(void)
{
	set_running(false);
	scsa_driver_fini(&ramhba_driver);
	pci_dev_put(device);
}
module_exit(ramhba_module_exit);

MODULE_DESCRIPTION("RAM disks behind the SCSA contract, for tests");
MODULE_LICENSE("GPL");
SCSA_IMPORT_NAMESPACE();
