// SPDX-License-Identifier: GPL-2.0
/*
 * What published HBA drivers use of the contract, each name with the arguments of its manual page.
 * A name that is missing or has another prototype does not build; one that is not exported does not
 * load. The calls are compiled and linked, but never made.
 */
#include <sys/atomic.h>
#include <sys/conf.h>
#include <sys/cpuvar.h>
#include <sys/cred.h>
#include <sys/ddi.h>
#include <sys/ddifm.h>
#include <sys/errno.h>
#include <sys/file.h>
#include <sys/fm/io/ddi.h>
#include <sys/fm/protocol.h>
#include <sys/fm/util.h>
#include <sys/id32.h>
#include <sys/kmem.h>
#include <sys/list.h>
#include <sys/mkdev.h>
#include <sys/modctl.h>
#include <sys/note.h>
#include <sys/open.h>
#include <sys/param.h>
#include <sys/pci.h>
#include <sys/scsi/scsi.h>
#include <sys/signal.h>
#include <sys/stat.h>
#include <sys/sunddi.h>
#include <sys/sysmacros.h>
#include <sys/thread.h>
#include <sys/time.h>
#include <sys/types.h>

#include "contract.h"
#include "contract_check.h"

static const longlong_t census_numbers[] = {
	DDI_SUCCESS, DDI_FAILURE, DDI_ATTACH, DDI_RESUME, DDI_PM_RESUME, DDI_DETACH,
	DDI_SUSPEND, DDI_PM_SUSPEND, DDI_INFO_DEVT2DEVINFO, DDI_INFO_DEVT2INSTANCE,
	DDI_DEV_T_ANY, DDI_PROP_DONTPASS, S_IFCHR, INST_MINOR_SHIFT, DDI_SOFTINT_HIGH,
	DDI_INTR_CLAIMED, DDI_INTR_UNCLAIMED, DDI_DEVICE_ATTR_V1, DDI_STRUCTURE_LE_ACC,
	DDI_STRICTORDER_ACC, DDI_DEFAULT_ACC, DDI_FLAGERR_ACC, DMA_ATTR_V0, DDI_DMA_RDWR,
	DDI_DMA_READ, DDI_DMA_WRITE, DDI_DMA_STREAMING, DDI_DMA_CONSISTENT, DDI_DMA_PARTIAL,
	DDI_DMA_REDZONE, DDI_DMA_FLAGERR, DDI_DMA_BADATTR, DDI_DMA_NORESOURCES, DDI_DMA_MAPPED,
	DDI_DMA_PARTIAL_MAP, DDI_DMA_NOMAPPING, DDI_DMA_TOOBIG, DDI_DMA_INUSE,
	DDI_DMA_SYNC_FORDEV, DDI_DMA_SYNC_FORCPU, DDI_FM_EREPORT_CAPABLE, DDI_FM_ACCCHK_CAPABLE,
	DDI_FM_DMACHK_CAPABLE, DDI_FM_ERRCB_CAPABLE, DDI_SERVICE_LOST, DDI_SERVICE_UNAFFECTED,
	DDI_FME_VERSION, DDI_FME_VER0, FM_MAX_CLASS, FM_ENA_FMT1, FM_EREPORT_VERSION,
	DATA_TYPE_UINT8, DDI_NOSLEEP, DDI_MODEL_ILP32, FMODELS, DEVO_REV, CB_REV, MODREV_1,
	D_NEW, D_HOTPLUG, PCI_CONF_VENID, PCI_CONF_DEVID, PCI_CONF_SUBVENID, PCI_CONF_SUBSYSID,
	PCI_CONF_COMM, PCI_CONF_ILINE, PCI_CONF_BASE0, PCI_COMM_ME, KM_SLEEP, MUTEX_DRIVER,
	CV_DRIVER, CE_NOTE, CE_WARN, CE_CONT, CE_PANIC, MILLISEC, PAGESIZE, PKT_CONSISTENT,
	PKT_DMA_PARTIAL, B_READ, CMD_CMPLT, CMD_TRAN_ERR, CMD_DEV_GONE, STAT_DISCON,
	STATE_GOT_BUS, STATE_GOT_TARGET, STATE_SENT_CMD, STATE_XFERRED_DATA, STATE_GOT_STATUS,
	STATE_ARQ_DONE, STATUS_GOOD, FLAG_NOINTR, TRAN_ACCEPT, TRAN_BUSY, SCSI_HBA_CANSLEEP,
	SCSI_CAP_DMA_MAX, SCSI_CAP_MSG_OUT, SCSI_CAP_DISCONNECT, SCSI_CAP_SYNCHRONOUS,
	SCSI_CAP_WIDE_XFER, SCSI_CAP_TAGGED_QING, SCSI_CAP_UNTAGGED_QING, SCSI_CAP_PARITY,
	SCSI_CAP_INITIATOR_ID, SCSI_CAP_ARQ, SCSI_CAP_LINKED_CMDS, SCSI_CAP_RESET_NOTIFICATION,
	SCSI_CAP_GEOMETRY, SCSI_CAP_SECTOR_SIZE, SCSI_CAP_TOTAL_SECTORS, SCMD_INQUIRY,
	SCMD_TEST_UNIT_READY, SCMD_READ, SCMD_WRITE, SCMD_READ_G1, SCMD_WRITE_G1, CDB_GROUP0,
	CDB_GROUP1, CDB_GROUP2, CDB_GROUP3, DTYPE_DIRECT, KEY_ILLEGAL_REQUEST,
	CLASS_EXTENDED_SENSE, SENSE_LENGTH, OTYP_CHR, EPERM, EINVAL, ENXIO, EFAULT, ENODATA,
	ENOMEM, ENODEV, NO_COMPETING_THREADS, DDI_DEV_T_NONE, DDI_PROP_SUCCESS,
	DDI_INTR_TYPE_FIXED, DDI_INTR_TYPE_MSI, DDI_INTR_TYPE_MSIX, DDI_INTR_ALLOC_NORMAL,
	DDI_INTR_FLAG_BLOCK, DDI_DEV_NO_AUTOINCR, DDI_NEVERSWAP_ACC, DDI_DMA_SYNC_FORKERNEL,
	TR_CLOCK_TICK, KM_NOSLEEP, TS_RUN, TASKQ_DEFAULTPRI, minclsyspri, SCMD_READ_G4,
	SCMD_WRITE_G4, SCMD_READ_G5, SCMD_WRITE_G5, MSG_SIMPLE_QTAG, SCSI_CDB_SIZE, PKT_XARQ,
	INTERCONNECT_SAS, SCSI_HBA_TRAN_CLONE, TRAN_BADPKT, TRAN_FATAL_ERROR, STATUS_CHECK,
	PCI_CONF_BASE5, PCI_ADDR_MASK, PCI_ADDR_IO, D_MP, SCSI_HBA_HBA, SCSI_HBA_TRAN_CDB,
	SCSI_HBA_TRAN_SCB, SCSI_HBA_ADDR_COMPLEX, INTERCONNECT_PARALLEL, CMD_DATA_OVR,
	CMD_TAG_REJECT, CMD_BADMSG, CMD_RESET, CMD_TIMEOUT, CMD_ABORTED, STAT_DEV_RESET,
	STAT_BUS_RESET, STAT_TIMEOUT, STAT_ABORTED, FLAG_HTAG, FLAG_OTAG, FLAG_HEAD,
	MSG_HEAD_QTAG, MSG_ORDERED_QTAG, RESET_ALL, RESET_TARGET, RESET_BUS, RESET_LUN, B_TRUE,
	B_FALSE,
};

static const size_t census_types[] = {
	sizeof(dev_info_t *), sizeof(ddi_attach_cmd_t), sizeof(ddi_detach_cmd_t),
	sizeof(ddi_info_cmd_t), sizeof(ddi_reset_cmd_t), sizeof(dev_t), sizeof(cred_t *),
	sizeof(struct cb_ops), sizeof(struct dev_ops), sizeof(struct modldrv),
	sizeof(struct modlinkage), sizeof(struct modinfo), sizeof(ddi_dma_attr_t),
	sizeof(ddi_dma_handle_t), sizeof(ddi_dma_cookie_t), sizeof(ddi_acc_handle_t),
	sizeof(struct ddi_device_acc_attr), sizeof(ddi_iblock_cookie_t), sizeof(ddi_softintr_t),
	sizeof(ddi_fm_error_t), sizeof(kmutex_t), sizeof(kcondvar_t), sizeof(timeout_id_t),
	sizeof(caddr_t), sizeof(uint_t), sizeof(uchar_t), sizeof(ushort_t), sizeof(ulong_t),
	sizeof(scsi_hba_tran_t), sizeof(struct scsi_pkt), sizeof(struct scsi_address),
	sizeof(struct scsi_device), sizeof(struct scsi_inquiry), sizeof(struct scsi_arq_status),
	sizeof(struct scsi_status), sizeof(struct scsi_extended_sense), sizeof(struct buf),
	sizeof(ddi_device_acc_attr_t), sizeof(ddi_intr_handle_t), sizeof(ddi_taskq_t *),
	sizeof(kthread_t *), sizeof(kmem_cache_t *), sizeof(list_t), sizeof(list_node_t),
	sizeof(pci_regspec_t), sizeof(boolean_t), sizeof(clock_t), sizeof(off_t),
};

static const char *const census_strings[] = {
	DDI_FM_DEVICE, DDI_FM_DEVICE_NO_RESPONSE, DDI_NT_SCSI_ATTACHMENT_POINT,
	DDI_NT_SCSI_NEXUS, DDI_PSEUDO, FM_VERSION,
};

static struct {
	int		i;
	uint_t		u;
	ulong_t		ul;
	long		l;
	size_t		size;
	off_t		off;
	uint8_t		u8;
	uint16_t	u16;
	uint32_t	u32;
	void		*p;
	char		*s;
	int		*ip;
	char		text[8];
	dev_info_t	*dip;
	dev_t		dev;
	cred_t		*cred;
	caddr_t		addr;
	void		(*func)(void *arg);
	uint_t		(*intr)(caddr_t arg1, caddr_t arg2);
	uint_t		(*old_intr)(caddr_t arg);
} x;

static struct modlinkage linkage;

static void census_module(void)
{
	static struct modinfo modinfo;
	/* By position and with the filler members, as drivers write them. */
	static struct cb_ops cb = {
		nodev, nodev, nodev, nodev, nodev, nodev, nodev, nodev, nodev, nodev, nodev,
		nochpoll, ddi_prop_op, NULL, D_NEW | D_HOTPLUG, CB_REV, nodev, nodev
	};
	static struct dev_ops ops = {
		DEVO_REV, 0, ddi_no_info, nulldev, nulldev, nulldev, nulldev, nodev, &cb, NULL,
		nodev, ddi_quiesce_not_supported
	};
	static struct modldrv drv = { &mod_driverops, "a", &ops };

	linkage = (struct modlinkage){ MODREV_1, { &drv, NULL } };
	x.i = mod_install(&linkage) + mod_remove(&linkage) + mod_info(&linkage, &modinfo);
	x.i = ddi_slaveonly(x.dip);
	x.p = ddi_get_driver_private(x.dip);
	x.i = ddi_get_instance(x.dip);
	x.i = ddi_soft_state_init(&x.p, x.size, x.size) + ddi_soft_state_zalloc(x.p, x.i);
	x.p = ddi_get_soft_state(x.p, x.i);
	ddi_soft_state_free(x.p, x.i);
	ddi_soft_state_fini(&x.p);
	ddi_report_dev(x.dip);
	x.i = drv_priv(x.cred);
}

static void census_properties(void)
{
	x.i = ddi_prop_lookup_int_array(DDI_DEV_T_ANY, x.dip, DDI_PROP_DONTPASS, "reg", &x.ip, &x.u);
	ddi_prop_free(x.ip);
	x.i = ddi_prop_get_int(DDI_DEV_T_ANY, x.dip, DDI_PROP_DONTPASS, "a", 0);
	ddi_prop_remove_all(x.dip);
	x.u = getminor(x.dev) + INST2DEVCTL(x.i) + INST2SCSI(x.i) + MINOR2INST(x.i);
	x.i = ddi_copyin(x.p, &x.i, sizeof(x.i), x.i) + ddi_copyout(&x.i, x.p, sizeof(x.i), x.i);
	x.i = ddi_create_minor_node(x.dip, "a", S_IFCHR, x.u, DDI_PSEUDO, 0);
	ddi_remove_minor_node(x.dip, NULL);
	x.i = ddi_model_convert_from(x.i & FMODELS);
}

static void census_registers(void)
{
	static ddi_device_acc_attr_t attr;
	ddi_acc_handle_t h;

	x.i = ddi_dev_regsize(x.dip, 1, &x.off) + ddi_dev_nregs(x.dip, &x.i);
	x.i = ddi_regs_map_setup(x.dip, 1, &x.addr, 0, 0, &attr, &h);
	x.u32 = ddi_get32(h, (uint32_t *)x.addr);
	ddi_put32(h, (uint32_t *)x.addr, x.u32);
	ddi_rep_put32(h, &x.u32, (uint32_t *)x.addr, 1, DDI_DEV_NO_AUTOINCR);
	ddi_regs_map_free(&h);
	x.i = pci_config_setup(x.dip, &h) + PCI_REG_REG_G(x.u);
	x.u8 = pci_config_get8(h, 0);
	x.u16 = pci_config_get16(h, 0);
	x.u32 = pci_config_get32(h, 0);
	pci_config_put16(h, 0, x.u16);
	pci_config_teardown(&h);
}

static void census_interrupts(void)
{
	ddi_iblock_cookie_t cookie;
	ddi_intr_handle_t h;
	ddi_softintr_t id;

	x.i = ddi_intr_get_supported_types(x.dip, &x.i);
	x.i = ddi_intr_get_navail(x.dip, DDI_INTR_TYPE_MSI, &x.i);
	x.i = ddi_intr_alloc(x.dip, &h, DDI_INTR_TYPE_MSI, 0, 1, &x.i, DDI_INTR_ALLOC_NORMAL);
	x.i = ddi_intr_get_pri(h, &x.u) + ddi_intr_get_cap(h, &x.i);
	x.i = ddi_intr_add_handler(h, x.intr, x.p, x.p);
	x.i = ddi_intr_enable(h) + ddi_intr_block_enable(&h, 1) + ddi_intr_disable(h);
	x.i = ddi_intr_remove_handler(h) + ddi_intr_free(h);
	x.p = DDI_INTR_PRI(x.u);
	x.i = ddi_intr_hilevel(x.dip, 0) + ddi_get_iblock_cookie(x.dip, 0, &cookie);
	x.i = ddi_add_intr(x.dip, 0, &cookie, NULL, x.old_intr, x.addr);
	ddi_remove_intr(x.dip, 0, cookie);
	x.i = ddi_get_soft_iblock_cookie(x.dip, DDI_SOFTINT_HIGH, &cookie);
	x.i = ddi_add_softintr(x.dip, DDI_SOFTINT_HIGH, &id, &cookie, NULL, x.old_intr, x.addr);
	ddi_trigger_softintr(id);
	ddi_remove_softintr(id);
}

static void census_dma(void)
{
	static ddi_device_acc_attr_t acc_attr;
	static ddi_dma_attr_t attr;
	static ddi_dma_cookie_t c;
	static struct buf buf;
	ddi_acc_handle_t acc;
	ddi_dma_handle_t h;

	x.i = ddi_dma_alloc_handle(x.dip, &attr, DDI_DMA_SLEEP, NULL, &h);
	x.i = ddi_dma_mem_alloc(h, 1, &acc_attr, DDI_DMA_CONSISTENT, DDI_DMA_DONTWAIT, NULL,
				&x.addr, &x.size, &acc);
	x.i = ddi_dma_addr_bind_handle(h, NULL, x.addr, x.size, DDI_DMA_RDWR, DDI_DMA_SLEEP, NULL,
				       &c, &x.u);
	x.i = ddi_dma_buf_bind_handle(h, &buf, DDI_DMA_RDWR, DDI_DMA_SLEEP, NULL, &c, &x.u);
	x.i = ddi_dma_numwin(h, &x.u) + ddi_dma_getwin(h, 0, &x.off, &x.size, &c, &x.u);
	ddi_dma_nextcookie(h, &c);
	c = *ddi_dma_cookie_one(h);
	x.i = ddi_dma_sync(h, 0, 0, DDI_DMA_SYNC_FORDEV) + ddi_dma_burstsizes(h);
	x.i = ddi_dma_unbind_handle(h);
	ddi_dma_mem_free(&acc);
	ddi_dma_free_handle(&h);
}

static void census_threads(void)
{
	static kmutex_t mutex;
	static kcondvar_t cv;
	ddi_taskq_t *tq;
	timeout_id_t id;

	mutex_init(&mutex, NULL, MUTEX_DRIVER, NULL);
	mutex_enter(&mutex);
	x.i = mutex_owned(&mutex);
	mutex_exit(&mutex);
	cv_init(&cv, NULL, CV_DRIVER, NULL);
	cv_wait(&cv, &mutex);
	x.l = cv_reltimedwait(&cv, &mutex, drv_usectohz(1), TR_CLOCK_TICK);
	cv_signal(&cv);
	cv_broadcast(&cv);
	cv_destroy(&cv);
	mutex_destroy(&mutex);
	drv_usecwait(1);
	x.l = ddi_get_lbolt() + drv_hztousec(x.l) + SEC_TO_TICK(1);
	delay(1);
	id = timeout(x.func, x.p, 1);
	x.l = untimeout(id);
	tq = ddi_taskq_create(x.dip, "a", 1, TASKQ_DEFAULTPRI, 0);
	x.i = ddi_taskq_dispatch(tq, x.func, x.p, DDI_NOSLEEP);
	ddi_taskq_wait(tq);
	ddi_taskq_suspend(tq);
	ddi_taskq_resume(tq);
	ddi_taskq_destroy(tq);
	membar_producer();
	membar_consumer();
	x.p = thread_create(NULL, 0, x.func, x.p, 0, &p0, TS_RUN, minclsyspri);
	x.i = CPU->cpu_id + ncpus;
}

struct census_item {
	list_node_t	node;
};

static void census_memory(void)
{
	static struct census_item item;
	static list_t list;
	kmem_cache_t *cache;

	x.p = kmem_alloc(1, KM_SLEEP);
	x.p = kmem_zalloc(1, KM_NOSLEEP);
	kmem_free(x.p, 1);
	cache = kmem_cache_create("a", 1, 0, NULL, NULL, NULL, NULL, NULL, 0);
	x.p = kmem_cache_alloc(cache, KM_SLEEP);
	kmem_cache_free(cache, x.p);
	kmem_cache_destroy(cache);
	bzero(x.text, sizeof(x.text));
	bcopy(x.text, x.p, x.size);
	memcpy(x.text, x.p, x.size);
	memset(x.text, 0, x.size);
	snprintf(x.text, sizeof(x.text), "%d", x.i);
	sprintf(x.text, "%d", x.i);
	x.size = strlen(x.s) + offsetof(struct census_item, node);
	x.i = strcmp(x.s, x.text) + ddi_strtol(x.s, &x.s, 10, &x.l);
	x.s = strrchr(x.s, 'a');
	x.i = min(x.i, 1) + max(x.i, 1) + MIN(x.i, 1);
	list_create(&list, sizeof(item), offsetof(struct census_item, node));
	list_link_init(&item.node);
	list_insert_head(&list, &item);
	list_insert_tail(&list, &item);
	list_insert_after(&list, &item, &item);
	x.p = list_head(&list);
	x.p = list_tail(&list);
	x.p = list_next(&list, x.p);
	x.p = list_prev(&list, x.p);
	x.i = list_is_empty(&list) + list_link_active(&item.node);
	list_remove(&list, &item);
	x.p = list_remove_head(&list);
	list_destroy(&list);
	atomic_or_8(&x.u8, 1);
	atomic_add_16(&x.u16, 1);
	atomic_inc_16(&x.u16);
	x.u32 = id32_alloc(x.p, KM_SLEEP);
	x.p = id32_lookup(x.u32);
	id32_free(x.u32);
}

static void census_faults(void)
{
	static ddi_fm_error_t error;
	ddi_iblock_cookie_t cookie;
	ddi_acc_handle_t acc = x.p;
	ddi_dma_handle_t h = x.p;
	uint64_t ena;

	_NOTE(ARGUNUSED(0))
	ASSERT(NO_COMPETING_THREADS);
	VERIFY(x.i == 0);
	cmn_err(CE_WARN, "%d", x.i);
	dev_err(x.dip, CE_WARN, "%d", x.i);
	ddi_fm_init(x.dip, &x.i, &cookie);
	x.i = DDI_FM_EREPORT_CAP(x.i) + DDI_FM_ERRCB_CAP(x.i);
	ddi_fm_handler_register(x.dip, NULL, NULL);
	ddi_fm_handler_unregister(x.dip);
	ddi_fm_acc_err_get(acc, &error, DDI_FME_VERSION);
	ddi_fm_acc_err_clear(acc, DDI_FME_VERSION);
	ddi_fm_dma_err_get(h, &error, DDI_FME_VERSION);
	ena = fm_ena_generate(0, FM_ENA_FMT1);
	ddi_fm_ereport_post(x.dip, "a", ena, DDI_NOSLEEP, NULL);
	ddi_fm_service_impact(x.dip, DDI_SERVICE_LOST);
	ddi_fm_fini(x.dip);
	x.i = ddi_log_sysevent(x.dip, "a", "b", "c", NULL, NULL, DDI_NOSLEEP);
	pci_ereport_setup(x.dip);
	pci_ereport_post(x.dip, &error, NULL);
	pci_ereport_teardown(x.dip);
}

static void census_scsa(void)
{
	static struct scsi_device sd;
	static struct buf buf;
	static ddi_dma_attr_t attr;
	struct scsi_address *ap = &sd.sd_address;
	struct scsi_pkt *pkt;
	scsi_hba_tran_t *tran;
	struct buf *bp;

	x.i = scsi_hba_init(&linkage);
	tran = scsi_hba_tran_alloc(x.dip, SCSI_HBA_CANSLEEP);
	x.i = scsi_hba_attach_setup(x.dip, &attr, tran, SCSI_HBA_TRAN_CLONE);
	x.i = scsi_hba_lookup_capstr("arq") + scsi_hba_probe(&sd, NULL_FUNC);
	pkt = scsi_hba_pkt_alloc(x.dip, ap, 6, 1, 0, 0, SLEEP_FUNC, NULL);
	scsi_hba_pkt_comp(pkt);
	scsi_hba_pkt_free(ap, pkt);
	x.i = scsi_hba_detach(x.dip);
	scsi_size_clean(x.dip);
	scsi_hba_tran_free(tran);
	scsi_hba_fini(&linkage);
	bioerror(&buf, 0);
	scsi_device_hba_private_set(&sd, x.p);
	x.p = scsi_device_hba_private_get(&sd);
	bp = scsi_alloc_consistent_buf(ap, NULL, 1, B_READ, SLEEP_FUNC, NULL);
	pkt = scsi_init_pkt(ap, NULL, bp, 6, 1, 0, PKT_CONSISTENT, SLEEP_FUNC, NULL);
	x.i = scsi_poll(pkt);
	scsi_destroy_pkt(pkt);
	scsi_free_consistent_buf(bp);
}

static const char *census(dev_info_t *dip)
{
	const char *why = NULL;
	uint_t i;

	/* @dip is never NULL, but the compiler cannot know that. */
	if (!dip) {
		census_module();
		census_properties();
		census_registers();
		census_interrupts();
		census_dma();
		census_threads();
		census_memory();
		census_faults();
		census_scsa();
	}
	for (i = 0; i < sizeof(census_types) / sizeof(census_types[0]); i++)
		CHECK(census_types[i] > 0);
	for (i = 0; i < sizeof(census_strings) / sizeof(census_strings[0]); i++)
		CHECK(census_strings[i][0]);
	/* Drivers compare these constants with each other. */
	CHECK(DDI_SUCCESS == 0 && DDI_FAILURE == -1 && DDI_DMA_MAPPED == DDI_SUCCESS &&
	      DDI_DMA_NORESOURCES == DDI_FAILURE && DDI_PROP_SUCCESS == DDI_SUCCESS);
	for (i = 0; i < sizeof(census_numbers) / sizeof(census_numbers[0]); i++)
		CHECK(census_numbers[i] >= -0x80000000LL && census_numbers[i] <= 0xffffffffLL);
out:
	return why;
}

static const struct contract_test tests[] = {
	{ "census", census },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
