// SPDX-License-Identifier: GPL-2.0
/*
 * A target driver on a logical unit of a working HBA driver, next to the midlayer: tests
 * scsi_init_pkt(9F), scsi_poll(9F) and similar on top of a real driver.
 */
#include "contract_fixture.h"

#define BLOCK		512
#define PIECES		16
#define PANIC_PIECES	4
#define TIME_SEC	30
/* Places on the disk, in blocks, and the pattern of the bytes written there. */
#define LBA_WHOLE	8192
#define LBA_PARTS	16384
#define LBA_LOAD	24576
#define LBA_PANIC	32768
#define PATTERN(i, seed)	((uchar_t)((i) * 13 + (i) / BLOCK + (seed)))

static struct contract_lun *the_lun;

static struct scsi_pkt *init_pkt(struct contract_fixture *f, struct scsi_pkt *pkt, struct buf *bp,
				 int flags)
{
	pkt = contract_fixture_pkt(f, pkt, bp, flags, SLEEP_FUNC);
	if (pkt)
		pkt->pkt_time = TIME_SEC;
	return pkt;
}

static void read_or_write(struct scsi_pkt *pkt, uchar_t op, uint_t lba, uint_t blocks)
{
	const uchar_t cdb[10] = { op, 0, lba >> 24, lba >> 16, lba >> 8, lba, 0, blocks >> 8, blocks };

	bcopy(cdb, pkt->pkt_cdbp, sizeof(cdb));
}

static void fill(struct contract_fixture *f, int seed)
{
	size_t i;

	for (i = 0; i < f->s.len; i++)
		*contract_sgl_byte(&f->s, i) = PATTERN(i, seed);
}

static void clear(struct contract_fixture *f)
{
	size_t i;

	for (i = 0; i < f->s.len; i += PIECE)
		bzero(contract_sgl_byte(&f->s, i), PIECE);
}

static boolean_t holds(struct contract_fixture *f, int seed)
{
	size_t i;

	for (i = 0; i < f->s.len; i++)
		if (*contract_sgl_byte(&f->s, i) != PATTERN(i, seed))
			return B_FALSE;
	return B_TRUE;
}

/* Run @func in a context that must not sleep, with interrupts off. */
static int without_sleep(int (*func)(struct scsi_pkt *pkt), struct scsi_pkt *pkt)
{
	kmutex_t spin;
	int rc;

	mutex_init(&spin, NULL, MUTEX_DRIVER, DDI_INTR_PRI(6));
	mutex_enter(&spin);
	rc = func(pkt);
	mutex_exit(&spin);
	mutex_destroy(&spin);
	return rc;
}

/* ---- scsi_probe(9F) ---- */

static const char *probe(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	CHECK(scsi_probe(&f.sd, SLEEP_FUNC) == SCSIPROBE_EXISTS);
	CHECK((f.sd.sd_inq->inq_dtype & DTYPE_MASK) == DTYPE_DIRECT && f.sd.sd_inq->inq_vid[0] > ' ');
out:
	return contract_fixture_end(&f, why);
}

static const char *probe_absent(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	if (the_lun->absent < 0)
		return contract_skip;
	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	f.ap->a_target = the_lun->absent;
	CHECK(scsi_probe(&f.sd, SLEEP_FUNC) == SCSIPROBE_NORESP);
out:
	return contract_fixture_end(&f, why);
}

/* ---- scsi_init_pkt(9F): the decision table ---- */

static const char *no_buf(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt && f.pkt->pkt_resid == 0 && f.pkt->pkt_cdbp && f.pkt->pkt_scbp);
	CHECK(f.pkt->pkt_address.a_target == the_lun->target);
	/* TEST UNIT READY. */
	CHECK(scsi_poll(f.pkt) == 0);
	CHECK(init_pkt(&f, f.pkt, NULL, 0) == f.pkt);
	f.bp->b_bcount = 0;
	CHECK(init_pkt(&f, f.pkt, f.bp, 0) == f.pkt && f.pkt->pkt_resid == 0);
	CHECK(scsi_poll(f.pkt) == 0);
	scsi_destroy_pkt(f.pkt);
	f.pkt = init_pkt(&f, NULL, f.bp, 0);
	CHECK(f.pkt && f.pkt->pkt_resid == 0 && scsi_poll(f.pkt) == 0);
out:
	return contract_fixture_end(&f, why);
}

/* Carry out @op for the whole buffer, in as many parts as it takes; @parts counts them. */
static const char *all_parts(struct contract_fixture *f, uchar_t op, uint_t lba, uint_t *parts)
{
	size_t done = 0, part;
	const char *why = NULL;

	f->bp->b_flags = op == SCMD_READ_G1 ? B_READ : 0;
	f->pkt = init_pkt(f, f->pkt, f->bp, PKT_DMA_PARTIAL);
	CHECK(f->pkt);
	for (*parts = 0; ; ) {
		size_t left = f->pkt->pkt_resid;

		part = f->s.len - done - left;
		CHECK(part && part % BLOCK == 0);
		read_or_write(f->pkt, op, lba + done / BLOCK, part / BLOCK);
		CHECK(scsi_poll(f->pkt) == 0 && f->pkt->pkt_resid == 0);
		scsi_sync_pkt(f->pkt);
		done += part;
		++*parts;
		if (!left)
			break;
		CHECK(init_pkt(f, f->pkt, f->bp, 0) == f->pkt);
	}
	CHECK(done == f->s.len);
	/* There is no further part, and the caller keeps the packet. */
	CHECK(*parts == 1 || !init_pkt(f, f->pkt, f->bp, 0));
	scsi_dmafree(f->pkt);
out:
	return why;
}

/* scsi_init_pkt(9F) moves through the parts of a buffer, in order and completely. */
static const char *moves(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;
	uint_t parts;

	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	fill(&f, 1);
	why = all_parts(&f, SCMD_WRITE_G1, LBA_PARTS, &parts);
	if (why)
		goto out;
	CHECK(the_lun->segs >= PIECES || parts >= PIECES / the_lun->segs);
	CHECK(the_lun->segs < PIECES || parts == 1);
	clear(&f);
	why = all_parts(&f, SCMD_READ_G1, LBA_PARTS, &parts);
	if (why)
		goto out;
	CHECK(holds(&f, 1));
out:
	return contract_fixture_end(&f, why);
}

/* Without PKT_DMA_PARTIAL: all of it, or EINVAL; the packet stays its allocator's. */
static const char *not_partial(dev_info_t *dip)
{
	struct scsi_pkt *pkt;
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt);
	pkt = init_pkt(&f, NULL, f.bp, 0);
	if (the_lun->segs >= PIECES) {
		CHECK(pkt && pkt->pkt_resid == 0);
		scsi_destroy_pkt(pkt);
		goto out;
	}
	if (pkt)
		scsi_destroy_pkt(pkt);
	CHECK(!pkt);
	CHECK(geterror(f.bp) == EINVAL);
	CHECK(!init_pkt(&f, f.pkt, f.bp, 0) && geterror(f.bp) == EINVAL);
	CHECK(scsi_poll(f.pkt) == 0);
	CHECK(init_pkt(&f, f.pkt, f.bp, PKT_DMA_PARTIAL) == f.pkt && f.pkt->pkt_resid > 0);
	CHECK(geterror(f.bp) == 0);
out:
	return contract_fixture_end(&f, why);
}

/* A buffer without any mapped memory. */
static const char *nomapping(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	f.bp->b_sgl = NULL;
	f.bp->b_un.b_addr = NULL;
	CHECK(!init_pkt(&f, NULL, f.bp, 0) && geterror(f.bp) == EFAULT);
out:
	return contract_fixture_end(&f, why);
}

/* ---- FLAG_NOINTR ---- */

static int completions;

static void completed(struct scsi_pkt *pkt)
{
	__atomic_add_fetch(&completions, 1, __ATOMIC_ACQ_REL);
}

/* Write and read back a one-part buffer with scsi_transport(9F) and FLAG_NOINTR. */
static const char *polled(dev_info_t *dip, boolean_t atomic)
{
	struct contract_fixture f;
	const char *why = NULL;
	uint_t lba = LBA_WHOLE + (atomic ? 0 : PIECE / BLOCK);
	static const uchar_t ops[] = { SCMD_WRITE_G1, SCMD_READ_G1 };
	uint_t i;

	CHECK(contract_fixture_lun(&f, dip, the_lun, 1));
	fill(&f, 2);
	completions = 0;
	for (i = 0; i < sizeof(ops); i++) {
		f.bp->b_flags = ops[i] == SCMD_READ_G1 ? B_READ : 0;
		f.pkt = init_pkt(&f, f.pkt, f.bp, PKT_CONSISTENT);
		CHECK(f.pkt && f.pkt->pkt_resid == 0);
		read_or_write(f.pkt, ops[i], lba, PIECE / BLOCK);
		f.pkt->pkt_flags = FLAG_NOINTR;
		f.pkt->pkt_comp = completed;
		f.pkt->pkt_reason = CMD_TRAN_ERR;
		CHECK((atomic ? without_sleep(scsi_transport, f.pkt) : scsi_transport(f.pkt)) ==
		      TRAN_ACCEPT);
		CHECK(f.pkt->pkt_reason == CMD_CMPLT && *f.pkt->pkt_scbp == STATUS_GOOD);
		CHECK((f.pkt->pkt_state & (STATE_GOT_STATUS | STATE_XFERRED_DATA)) ==
		      (STATE_GOT_STATUS | STATE_XFERRED_DATA) && f.pkt->pkt_resid == 0);
		CHECK(f.pkt->pkt_flags == FLAG_NOINTR && f.pkt->pkt_comp == completed);
		scsi_dmafree(f.pkt);
		if (i == 0)
			clear(&f);
	}
	CHECK(holds(&f, 2));
	delay(drv_usectohz(10000));
	CHECK(completions == 0);
out:
	return contract_fixture_end(&f, why);
}

static const char *polled_thread(dev_info_t *dip)
{
	return polled(dip, B_FALSE);
}

static const char *polled_atomic(dev_info_t *dip)
{
	return polled(dip, B_TRUE);
}

/* Auto request sense: the sense data arrives with the status. */
static const char *poll_sense(dev_info_t *dip)
{
	const struct scsi_arq_status *arq;
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt);
	arq = (const struct scsi_arq_status *)f.pkt->pkt_scbp;
	/* A read beyond the last block. */
	read_or_write(f.pkt, SCMD_READ_G1, 0xfffffff0, 1);
	CHECK(without_sleep(scsi_poll, f.pkt) == -1 && f.pkt->pkt_reason == CMD_CMPLT);
	CHECK(arq->sts_status.sts_chk && (f.pkt->pkt_state & STATE_ARQ_DONE));
	CHECK(arq->sts_sensedata.es_key == KEY_ILLEGAL_REQUEST &&
	      arq->sts_sensedata.es_add_code == 0x21);
out:
	return contract_fixture_end(&f, why);
}

/* Polled commands under load: while polling, the driver meets completions of other commands. */
static const char *poll_under_load(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;
	uint_t i, parts;

	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	fill(&f, 3);
	why = all_parts(&f, SCMD_WRITE_G1, LBA_LOAD, &parts);
	f.bp->b_flags = B_READ;
	for (i = 0; !why && i < the_lun->rounds; i++) {
		clear(&f);
		f.pkt = init_pkt(&f, f.pkt, f.bp, PKT_DMA_PARTIAL);
		CHECK(f.pkt);
		parts = (f.s.len - f.pkt->pkt_resid) / BLOCK;
		read_or_write(f.pkt, SCMD_READ_G1, LBA_LOAD, parts);
		CHECK(without_sleep(scsi_poll, f.pkt) == 0);
		scsi_dmafree(f.pkt);
		CHECK(*contract_sgl_byte(&f.s, 0) == PATTERN(0, 3) &&
		      *contract_sgl_byte(&f.s, parts * BLOCK - 1) == PATTERN(parts * BLOCK - 1, 3));
	}
out:
	return contract_fixture_end(&f, why);
}

/* ---- control ---- */

static int notified;

static void was_reset(caddr_t arg)
{
	__atomic_add_fetch((int *)arg, 1, __ATOMIC_ACQ_REL);
}

/* A bus reset calls the registered function, but not after it has been cancelled. */
static const char *reset_notify(dev_info_t *dip)
{
	struct contract_fixture f;
	struct scsi_address *ap = &f.sd.sd_address;
	const char *why = NULL;
	int seen;

	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	/* An address has one function: do not take the place of the midlayer's. */
	ap->a_lun = 7;
	notified = 0;
	CHECK(scsi_reset_notify(ap, SCSI_RESET_NOTIFY, was_reset, (caddr_t)&notified) == DDI_SUCCESS);
	CHECK(scsi_reset(ap, RESET_ALL) == 1);
	/* Both the chip and the driver may report the reset. */
	seen = notified;
	CHECK(seen >= 1);
	CHECK(scsi_reset_notify(ap, SCSI_RESET_CANCEL, was_reset, (caddr_t)&notified) == DDI_SUCCESS);
	seen = notified;
	CHECK(scsi_reset(ap, RESET_ALL) == 1);
	delay(drv_usectohz(100000));
	CHECK(notified == seen);
	CHECK(scsi_reset_notify(ap, SCSI_RESET_CANCEL, was_reset, (caddr_t)&notified) == DDI_FAILURE);
out:
	return contract_fixture_end(&f, why);
}

/* A reset of a target does not call the function of another target; a bus reset does. */
static const char *reset_notify_other(dev_info_t *dip)
{
	struct contract_fixture f;
	bool made = contract_fixture_lun(&f, dip, the_lun, PIECES);
	struct scsi_address other = *f.ap;
	const char *why = NULL;

	CHECK(made);
	other.a_target ^= 1;
	/* As above. */
	other.a_lun = 7;
	notified = 0;
	CHECK(scsi_reset_notify(&other, SCSI_RESET_NOTIFY, was_reset, (caddr_t)&notified) ==
	      DDI_SUCCESS);
	CHECK(scsi_reset(f.ap, RESET_TARGET) == 1);
	delay(drv_usectohz(100000));
	CHECK(notified == 0);
	CHECK(scsi_reset(f.ap, RESET_ALL) == 1);
	CHECK(notified >= 1);
out:
	scsi_reset_notify(&other, SCSI_RESET_CANCEL, was_reset, (caddr_t)&notified);
	return contract_fixture_end(&f, why);
}

static const char *abort_nothing(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt && scsi_abort(f.ap, f.pkt) == 0);
	/* If there has been a reset, the first command gets a unit attention. */
	scsi_poll(f.pkt);
	CHECK(scsi_poll(f.pkt) == 0 && scsi_abort(f.ap, f.pkt) == 0);
out:
	return contract_fixture_end(&f, why);
}

static const char *getcap(dev_info_t *dip)
{
	struct contract_fixture f;
	const char *why = NULL;

	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	CHECK(scsi_ifgetcap(f.ap, "initiator-id", 0) == the_lun->initiator);
	CHECK(scsi_ifgetcap(f.ap, "auto-rqsense", 1) == 1);
	CHECK(scsi_ifgetcap(f.ap, "no-such-capability", 1) == -1);
	CHECK(scsi_ifsetcap(f.ap, "no-such-capability", 1, 1) == -1 ||
	      scsi_ifsetcap(f.ap, "no-such-capability", 1, 1) == 0);
out:
	return contract_fixture_end(&f, why);
}

static const struct contract_test tests[] = {
	{ "target.probe", probe },
	{ "target.probe.absent", probe_absent },
	{ "target.init_pkt.no_buf", no_buf },
	{ "target.init_pkt.partial.moves", moves },
	{ "target.init_pkt.not_partial.einval", not_partial },
	{ "target.init_pkt.nomapping.efault", nomapping },
	{ "target.transport.nointr.thread", polled_thread },
	{ "target.transport.nointr.atomic", polled_atomic },
	{ "target.poll.sense", poll_sense },
	{ "target.poll.under_load", poll_under_load },
	{ "target.reset_notify.bus_reset", reset_notify },
	{ "target.reset_notify.other_target", reset_notify_other },
	{ "target.abort.nothing", abort_nothing },
	{ "target.ifgetcap", getcap },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_LUN, tests);

void contract_target_run(dev_info_t *dip, struct contract_lun *lun)
{
	the_lun = lun;
	contract_run(dip, CONTRACT_ON_LUN);
}

/* ---- a completion that is lost ---- */

static void poll_transport(void *arg)
{
	scsi_transport(arg);
}

const char *contract_poll_lost(dev_info_t *dip, struct contract_lun *lun)
{
	struct contract_fixture f;
	const char *why = NULL;

	the_lun = lun;
	CHECK(contract_fixture_lun(&f, dip, the_lun, PIECES));
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt);
	f.pkt->pkt_time = 1;
	f.pkt->pkt_flags = FLAG_NOINTR;
	contract_in_softirq(poll_transport, f.pkt);
	CHECK(f.pkt->pkt_reason == CMD_TIMEOUT || f.pkt->pkt_reason == CMD_RESET);
out:
	return contract_fixture_end(&f, why);
}

/* ---- after a panic ---- */

static struct contract_fixture panic_fixture;

const char *contract_panic_prepare(dev_info_t *dip, struct contract_lun *lun)
{
	struct contract_fixture *f = &panic_fixture;

	the_lun = lun;
	if (!contract_fixture_lun(f, dip, lun, PANIC_PIECES))
		return contract_fixture_end(f, "no memory");
	f->bp->b_flags = B_WRITE;
	fill(f, 4);
	f->pkt = init_pkt(f, NULL, NULL, 0);
	if (!f->pkt)
		return contract_fixture_end(f, "no packet");
	/* If there has been a reset, the first command gets a unit attention. */
	scsi_poll(f->pkt);
	if (!init_pkt(f, f->pkt, f->bp, 0))
		return contract_fixture_end(f, "no DMA resources");
	read_or_write(f->pkt, SCMD_WRITE_G1, LBA_PANIC, f->bp->b_bcount / BLOCK);
	f->pkt->pkt_comp = completed;
	completions = 0;
	return NULL;
}

/* Interrupts have stopped: the packet is polled whatever its flags, and completes. */
const char *contract_panic_write(void)
{
	struct scsi_pkt *pkt = panic_fixture.pkt;
	const char *why = NULL;

	CHECK(scsi_hba_in_panic() == 1);
	CHECK(scsi_transport(pkt) == TRAN_ACCEPT && completions == 1);
	CHECK(pkt->pkt_reason == CMD_CMPLT && *pkt->pkt_scbp == STATUS_GOOD && pkt->pkt_resid == 0);
out:
	return why;
}

void contract_panic_forget(void)
{
	contract_fixture_end(&panic_fixture, NULL);
}
