// SPDX-License-Identifier: GPL-2.0
/*
 * A SCSA HBA driver with RAM disks instead of hardware, to show that nothing in scsa.ko knows isp.
 *
 * It is written as a Solaris driver would be, in either packet style: that of tran_init_pkt(9E),
 * with its own DMA handles, cookies and windows, or, with the property "setup-pkt", that of
 * tran_setup_pkt(9E), where the framework has them. It has one mutex. A task queue carries out
 * commands; with the property "sync" they are carried out before tran_start(9E) returns. Data moves
 * through the bus addresses in the cookies, so what the DDI says about them must be true.
 *
 * ramhba_published.c treats packets as published drivers do; ramhba_faults.c has the ways in which
 * HBA and disks misbehave; ramhba_media.c has tapes, changers and removable media.
 */
#include <sys/atomic.h>

#include "ramhba_impl.h"

static void *ramhba_state;
static int ramhba_luns;		/* LUNs that have their own transport structure */
static uint_t ramhba_constructed;	/* atomic: packets of tran_setup_pkt(9E) in memory */
static kmutex_t ramhba_list_lock;
static struct ramhba *ramhba_list;

/* No cookie crosses a multiple of 64 KiB, however contiguous the memory is. */
static ddi_dma_attr_t ramhba_dma_attr = {
	DMA_ATTR_V0, 0, 0xffffffffffffffffULL, 0xffffffffULL, 1, 1, 1, 0xffffffffULL,
	0xffffULL, RAMHBA_MAXSEGS, 512, 0
};

static void put_be32(uchar_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

/* Cookie @i of the command; NULL if @i is out of range. */
static const ddi_dma_cookie_t *ramhba_cookie(struct scsi_pkt *pkt, uint_t i)
{
	struct ramhba_cmd *cmd = to_cmd(pkt);

	if (pkt->pkt_address.a_hba_tran->tran_setup_pkt)
		return i < pkt->pkt_numcookies ? &pkt->pkt_cookies[i] : NULL;
	if (to_ramhba(&pkt->pkt_address)->rh_published)
		return ramhba_published_cookie(pkt, i);
	return cmd->rc_bound && i < cmd->rc_ncookies ?
		ddi_dma_cookie_get(cmd->rc_dma, cmd->rc_cookie + i) : NULL;
}

/* Bytes of memory the command has. */
size_t ramhba_count(struct scsi_pkt *pkt)
{
	if (pkt->pkt_address.a_hba_tran->tran_setup_pkt)
		return pkt->pkt_dma_len;
	if (to_ramhba(&pkt->pkt_address)->rh_published)
		return ramhba_published_count(pkt);
	return to_cmd(pkt)->rc_bound ? to_cmd(pkt)->rc_count : 0;
}

/* Move bytes between the packet's memory and @data: @len, or what the packet has if less. */
size_t ramhba_move(struct scsi_pkt *pkt, caddr_t data, size_t len, boolean_t to_memory)
{
	const ddi_dma_cookie_t *c;
	size_t moved = 0;
	uint_t i;

	if (len && !ramhba_is_master(to_ramhba(&pkt->pkt_address))) {
		pkt->pkt_reason = CMD_TRAN_ERR;
		return 0;
	}
	for (i = 0; moved < len && (c = ramhba_cookie(pkt, i)); i++) {
		size_t n = MIN(c->dmac_size, len - moved);

		ramhba_copy(c->dmac_laddress, data + moved, n, to_memory);
		moved += n;
	}
	return moved;
}

void ramhba_sense(struct scsi_pkt *pkt, uchar_t key, uchar_t asc)
{
	struct scsi_arq_status *arq = (struct scsi_arq_status *)pkt->pkt_scbp;
	struct scsi_extended_sense sense = {
		.es_class = CLASS_EXTENDED_SENSE,
		.es_key = key,
		.es_add_len = 10,
		.es_add_code = asc,
	};

	arq->sts_rqpkt_reason = CMD_CMPLT;
	arq->sts_rqpkt_resid = SENSE_LENGTH - 18;
	if (to_ramhba(&pkt->pkt_address)->rh_published == RAMHBA_HABITS) {
		ramhba_published_sense(pkt, &sense);
		return;
	}
	arq->sts_status.sts_chk = 1;
	pkt->pkt_state |= STATE_ARQ_DONE;
	arq->sts_sensedata = sense;
}

/* With SCSI_HBA_TRAN_CLONE, the LUN's own transport structure holds the disk. */
static caddr_t ramhba_disk(struct ramhba *rh, struct scsi_address *ap)
{
	return ap->a_hba_tran->tran_hba_flags & SCSI_HBA_TRAN_CLONE ?
		ap->a_hba_tran->tran_tgt_private : rh->rh_disk[ap->a_target];
}

/* As ramhba_move() to memory, but by the CPU if the driver has that habit. */
static size_t ramhba_answer(struct ramhba *rh, struct scsi_pkt *pkt, caddr_t data, size_t len)
{
	if (rh->rh_published == RAMHBA_HABITS && ramhba_published_answer(pkt, data, len)) {
		atomic_inc_uint(&rh->rh_answered);
		return len;
	}
	return ramhba_move(pkt, data, len, B_TRUE);
}

static size_t ramhba_read_write(struct ramhba *rh, struct scsi_pkt *pkt)
{
	caddr_t disk = ramhba_disk(rh, &pkt->pkt_address);
	struct ramhba_io io;

	if (!ramhba_parse(pkt->pkt_cdbp, &io))
		return 0;
	if (io.io_lba >= rh->rh_blocks || io.io_blocks > rh->rh_blocks - io.io_lba) {
		ramhba_sense(pkt, KEY_ILLEGAL_REQUEST, 0x21);
		return 0;
	}
	disk += (size_t)io.io_lba * rh->rh_block;
	if (io.io_read && io.io_lba == RAMHBA_ANSWERED)
		return ramhba_answer(rh, pkt, disk, ramhba_length(rh, pkt, &io));
	return ramhba_move(pkt, disk, ramhba_length(rh, pkt, &io), io.io_read);
}

static boolean_t ramhba_has_lun(const struct ramhba *rh, const struct scsi_address *ap)
{
	return (rh->rh_luns >> ap->a_lun & 1) != 0;
}

/* Byte 0 of the answer to INQUIRY. */
static uchar_t ramhba_qualifier(const struct ramhba *rh, const struct scsi_address *ap)
{
	if (ramhba_has_lun(rh, ap))
		return rh->rh_dtype;
	return rh->rh_no_lun == 2 ? DPQ_SUPPORTED | DTYPE_UNKNOWN : DPQ_NEVER | DTYPE_UNKNOWN;
}

/* May this command go to this LUN? Sets the result if not. */
static boolean_t ramhba_admits(struct ramhba *rh, struct scsi_pkt *pkt)
{
	if (ramhba_has_lun(rh, &pkt->pkt_address) ||
	    (pkt->pkt_cdbp[0] == SCMD_INQUIRY && rh->rh_no_lun < 3))
		return B_TRUE;
	if (rh->rh_no_lun == 4) {
		/* The target rejects the IDENTIFY message. */
		pkt->pkt_reason = CMD_ID_FAIL;
		pkt->pkt_state = STATE_GOT_BUS | STATE_GOT_TARGET;
		return B_FALSE;
	}
	ramhba_sense(pkt, KEY_ILLEGAL_REQUEST, 0x25);
	return B_FALSE;
}

static void ramhba_carry(struct ramhba *rh, struct scsi_pkt *pkt)
{
	const uchar_t *cdb = pkt->pkt_cdbp;
	size_t moved = 0, count = ramhba_count(pkt);
	uchar_t reply[36] = { 0 };

	switch (cdb[0]) {
	case SCMD_TEST_UNIT_READY:
		break;
	case SCMD_INQUIRY:
		/* The upper bits are the LUN in SCSI-2. */
		if (cdb[1] & 0x1f) {
			ramhba_sense(pkt, KEY_ILLEGAL_REQUEST, 0x24);
			break;
		}
		reply[0] = ramhba_qualifier(rh, &pkt->pkt_address);
		reply[1] = rh->rh_removable ? 0x80 : 0;
		reply[2] = rh->rh_ansi;
		reply[3] = 2;
		reply[4] = sizeof(reply) - 5;
		reply[7] = 2 | (rh->rh_spi & 0x30);	/* tagged queuing, wide, synchronous */
		bcopy("SCSA    RAM DISK        1   ", &reply[8], 28);
		moved = ramhba_answer(rh, pkt, (caddr_t)reply, MIN(sizeof(reply), cdb[4]));
		break;
	case SCMD_READ_CAPACITY:
		put_be32(&reply[0], rh->rh_blocks - 1);
		put_be32(&reply[4], rh->rh_block);
		moved = ramhba_move(pkt, (caddr_t)reply, 8, B_TRUE);
		break;
	case SCMD_READ_G1:
	case SCMD_WRITE_G1:
	case SCMD_READ_G4:
	case SCMD_WRITE_G4:
		moved = ramhba_read_write(rh, pkt);
		break;
	case SCMD_WRITE_BUFFER:
		if (rh->rh_overrun)
			moved = ramhba_count(pkt);
		else
			ramhba_sense(pkt, KEY_ILLEGAL_REQUEST, 0x20);
		break;
	default:
		if (!ramhba_media_execute(rh, pkt, &moved))
			ramhba_sense(pkt, KEY_ILLEGAL_REQUEST, 0x20);
		break;
	}
	if (moved)
		pkt->pkt_state |= STATE_XFERRED_DATA;
	pkt->pkt_resid = count - moved;
	if (ramhba_overruns(rh, pkt)) {
		pkt->pkt_reason = CMD_DATA_OVR;
		pkt->pkt_resid = 0;
	}
}

static void ramhba_execute(struct ramhba *rh, struct scsi_pkt *pkt)
{
	pkt->pkt_state |= STATE_GOT_BUS | STATE_GOT_TARGET | STATE_SENT_CMD | STATE_GOT_STATUS;
	pkt->pkt_resid = ramhba_count(pkt);
	if (!ramhba_refuses(rh, pkt) && ramhba_admits(rh, pkt) && ramhba_media_ready(rh, pkt))
		ramhba_carry(rh, pkt);
	*pkt->pkt_scbp |= rh->rh_status_bits;
}

/* Property "quiesce-waits": count the commands that tran_quiesce() waits for. */
static void ramhba_active(struct ramhba *rh, int delta)
{
	if (!rh->rh_quiesce_waits)
		return;
	mutex_enter(&rh->rh_mutex);
	rh->rh_active += delta;
	if (!rh->rh_active)
		cv_broadcast(&rh->rh_cv);
	mutex_exit(&rh->rh_mutex);
}

/* Every command completes here. */
void ramhba_complete(struct ramhba *rh, struct scsi_pkt *pkt)
{
	struct ramhba_cmd *cmd = to_cmd(pkt);

	if (rh->rh_published)
		ramhba_published_done(rh, pkt);
	else if (cmd->rc_bound)
		(void)ddi_dma_sync(cmd->rc_dma, 0, 0, DDI_DMA_SYNC_FORCPU);
	ramhba_active(rh, -1);
	scsi_hba_pkt_comp(pkt);
}

void ramhba_carry_out(struct ramhba *rh, struct ramhba_cmd *cmd)
{
	struct ramhba_cmd *next;

	for (; cmd; cmd = next) {
		next = cmd->rc_next;
		ramhba_execute(rh, cmd->rc_pkt);
		ramhba_complete(rh, cmd->rc_pkt);
	}
}

/* Carry out the queued commands; this stands for the interrupt. */
static void ramhba_run(void *arg)
{
	struct ramhba *rh = arg;
	struct ramhba_cmd *cmd;

	mutex_enter(&rh->rh_mutex);
	cmd = rh->rh_head;
	rh->rh_head = NULL;
	rh->rh_tail = &rh->rh_head;
	rh->rh_armed = B_FALSE;
	mutex_exit(&rh->rh_mutex);
	ramhba_carry_out(rh, cmd);
}

/* Carry out kept commands after all, as a device would that does not know it is late. */
uint_t ramhba_late(void)
{
	struct ramhba_cmd *cmd, *first;
	struct ramhba *rh;
	uint_t n = 0;

	mutex_enter(&ramhba_list_lock);
	for (rh = ramhba_list; rh; rh = rh->rh_next) {
		first = ramhba_take_kept(rh, -1, NULL, B_TRUE);
		for (cmd = first; cmd; cmd = cmd->rc_next)
			n++;
		ramhba_carry_out(rh, first);
	}
	mutex_exit(&ramhba_list_lock);
	return n;
}

/* Take the media out of all targets, or put others in. */
void ramhba_change(bool in)
{
	struct ramhba *rh;

	mutex_enter(&ramhba_list_lock);
	for (rh = ramhba_list; rh; rh = rh->rh_next)
		ramhba_media_change(rh, in ? B_TRUE : B_FALSE);
	mutex_exit(&ramhba_list_lock);
}

/* Make sure a task will run the queue; false without resources. Call with rh_mutex held. */
static boolean_t ramhba_arm(struct ramhba *rh)
{
	if (!rh->rh_armed)
		rh->rh_armed = ddi_taskq_dispatch(rh->rh_taskq, ramhba_run, rh,
						  DDI_NOSLEEP) == DDI_SUCCESS;
	return rh->rh_armed;
}

static void ramhba_tran_commit(scsi_hba_tran_t *tran)
{
	struct ramhba *rh = tran->tran_hba_private;

	mutex_enter(&rh->rh_mutex);
	if (rh->rh_head)
		(void)ramhba_arm(rh);
	mutex_exit(&rh->rh_mutex);
}

static int ramhba_start(struct ramhba *rh, struct scsi_pkt *pkt)
{
	struct ramhba_cmd *cmd = to_cmd(pkt);
	int rc = TRAN_ACCEPT;

	if (pkt->pkt_address.a_target >= RAMHBA_TARGETS) {
		pkt->pkt_reason = CMD_INCOMPLETE;
		pkt->pkt_state = STATE_GOT_BUS;
		ramhba_complete(rh, pkt);
		return TRAN_ACCEPT;
	}
	if ((rh->rh_untagged & 1) && (pkt->pkt_flags & FLAG_TAGMASK))
		return TRAN_BADPKT;
	if (ramhba_keep(rh, pkt))
		return TRAN_ACCEPT;
	if (rh->rh_sync || (pkt->pkt_flags & FLAG_NOINTR)) {
		ramhba_execute(rh, pkt);
		ramhba_complete(rh, pkt);
		return TRAN_ACCEPT;
	}
	mutex_enter(&rh->rh_mutex);
	if (!rh->rh_quiesced &&
	    ((rh->rh_batch && (pkt->pkt_flags & FLAG_SCSA_MORE)) || ramhba_arm(rh))) {
		cmd->rc_next = NULL;
		*rh->rh_tail = cmd;
		rh->rh_tail = &cmd->rc_next;
	} else {
		rc = TRAN_BUSY;
	}
	mutex_exit(&rh->rh_mutex);
	return rc;
}

static int ramhba_tran_start(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct ramhba *rh = to_ramhba(ap);
	int rc;

	if (rh->rh_published)
		ramhba_published_start(rh, pkt);
	pkt->pkt_reason = CMD_CMPLT;
	pkt->pkt_resid = 0;
	if (rh->rh_published != RAMHBA_HABITS) {
		pkt->pkt_state = 0;
		pkt->pkt_statistics = 0;
		bzero(pkt->pkt_scbp, pkt->pkt_scblen);
	}
	ramhba_active(rh, 1);
	rc = ramhba_start(rh, pkt);
	if (rc != TRAN_ACCEPT)
		ramhba_active(rh, -1);
	return rc;
}

static void ramhba_dma_release(struct ramhba_cmd *cmd)
{
	if (cmd->rc_bound)
		ddi_dma_unbind_handle(cmd->rc_dma);
	if (cmd->rc_dma)
		ddi_dma_free_handle(&cmd->rc_dma);
	cmd->rc_bound = B_FALSE;
}

/* Take the next cookies of the window, as many as a command carries. */
static void ramhba_take_cookies(struct ramhba *rh, struct ramhba_cmd *cmd)
{
	uint_t left = ddi_dma_ncookies(cmd->rc_dma) - cmd->rc_cookie, i;

	cmd->rc_ncookies = MIN(left, rh->rh_maxsegs);
	cmd->rc_count = 0;
	for (i = 0; i < cmd->rc_ncookies; i++)
		cmd->rc_count += ddi_dma_cookie_get(cmd->rc_dma, cmd->rc_cookie + i)->dmac_size;
	cmd->rc_total += cmd->rc_count;
}

static boolean_t ramhba_dma_move(struct ramhba *rh, struct ramhba_cmd *cmd)
{
	uint_t next = cmd->rc_cookie + cmd->rc_ncookies;
	off_t offset;
	size_t len;

	if (next < ddi_dma_ncookies(cmd->rc_dma)) {
		cmd->rc_cookie = next;
	} else {
		if (cmd->rc_win + 1 >= cmd->rc_nwin ||
		    ddi_dma_getwin(cmd->rc_dma, cmd->rc_win + 1, &offset, &len, NULL, NULL))
			return B_FALSE;
		cmd->rc_win++;
		cmd->rc_cookie = 0;
	}
	ramhba_take_cookies(rh, cmd);
	return B_TRUE;
}

static boolean_t ramhba_dma_alloc(struct ramhba *rh, struct ramhba_cmd *cmd, struct buf *bp,
				  int flags, int (*callback)(caddr_t))
{
	ddi_dma_attr_t attr = rh->rh_tran->tran_dma_attr;
	uint_t dma_flags = bp->b_flags & B_READ ? DDI_DMA_READ : DDI_DMA_WRITE;
	int rc;

	if (flags & PKT_DMA_PARTIAL)
		dma_flags |= DDI_DMA_PARTIAL;
	if (flags & PKT_CONSISTENT)
		dma_flags |= DDI_DMA_CONSISTENT;
	attr.dma_attr_sgllen = rh->rh_maxsegs;
	rc = ddi_dma_alloc_handle(rh->rh_dip, &attr, callback, NULL, &cmd->rc_dma);
	if (rc != DDI_SUCCESS) {
		bioerror(bp, rc == DDI_DMA_BADATTR ? EFAULT : 0);
		return B_FALSE;
	}
	rc = ddi_dma_buf_bind_handle(cmd->rc_dma, bp, dma_flags, callback, NULL, NULL, NULL);
	cmd->rc_nwin = 1;
	switch (rc) {
	case DDI_DMA_PARTIAL_MAP:
		ddi_dma_numwin(cmd->rc_dma, &cmd->rc_nwin);
		break;
	case DDI_DMA_MAPPED:
		break;
	default:
		bioerror(bp, rc == DDI_DMA_TOOBIG ? EINVAL : rc == DDI_DMA_NORESOURCES ? 0 : EFAULT);
		ddi_dma_free_handle(&cmd->rc_dma);
		return B_FALSE;
	}
	cmd->rc_bound = B_TRUE;
	cmd->rc_win = 0;
	cmd->rc_cookie = 0;
	cmd->rc_total = 0;
	ramhba_take_cookies(rh, cmd);
	return B_TRUE;
}

static struct scsi_pkt *ramhba_tran_init_pkt(struct scsi_address *ap, struct scsi_pkt *pkt,
					     struct buf *bp, int cmdlen, int statuslen, int tgtlen,
					     int flags, int (*callback)(caddr_t), caddr_t arg)
{
	struct ramhba *rh = to_ramhba(ap);
	struct scsi_pkt *new = NULL;
	struct ramhba_cmd *cmd;

	if (!pkt) {
		if (rh->rh_short_status &&
		    (statuslen > (int)sizeof(struct scsi_arq_status) || (flags & PKT_XARQ)))
			dev_err(rh->rh_dip, CE_WARN, "a long status area");
		new = scsi_hba_pkt_alloc(rh->rh_dip, ap, cmdlen, statuslen, tgtlen,
					 sizeof(struct ramhba_cmd), callback, arg);
		if (!new)
			return NULL;
		pkt = new;
		to_cmd(pkt)->rc_pkt = pkt;
	}
	if (!bp || !bp->b_bcount)
		return pkt;
	cmd = to_cmd(pkt);
	if (cmd->rc_bound ? !ramhba_dma_move(rh, cmd) :
			    !ramhba_dma_alloc(rh, cmd, bp, flags, callback)) {
		if (new)
			scsi_hba_pkt_free(ap, new);
		return NULL;
	}
	pkt->pkt_resid = bp->b_bcount - cmd->rc_total;
	return pkt;
}

static void ramhba_tran_destroy_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	ramhba_dma_release(to_cmd(pkt));
	scsi_hba_pkt_free(ap, pkt);
}

static void ramhba_tran_dmafree(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	ramhba_dma_release(to_cmd(pkt));
}

static void ramhba_tran_sync_pkt(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct ramhba_cmd *cmd = to_cmd(pkt);

	if (cmd->rc_bound)
		ddi_dma_sync(cmd->rc_dma, 0, 0, DDI_DMA_SYNC_FORCPU);
}

/* tran_setup_pkt(9E) style: the framework makes packets and bindings, so only our part is here. */
static int ramhba_tran_pkt_constructor(struct scsi_pkt *pkt, scsi_hba_tran_t *tran, int kmflag)
{
	to_cmd(pkt)->rc_pkt = pkt;
	atomic_inc_uint(&ramhba_constructed);
	return 0;
}

/* The instance may already be gone: see the property "leave". */
static void ramhba_tran_pkt_destructor(struct scsi_pkt *pkt, scsi_hba_tran_t *tran)
{
	atomic_dec_uint(&ramhba_constructed);
}

static int ramhba_tran_setup_pkt(struct scsi_pkt *pkt, int (*callback)(caddr_t), caddr_t arg)
{
	return 0;
}

static void ramhba_tran_teardown_pkt(struct scsi_pkt *pkt)
{
}

static int ramhba_tran_getcap(struct scsi_address *ap, char *cap, int whom)
{
	struct ramhba *rh = to_ramhba(ap);

	switch (scsi_hba_lookup_capstr(cap)) {
	case SCSI_CAP_ARQ:
		return 1;
	case SCSI_CAP_TAGGED_QING:
		return rh->rh_untagged & 1 ? 0 : 1;
	case SCSI_CAP_UNTAGGED_QING:
		return rh->rh_untagged == 3 ? 1 : -1;
	case SCSI_CAP_CDB_LEN:
		return 16;
	case SCSI_CAP_INITIATOR_ID:
		return rh->rh_initiator;
	default:
		return ramhba_spi_getcap(rh, ap->a_target, cap);
	}
}

static int ramhba_tran_setcap(struct scsi_address *ap, char *cap, int value, int whom)
{
	struct ramhba *rh = to_ramhba(ap);

	if (ramhba_spi_setcap(rh, ap->a_target, cap, value))
		return 1;
	return ramhba_tran_getcap(ap, cap, whom) == value ? 1 : 0;
}

static int ramhba_tran_tgt_init(dev_info_t *hba_dip, dev_info_t *tgt_dip, scsi_hba_tran_t *tran,
				struct scsi_device *sd)
{
	struct ramhba *rh = tran->tran_hba_private;

	if (sd->sd_address.a_target >= RAMHBA_TARGETS || sd->sd_address.a_lun >= RAMHBA_LUNS)
		return DDI_FAILURE;
	if (!rh->rh_no_lun && !ramhba_has_lun(rh, &sd->sd_address))
		return DDI_FAILURE;
	if (tran->tran_hba_flags & SCSI_HBA_TRAN_CLONE) {
		if (tran == rh->rh_tran || tran->tran_sd != sd)
			return DDI_FAILURE;
		tran->tran_tgt_private = rh->rh_disk[sd->sd_address.a_target];
		ramhba_luns++;
	}
	return DDI_SUCCESS;
}

static int ramhba_tran_tgt_probe(struct scsi_device *sd, int (*waitfunc)(caddr_t))
{
	return sd->sd_address.a_target == 1 ? SCSIPROBE_NORESP : scsi_hba_probe(sd, waitfunc);
}

static void ramhba_tran_tgt_free(dev_info_t *hba_dip, dev_info_t *tgt_dip, scsi_hba_tran_t *tran,
				 struct scsi_device *sd)
{
	if (tran->tran_sd == sd && tran->tran_tgt_private)
		ramhba_luns--;
	tran->tran_tgt_private = NULL;
}

/* Memory for error handling must not depend on the commands that it is about. */
static void ramhba_recovers(struct ramhba *rh)
{
	if (ramhba_may_start_io())
		dev_err(rh->rh_dip, CE_WARN, "error handling may start I/O for memory");
}

/* A started command completes by itself, unless the property "lose" keeps it. */
static int ramhba_tran_abort(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct ramhba *rh = to_ramhba(ap);

	ramhba_recovers(rh);
	return rh->rh_lose == 3 &&
	       ramhba_end_kept(rh, ap->a_target, pkt, CMD_ABORTED, STAT_ABORTED) ? 1 : 0;
}

static int ramhba_tran_reset(struct scsi_address *ap, int level)
{
	struct ramhba *rh = to_ramhba(ap);
	int target = level == RESET_ALL ? -1 : ap->a_target;
	uint_t ended = ramhba_end_kept(rh, target, NULL, CMD_RESET, STAT_DEV_RESET);

	ramhba_recovers(rh);
	/* The driver knows that commands it withholds from resets will not come back now. */
	if (rh->rh_lose && !ended)
		return 0;
	ramhba_notify_reset(rh, target);
	return 1;
}

/* Resets only the bus, which does not exist here: report it and notify. */
static int ramhba_tran_bus_reset(dev_info_t *dip, int level)
{
	struct ramhba *rh = ddi_get_soft_state(ramhba_state, ddi_get_instance(dip));

	if (level != RESET_BUS)
		return 0;
	cmn_err(CE_CONT, "ramhba%d: bus reset\n", ddi_get_instance(dip));
	ramhba_notify_reset(rh, -1);
	return 1;
}

static int ramhba_set_quiesced(dev_info_t *dip, boolean_t quiesced)
{
	struct ramhba *rh = ddi_get_soft_state(ramhba_state, ddi_get_instance(dip));

	mutex_enter(&rh->rh_mutex);
	rh->rh_quiesced = quiesced;
	while (quiesced && rh->rh_active)
		cv_wait(&rh->rh_cv, &rh->rh_mutex);
	mutex_exit(&rh->rh_mutex);
	if (quiesced)
		ddi_taskq_wait(rh->rh_taskq);
	return 0;
}

static int ramhba_tran_quiesce(dev_info_t *dip)
{
	return ramhba_set_quiesced(dip, B_TRUE);
}

static int ramhba_tran_unquiesce(dev_info_t *dip)
{
	return ramhba_set_quiesced(dip, B_FALSE);
}

static int ramhba_tran_reset_notify(struct scsi_address *ap, int flag, void (*callback)(caddr_t),
				    caddr_t arg)
{
	struct ramhba *rh = to_ramhba(ap);

	if (ap->a_target >= RAMHBA_TARGETS)
		return DDI_FAILURE;
	return scsi_hba_reset_notify_setup(ap, flag, callback, arg, &rh->rh_mutex,
					   &rh->rh_notify[ap->a_target]);
}

static void ramhba_link(struct ramhba *rh)
{
	mutex_enter(&ramhba_list_lock);
	rh->rh_next = ramhba_list;
	ramhba_list = rh;
	mutex_exit(&ramhba_list_lock);
}

static void ramhba_unlink(struct ramhba *rh)
{
	struct ramhba **link;

	mutex_enter(&ramhba_list_lock);
	for (link = &ramhba_list; *link; link = &(*link)->rh_next) {
		if (*link == rh) {
			*link = rh->rh_next;
			break;
		}
	}
	mutex_exit(&ramhba_list_lock);
}

/* Property "leave": a driver that refused to detach goes on. */
static void ramhba_still_here(void *arg)
{
	struct ramhba *rh = arg;

	cmn_err(CE_CONT, "ramhba%d: still here\n", ddi_get_instance(rh->rh_dip));
	(void)timeout(ramhba_still_here, rh, SEC_TO_TICK(1));
}

static int ramhba_detach(dev_info_t *dip, ddi_detach_cmd_t cmd)
{
	struct ramhba *rh = ddi_get_soft_state(ramhba_state, ddi_get_instance(dip));
	uint_t i;

	if (cmd != DDI_DETACH)
		return rh->rh_idle_suspend ? DDI_SUCCESS : DDI_FAILURE;
	if (rh->rh_leave == 2) {
		(void)timeout(ramhba_still_here, rh, SEC_TO_TICK(1));
		return DDI_FAILURE;
	}
	ramhba_unlink(rh);
	if (ramhba_luns)
		dev_err(dip, CE_WARN, "%d LUNs were not freed", ramhba_luns);
	if (rh->rh_tran && rh->rh_leave != 1) {
		if (ddi_get_driver_private(dip))
			scsi_hba_detach(dip);
		scsi_hba_tran_free(rh->rh_tran);
		for (i = 0; i < RAMHBA_TARGETS; i++)
			scsi_hba_reset_notify_tear_down(rh->rh_notify[i]);
	}
	if (rh->rh_taskq)
		ddi_taskq_destroy(rh->rh_taskq);
	for (i = 0; i < RAMHBA_TARGETS; i++)
		if (rh->rh_disk[i])
			kmem_free(rh->rh_disk[i], RAMHBA_SIZE);
	if (rh->rh_config)
		pci_config_teardown(&rh->rh_config);
	if (rh->rh_unmoved)
		dev_err(dip, CE_NOTE, "%u transfers without bus mastering", rh->rh_unmoved);
	if (rh->rh_answered)
		dev_err(dip, CE_NOTE, "%u answers without DMA", rh->rh_answered);
	cv_destroy(&rh->rh_cv);
	mutex_destroy(&rh->rh_mutex);
	ddi_soft_state_free(ramhba_state, ddi_get_instance(dip));
	return DDI_SUCCESS;
}

static int ramhba_property(struct ramhba *rh, char *name, int value)
{
	return ddi_prop_get_int(DDI_DEV_T_ANY, rh->rh_dip, 0, name, value);
}

static void ramhba_properties(struct ramhba *rh)
{
	rh->rh_dtype = ramhba_property(rh, "dtype", 0);
	rh->rh_ansi = ramhba_property(rh, "ansi", 5);
	rh->rh_removable = ramhba_property(rh, "removable", 0) ? B_TRUE : B_FALSE;
	rh->rh_luns = ramhba_property(rh, "luns", 1);
	rh->rh_no_lun = ramhba_property(rh, "no-lun", 0);
	rh->rh_status_bits = ramhba_property(rh, "status-bits", 0);
	rh->rh_sync = ramhba_property(rh, "sync", 0) ? B_TRUE : B_FALSE;
	rh->rh_batch = ramhba_property(rh, "batch", 0) ? B_TRUE : B_FALSE;
	rh->rh_quiesce_waits = ramhba_property(rh, "quiesce-waits", 0) ? B_TRUE : B_FALSE;
	rh->rh_overrun = ramhba_property(rh, "overrun", 0) ? B_TRUE : B_FALSE;
	rh->rh_untagged = ramhba_property(rh, "untagged", 0);
	rh->rh_full = ramhba_property(rh, "full", 0);
	rh->rh_idle_suspend = ramhba_property(rh, "idle-suspend", 0) ? B_TRUE : B_FALSE;
	rh->rh_short_status = ramhba_property(rh, "short-status", 0) ? B_TRUE : B_FALSE;
	rh->rh_leave = ramhba_property(rh, "leave", 0);
	rh->rh_initiator = ramhba_property(rh, "initiator", 7);
	rh->rh_spi = ramhba_property(rh, "spi", 0);
	rh->rh_lose = ramhba_property(rh, "lose", 0);
	rh->rh_recovered = ramhba_property(rh, "recovered", 0);
	rh->rh_shorten = ramhba_property(rh, "shorten", 0);
	rh->rh_block = ramhba_property(rh, "blksize", 512);
	rh->rh_blocks = RAMHBA_SIZE / rh->rh_block;
	rh->rh_published = ramhba_property(rh, "published", 0);
	rh->rh_maxsegs = ramhba_property(rh, "maxsegs", RAMHBA_MAXSEGS);
	if (rh->rh_published)
		rh->rh_maxsegs = MIN(rh->rh_maxsegs, RAMHBA_NDATASEGS);
}

static int ramhba_attach(dev_info_t *dip, ddi_attach_cmd_t cmd)
{
	int instance = ddi_get_instance(dip);
	int flags = SCSI_HBA_TRAN_CDB | SCSI_HBA_TRAN_SCB;
	scsi_hba_tran_t *tran;
	struct ramhba *rh;
	uint_t i;

	if (cmd == DDI_RESUME)
		return DDI_SUCCESS;
	if (cmd != DDI_ATTACH || ddi_soft_state_zalloc(ramhba_state, instance) != DDI_SUCCESS)
		return DDI_FAILURE;
	rh = ddi_get_soft_state(ramhba_state, instance);
	rh->rh_dip = dip;
	rh->rh_tail = &rh->rh_head;
	ramhba_properties(rh);
	ramhba_media_init(rh);
	/* No interrupt here: the property "pri" is what the model gives its interrupt handlers. */
	mutex_init(&rh->rh_mutex, NULL, MUTEX_DRIVER,
		   DDI_INTR_PRI(ramhba_property(rh, "pri", 0)));
	cv_init(&rh->rh_cv, NULL, CV_DRIVER, NULL);
	for (i = 0; i < RAMHBA_TARGETS; i++)
		rh->rh_disk[i] = kmem_zalloc(RAMHBA_SIZE, KM_SLEEP);
	if (pci_config_setup(dip, &rh->rh_config) != DDI_SUCCESS)
		goto fail;
	rh->rh_taskq = ddi_taskq_create(dip, "ramhba", 1, TASKQ_DEFAULTPRI, 0);
	if (!rh->rh_taskq)
		goto fail;
	tran = scsi_hba_tran_alloc(dip, SCSI_HBA_CANSLEEP);
	rh->rh_tran = tran;
	tran->tran_hba_private = rh;
	tran->tran_tgt_init = ramhba_tran_tgt_init;
	tran->tran_start = ramhba_tran_start;
	if (rh->rh_batch)
		tran->tran_commit = ramhba_tran_commit;
	tran->tran_abort = ramhba_tran_abort;
	tran->tran_reset = ramhba_tran_reset;
	tran->tran_reset_notify = ramhba_tran_reset_notify;
	tran->tran_bus_reset = ramhba_tran_bus_reset;
	tran->tran_quiesce = ramhba_tran_quiesce;
	tran->tran_unquiesce = ramhba_tran_unquiesce;
	tran->tran_getcap = ramhba_tran_getcap;
	tran->tran_setcap = ramhba_tran_setcap;
	if (ramhba_property(rh, "clone", 0)) {
		flags |= SCSI_HBA_TRAN_CLONE;
		tran->tran_tgt_probe = ramhba_tran_tgt_probe;
		tran->tran_tgt_free = ramhba_tran_tgt_free;
	}
	if (ramhba_property(rh, "setup-pkt", 0)) {
		tran->tran_hba_len = sizeof(struct ramhba_cmd);
		tran->tran_pkt_constructor = ramhba_tran_pkt_constructor;
		tran->tran_pkt_destructor = ramhba_tran_pkt_destructor;
		tran->tran_setup_pkt = ramhba_tran_setup_pkt;
		tran->tran_teardown_pkt = ramhba_tran_teardown_pkt;
	} else if (rh->rh_published) {
		ramhba_published_setup(tran);
	} else {
		tran->tran_init_pkt = ramhba_tran_init_pkt;
		tran->tran_destroy_pkt = ramhba_tran_destroy_pkt;
		tran->tran_dmafree = ramhba_tran_dmafree;
		tran->tran_sync_pkt = ramhba_tran_sync_pkt;
	}
	ramhba_dma_attr.dma_attr_sgllen = ramhba_property(rh, "template", 0) ? 1 : rh->rh_maxsegs;
	ramhba_dma_attr.dma_attr_granular = rh->rh_block;
	ramhba_dma_attr.dma_attr_maxxfer = ramhba_property(rh, "maxxfer", INT_MAX);
	ramhba_dma_attr.dma_attr_count_max = ramhba_property(rh, "cookie", INT_MAX) - 1;
	if (scsi_hba_attach_setup(dip, &ramhba_dma_attr, tran, flags) != DDI_SUCCESS)
		goto fail;
	ramhba_link(rh);
	ddi_report_dev(dip);
	return DDI_SUCCESS;

fail:
	ramhba_detach(dip, DDI_DETACH);
	return DDI_FAILURE;
}

static struct dev_ops ramhba_dev_ops = {
	.devo_rev = DEVO_REV,
	.devo_attach = ramhba_attach,
	.devo_detach = ramhba_detach,
};

static struct modldrv ramhba_modldrv = { &mod_driverops, "RAM disk HBA", &ramhba_dev_ops };
static struct modlinkage ramhba_modlinkage = { MODREV_1, { &ramhba_modldrv, NULL } };

int _init(void)
{
	int rc = ddi_soft_state_init(&ramhba_state, sizeof(struct ramhba), 1);

	if (rc)
		return rc;
	mutex_init(&ramhba_list_lock, NULL, MUTEX_DRIVER, NULL);
	rc = scsi_hba_init(&ramhba_modlinkage);
	if (rc)
		goto fini_state;
	rc = mod_install(&ramhba_modlinkage);
	if (rc)
		goto fini_hba;
	return 0;

fini_hba:
	scsi_hba_fini(&ramhba_modlinkage);
fini_state:
	mutex_destroy(&ramhba_list_lock);
	ddi_soft_state_fini(&ramhba_state);
	return rc;
}

int _fini(void)
{
	int rc = mod_remove(&ramhba_modlinkage);

	if (rc)
		return rc;
	if (ramhba_constructed)
		cmn_err(CE_WARN, "ramhba: %u packets are left", ramhba_constructed);
	scsi_hba_fini(&ramhba_modlinkage);
	mutex_destroy(&ramhba_list_lock);
	ddi_soft_state_fini(&ramhba_state);
	return 0;
}
