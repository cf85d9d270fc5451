// SPDX-License-Identifier: GPL-2.0
/* The entry points of scsi_hba_tran(9S): targets and capabilities here, the others set up. */
#include "ispvar.h"

/* A target has a LUN that the chip cannot address. Say so once for each target. */
static void isp_name_lun(struct isp *isp, uint_t target, uint_t lun)
{
	uint32_t bit = 1u << (target % 32);
	boolean_t told;

	mutex_enter(&isp->isp_lock);
	told = (isp->isp_luns_named & bit) != 0;
	isp->isp_luns_named |= bit;
	mutex_exit(&isp->isp_lock);
	if (!told)
		dev_err(isp->isp_dip, CE_NOTE,
			"bus %u: target %u: LUN %u and all above %u are out of this chip's reach",
			isp_bus_of(target), isp_id_of(target), lun, isp->isp_chip->chip_luns - 1);
}

static int isp_tran_tgt_init(dev_info_t *hba_dip, dev_info_t *tgt_dip, scsi_hba_tran_t *tran,
			     struct scsi_device *sd)
{
	struct isp *isp = tran->tran_hba_private;
	uint_t target = sd->sd_address.a_target;
	const struct isp_nv_bus *bus;

	if (isp_bus_of(target) >= isp->isp_chip->chip_buses)
		return DDI_FAILURE;
	if (sd->sd_address.a_lun >= isp->isp_chip->chip_luns) {
		isp_name_lun(isp, target, sd->sd_address.a_lun);
		return DDI_FAILURE;
	}
	bus = &isp->isp_nv.bus[isp_bus_of(target)];
	if (isp_id_of(target) == bus->initiator || !bus->target[isp_id_of(target)].enabled)
		return DDI_FAILURE;
	if (!sd->sd_address.a_lun)
		isp_forgive(isp, target);
	return DDI_SUCCESS;
}

/* Our extension: no more packets follow those with FLAG_SCSA_MORE. */
static void isp_tran_commit(scsi_hba_tran_t *tran)
{
	struct isp *isp = tran->tran_hba_private;

	mutex_enter(&isp->isp_lock);
	if (isp->isp_state == ISP_RUN)
		isp_ring_doorbell(isp);
	mutex_exit(&isp->isp_lock);
}

static uint16_t isp_target_flags(const struct isp *isp, uint_t target)
{
	uint_t bus = isp_bus_of(target) % ISP_NBUS;

	return isp->isp_nv.bus[bus].target[isp_id_of(target)].flags;
}

static int isp_tran_getcap(struct scsi_address *ap, char *cap, int whom)
{
	struct isp *isp = isp_of(ap);
	uint16_t flags = isp_target_flags(isp, ap->a_target);
	uint_t target = ap->a_target % (ISP_NBUS * ISP_NTARGET);
	const ddi_dma_attr_t *attr = &isp->isp_tran->tran_dma_attr;
	int index = scsi_hba_lookup_capstr(cap);

	switch (index) {
	case SCSI_CAP_DMA_MAX:
	case SCSI_CAP_DMA_MAX_ARCH:
		return (int)MIN(attr->dma_attr_maxxfer, 0x7fffffffULL);
	case SCSI_CAP_DISCONNECT:
		return (flags & MBT_DISCONNECT) != 0;
	case SCSI_CAP_PARITY:
		return (flags & MBT_PARITY) != 0;
	case SCSI_CAP_INITIATOR_ID:
		return isp->isp_nv.bus[isp_bus_of(ap->a_target) % ISP_NBUS].initiator;
	case SCSI_CAP_SYNCHRONOUS:
	case SCSI_CAP_WIDE_XFER:
	case SCSI_CAP_TAGGED_QING:
		return isp_spi_getcap(isp, target, index);
	case SCSI_CAP_ARQ:
		return !(isp->isp_no_arq & 1u << target);
	case SCSI_CAP_MSG_OUT:
	case SCSI_CAP_RESET_NOTIFICATION:
	case SCSI_CAP_LUN_RESET:
		return 1;
	/* The firmware would queue untagged commands, but their timeouts count while they wait. */
	case SCSI_CAP_UNTAGGED_QING:
	case SCSI_CAP_LINKED_CMDS:
	case SCSI_CAP_TRAN_LAYER_RETRIES:
	case SCSI_CAP_QFULL_RETRIES:
	case SCSI_CAP_QFULL_RETRY_INTERVAL:
		return 0;
	case SCSI_CAP_SECTOR_SIZE:
		return (int)attr->dma_attr_granular;
	case SCSI_CAP_GEOMETRY:
		return 255 << 16 | 63;
	case SCSI_CAP_SCSI_VERSION:
		return 2;
	case SCSI_CAP_INTERCONNECT_TYPE:
		return INTERCONNECT_PARALLEL;
	case SCSI_CAP_CDB_LEN:
		return isp->isp_max_cdb;
	case SCSI_CAP_SCSA_QUEUE_DEPTH:
		/* The chip ends any further command with a full queue. */
		return isp->isp_nv.bus[isp_bus_of(ap->a_target) % ISP_NBUS].queue_depth;
	case SCSI_CAP_SCSA_BUSES:
		return isp->isp_chip->chip_buses;
	default:
		return -1;
	}
}

static int isp_set_arq(struct isp *isp, uint_t target, boolean_t on)
{
	mutex_enter(&isp->isp_lock);
	if (on)
		isp->isp_no_arq &= ~(1u << target);
	else
		isp->isp_no_arq |= 1u << target;
	mutex_exit(&isp->isp_lock);
	return 1;
}

static int isp_tran_setcap(struct scsi_address *ap, char *cap, int value, int whom)
{
	struct isp *isp = isp_of(ap);
	uint_t target = ap->a_target % (ISP_NBUS * ISP_NTARGET);
	int index = scsi_hba_lookup_capstr(cap);

	if (index < 0)
		return -1;
	/* The caller asks for all targets: by contract a driver may refuse. */
	if (!whom)
		return 0;
	switch (index) {
	case SCSI_CAP_SYNCHRONOUS:
	case SCSI_CAP_WIDE_XFER:
	case SCSI_CAP_TAGGED_QING:
		return isp_spi_setcap(isp, target, index, value ? B_TRUE : B_FALSE);
	case SCSI_CAP_ARQ:
		return isp_set_arq(isp, target, value ? B_TRUE : B_FALSE);
	case SCSI_CAP_SECTOR_SIZE:
		/* The framework makes the sector size the granularity of windows. */
		return value >= 512 && value <= (int)PAGESIZE && ISP2(value);
	case SCSI_CAP_TOTAL_SECTORS:
		return 1;
	default:
		return isp_tran_getcap(ap, cap, whom) == value;
	}
}

static int isp_tran_reset_notify(struct scsi_address *ap, int flag, void (*callback)(caddr_t),
				 caddr_t arg)
{
	struct isp *isp = isp_of(ap);

	if (ap->a_target >= ISP_NELEM(isp->isp_notify_list))
		return DDI_FAILURE;
	return scsi_hba_reset_notify_setup(ap, flag, callback, arg, &isp->isp_lock,
					   &isp->isp_notify_list[ap->a_target]);
}

void isp_tran_setup(struct isp *isp, scsi_hba_tran_t *tran)
{
	tran->tran_hba_private = isp;
	tran->tran_tgt_init = isp_tran_tgt_init;
	tran->tran_init_pkt = isp_tran_init_pkt;
	tran->tran_destroy_pkt = isp_tran_destroy_pkt;
	tran->tran_dmafree = isp_tran_dmafree;
	tran->tran_sync_pkt = isp_tran_sync_pkt;
	tran->tran_start = isp_tran_start;
	tran->tran_commit = isp_tran_commit;
	tran->tran_spi = isp_tran_spi;
	tran->tran_abort = isp_tran_abort;
	tran->tran_reset = isp_tran_reset;
	tran->tran_bus_reset = isp_tran_bus_reset;
	tran->tran_reset_notify = isp_tran_reset_notify;
	tran->tran_getcap = isp_tran_getcap;
	tran->tran_setcap = isp_tran_setcap;
	tran->tran_interconnect_type = INTERCONNECT_PARALLEL;
}
