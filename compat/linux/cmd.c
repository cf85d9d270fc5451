// SPDX-License-Identifier: GPL-2.0
/*
 * The midlayer's commands: queuecommand, results, and commands that the midlayer gives up.
 *
 * A command finds its struct scsa_cmd by tag in an array that belongs to the LUN. So submission
 * takes no lock of ours and, once each tag has been used, allocates nothing. When error handling
 * reuses a scsi_cmnd that the HBA driver still refers to, the old struct scsa_cmd becomes an
 * orphan and the slot gets a new one.
 */
#include <linux/blk-mq.h>
#include <linux/delay.h>
#include <linux/ratelimit.h>

#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_dbg.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>

#include "../impl.h"
#include "../linux_compat.h"
#include "../linux_impl.h"
#include "../pure/split.h"
#include "host.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

bool linux_cmd_hold(struct scsa_cmd *sc)
{
	/* Pairs with cmd_revoke(): at least one of the two sees what the other has written. */
	smp_store_mb(sc->sc_held, 1);
	if (!READ_ONCE(sc->sc_revoked) && READ_ONCE(sc->sc_state) == SCSA_CMD_STARTED)
		return true;
	linux_cmd_unhold(sc);
	return false;
}

void linux_cmd_unhold(struct scsa_cmd *sc)
{
	/* All accesses to the buffer come before this store. */
	smp_store_release(&sc->sc_held, 0);
}

/* No further linux_cmd_hold() succeeds. False while an earlier one is in effect. */
static bool cmd_revoke(struct scsa_cmd *sc)
{
	/* Pairs with linux_cmd_hold(). */
	smp_store_mb(sc->sc_revoked, true);
	/* Pairs with linux_cmd_unhold(). */
	return !smp_load_acquire(&sc->sc_held);
}

/* host->lock is held. The command has been revoked. */
static bool cmd_orphan(struct scsa_host *host, struct linux_lun *ll, unsigned int tag)
{
	struct scsa_cmd *sc = ll->slots[tag];

	if (cmpxchg(&sc->sc_state, SCSA_CMD_STARTED, SCSA_CMD_ORPHAN) != SCSA_CMD_STARTED)
		return false;
	ll->slots[tag] = NULL;
	/*
	 * Other callers have already set this by linux_dma_give_up(). get_cmd() cannot, as it must
	 * not wait; in practice it meets no such command.
	 */
	WRITE_ONCE(host->dip->di_gives_up, true);
	sc->sc_unsafe = !scsa_dma_disown(host->dip, sc->sc_sgl);
	sc->sc_next_orphan = host->orphans;
	host->orphans = sc;
	return true;
}

/*
 * Detach a revoked command from its scsi_cmnd. It is freed when the HBA driver returns it. False
 * if it has already come back and its slot is free to use.
 */
static bool linux_orphan(struct scsa_host *host, struct linux_lun *ll, unsigned int tag)
{
	struct scsa_cmd *sc = ll->slots[tag];
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&host->lock, flags);
	done = cmd_orphan(host, ll, tag);
	spin_unlock_irqrestore(&host->lock, flags);
	/* It is completing: another CPU is about to finish with the scsi_cmnd. */
	while (!done && smp_load_acquire(&sc->sc_state) != SCSA_CMD_IDLE)
		cpu_relax();
	return done;
}

/* The command in this tag's slot. Allocate a new one if the HBA driver still holds the old one. */
static struct scsa_cmd *get_cmd(struct scsa_host *host, struct linux_lun *ll, unsigned int tag)
{
	struct scsa_cmd *sc;

	if (WARN_ON_ONCE(tag >= ll->nslots))
		return NULL;
	sc = ll->slots[tag];
	if (likely(sc && READ_ONCE(sc->sc_state) == SCSA_CMD_IDLE))
		return sc;
	/* It is completing, or its buffer is being bound: fail so that the midlayer retries. */
	if (sc && (!cmd_revoke(sc) || !linux_orphan(host, ll, tag)))
		return NULL;
	sc = scsa_cmd_alloc(ll->lun);
	if (!sc)
		return NULL;
	sc->sc_host = host;
	sc->sc_stats = &host->stats;
	sc->sc_channel = ll->channel;
	sc->sc_id = ll->id;
	sc->sc_lun = ll->lun_nr;
	WRITE_ONCE(ll->slots[tag], sc);
	return sc;
}

/* linux_orphan() for a thread, which can wait until the Solaris side has left the buffer alone. */
bool linux_orphan_wait(struct scsa_host *host, struct linux_lun *ll, unsigned int tag)
{
	linux_dma_give_up(host->dip);
	while (!cmd_revoke(ll->slots[tag]))
		usleep_range(100, 200);
	return linux_orphan(host, ll, tag);
}

/* host->lock is held. False if a command's buffer is being bound right now: try again. */
static bool orphan_lun(struct scsa_host *host, struct linux_lun *ll)
{
	unsigned int i;

	for (i = 0; i < ll->nslots; i++) {
		struct scsa_cmd *sc = ll->slots[i];

		if (!sc || READ_ONCE(sc->sc_state) != SCSA_CMD_STARTED)
			continue;
		if (!cmd_revoke(sc))
			return false;
		cmd_orphan(host, ll, i);
	}
	return true;
}

/* The midlayer gives up all commands that are still out. Thread. */
void linux_orphan_all(struct scsa_host *host)
{
	struct linux_lun *ll;
	unsigned long flags;
	bool done;

	linux_dma_give_up(host->dip);
	for (;;) {
		done = true;
		spin_lock_irqsave(&host->lock, flags);
		list_for_each_entry(ll, &host->luns, node)
			done &= orphan_lun(host, ll);
		spin_unlock_irqrestore(&host->lock, flags);
		if (done)
			return;
		usleep_range(100, 200);
	}
}

/* Count the orphans whose freed memory the device may still overwrite. host->lock is held. */
static unsigned int count_unsafe(const struct scsa_host *host)
{
	const struct scsa_cmd *sc;
	unsigned int n = 0;

	for (sc = host->orphans; sc; sc = sc->sc_next_orphan)
		n += sc->sc_unsafe;
	return n;
}

/*
 * A recovery has failed, and the midlayer is about to return the memory of the commands that are
 * still out to its owners. References keep most of that memory from reuse. If there is memory that
 * they do not keep, switch the device's bus mastering off. Later recoveries do not wait for these
 * commands. Thread.
 */
void linux_write_off(struct scsa_host *host)
{
	struct scsa_cmd *sc;
	unsigned long flags;
	unsigned int unsafe;

	spin_lock_irqsave(&host->lock, flags);
	for (sc = host->orphans; sc; sc = sc->sc_next_orphan)
		sc->sc_written_off = true;
	unsafe = count_unsafe(host);
	if (unsafe && !host->dma_stopped) {
		host->dma_stopped = true;
		linux_dma_stop(host->dip);
	} else {
		unsafe = 0;
	}
	spin_unlock_irqrestore(&host->lock, flags);
	if (unsafe)
		shost_printk(KERN_ERR, host->shost,
			     "%u lost commands may still write to kernel memory: bus mastering is off until they are back or the driver is loaded again\n",
			     unsafe);
}

/* Switch bus mastering on again unless an orphan can overwrite memory. host->lock is held. */
static bool resume_dma(struct scsa_host *host)
{
	if (host->dma_stopped && !count_unsafe(host)) {
		host->dma_stopped = false;
		linux_dma_start(host->dip);
	}
	return !host->dma_stopped;
}

/* The HBA driver has stopped its device. False if bus mastering is off and must stay off. */
bool linux_resume_dma(struct scsa_host *host)
{
	unsigned long flags;
	bool on;

	spin_lock_irqsave(&host->lock, flags);
	on = resume_dma(host);
	spin_unlock_irqrestore(&host->lock, flags);
	return on;
}

static void orphan_returned(struct scsa_cmd *sc)
{
	struct scsa_host *host = sc->sc_host;
	struct scsa_cmd **p;
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	for (p = &host->orphans; *p && *p != sc; p = &(*p)->sc_next_orphan)
		;
	if (*p)
		*p = sc->sc_next_orphan;
	resume_dma(host);
	spin_unlock_irqrestore(&host->lock, flags);
	scsa_cmd_free(sc);
}

/* Thread model: start, in order, the commands that queuecommand queued as it must not sleep. */
void linux_start_pending(struct work_struct *work)
{
	struct scsa_host *host = container_of(work, struct scsa_host, work);
	struct llist_node *list = llist_reverse_order(llist_del_all(&host->pending));
	struct scsa_cmd *sc, *next;

	llist_for_each_entry_safe(sc, next, list, sc_pending) {
		/* The midlayer may have given up on it, and its pages may have been reused. */
		bool held = linux_cmd_hold(sc);

		if (!held || scsa_cmd_start(sc)) {
			sc->sc_outcome = SCSA_REQUEUE;
			sc->sc_resid = sc->sc_len;
			sc->sc_senselen = 0;
			linux_cmd_done(sc);
		}
		if (held)
			linux_cmd_unhold(sc);
	}
	/* The command that should ring the doorbell may be one that could not start. */
	if (host->commit)
		scsa_tran_commit(host->dip);
}

/* Does the command ask what the LUN is? Only INQUIRY without a vital product data page does. */
static bool asks_what_it_is(const struct scsi_cmnd *scmd)
{
	return scmd->cmd_len && scmd->cmnd[0] == INQUIRY && !(scmd->cmnd[1] & 1);
}

/*
 * Answer INQUIRY for a LUN that is not there: a device of any kind is impossible here. The midlayer
 * then goes on to look at other LUNs. Any other answer, or none, would end its scan of the target.
 */
static noinline void answer_no_lun(struct scsi_cmnd *scmd)
{
	/* The midlayer takes the target's level from the latest answer: repeat what it knows. */
	u8 level = scmd->device->sdev_target->scsi_level;
	u8 inq[36] = {
		[0] = 0x7f, [2] = level > SCSI_1 ? level - 1 : level, [3] = level > SCSI_1,
		[4] = sizeof(inq) - 5,
	};

	scsi_set_resid(scmd, scsi_bufflen(scmd) - scsi_sg_copy_from_buffer(scmd, inq, sizeof(inq)));
	scmd->result = SAM_STAT_GOOD;
}

/* A command for an address that the HBA driver does not serve. */
static qc_status_t cmd_not_served(struct scsi_cmnd *scmd)
{
	if (asks_what_it_is(scmd))
		answer_no_lun(scmd);
	else
		scmd->result = DID_NO_CONNECT << 16;
	scsi_done(scmd);
	return 0;
}

/*
 * Has a target rejected the midlayer's question for a LUN that it does not have? It should have
 * answered the question, but some targets older than SCSI-3 do not.
 */
static bool says_no_lun(const struct scsi_cmnd *scmd, const struct scsa_cmd *sc)
{
	struct scsi_sense_hdr sshdr;

	if (scmd->device->sdev_state != SDEV_CREATED || !asks_what_it_is(scmd))
		return false;
	if (sc->sc_outcome == SCSA_NO_LUN)
		return true;
	return sc->sc_status == SAM_STAT_CHECK_CONDITION &&
	       scsi_normalize_sense(sc->sc_sense, sc->sc_senselen, &sshdr) &&
	       sshdr.sense_key == ILLEGAL_REQUEST && sshdr.asc == 0x25;
}

static qc_status_t linux_queuecommand(struct Scsi_Host *shost, struct scsi_cmnd *scmd)
{
	struct scsi_device *sdev = scmd->device;
	struct request *rq = scsi_cmd_to_rq(scmd);
	struct linux_lun *ll = sdev->hostdata;
	struct scsa_host *host = shost_priv(shost);
	unsigned int secs = rq->timeout / HZ;
	struct scsa_cmd *sc;

	if (unlikely(!ll->lun))
		return cmd_not_served(scmd);
	sc = get_cmd(host, ll, rq->tag);
	if (unlikely(!sc))
		return SCSI_MLQUEUE_HOST_BUSY;
	sc->sc_scmd = scmd;
	sc->sc_cdb = scmd->cmnd;
	sc->sc_cdblen = scmd->cmd_len;
	sc->sc_sgl = scsi_sglist(scmd);
	sc->sc_nents = scsi_sg_count(scmd);
	sc->sc_kaddr = sc->sc_nents == 1 && !PageHighMem(sg_page(scsi_sglist(scmd))) ?
		       sg_virt(scsi_sglist(scmd)) : NULL;
	sc->sc_len = scsi_bufflen(scmd);
	sc->sc_blksize = sdev->sector_size;
	sc->sc_devtype = sdev->type;
	/*
	 * Let the midlayer's timer expire first: the midlayer reports a timeout as such, and
	 * starts with an abort of just this command.
	 */
	sc->sc_time = secs + host->hba_secs;
	sc->sc_revoked = false;
	sc->sc_flags = (scmd->sc_data_direction == DMA_FROM_DEVICE ? SCSA_CMD_READ : 0) |
		       (scmd->flags & SCMD_TAGGED ? SCSA_CMD_TAGGED : 0) |
		       (sdev->lun_in_cdb ? SCSA_CMD_LUN_IN_CDB : 0) |
		       (host->commit && !(scmd->flags & SCMD_LAST) ? SCSA_CMD_MORE : 0);
	trace_scsa_start(sdev, sc);
	WRITE_ONCE(sc->sc_state, SCSA_CMD_STARTED);
	if (host->wq) {
		if (llist_add(&sc->sc_pending, &host->pending))
			queue_work(host->wq, &host->work);
		return 0;
	}
	if (likely(!scsa_cmd_start(sc)))
		return 0;
	WRITE_ONCE(sc->sc_state, SCSA_CMD_IDLE);
	return SCSI_MLQUEUE_HOST_BUSY;
}

static void linux_commit_rqs(struct Scsi_Host *shost, u16 hwq)
{
	struct scsa_host *host = shost_priv(shost);

	if (host->commit && !host->wq)
		scsa_tran_commit(host->dip);
}

/* The only place that maps the outcome of a packet to a host byte. */
static const unsigned char host_byte_of[] = {
	[SCSA_OK]		= DID_OK,
	[SCSA_NO_DEVICE]	= DID_NO_CONNECT,
	[SCSA_TIMED_OUT]	= DID_SOFT_ERROR,
	[SCSA_RESET]		= DID_RESET,
	[SCSA_ABORTED]		= DID_SOFT_ERROR,
	[SCSA_PARITY]		= DID_PARITY,
	[SCSA_NO_LUN]		= DID_ERROR,
	[SCSA_TRANSPORT]	= DID_ERROR,
	[SCSA_DEAD]		= DID_NO_CONNECT,
	[SCSA_REQUEUE]		= DID_REQUEUE,
};

/*
 * The target says that it has carried the command out, but moved less data than requested. The
 * midlayer would repeat the rest endlessly. Its underflow field says how much must be moved at
 * least, but counts blocks of any size as 512 bytes.
 */
static bool cmd_is_short(struct scsi_cmnd *scmd, const struct scsa_cmd *sc, bool block_io)
{
	static DEFINE_RATELIMIT_STATE(short_limit, DEFAULT_RATELIMIT_INTERVAL, 3);
	unsigned int need = block_io ? sc->sc_len : scmd->underflow;

	if (sc->sc_len - sc->sc_resid >= need)
		return false;
	scsa_count(&sc->sc_host->stats.short_transfers, 1);
	if (__ratelimit(&short_limit))
		sdev_printk(KERN_WARNING, scmd->device,
			    "opcode %#04x: good status, but %u of %u bytes were not moved\n",
			    sc->sc_cdb[0], sc->sc_resid, sc->sc_len);
	return true;
}

/* Set the SCSI status of a command that is not simply GOOD with all data moved. */
static void set_status(struct scsi_cmnd *scmd, const struct scsa_cmd *sc)
{
	enum req_op op = req_op(scsi_cmd_to_rq(scmd));
	bool block_io = op == REQ_OP_READ || op == REQ_OP_WRITE;
	struct scsi_sense_hdr sshdr;

	scmd->result = sc->sc_status;
	if (sc->sc_senselen)
		memcpy(scmd->sense_buffer, sc->sc_sense,
		       min_t(size_t, sc->sc_senselen, SCSI_SENSE_BUFFERSIZE));
	if (!split_carried_out(sc->sc_status, sc->sc_sense, sc->sc_senselen))
		return;
	if (cmd_is_short(scmd, sc, block_io)) {
		scmd->result = DID_ERROR << 16;
		return;
	}
	/* sd knows only RECOVERED ERROR; anything else it would repeat endlessly. */
	if (block_io && !(scsi_command_normalize_sense(scmd, &sshdr) &&
			  sshdr.sense_key == RECOVERED_ERROR))
		scmd->result = SAM_STAT_GOOD;
}

static noinline void set_result(struct scsi_cmnd *scmd, const struct scsa_cmd *sc)
{
	static DEFINE_RATELIMIT_STATE(too_large_limit, DEFAULT_RATELIMIT_INTERVAL, 3);

	if (says_no_lun(scmd, sc)) {
		answer_no_lun(scmd);
		return;
	}
	scsi_set_resid(scmd, sc->sc_resid);
	switch (sc->sc_outcome) {
	case SCSA_OK:
		set_status(scmd, sc);
		break;
	case SCSA_TOO_LARGE:
		if (__ratelimit(&too_large_limit))
			sdev_printk(KERN_WARNING, scmd->device,
				    "opcode %#04x with %u bytes of data does not fit in one command of this controller and cannot be split\n",
				    sc->sc_cdb[0], sc->sc_len);
		scsi_build_sense(scmd, 0, ILLEGAL_REQUEST, 0x24, 0);
		break;
	case SCSA_TIMED_OUT:
	case SCSA_ABORTED:
		/* Let the midlayer repeat block requests; a passthrough sender decides itself. */
		if (blk_rq_is_passthrough(scsi_cmd_to_rq(scmd))) {
			scmd->result = DID_ABORT << 16;
			break;
		}
		fallthrough;
	default:
		scmd->result = host_byte_of[sc->sc_outcome] << 16;
		break;
	}
}

/*
 * Code with preemption off counts as an RCU reader too, and that is cheaper where rcu_read_lock() is a
 * call. Not on real-time kernels: scsi_done() may sleep there.
 */
static inline void done_read_lock(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		rcu_read_lock();
	else
		preempt_disable();
}

static inline void done_read_unlock(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		rcu_read_unlock();
	else
		preempt_enable();
}

/* The HBA driver is done with @sc and its buffer is unmapped. Any context. */
void linux_cmd_done(struct scsa_cmd *sc)
{
	struct scsi_cmnd *scmd = sc->sc_scmd;
	int state;

	trace_scsa_done(sc);
	state = cmpxchg(&sc->sc_state, SCSA_CMD_STARTED, SCSA_CMD_DONE);
	if (unlikely(state != SCSA_CMD_STARTED)) {
		if (!WARN_ONCE(state != SCSA_CMD_ORPHAN, "command completed twice"))
			orphan_returned(sc);
		return;
	}
	if (likely(sc->sc_outcome == SCSA_OK && !sc->sc_status && !sc->sc_resid)) {
		scsi_set_resid(scmd, 0);
		scmd->result = SAM_STAT_GOOD;
	} else {
		set_result(scmd, sc);
	}
	/*
	 * Error handling also sees IDLE. It waits for this RCU section to end before it uses the
	 * scsi_cmnd again.
	 */
	done_read_lock();
	/* From scsi_done() on, the tag and so the slot may be reused. */
	smp_store_release(&sc->sc_state, SCSA_CMD_IDLE);
	/*
	 * If the request came from this CPU, complete it here and save the block layer's detour
	 * through a softirq, as with a multi-queue HBA. Requests of other CPUs go where
	 * rq_affinity says.
	 */
	if (blk_mq_rq_cpu(scsi_cmd_to_rq(scmd)) == raw_smp_processor_id())
		scsi_done_direct(scmd);
	else
		scsi_done(scmd);
	done_read_unlock();
}

void linux_trace_part(struct scsa_cmd *sc, uint64_t offset, uint64_t len)
{
	trace_scsa_part(sc, offset, len);
}

void linux_report_reset(struct dev_info *dip, unsigned int target)
{
	struct scsa_host *host = READ_ONCE(dip->di_host);
	struct Scsi_Host *shost;
	unsigned long flags;

	if (!host)
		return;
	shost = host->shost;
	spin_lock_irqsave(shost->host_lock, flags);
	scsi_report_device_reset(shost, target / shost->max_id, target % shost->max_id);
	spin_unlock_irqrestore(shost->host_lock, flags);
}

void linux_cmd_template_init(struct scsi_host_template *t)
{
	t->queuecommand = linux_queuecommand;
	t->commit_rqs = linux_commit_rqs;
}
