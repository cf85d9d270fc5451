// SPDX-License-Identifier: GPL-2.0
/*
 * Module linkage, attach(9E), detach(9E), quiesce(9E).
 *
 * Each resource that attach acquires has a bit in isp_attached. isp_cleanup() releases the resources
 * whose bits are set, in reverse order. A failing attach and detach both end with it.
 */
#include "ispvar.h"
#include "isp_mod.h"

enum {
	ATT_CONFIG	= 0x0001,
	ATT_REGS	= 0x0002,
	ATT_INTR_ALLOC	= 0x0004,
	ATT_LOCKS	= 0x0008,
	ATT_TASKQ	= 0x0010,
	ATT_SLOTS	= 0x0020,
	ATT_REQ		= 0x0040,
	ATT_RSP		= 0x0080,
	ATT_HANDLER	= 0x0100,
	ATT_INTR	= 0x0200,
	ATT_CHIP	= 0x0400,
	ATT_KSTAT	= 0x0800,
	ATT_TRAN	= 0x1000,
	ATT_SETUP	= 0x2000,
};

static void *isp_soft;

static int isp_int_prop(struct isp *isp, const char *name, int def)
{
	return ddi_prop_get_int(DDI_DEV_T_ANY, isp->isp_dip, DDI_PROP_DONTPASS, name, def);
}

static int isp_clamp_prop(struct isp *isp, const char *name, int def, int min, int max)
{
	int value = isp_int_prop(isp, name, def);

	if (value >= min && value <= max)
		return value;
	dev_err(isp->isp_dip, CE_NOTE, "parameter %s=%d is not in %d ... %d: using %d", name, value,
		min, max, def);
	return def;
}

/* The longest reset delay that the card's settings have for a bus. */
static clock_t isp_nvram_reset_usec(const struct isp *isp)
{
	clock_t usec = 0;
	uint_t bus;

	for (bus = 0; bus < isp->isp_chip->chip_buses; bus++)
		usec = MAX(usec, isp->isp_nv.bus[bus].reset_delay * (clock_t)MICROSEC);
	return usec;
}

static void isp_read_parameters(struct isp *isp)
{
	int a64 = isp_int_prop(isp, "a64", -1);
	int ndatasegs = isp_int_prop(isp, "ndatasegs", 0);
	int delay_ms = isp_int_prop(isp, "reset_delay", 1000);
	uint_t max;

	isp->isp_a64 = a64 < 0 ? isp->isp_chip->chip_map->map_a64 : a64 != 0;
	isp->isp_req_len = isp_clamp_prop(isp, "reqring", 1024, ISP_RING_MIN, ISP_RING_MAX);
	isp->isp_rsp_len = isp_clamp_prop(isp, "rspring", 1024, ISP_RING_MIN, ISP_RING_MAX);
	isp->isp_queue_luns = isp->isp_chip->chip_luns;
	max = isp_iocb_max_segs(MIN(isp->isp_req_len - 1, ISP_RING_SAFE - 1), isp->isp_a64);
	isp->isp_ndatasegs = ndatasegs > 0 && (uint_t)ndatasegs < max ? (uint_t)ndatasegs : max;
	isp->isp_bus_reset = isp_int_prop(isp, "bus_reset", 1) != 0;
	isp->isp_retry_first = isp_clamp_prop(isp, "retry_delay", 10000, 100, 600000) * 1000L;
	isp->isp_retry_usec = isp->isp_retry_first;
	isp->isp_reset_usec = delay_ms < 0 ? isp_nvram_reset_usec(isp) :
			      MIN(delay_ms, 60000) * 1000L;
}

/* What the chip can do. Entries with 32-bit addresses reach only 4 GiB on any chip. */
static void isp_set_dma_attr(struct isp *isp)
{
	const struct isp_map *map = isp->isp_chip->chip_map;

	isp->isp_dma_attr = (ddi_dma_attr_t) {
		.dma_attr_version = DMA_ATTR_V0,
		.dma_attr_addr_lo = 0,
		.dma_attr_addr_hi = isp->isp_a64 ? map->map_addr_max : 0xffffffffULL,
		.dma_attr_count_max = map->map_seg_max,
		.dma_attr_align = 1,
		.dma_attr_burstsizes = 0xff,
		.dma_attr_minxfer = 1,
		.dma_attr_maxxfer = isp->isp_rev->ir_max_xfer & ~511ULL,
		.dma_attr_seg = map->map_seg_max,
		.dma_attr_sgllen = (int)isp->isp_ndatasegs,
		.dma_attr_granular = 512,
	};
}

/* Map the first register set in memory or I/O space, as @memory says. */
static int isp_map_space(struct isp *isp, const int *reg, uint_t sets, boolean_t memory)
{
	static ddi_device_acc_attr_t attr = {
		.devacc_attr_version = DDI_DEVICE_ATTR_V0,
		.devacc_attr_endian_flags = DDI_STRUCTURE_LE_ACC,
		.devacc_attr_dataorder = DDI_STRICTORDER_ACC,
	};
	uint_t set;

	for (set = 1; set < sets; set++) {
		uint_t space = (uint_t)reg[5 * set] & PCI_ADDR_MASK;

		if (space != PCI_ADDR_CONFIG && (space != PCI_ADDR_IO) == memory)
			return ddi_regs_map_setup(isp->isp_dip, set, &isp->isp_regs, 0, ISP_REG_SIZE,
						  &attr, &isp->isp_acc);
	}
	return DDI_FAILURE;
}

/* Map the registers in memory space; in I/O space if the card or the machine has them only there. */
static int isp_map_regs(struct isp *isp)
{
	uint_t n;
	int *reg, rc;

	if (ddi_prop_lookup_int_array(DDI_DEV_T_ANY, isp->isp_dip, DDI_PROP_DONTPASS, "reg", &reg,
				      &n) != DDI_PROP_SUCCESS)
		return DDI_FAILURE;
	rc = isp_map_space(isp, reg, n / 5, B_TRUE);
	if (rc != DDI_SUCCESS)
		rc = isp_map_space(isp, reg, n / 5, B_FALSE);
	ddi_prop_free(reg);
	return rc;
}

static int isp_alloc_intr(struct isp *isp)
{
	int n;

	/* None of these chips has message signalled interrupts. */
	if (ddi_intr_alloc(isp->isp_dip, &isp->isp_intr, DDI_INTR_TYPE_FIXED, 0, 1, &n,
			   DDI_INTR_ALLOC_STRICT) != DDI_SUCCESS)
		return DDI_FAILURE;
	isp->isp_attached |= ATT_INTR_ALLOC;
	return ddi_intr_get_pri(isp->isp_intr, &isp->isp_pri);
}

static int isp_attach_failed(struct isp *isp, const char *what)
{
	dev_err(isp->isp_dip, CE_WARN, "attach: %s", what);
	return DDI_FAILURE;
}

/*
 * Acquire what needs no running chip. The locks need the interrupt's priority, and the handler
 * needs the locks: hence the order.
 */
static int isp_acquire(struct isp *isp)
{
	dev_info_t *dip = isp->isp_dip;

	if (pci_config_setup(dip, &isp->isp_config) != DDI_SUCCESS)
		return isp_attach_failed(isp, "cannot map the configuration space");
	isp->isp_attached |= ATT_CONFIG;
	isp_setup_config(isp);

	if (isp_map_regs(isp) != DDI_SUCCESS)
		return isp_attach_failed(isp, "cannot map the registers");
	isp->isp_attached |= ATT_REGS;

	if (isp_alloc_intr(isp) != DDI_SUCCESS)
		return isp_attach_failed(isp, "the card has no interrupt");
	mutex_init(&isp->isp_lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(isp->isp_pri));
	cv_init(&isp->isp_mbox_cv, NULL, CV_DRIVER, NULL);
	cv_init(&isp->isp_watch_cv, NULL, CV_DRIVER, NULL);
	isp->isp_attached |= ATT_LOCKS;

	isp->isp_taskq = ddi_taskq_create(dip, "isp", 1, TASKQ_DEFAULTPRI, 0);
	if (!isp->isp_taskq)
		return isp_attach_failed(isp, "no thread for the watch");
	isp->isp_attached |= ATT_TASKQ;

	isp->isp_slots = kmem_zalloc(ISP_MAX_CMDS * sizeof(struct isp_slot), KM_SLEEP);
	isp->isp_attached |= ATT_SLOTS;

	if (isp_fw_read(isp) != DDI_SUCCESS)
		return DDI_FAILURE;
	isp_read_nvram(isp);
	isp_limit_targets(isp);
	isp_read_parameters(isp);
	isp_set_dma_attr(isp);

	if (isp_dma_mem_alloc(isp, isp->isp_req_len * sizeof(union isp_entry),
			      &isp->isp_req_mem) != DDI_SUCCESS)
		return isp_attach_failed(isp, "no memory for the request ring");
	isp->isp_attached |= ATT_REQ;
	isp->isp_req = (union isp_entry *)isp->isp_req_mem.dm_addr;
	if (isp_dma_mem_alloc(isp, isp->isp_rsp_len * sizeof(union isp_entry),
			      &isp->isp_rsp_mem) != DDI_SUCCESS)
		return isp_attach_failed(isp, "no memory for the response ring");
	isp->isp_attached |= ATT_RSP;
	isp->isp_rsp = (union isp_entry *)isp->isp_rsp_mem.dm_addr;

	/*
	 * A BIOS or another kernel may have left the chip running. Until isp_init() the handler
	 * claims nothing, and Linux disables the line of an interrupt that no handler claims.
	 */
	isp_wr(isp, ISP_ICR, 0);
	(void)isp_rd(isp, ISP_ICR);
	if (ddi_intr_add_handler(isp->isp_intr, isp_intr, isp, NULL) != DDI_SUCCESS)
		return isp_attach_failed(isp, "cannot add the interrupt handler");
	isp->isp_attached |= ATT_HANDLER;
	if (ddi_intr_enable(isp->isp_intr) != DDI_SUCCESS)
		return isp_attach_failed(isp, "cannot enable the interrupt");
	isp->isp_attached |= ATT_INTR;
	return DDI_SUCCESS;
}

static void isp_announce(struct isp *isp)
{
	const struct isp_bus_mode *const *mode = isp->isp_bus_mode;
	const uint16_t *v = isp->isp_fw_version;
	boolean_t differ = mode[1] && mode[1] != mode[0] ? B_TRUE : B_FALSE;

	dev_err(isp->isp_dip, CE_NOTE,
		"%s, firmware %u.%u.%u%s, %s%s%s, %u commands, %u segments each",
		isp->isp_rev->ir_name, v[0], v[1], v[2], isp->isp_fw_image ? "" : " (resident)",
		mode[0]->bm_name, differ ? " and " : "", differ ? mode[1]->bm_name : "",
		isp->isp_max_cmds, isp->isp_ndatasegs);
}

static int isp_start(struct isp *isp)
{
	if (isp_init(isp) != DDI_SUCCESS)
		return isp_attach_failed(isp, "the chip cannot be started");
	isp->isp_attached |= ATT_CHIP;
	isp_watch_start(isp);
	isp_announce(isp);
	isp_reset_buses(isp);
	isp_probe_extended(isp);

	if (isp_kstat_create(isp) != DDI_SUCCESS)
		return isp_attach_failed(isp, "no memory for the counters");
	isp->isp_attached |= ATT_KSTAT;

	isp->isp_tran = scsi_hba_tran_alloc(isp->isp_dip, SCSI_HBA_CANSLEEP);
	if (!isp->isp_tran)
		return isp_attach_failed(isp, "no memory for the transport structure");
	isp->isp_attached |= ATT_TRAN;
	isp_tran_setup(isp, isp->isp_tran);
	if (scsi_hba_attach_setup(isp->isp_dip, &isp->isp_dma_attr, isp->isp_tran, 0) !=
	    DDI_SUCCESS)
		return isp_attach_failed(isp, "scsi_hba_attach_setup");
	isp->isp_attached |= ATT_SETUP;
	return DDI_SUCCESS;
}

/* True if the resource is held. Clears its bit. */
static boolean_t isp_held(struct isp *isp, uint_t bit)
{
	boolean_t is = isp->isp_attached & bit ? B_TRUE : B_FALSE;

	isp->isp_attached &= ~bit;
	return is;
}

/* Release everything that attach has acquired. False if the framework still needs us. */
static boolean_t isp_cleanup(struct isp *isp)
{
	uint_t target;

	if ((isp->isp_attached & ATT_SETUP) && scsi_hba_detach(isp->isp_dip) != DDI_SUCCESS)
		return B_FALSE;
	(void)isp_held(isp, ATT_SETUP);
	if (isp_held(isp, ATT_CHIP))
		isp_shut_down(isp, CMD_DEV_GONE);
	if (isp_held(isp, ATT_TRAN))
		scsi_hba_tran_free(isp->isp_tran);
	if (isp_held(isp, ATT_KSTAT))
		isp_kstat_destroy(isp);
	if (isp_held(isp, ATT_INTR))
		(void)ddi_intr_disable(isp->isp_intr);
	if (isp_held(isp, ATT_HANDLER))
		(void)ddi_intr_remove_handler(isp->isp_intr);
	if (isp_held(isp, ATT_RSP))
		isp_dma_mem_free(&isp->isp_rsp_mem);
	if (isp_held(isp, ATT_REQ))
		isp_dma_mem_free(&isp->isp_req_mem);
	if (isp_held(isp, ATT_SLOTS)) {
		isp_fw_free(isp);
		kmem_free(isp->isp_slots, ISP_MAX_CMDS * sizeof(struct isp_slot));
	}
	if (isp_held(isp, ATT_TASKQ))
		ddi_taskq_destroy(isp->isp_taskq);
	if (isp_held(isp, ATT_LOCKS)) {
		for (target = 0; target < ISP_NELEM(isp->isp_notify_list); target++)
			scsi_hba_reset_notify_tear_down(isp->isp_notify_list[target]);
		cv_destroy(&isp->isp_watch_cv);
		cv_destroy(&isp->isp_mbox_cv);
		mutex_destroy(&isp->isp_lock);
	}
	if (isp_held(isp, ATT_INTR_ALLOC))
		(void)ddi_intr_free(isp->isp_intr);
	if (isp_held(isp, ATT_REGS))
		ddi_regs_map_free(&isp->isp_acc);
	if (isp_held(isp, ATT_CONFIG))
		pci_config_teardown(&isp->isp_config);
	VERIFY0(isp->isp_attached);
	VERIFY0(isp->isp_outstanding);
	return B_TRUE;
}

static int isp_resume(struct isp *isp)
{
	int rc;

	isp_setup_config(isp);
	mutex_enter(&isp->isp_lock);
	isp->isp_closing = B_FALSE;
	mutex_exit(&isp->isp_lock);
	isp_forgive_all(isp);
	rc = isp_init(isp);
	/* If the chip does not run, commands fail from now on. */
	mutex_enter(&isp->isp_lock);
	isp->isp_suspended = B_FALSE;
	mutex_exit(&isp->isp_lock);
	if (rc != DDI_SUCCESS)
		return rc;
	isp_watch_start(isp);
	isp_reset_buses(isp);
	return DDI_SUCCESS;
}

static int isp_attach(dev_info_t *dip, ddi_attach_cmd_t cmd)
{
	int instance = ddi_get_instance(dip);
	struct isp *isp;

	if (cmd == DDI_RESUME) {
		isp = ddi_get_soft_state(isp_soft, instance);
		return isp ? isp_resume(isp) : DDI_FAILURE;
	}
	if (cmd != DDI_ATTACH)
		return DDI_FAILURE;
	if (ddi_soft_state_zalloc(isp_soft, instance) != DDI_SUCCESS)
		return DDI_FAILURE;
	isp = ddi_get_soft_state(isp_soft, instance);
	isp->isp_dip = dip;
	isp->isp_instance = instance;
	isp->isp_chip = isp_chip_lookup((uint16_t)isp_int_prop(isp, "device-id", 0));
	if (!isp->isp_chip) {
		isp_attach_failed(isp, "unknown chip");
		goto fail;
	}
	if (isp_acquire(isp) != DDI_SUCCESS || isp_start(isp) != DDI_SUCCESS)
		goto fail;
	return DDI_SUCCESS;

fail:
	(void)isp_cleanup(isp);
	ddi_soft_state_free(isp_soft, instance);
	return DDI_FAILURE;
}

static int isp_detach(dev_info_t *dip, ddi_detach_cmd_t cmd)
{
	int instance = ddi_get_instance(dip);
	struct isp *isp = ddi_get_soft_state(isp_soft, instance);

	if (!isp)
		return DDI_FAILURE;
	switch (cmd) {
	case DDI_SUSPEND:
		mutex_enter(&isp->isp_lock);
		isp->isp_suspended = B_TRUE;
		mutex_exit(&isp->isp_lock);
		isp_shut_down(isp, CMD_RESET);
		return DDI_SUCCESS;
	case DDI_DETACH:
		if (!isp_cleanup(isp))
			return DDI_FAILURE;
		ddi_soft_state_free(isp_soft, instance);
		return DDI_SUCCESS;
	default:
		return DDI_FAILURE;
	}
}

/* The system goes down, or another kernel takes over: stop all DMA and interrupts. */
static int isp_quiesce(dev_info_t *dip)
{
	struct isp *isp = ddi_get_soft_state(isp_soft, ddi_get_instance(dip));

	if (!isp)
		return DDI_FAILURE;
	mutex_enter(&isp->isp_lock);
	isp_chip_close(isp);
	mutex_exit(&isp->isp_lock);
	return DDI_SUCCESS;
}

static struct dev_ops isp_dev_ops = {
	.devo_rev = DEVO_REV,
	.devo_attach = isp_attach,
	.devo_detach = isp_detach,
	.devo_quiesce = isp_quiesce,
};

static struct modldrv isp_modldrv = {
	.drv_modops = &mod_driverops,
	.drv_linkinfo = "QLogic ISP SCSI HBA driver",
	.drv_dev_ops = &isp_dev_ops,
};

static struct modlinkage isp_modlinkage = {
	.ml_rev = MODREV_1,
	.ml_linkage = { &isp_modldrv, NULL },
};

int _init(void)
{
	int rc = ddi_soft_state_init(&isp_soft, sizeof(struct isp), 1);

	if (rc)
		return rc;
	rc = scsi_hba_init(&isp_modlinkage);
	if (rc)
		goto fini_soft;
	rc = mod_install(&isp_modlinkage);
	if (rc)
		goto fini_hba;
	return 0;

fini_hba:
	scsi_hba_fini(&isp_modlinkage);
fini_soft:
	ddi_soft_state_fini(&isp_soft);
	return rc;
}

int _fini(void)
{
	int rc = mod_remove(&isp_modlinkage);

	if (rc)
		return rc;
	scsi_hba_fini(&isp_modlinkage);
	ddi_soft_state_fini(&isp_soft);
	return 0;
}
