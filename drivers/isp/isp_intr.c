// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts and completions.
 *
 * The chip has one interrupt for new response entries, mailbox answers and events. What is read
 * and written here, and in which order, decides what an I/O costs and ensures that none is lost:
 *
 *  1. Read the response producer (mb5). It says whether there is work; if not, and only then, ISR
 *     is read to find out whether this shared interrupt is ours.
 *  2. Clear the interrupt.
 *  3. Read the producer again, and take all entries up to there.
 *
 * The read of 3 cannot pass the write of 2, so an entry that it does not show was posted after the
 * clear, and raises the interrupt again. That holds whether firmware moves mb5 at any time or only
 * while the interrupt is clear. A read before the clear would not do in the first case. A read
 * after the clear alone breaks a rule that drivers for this firmware have long kept: read mb5
 * before it. The read also makes sure that the entries' DMA is complete.
 *
 * The semaphore announces mailbox answers and events. The driver reads it when a command waits for
 * its answer, when an interrupt brought no entry, and when an entry reports something unusual. An
 * event posted with no completion around it is the second case. An event that meets completions
 * stays, because the chip does not touch the mailboxes until the driver gives the semaphore back.
 * The instance's thread reads the semaphore 20 ms after the first interrupt that brought entries, and
 * then each 200 ms as long as more come; the handler itself does at one of 256. To read it each time
 * would cost a quarter more register accesses with one command at a time.
 */
#include "ispvar.h"

/* A broken chip could post events without end. */
#define SERVICE_LOOPS	16
/* Of so many interrupts that bring entries, one looks for an event too. */
#define EVENT_INTRS	256
/* A chip whose interrupt cannot be cleared would keep a CPU busy without end. */
#define MAX_IDLE_INTRS	1000
/* Entries of an unproven response ring that may be owed: a shorter ring than set up must not fill up. */
#define RSP_LAZY_UNPROVEN	16

/* Completion status to pkt_reason; any status beyond the table is CMD_TRAN_ERR. */
static const uint8_t isp_reasons[ICS_COUNT] = {
	[ICS_COMPLETE]		= CMD_CMPLT,
	[ICS_INCOMPLETE]	= CMD_INCOMPLETE,
	[ICS_DMA]		= CMD_DMA_DERR,
	[ICS_TRANSPORT]		= CMD_TRAN_ERR,
	[ICS_RESET]		= CMD_RESET,
	[ICS_ABORTED]		= CMD_ABORTED,
	[ICS_TIMEOUT]		= CMD_TIMEOUT,
	[ICS_DATA_OVERRUN]	= CMD_DATA_OVR,
	[0x08]			= CMD_CMD_OVR,
	[0x09]			= CMD_STS_OVR,
	[0x0a]			= CMD_BADMSG,
	[0x0b]			= CMD_NOMSGOUT,
	[0x0c]			= CMD_XID_FAIL,
	[0x0d]			= CMD_IDE_FAIL,
	[0x0e]			= CMD_ABORT_FAIL,
	[0x0f]			= CMD_REJECT_FAIL,
	[0x10]			= CMD_NOP_FAIL,
	[0x11]			= CMD_PER_FAIL,
	[0x12]			= CMD_BDR_FAIL,
	[0x13]			= CMD_ID_FAIL,
	[0x14]			= CMD_UNX_BUS_FREE,
	[ICS_UNDERRUN]		= CMD_CMPLT,
	[0x16]			= CMD_TAG_REJECT,	/* the target does not take the message */
	[0x17]			= CMD_TRAN_ERR,
	[0x18]			= CMD_TAG_REJECT,	/* the target may not disconnect */
	[0x19]			= CMD_TRAN_ERR,
	[0x1a]			= CMD_TAG_REJECT,	/* the target may not have tags */
	[0x1b]			= CMD_TRAN_ERR,
	[ICS_QUEUE_FULL]	= CMD_CMPLT,
	[0x1d]			= CMD_TRAN_ERR,
	[ICS_SENSE_FAILED]	= CMD_CMPLT,
};

/* The chip has fetched sense data for us: fill the packet's scsi_arq_status, if it has room. */
static void isp_put_sense(struct scsi_pkt *pkt, const union isp_entry *e, uint_t len)
{
	struct scsi_arq_status *arq = (struct scsi_arq_status *)pkt->pkt_scbp;
	uint_t space = sizeof(arq->sts_sensedata);
	boolean_t extra = B_FALSE;

	if (pkt->pkt_scblen < sizeof(*arq))
		return;
	if (pkt->pkt_scblen > sizeof(*arq)) {
		space = pkt->pkt_scblen - offsetof(struct scsi_arq_status, sts_sensedata);
		extra = B_TRUE;
	}
	len = MIN(len, MIN(space, ISP_SENSE_MAX));
	bzero(&arq->sts_rqpkt_status, sizeof(arq->sts_rqpkt_status));
	arq->sts_rqpkt_reason = CMD_CMPLT;
	arq->sts_rqpkt_resid = (uchar_t)MIN(space - len, 255);
	arq->sts_rqpkt_state = STATE_GOT_BUS | STATE_GOT_TARGET | STATE_SENT_CMD |
			       STATE_XFERRED_DATA | STATE_GOT_STATUS;
	arq->sts_rqpkt_statistics = 0;
	/* This may be more than sts_sensedata declares, if the packet has extra space. */
	bcopy(e->status.is_sense,
	      pkt->pkt_scbp + offsetof(struct scsi_arq_status, sts_sensedata), len);
	pkt->pkt_state |= STATE_ARQ_DONE | (extra ? STATE_XARQ_DONE : 0);
}

/*
 * Set the results of a command that a reset, an abort or a timeout ended. A reason recorded in
 * cmd_kill_reason comes from the first request to end it, and wins over @reason and @stat.
 */
void isp_finish_killed(struct isp_cmd *sp, uint8_t reason, uint8_t stat)
{
	struct scsi_pkt *pkt = sp->cmd_pkt;

	if (sp->cmd_kill_reason != CMD_CMPLT) {
		reason = sp->cmd_kill_reason;
		stat = sp->cmd_kill_stat;
	}
	if (pkt->pkt_reason == CMD_CMPLT)
		pkt->pkt_reason = reason;
	pkt->pkt_statistics |= stat;
	pkt->pkt_resid = sp->cmd_dmacount;
}

static void isp_set_status(struct scsi_pkt *pkt, uint8_t status)
{
	if (pkt->pkt_scblen)
		*pkt->pkt_scbp = status;
}

static void isp_good_status(struct isp_cmd *sp, const struct isp_completion *c)
{
	struct scsi_pkt *pkt = sp->cmd_pkt;

	/* A residual only means something after an underrun, or with a status other than good. */
	if (c->comp_completion == ICS_UNDERRUN || c->comp_scsi_status != STATUS_GOOD)
		pkt->pkt_resid = MIN(c->comp_resid, sp->cmd_dmacount);
	if (c->comp_completion == ICS_QUEUE_FULL) {
		/* Firmware is known to report this without having received the status. */
		pkt->pkt_state |= STATE_GOT_BUS | STATE_GOT_TARGET | STATE_GOT_STATUS;
		pkt->pkt_resid = sp->cmd_dmacount;
		isp_set_status(pkt, STATUS_QFULL);
	}
}

/* A status entry for @sp. isp_lock held. True if all was well. */
static boolean_t isp_finish_status(struct isp *isp, struct isp_cmd *sp, const union isp_entry *e,
				   const struct isp_completion *c)
{
	struct scsi_pkt *pkt = sp->cmd_pkt;
	uint8_t reason = c->comp_completion < ICS_COUNT ? isp_reasons[c->comp_completion] :
			 CMD_TRAN_ERR;

	pkt->pkt_state = ISF_STATE(c->comp_state_flags);
	pkt->pkt_statistics |= IST_STATISTICS(c->comp_status_flags);
	isp_set_status(pkt, c->comp_scsi_status);
	if (c->comp_status_flags & IST_BUS_RESET)
		isp->isp_markers |= (uint8_t)(1 << (sp->cmd_target >> 7));
	if (c->comp_completion == ICS_COMPLETE && c->comp_scsi_status == STATUS_GOOD)
		return B_TRUE;

	if ((c->comp_state_flags & ISF_GOT_SENSE) && c->comp_scsi_status == STATUS_CHECK &&
	    c->comp_completion != ICS_SENSE_FAILED)
		isp_put_sense(pkt, e, c->comp_sense_len);
	switch (reason) {
	case CMD_CMPLT:
		isp_good_status(sp, c);
		break;
	case CMD_TIMEOUT:
		isp_finish_killed(sp, reason, STAT_TIMEOUT | STAT_ABORTED);
		isp->isp_markers |= (uint8_t)(1 << (sp->cmd_target >> 7));
		break;
	case CMD_RESET:
		isp_finish_killed(sp, reason, STAT_BUS_RESET);
		isp->isp_markers |= (uint8_t)(1 << (sp->cmd_target >> 7));
		break;
	case CMD_ABORTED:
		isp_finish_killed(sp, reason, STAT_ABORTED);
		isp->isp_markers |= (uint8_t)(1 << (sp->cmd_target >> 7));
		break;
	case CMD_DATA_OVR:
		pkt->pkt_reason = reason;
		break;
	default:
		if (isp_send_again(isp, sp, c->comp_completion))
			return B_TRUE;
		pkt->pkt_reason = reason;
		pkt->pkt_resid = sp->cmd_dmacount;
		break;
	}
	/* An ordinary error of a target is not a reason to look at the mailboxes. */
	return reason == CMD_CMPLT || reason == CMD_INCOMPLETE ? B_TRUE : B_FALSE;
}

/* The chip refused an entry: it sent back the entry, or a status that says so. */
static void isp_finish_refused(struct isp *isp, struct isp_cmd *sp, const struct isp_completion *c)
{
	struct scsi_pkt *pkt = sp->cmd_pkt;

	pkt->pkt_resid = sp->cmd_dmacount;
	if (c->comp_entry_status & IES_FULL) {
		pkt->pkt_state = STATE_GOT_BUS | STATE_GOT_TARGET | STATE_GOT_STATUS;
		isp_set_status(pkt, STATUS_QFULL);
		return;
	}
	pkt->pkt_reason = CMD_TRAN_ERR;
	if (isp_may_log(isp))
		dev_err(isp->isp_dip, CE_WARN, "chip refused an entry: type 0x%02x, status 0x%02x", c->comp_type,
			c->comp_entry_status);
}

/* True for a status, and for a command that comes back refused. */
static boolean_t isp_is_answer(const struct isp_completion *c)
{
	switch (c->comp_type) {
	case IET_STATUS:
		return B_TRUE;
	case IET_COMMAND:
	case IET_COMMAND_A64:
	case IET_EXT_COMMAND:
		return c->comp_entry_status & ~IES_CONT ? B_TRUE : B_FALSE;
	default:
		return B_FALSE;
	}
}

enum isp_taken {
	TAKEN_WELL,
	TAKEN_ODD,		/* there is a reason to look at the mailboxes */
	TAKEN_NOT,		/* the chip has not posted it */
};

/*
 * An entry that belongs to no command: has the chip posted it at all? While the semaphore is taken,
 * what was read as the producer may be a mailbox of an answer or an event. And if the producer went
 * back to a slot before the consumer, but this slot has never been written, then the chip's ring is
 * shorter than ours. isp_lock held.
 */
static boolean_t isp_is_posted(struct isp *isp, uint8_t type)
{
	if (isp_sema_taken(isp))
		return B_FALSE;
	if (type || isp->isp_rsp_proven || isp->isp_rsp_len <= ISP_RSP_SAFE ||
	    isp_rd(isp, ISP_RSP_IN) >= isp->isp_rsp_out)
		return B_TRUE;
	isp->isp_rsp_early = B_TRUE;
	isp_chip_fail(isp, "the chip wraps the response ring before its end: a shorter one from now on");
	return B_FALSE;
}

/* A response entry that is no command's: is it the answer to the probe? isp_lock held. */
static boolean_t isp_probe_take(struct isp *isp, uint32_t handle, uint8_t type, uint8_t entry_status,
				uint16_t completion)
{
	if (isp->isp_probe != PROBE_SENT)
		return B_FALSE;
	if (!type) {
		isp->isp_probe = PROBE_EMPTY;
		return B_TRUE;
	}
	if (handle != PROBE_HANDLE)
		return B_FALSE;
	if (type != IET_STATUS || (entry_status & IES_ERROR))
		isp->isp_probe = PROBE_REFUSED;
	else if (completion != ICS_RESET && completion != ICS_ABORTED)
		isp->isp_probe = PROBE_CARRIED_OUT;
	else
		isp->isp_probe = PROBE_DISTURBED;
	/* The probe goes to bus 0. */
	if (isp->isp_probe == PROBE_DISTURBED)
		isp->isp_markers |= 1;
	return B_TRUE;
}

/*
 * Take an entry that answers no command. isp_lock held. What it says is passed by value, because a
 * completion that has an address costs each command a few stores.
 */
static noinline enum isp_taken isp_take_stray(struct isp *isp, boolean_t is_answer, uint32_t handle,
					      uint8_t type, uint8_t entry_status,
					      uint16_t completion)
{
	if (!isp_is_posted(isp, type))
		return TAKEN_NOT;
	if (isp_probe_take(isp, handle, type, entry_status, completion))
		return TAKEN_WELL;
	if (is_answer)
		isp->isp_stats.st_bad_handles++;
	else
		isp->isp_stats.st_bad_entries++;
	if (!isp_may_log(isp))
		return TAKEN_ODD;
	if (is_answer)
		dev_err(isp->isp_dip, CE_WARN, "skipped a response for unknown command 0x%08x", handle);
	else
		dev_err(isp->isp_dip, CE_WARN, "skipped a response of unknown type 0x%02x", type);
	return TAKEN_ODD;
}

/* Take one response entry; anything in it may be wrong. isp_lock held. */
static enum isp_taken isp_take_entry(struct isp *isp, const union isp_entry *e,
				     struct isp_done *done)
{
	struct isp_completion c = { 0 };
	struct isp_cmd *sp;
	boolean_t well = B_FALSE;

	isp_get_completion(e, &c);
	if (!isp_is_answer(&c))
		return isp_take_stray(isp, B_FALSE, c.comp_handle, c.comp_type, c.comp_entry_status,
				      c.comp_completion);
	sp = isp_handle_release(isp, c.comp_handle);
	if (!sp)
		return isp_take_stray(isp, B_TRUE, c.comp_handle, c.comp_type, c.comp_entry_status,
				      c.comp_completion);
	/* The chip has carried it out, so it has fetched its entries and all before them. */
	if ((int32_t)(sp->cmd_ring_end - isp->isp_req_out) > 0)
		isp->isp_req_out = sp->cmd_ring_end;
	sp->cmd_flags &= ~CFLAG_STARTED;
	if (c.comp_type != IET_STATUS || (c.comp_entry_status & IES_ERROR))
		isp_finish_refused(isp, sp, &c);
	else
		well = isp_finish_status(isp, sp, e, &c);
	isp_done_add(done, sp);
	return well ? TAKEN_WELL : TAKEN_ODD;
}

/*
 * How many entries may be owed. The response ring must always have room for all commands, and until
 * it has gone round once, the chip may have a shorter one. isp_lock held, or the chip does not run.
 */
void isp_rsp_set_lazy(struct isp *isp)
{
	uint_t spare = isp->isp_rsp_len - 2 - isp->isp_max_cmds;

	isp->isp_rsp_lazy = isp->isp_rsp_proven || isp->isp_rsp_len <= ISP_RSP_SAFE ? spare :
			    MIN(spare, RSP_LAZY_UNPROVEN);
}

/* The response ring has gone round. isp_lock held. */
static void isp_rsp_went_round(struct isp *isp)
{
	if (isp->isp_rsp_proven)
		return;
	isp->isp_rsp_proven = B_TRUE;
	isp_rsp_set_lazy(isp);
}

/*
 * Take the entries up to producer @in. isp_lock held. True if there was nothing unusual.
 *
 * Give entries back late, because the ring is long: isp_rsp_lazy always leaves room for every
 * command that can be outstanding.
 */
static boolean_t isp_take_entries(struct isp *isp, uint_t in, struct isp_done *done)
{
	uint_t out = isp->isp_rsp_out;
	boolean_t well = B_TRUE;

	(void)ddi_dma_sync(isp->isp_rsp_mem.dm_handle, 0, 0, DDI_DMA_SYNC_FORKERNEL);
	while (out != in) {
		enum isp_taken taken = isp_take_entry(isp, &isp->isp_rsp[out], done);

		if (taken != TAKEN_WELL) {
			well = B_FALSE;
			if (taken == TAKEN_NOT)
				break;
		}
		if (++out == isp->isp_rsp_len) {
			out = 0;
			isp_rsp_went_round(isp);
		}
		isp->isp_rsp_owed++;
	}
	isp->isp_rsp_out = out;
	if (isp->isp_rsp_owed > isp->isp_rsp_lazy) {
		isp->isp_rsp_owed = 0;
		isp_wr(isp, ISP_RSP_OUT, (uint16_t)out);
	}
	return well;
}

/* The producer is outside the ring: the card is gone or the chip has failed. isp_lock held. */
static void isp_bad_producer(struct isp *isp, uint_t in)
{
	if (in == 0xffff && isp_rd(isp, ISP_ISR) == 0xffff)
		isp_chip_gone(isp);
	else
		isp_chip_fail(isp, "response ring pointer out of range");
}

/*
 * Clear the interrupt and take what the chip has posted, with @mbox also from the mailboxes.
 * Completed commands go to @done. isp_lock held. True if there was anything.
 */
static boolean_t isp_serve(struct isp *isp, boolean_t mbox, struct isp_done *done)
{
	boolean_t found = B_FALSE;
	uint_t in, loops;

	for (loops = 0; loops < SERVICE_LOOPS; loops++) {
		isp_wr(isp, ISP_HCCR, HCCR_CLEAR_RISC_INT);
		in = isp_rd(isp, ISP_RSP_IN);
		if (in >= isp->isp_rsp_len) {
			if (!isp_sema_taken(isp)) {
				isp_bad_producer(isp, in);
				return B_TRUE;
			}
			mbox = B_TRUE;
		} else if (in != isp->isp_rsp_out) {
			found = B_TRUE;
			if (!isp_take_entries(isp, in, done))
				mbox = B_TRUE;
		}
		/*
		 * With the semaphore back, the chip can post the next event, and our clear may have
		 * hit that event's interrupt: look again after another clear.
		 */
		if (!mbox || isp->isp_state != ISP_RUN || !isp_mbox_take(isp))
			break;
		found = B_TRUE;
	}
	if (found)
		isp->isp_idle_intrs = 0;
	if (isp->isp_markers)
		isp_flush_markers(isp);
	return found;
}

/* Do what the interrupt handler does, for callers that cannot wait for one. isp_lock held. */
void isp_service(struct isp *isp, struct isp_done *done)
{
	if (isp->isp_state == ISP_RUN)
		(void)isp_serve(isp, B_TRUE, done);
}

/*
 * An interrupt has brought entries, and nothing has asked for an event that came with them. The
 * thread will, soon, and for as long as there are interrupts, but then less often: each time costs as
 * much as a command. isp_lock held.
 */
static void isp_watch_soon(struct isp *isp)
{
	isp->isp_watch_busy = EVENT_USEC;
	isp->isp_busy_intrs = isp->isp_stats.st_interrupts;
	cv_signal(&isp->isp_watch_cv);
}

/* The interrupt handler. Hard interrupt context; the line may be shared. */
uint_t isp_intr(caddr_t arg1, caddr_t arg2)
{
	struct isp *isp = (struct isp *)arg1;
	struct isp_done done;
	uint_t in;

	isp_done_init(&done);
	mutex_enter(&isp->isp_lock);
	/* Stopped or in reset: the interrupt cannot be ours, and we must not touch the chip. */
	if (isp->isp_state != ISP_RUN)
		goto not_ours;
	in = isp_rd(isp, ISP_RSP_IN);
	if (in == isp->isp_rsp_out) {
		if (!(isp_rd(isp, ISP_ISR) & ISR_RISC_INT))
			goto not_ours;
		if (!isp_serve(isp, B_TRUE, &done)) {
			isp->isp_stats.st_spurious++;
			if (++isp->isp_idle_intrs > MAX_IDLE_INTRS)
				isp_chip_fail(isp, "an interrupt that cannot be cleared");
		}
	} else if (in >= isp->isp_rsp_len && !isp_sema_taken(isp)) {
		isp_bad_producer(isp, in);
	} else {
		(void)isp_serve(isp, isp->isp_mbox_state == MBOX_SENT ||
				!(isp->isp_stats.st_interrupts % EVENT_INTRS) ? B_TRUE : B_FALSE, &done);
		if (!isp->isp_watch_busy)
			isp_watch_soon(isp);
	}
	isp->isp_stats.st_interrupts++;
	mutex_exit(&isp->isp_lock);
	isp_complete(isp, &done);
	return DDI_INTR_CLAIMED;

not_ours:
	mutex_exit(&isp->isp_lock);
	return DDI_INTR_UNCLAIMED;
}

/* Service the chip without an interrupt. Any context, no lock held. */
void isp_poll(struct isp *isp)
{
	struct isp_done done;

	isp_done_init(&done);
	mutex_enter(&isp->isp_lock);
	isp_service(isp, &done);
	mutex_exit(&isp->isp_lock);
	isp_complete(isp, &done);
}

/* Call the reset callbacks that are registered for targets that have been reset. No lock held. */
void isp_notify_reset(struct isp *isp)
{
	uint_t target;

	mutex_enter(&isp->isp_lock);
	for (target = 0; target < ISP_NELEM(isp->isp_notify_list); target++) {
		if (!(isp->isp_notify & 1u << target))
			continue;
		isp->isp_notify &= ~(1u << target);
		scsi_hba_reset_notify_callback(&isp->isp_lock, &isp->isp_notify_list[target]);
	}
	mutex_exit(&isp->isp_lock);
}

/*
 * Give completed commands back to their owners. No lock may be held: the completion function may
 * start the next command or free this one.
 */
void isp_complete(struct isp *isp, struct isp_done *done)
{
	struct isp_cmd *sp, *next;

	for (sp = done->done_first; sp; sp = next) {
		next = sp->cmd_next;
		if (sp->cmd_flags & CFLAG_CMDIOPB)
			isp_dma_sync(sp);
		if (sp->cmd_pkt->pkt_flags & FLAG_NOINTR)
			__atomic_store_n(&sp->cmd_flags, sp->cmd_flags | CFLAG_FINISHED,
					 __ATOMIC_RELEASE);
		else
			scsi_hba_pkt_comp(sp->cmd_pkt);
	}
	if (isp->isp_notify)
		isp_notify_reset(isp);
}
