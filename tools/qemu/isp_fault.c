/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: faults on demand, which rule applies, and what it does.
 */
#include <string.h>

#include "isp_priv.h"

#define ANY             (-1)

/* Which rule */

bool isp_fault_live(const IspFaultRule *r)
{
    return !r->count || r->fired < r->count;
}

void isp_fault_rearm(IspFaults *f)
{
    f->armed = 0;
    for (unsigned i = 0; i < f->n; i++) {
        if (isp_fault_live(&f->rule[i])) {
            f->armed |= 1u << f->rule[i].kind;
        }
    }
}

static uint64_t isp_fault_random(IspFaultRule *r)
{
    uint64_t z = r->seed += 0x9e3779b97f4a7c15;     /* SplitMix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* An opportunity that matches the rule: should the rule use it? */
static bool isp_fault_turn(IspFaultRule *r)
{
    if (r->after) {
        r->after--;
        return false;
    }
    if (r->phase) {
        r->phase--;
        return false;
    }
    r->phase = r->every - 1;
    return r->rate < 0 || isp_fault_random(r) % 1000 < (uint64_t)r->rate;
}

void isp_fault_fired(IspModel *m, IspFaultRule *r)
{
    r->fired++;
    m->stats.faults++;
    if (!isp_fault_live(r)) {
        isp_fault_rearm(&m->faults);
    }
    if (m->ops->trace_fault) {
        m->ops->trace_fault(m->opaque, r->text);
    }
}

static bool isp_fault_means(const IspFaultRule *r, const IspCmd *c)
{
    if (!c) {
        return r->target < 0 && r->lun < 0 && r->opcode < 0 && !r->data;
    }
    return (r->target < 0 || r->target == c->target) && (r->lun < 0 || r->lun == c->lun) &&
           (r->opcode < 0 || r->opcode == c->cdb[0]) && (!r->data || c->length);
}

/* The rule that fires now, or NULL. "arg": a mailbox command, or the reason for an interrupt. */
IspFaultRule *isp_fault_match(IspModel *m, IspFaultKind kind, const IspCmd *c, int arg)
{
    IspFaults *f = &m->faults;

    if (!isp_fault_armed(f, kind)) {
        return NULL;
    }
    for (unsigned i = 0; i < f->n; i++) {
        IspFaultRule *r = &f->rule[i];

        if (r->kind == kind && !r->at_once && isp_fault_live(r) && isp_fault_means(r, c) &&
            (r->of < 0 || r->of == arg) && (r->command < 0 || r->command == arg) &&
            isp_fault_turn(r)) {
            isp_fault_fired(m, r);
            return r;
        }
    }
    return NULL;
}

/* Interrupts */

bool isp_fault_no_line(IspModel *m, IspRaise why)
{
    IspFaultRule *r = isp_fault_match(m, ISP_FAULT_DROP_INTERRUPT, NULL, why);

    if (r) {
        return true;
    }
    r = isp_fault_match(m, ISP_FAULT_DELAY_INTERRUPT, NULL, why);
    if (r) {
        m->line_due = m->ops->now_ms(m->opaque) + r->ms;
        isp_fault_set_alarm(m);
    }
    return r != NULL;
}

bool isp_fault_stuck(IspModel *m)
{
    return m->risc_int && isp_fault_match(m, ISP_FAULT_STUCK_INTERRUPT, NULL, ANY);
}

/* Commands and their completions */

static void isp_fault_end(IspCmd *c, const IspFaultRule *r)
{
    c->fault = (IspFaultEnd){
        .on = true, .limited = r->moves != UINT64_MAX, .limit = r->moves,
        .completion = r->completion, .state_flags = r->state_flags,
        .status_flags = r->status_flags, .scsi_status = r->scsi_status, .resid = r->resid,
        .ms = r->ms,
    };
    if (c->fault.limit > c->length) {
        c->fault.limit = c->length;
    } else if (c->length >= 512) {
        c->fault.limit &= ~(uint64_t)511;       /* disks move blocks */
    }
}

bool isp_fault_start(IspModel *m, IspCmd *c)
{
    IspFaultRule *r;

    r = isp_fault_match(m, ISP_FAULT_TARGET_STATUS, c, ANY);
    if (r) {
        isp_scsi_done(m, c, &(IspResult){ .outcome = ISP_DONE_STATUS,
                                          .scsi_status = r->scsi_status });
        return true;
    }
    r = isp_fault_match(m, ISP_FAULT_COMPLETE, c, ANY);
    if (!r) {
        return false;
    }
    isp_fault_end(c, r);
    if (c->fault.limited && !c->fault.limit) {
        isp_scsi_done(m, c, &(IspResult){ .outcome = ISP_DONE_FAULT });
        return true;
    }
    return false;
}

bool isp_fault_completion(IspModel *m, IspCmd *c)
{
    IspFaultRule *r;

    if (isp_fault_match(m, ISP_FAULT_DROP_COMPLETION, c, ANY)) {
        isp_drop(m, c);
        return true;
    }
    r = isp_fault_match(m, ISP_FAULT_DELAY_COMPLETION, c, ANY);
    if (r) {
        isp_hold(m, c, r->ms);
        return true;
    }
    if (m->free.first) {
        r = isp_fault_match(m, ISP_FAULT_DUPLICATE_COMPLETION, c, ANY);
        if (r) {
            isp_post_twice(m, c, r->ms);
            return true;
        }
    }
    return false;
}

/* Response ring */

/* Give a few bytes another value, or by chance the same. */
static void isp_fault_mutate(IspFaultRule *r, uint8_t *p, unsigned len)
{
    unsigned n = 1 + isp_fault_random(r) % 3;

    while (n--) {
        uint64_t z = isp_fault_random(r);
        uint8_t *at = p + (z >> 32) % len;

        switch (z & 3) {
        case 0:
            *at ^= 1u << (z >> 8 & 7);
            break;
        case 1:
            *at = z >> 8;
            break;
        default:
            *at = z & 4 ? 0xff : 0;
            break;
        }
    }
}

void isp_fault_response(IspModel *m, const IspCmd *c, uint8_t *entry)
{
    IspFaultRule *r = NULL;

    if (entry[0] != ISP_ET_STATUS_CONT) {
        r = isp_fault_match(m, ISP_FAULT_CORRUPT_RESPONSE, c, ANY);
    }
    for (unsigned i = 0; r && i < r->width && r->byte + i < ISP_ENTRY_SIZE; i++) {
        uint8_t *at = entry + r->byte + i;

        *at = r->mask ? *at ^ r->mask >> 8 * i : r->value >> 8 * i;
    }
    r = isp_fault_match(m, ISP_FAULT_MUTATE, c, ANY);
    if (r) {
        isp_fault_mutate(r, entry, ISP_ENTRY_SIZE);
    }
}

uint16_t isp_fault_response_in(IspModel *m, uint16_t in)
{
    IspFaultRule *r = isp_fault_match(m, ISP_FAULT_RESPONSE_IN, NULL, ANY);
    uint8_t b[2] = { in & 0xff, in >> 8 };

    if (r) {
        return r->value;
    }
    r = isp_fault_match(m, ISP_FAULT_MUTATE, NULL, ANY);
    if (r) {
        isp_fault_mutate(r, b, sizeof(b));
    }
    return b[0] | b[1] << 8;
}

/* Mailboxes */

int isp_fault_mailbox(IspModel *m, uint16_t op)
{
    IspFaultRule *r = isp_fault_match(m, ISP_FAULT_FAIL_MAILBOX, NULL, op);

    if (r) {
        return r->completion;
    }
    r = isp_fault_match(m, ISP_FAULT_HANG_MAILBOX, NULL, op);
    if (!r) {
        return ISP_FAULT_NONE;
    }
    if (r->ms) {
        m->mbox_late = true;
        m->mbox_due = m->ops->now_ms(m->opaque) + r->ms;
        isp_fault_set_alarm(m);
    }
    return ISP_FAULT_HANGS;
}

void isp_fault_mailbox_out(IspModel *m, uint16_t *mb, uint8_t mask)
{
    IspFaultRule *r = isp_fault_match(m, ISP_FAULT_MUTATE, NULL, ANY);
    uint8_t b[2];
    unsigned n;

    if (!r) {
        return;
    }
    n = isp_fault_random(r) % (2 * ISP_MBOXES);     /* half the time the status or code */
    n = n < ISP_MBOXES ? n : 0;
    while (!(mask >> n & 1)) {
        n = (n + 1) % ISP_MBOXES;
    }
    b[0] = mb[n] & 0xff;
    b[1] = mb[n] >> 8;
    isp_fault_mutate(r, b, sizeof(b));
    mb[n] = b[0] | b[1] << 8;
}

/* Time */

void isp_fault_soft_reset(IspModel *m)
{
    m->dead = ISP_ALIVE;
    for (unsigned i = 0; i < m->faults.n; i++) {
        const IspFaultRule *r = &m->faults.rule[i];

        if (r->kind == ISP_FAULT_HANG && r->persist && r->fired) {
            m->dead = ISP_HUNG;
        }
    }
}

/* Arming */

/* Make room: drop rules that cannot fire again, except a hang, which may have to persist. */
void isp_fault_forget(IspFaults *f)
{
    unsigned n = 0;

    for (unsigned i = 0; i < f->n; i++) {
        const IspFaultRule *r = &f->rule[i];

        if (isp_fault_live(r) || r->kind == ISP_FAULT_HANG) {
            f->rule[n++] = f->rule[i];
        }
    }
    f->n = n;
}
