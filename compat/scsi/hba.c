// SPDX-License-Identifier: GPL-2.0
/* SCSA for HBA drivers: transport structure, attach, names of capabilities. */
#include <sys/scsi/scsi.h>
#include <linux/export.h>

#include "../impl.h"
#include "pkt.h"

/**
 * scsa_scsi_hba_init() - scsi_hba_init(9F)
 * @modlp: the driver's linkage
 *
 * Context: thread, from _init(9E), before mod_install(9F).
 * Return: 0, or EINVAL if the driver has its own bus operations.
 */
int scsa_scsi_hba_init(struct modlinkage *modlp)
{
	struct modldrv *drv = modlp ? modlp->ml_linkage[0] : NULL;

	if (!drv || !drv->drv_dev_ops || drv->drv_dev_ops->devo_bus_ops)
		return EINVAL;
	return 0;
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_init);

/**
 * scsa_scsi_hba_fini() - scsi_hba_fini(9F)
 * @modlp: the driver's linkage
 *
 * There is nothing to undo; the function exists because the contract has the pair.
 *
 * Context: thread, from _fini(9E).
 */
void scsa_scsi_hba_fini(struct modlinkage *modlp)
{
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_fini);

/**
 * scsa_scsi_hba_tran_alloc() - scsi_hba_tran_alloc(9F)
 * @dip: instance
 * @flags: 0 or SCSI_HBA_CANSLEEP
 *
 * Context: any; thread with SCSI_HBA_CANSLEEP.
 * Return: a zeroed transport structure, or NULL if memory is short.
 */
scsi_hba_tran_t *scsa_scsi_hba_tran_alloc(dev_info_t *dip, int flags)
{
	return kmem_zalloc(sizeof(scsi_hba_tran_t),
			   (flags & SCSI_HBA_CANSLEEP) ? KM_SLEEP : KM_NOSLEEP);
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_tran_alloc);

/**
 * scsa_scsi_hba_tran_free() - scsi_hba_tran_free(9F)
 * @tran: from scsi_hba_tran_alloc(9F), no longer attached
 *
 * Context: any.
 */
void scsa_scsi_hba_tran_free(scsi_hba_tran_t *tran)
{
	if (!tran) {
		MISUSE("scsi_hba_tran_free", "no transport structure");
		return;
	}
	/* Keeping it leaks memory; freeing it would let us call freed memory. */
	if (tran->tran_hba_dip && tran->tran_hba_dip->di_tran == tran) {
		MISUSE("scsi_hba_tran_free", "the instance is attached");
		return;
	}
	scsi_pkt_cache_free(tran);
	kmem_free(tran, sizeof(*tran));
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_tran_free);

#define ATTACH_FLAGS	(SCSI_HBA_TRAN_CLONE | SCSI_HBA_TRAN_CDB | SCSI_HBA_TRAN_SCB |	\
			 SCSI_HBA_ADDR_SPI)

/* Properties of the HBA node that the framework creates unless they exist. */
static const struct {
	const char	*name;
	int		value;
} hba_props[] = {
	{ "scsi-options", SCSI_OPTIONS_DR | SCSI_OPTIONS_SYNC | SCSI_OPTIONS_PARITY |
	  SCSI_OPTIONS_TAG | SCSI_OPTIONS_FAST | SCSI_OPTIONS_WIDE | SCSI_OPTIONS_FAST20 |
	  SCSI_OPTIONS_FAST40 | SCSI_OPTIONS_FAST80 | SCSI_OPTIONS_FAST160 },
	{ "scsi-reset-delay", SCSI_DEFAULT_RESET_DELAY },
	{ "scsi-watchdog-tick", SCSI_DEFAULT_WATCHDOG_TICK },
	{ "scsi-selection-timeout", SCSI_DEFAULT_SELECTION_TIMEOUT },
	{ "scsi-tag-age-limit", SCSI_DEFAULT_TAG_AGE_LIMIT },
};

static const char *const interconnects[] = {
	[INTERCONNECT_PARALLEL]	= "SPI",
	[INTERCONNECT_FIBRE]	= "FIBRE",
	[INTERCONNECT_1394]	= "1394",
	[INTERCONNECT_SSA]	= "",
	[INTERCONNECT_FABRIC]	= "FABRIC",
	[INTERCONNECT_USB]	= "USB",
	[INTERCONNECT_ATAPI]	= "ATAPI",
	[INTERCONNECT_ISCSI]	= "iSCSI",
	[INTERCONNECT_IBSRP]	= "ibsrp",
	[INTERCONNECT_SATA]	= "SATA",
	[INTERCONNECT_SAS]	= "SAS",
};

static int create_props(dev_info_t *dip, int type)
{
	static const char type_prop[] = "initiator-interconnect-type";
	uint_t i;

	for (i = 0; i < sizeof(hba_props) / sizeof(hba_props[0]); i++)
		if (!ddi_prop_exists(DDI_DEV_T_ANY, dip, 0, hba_props[i].name) &&
		    ddi_prop_update_int(DDI_DEV_T_NONE, dip, hba_props[i].name,
					hba_props[i].value) != DDI_PROP_SUCCESS)
			return DDI_FAILURE;
	if (type <= 0 || type >= (int)(sizeof(interconnects) / sizeof(interconnects[0])) ||
	    ddi_prop_exists(DDI_DEV_T_ANY, dip, 0, type_prop))
		return DDI_SUCCESS;
	return ddi_prop_update_string(DDI_DEV_T_NONE, dip, type_prop, (char *)interconnects[type]) ==
	       DDI_PROP_SUCCESS ? DDI_SUCCESS : DDI_FAILURE;
}

/* The limit of scsi_hba_pkt_alloc(9F) for an area. */
#define TRAN_HBA_LEN_MAX	65536

/* Check that a driver has the required vectors, and those of exactly one packet style. */
static const char *tran_fault(const scsi_hba_tran_t *tran)
{
	if (!tran->tran_start || !tran->tran_getcap || !tran->tran_setcap)
		return "a required tran_* entry point is missing";
	if (!tran->tran_get_name != !tran->tran_get_bus_addr)
		return "tran_get_name needs tran_get_bus_addr, and the reverse";
	if (!tran->tran_setup_pkt) {
		if (!tran->tran_init_pkt || !tran->tran_destroy_pkt || !tran->tran_dmafree ||
		    !tran->tran_sync_pkt)
			return "a tran_* entry point for packets is missing";
		return NULL;
	}
	/* After an earlier attach the vectors of the packet cache are still in @tran. */
	if (!tran->tran_pkt_cache_ptr && (tran->tran_init_pkt || tran->tran_destroy_pkt))
		return "tran_setup_pkt and tran_init_pkt exclude each other";
	if (tran->tran_hba_len > TRAN_HBA_LEN_MAX)
		return "tran_hba_len is too large";
	if (!tran->tran_teardown_pkt)
		return "tran_setup_pkt needs tran_teardown_pkt";
	return NULL;
}

/**
 * scsa_scsi_hba_attach_setup() - scsi_hba_attach_setup(9F)
 * @dip: instance that is in its attach(9E)
 * @attr: the most restrictive attributes of data transfers; copied
 * @tran: transport structure, filled in
 * @flags: SCSI_HBA_TRAN_CLONE; SCSI_HBA_TRAN_CDB, _SCB for drivers with tran_setup_pkt(9E)
 *
 * The SCSI host appears, and its bus is scanned, once attach(9E) has returned DDI_SUCCESS.
 *
 * Context: thread.
 * Return: DDI_SUCCESS or DDI_FAILURE.
 */
int scsa_scsi_hba_attach_setup(dev_info_t *dip, ddi_dma_attr_t *attr, scsi_hba_tran_t *tran,
			       int flags)
{
	const char *why;

	if (!dip || !tran || !attr || dip->di_tran) {
		MISUSE("scsi_hba_attach_setup",
		       "no instance, attributes or transport structure, or attached already");
		return DDI_FAILURE;
	}
	why = tran_fault(tran);
	if (why) {
		dev_err(dip, CE_WARN, "scsi_hba_attach_setup: %s", why);
		return DDI_FAILURE;
	}
	if (flags & ~ATTACH_FLAGS) {
		dev_err(dip, CE_WARN, "scsi_hba_attach_setup flags 0x%x are not supported", flags);
		return DDI_FAILURE;
	}
	if (linux_dma_set_mask(dip, attr->dma_attr_addr_hi)) {
		dev_err(dip, CE_WARN, "no DMA below 0x%llx",
			(unsigned long long)attr->dma_attr_addr_hi);
		return DDI_FAILURE;
	}
	if (!tran->tran_interconnect_type)
		tran->tran_interconnect_type = INTERCONNECT_PARALLEL;
	if (create_props(dip, tran->tran_interconnect_type) != DDI_SUCCESS)
		return DDI_FAILURE;
	tran->tran_hba_dip = dip;
	tran->tran_hba_flags = flags;
	tran->tran_dma_attr = *attr;
	if (tran->tran_setup_pkt)
		scsi_pkt_cache_attach(tran);
	dip->di_tran = tran;
	ddi_set_driver_private(dip, tran);
	return DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_attach_setup);

/**
 * scsa_scsi_hba_detach() - scsi_hba_detach(9F)
 * @dip: instance
 *
 * Context: thread, from detach(9E) or a failing attach(9E).
 * Return: DDI_SUCCESS, or DDI_FAILURE while the SCSI host exists or if it was not attached.
 */
int scsa_scsi_hba_detach(dev_info_t *dip)
{
	if (!dip || !dip->di_tran || dip->di_host)
		return DDI_FAILURE;
	scsi_pkt_cache_detach(dip->di_tran);
	dip->di_tran->tran_hba_dip = NULL;
	dip->di_tran = NULL;
	ddi_set_driver_private(dip, NULL);
	return DDI_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_detach);

/* Detach has succeeded, or attach failed. Published drivers leave out scsi_hba_detach(9F). */
void scsa_tran_release(dev_info_t *dip)
{
	scsi_hba_tran_t *tran = dip->di_tran;

	if (!tran)
		return;
	scsi_hba_detach(dip);
	scsi_hba_tran_free(tran);
}

static const char *const capstr[] = {
	[SCSI_CAP_DMA_MAX]		= "dma-max",
	[SCSI_CAP_MSG_OUT]		= "msg-out",
	[SCSI_CAP_DISCONNECT]		= "disconnect",
	[SCSI_CAP_SYNCHRONOUS]		= "synchronous",
	[SCSI_CAP_WIDE_XFER]		= "wide-xfer",
	[SCSI_CAP_PARITY]		= "parity",
	[SCSI_CAP_INITIATOR_ID]		= "initiator-id",
	[SCSI_CAP_UNTAGGED_QING]	= "untagged-qing",
	[SCSI_CAP_TAGGED_QING]		= "tagged-qing",
	[SCSI_CAP_ARQ]			= "auto-rqsense",
	[SCSI_CAP_LINKED_CMDS]		= "linked-cmds",
	[SCSI_CAP_SECTOR_SIZE]		= "sector-size",
	[SCSI_CAP_TOTAL_SECTORS]	= "total-sectors",
	[SCSI_CAP_GEOMETRY]		= "geometry",
	[SCSI_CAP_RESET_NOTIFICATION]	= "reset-notification",
	[SCSI_CAP_QFULL_RETRIES]	= "qfull-retries",
	[SCSI_CAP_QFULL_RETRY_INTERVAL]	= "qfull-retry-interval",
	[SCSI_CAP_SCSI_VERSION]		= "scsi-version",
	[SCSI_CAP_INTERCONNECT_TYPE]	= "interconnect-type",
	[SCSI_CAP_LUN_RESET]		= "lun-reset",
	[SCSI_CAP_CDB_LEN]		= "max-cdb-length",
	[SCSI_CAP_DMA_MAX_ARCH]		= "dma-max-arch",
	[SCSI_CAP_TRAN_LAYER_RETRIES]	= "tran-layer-retries",
	[SCSI_CAP_SCSA_QUEUE_DEPTH]	= "scsa-queue-depth",
	[SCSI_CAP_SCSA_BUSES]		= "scsa-buses",
};

/* '-' and '_' are equal: "dma_max", "msg_out" and "wide_xfer" are older spellings. */
static boolean_t cap_equal(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '_' ? '-' : *a) != *b)
			return B_FALSE;
	return *a == *b ? B_TRUE : B_FALSE;
}

/**
 * scsa_scsi_hba_lookup_capstr() - scsi_hba_lookup_capstr(9F)
 * @str: name of a capability
 *
 * Context: any.
 * Return: its SCSI_CAP_* index, or -1.
 */
int scsa_scsi_hba_lookup_capstr(const char *str)
{
	uint_t i;

	for (i = 0; str && i < sizeof(capstr) / sizeof(capstr[0]); i++)
		if (cap_equal(str, capstr[i]))
			return i;
	return -1;
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_lookup_capstr);

/**
 * scsa_scsi_hba_open() - scsi_hba_open(9F): open(9E) of an HBA's minor node
 * @devp: device number
 * @flag: FREAD and so on
 * @otyp: OTYP_CHR
 * @credp: caller
 *
 * Context: thread.
 * Return: 0.
 */
int scsa_scsi_hba_open(dev_t *devp, int flag, int otyp, cred_t *credp)
{
	return 0;
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_open);

/**
 * scsa_scsi_hba_close() - scsi_hba_close(9F): close(9E) of an HBA's minor node
 * @dev: device number
 * @flag: FREAD and so on
 * @otyp: OTYP_CHR
 * @credp: caller
 *
 * Context: thread.
 * Return: 0.
 */
int scsa_scsi_hba_close(dev_t dev, int flag, int otyp, cred_t *credp)
{
	return 0;
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_close);

/**
 * scsa_scsi_hba_ioctl() - scsi_hba_ioctl(9F): the requests that all HBAs have
 * @dev: device number
 * @cmd: request
 * @arg: its argument
 * @mode: FREAD and so on
 * @credp: caller
 * @rvalp: result for the caller
 *
 * cfgadm(8) sends these requests on Solaris. Here they are in sysfs.
 *
 * Context: thread.
 * Return: ENOTTY.
 */
int scsa_scsi_hba_ioctl(dev_t dev, int cmd, intptr_t arg, int mode, cred_t *credp, int *rvalp)
{
	return ENOTTY;
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_ioctl);
