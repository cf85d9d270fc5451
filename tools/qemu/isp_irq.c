/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: the interrupt line, events, the alarm; what must not be entered twice.
 */
#include <string.h>

#include "isp_priv.h"

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

static uint64_t isp_sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void isp_set_alarm(IspModel *m)
{
    uint64_t at = isp_fault_next_due(&m->faults, m->running);

    for (const IspCmd *c = m->held.first; c; c = c->next) {
        at = isp_sooner(at, c->due);
    }
    if (m->line_due) {
        at = isp_sooner(at, m->line_due);
    }
    if (m->mbox_late) {
        at = isp_sooner(at, m->mbox_due);
    }
    if (m->fetch_due) {
        at = isp_sooner(at, m->fetch_due);
    }
    if (at != UINT64_MAX) {
        m->ops->set_alarm(m->opaque, at);
    }
}

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

/* Does a fault keep the line low? */
static bool isp_line_stays_off(IspModel *m, IspRaise why)
{
    IspVerdict verdict = isp_fault_interrupt(&m->faults, why);

    if (verdict.fate == ISP_HOLD) {
        m->line_due = m->ops->now_ms(m->opaque) + verdict.ms;
        isp_set_alarm(m);
    }
    return verdict.fate != ISP_PASS;
}

void isp_raise(IspModel *m, IspRaise why)
{
    bool seen = m->risc_int && !m->line_off;

    if (!seen && isp_line_stays_off(m, why)) {
        m->line_off = true;
    } else if (!m->line_due) {
        m->line_off = false;
    }
    m->risc_int = true;
    m->kept_int = false;
    isp_update_irq(m);
}

void isp_post_event(IspModel *m, uint16_t code, uint16_t mb1, uint16_t mb2, uint16_t mb6)
{
    uint16_t e[ISP_MBOXES] = { code, mb1, mb2, 0, 0, 0, mb6, 0 };

    if (!m->running) {
        return;
    }
    for (uint32_t i = 0; i < m->event_count && code != ISP_EVENT_FAST_POST; i++) {
        if (!memcmp(m->events[(m->event_head + i) % ISP_EVENTS], e, sizeof(e))) {
            return;             /* the host has not seen the last one yet */
        }
    }
    if (m->event_count == ISP_EVENTS) {
        return;
    }
    memcpy(m->events[(m->event_head + m->event_count) % ISP_EVENTS], e, sizeof(e));
    m->event_count++;
    isp_schedule(m);
}

/* Set what isp_mbox_post() shows when it can: the end of the mailbox command. */
void isp_set_result(IspModel *m, uint16_t status, uint8_t mask, const uint16_t *out)
{
    /* Latches 4 and 5 are ring pointers once there are rings. */
    if (m->req.len) {
        mask &= ~0x10;
    }
    if (m->rsp.len) {
        mask &= ~0x20;
    }
    memcpy(m->result, out, sizeof(m->result));
    m->result[0] = status;
    m->result_mask = mask | 1;
    m->result_ready = true;
    m->mbox_busy = false;
    if (m->ops->trace_mailbox) {
        m->ops->trace_mailbox(m->opaque, m->mbox_in, m->result);
    }
}
