/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: faults that hit the whole chip, and the arming of all faults.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isp_priv.h"

#define ANY             (-1)
#define REPEAT_MS       100u    /* between the firings of a rule with at_once */

/* Do to the whole chip what the rule says; false if that cannot happen now. */
static bool isp_fault_chip(IspModel *m, const IspFaultRule *r)
{
    switch (r->kind) {
    case ISP_FAULT_SPURIOUS_INTERRUPT:
        m->risc_int = true;
        m->line_off = false;
        isp_update_irq(m);
        return true;
    case ISP_FAULT_BUS_RESET:
        isp_bus_was_reset(m, 0);
        return true;
    case ISP_FAULT_HANG:
        m->dead = ISP_HUNG;
        return true;
    case ISP_FAULT_ALL_ONES:
        m->gone = true;
        m->gone_config = r->config;
        isp_soft_reset(m);      /* a card that is gone moves no data, and comes back fresh */
        return true;
    default:
        break;
    }
    if (!m->running) {
        return false;
    }
    if (r->completion == ISP_EVENT_REQ_DMA) {
        m->req.broken = true;
    } else if (r->completion == ISP_EVENT_RSP_DMA) {
        m->rsp.broken = true;
    }
    /* As far as is known, the other words of the event are diagnostic. */
    isp_post_event(m, r->completion, r->persist ? 0x1234 : 0, 0, 0);
    if (r->persist && m->dead == ISP_ALIVE) {
        m->dead = ISP_HALTED;
    }
    return true;
}

bool isp_fault_before_start(IspModel *m, const IspCmd *c)
{
    bool engine = isp_engine_on(m);
    IspFaultRule *r;

    for (int kind = ISP_FAULT_SPURIOUS_INTERRUPT; kind < ISP_FAULT_KINDS; kind++) {
        r = isp_fault_match(m, kind, c, ANY);
        if (r) {
            isp_fault_chip(m, r);
            if (kind == ISP_FAULT_BUS_RESET || m->gone || engine != isp_engine_on(m)) {
                return true;
            }
        }
    }
    return false;
}

void isp_fault_now(IspModel *m)
{
    uint64_t now = m->ops->now_ms(m->opaque);
    bool outer;

    if (!m->powered) {
        return;
    }
    outer = isp_enter(m);
    for (unsigned i = 0; i < m->faults.n; i++) {
        IspFaultRule *r = &m->faults.rule[i];

        if (r->at_once && isp_fault_live(r) && r->due <= now && isp_fault_chip(m, r)) {
            r->due = now + (r->ms ? r->ms : REPEAT_MS);
            isp_fault_fired(m, r);
        }
    }
    isp_fault_set_alarm(m);
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
    isp_release_held(m, now);
    if (m->mbox_late && m->mbox_due <= now) {
        m->mbox_late = false;
        if (!m->dead && !m->gone) {
            isp_mbox_carry_out(m);
        }
    }
    isp_fault_now(m);
}

static void isp_fault_disarm(IspModel *m)
{
    memset(&m->faults, 0, sizeof(m->faults));
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
    IspFaultRule *fresh;
    unsigned n = 0;

    if (!*text) {
        isp_fault_disarm(m);
        return true;
    }
    fresh = calloc(ISP_FAULT_RULES, sizeof(*fresh));
    if (!fresh) {
        snprintf(error, size, "no memory");
        return false;
    }
    while (*text) {
        size_t len = strcspn(text, ";\n");

        if (n == ISP_FAULT_RULES) {
            snprintf(error, size, "at most %d faults", ISP_FAULT_RULES);
            goto bad;
        }
        if (len && !isp_fault_parse(&fresh[n++], text, len, error, size)) {
            goto bad;
        }
        text += len + (text[len] != 0);
    }
    if (m->faults.n + n > ISP_FAULT_RULES) {
        isp_fault_forget(&m->faults);
    }
    if (m->faults.n + n > ISP_FAULT_RULES) {
        snprintf(error, size, "%u faults are armed already; the empty text disarms them",
                 m->faults.n);
        goto bad;
    }
    memcpy(&m->faults.rule[m->faults.n], fresh, n * sizeof(*fresh));
    m->faults.n += n;
    isp_fault_rearm(&m->faults);
    free(fresh);
    isp_fault_now(m);
    return true;
bad:
    free(fresh);
    return false;
}
