// SPDX-License-Identifier: GPL-2.0
/*
 * Polled commands: FLAG_NOINTR in scsi_transport(9F), and scsi_poll(9F).
 *
 * A thread that may sleep need not make the HBA driver spin: we send its packet like any other and
 * wait for the completion. Only callers that cannot sleep use the driver's own polling.
 */
#include <sys/scsi/scsi.h>
#include <linux/export.h>

#include "../impl.h"
#include "pkt.h"

#define POLL_TIMEOUT_SEC	60	/* for packets without a pkt_time */
#define POLL_ROUND_USEC		10000
#define POLL_BUSY_USEC		1000000
#define POLL_ROUNDS_PER_SEC	(1000000 / POLL_ROUND_USEC)
/* How long a packet may be late, and how long to wait after each attempt to get it back. */
#define POLL_GRACE_SEC		5
#define POLL_GRACE_DOUBLINGS	6

/* One waiter, on the waiting thread's stack. */
struct poll_waiter {
	struct poll_waiter	*next;
	struct scsi_pkt		*pkt;
	boolean_t		done;
};

static kmutex_t poll_lock;		/* protects the list and its entries */
static kcondvar_t poll_cv;
static struct poll_waiter *poll_waiters;

void scsa_poll_init(void)
{
	mutex_init(&poll_lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(SCSA_PRI_ATOMIC));
	cv_init(&poll_cv, NULL, CV_DRIVER, NULL);
}

void scsa_poll_fini(void)
{
	cv_destroy(&poll_cv);
	mutex_destroy(&poll_lock);
}

static void poll_comp(struct scsi_pkt *pkt)
{
	struct poll_waiter *w;

	mutex_enter(&poll_lock);
	for (w = poll_waiters; w && w->pkt != pkt; w = w->next)
		;
	if (w) {
		w->done = B_TRUE;
		cv_broadcast(&poll_cv);
	}
	mutex_exit(&poll_lock);
}

/* poll_lock is held on entry and on return. B_FALSE after @seconds without a completion. */
static boolean_t wait_done(struct poll_waiter *w, int seconds)
{
	clock_t until = ddi_get_lbolt() + SEC_TO_TICK(seconds);

	while (!w->done)
		if (cv_timedwait(&poll_cv, &poll_lock, until) < 0)
			return w->done;
	return B_TRUE;
}

static void get_back(struct scsi_pkt *pkt, int step)
{
	struct scsi_address *ap = &pkt->pkt_address;

	if (step == 0) {
		dev_err(ap->a_hba_tran->tran_hba_dip, CE_WARN, "a polled command is overdue; aborting it");
		scsi_abort(ap, pkt);
	} else {
		scsi_reset(ap, step == 1 ? RESET_TARGET : RESET_ALL);
	}
}

/*
 * The driver owns the packet and its memory until it returns the packet, so we must wait. With a
 * time limit we also ask for it with increasing force: abort, target reset, bus reset.
 */
static void wait_for_pkt(struct poll_waiter *w, int seconds)
{
	int step;

	mutex_enter(&poll_lock);
	while (!seconds && !w->done)
		cv_wait(&poll_cv, &poll_lock);
	for (step = 0; !wait_done(w, seconds); step++) {
		mutex_exit(&poll_lock);
		get_back(w->pkt, step);
		seconds = POLL_GRACE_SEC << MIN(step, POLL_GRACE_DOUBLINGS);
		mutex_enter(&poll_lock);
	}
	mutex_exit(&poll_lock);
}

static void poll_enter(struct poll_waiter *w)
{
	mutex_enter(&poll_lock);
	w->next = poll_waiters;
	poll_waiters = w;
	mutex_exit(&poll_lock);
}

static void poll_leave(struct poll_waiter *w)
{
	struct poll_waiter **p;

	mutex_enter(&poll_lock);
	for (p = &poll_waiters; *p != w; p = &(*p)->next)
		;
	*p = w->next;
	mutex_exit(&poll_lock);
}

/* Send a polled packet as an ordinary one and wait for it. Thread. TRAN_*. */
static int send_and_wait(struct scsi_pkt *pkt)
{
	struct poll_waiter w = { .pkt = pkt };
	void (*comp)(struct scsi_pkt *) = pkt->pkt_comp;
	uint_t flags = pkt->pkt_flags;
	int rc;

	pkt->pkt_flags = (flags & ~FLAG_NOINTR) | FLAG_IMMEDIATE_CB;
	pkt->pkt_comp = poll_comp;
	poll_enter(&w);
	rc = pkt->pkt_address.a_hba_tran->tran_start(&pkt->pkt_address, pkt);
	if (rc == TRAN_ACCEPT)
		wait_for_pkt(&w, pkt->pkt_time ? pkt->pkt_time + POLL_GRACE_SEC : 0);
	poll_leave(&w);
	pkt->pkt_flags = flags;
	pkt->pkt_comp = comp;
	return rc;
}

/* Let the driver poll. TRAN_*. */
static int start_polled(struct scsi_pkt *pkt)
{
	struct scsi_address *ap = &pkt->pkt_address;
	int rc = ap->a_hba_tran->tran_start(ap, pkt);

	if (rc == TRAN_ACCEPT)
		scsi_pkt_sync_consistent(pkt);
	return rc;
}

int scsi_transport_polled(struct scsi_pkt *pkt)
{
	return linux_may_sleep() ? send_and_wait(pkt) : start_polled(pkt);
}

int scsi_transport_panic(struct scsi_pkt *pkt)
{
	pkt->pkt_flags |= FLAG_NOINTR;
	if (start_polled(pkt) != TRAN_ACCEPT)
		return TRAN_FATAL_ERROR;
	if (pkt->pkt_comp)
		pkt->pkt_comp(pkt);
	return TRAN_ACCEPT;
}

static void poll_pause(clock_t usec)
{
	if (linux_may_sleep())
		delay(drv_usectohz(usec));
	else
		drv_usecwait(usec);
}

/* How long to wait, in microseconds, before sending the packet again. 0: do not send it again. */
static clock_t poll_again(const struct scsi_pkt *pkt)
{
	if (pkt->pkt_reason == CMD_INCOMPLETE && pkt->pkt_state == 0)
		return POLL_ROUND_USEC;
	if (pkt->pkt_reason != CMD_CMPLT || !pkt->pkt_scbp)
		return 0;
	switch (*pkt->pkt_scbp & STATUS_MASK) {
	case STATUS_BUSY:
		return POLL_BUSY_USEC;
	case STATUS_QFULL:
		return POLL_ROUND_USEC;
	default:
		return 0;
	}
}

static int poll_rounds(struct scsi_pkt *pkt)
{
	clock_t left = (clock_t)pkt->pkt_time * POLL_ROUNDS_PER_SEC, pause;

	for (; left > 0; left -= pause / POLL_ROUND_USEC) {
		switch (scsi_transport(pkt)) {
		case TRAN_ACCEPT:
			pause = poll_again(pkt);
			if (!pause)
				return pkt->pkt_reason == CMD_CMPLT &&
				       (!pkt->pkt_scbp || !(*pkt->pkt_scbp & STATUS_MASK)) ? 0 : -1;
			break;
		case TRAN_BUSY:
			pause = POLL_ROUND_USEC;
			break;
		default:
			return -1;
		}
		poll_pause(pause);
	}
	return -1;
}

/**
 * scsa_scsi_poll() - scsi_poll(9F): run a packet and wait until it is complete
 * @pkt: packet with CDB; pkt_time also limits the time for repetitions; 0 stands for a minute
 *
 * The packet is sent again while the HBA or the target is busy. On return pkt_flags, pkt_comp and
 * pkt_time have their old values, and pkt_reason and the status say why it failed.
 *
 * Context: any; sleeps in a thread, spins elsewhere.
 * Return: 0 if the command completed with good status, else -1.
 */
int scsa_scsi_poll(struct scsi_pkt *pkt)
{
	void (*comp)(struct scsi_pkt *);
	int time, rc;
	uint_t flags;

	if (!pkt_usable(pkt)) {
		MISUSE("scsi_poll", "no packet");
		return -1;
	}
	comp = pkt->pkt_comp;
	flags = pkt->pkt_flags;
	time = pkt->pkt_time;
	pkt->pkt_flags |= FLAG_NOINTR;
	pkt->pkt_comp = NULL;
	if (time <= 0)
		pkt->pkt_time = POLL_TIMEOUT_SEC;
	rc = poll_rounds(pkt);
	pkt->pkt_flags = flags;
	pkt->pkt_comp = comp;
	pkt->pkt_time = time;
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_scsi_poll);

/**
 * scsa_scsi_hba_in_panic() - scsi_hba_in_panic(9F)
 *
 * Context: any.
 * Return: 1 once the kernel has panicked, when no code may sleep and no interrupts arrive; else 0.
 */
int scsa_scsi_hba_in_panic(void)
{
	return linux_in_panic();
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_in_panic);
