/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: registers, and the order of its work.
 */
#include <stdlib.h>
#include <string.h>

#include "isp_priv.h"

/*
 * Interrupts. One status bit stands for mailbox results, events and response entries. The host
 * clears it without saying for which, so the model remembers what the host has not seen: out-latch
 * 5 always shows the newest entry, and a clear is not final until the host has read that.
 */

static void isp_clear_risc_int(IspModel *m)
{
    if (m->risc_int && isp_fault_stuck(&m->faults)) {
        return;
    }
    m->line_off = false;
    m->line_due = 0;
    m->risc_int = false;
    m->kept_int = false;
    /* A result or event goes first: it may have waited for this clear. */
    if (!isp_mbox_post(m) && isp_keeps_interrupt(m)) {
        m->risc_int = true;
        m->kept_int = true;
    }
    isp_update_irq(m);
    if (m->fast.first) {
        isp_schedule(m);
    }
}

/* Does the chip still reset, or its boot ROM still test it? Only with strict timing. */
static bool isp_before(const IspModel *m, uint64_t us)
{
    return m->strict.timing && m->ops->now_us(m->opaque) < us;
}

static uint16_t isp_read_mbox(IspModel *m, unsigned n)
{
    if (!m->running && isp_before(m, m->rom_ends)) {
        return n || isp_before(m, m->rom_begins) ? 0 : ISP_MBS_SELF_TEST;
    }
    if ((n == 4 || n == 5) && m->lock && m->strict.latched_pointers) {
        return m->latched[n - 4];
    }
    if (n == 5 && m->shows_other_in) {
        m->shows_other_in = false;
        return m->other_in;
    }
    if (n == 5 && m->rsp.len) {
        m->read_mb5 = m->mbox_out[5];
        m->moved_since_read = false;
        if (m->kept_int) {
            m->risc_int = false;
            m->kept_int = false;
            isp_mbox_post(m);
            isp_update_irq(m);
        }
    }
    return m->mbox_out[n];
}

static void isp_write_mbox(IspModel *m, unsigned n, uint16_t value)
{
    m->mbox_in[n] = value;
    if (n == 4) {
        isp_doorbell(m, value);
    } else if (n == 5) {
        isp_response_out(m, value);
    }
}

static void isp_write_sema(IspModel *m, uint16_t value)
{
    m->sema_status = value & 2;
    if (value & ISP_SEMA_LOCK) {
        m->lock = true;
        return;
    }
    m->lock = false;
    m->result_latched = false;
    isp_mbox_post(m);
    if (m->fast.first) {
        isp_schedule(m);
    }
}

/* RISC: host command and control */

static void isp_write_hccr(IspModel *m, uint16_t value)
{
    switch (value >> 12) {
    case ISP_HCCR_NOP:
    case ISP_HCCR_STEP:
    case ISP_HCCR_CLEAR_HOST_INT:   /* no effect on a real card */
    case ISP_HCCR_DISABLE_BIOS:         /* there is none */
    case ISP_HCCR_BREAKPOINT:
    case ISP_HCCR_PARITY:
        break;
    case ISP_HCCR_RESET: {
        bool outer = isp_enter(m);

        isp_reset_risc(m);
        m->in_reset = true;
        isp_leave(m, outer);
        break;
    }
    case ISP_HCCR_PAUSE:
        m->paused = true;
        break;
    case ISP_HCCR_RESTART:
        /* No list has this code. A driver writes it to reset, release and disable the BIOS in one. */
    case ISP_HCCR_RELEASE:
        if (m->in_reset) {
            isp_rom_begin(m);
        }
        m->paused = false;
        m->in_reset = false;
        isp_resume(m);
        break;
    case ISP_HCCR_SET_HOST_INT:
        if (!m->running && isp_before(m, m->rom_ends)) {
            isp_guest_error(m, "mailbox command during the self test", m->mbox_in[0]);
            break;
        }
        m->host_int = true;
        if (!m->paused && !m->in_reset) {
            isp_mbox_take(m);
        }
        break;
    case ISP_HCCR_CLEAR_RISC_INT:
        isp_clear_risc_int(m);
        break;
    default:
        isp_guest_error(m, "unknown host control command", value);
        break;
    }
}

static uint16_t isp_read_hccr(const IspModel *m)
{
    return (m->host_int ? ISP_HCCR_HOST_INT : 0) | (m->in_reset ? ISP_HCCR_IN_RESET : 0) |
           (m->paused ? ISP_HCCR_PAUSED : 0);
}

/* The window at 0x80 */

enum { BANK_RISC, BANK_SXP0, BANK_SXP1, BANK_DMA };

static int isp_bank(const IspModel *m)
{
    int bank = (m->conf1 & ISP_CONF1_BANK) >> 8;

    if (!m->chip->dma_bank) {
        return m->conf1 & ISP_CONF1_SXP ? BANK_SXP0 : BANK_RISC;
    }
    /* A chip with one bus has no second SXP. */
    if (bank > BANK_DMA || (bank == BANK_SXP1 && m->chip->buses == 1)) {
        return BANK_RISC;
    }
    return bank;
}

/* Most of these registers belong to the RISC as long as it runs. */
static bool isp_quiet(IspModel *m, uint32_t offset)
{
    if (m->paused || m->in_reset) {
        return true;
    }
    isp_guest_error(m, "register touched while the RISC runs", offset);
    return false;
}

static void isp_write_dma(IspModel *m, uint32_t reg, uint16_t value)
{
    switch (reg) {
    case ISP_CDMA_STATUS:
    case ISP_CDMA_FIFO:
    case ISP_DDMA_STATUS:
    case ISP_DDMA_FIFO:
        return;
    case ISP_CDMA_CONTROL:
    case ISP_DDMA_CONTROL:
        return;                 /* commands to a channel that the host never runs by hand */
    default:
        m->dma_reg[reg / 2] = value;
    }
}

static uint16_t isp_read_window(IspModel *m, uint32_t offset)
{
    uint32_t reg = offset - ISP_BANK;
    int bank = isp_bank(m);

    if (bank == BANK_DMA) {
        return reg < ISP_DMA_SIZE ? m->dma_reg[reg / 2] : 0;
    }
    if (bank != BANK_RISC) {
        return isp_quiet(m, offset) ? m->sxp_reg[bank - BANK_SXP0][reg / 2] : 0;
    }
    if (reg == ISP_RISC_HCCR) {
        return isp_read_hccr(m);
    }
    if (reg < ISP_RISC_PC && !isp_quiet(m, offset)) {
        return 0;
    }
    return m->risc_reg[reg / 2];
}

static void isp_write_window(IspModel *m, uint32_t offset, uint16_t value)
{
    uint32_t reg = offset - ISP_BANK;
    int bank = isp_bank(m);

    if (bank == BANK_DMA) {
        if (reg < ISP_DMA_SIZE) {
            isp_write_dma(m, reg, value);
        }
        return;
    }
    if (bank != BANK_RISC) {
        int bus = bank - BANK_SXP0;

        if (!isp_quiet(m, offset) || reg == ISP_SXP_PINS_DIFF) {
            return;
        }
        if (reg == ISP_SXP_COMMAND && value == ISP_SXP_BUS_RESET && bus < m->chip->buses) {
            isp_bus_was_reset(m, bus);
        }
        m->sxp_reg[bus][reg / 2] = value;
        return;
    }
    if (reg == ISP_RISC_HCCR) {
        isp_write_hccr(m, value);
        return;
    }
    if (reg == ISP_RISC_PC || reg == ISP_RISC_HRL) {
        return;                 /* read only */
    }
    if (reg < ISP_RISC_HCCR && !isp_quiet(m, offset)) {
        return;
    }
    m->risc_reg[reg / 2] = value;
}

static bool isp_is_dma_reg(const IspModel *m, uint32_t offset)
{
    return !m->chip->dma_bank && offset >= ISP_DMA && offset < ISP_DMA + ISP_DMA_SIZE;
}

/* With strict timing, a host that polls sees the semaphore before the result is complete. */
static bool isp_result_is_near(const IspModel *m)
{
    return m->strict.timing && m->mbox_late && !m->icr;
}

static uint16_t isp_read_reg(IspModel *m, uint32_t offset)
{
    switch (offset) {
    case ISP_ISR:
        return m->risc_int ? ISP_ISR_RISC | ISP_ISR_IPEND : 0;
    case ISP_SEMA:
        return (m->lock || isp_result_is_near(m) ? ISP_SEMA_LOCK : 0) | (m->sema_status ? 2 : 0);
    case ISP_MBOX ... ISP_MBOX + 2 * ISP_MBOXES - 1:
        return isp_read_mbox(m, (offset - ISP_MBOX) / 2);
    case ISP_BANK ... ISP_REGION_SIZE - 1:
        return isp_read_window(m, offset);
    case ISP_ICR:
        /* Without strict timing, a soft reset is over before the host can see it. */
        return isp_before(m, m->reset_due + 20) ? ISP_ICR_SOFT_RESET : m->icr;
    case ISP_ID_LOW:
        return 0x1077;
    case ISP_ID_HIGH:
        return m->chip->id_high;
    case ISP_CONF0:
        return m->chip->conf0;
    case ISP_CONF1:
        return m->conf1;
    case ISP_NVRAM:
        return m->eeprom.lines | (m->eeprom.out ? ISP_NVRAM_DO : 0);
    case ISP_FLASH_DATA:
        return 0xffff;          /* no flash on this board */
    case ISP_FLASH_ADDR:
        return m->flash_addr;
    default:
        return isp_is_dma_reg(m, offset) ? m->dma_reg[(offset - ISP_DMA) / 2] : 0;
    }
}

static void isp_write_reg(IspModel *m, uint32_t offset, uint16_t value)
{
    switch (offset) {
    case ISP_MBOX ... ISP_MBOX + 2 * ISP_MBOXES - 1:
        isp_write_mbox(m, (offset - ISP_MBOX) / 2, value);
        break;
    case ISP_BANK ... ISP_REGION_SIZE - 1:
        isp_write_window(m, offset, value);
        break;
    case ISP_SEMA:
        isp_write_sema(m, value);
        break;
    case ISP_ICR:
        if (value & ISP_ICR_SOFT_RESET) {
            isp_soft_reset(m);
            break;
        }
        m->icr = value & ISP_ICR_MASK;
        isp_update_irq(m);
        break;
    case ISP_CONF1:
        m->conf1 = value;
        break;
    case ISP_NVRAM:
        isp_eeprom_write(m, value);
        break;
    case ISP_FLASH_ADDR:
        m->flash_addr = value;
        break;
    case ISP_FLASH_DATA:
        break;
    case ISP_ID_LOW:
    case ISP_ID_HIGH:
    case ISP_CONF0:
    case ISP_ISR:
        isp_guest_error(m, "write to a read-only register", offset);
        break;
    default:
        if (isp_is_dma_reg(m, offset)) {
            isp_write_dma(m, offset - ISP_DMA, value);
        } else {
            isp_guest_error(m, "write to no register", offset);
        }
        break;
    }
}

uint32_t isp_read(IspModel *m, uint32_t offset, unsigned size)
{
    m->stats.reg_reads++;
    if (m->gone) {
        return size == 1 ? 0xff : size == 2 ? 0xffff : 0xffffffff;
    }
    offset %= ISP_REGION_SIZE;
    if (isp_before(m, m->reset_due)) {
        isp_guest_error(m, "register read during a soft reset", offset);
        return size == 1 ? 0xff : size == 2 ? 0xffff : 0xffffffff;
    }
    if (size != 2 || offset & 1) {
        isp_guest_error(m, "register read that is not an aligned word", offset);
        return size == 1 ? 0xff : size == 2 ? 0xffff : 0xffffffff;
    }
    return isp_read_reg(m, offset);
}

void isp_write(IspModel *m, uint32_t offset, uint32_t value, unsigned size)
{
    m->stats.reg_writes++;
    if (m->gone) {
        return;
    }
    offset %= ISP_REGION_SIZE;
    if (isp_before(m, m->reset_due)) {
        isp_guest_error(m, "register write during a soft reset", offset);
        return;
    }
    if (size != 2 || offset & 1) {
        isp_guest_error(m, "register write that is not an aligned word", offset);
        return;
    }
    isp_write_reg(m, offset, value);
}

void isp_run(IspModel *m)
{
    m->scheduled = false;
    if (isp_enter(m)) {
        m->run_again = true;
        return;
    }
    if (m->faults.armed >> ISP_FAULT_SPURIOUS_INTERRUPT) {
        isp_trouble_now(m);
    }
    isp_trouble_pending(m);
    if (isp_engine_on(m)) {
        isp_fetch(m);
        while (m->kick && isp_engine_on(m)) {
            IspLun *lun = m->kick;

            m->kick = lun->next_kick;
            lun->kicked = false;
            isp_lun_start(m, lun, UINT32_MAX);
            isp_trouble_pending(m);
        }
    }
    if (!m->paused && !m->in_reset && !m->gone) {
        if (!m->dead) {
            isp_post_responses(m);
        }
        isp_mbox_post(m);
        if (m->host_int) {
            isp_mbox_take(m);   /* it waited for the command before it */
        }
    }
    isp_leave(m, false);
}

static void isp_fault_fired(void *opaque, const IspFaultRule *r)
{
    IspModel *m = opaque;

    m->stats.faults++;
    if (m->ops->trace_fault) {
        m->ops->trace_fault(m->opaque, r->text);
    }
}

void isp_init(IspModel *m, const IspChip *chip, const IspOps *ops, void *opaque)
{
    memset(m, 0, sizeof(*m));
    m->chip = chip;
    m->ops = ops;
    m->opaque = opaque;
    m->faults.on_fire = isp_fault_fired;
    m->faults.opaque = m;
    m->faults.buses = chip->buses;
    m->resident_firmware = true;
    m->reset_event = true;
    isp_default_nvram(m->chip, m->nvram);
    isp_relink(m);
}

void isp_power_on(IspModel *m)
{
    memset(&m->eeprom, 0, sizeof(m->eeprom));
    m->eeprom.out = 1;
    isp_make_resident(m);
    isp_soft_reset(m);
    m->powered = true;
    if (m->faults.armed) {
        isp_trouble_now(m);
    }
}

void isp_fini(IspModel *m)
{
    isp_queue_reset(m);
    for (int i = 0; i < ISP_SLOTS; i++) {
        free(m->slots[i].seg);
        m->slots[i].seg = NULL;
    }
}
