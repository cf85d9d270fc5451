/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: faults on demand, which rule applies and what it says. The chip does it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isp_fault.h"
#include "isp_regs.h"

#define REPEAT_MS       100u    /* between the firings of a rule with at_once */

/* Which rule */

static bool isp_fault_live(const IspFaultRule *r)
{
    return !r->count || r->fired < r->count;
}

static void isp_fault_rearm(IspFaults *f)
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

static void isp_fault_fire(IspFaults *f, IspFaultRule *r)
{
    r->fired++;
    if (!isp_fault_live(r)) {
        isp_fault_rearm(f);
    }
    if (f->on_fire) {
        f->on_fire(f->opaque, r);
    }
}

static bool isp_fault_is(int wanted, int found)
{
    return wanted == ISP_FAULT_ANY || wanted == found;
}

static bool isp_fault_means(const IspFaultRule *r, const IspCmd *c)
{
    if (!c) {
        return r->bus < 0 && r->target < 0 && r->lun < 0 && r->opcode < 0 && !r->data;
    }
    return isp_fault_is(r->bus, c->bus) && isp_fault_is(r->target, c->target) &&
           isp_fault_is(r->lun, c->lun) && isp_fault_is(r->opcode, c->cdb[0]) &&
           (!r->data || c->length);
}

/* The rule that fires now, or NULL. "arg": a mailbox command, or the reason for an interrupt. */
static IspFaultRule *isp_fault_match(IspFaults *f, IspFaultKind kind, const IspCmd *c, int arg)
{
    if (!(f->armed >> kind & 1)) {
        return NULL;
    }
    for (unsigned i = 0; i < f->n; i++) {
        IspFaultRule *r = &f->rule[i];

        if (r->kind == kind && !r->at_once && isp_fault_live(r) && isp_fault_means(r, c) &&
            (r->of < 0 || r->of == arg) && (r->command < 0 || r->command == arg) &&
            isp_fault_turn(r)) {
            isp_fault_fire(f, r);
            return r;
        }
    }
    return NULL;
}

/* Interrupts */

IspVerdict isp_fault_interrupt(IspFaults *f, IspRaise why)
{
    IspFaultRule *r;

    if (isp_fault_match(f, ISP_FAULT_DROP_INTERRUPT, NULL, why)) {
        return (IspVerdict){ .fate = ISP_DROP };
    }
    r = isp_fault_match(f, ISP_FAULT_DELAY_INTERRUPT, NULL, why);
    if (r) {
        return (IspVerdict){ .fate = ISP_HOLD, .ms = r->ms };
    }
    return (IspVerdict){ .fate = ISP_PASS };
}

bool isp_fault_stuck(IspFaults *f)
{
    return isp_fault_match(f, ISP_FAULT_STUCK_INTERRUPT, NULL, ISP_FAULT_ANY);
}

/* Trouble for the whole chip */

static uint64_t isp_fault_event(const IspFaultRule *r)
{
    switch (r->code) {
    case ISP_EVENT_REQ_DMA:
        return ISP_TROUBLE_REQUEST_ERROR;
    case ISP_EVENT_RSP_DMA:
        return ISP_TROUBLE_RESPONSE_ERROR;
    case ISP_EVENT_SYSTEM_ERROR:
        return ISP_TROUBLE_SYSTEM_ERROR | (r->persist ? ISP_TROUBLE_HALT : 0);
    case ISP_EVENT_BUS_RESET:
    case ISP_EVENT_TIMEOUT_RESET:
    case ISP_EVENT_DEVICE_RESET:
    case ISP_EVENT_OVERRUN_RESET:
        return ISP_TROUBLE_BUS_RESET | ISP_TROUBLE_EVENT | (uint64_t)r->code << 16;
    default:
        return ISP_TROUBLE_EVENT | (uint64_t)r->code << 16 | (r->value & 0xffff) << 32;
    }
}

/* What the rule says must happen; 0 if that cannot happen now. */
static uint64_t isp_fault_trouble(const IspFaultRule *r, bool running)
{
    switch (r->kind) {
    case ISP_FAULT_SPURIOUS_INTERRUPT:
        return ISP_TROUBLE_INTERRUPT;
    case ISP_FAULT_EVENT:
        return running ? isp_fault_event(r) : 0;
    case ISP_FAULT_BUS_RESET:
        return ISP_TROUBLE_BUS_RESET;
    case ISP_FAULT_HANG:
        return ISP_TROUBLE_HANG;
    case ISP_FAULT_ALL_ONES:
        return ISP_TROUBLE_GONE | (r->config ? ISP_TROUBLE_GONE_CONFIG : 0);
    default:
        return 0;
    }
}

uint64_t isp_fault_before_start(IspFaults *f, const IspCmd *c, bool running)
{
    uint64_t trouble = 0;

    for (int kind = ISP_FAULT_SPURIOUS_INTERRUPT;
         kind < ISP_FAULT_KINDS && !(trouble & ISP_TROUBLE_STOPS); kind++) {
        const IspFaultRule *r = isp_fault_match(f, kind, c, ISP_FAULT_ANY);

        if (r) {
            trouble |= isp_fault_trouble(r, running);
        }
    }
    /* Without bus= in the rule it happens on the command's bus. */
    return trouble && c->bus ? trouble | ISP_TROUBLE_BUS_1 : trouble;
}

uint64_t isp_fault_due(IspFaults *f, uint64_t now, bool running)
{
    for (unsigned i = 0; i < f->n; i++) {
        IspFaultRule *r = &f->rule[i];
        uint64_t trouble;

        if (!r->at_once || !isp_fault_live(r) || r->due > now) {
            continue;
        }
        trouble = isp_fault_trouble(r, running);
        if (trouble) {
            r->due = now + (r->ms ? r->ms : REPEAT_MS);
            isp_fault_fire(f, r);
            return r->bus == 1 ? trouble | ISP_TROUBLE_BUS_1 : trouble;
        }
    }
    return 0;
}

uint64_t isp_fault_next_due(const IspFaults *f, bool running)
{
    uint64_t at = UINT64_MAX;

    for (unsigned i = 0; i < f->n; i++) {
        const IspFaultRule *r = &f->rule[i];

        if (r->at_once && isp_fault_live(r) && isp_fault_trouble(r, running) && r->due < at) {
            at = r->due;
        }
    }
    return at;
}

bool isp_fault_hang_persists(const IspFaults *f)
{
    for (unsigned i = 0; i < f->n; i++) {
        const IspFaultRule *r = &f->rule[i];

        if (r->kind == ISP_FAULT_HANG && r->persist && r->fired) {
            return true;
        }
    }
    return false;
}

/* Commands and their completions */

static IspFaultEnd isp_fault_end(const IspCmd *c, const IspFaultRule *r)
{
    IspFaultEnd end = {
        .on = true, .limited = r->moves != UINT64_MAX, .limit = r->moves,
        .completion = r->completion, .state_flags = r->state_flags,
        .status_flags = r->status_flags, .scsi_status = r->scsi_status, .resid = r->resid,
        .ms = r->ms,
    };

    if (end.limit > c->length) {
        end.limit = c->length;
    } else if (c->length >= 512) {
        end.limit &= ~(uint64_t)511;    /* disks move blocks */
    }
    return end;
}

bool isp_fault_start(IspFaults *f, const IspCmd *c, IspFaultEnd *end, IspResult *result)
{
    IspFaultRule *r;

    r = isp_fault_match(f, ISP_FAULT_TARGET_STATUS, c, ISP_FAULT_ANY);
    if (r) {
        *result = (IspResult){ .outcome = ISP_DONE_STATUS, .scsi_status = r->scsi_status };
        return true;
    }
    r = isp_fault_match(f, ISP_FAULT_COMPLETE, c, ISP_FAULT_ANY);
    if (!r) {
        return false;
    }
    *end = isp_fault_end(c, r);
    *result = (IspResult){ .outcome = ISP_DONE_FAULT };
    return end->limited && !end->limit;
}

IspVerdict isp_fault_completion(IspFaults *f, const IspCmd *c, bool room)
{
    IspFaultRule *r;

    if (isp_fault_match(f, ISP_FAULT_DROP_COMPLETION, c, ISP_FAULT_ANY)) {
        return (IspVerdict){ .fate = ISP_DROP };
    }
    r = isp_fault_match(f, ISP_FAULT_DELAY_COMPLETION, c, ISP_FAULT_ANY);
    if (r) {
        return (IspVerdict){ .fate = ISP_HOLD, .ms = r->ms };
    }
    r = room ? isp_fault_match(f, ISP_FAULT_DUPLICATE_COMPLETION, c, ISP_FAULT_ANY) : NULL;
    if (r) {
        return (IspVerdict){ .fate = ISP_TWICE, .ms = r->ms };
    }
    return (IspVerdict){ .fate = ISP_PASS };
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

void isp_fault_response(IspFaults *f, const IspCmd *c, uint8_t *entry)
{
    IspFaultRule *r = NULL;

    if (entry[0] != ISP_ET_STATUS_CONT) {
        r = isp_fault_match(f, ISP_FAULT_CORRUPT_RESPONSE, c, ISP_FAULT_ANY);
    }
    for (unsigned i = 0; r && i < r->width && r->byte + i < ISP_ENTRY_SIZE; i++) {
        uint8_t *at = entry + r->byte + i;

        *at = r->mask ? *at ^ r->mask >> 8 * i : r->value >> 8 * i;
    }
    r = isp_fault_match(f, ISP_FAULT_MUTATE, c, ISP_FAULT_ANY);
    if (r) {
        isp_fault_mutate(r, entry, ISP_ENTRY_SIZE);
    }
}

uint16_t isp_fault_response_in(IspFaults *f, uint16_t in)
{
    IspFaultRule *r = isp_fault_match(f, ISP_FAULT_RESPONSE_IN, NULL, ISP_FAULT_ANY);
    uint8_t b[2] = { in & 0xff, in >> 8 };

    if (r) {
        return r->value;
    }
    r = isp_fault_match(f, ISP_FAULT_MUTATE, NULL, ISP_FAULT_ANY);
    if (r) {
        isp_fault_mutate(r, b, sizeof(b));
    }
    return b[0] | b[1] << 8;
}

/* Mailboxes */

IspVerdict isp_fault_mailbox(IspFaults *f, uint16_t op)
{
    IspFaultRule *r = isp_fault_match(f, ISP_FAULT_FAIL_MAILBOX, NULL, op);

    if (r) {
        return (IspVerdict){ .fate = ISP_FAIL, .status = r->completion };
    }
    r = isp_fault_match(f, ISP_FAULT_HANG_MAILBOX, NULL, op);
    if (r) {
        return (IspVerdict){ .fate = r->ms ? ISP_HOLD : ISP_DROP, .ms = r->ms };
    }
    return (IspVerdict){ .fate = ISP_PASS };
}

void isp_fault_mailbox_out(IspFaults *f, uint16_t *mb, uint8_t mask)
{
    IspFaultRule *r = isp_fault_match(f, ISP_FAULT_MUTATE, NULL, ISP_FAULT_ANY);
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

/* Arming */

/* Make room: drop rules that cannot fire again, except a hang, which may have to persist. */
static void isp_fault_forget(IspFaults *f)
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

bool isp_fault_add(IspFaults *f, const char *text, char *error, size_t size)
{
    IspFaultRule *fresh;
    unsigned n = 0;

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
        if (len && fresh[n - 1].bus >= f->buses) {
            snprintf(error, size, "bus=%d: the chip has no such bus", fresh[n - 1].bus);
            goto bad;
        }
        text += len + (text[len] != 0);
    }
    if (f->n + n > ISP_FAULT_RULES) {
        isp_fault_forget(f);
    }
    if (f->n + n > ISP_FAULT_RULES) {
        snprintf(error, size, "%u faults are armed already; the empty text disarms them",
                 f->n);
        goto bad;
    }
    memcpy(&f->rule[f->n], fresh, n * sizeof(*fresh));
    f->n += n;
    isp_fault_rearm(f);
    free(fresh);
    return true;
bad:
    free(fresh);
    return false;
}

void isp_fault_clear(IspFaults *f)
{
    f->n = 0;
    f->armed = 0;
}
