// SPDX-License-Identifier: GPL-2.0
/* Sending: tran_start(9E). As a rule, submitting a command reads no register. */
#include "isp_ring.h"

#define POLL_USEC		50
#define POLL_GRACE_SEC		5
#define STOPPED_USEC		1000000
#define POLL_FOREVER_SEC	600	/* for packets without a time limit */

/* Queue a command, and fill in its handle and @io's. TRAN_BUSY: both are unchanged. */
static inline int isp_queue_cmd(struct isp *isp, struct isp_cmd *sp, struct isp_iocb *io)
{
	struct isp_cursor c = {
		.cur_ring = isp->isp_req, .cur_len = isp->isp_req_len,
	};

	if (isp->isp_markers)
		isp_flush_markers(isp);
	if (!isp_have_room(isp, io->iocb_entries)) {
		isp->isp_stats.st_ring_full++;
		return TRAN_BUSY;
	}
	if (!isp_handle_get(isp, sp)) {
		/* Entries put before must go out: their completion makes the caller try again. */
		isp_ring_doorbell(isp);
		isp->isp_stats.st_no_handle++;
		return TRAN_BUSY;
	}
	io->iocb_handle = sp->cmd_handle;
	c.cur_index = isp->isp_req_in;
	isp_put_command(&c, io);
	/* The cookies of a window are an array. */
	if (sp->cmd_cookiecnt)
		isp_put_segments(&c, ddi_dma_cookie_get(sp->cmd_dmahandle, sp->cmd_cookie),
				 sp->cmd_cookiecnt);
	isp_advance(isp, io->iocb_entries);
	sp->cmd_ring_end = isp->isp_req_pos;
	isp->isp_stats.st_commands++;
	return TRAN_ACCEPT;
}

static uint16_t isp_control_flags(const struct isp *isp, const struct isp_cmd *sp,
				  const struct scsi_pkt *pkt)
{
	uint32_t target = 1u << (pkt->pkt_address.a_target % 32);
	uint16_t flags = 0;

	if (sp->cmd_flags & CFLAG_DMAVALID)
		flags |= (sp->cmd_flags & CFLAG_DMASEND) ? ICF_WRITE : ICF_READ;
	/* The usual case: no flags but a simple tag, and the target may have it. */
	if ((pkt->pkt_flags & ~FLAG_SCSA_MORE) == FLAG_STAG &&
	    (isp->isp_tagged & ~isp->isp_no_arq & target))
		return flags | ICF_STAG;
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

/* Ring entries that the packet takes; 0 if it can never be sent. */
static inline uint_t isp_entries(const struct isp *isp, const struct isp_cmd *sp,
				 const struct scsi_pkt *pkt)
{
	uint_t entries;

	/* One that is 0 is too long here. */
	if (pkt->pkt_cdblen - 1 >= isp->isp_max_cdb)
		return 0;
	/* The usual case, without the sums. */
	if (sp->cmd_cookiecnt <= ISP_CMD_SEGS64 && pkt->pkt_cdblen <= ISP_CDB_MAX)
		return 1;
	entries = isp_iocb_entries(sp->cmd_cookiecnt, pkt->pkt_cdblen, isp->isp_a64);
	return entries > ISP_MAX_CONT + 1 || entries > isp->isp_req_len - 1 ? 0 : entries;
}

/* Describe the packet to the chip. False if it can never be sent. */
static inline boolean_t isp_prepare(const struct isp *isp, const struct isp_cmd *sp,
				    const struct scsi_pkt *pkt, struct isp_iocb *io)
{
	uint_t entries = isp_entries(isp, sp, pkt);

	if (!entries)
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

/* The chip does not run, or some target is refused. TRAN_ACCEPT if that is not @sp's. */
static int isp_may_start(const struct isp *isp, const struct isp_cmd *sp)
{
	if (isp->isp_state == ISP_RECOVER || (isp->isp_state != ISP_RUN && isp->isp_suspended))
		return TRAN_BUSY;
	if (isp->isp_state != ISP_RUN || (isp->isp_refused & 1u << isp_target_of(sp)))
		return TRAN_FATAL_ERROR;
	return TRAN_ACCEPT;
}

int isp_tran_start(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	struct isp *isp = isp_of(ap);
	struct isp_cmd *sp = isp_cmd_of(pkt);
	boolean_t polled = pkt->pkt_flags & FLAG_NOINTR ? B_TRUE : B_FALSE;
	struct isp_iocb io = { 0 };
	int rc;

	if (!isp_prepare(isp, sp, pkt, &io))
		return TRAN_BADPKT;
	mutex_enter(&isp->isp_lock);
	if (isp->isp_state != ISP_RUN || isp->isp_refused) {
		rc = isp_may_start(isp, sp);
		if (rc != TRAN_ACCEPT)
			goto out;
	}
	rc = isp_queue_cmd(isp, sp, &io);
	if (rc != TRAN_ACCEPT)
		goto out;
	/* scsi_transport(9F) has cleared its state, its statistics and its status. */
	pkt->pkt_reason = CMD_CMPLT;
	pkt->pkt_resid = 0;
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
