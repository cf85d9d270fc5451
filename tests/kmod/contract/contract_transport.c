// SPDX-License-Identifier: GPL-2.0
/* Clauses of scsi_transport(9F), scsi_poll(9F), scsi_probe(9F) and the control functions. */
#include "contract_fixture.h"


static int completions;

static void completed(struct scsi_pkt *pkt)
{
	completions++;
}

/* An HBA with tran_init_pkt(9E) and a packet for a command without data. */
static bool begin(struct contract_fixture *f, dev_info_t *dip)
{
	completions = 0;
	if (!contract_fixture_mock(f, dip, B_FALSE, 0))
		return false;
	f->pkt = contract_fixture_pkt(f, NULL, NULL, 0, SLEEP_FUNC);
	if (!f->pkt)
		return false;
	f->pkt->pkt_comp = completed;
	f->pkt->pkt_time = 1;
	return true;
}

static const char *transport(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	CHECK(scsi_transport(f.pkt) == TRAN_ACCEPT && completions == 1);
	f.hba->busy = 1;
	CHECK(scsi_transport(f.pkt) == TRAN_BUSY && completions == 1);
	f.hba->start_rc = TRAN_BADPKT;
	CHECK(scsi_transport(f.pkt) == TRAN_BADPKT);
	f.hba->start_rc = TRAN_FATAL_ERROR;
	CHECK(scsi_transport(f.pkt) == TRAN_FATAL_ERROR && completions == 1);
out:
	return contract_fixture_end(&f, why);
}

/* A packet that is sent again has nothing of its last command, to which drivers would add. */
static const char *transport_again(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	f.hba->status = STATUS_CHECK;
	f.hba->status_times = 1;
	CHECK(scsi_transport(f.pkt) == TRAN_ACCEPT && f.hba->start_renewed);
	CHECK(*f.pkt->pkt_scbp == STATUS_CHECK && f.pkt->pkt_state);
	f.pkt->pkt_statistics = STAT_TIMEOUT;
	CHECK(scsi_transport(f.pkt) == TRAN_ACCEPT && f.hba->start_renewed && !f.pkt->pkt_statistics);
	CHECK(scsi_poll(f.pkt) == 0 && f.hba->start_renewed);
out:
	return contract_fixture_end(&f, why);
}

/* The thread sleeps until the packet is complete, and gets it back unchanged. */
static const char *polled_in_thread(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	f.hba->latency = drv_usectohz(50000);
	f.pkt->pkt_flags = FLAG_NOINTR | FLAG_STAG;
	f.pkt->pkt_reason = CMD_TRAN_ERR;
	CHECK(scsi_transport(f.pkt) == TRAN_ACCEPT);
	CHECK(f.pkt->pkt_reason == CMD_CMPLT && completions == 0);
	CHECK(f.hba->start_flags == (FLAG_STAG | FLAG_IMMEDIATE_CB) && f.hba->start_comp);
	CHECK(f.pkt->pkt_flags == (FLAG_NOINTR | FLAG_STAG) && f.pkt->pkt_comp == completed);
	/* A packet that the driver does not accept is not waited for. */
	f.hba->busy = 1;
	CHECK(scsi_transport(f.pkt) == TRAN_BUSY && f.pkt->pkt_comp == completed);
out:
	return contract_fixture_end(&f, why);
}

/* A caller that cannot sleep leaves the polling to the driver. */
static const char *polled_in_atomic(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;
	kmutex_t spin;
	int rc;

	CHECK(begin(&f, dip));
	mutex_init(&spin, NULL, MUTEX_DRIVER, DDI_INTR_PRI(6));
	f.pkt->pkt_flags = FLAG_NOINTR;
	mutex_enter(&spin);
	rc = scsi_transport(f.pkt);
	mutex_exit(&spin);
	mutex_destroy(&spin);
	CHECK(rc == TRAN_ACCEPT && f.hba->start_flags == FLAG_NOINTR && completions == 0);
out:
	return contract_fixture_end(&f, why);
}

static const char *polled_late(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	f.hba->mute = B_TRUE;
	f.pkt->pkt_flags = FLAG_NOINTR;
	CHECK(scsi_transport(f.pkt) == TRAN_ACCEPT);
	CHECK(f.hba->aborts == 1 && f.pkt->pkt_reason == CMD_ABORTED && completions == 0);
	/* The abort fails, so the packet stays the driver's until it comes. */
	f.hba->mute = B_TRUE;
	f.hba->slow_abort = B_TRUE;
	CHECK(scsi_transport(f.pkt) == TRAN_ACCEPT);
	CHECK(f.hba->aborts == 2 && f.pkt->pkt_reason == CMD_ABORTED && completions == 0);
out:
	return contract_fixture_end(&f, why);
}

static void poke_first(struct mock_hba *hba, struct scsi_pkt *pkt)
{
	contract_poke(pkt->pkt_cookies[0].dmac_laddress, 0x5a);
}

static int late_teardowns;

static void poke_late(struct mock_hba *hba, struct scsi_pkt *pkt)
{
	late_teardowns = hba->teardowns;
	poke_first(hba, pkt);
}

/* The device writes before the late packet is back: its memory is still mapped, and still its own. */
static const char *late_memory(dev_info_t *dip)
{
	struct contract_fixture f = { };
	const char *why = NULL;

	if (!contract_can_peek(dip))
		return contract_skip;
	completions = 0;
	late_teardowns = -1;
	CHECK(contract_fixture_mock(&f, dip, B_TRUE, 2));
	f.pkt = contract_fixture_pkt(&f, NULL, f.bp, PKT_CONSISTENT, SLEEP_FUNC);
	CHECK(f.pkt);
	f.pkt->pkt_comp = completed;
	f.pkt->pkt_time = 1;
	f.pkt->pkt_flags = FLAG_NOINTR;
	f.hba->state = STATE_XFERRED_DATA;
	f.hba->mute = B_TRUE;
	f.hba->slow_abort = B_TRUE;
	f.hba->play_late = poke_late;
	CHECK(scsi_transport(f.pkt) == TRAN_ACCEPT && f.pkt->pkt_reason == CMD_ABORTED);
	CHECK(late_teardowns == 0 && f.hba->dmafrees == 0 && completions == 0);
	CHECK(*contract_sgl_byte(&f.s, 0) == 0x5a);
out:
	return contract_fixture_end(&f, why);
}

static const char *poll_good(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	f.hba->latency = 1;
	f.pkt->pkt_flags = FLAG_SILENT;
	CHECK(scsi_poll(f.pkt) == 0 && completions == 0);
	CHECK(f.pkt->pkt_flags == FLAG_SILENT && f.pkt->pkt_comp == completed);
	CHECK(f.pkt->pkt_time == 1);
	f.pkt->pkt_time = 0;
	CHECK(scsi_poll(f.pkt) == 0 && f.pkt->pkt_time == 0);
out:
	return contract_fixture_end(&f, why);
}

static const char *poll_busy(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	f.hba->busy = 2;
	CHECK(scsi_poll(f.pkt) == 0 && f.hba->starts == 3);
	f.hba->starts = 0;
	f.hba->status = STATUS_QFULL;
	f.hba->status_times = 2;
	CHECK(scsi_poll(f.pkt) == 0 && f.hba->starts == 3);
	f.hba->starts = 0;
	f.hba->status = STATUS_BUSY;
	f.hba->status_times = 1;
	f.pkt->pkt_time = 5;
	CHECK(scsi_poll(f.pkt) == 0 && f.hba->starts == 2);
	/* Retries are limited: one second, in steps of ten milliseconds. */
	f.hba->starts = 0;
	f.hba->busy = 100000;
	f.pkt->pkt_time = 1;
	CHECK(scsi_poll(f.pkt) == -1 && f.hba->starts == 100);
out:
	return contract_fixture_end(&f, why);
}

static const char *poll_fails(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	f.hba->status = STATUS_CHECK;
	f.hba->status_times = 1;
	CHECK(scsi_poll(f.pkt) == -1 && *f.pkt->pkt_scbp == STATUS_CHECK && f.hba->starts == 1);
	f.hba->reason = CMD_TRAN_ERR;
	CHECK(scsi_poll(f.pkt) == -1 && f.pkt->pkt_reason == CMD_TRAN_ERR && f.hba->starts == 2);
	f.hba->start_rc = TRAN_FATAL_ERROR;
	CHECK(scsi_poll(f.pkt) == -1 && f.pkt->pkt_comp == completed);
out:
	return contract_fixture_end(&f, why);
}

/* ---- control ---- */

static int reset_level, notify_flag, tasks_cleared;

static int note_reset(struct scsi_address *ap, int level)
{
	reset_level = level;
	return level == RESET_TARGET ? 1 : DDI_FAILURE;
}

static int note_notify(struct scsi_address *ap, int flag, void (*callback)(caddr_t), caddr_t arg)
{
	notify_flag = flag;
	return DDI_SUCCESS;
}

static int clear(struct scsi_address *ap)
{
	return ++tasks_cleared;
}

static int terminate(struct scsi_address *ap, struct scsi_pkt *pkt)
{
	return pkt ? 1 : 0;
}

static const char *abort_and_reset(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	/* Only 1 means success. */
	CHECK(scsi_abort(f.ap, f.pkt) == 0 && f.hba->aborts == 1);
	f.hba->mute = B_TRUE;
	CHECK(scsi_transport(f.pkt) == TRAN_ACCEPT && completions == 0);
	CHECK(scsi_abort(f.ap, f.pkt) == 1 && completions == 1);
	f.hba->tran->tran_abort = NULL;
	CHECK(scsi_abort(f.ap, f.pkt) == 0);

	CHECK(scsi_reset(f.ap, RESET_ALL) == 0);
	f.hba->tran->tran_reset = note_reset;
	CHECK(scsi_reset(f.ap, RESET_TARGET) == 1 && reset_level == RESET_TARGET);
	CHECK(scsi_reset(f.ap, RESET_ALL) == 0 && reset_level == RESET_ALL);
	/* Without the capability "lun-reset" the driver is not called. */
	CHECK(scsi_reset(f.ap, RESET_LUN) == 0 && reset_level == RESET_ALL);
out:
	return contract_fixture_end(&f, why);
}

static const char *optional_vectors(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	CHECK(scsi_reset_notify(f.ap, SCSI_RESET_NOTIFY, NULL, NULL) == DDI_FAILURE);
	CHECK(scsi_clear_task_set(f.ap) == -1 && scsi_clear_aca(f.ap) == -1);
	CHECK(scsi_terminate_task(f.ap, f.pkt) == -1);
	f.hba->tran->tran_reset_notify = note_notify;
	f.hba->tran->tran_clear_task_set = clear;
	f.hba->tran->tran_clear_aca = clear;
	f.hba->tran->tran_terminate_task = terminate;
	tasks_cleared = 0;
	CHECK(scsi_reset_notify(f.ap, SCSI_RESET_CANCEL, NULL, NULL) == DDI_SUCCESS &&
	      notify_flag == SCSI_RESET_CANCEL);
	CHECK(scsi_clear_task_set(f.ap) == 1 && scsi_clear_aca(f.ap) == 2);
	CHECK(scsi_terminate_task(f.ap, f.pkt) == 1);
out:
	return contract_fixture_end(&f, why);
}

static int getcap_whom(struct scsi_address *ap, char *cap, int whom)
{
	return scsi_hba_lookup_capstr(cap) == SCSI_CAP_INITIATOR_ID ? 7 + whom : -1;
}

static int setcap_refuse(struct scsi_address *ap, char *cap, int value, int whom)
{
	return 0;
}

static const char *capabilities(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	f.hba->tran->tran_getcap = getcap_whom;
	CHECK(scsi_ifgetcap(f.ap, "initiator-id", 0) == 7);
	CHECK(scsi_ifgetcap(f.ap, "initiator-id", 1) == 8);
	CHECK(scsi_ifgetcap(f.ap, "no-such-capability", 1) == -1);
	CHECK(scsi_ifsetcap(f.ap, "no-such-capability", 1, 1) == -1);
	CHECK(scsi_ifsetcap(f.ap, "sector-size", 2048, 1) == 1);
	CHECK(f.hba->tran->tran_dma_attr.dma_attr_granular == 2048);
	/* A value that the driver rejects has no effect. */
	f.hba->tran->tran_setcap = setcap_refuse;
	CHECK(scsi_ifsetcap(f.ap, "sector-size", 4096, 1) == 0);
	CHECK(f.hba->tran->tran_dma_attr.dma_attr_granular == 2048);
	CHECK(scsi_hba_in_panic() == 0);
out:
	return contract_fixture_end(&f, why);
}

/* ---- buffers and probing ---- */

static const char *consistent_buf(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;
	struct buf *bp = NULL, *header;

	CHECK(begin(&f, dip));
	bp = scsi_alloc_consistent_buf(f.ap, NULL, 512, B_READ, SLEEP_FUNC, NULL);
	CHECK(bp && bp->b_bcount == 512 && (bp->b_flags & B_READ) && bp->b_un.b_addr);
	scsi_free_consistent_buf(bp);
	bp = scsi_alloc_consistent_buf(f.ap, NULL, 0, B_WRITE, NULL_FUNC, NULL);
	CHECK(bp && bp->b_bcount == 0 && !(bp->b_flags & B_READ) && !bp->b_un.b_addr);
	scsi_free_consistent_buf(bp);
	header = getrbuf(KM_SLEEP);
	header->b_flags = B_READ | B_PAGEIO;
	bp = header;
	CHECK(scsi_alloc_consistent_buf(f.ap, header, 36, B_WRITE, NULL_FUNC, NULL) == header);
	CHECK(bp->b_bcount == 36 && bp->b_un.b_addr && !(bp->b_flags & (B_READ | B_PAGEIO)));
out:
	scsi_free_consistent_buf(bp);
	scsi_free_consistent_buf(NULL);
	return contract_fixture_end(&f, why);
}

/* Play a device that returns the INQUIRY data at play_arg. */
static void play_inquiry(struct mock_hba *hba, struct scsi_pkt *pkt)
{
	if (pkt->pkt_cdbp[0] == SCMD_INQUIRY && hba->init.bp)
		bcopy(hba->play_arg, hba->init.bp->b_un.b_addr, pkt->pkt_cdbp[4]);
}

static int never_there(struct scsi_device *sd, int (*waitfunc)(caddr_t))
{
	return SCSIPROBE_NORESP;
}

static const char *probe(dev_info_t *dip)
{
	struct scsi_inquiry inq = { .inq_rdf = RDF_SCSI2, .inq_ansi = 2, .inq_len = 31,
				    .inq_vid = "MOCK    ", .inq_cmdque = 1 };
	struct scsi_device sd = { };
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(begin(&f, dip));
	f.hba->play = play_inquiry;
	f.hba->play_arg = &inq;
	sd.sd_address = f.hba->ap;
	CHECK(sizeof(inq) == SUN_INQSIZE);
	CHECK(scsi_probe(&sd, SLEEP_FUNC) == SCSIPROBE_EXISTS);
	CHECK(sd.sd_inq && sd.sd_inq->inq_vid[0] == 'M' && sd.sd_inq->inq_cmdque);
	CHECK(((uchar_t *)sd.sd_inq)[7] == 0x02 && ((uchar_t *)sd.sd_inq)[3] == 0x02);
	CHECK(f.hba->init.flags == PKT_CONSISTENT && f.hba->inits == 2 && f.hba->destroys == 1);
	CHECK(scsi_probe(&sd, NULL_FUNC) == SCSIPROBE_EXISTS);
	scsi_unprobe(&sd);
	CHECK(!sd.sd_inq);

	inq.inq_rdf = RDF_LEVEL0;
	CHECK(scsi_probe(&sd, SLEEP_FUNC) == SCSIPROBE_NONCCS);
	inq.inq_dtype = DPQ_NEVER | DTYPE_UNKNOWN;
	CHECK(scsi_probe(&sd, SLEEP_FUNC) == SCSIPROBE_NORESP);
	inq.inq_dtype = DTYPE_DIRECT;
	/* A first failure is retried. */
	f.hba->status = STATUS_CHECK;
	f.hba->status_times = 1;
	CHECK(scsi_probe(&sd, SLEEP_FUNC) == SCSIPROBE_NONCCS);
	f.hba->status_times = 2;
	CHECK(scsi_probe(&sd, SLEEP_FUNC) == SCSIPROBE_FAILURE);
	/* Busy for longer than a probe takes. */
	f.hba->status = STATUS_BUSY;
	f.hba->status_times = 1000;
	CHECK(scsi_probe(&sd, SLEEP_FUNC) == SCSIPROBE_BUSY);
	f.hba->status_times = 0;
	f.hba->reason = CMD_INCOMPLETE;
	CHECK(scsi_probe(&sd, SLEEP_FUNC) == SCSIPROBE_NORESP);
	f.hba->init_fails = B_TRUE;
	CHECK(scsi_probe(&sd, NULL_FUNC) == SCSIPROBE_NOMEM);
	/* What some drivers say of a shortage, although the manual wants 0. */
	f.hba->init_error = ENOMEM;
	CHECK(scsi_probe(&sd, NULL_FUNC) == SCSIPROBE_NOMEM);
	f.hba->init_error = EINVAL;
	CHECK(scsi_probe(&sd, NULL_FUNC) == SCSIPROBE_FAILURE);
	f.hba->tran->tran_tgt_probe = never_there;
	CHECK(scsi_probe(&sd, NULL_FUNC) == SCSIPROBE_NORESP);
out:
	scsi_unprobe(&sd);
	return contract_fixture_end(&f, why);
}

/* ---- completion of packets whose buffers the framework has bound ---- */

static const char *comp_syncs(dev_info_t *dip)
{
	struct mock_hba *hba = mock_create(dip, B_TRUE, SCSI_HBA_TRAN_CDB | SCSI_HBA_TRAN_SCB);
	const char *why = NULL;
	struct scsi_pkt *pkt = NULL;
	struct buf *bp = NULL;

	if (!hba)
		return "cannot attach";
	completions = 0;
	bp = scsi_alloc_consistent_buf(&hba->ap, NULL, 512, B_READ, SLEEP_FUNC, NULL);
	CHECK(bp);
	pkt = scsi_init_pkt(&hba->ap, NULL, bp, 6, ARQ_LEN, 0, PKT_CONSISTENT, SLEEP_FUNC, NULL);
	CHECK(pkt);
	hba->state = STATE_XFERRED_DATA;
	if (contract_can_peek(dip))
		hba->play = poke_first;
	pkt->pkt_comp = completed;
	CHECK(scsi_transport(pkt) == TRAN_ACCEPT && completions == 1);
	CHECK(!hba->play || *(uchar_t *)bp->b_un.b_addr == 0x5a);
	/* There is no completion function to call. */
	pkt->pkt_comp = NULL;
	CHECK(scsi_transport(pkt) == TRAN_ACCEPT && completions == 1);
	if (!hba->play)
		why = contract_skip;
out:
	if (pkt)
		scsi_destroy_pkt(pkt);
	scsi_free_consistent_buf(bp);
	mock_destroy(hba);
	return why;
}

static const struct contract_test tests[] = {
	{ "transport.results", transport },
	{ "transport.used_again", transport_again },
	{ "transport.nointr.thread_sleeps", polled_in_thread },
	{ "transport.nointr.atomic", polled_in_atomic },
	{ "transport.nointr.late", polled_late },
	{ "transport.nointr.late_memory", late_memory },
	{ "poll.good", poll_good },
	{ "poll.busy", poll_busy },
	{ "poll.failure", poll_fails },
	{ "abort.reset.only_1_is_success", abort_and_reset },
	{ "tran.optional_vectors", optional_vectors },
	{ "ifgetcap.ifsetcap", capabilities },
	{ "alloc_consistent_buf", consistent_buf },
	{ "probe", probe },
	{ "hba_pkt_comp.consistent_synced", comp_syncs },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
