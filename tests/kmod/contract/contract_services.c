// SPDX-License-Identifier: GPL-2.0
/* Clauses of functions for HBA drivers, scsi_hba_pkt_alloc(9F) and similar, and their misuse. */
#include <sys/thread.h>

#include "contract.h"
#include "contract_hba.h"


/* ---- structures ---- */

/* The structures of section 9S, and the offsets of bytes that come from a device. */
static const char *structures(dev_info_t *dip)
{
	static union {
		struct scsi_arq_status	arq;
		uchar_t			byte[sizeof(struct scsi_arq_status)];
	} u;
	const uchar_t *sense = (const uchar_t *)&u.arq.sts_sensedata;
	struct scsi_device sd = { };
	struct scsi_pkt pkt = { };
	struct buf b = { };
	const char *why = NULL;

	CHECK(sizeof(struct scsi_status) == 1 && sizeof(u) == 32);
	CHECK(sizeof(struct scsi_extended_sense) == SENSE_LENGTH && SENSE_LENGTH == 20);
	CHECK(sense - u.byte == 12);
	u.arq.sts_status.sts_chk = 1;
	CHECK(u.byte[0] == STATUS_CHECK);
	u.arq.sts_status.sts_chk = 0;
	u.arq.sts_status.sts_busy = 1;
	CHECK(u.byte[0] == STATUS_BUSY);
	u.arq.sts_rqpkt_status.sts_cm = 1;
	u.arq.sts_rqpkt_reason = CMD_TIMEOUT;
	u.arq.sts_rqpkt_resid = 7;
	CHECK(u.byte[1] == STATUS_MET && u.byte[2] == CMD_TIMEOUT && u.byte[3] == 7);
	u.arq.sts_rqpkt_state = STATE_GOT_BUS;
	u.arq.sts_rqpkt_statistics = STAT_SYNC;
	u.arq.sts_sensedata.es_valid = 1;
	u.arq.sts_sensedata.es_class = CLASS_EXTENDED_SENSE;
	u.arq.sts_sensedata.es_key = KEY_MISCOMPARE;
	u.arq.sts_sensedata.es_info_4 = 4;
	u.arq.sts_sensedata.es_add_len = 10;
	u.arq.sts_sensedata.es_add_code = 0x29;
	u.arq.sts_sensedata.es_qual_code = 0x02;
	CHECK(sense[0] == 0xf0 && sense[2] == KEY_MISCOMPARE && sense[6] == 4 && sense[7] == 10 &&
	      sense[12] == 0x29 && sense[13] == 0x02);

	pkt.pkt_address.a_target = 65534;
	pkt.pkt_address.a_lun = 255;
	pkt.pkt_address.a_sublun = 0;
	pkt.pkt_resid = -1;
	CHECK(pkt.pkt_address.a_target == 65534 && pkt.pkt_address.a_lun == 255 && pkt.pkt_resid < 0);
	CHECK(!pkt.pkt_path_instance && !pkt.pkt_stmp && scsi_pkt_size() == sizeof(pkt));
	scsi_size_clean(dip);
	scsi_device_hba_private_set(&sd, &pkt);
	CHECK(scsi_device_hba_private_get(&sd) == &pkt && !sd.sd_inq && !sd.sd_sense &&
	      !sd.sd_private && !sd.sd_dev);

	/* A write is a buffer without B_READ. */
	b.b_flags = B_BUSY | B_WRITE;
	bioerror(&b, EIO);
	CHECK(geterror(&b) == EIO && (b.b_flags & B_ERROR) && !(b.b_flags & B_READ));
	bioerror(&b, 0);
	CHECK(geterror(&b) == 0 && !b.b_error && b.b_flags == (B_BUSY | B_WRITE));
	CHECK(!b.b_forw && !b.b_back && !b.av_forw && !b.av_back && !b.b_dev && !b.b_bcount &&
	      !b.b_un.b_addr && !b.b_blkno && !b.b_lblkno && !b.b_resid && !b.b_bufsize &&
	      !b.b_iodone && !b.b_private && !b.b_edev);
out:
	return why;
}

/* ---- linkage and transport structure ---- */

static const char *hba_init(dev_info_t *dip)
{
	static struct dev_ops ops = { .devo_rev = DEVO_REV };
	static struct modldrv drv = { &mod_driverops, "not to be installed", &ops };
	static struct modlinkage linkage = { MODREV_1, { &drv, NULL } }, empty;
	const char *why = NULL;

	CHECK(scsi_hba_init(&linkage) == 0);
	scsi_hba_fini(&linkage);
	/* Only the framework's bus operations are allowed. */
	ops.devo_bus_ops = (struct bus_ops *)&ops;
	CHECK(scsi_hba_init(&linkage) == EINVAL);
	CHECK(scsi_hba_init(&empty) == EINVAL && scsi_hba_init(NULL) == EINVAL);
out:
	return why;
}

static const char *tran_zeroed(dev_info_t *dip)
{
	static const scsi_hba_tran_t zeroed;
	scsi_hba_tran_t *tran = scsi_hba_tran_alloc(dip, SCSI_HBA_CANSLEEP);
	const char *why = NULL;

	CHECK(tran && !bcmp(tran, &zeroed, sizeof(zeroed)));
	scsi_hba_tran_free(tran);
	tran = scsi_hba_tran_alloc(dip, 0);
	CHECK(tran && !bcmp(tran, &zeroed, sizeof(zeroed)));
out:
	if (tran)
		scsi_hba_tran_free(tran);
	return why;
}

static const char *tran_kept(dev_info_t *dip)
{
	struct mock_hba *hba = mock_create(dip, B_FALSE, 0);
	const char *why = NULL;

	if (!hba)
		return "cannot attach";
	scsi_hba_tran_free(NULL);
	/* It is attached, so it is not freed. */
	scsi_hba_tran_free(hba->tran);
	CHECK(hba->tran->tran_hba_private == hba && ddi_get_driver_private(dip) == hba->tran);
	CHECK(scsi_hba_detach(dip) == DDI_SUCCESS);
	hba->attached = B_FALSE;
	CHECK(scsi_hba_detach(NULL) == DDI_FAILURE);
	CHECK(scsi_hba_attach_setup(NULL, NULL, NULL, 0) == DDI_FAILURE);
out:
	mock_destroy(hba);
	return why;
}

/* ---- scsi_hba_pkt_alloc(9F) ---- */

static boolean_t is_zero(const void *p, size_t len)
{
	const uchar_t *c = p;

	while (len && !*c) {
		c++;
		len--;
	}
	return len == 0 ? B_TRUE : B_FALSE;
}

static boolean_t is_aligned(const void *p)
{
	return ((uintptr_t)p & (sizeof(uint64_t) - 1)) == 0 ? B_TRUE : B_FALSE;
}

static const char *pkt_areas(dev_info_t *dip)
{
	struct scsi_address ap = { .a_target = 3, .a_lun = 5 };
	struct scsi_pkt *pkt = scsi_hba_pkt_alloc(dip, &ap, 6, ARQ_LEN, 3, 7, SLEEP_FUNC, NULL);
	const char *why = NULL;

	CHECK(pkt && pkt->pkt_cdbp && pkt->pkt_scbp && pkt->pkt_private && pkt->pkt_ha_private);
	CHECK(is_aligned(pkt->pkt_cdbp) && is_aligned(pkt->pkt_scbp) &&
	      is_aligned(pkt->pkt_private) && is_aligned(pkt->pkt_ha_private));
	CHECK(is_zero(pkt->pkt_cdbp, 6) && is_zero(pkt->pkt_scbp, ARQ_LEN) &&
	      is_zero(pkt->pkt_private, 3) && is_zero(pkt->pkt_ha_private, 7));
	CHECK(pkt->pkt_cdblen == 6 && pkt->pkt_scblen == ARQ_LEN && pkt->pkt_tgtlen == 3);
	/* The areas do not overlap. */
	(void)memset(pkt->pkt_cdbp, 1, 6);
	(void)memset(pkt->pkt_scbp, 2, ARQ_LEN);
	(void)memset(pkt->pkt_private, 3, 3);
	(void)memset(pkt->pkt_ha_private, 4, 7);
	CHECK(pkt->pkt_cdbp[0] == 1 && pkt->pkt_cdbp[5] == 1 && pkt->pkt_scbp[0] == 2 &&
	      pkt->pkt_scbp[ARQ_LEN - 1] == 2 && ((uchar_t *)pkt->pkt_private)[2] == 3);
	/* The packet holds a copy of the address. */
	ap.a_target = 9;
	CHECK(pkt->pkt_address.a_target == 3 && pkt->pkt_address.a_lun == 5);
out:
	if (pkt)
		scsi_hba_pkt_free(&ap, pkt);
	return why;
}

static const char *pkt_no_areas(dev_info_t *dip)
{
	struct scsi_address ap = { };
	struct scsi_pkt *pkt = scsi_hba_pkt_alloc(dip, &ap, 0, 0, 0, 0, NULL_FUNC, NULL);
	const char *why = NULL;

	CHECK(pkt && !pkt->pkt_cdbp && !pkt->pkt_scbp && !pkt->pkt_private && !pkt->pkt_ha_private);
	CHECK(!pkt->pkt_comp && !pkt->pkt_flags && !pkt->pkt_time && !pkt->pkt_resid &&
	      !pkt->pkt_state && !pkt->pkt_statistics && !pkt->pkt_reason);
out:
	if (pkt)
		scsi_hba_pkt_free(&ap, pkt);
	return why;
}

static const char *pkt_bad_lengths(dev_info_t *dip)
{
	struct scsi_address ap = { };
	const char *why = NULL;

	CHECK(!scsi_hba_pkt_alloc(dip, &ap, -1, 1, 0, 0, NULL_FUNC, NULL));
	CHECK(!scsi_hba_pkt_alloc(dip, &ap, 6, -1, 0, 0, NULL_FUNC, NULL));
	CHECK(!scsi_hba_pkt_alloc(dip, &ap, 6, 1, -1, 0, SLEEP_FUNC, NULL));
	CHECK(!scsi_hba_pkt_alloc(dip, &ap, 6, 1, 0, 1 << 30, SLEEP_FUNC, NULL));
out:
	return why;
}

/* ---- capabilities ---- */

static const char *capstr(dev_info_t *dip)
{
	static const struct {
		const char	*name;
		int		index;
	} known[] = {
		{ "dma-max", SCSI_CAP_DMA_MAX }, { "msg-out", SCSI_CAP_MSG_OUT },
		{ "disconnect", SCSI_CAP_DISCONNECT }, { "synchronous", SCSI_CAP_SYNCHRONOUS },
		{ "wide-xfer", SCSI_CAP_WIDE_XFER }, { "parity", SCSI_CAP_PARITY },
		{ "initiator-id", SCSI_CAP_INITIATOR_ID },
		{ "untagged-qing", SCSI_CAP_UNTAGGED_QING },
		{ "tagged-qing", SCSI_CAP_TAGGED_QING }, { "auto-rqsense", SCSI_CAP_ARQ },
		{ "linked-cmds", SCSI_CAP_LINKED_CMDS }, { "sector-size", SCSI_CAP_SECTOR_SIZE },
		{ "total-sectors", SCSI_CAP_TOTAL_SECTORS }, { "geometry", SCSI_CAP_GEOMETRY },
		{ "reset-notification", SCSI_CAP_RESET_NOTIFICATION },
		{ "qfull-retries", SCSI_CAP_QFULL_RETRIES },
		{ "qfull-retry-interval", SCSI_CAP_QFULL_RETRY_INTERVAL },
		{ "scsi-version", SCSI_CAP_SCSI_VERSION },
		{ "interconnect-type", SCSI_CAP_INTERCONNECT_TYPE },
		{ "lun-reset", SCSI_CAP_LUN_RESET }, { "max-cdb-length", SCSI_CAP_CDB_LEN },
		{ "dma-max-arch", SCSI_CAP_DMA_MAX_ARCH },
		{ "tran-layer-retries", SCSI_CAP_TRAN_LAYER_RETRIES },
		{ "scsa-queue-depth", SCSI_CAP_SCSA_QUEUE_DEPTH },
		{ "scsa-buses", SCSI_CAP_SCSA_BUSES },
		/* Old spellings. */
		{ "dma_max", SCSI_CAP_DMA_MAX }, { "msg_out", SCSI_CAP_MSG_OUT },
		{ "wide_xfer", SCSI_CAP_WIDE_XFER },
		{ "", -1 }, { "dma", -1 }, { "dma-max-", -1 }, { "DMA-MAX", -1 },
	};
	uint_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (scsi_hba_lookup_capstr(known[i].name) != known[i].index)
			return known[i].name;
	return scsi_hba_lookup_capstr(NULL) == -1 ? NULL : "scsi_hba_lookup_capstr(NULL) == -1";
}

/* A property that is already set, as from driver.conf, is left alone. */
static const char *properties(dev_info_t *dip)
{
	struct mock_hba *hba;
	const char *why = NULL;
	char *type = NULL;

	if (ddi_prop_update_int(DDI_DEV_T_NONE, dip, "scsi-selection-timeout", 1234) !=
	    DDI_PROP_SUCCESS)
		return "cannot set a property";
	hba = mock_create(dip, B_FALSE, 0);
	if (!hba)
		return "cannot attach";
	CHECK(ddi_prop_get_int(DDI_DEV_T_ANY, dip, 0, "scsi-selection-timeout", 0) == 1234);
	CHECK(ddi_prop_get_int(DDI_DEV_T_ANY, dip, 0, "scsi-watchdog-tick", 0) ==
	      SCSI_DEFAULT_WATCHDOG_TICK);
	CHECK(ddi_prop_get_int(DDI_DEV_T_ANY, dip, 0, "scsi-tag-age-limit", 0) ==
	      SCSI_DEFAULT_TAG_AGE_LIMIT);
	CHECK(ddi_prop_get_int(DDI_DEV_T_ANY, dip, 0, "scsi-options", 0) & SCSI_OPTIONS_WIDE);
	CHECK(ddi_prop_lookup_string(DDI_DEV_T_ANY, dip, 0, "initiator-interconnect-type",
				     &type) == DDI_PROP_SUCCESS);
	CHECK(!strcmp(type, "SPI"));
out:
	if (type)
		ddi_prop_free(type);
	mock_destroy(hba);
	ddi_prop_remove(DDI_DEV_T_NONE, dip, "scsi-selection-timeout");
	return why;
}

/* ---- scsi_hba_reset_notify_setup(9F) ---- */

struct listener {
	struct scsi_address	ap;
	int			calls;		/* atomic */
	boolean_t		cancels;	/* the function cancels itself */
	boolean_t		slow;
	boolean_t		unlocked;	/* the driver's lock was free in the function */
};

static kmutex_t list_lock;
static struct scsi_reset_notify_entry *list;

static void heard(caddr_t arg);

static int listen(struct listener *l, int flag)
{
	return scsi_hba_reset_notify_setup(&l->ap, flag, heard, (caddr_t)l, &list_lock, &list);
}

static void heard(caddr_t arg)
{
	struct listener *l = (struct listener *)arg;

	l->unlocked = !mutex_owned(&list_lock);
	if (l->slow)
		delay(drv_usectohz(100000));
	__atomic_add_fetch(&l->calls, 1, __ATOMIC_ACQ_REL);
	if (l->cancels)
		listen(l, SCSI_RESET_CANCEL);
}

static void bus_was_reset(void)
{
	mutex_enter(&list_lock);
	scsi_hba_reset_notify_callback(&list_lock, &list);
	mutex_exit(&list_lock);
}

static void notify_begin(struct listener *l, uint_t n)
{
	uint_t i;

	list = NULL;
	mutex_init(&list_lock, NULL, MUTEX_DRIVER, NULL);
	bzero(l, n * sizeof(*l));
	for (i = 0; i < n; i++)
		l[i].ap.a_target = i;
}

static void notify_end(void)
{
	scsi_hba_reset_notify_tear_down(list);
	mutex_destroy(&list_lock);
}

static const char *notify(dev_info_t *dip)
{
	struct listener l[3];
	const char *why = NULL;

	notify_begin(l, 3);
	bus_was_reset();
	CHECK(listen(&l[0], SCSI_RESET_NOTIFY) == DDI_SUCCESS);
	CHECK(listen(&l[1], SCSI_RESET_NOTIFY) == DDI_SUCCESS);
	bus_was_reset();
	CHECK(l[0].calls == 1 && l[1].calls == 1 && l[2].calls == 0 && l[0].unlocked);
	CHECK(listen(&l[0], SCSI_RESET_CANCEL) == DDI_SUCCESS);
	bus_was_reset();
	CHECK(l[0].calls == 1 && l[1].calls == 2);
	/* Nothing to cancel, no valid flag, no function. */
	CHECK(listen(&l[0], SCSI_RESET_CANCEL) == DDI_FAILURE);
	CHECK(listen(&l[0], 0) == DDI_FAILURE);
	CHECK(scsi_hba_reset_notify_setup(&l[0].ap, SCSI_RESET_NOTIFY, NULL, NULL, &list_lock,
					  &list) == DDI_FAILURE);
out:
	notify_end();
	return why;
}

static const char *notify_one_each(dev_info_t *dip)
{
	struct listener l[2];
	const char *why = NULL;

	notify_begin(l, 2);
	l[1].ap = l[0].ap;
	CHECK(listen(&l[0], SCSI_RESET_NOTIFY) == DDI_SUCCESS);
	CHECK(listen(&l[1], SCSI_RESET_NOTIFY) == DDI_SUCCESS);
	bus_was_reset();
	CHECK(l[0].calls == 0 && l[1].calls == 1);
	CHECK(listen(&l[0], SCSI_RESET_CANCEL) == DDI_SUCCESS && !list);
out:
	notify_end();
	return why;
}

/* Each function is called once, even if one of them cancels itself. */
static const char *notify_cancel_inside(dev_info_t *dip)
{
	struct listener l[4];
	const char *why = NULL;
	uint_t i;

	notify_begin(l, 4);
	l[0].cancels = B_TRUE;
	l[2].cancels = B_TRUE;
	l[3].cancels = B_TRUE;
	for (i = 0; i < 4; i++)
		CHECK(listen(&l[i], SCSI_RESET_NOTIFY) == DDI_SUCCESS);
	bus_was_reset();
	for (i = 0; i < 4; i++)
		CHECK(l[i].calls == 1);
	bus_was_reset();
	CHECK(l[0].calls == 1 && l[1].calls == 2 && l[2].calls == 1 && l[3].calls == 1);
out:
	notify_end();
	return why;
}

static void reset_in_thread(void *arg)
{
	bus_was_reset();
	thread_exit();
}

/* When the cancel returns, the function does not run any more. */
static const char *notify_cancel_waits(dev_info_t *dip)
{
	struct listener l[1];
	const char *why = NULL;
	kt_did_t did;
	int calls;

	notify_begin(l, 1);
	l[0].slow = B_TRUE;
	CHECK(listen(&l[0], SCSI_RESET_NOTIFY) == DDI_SUCCESS);
	did = thread_create(NULL, 0, reset_in_thread, NULL, 0, &p0, TS_RUN, minclsyspri)->t_did;
	delay(drv_usectohz(50000));
	CHECK(listen(&l[0], SCSI_RESET_CANCEL) == DDI_SUCCESS);
	calls = __atomic_load_n(&l[0].calls, __ATOMIC_ACQUIRE);
	thread_join(did);
	CHECK(calls == 1 && l[0].calls == 1);
out:
	notify_end();
	return why;
}

/* ---- misuse ---- */

static const char *no_packet(dev_info_t *dip)
{
	static struct scsi_pkt none;
	struct scsi_address ap = { };
	const char *why = NULL;

	scsi_hba_pkt_free(&ap, NULL);
	scsi_hba_pkt_comp(NULL);
	scsi_destroy_pkt(NULL);
	scsi_dmafree(NULL);
	scsi_sync_pkt(NULL);
	CHECK(scsi_transport(NULL) == TRAN_BADPKT && scsi_poll(NULL) == -1);
	/* Memory that is not a packet, or a packet that belongs to no HBA. */
	scsi_destroy_pkt(&none);
	scsi_dmafree(&none);
	scsi_sync_pkt(&none);
	CHECK(scsi_transport(&none) == TRAN_BADPKT && scsi_poll(&none) == -1);
	CHECK(!scsi_init_pkt(&ap, NULL, NULL, 6, 1, 0, 0, NULL_FUNC, NULL));
	CHECK(!scsi_init_pkt(NULL, NULL, NULL, 6, 1, 0, 0, NULL_FUNC, NULL));
	CHECK(!scsi_hba_pkt_alloc(dip, NULL, 6, 1, 0, 0, NULL_FUNC, NULL));
out:
	return why;
}

static int completions;

static void completed(struct scsi_pkt *pkt)
{
	completions++;
}

static const char *twice_complete(dev_info_t *dip)
{
	struct mock_hba *hba = mock_create(dip, B_FALSE, 0);
	struct scsi_pkt *pkt = NULL;
	const char *why = NULL;

	if (!hba)
		return "cannot attach";
	completions = 0;
	pkt = scsi_init_pkt(&hba->ap, NULL, NULL, 6, ARQ_LEN, 0, 0, SLEEP_FUNC, NULL);
	CHECK(pkt);
	pkt->pkt_comp = completed;
	CHECK(scsi_transport(pkt) == TRAN_ACCEPT && completions == 1);
	scsi_hba_pkt_comp(pkt);
	CHECK(completions == 1);
	/* A packet that is sent again completes again. */
	CHECK(scsi_transport(pkt) == TRAN_ACCEPT && completions == 2);
out:
	if (pkt)
		scsi_destroy_pkt(pkt);
	mock_destroy(hba);
	return why;
}

static const struct contract_test tests[] = {
	{ "structures", structures },
	{ "hba_init.no_bus_ops", hba_init },
	{ "hba_tran_alloc.zeroed", tran_zeroed },
	{ "hba_tran_free.not_while_attached", tran_kept },
	{ "hba_pkt_alloc.areas", pkt_areas },
	{ "hba_pkt_alloc.no_areas", pkt_no_areas },
	{ "hba_pkt_alloc.bad_lengths", pkt_bad_lengths },
	{ "hba_lookup_capstr", capstr },
	{ "attach_setup.properties", properties },
	{ "reset_notify.setup_and_cancel", notify },
	{ "reset_notify.one_for_an_address", notify_one_each },
	{ "reset_notify.cancel_inside", notify_cancel_inside },
	{ "reset_notify.cancel_waits", notify_cancel_waits },
	{ "misuse.no_packet", no_packet },
	{ "misuse.completed_twice", twice_complete },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
