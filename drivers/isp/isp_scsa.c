// SPDX-License-Identifier: GPL-2.0
/* The entry points of scsi_hba_tran(9S): packets, transport, capabilities. */
#include "ispvar.h"

#define POLL_USEC		50
#define POLL_GRACE_SEC		5
#define STOPPED_USEC		1000000
#define POLL_FOREVER_SEC	600	/* for packets without a time limit */

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

/*
 * tran_init_pkt(9E): allocate a packet, allocate its DMA resources, or move those it has to the
 * next part of the buffer. By contract a call for a packet with DMA resources is a move, whatever
 * its flags and lengths.
 */
static struct scsi_pkt *isp_tran_init_pkt(struct scsi_address *ap, struct scsi_pkt *pkt,
					  struct buf *bp, int cmdlen, int statuslen, int tgtlen,
					  int flags, int (*callback)(caddr_t), caddr_t arg)
{
	struct isp *isp = isp_of(ap);
	struct scsi_pkt *new = NULL;
	struct isp_cmd *sp;

	if (!pkt) {
		new = scsi_hba_pkt_alloc(isp->isp_dip, ap, cmdlen, statuslen, tgtlen,
					 sizeof(struct isp_cmd), callback, arg);
		if (!new)
			return NULL;
		pkt = new;
		sp = isp_cmd_of(pkt);
		sp->cmd_pkt = pkt;
		sp->cmd_target = ISP_TARGET_BYTE(isp_bus_of(ap->a_target),
						 isp_id_of(ap->a_target));
		sp->cmd_lun = ap->a_lun;
	}
	if (!bp || !bp->b_bcount)
		return pkt;
	sp = isp_cmd_of(pkt);
	if (sp->cmd_flags & CFLAG_DMAVALID)
		return isp_i_dma_move(isp, pkt, bp) ? pkt : NULL;
	if (isp_i_dma_alloc(isp, pkt, bp, flags, callback))
		return pkt;
	if (new)
		scsi_hba_pkt_free(ap, new);
	return NULL;
}

static void isp_tran_destroy_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	isp_dma_free(isp_cmd_of(pkt));
	scsi_hba_pkt_free(ap, pkt);
}

static void isp_tran_dmafree(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	isp_dma_unbind(isp_cmd_of(pkt));
}

static void isp_tran_sync_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	isp_dma_sync(isp_cmd_of(pkt));
}

static uint16_t isp_control_flags(const struct isp *isp, const struct isp_cmd *sp,
				  const struct scsi_pkt *pkt)
{
	uint32_t target = 1u << (pkt->pkt_address.a_target % 32);
	uint16_t flags = 0;

	if (sp->cmd_flags & CFLAG_DMAVALID)
		flags |= (sp->cmd_flags & CFLAG_DMASEND) ? ICF_WRITE : ICF_READ;
	if ((pkt->pkt_flags & FLAG_TAGMASK) && (isp->isp_tagged & target))
		flags |= (pkt->pkt_flags & FLAG_HTAG) ? ICF_HTAG :
			 (pkt->pkt_flags & FLAG_OTAG) ? ICF_OTAG : ICF_STAG;
	/* The chip refuses a tag together with a ban on disconnection. */
	else if (pkt->pkt_flags & FLAG_NODISCON)
		flags |= ICF_NODISC;
	if (pkt->pkt_flags & FLAG_NOPARITY)
		flags |= ICF_NO_PARITY;
	if (isp->isp_no_arq & target)
		flags |= ICF_NO_SENSE;
	return flags;
}

/* Describe the packet to the chip. False if it can never be sent. */
static boolean_t isp_prepare(const struct isp *isp, const struct isp_cmd *sp,
			     const struct scsi_pkt *pkt, struct isp_iocb *io)
{
	uint_t entries = isp_iocb_entries(sp->cmd_cookiecnt, pkt->pkt_cdblen, isp->isp_a64);

	if (!pkt->pkt_cdblen || pkt->pkt_cdblen > ISP_EXT_CDB_MAX || entries > ISP_MAX_CONT + 1 ||
	    entries > isp->isp_req_len - 1)
		return B_FALSE;
	io->iocb_cdb = pkt->pkt_cdbp;
	io->iocb_cdblen = (uint16_t)pkt->pkt_cdblen;
	io->iocb_flags = isp_control_flags(isp, sp, pkt);
	io->iocb_timeout = isp_iocb_time(pkt->pkt_time);
	io->iocb_nsegs = (uint16_t)sp->cmd_cookiecnt;
	io->iocb_entries = (uint8_t)entries;
	io->iocb_target = sp->cmd_target;
	io->iocb_lun = sp->cmd_lun;
	io->iocb_a64 = isp->isp_a64;
	return B_TRUE;
}

static void isp_reset_pkt(struct scsi_pkt *pkt)
{
	pkt->pkt_reason = CMD_CMPLT;
	pkt->pkt_state = 0;
	pkt->pkt_statistics = 0;
	pkt->pkt_resid = 0;
	if (pkt->pkt_scblen)
		*pkt->pkt_scbp = STATUS_GOOD;
}

static boolean_t isp_finished(const struct isp_cmd *sp)
{
	return __atomic_load_n(&sp->cmd_flags, __ATOMIC_ACQUIRE) & CFLAG_FINISHED ? B_TRUE :
	       B_FALSE;
}

/*
 * FLAG_NOINTR: return when the command is done. This needs no interrupts. Any context. If the
 * command's time passes, stop the chip, so that it cannot write to a buffer that is no longer ours.
 */
static void isp_poll_cmd(struct isp *isp, struct isp_cmd *sp)
{
	int secs = sp->cmd_pkt->pkt_time ? sp->cmd_pkt->pkt_time + POLL_GRACE_SEC :
		   POLL_FOREVER_SEC;
	hrtime_t end = gethrtime() + secs * NANOSEC;
	uint_t n;

	while (!isp_finished(sp) && gethrtime() < end) {
		isp_poll(isp);
		drv_usecwait(POLL_USEC);
	}
	if (isp_finished(sp))
		return;
	isp_stop_now(isp, sp);
	/* Another CPU may have taken its completion and be about to set CFLAG_FINISHED. */
	for (n = 0; !isp_finished(sp) && n < STOPPED_USEC; n++)
		drv_usecwait(1);
}

static int isp_tran_start(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct isp *isp = isp_of(ap);
	struct isp_cmd *sp = isp_cmd_of(pkt);
	boolean_t polled = pkt->pkt_flags & FLAG_NOINTR ? B_TRUE : B_FALSE;
	struct isp_iocb io;
	int rc;

	if (!isp_prepare(isp, sp, pkt, &io))
		return TRAN_BADPKT;
	mutex_enter(&isp->isp_lock);
	if (isp->isp_state != ISP_RUN) {
		rc = isp->isp_state == ISP_RECOVER || isp->isp_suspended ? TRAN_BUSY :
		     TRAN_FATAL_ERROR;
		goto out;
	}
	if (isp->isp_refused & 1u << isp_target_of(sp)) {
		rc = TRAN_FATAL_ERROR;
		goto out;
	}
	rc = isp_queue_cmd(isp, sp, &io);
	if (rc != TRAN_ACCEPT)
		goto out;
	isp_reset_pkt(pkt);
	sp->cmd_kill_reason = CMD_CMPLT;
	sp->cmd_flags = (sp->cmd_flags & ~CFLAG_FINISHED) | CFLAG_STARTED;
	sp->cmd_deadline = isp_deadline(pkt->pkt_time);
	if (polled || !(pkt->pkt_flags & FLAG_SCSA_MORE))
		isp_ring_doorbell(isp);
out:
	mutex_exit(&isp->isp_lock);
	/* Unless it is polled, an accepted packet may have been freed by now. */
	if (rc == TRAN_ACCEPT && polled)
		isp_poll_cmd(isp, sp);
	return rc;
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
	uint32_t bit = 1u << (ap->a_target % 32);
	const ddi_dma_attr_t *attr = &isp->isp_tran->tran_dma_attr;

	switch (scsi_hba_lookup_capstr(cap)) {
	case SCSI_CAP_DMA_MAX:
	case SCSI_CAP_DMA_MAX_ARCH:
		return (int)MIN(attr->dma_attr_maxxfer, 0x7fffffffULL);
	case SCSI_CAP_DISCONNECT:
		return (flags & MBT_DISCONNECT) != 0;
	case SCSI_CAP_SYNCHRONOUS:
		return (flags & MBT_SYNC) != 0;
	case SCSI_CAP_WIDE_XFER:
		return (flags & MBT_WIDE) != 0;
	case SCSI_CAP_PARITY:
		return (flags & MBT_PARITY) != 0;
	case SCSI_CAP_INITIATOR_ID:
		return isp->isp_nv.bus[isp_bus_of(ap->a_target) % ISP_NBUS].initiator;
	case SCSI_CAP_TAGGED_QING:
		return (isp->isp_tagged & bit) != 0;
	case SCSI_CAP_ARQ:
		return !(isp->isp_no_arq & bit);
	case SCSI_CAP_MSG_OUT:
	case SCSI_CAP_UNTAGGED_QING:
	case SCSI_CAP_RESET_NOTIFICATION:
	case SCSI_CAP_LUN_RESET:
		return 1;
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
		return ISP_EXT_CDB_MAX;
	case SCSI_CAP_SCSA_QUEUE_DEPTH:
		/* The chip ends any further command with a full queue. */
		return isp->isp_nv.bus[isp_bus_of(ap->a_target) % ISP_NBUS].queue_depth;
	default:
		return -1;
	}
}

static int isp_set_target_bit(struct isp *isp, uint32_t *word, uint32_t bit, boolean_t on)
{
	mutex_enter(&isp->isp_lock);
	if (on)
		*word |= bit;
	else
		*word &= ~bit;
	mutex_exit(&isp->isp_lock);
	return 1;
}

static int isp_tran_setcap(struct scsi_address *ap, char *cap, int value, int whom)
{
	struct isp *isp = isp_of(ap);
	uint32_t bit = 1u << (ap->a_target % 32);
	int index = scsi_hba_lookup_capstr(cap);

	if (index < 0)
		return -1;
	/* The caller asks for all targets: by contract a driver may refuse. */
	if (!whom)
		return 0;
	switch (index) {
	case SCSI_CAP_TAGGED_QING:
		/* If the card's settings forbid tags, the chip refuses commands that have one. */
		if (value && !(isp_target_flags(isp, ap->a_target) & MBT_TAGGED))
			return 0;
		return isp_set_target_bit(isp, &isp->isp_tagged, bit, value ? B_TRUE : B_FALSE);
	case SCSI_CAP_ARQ:
		return isp_set_target_bit(isp, &isp->isp_no_arq, bit, value ? B_FALSE : B_TRUE);
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

	return scsi_hba_reset_notify_setup(ap, flag, callback, arg, &isp->isp_lock,
					   &isp->isp_notify_list);
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
	tran->tran_abort = isp_tran_abort;
	tran->tran_reset = isp_tran_reset;
	tran->tran_bus_reset = isp_tran_bus_reset;
	tran->tran_reset_notify = isp_tran_reset_notify;
	tran->tran_getcap = isp_tran_getcap;
	tran->tran_setcap = isp_tran_setcap;
	tran->tran_interconnect_type = INTERCONNECT_PARALLEL;
}
