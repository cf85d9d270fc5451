/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: resets of the RISC and of the chip.
 */
#include <string.h>

#include "isp_priv.h"

#define RESET_US        20
#define ROM_STARTS_US   50
#define SELF_TEST_US    3000

/* The RISC begins in its boot ROM, with its self test. */
void isp_rom_begin(IspModel *m)
{
    if (m->strict.timing) {
        m->rom_begins = m->ops->now_us(m->opaque) + ROM_STARTS_US;
        m->rom_ends = m->rom_begins + SELF_TEST_US;
    }
}

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
    m->fetch_due = 0;
    isp_mbox_reset(m);
    isp_firmware_defaults(m);
    isp_rom_begin(m);
    isp_update_irq(m);
}

void isp_soft_reset(IspModel *m)
{
    bool outer = isp_enter(m);

    m->conf1 = m->chip->conf1;
    m->icr = 0;
    m->sema_status = false;
    m->flash_addr = 0;
    memset(m->dma_reg, 0, sizeof(m->dma_reg));
    m->dma_reg[ISP_CDMA_CONF / 2] = 0x0001;
    m->dma_reg[ISP_DDMA_CONF / 2] = 0x0008;
    memset(m->risc_reg, 0, sizeof(m->risc_reg));
    m->risc_reg[ISP_RISC_PSR / 2] = m->ultra ? 0x2080 : 0x2000;
    m->risc_reg[ISP_RISC_MTR / 2] = 0x0001;
    m->risc_reg[ISP_RISC_GPIO_DATA / 2] = 0x000f;
    memset(m->sxp_reg, 0, sizeof(m->sxp_reg));
    for (int bus = 0; bus < ISP_BUSES; bus++) {
        m->sxp_reg[bus][ISP_SXP_PINS_DIFF / 2] =
            m->single_ended >> bus & 1 ? ISP_PINS_SE : m->chip->pins_diff;
    }
    if (!m->strict.sram_survives) {
        isp_make_resident(m);
    }
    if (m->strict.timing) {
        m->reset_due = m->ops->now_us(m->opaque) + RESET_US;
    }
    m->dead = isp_fault_hang_persists(&m->faults) ? ISP_HUNG : ISP_ALIVE;
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
