// SPDX-License-Identifier: GPL-2.0
/*
 * A target driver on a logical unit of a working HBA driver, next to the midlayer: tests
 * scsi_init_pkt(9F), scsi_poll(9F) and similar on top of a real driver.
 */
#include "contract.h"
#include "contract_hba.h"

#define ARQ_LEN		((int)sizeof(struct scsi_arq_status))
#define BLOCK		512
#define PIECE		4096
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

/* A packet, and a buffer in pieces that do not adjoin. */
struct fixture {
	struct scsi_device	sd;
	struct scsa_sgl		s;
	struct buf		*bp;
	struct scsi_pkt		*pkt;
};

static const char *begin(struct fixture *f, dev_info_t *dip)
{
	bzero(f, sizeof(*f));
	f->sd.sd_dev = dip;
	f->sd.sd_address.a_hba_tran = ddi_get_driver_private(dip);
	f->sd.sd_address.a_target = the_lun->target;
	f->sd.sd_address.a_lun = the_lun->lun;
	if (contract_sgl_alloc(&f->s, PIECES, PIECE))
		return "no memory";
	f->bp = getrbuf(KM_SLEEP);
	f->bp->b_sgl = f->s.sgl;
	f->bp->b_nents = f->s.nents;
	f->bp->b_bcount = f->s.len;
	return NULL;
}

static const char *end(struct fixture *f, const char *why)
{
	if (f->pkt)
		scsi_destroy_pkt(f->pkt);
	freerbuf(f->bp);
	contract_sgl_free(&f->s);
	scsi_unprobe(&f->sd);
	return why;
}

#define BEGIN()							\
	do {							\
		why = begin(&f, dip);				\
		if (why)					\
			return why;				\
	} while (0)

static struct scsi_pkt *init_pkt(struct fixture *f, struct scsi_pkt *pkt, struct buf *bp, int flags)
{
	pkt = scsi_init_pkt(&f->sd.sd_address, pkt, bp, pkt ? 0 : 10, pkt ? 0 : ARQ_LEN, 0, flags,
			    SLEEP_FUNC, NULL);
	if (pkt)
		pkt->pkt_time = TIME_SEC;
	return pkt;
}

static void read_or_write(struct scsi_pkt *pkt, uchar_t op, uint_t lba, uint_t blocks)
{
	const uchar_t cdb[10] = { op, 0, lba >> 24, lba >> 16, lba >> 8, lba, 0, blocks >> 8, blocks };

	bcopy(cdb, pkt->pkt_cdbp, sizeof(cdb));
}

static void fill(struct fixture *f, int seed)
{
	size_t i;

	for (i = 0; i < f->s.len; i++)
		*contract_sgl_byte(&f->s, i) = PATTERN(i, seed);
}

static void clear(struct fixture *f)
{
	size_t i;

	for (i = 0; i < f->s.len; i += PIECE)
		bzero(contract_sgl_byte(&f->s, i), PIECE);
}

static boolean_t holds(struct fixture *f, int seed)
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
	struct fixture f;
	const char *why;

	BEGIN();
	CHECK(scsi_probe(&f.sd, SLEEP_FUNC) == SCSIPROBE_EXISTS);
	CHECK((f.sd.sd_inq->inq_dtype & DTYPE_MASK) == DTYPE_DIRECT && f.sd.sd_inq->inq_vid[0] > ' ');
out:
	return end(&f, why);
}

static const char *probe_absent(dev_info_t *dip)
{
	struct fixture f;
	const char *why;

	if (the_lun->absent < 0)
		return contract_skip;
	BEGIN();
	f.sd.sd_address.a_target = the_lun->absent;
	CHECK(scsi_probe(&f.sd, SLEEP_FUNC) == SCSIPROBE_NORESP);
out:
	return end(&f, why);
}

/* ---- scsi_init_pkt(9F): the decision table ---- */

static const char *no_buf(dev_info_t *dip)
{
	struct fixture f;
	const char *why;

	BEGIN();
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
	return end(&f, why);
}

/* Carry out @op for the whole buffer, in as many parts as it takes; @parts counts them. */
static const char *all_parts(struct fixture *f, uchar_t op, uint_t lba, uint_t *parts)
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
	struct fixture f;
	const char *why;
	uint_t parts;

	BEGIN();
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
	return end(&f, why);
}

/* Without PKT_DMA_PARTIAL: all of it, or EINVAL; the packet stays its allocator's. */
static const char *not_partial(dev_info_t *dip)
{
	struct scsi_pkt *pkt;
	struct fixture f;
	const char *why;

	BEGIN();
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
	return end(&f, why);
}

/* A buffer without any mapped memory. */
static const char *nomapping(dev_info_t *dip)
{
	struct fixture f;
	const char *why;

	BEGIN();
	f.bp->b_sgl = NULL;
	f.bp->b_un.b_addr = NULL;
	CHECK(!init_pkt(&f, NULL, f.bp, 0) && geterror(f.bp) == EFAULT);
out:
	return end(&f, why);
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
	struct fixture f;
	const char *why;
	uint_t lba = LBA_WHOLE + (atomic ? 0 : PIECE / BLOCK);
	static const uchar_t ops[] = { SCMD_WRITE_G1, SCMD_READ_G1 };
	uint_t i;

	BEGIN();
	contract_sgl_free(&f.s);
	if (contract_sgl_alloc(&f.s, 1, PIECE))
		return "no memory";
	f.bp->b_sgl = f.s.sgl;
	f.bp->b_nents = 1;
	f.bp->b_bcount = PIECE;
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
	return end(&f, why);
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
	struct fixture f;
	const char *why;

	BEGIN();
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
	return end(&f, why);
}

/* Polled commands under load: while polling, the driver meets completions of other commands. */
static const char *poll_under_load(dev_info_t *dip)
{
	struct fixture f;
	const char *why;
	uint_t i, parts;

	BEGIN();
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
	return end(&f, why);
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
	struct fixture f;
	struct scsi_address *ap = &f.sd.sd_address;
	const char *why;
	int seen;

	BEGIN();
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
	return end(&f, why);
}

static const char *abort_nothing(dev_info_t *dip)
{
	struct fixture f;
	const char *why;

	BEGIN();
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt && scsi_abort(&f.sd.sd_address, f.pkt) == 0);
	/* If there has been a reset, the first command gets a unit attention. */
	scsi_poll(f.pkt);
	CHECK(scsi_poll(f.pkt) == 0 && scsi_abort(&f.sd.sd_address, f.pkt) == 0);
out:
	return end(&f, why);
}

static const char *getcap(dev_info_t *dip)
{
	struct fixture f;
	const char *why;

	BEGIN();
	CHECK(scsi_ifgetcap(&f.sd.sd_address, "initiator-id", 0) == 7);
	CHECK(scsi_ifgetcap(&f.sd.sd_address, "auto-rqsense", 1) == 1);
	CHECK(scsi_ifgetcap(&f.sd.sd_address, "no-such-capability", 1) == -1);
	CHECK(scsi_ifsetcap(&f.sd.sd_address, "no-such-capability", 1, 1) == -1 ||
	      scsi_ifsetcap(&f.sd.sd_address, "no-such-capability", 1, 1) == 0);
out:
	return end(&f, why);
}

static const struct contract_test target_tests[] = {
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
	{ "target.abort.nothing", abort_nothing },
	{ "target.ifgetcap", getcap },
	{ NULL, NULL }
};

void contract_target_run(dev_info_t *dip, struct contract_lun *lun)
{
	the_lun = lun;
	contract_begin();
	contract_run(dip, target_tests);
	contract_end();
}

/* ---- a completion that is lost ---- */

static void poll_transport(void *arg)
{
	scsi_transport(arg);
}

const char *contract_poll_lost(dev_info_t *dip, struct contract_lun *lun)
{
	struct fixture f;
	const char *why;

	the_lun = lun;
	BEGIN();
	f.pkt = init_pkt(&f, NULL, NULL, 0);
	CHECK(f.pkt);
	f.pkt->pkt_time = 1;
	f.pkt->pkt_flags = FLAG_NOINTR;
	contract_in_softirq(poll_transport, f.pkt);
	CHECK(f.pkt->pkt_reason == CMD_TIMEOUT || f.pkt->pkt_reason == CMD_RESET);
out:
	return end(&f, why);
}

/* ---- after a panic ---- */

static struct fixture panic_fixture;

const char *contract_panic_prepare(dev_info_t *dip, struct contract_lun *lun)
{
	struct fixture *f = &panic_fixture;
	const char *why;

	the_lun = lun;
	why = begin(f, dip);
	if (why)
		return why;
	fill(f, 4);
	f->pkt = init_pkt(f, NULL, NULL, 0);
	if (!f->pkt)
		return end(f, "no packet");
	/* If there has been a reset, the first command gets a unit attention. */
	scsi_poll(f->pkt);
	f->bp->b_nents = PANIC_PIECES;
	f->bp->b_bcount = PANIC_PIECES * PIECE;
	if (!init_pkt(f, f->pkt, f->bp, 0))
		return end(f, "no DMA resources");
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
	end(&panic_fixture, NULL);
}
