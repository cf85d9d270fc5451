// SPDX-License-Identifier: GPL-2.0
/*
 * From any state to a running chip: reset, self test, firmware, parameters, rings. Attach, resume
 * and the instance's thread do this, one at a time; while they do, isp_state keeps all other code
 * off the chip.
 */
#include "ispvar.h"

#define LATENCY_MIN		0x40
#define CACHE_LINE		0x10
#define RESET_POLL_USEC		100
#define RESET_MAX_USEC		3000000
#define SELF_TEST_MAX_USEC	5000000
#define RISC_SETTLE_USEC	100
#define RING_PROOF_USEC		1000000
#define ASYNC_SETUP_FAST	6
#define ASYNC_SETUP_ULTRA	9

/*
 * Enable memory write and invalidate, and error reporting unless the chip's drivers leave that as it
 * is; set the cache line size and a minimum latency timer; disable the expansion ROM. isp_init() enables
 * bus mastering.
 */
void isp_setup_config(struct isp *isp)
{
	ddi_acc_handle_t cfg = isp->isp_config;
	uint16_t command = pci_config_get16(cfg, PCI_CONF_COMM);

	command |= PCI_COMM_MEMWR_INVAL;
	if (isp->isp_chip->chip_parity)
		command |= PCI_COMM_PARITY_DETECT | PCI_COMM_SERR_ENABLE;
	pci_config_put16(cfg, PCI_CONF_COMM, command);
	if (!pci_config_get8(cfg, PCI_CONF_CACHE_LINESZ))
		pci_config_put8(cfg, PCI_CONF_CACHE_LINESZ, CACHE_LINE);
	if (pci_config_get8(cfg, PCI_CONF_LATENCY_TIMER) < LATENCY_MIN)
		pci_config_put8(cfg, PCI_CONF_LATENCY_TIMER, LATENCY_MIN);
	/* Some of these chips do not answer at all while the ROM is decoded. */
	pci_config_put32(cfg, PCI_CONF_ROM, pci_config_get32(cfg, PCI_CONF_ROM) & ~1u);
}

/* Registers at 0x80 and above are in banks. The RISC must be paused or in reset. */
static void isp_select_bank(struct isp *isp, uint16_t bank)
{
	isp_wr(isp, ISP_CONF1, bank);
}

/* Read what can only be read with the RISC paused, before the reset. */
static void isp_identify(struct isp *isp)
{
	uint16_t pins = 0;
	uint_t bus;

	isp_select_bank(isp, 0);
	isp_wr(isp, ISP_HCCR, HCCR_PAUSE_RISC);
	drv_usecwait(RISC_SETTLE_USEC);
	isp->isp_rev = isp_chip_revision(isp->isp_chip, isp_rd(isp, ISP_CONF0));
	isp->isp_clock = isp_chip_clock(isp, isp_rd(isp, ISP_PSR));
	mutex_enter(&isp->isp_lock);
	for (bus = 0; bus < ISP_NBUS; bus++) {
		if (bus < isp->isp_chip->chip_buses) {
			/* Bank 1 is that of bus 0, bank 2 that of bus 1. */
			isp_select_bank(isp, (uint16_t)(isp->isp_chip->chip_map->map_sxp_bank << bus));
			pins = isp_rd(isp, ISP_PINS_DIFF);
		}
		isp->isp_bus_mode[bus] = isp_chip_bus_mode(isp->isp_chip, pins);
	}
	mutex_exit(&isp->isp_lock);
	isp_select_bank(isp, 0);
}

/*
 * Poll until (register & mask) == want. Returns -1 if that takes more than @max microseconds by the
 * clock, for a drv_usecwait() may take longer than asked.
 */
static int isp_wait_for(struct isp *isp, uint_t reg, uint16_t mask, uint16_t want, clock_t max)
{
	hrtime_t end = gethrtime() + max * (NANOSEC / MICROSEC);
	boolean_t last;

	do {
		last = gethrtime() >= end;
		if ((isp_rd(isp, reg) & mask) == want)
			return 0;
		drv_usecwait(RESET_POLL_USEC);
	} while (!last);
	return -1;
}

/* Make the DMA registers accessible. Returns what to add to their offsets. */
static uint_t isp_select_dma(struct isp *isp)
{
	const struct isp_map *map = isp->isp_chip->chip_map;

	if (map->map_dma_bank)
		isp_select_bank(isp, map->map_dma_bank);
	return map->map_dma_offset;
}

static void isp_setup_dma(struct isp *isp)
{
	uint16_t conf1 = isp->isp_rev->ir_fifo;
	uint16_t conf;
	uint_t at;

	if (conf1 == ISP_FIFO_NVRAM)
		conf1 = (uint16_t)(isp->isp_nv.fifo << 4);
	if (isp->isp_chip->chip_buses > 1)
		conf1 |= CONF1_ARBITRATE;
	if (isp->isp_nv.burst) {
		conf1 |= CONF1_BURST;
		at = isp_select_dma(isp);
		conf = isp_rd(isp, at + ISP_CDMA_CONF);
		isp_wr(isp, at + ISP_CDMA_CONF, conf | DMA_CONF_BURST);
		conf = isp_rd(isp, at + ISP_DDMA_CONF);
		isp_wr(isp, at + ISP_DDMA_CONF, conf | DMA_CONF_BURST);
	}
	isp_wr(isp, ISP_CONF1, conf1);
}

static void isp_clear_dma(struct isp *isp)
{
	uint_t at = isp_select_dma(isp);

	isp_wr(isp, at + ISP_CDMA_CONTROL, DMA_CONTROL_CLEAR);
	isp_wr(isp, at + ISP_DDMA_CONTROL, DMA_CONTROL_CLEAR);
	isp_select_bank(isp, 0);
}

/*
 * A chip that still ran could now write to memory of commands that have been given back, or to another
 * driver's rings.
 */
static void isp_enable_master(struct isp *isp)
{
	uint16_t command = pci_config_get16(isp->isp_config, PCI_CONF_COMM);

	pci_config_put16(isp->isp_config, PCI_CONF_COMM, command | PCI_COMM_ME);
}

static int isp_wait_reset(struct isp *isp)
{
	if (!isp_wait_for(isp, ISP_ICR, ICR_SOFT_RESET, 0, RESET_MAX_USEC))
		return DDI_SUCCESS;
	dev_err(isp->isp_dip, CE_WARN, "the chip does not come out of reset: check the slot or the card");
	return DDI_FAILURE;
}

/*
 * Wait for the boot ROM's self test. Mailbox 0 is 0 at its end, but also before its begin, when the
 * product id is not there yet.
 */
static int isp_wait_self_test(struct isp *isp)
{
	hrtime_t end = gethrtime() + SELF_TEST_MAX_USEC * (NANOSEC / MICROSEC);
	uint16_t status, id;
	boolean_t last;

	do {
		last = gethrtime() >= end;
		drv_usecwait(RESET_POLL_USEC);
		status = isp_rd(isp, ISP_MBOX(0));
		id = isp_rd(isp, ISP_MBOX(1));
		if (!status && id == MB_PRODUCT_ID1)
			return DDI_SUCCESS;
	} while (!last);
	if (status)
		dev_err(isp->isp_dip, CE_WARN, "self test failed: mailbox 0 is 0x%04x", status);
	else
		dev_err(isp->isp_dip, CE_WARN, "not an ISP: product id 0x%04x", id);
	return DDI_FAILURE;
}

static int isp_reset_chip(struct isp *isp)
{
	/* What stopped the chip may have been a reset. */
	if (isp_wait_reset(isp) != DDI_SUCCESS)
		return DDI_FAILURE;
	isp_identify(isp);
	mutex_enter(&isp->isp_lock);
	isp_stop_chip(isp);
	isp->isp_mbox_dead = B_FALSE;
	mutex_exit(&isp->isp_lock);
	if (isp_wait_reset(isp) != DDI_SUCCESS)
		return DDI_FAILURE;
	isp_enable_master(isp);
	isp_clear_dma(isp);
	isp_wr(isp, ISP_HCCR, HCCR_RESET_RISC);
	drv_usecwait(RISC_SETTLE_USEC);
	isp_wr(isp, ISP_SEMA, 0);
	isp_setup_dma(isp);
	isp_wr(isp, ISP_MTR, MTR_NORMAL);
	isp_wr(isp, ISP_HCCR, HCCR_RELEASE_RISC);
	isp_wr(isp, ISP_HCCR, HCCR_BIOS_OFF);
	drv_usecwait(RISC_SETTLE_USEC);
	if (isp_wait_self_test(isp) != DDI_SUCCESS)
		return DDI_FAILURE;
	isp_wr(isp, ISP_HCCR, HCCR_CLEAR_RISC_INT);
	return DDI_SUCCESS;
}

static int isp_register_test(struct isp *isp)
{
	static const uint16_t pattern[] = { 0xdead, 0xbeef, 0xffff, 0xa5a5, 0x5a5a };
	uint16_t mb[ISP_NMBOX] = { MBC_NOP };
	uint_t n;

	if (isp_mbcmd_run(isp, mb, B_FALSE) != DDI_SUCCESS)
		goto fail;
	mb[0] = MBC_REGISTER_TEST;
	bcopy(pattern, mb + 1, sizeof(pattern));
	if (isp_mbcmd_run(isp, mb, B_FALSE) != DDI_SUCCESS)
		goto fail;
	for (n = 0; n < ISP_NELEM(pattern); n++)
		if (mb[n + 1] != pattern[n])
			goto fail;
	return DDI_SUCCESS;

fail:
	dev_err(isp->isp_dip, CE_WARN, "mailbox register test failed: check the slot or the card");
	return DDI_FAILURE;
}

static void isp_name_refused(struct isp *isp, uint16_t opcode, uint16_t status)
{
	mutex_enter(&isp->isp_lock);
	if (!isp->isp_mbox_dead && !isp->isp_closing && isp_may_log(isp))
		dev_err(isp->isp_dip, CE_NOTE, "firmware refused parameter 0x%02x: 0x%04x", opcode,
			status);
	mutex_exit(&isp->isp_lock);
}

/* Set a parameter. Old firmware does not know them all; a refused parameter keeps its default. */
static void isp_set(struct isp *isp, uint16_t opcode, uint16_t mb1, uint16_t mb2, uint16_t mb3,
		    uint16_t mb6, uint16_t mb7)
{
	uint16_t mb[ISP_NMBOX] = { opcode, mb1, mb2, mb3, 0, 0, mb6, mb7 };

	if (isp_mbcmd_run(isp, mb, B_FALSE) != DDI_SUCCESS)
		isp_name_refused(isp, opcode, mb[0]);
}

/* Old firmware has device queues for low LUNs only: do not ask it again for each target. */
static void isp_set_queues(struct isp *isp, uint_t bus, uint_t t)
{
	const struct isp_nv_bus *b = &isp->isp_nv.bus[bus];
	uint_t lun;

	for (lun = 0; lun < isp->isp_queue_luns; lun++) {
		uint16_t mb[ISP_NMBOX] = {
			MBC_SET_DEVICE_QUEUE, MB_DEVICE(bus, t, lun), b->queue_depth,
			b->target[t].throttle
		};

		if (isp_mbcmd_run(isp, mb, B_FALSE) == DDI_SUCCESS)
			continue;
		if (!lun || !mb[0]) {
			isp_name_refused(isp, MBC_SET_DEVICE_QUEUE, mb[0]);
			return;
		}
		isp->isp_queue_luns = lun;
		dev_err(isp->isp_dip, CE_NOTE,
			"firmware sets no queue depth for LUN %u: that and all above keep its default", lun);
	}
}

static uint16_t isp_negation(const struct isp_nv_bus *bus)
{
	return (bus->negate_req_ack ? MBN_REQ_ACK : 0) | (bus->negate_data ? MBN_DATA : 0);
}

/* The setup time is counted in clocks. */
static uint8_t isp_async_setup(const struct isp *isp, const struct isp_nv_bus *bus)
{
	return isp->isp_clock <= CLOCK_FAST ? ASYNC_SETUP_FAST : MAX(bus->async_setup, ASYNC_SETUP_ULTRA);
}

static void isp_set_adapter(struct isp *isp)
{
	const struct isp_nv_bus *b0 = &isp->isp_nv.bus[0], *b1 = &isp->isp_nv.bus[1];
	const struct isp_map *map = isp->isp_chip->chip_map;

	isp_set(isp, MBC_SET_CLOCK, isp->isp_clock, 0, 0, 0, 0);
	if (isp->isp_nv.fast_memory)
		isp_set(isp, MBC_SET_SYSTEM, 1, 0, 0, 0, 0);
	isp_set(isp, MBC_SET_RETRY, b0->retries, b0->retry_delay, 0, b1->retries, b1->retry_delay);
	isp_set(isp, MBC_SET_ASYNC_SETUP, isp_async_setup(isp, b0), isp_async_setup(isp, b1), 0, 0, 0);
	isp_set(isp, MBC_SET_NEGATION, isp_negation(b0), isp_negation(b1), 0, 0, 0);
	isp_set(isp, MBC_SET_TAG_AGE, isp->isp_nv.tag_age, isp->isp_nv.tag_age, 0, 0, 0);
	isp_set(isp, MBC_SET_SEL_TIMEOUT, b0->selection_timeout, b1->selection_timeout, 0, 0, 0);
	if (isp->isp_nv.burst)
		isp_set(isp, MBC_SET_PCI_CONTROL, 2, 2, 0, 0, 0);
	/* After an overrun that left the bus in doubt, reset the bus and return all commands. */
	isp_set(isp, MBC_SET_OVERRUN, 2, 0, 0, 0, 0);
	/* Never use fast posting, which costs a mailbox event for each command. */
	isp_set(isp, MBC_SET_FEATURES, map->map_features, 0, 0, 0, 0);
	if (map->map_termination) {
		isp_wr(isp, ISP_GPIO_ENABLE, GPIO_TERMINATION);
		isp_wr(isp, ISP_GPIO_DATA, isp->isp_nv.termination);
	}
}

static void isp_set_bus(struct isp *isp, uint_t bus)
{
	const struct isp_nv_bus *b = &isp->isp_nv.bus[bus];
	uint_t t;

	isp->isp_initiator[bus] = b->initiator;
	isp_set(isp, MBC_SET_INITIATOR, (uint16_t)(bus << 7 | b->initiator), 0, 0, 0, 0);
	for (t = 0; t < ISP_NTARGET; t++) {
		if (t == b->initiator)
			continue;
		isp_tell_target(isp, bus * ISP_NTARGET + t, B_FALSE);
		isp_set_queues(isp, bus, t);
	}
}

/* Ask how many commands the firmware takes at once; any more would only wait in the firmware. */
static void isp_get_limits(struct isp *isp)
{
	uint16_t mb[ISP_NMBOX] = { MBC_GET_STATUS };
	uint_t max = MIN(ISP_MAX_CMDS, isp->isp_rsp_len - 2);

	if (isp_mbcmd_run(isp, mb, B_FALSE) == DDI_SUCCESS && mb[2])
		max = MIN(max, mb[2]);
	isp->isp_max_cmds = max;
	isp_rsp_set_lazy(isp);
}

/* Wait until the consumer of the request ring has this value. The chip is being started. */
static boolean_t isp_ring_reaches(struct isp *isp, uint_t index)
{
	hrtime_t end = gethrtime() + RING_PROOF_USEC * (NANOSEC / MICROSEC);
	boolean_t reached = B_FALSE, last;

	do {
		last = gethrtime() >= end;
		mutex_enter(&isp->isp_lock);
		/* An event hides the pointer. */
		if (isp_mbox_take(isp))
			isp_wr(isp, ISP_HCCR, HCCR_CLEAR_RISC_INT);
		else
			reached = isp_rd(isp, ISP_REQ_OUT) == index ? B_TRUE : B_FALSE;
		mutex_exit(&isp->isp_lock);
		if (!reached)
			drv_usecwait(RESET_POLL_USEC);
	} while (!reached && !last && !isp->isp_mbox_dead);
	return reached;
}

/*
 * Make the request ring's consumer go round once, with markers, which do nothing on an idle chip.
 * Sources differ on whether old firmware takes more than 256 entries; this asks the chip.
 */
static boolean_t isp_ring_goes_round(struct isp *isp)
{
	uint_t i;

	for (i = 0; i < isp->isp_req_len; i++)
		isp_put_marker(&isp->isp_req[i], ISP_TARGET_BYTE(0, 0), IMM_BUS);
	(void)ddi_dma_sync(isp->isp_req_mem.dm_handle, 0, 0, DDI_DMA_SYNC_FORDEV);
	isp->isp_req_in = isp->isp_req_len - 1;
	isp->isp_req_pos += isp->isp_req_len - 1;
	isp_wr(isp, ISP_REQ_IN, (uint16_t)isp->isp_req_in);
	if (!isp_ring_reaches(isp, isp->isp_req_in))
		return B_FALSE;
	/* The last entry, and the step across the ring's end. */
	isp->isp_req_in = 1;
	isp->isp_req_pos += 2;
	isp_wr(isp, ISP_REQ_IN, (uint16_t)isp->isp_req_in);
	if (!isp_ring_reaches(isp, 1))
		return B_FALSE;
	isp->isp_req_out = isp->isp_req_pos;
	return B_TRUE;
}

static int isp_init_ring(struct isp *isp, uint16_t opcode, uint_t len, uint64_t bus)
{
	uint16_t mb[ISP_NMBOX] = {
		opcode, (uint16_t)len, (uint16_t)(bus >> 16), (uint16_t)bus, 0, 0,
		(uint16_t)(bus >> 48), (uint16_t)(bus >> 32),
	};

	return isp_mbcmd_run(isp, mb, B_FALSE);
}

/* Tell the chip where the rings are. The chip is idle, and only the caller uses the rings. */
static int isp_init_rings(struct isp *isp)
{
	boolean_t a64 = isp->isp_chip->chip_map->map_a64;

	isp->isp_req_in = 0;
	isp->isp_req_out = isp->isp_req_pos;
	isp->isp_rsp_out = 0;
	isp->isp_rsp_owed = 0;
	isp->isp_doorbell = B_FALSE;
	/* An entry of type 0 is then one that the chip has never written. */
	bzero(isp->isp_rsp_mem.dm_addr, isp->isp_rsp_mem.dm_size);
	(void)ddi_dma_sync(isp->isp_rsp_mem.dm_handle, 0, 0, DDI_DMA_SYNC_FORDEV);
	if (isp_init_ring(isp, a64 ? MBC_INIT_RSP_A64 : MBC_INIT_RSP, isp->isp_rsp_len,
			  isp->isp_rsp_mem.dm_bus) != DDI_SUCCESS)
		return DDI_FAILURE;
	return isp_init_ring(isp, a64 ? MBC_INIT_REQ_A64 : MBC_INIT_REQ, isp->isp_req_len,
			     isp->isp_req_mem.dm_bus);
}

static int isp_start_rings(struct isp *isp)
{
	isp_get_limits(isp);
	isp_handles_init(isp);
	if (isp_init_rings(isp) != DDI_SUCCESS) {
		if (!isp->isp_mbox_dead)
			isp->isp_rings_failed = "the firmware refused the long ones";
		return DDI_FAILURE;
	}
	if (isp->isp_req_len > ISP_RING_SAFE && !isp->isp_rings_proven && !isp_ring_goes_round(isp)) {
		if (!isp->isp_mbox_dead)
			isp->isp_rings_failed = "the chip did not go round the long ones in time";
		return DDI_FAILURE;
	}
	isp->isp_rings_proven = B_TRUE;
	return DDI_SUCCESS;
}

/* After a start that failed for the rings' length. False if they cannot be shorter. */
static boolean_t isp_shorten_rings(struct isp *isp)
{
	if (!isp->isp_rings_failed || isp->isp_rings_proven || isp->isp_closing)
		return B_FALSE;
	if (MAX(isp->isp_req_len, isp->isp_rsp_len) > ISP_RING_SAFE) {
		isp->isp_req_len = MIN(isp->isp_req_len, ISP_RING_SAFE);
		isp->isp_rsp_len = MIN(isp->isp_rsp_len, ISP_RING_SAFE);
	} else if (isp->isp_rsp_len > ISP_RSP_SAFE) {
		isp->isp_rsp_len = ISP_RSP_SAFE;
	} else {
		return B_FALSE;
	}
	dev_err(isp->isp_dip, CE_NOTE, "shorter rings, because %s: %u requests, %u responses",
		isp->isp_rings_failed, isp->isp_req_len, isp->isp_rsp_len);
	return B_TRUE;
}

static int isp_start_chip(struct isp *isp)
{
	uint_t bus;

	isp->isp_rings_failed = NULL;
	if (isp_reset_chip(isp) != DDI_SUCCESS || isp_register_test(isp) != DDI_SUCCESS ||
	    isp_fw_start(isp) != DDI_SUCCESS)
		return DDI_FAILURE;
	isp_set_adapter(isp);
	for (bus = 0; bus < isp->isp_chip->chip_buses; bus++)
		isp_set_bus(isp, bus);
	return isp_start_rings(isp);
}

/*
 * Bring the chip up, whatever it is doing now. No command may be outstanding, and isp_state must be
 * neither ISP_RUN nor ISP_OFFLINE. Afterwards the chip runs with its interrupt enabled. Fails if
 * isp_closing is set, before the start or during it.
 */
int isp_init(struct isp *isp)
{
	int rc;

	if (isp->isp_rsp_early)
		isp->isp_rsp_len = MIN(isp->isp_rsp_len, ISP_RSP_SAFE);
	do {
		rc = isp_start_chip(isp);
	} while (rc != DDI_SUCCESS && isp_shorten_rings(isp));
	mutex_enter(&isp->isp_lock);
	/* quiesce(9E) may have been called during the start. */
	if (rc != DDI_SUCCESS || isp->isp_closing || isp->isp_mbox_dead) {
		isp_stop_chip(isp);
		mutex_exit(&isp->isp_lock);
		return DDI_FAILURE;
	}
	isp->isp_idle_intrs = 0;
	isp->isp_hung = 0;
	if (isp->isp_probe == PROBE_SENT)
		isp->isp_probe = PROBE_DISTURBED;
	isp->isp_markers = (uint8_t)((1 << isp->isp_chip->chip_buses) - 1);
	isp->isp_state = ISP_RUN;
	isp->isp_stopped = B_FALSE;
	isp->isp_intr_on = B_TRUE;
	isp_wr(isp, ISP_HCCR, HCCR_CLEAR_RISC_INT);
	isp_wr(isp, ISP_ICR, ICR_EN_ALL | ICR_EN_RISC);
	isp_flush_markers(isp);
	mutex_exit(&isp->isp_lock);
	return DDI_SUCCESS;
}
