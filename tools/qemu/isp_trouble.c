/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: what a fault does to the whole chip, when its time comes.
 */
#include "isp_priv.h"

/* An event with the code that its rule gives: what it tells of has happened. */
static void isp_trouble_coded(IspModel *m, uint64_t what, int bus)
{
    uint16_t code = isp_trouble_code(what), mb2 = isp_trouble_mb2(what);

    if (what & ISP_TROUBLE_BUS_RESET) {
        isp_bus_was_reset_by(m, bus, code);
        return;
    }
    if (code == ISP_EVENT_BUS_MODE) {
        m->sxp_reg[bus][ISP_SXP_PINS_DIFF / 2] = mb2;
        isp_need_marker(m, bus, -1, -1, true);
    }
    isp_post_event(m, code, 0, mb2, bus);
}

/* An event of running firmware, and what caused it */
static void isp_trouble_event(IspModel *m, uint64_t what)
{
    if (!m->running) {
        return;
    }
    if (what & ISP_TROUBLE_REQUEST_ERROR) {
        m->req.broken = true;
        isp_post_event(m, ISP_EVENT_REQ_DMA, 0, 0, 0);
    }
    if (what & ISP_TROUBLE_RESPONSE_ERROR) {
        m->rsp.broken = true;
        isp_post_event(m, ISP_EVENT_RSP_DMA, 0, 0, 0);
    }
    if (what & ISP_TROUBLE_SYSTEM_ERROR) {
        /* As far as is known, the other words of the event are diagnostic. */
        isp_post_event(m, ISP_EVENT_SYSTEM_ERROR, what & ISP_TROUBLE_HALT ? 0x1234 : 0, 0, 0);
    }
    if (what & ISP_TROUBLE_HALT && m->dead == ISP_ALIVE) {
        m->dead = ISP_HALTED;
    }
}

static void isp_trouble_strike(IspModel *m, uint64_t what)
{
    int bus = what & ISP_TROUBLE_BUS_1 ? 1 : 0;

    if (what & ISP_TROUBLE_INTERRUPT) {
        m->risc_int = true;
        m->line_off = false;
        isp_update_irq(m);
    }
    isp_trouble_event(m, what);
    if (what & ISP_TROUBLE_EVENT) {
        isp_trouble_coded(m, what, bus);
    } else if (what & ISP_TROUBLE_BUS_RESET) {
        isp_bus_was_reset(m, bus);
    }
    if (what & ISP_TROUBLE_HANG) {
        m->dead = ISP_HUNG;
    }
    if (what & ISP_TROUBLE_GONE) {
        m->gone = true;
        m->gone_config = what & ISP_TROUBLE_GONE_CONFIG;
        isp_soft_reset(m);      /* a card that is gone moves no data, and comes back fresh */
    }
}

void isp_trouble_pending(IspModel *m)
{
    uint64_t what = m->trouble;

    m->trouble = 0;
    isp_trouble_strike(m, what);
}

void isp_trouble_now(IspModel *m)
{
    uint64_t now = m->ops->now_ms(m->opaque);
    uint64_t what;
    bool outer;

    if (!m->powered) {
        return;
    }
    outer = isp_enter(m);
    while ((what = isp_fault_due(&m->faults, now, m->running))) {
        isp_trouble_strike(m, what);
    }
    isp_set_alarm(m);
    isp_leave(m, outer);
}

void isp_alarm(IspModel *m)
{
    uint64_t now = m->ops->now_ms(m->opaque);

    if (m->line_due && m->line_due <= now) {
        m->line_due = 0;
        m->line_off = false;
        isp_update_irq(m);
    }
    if (m->fetch_due && m->fetch_due <= now) {
        m->fetch_due = 0;
        isp_schedule(m);
    }
    isp_release_held(m, now);
    if (m->mbox_late && m->mbox_due <= now) {
        m->mbox_late = false;
        if (!m->dead && !m->gone) {
            isp_mbox_carry_out(m);
        }
    }
    isp_trouble_now(m);
}

static void isp_fault_disarm(IspModel *m)
{
    isp_fault_clear(&m->faults);
    m->trouble = 0;
    m->gone = m->gone_config = false;
    if (m->dead == ISP_HUNG) {
        m->dead = ISP_ALIVE;
    }
    if (m->powered) {
        isp_update_irq(m);
        isp_resume(m);
    }
}

bool isp_fault_arm(IspModel *m, const char *text, char *error, size_t size)
{
    if (!*text) {
        isp_fault_disarm(m);
        return true;
    }
    if (!isp_fault_add(&m->faults, text, error, size)) {
        return false;
    }
    isp_trouble_now(m);
    return true;
}
