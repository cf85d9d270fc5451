/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: registers, interrupt line, serial EEPROM, reset.
 */
#include <stdlib.h>
#include <string.h>

#include "isp_priv.h"

const IspChip isp_chips[ISP_CHIP_COUNT] = {
    [ISP_CHIP_1040B] = {
        .name = "ISP1040B",
        .pci_device = 0x1020,
        .pci_revision = 5,
        .id_high = 0x1020,
        .conf0 = 5,
        .conf1 = 0x0024,
        .buses = 1,
        .nvram_addr_bits = 6,
        .nvram_bytes = 128,
        .max_seg = 0x01000000,
    },
};

/*
 * Interrupts. One status bit stands for mailbox results, events and response entries. The host
 * clears it without saying for which, so the model remembers what the host has not seen: out-latch
 * 5 always shows the newest entry, and a clear is not final until the host has read that.
 */

void isp_update_irq(IspModel *m)
{
    uint16_t enable = ISP_ICR_EN_ALL | ISP_ICR_EN_RISC;
    bool level = m->risc_int && (m->icr & enable) == enable && !m->line_off;

    if (level == m->irq_level) {
        return;
    }
    m->irq_level = level;
    if (level) {
        m->stats.interrupts++;
    }
    if (m->ops->trace_irq) {
        m->ops->trace_irq(m->opaque, level);
    }
    m->ops->set_irq(m->opaque, level);
}

void isp_raise(IspModel *m, IspRaise why)
{
    bool seen = m->risc_int && !m->line_off;

    if (!seen && m->faults.armed && isp_fault_no_line(m, why)) {
        m->line_off = true;
    } else if (!m->line_due) {
        m->line_off = false;
    }
    m->risc_int = true;
    m->kept_int = false;
    isp_update_irq(m);
}

static void isp_clear_risc_int(IspModel *m)
{
    if (m->faults.armed && isp_fault_stuck(m)) {
        return;
    }
    m->line_off = false;
    m->line_due = 0;
    m->risc_int = false;
    m->kept_int = false;
    /* A result or event goes first: it may have waited for this clear. */
    if (!isp_mbox_post(m) && isp_responses_unread(m)) {
        m->risc_int = true;
        m->kept_int = true;
    }
    isp_update_irq(m);
    if (m->fast.first) {
        isp_schedule(m);
    }
}

static uint16_t isp_read_mbox(IspModel *m, unsigned n)
{
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

/*
 * Serial EEPROM, Microwire: a start bit, two bits of opcode, the address, then data, one bit per
 * rising clock edge while selected.
 */

enum { EE_START, EE_COMMAND, EE_READ, EE_WRITE, EE_DONE };

static uint16_t isp_nvram_word(const IspModel *m, unsigned word)
{
    word %= m->chip->nvram_bytes / 2u;
    return m->nvram[2 * word] | m->nvram[2 * word + 1] << 8;
}

static void isp_nvram_store(IspModel *m, unsigned word, uint16_t value)
{
    word %= m->chip->nvram_bytes / 2u;
    m->nvram[2 * word] = value & 0xff;
    m->nvram[2 * word + 1] = value >> 8;
}

static void isp_eeprom_command(IspModel *m)
{
    IspEeprom *e = &m->eeprom;
    unsigned bits = m->chip->nvram_addr_bits;

    e->addr = e->shift & ((1u << bits) - 1);
    e->opcode = e->shift >> bits & 3;
    e->bits = 0;
    e->shift = 0;
    switch (e->opcode) {
    case 2:
        e->shift = isp_nvram_word(m, e->addr);
        e->out = 0;             /* a dummy zero precedes the data */
        e->phase = EE_READ;
        return;
    case 1:
        e->phase = EE_WRITE;
        return;
    case 3:
        if (e->write_enabled) {
            isp_nvram_store(m, e->addr, 0xffff);
        }
        break;
    default:
        /* The top address bits say which: 11 write enable, 00 write disable. */
        if (e->addr >> (bits - 2) == 3) {
            e->write_enabled = true;
        } else if (e->addr >> (bits - 2) == 0) {
            e->write_enabled = false;
        }
        break;
    }
    e->phase = EE_DONE;
}

static void isp_eeprom_clock(IspModel *m, bool in)
{
    IspEeprom *e = &m->eeprom;

    switch (e->phase) {
    case EE_START:
        if (in) {
            e->phase = EE_COMMAND;
            e->bits = 0;
            e->shift = 0;
        }
        break;
    case EE_COMMAND:
        e->shift = e->shift << 1 | in;
        if (++e->bits == 2u + m->chip->nvram_addr_bits) {
            isp_eeprom_command(m);
        }
        break;
    case EE_READ:
        e->out = e->shift >> 15 & 1;
        e->shift <<= 1;
        if (++e->bits == 16) {
            e->bits = 0;
            e->shift = isp_nvram_word(m, ++e->addr);
        }
        break;
    case EE_WRITE:
        e->shift = e->shift << 1 | in;
        if (++e->bits == 16) {
            if (e->write_enabled) {
                isp_nvram_store(m, e->addr, e->shift);
            }
            e->phase = EE_DONE;
        }
        break;
    default:
        break;
    }
}

static void isp_eeprom_write(IspModel *m, uint16_t value)
{
    IspEeprom *e = &m->eeprom;
    bool rising = value & ~e->lines & ISP_NVRAM_CLOCK;

    if (!(value & ISP_NVRAM_SELECT)) {
        e->phase = EE_START;
        e->out = 1;             /* not driven */
    } else if (rising) {
        isp_eeprom_clock(m, value & ISP_NVRAM_DI);
    }
    e->lines = value & (ISP_NVRAM_CLOCK | ISP_NVRAM_SELECT | ISP_NVRAM_DI);
}

void isp_default_nvram(const IspChip *chip, uint8_t *image)
{
    static const uint8_t head[] = {
        'I', 'S', 'P', ' ', 7, 0x7b, 5, 0, 0, 0xf9, 8, 0x0b, 250, 0, 0, 1,
        0x17, 0, 0, 0, 0x77, 0x10, 3, 0, 0, 0,  /* features: no fast posting */
    };
    static const uint8_t target[6] = { 0xfd, 16, 12, 0x18 };
    uint8_t sum = 0;

    memset(image, 0, chip->nvram_bytes);
    memcpy(image, head, sizeof(head));
    for (int t = 0; t < ISP_TARGETS; t++) {
        memcpy(image + 28 + 6 * t, target, sizeof(target));
    }
    image[126] = 9;             /* where the system id is, as a word address */
    for (int i = 0; i < 127; i++) {
        sum += image[i];
    }
    image[127] = -sum;
}

/* RISC: host command and control */

/* The RISC starts over in its boot ROM, and forgets what was going on. */
void isp_reset_risc(IspModel *m)
{
    isp_queue_reset(m);
    m->running = false;
    m->paused = false;
    m->in_reset = false;
    m->host_int = false;
    m->mbox_busy = false;
    m->result_ready = false;
    m->event_count = 0;
    m->lock = false;
    m->risc_int = false;
    m->kept_int = false;
    if (m->dead == ISP_HALTED) {
        m->dead = ISP_ALIVE;
    }
    m->line_off = false;
    m->line_due = 0;
    m->shows_other_in = false;
    m->mbox_late = false;
    isp_mbox_reset(m);
    isp_firmware_defaults(m);
    isp_update_irq(m);
}

void isp_soft_reset(IspModel *m)
{
    bool outer = isp_enter(m);

    m->conf1 = m->chip->conf1;
    m->icr = 0;
    m->sema_status = false;
    m->bios_off = false;
    m->flash_addr = 0;
    memset(m->dma_reg, 0, sizeof(m->dma_reg));
    m->dma_reg[ISP_CDMA_CONF / 2] = 0x0001;
    m->dma_reg[ISP_DDMA_CONF / 2] = 0x0008;
    memset(m->risc_reg, 0, sizeof(m->risc_reg));
    m->risc_reg[ISP_RISC_PSR / 2] = 0x2000;
    m->risc_reg[ISP_RISC_MTR / 2] = 0x0001;
    m->risc_reg[ISP_RISC_GPIO_DATA / 2] = 0x000f;
    memset(m->sxp_reg, 0, sizeof(m->sxp_reg));
    for (int bus = 0; bus < ISP_BUSES; bus++) {
        m->sxp_reg[bus][ISP_SXP_PINS_DIFF / 2] = m->chip->pins_diff;
    }
    isp_make_resident(m);
    isp_fault_soft_reset(m);
    isp_reset_risc(m);
    isp_leave(m, outer);
}

void isp_resume(IspModel *m)
{
    if (m->host_int && !m->paused && !m->in_reset) {
        isp_mbox_take(m);
    }
    isp_schedule(m);
}

static void isp_write_hccr(IspModel *m, uint16_t value)
{
    switch (value >> 12) {
    case ISP_HCCR_NOP:
    case ISP_HCCR_STEP:
    case ISP_HCCR_CLEAR_HOST_INT:   /* no effect on a real card */
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
        /*
         * No list has this code. A driver writes it to reset, release and disable the BIOS in one,
         * with the RISC just out of reset, where only the last of the three changes anything.
         */
        m->bios_off = true;
        /* fall through */
    case ISP_HCCR_RELEASE:
        m->paused = false;
        m->in_reset = false;
        isp_resume(m);
        break;
    case ISP_HCCR_SET_HOST_INT:
        m->host_int = true;
        if (!m->paused && !m->in_reset) {
            isp_mbox_take(m);
        }
        break;
    case ISP_HCCR_CLEAR_RISC_INT:
        isp_clear_risc_int(m);
        break;
    case ISP_HCCR_DISABLE_BIOS:
        m->bios_off = !(value & 1);
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
        return m->conf1 & ISP_CONF1_SXP_1040 ? BANK_SXP0 : BANK_RISC;
    }
    return bank > BANK_DMA ? BANK_RISC : bank;
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
            m->dma_reg[reg / 2] = value;
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

static uint16_t isp_read_reg(IspModel *m, uint32_t offset)
{
    switch (offset) {
    case ISP_ISR:
        return m->risc_int ? ISP_ISR_RISC | ISP_ISR_IPEND : 0;
    case ISP_SEMA:
        return (m->lock ? ISP_SEMA_LOCK : 0) | (m->sema_status ? 2 : 0);
    case ISP_MBOX ... ISP_MBOX + 2 * ISP_MBOXES - 1:
        return isp_read_mbox(m, (offset - ISP_MBOX) / 2);
    case ISP_BANK ... ISP_REGION_SIZE - 1:
        return isp_read_window(m, offset);
    case ISP_ICR:
        return m->icr;          /* a soft reset is over before the host can see it */
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
    if (size != 2 || offset & 1) {
        isp_guest_error(m, "register write that is not an aligned word", offset);
        return;
    }
    isp_write_reg(m, offset, value);
}

bool isp_enter(IspModel *m)
{
    bool outer = m->in_run;

    m->in_run = true;
    return outer;
}

void isp_leave(IspModel *m, bool outer)
{
    m->in_run = outer;
    if (!outer && m->run_again) {
        m->run_again = false;
        isp_schedule(m);
    }
}

void isp_run(IspModel *m)
{
    m->scheduled = false;
    if (isp_enter(m)) {
        m->run_again = true;
        return;
    }
    if (m->faults.armed >> ISP_FAULT_SPURIOUS_INTERRUPT) {
        isp_fault_now(m);
    }
    if (isp_engine_on(m)) {
        isp_fetch(m);
        while (m->kick && isp_engine_on(m)) {
            IspLun *lun = m->kick;

            m->kick = lun->next_kick;
            lun->kicked = false;
            isp_lun_start(m, lun, UINT32_MAX);
        }
    }
    if (!m->paused && !m->in_reset && !m->gone) {
        if (!m->dead) {
            isp_post_responses(m);
        }
        isp_mbox_post(m);
    }
    isp_leave(m, false);
}

void isp_init(IspModel *m, IspChipId chip, const IspOps *ops, void *opaque)
{
    memset(m, 0, sizeof(*m));
    m->chip = &isp_chips[chip];
    m->ops = ops;
    m->opaque = opaque;
    m->resident_firmware = true;
    m->reset_event = true;
    isp_default_nvram(m->chip, m->nvram);
    isp_relink(m);
}

void isp_power_on(IspModel *m)
{
    memset(&m->eeprom, 0, sizeof(m->eeprom));
    m->eeprom.out = 1;
    isp_soft_reset(m);
    m->powered = true;
    if (m->faults.armed) {
        isp_fault_now(m);
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
