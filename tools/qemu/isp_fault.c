/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: faults on demand. First the language, then which rule applies, then what that
 * rule does to the chip.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isp_priv.h"

#define ANY             (-1)
#define MAX_MS          600000u
#define REPEAT_MS       100u    /* between the firings of a rule with at_once */

/* Keys that not every fault takes */
enum {
    K_TARGET    = 1 << 0,
    K_LUN       = 1 << 1,
    K_OPCODE    = 1 << 2,
    K_MS        = 1 << 3,
    K_OF        = 1 << 4,
    K_BYTE      = 1 << 5,
    K_FIELD     = 1 << 6,
    K_VALUE     = 1 << 7,
    K_XOR       = 1 << 8,
    K_STATUS    = 1 << 9,
    K_SCSI      = 1 << 10,
    K_RESID     = 1 << 11,
    K_STATE     = 1 << 12,
    K_FLAGS     = 1 << 13,
    K_MOVES     = 1 << 14,
    K_COMMAND   = 1 << 15,
    K_PERSIST   = 1 << 16,
    K_CONFIG    = 1 << 17,
    K_HALT      = 1 << 18,
    K_CHIP      = 1 << 19,
    K_AFTER     = 1 << 20,
    K_COUNT     = 1 << 21,
    K_EVERY     = 1 << 22,
    K_RATE      = 1 << 23,
    K_SEED      = 1 << 24,

    K_COMMON    = K_AFTER | K_COUNT | K_EVERY | K_RATE | K_SEED,
    K_ADDRESS   = K_TARGET | K_LUN | K_OPCODE,
    K_END       = K_ADDRESS | K_SCSI | K_RESID | K_STATE | K_FLAGS | K_MOVES | K_MS,
};

static const struct {
    const char *name;
    uint32_t key;
    uint64_t max;
} isp_fault_keys[] = {
    { "target", K_TARGET, ISP_TARGETS - 1 },
    { "lun", K_LUN, ISP_LUNS - 1 },
    { "opcode", K_OPCODE, 0xff },
    { "ms", K_MS, MAX_MS },
    { "of", K_OF, 0 },
    { "byte", K_BYTE, ISP_ENTRY_SIZE - 1 },
    { "field", K_FIELD, 0 },
    { "value", K_VALUE, UINT32_MAX },
    { "xor", K_XOR, UINT32_MAX },
    { "status", K_STATUS, 0xffff },
    { "scsi-status", K_SCSI, 0xffff },
    { "resid", K_RESID, UINT32_MAX },
    { "state-flags", K_STATE, 0xffff },
    { "status-flags", K_FLAGS, 0xffff },
    { "moves", K_MOVES, UINT32_MAX },
    { "command", K_COMMAND, 0xffff },
    { "persist", K_PERSIST, 1 },
    { "config", K_CONFIG, 1 },
    { "halt", K_HALT, 1 },
    { "chip", K_CHIP, 1 },
    { "after", K_AFTER, UINT32_MAX },
    { "count", K_COUNT, UINT32_MAX },
    { "every", K_EVERY, UINT32_MAX },
    { "rate", K_RATE, 1000 },
    { "seed", K_SEED, UINT64_MAX },
};

#define KEYS (sizeof(isp_fault_keys) / sizeof(isp_fault_keys[0]))

/* arg: completion status, SCSI status or event */
static const struct {
    const char *name;
    IspFaultKind kind;
    uint32_t keys, needs;
    uint16_t arg;
} isp_fault_names[] = {
    { "drop-interrupt", ISP_FAULT_DROP_INTERRUPT, K_OF, 0, 0 },
    { "delay-interrupt", ISP_FAULT_DELAY_INTERRUPT, K_OF | K_MS, K_MS, 0 },
    { "spurious-interrupt", ISP_FAULT_SPURIOUS_INTERRUPT, K_ADDRESS | K_MS, 0, 0 },
    { "stuck-interrupt", ISP_FAULT_STUCK_INTERRUPT, 0, 0, 0 },
    { "drop-completion", ISP_FAULT_DROP_COMPLETION, K_ADDRESS, 0, 0 },
    { "duplicate-completion", ISP_FAULT_DUPLICATE_COMPLETION, K_ADDRESS | K_MS, 0, 0 },
    { "delay-completion", ISP_FAULT_DELAY_COMPLETION, K_ADDRESS | K_MS, K_MS, 0 },
    { "late-completion", ISP_FAULT_DELAY_COMPLETION, K_ADDRESS | K_MS, K_MS, 0 },
    { "corrupt-response", ISP_FAULT_CORRUPT_RESPONSE,
      K_ADDRESS | K_BYTE | K_FIELD | K_VALUE | K_XOR, 0, 0 },
    { "response-in", ISP_FAULT_RESPONSE_IN, K_VALUE, K_VALUE, 0 },
    { "complete", ISP_FAULT_COMPLETE, K_END | K_STATUS, K_STATUS, 0 },
    { "selection-timeout", ISP_FAULT_COMPLETE, K_END, 0, ISP_CS_INCOMPLETE },
    { "parity", ISP_FAULT_COMPLETE, K_END, 0, ISP_CS_TRANSPORT },
    { "underrun", ISP_FAULT_COMPLETE, K_END, 0, ISP_CS_UNDERRUN },
    { "overrun", ISP_FAULT_COMPLETE, K_END, 0, ISP_CS_OVERRUN },
    { "transport-error", ISP_FAULT_COMPLETE, K_END, 0, ISP_CS_TRANSPORT },
    { "aborted", ISP_FAULT_COMPLETE, K_END, 0, ISP_CS_ABORTED },
    { "reset", ISP_FAULT_COMPLETE, K_END, 0, ISP_CS_RESET },
    { "timeout", ISP_FAULT_COMPLETE, K_END, 0, ISP_CS_TIMEOUT },
    { "queue-full", ISP_FAULT_TARGET_STATUS, K_ADDRESS | K_CHIP, 0, 0x28 },
    { "busy", ISP_FAULT_TARGET_STATUS, K_ADDRESS, 0, 0x08 },
    { "fail-mailbox", ISP_FAULT_FAIL_MAILBOX, K_COMMAND | K_STATUS, 0, ISP_MBS_ERROR },
    { "hang-mailbox", ISP_FAULT_HANG_MAILBOX, K_COMMAND | K_MS, 0, 0 },
    { "hang", ISP_FAULT_HANG, K_ADDRESS | K_MS | K_PERSIST, 0, 0 },
    { "system-error", ISP_FAULT_EVENT, K_ADDRESS | K_MS | K_HALT, 0, ISP_EVENT_SYSTEM_ERROR },
    { "request-error", ISP_FAULT_EVENT, K_ADDRESS | K_MS, 0, ISP_EVENT_REQ_DMA },
    { "response-error", ISP_FAULT_EVENT, K_ADDRESS | K_MS, 0, ISP_EVENT_RSP_DMA },
    { "bus-reset", ISP_FAULT_BUS_RESET, K_ADDRESS | K_MS, 0, 0 },
    { "all-ones", ISP_FAULT_ALL_ONES, K_ADDRESS | K_MS | K_CONFIG, 0, 0 },
    { "mutate", ISP_FAULT_MUTATE, K_ADDRESS, 0, 0 },
};

#define NAMES (sizeof(isp_fault_names) / sizeof(isp_fault_names[0]))

/* Fields of a status entry by name */
static const struct {
    const char *name;
    uint8_t offset, width;
} isp_fault_fields[] = {
    { "type", 0, 1 }, { "count", 1, 1 }, { "entry-status", 3, 1 }, { "handle", 4, 4 },
    { "scsi-status", 8, 2 }, { "status", 10, 2 }, { "state", 12, 2 }, { "status-flags", 14, 2 },
    { "sense-length", 18, 2 }, { "resid", 20, 4 },
};

#define FIELDS (sizeof(isp_fault_fields) / sizeof(isp_fault_fields[0]))

static const char *const isp_fault_sources[] = {
    [ISP_RAISE_RESPONSE] = "response",
    [ISP_RAISE_MAILBOX] = "mailbox",
    [ISP_RAISE_EVENT] = "event",
};

/* The language */

static uint16_t isp_end_state(uint16_t completion)
{
    switch (completion) {
    case ISP_CS_COMPLETE:
    case ISP_CS_UNDERRUN:
    case ISP_CS_OVERRUN:
        return ISP_SF_BUS | ISP_SF_TARGET | ISP_SF_CDB | ISP_SF_STATUS | ISP_SF_COMPLETE;
    case ISP_CS_INCOMPLETE:
        return ISP_SF_BUS;
    case ISP_CS_QUEUE_FULL:
        return 0;
    default:
        return ISP_SF_BUS | ISP_SF_TARGET | ISP_SF_CDB;
    }
}

static uint16_t isp_end_flags(uint16_t completion)
{
    switch (completion) {
    case ISP_CS_INCOMPLETE:
        return ISP_STF_TIMEOUT;
    case ISP_CS_RESET:
        return ISP_STF_BUS_RESET;
    case ISP_CS_ABORTED:
        return ISP_STF_ABORTED;
    case ISP_CS_TIMEOUT:
        return ISP_STF_TIMEOUT | ISP_STF_ABORTED;
    default:
        return 0;
    }
}

static void isp_fault_default(IspFaultRule *r, const char *name, IspFaultKind kind, uint16_t arg)
{
    r->kind = kind;
    r->every = 1;
    r->count = kind != ISP_FAULT_MUTATE;
    r->rate = kind == ISP_FAULT_MUTATE ? 10 : ANY;
    r->target = r->lun = r->opcode = r->command = r->of = ANY;
    r->byte = ANY;
    r->resid = ANY;
    r->value = UINT64_MAX;
    r->completion = arg;
    r->scsi_status = kind == ISP_FAULT_TARGET_STATUS ? arg : 0;
    r->moves = arg == ISP_CS_OVERRUN ? UINT64_MAX : 0;
    r->data = arg == ISP_CS_OVERRUN || arg == ISP_CS_UNDERRUN;
    r->persist = arg == ISP_EVENT_SYSTEM_ERROR;     /* the firmware stops */
    r->status_flags = strcmp(name, "parity") ? 0 : ISP_STF_PARITY;
}

static bool isp_fault_number(const char *text, uint64_t max, uint64_t *value)
{
    char *end;

    if (*text < '0' || *text > '9') {
        return false;
    }
    *value = strtoull(text, &end, 0);
    return !*end && *value <= max && strlen(text) < 24;
}

static bool isp_fault_word(IspFaultRule *r, uint32_t key, const char *text)
{
    if (key == K_COMMAND && !strcmp(text, "any")) {
        return true;
    }
    if (key == K_OF) {
        for (int i = 0; i < 3; i++) {
            if (!strcmp(text, isp_fault_sources[i])) {
                r->of = i;
                return true;
            }
        }
    }
    for (size_t i = 0; key == K_FIELD && i < FIELDS; i++) {
        if (!strcmp(text, isp_fault_fields[i].name)) {
            r->byte = isp_fault_fields[i].offset;
            r->width = isp_fault_fields[i].width;
            return true;
        }
    }
    return false;
}

static void isp_fault_put(IspFaultRule *r, uint32_t key, uint64_t v)
{
    switch (key) {
    case K_TARGET:
        r->target = v;
        break;
    case K_LUN:
        r->lun = v;
        break;
    case K_OPCODE:
        r->opcode = v;
        break;
    case K_MS:
        r->ms = v;
        break;
    case K_BYTE:
        r->byte = v;
        r->width = 1;
        break;
    case K_VALUE:
        r->value = v;
        break;
    case K_XOR:
        r->mask = v;
        break;
    case K_STATUS:
        r->completion = v;
        break;
    case K_SCSI:
        r->scsi_status = v;
        break;
    case K_RESID:
        r->resid = v;
        break;
    case K_STATE:
        r->state_flags = v;
        break;
    case K_FLAGS:
        r->status_flags = v;
        break;
    case K_MOVES:
        r->moves = v;
        break;
    case K_COMMAND:
        r->command = v;
        break;
    case K_PERSIST:
    case K_HALT:
        r->persist = v;
        break;
    case K_CONFIG:
        r->config = v;
        break;
    case K_CHIP:
        if (v) {
            r->kind = ISP_FAULT_COMPLETE;
            r->completion = ISP_CS_QUEUE_FULL;
            r->scsi_status = 0;
        }
        break;
    case K_AFTER:
        r->after = v;
        break;
    case K_COUNT:
        r->count = v;
        break;
    case K_EVERY:
        r->every = v ? v : 1;
        break;
    case K_RATE:
        r->rate = v;
        break;
    case K_SEED:
        r->seed = v;
        break;
    }
}

/* Checks and defaults that need the whole rule */
static bool isp_fault_complete_rule(IspFaultRule *r, uint32_t seen, char *error, size_t size)
{
    uint32_t waits = K_ADDRESS | K_AFTER | K_EVERY | K_RATE;

    if (r->kind == ISP_FAULT_COMPLETE) {
        if (!(seen & K_STATE)) {
            r->state_flags = isp_end_state(r->completion);
        }
        if (!(seen & K_FLAGS) && !r->status_flags) {
            r->status_flags = isp_end_flags(r->completion);
        }
    }
    if (r->kind == ISP_FAULT_CORRUPT_RESPONSE) {
        uint64_t top = r->width == 4 ? UINT32_MAX : (1u << 8 * r->width) - 1;

        if (!(seen & K_BYTE) == !(seen & K_FIELD)) {
            snprintf(error, size, "corrupt-response needs byte= or field=");
            return false;
        }
        if (!(seen & K_VALUE) == !(seen & K_XOR)) {
            snprintf(error, size, "corrupt-response needs value= or xor=");
            return false;
        }
        if ((seen & K_VALUE && r->value > top) || r->mask > top) {
            snprintf(error, size, "corrupt-response: the field has %u bytes", r->width);
            return false;
        }
    }
    if (r->kind == ISP_FAULT_RESPONSE_IN && r->value > 0xffff) {
        snprintf(error, size, "response-in: the register has 16 bits");
        return false;
    }
    if (r->kind == ISP_FAULT_ALL_ONES) {
        r->count = 1;
    }
    r->phase = r->every - 1;
    r->at_once = r->kind >= ISP_FAULT_SPURIOUS_INTERRUPT && !(seen & waits);
    return true;
}

static bool isp_fault_key(IspFaultRule *r, char *item, uint32_t allowed, uint32_t *seen,
                          char *error, size_t size)
{
    char *value = strchr(item, '=');
    uint64_t number = 0;

    if (!value) {
        snprintf(error, size, "'%s' is not key=value", item);
        return false;
    }
    *value++ = 0;
    for (size_t i = 0; i < KEYS; i++) {
        uint32_t key = isp_fault_keys[i].key;

        if (strcmp(item, isp_fault_keys[i].name) || !(key & allowed)) {
            continue;
        }
        if (*seen & key) {
            snprintf(error, size, "%s= is given twice", item);
            return false;
        }
        *seen |= key;
        if (isp_fault_word(r, key, value)) {
            return true;
        }
        if (key & (K_OF | K_FIELD) ||
            !isp_fault_number(value, isp_fault_keys[i].max, &number)) {
            snprintf(error, size, "%s= cannot be '%s'", item, value);
            return false;
        }
        isp_fault_put(r, key, number);
        return true;
    }
    snprintf(error, size, "'%s' is no key of this fault", item);
    return false;
}

bool isp_fault_parse(IspFaultRule *r, const char *text, size_t len, char *error, size_t size)
{
    char copy[ISP_FAULT_TEXT], *item, *rest;
    uint32_t seen = 0;
    size_t n = 0;

    memset(r, 0, sizeof(*r));
    if (len >= sizeof(copy)) {
        snprintf(error, size, "a fault has at most %zu characters", sizeof(copy) - 1);
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e) {
            snprintf(error, size, "a fault is plain text");
            return false;
        }
    }
    memcpy(copy, text, len);
    copy[len] = 0;
    memcpy(r->text, copy, len + 1);
    item = strtok_r(copy, ",", &rest);
    while (n < NAMES && (!item || strcmp(item, isp_fault_names[n].name))) {
        n++;
    }
    if (n == NAMES) {
        snprintf(error, size, "'%s' is no fault", item ? item : "");
        return false;
    }
    isp_fault_default(r, item, isp_fault_names[n].kind, isp_fault_names[n].arg);
    while ((item = strtok_r(NULL, ",", &rest))) {
        if (!isp_fault_key(r, item, isp_fault_names[n].keys | K_COMMON, &seen, error, size)) {
            return false;
        }
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (isp_fault_names[n].needs & ~seen & isp_fault_keys[i].key) {
            snprintf(error, size, "%s needs %s=", isp_fault_names[n].name, isp_fault_keys[i].name);
            return false;
        }
    }
    return isp_fault_complete_rule(r, seen, error, size);
}

void isp_fault_list(const IspFaults *f, char *text)
{
    *text = 0;
    for (unsigned i = 0; i < f->n; i++) {
        text += sprintf(text, "%s%s: fired %" PRIu64, i ? "\n" : "", f->rule[i].text,
                        f->rule[i].fired);
    }
}

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

static void isp_fault_fired(IspModel *m, IspFaultRule *r)
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
static IspFaultRule *isp_fault_match(IspModel *m, IspFaultKind kind, const IspCmd *c, int arg)
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

static uint64_t isp_sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void isp_fault_set_alarm(IspModel *m)
{
    uint64_t at = UINT64_MAX;

    for (unsigned i = 0; i < m->faults.n; i++) {
        const IspFaultRule *r = &m->faults.rule[i];

        if (r->at_once && isp_fault_live(r) && (r->kind != ISP_FAULT_EVENT || m->running)) {
            at = isp_sooner(at, r->due);
        }
    }
    for (const IspCmd *c = m->held.first; c; c = c->next) {
        at = isp_sooner(at, c->due);
    }
    if (m->line_due) {
        at = isp_sooner(at, m->line_due);
    }
    if (m->mbox_late) {
        at = isp_sooner(at, m->mbox_due);
    }
    if (at != UINT64_MAX) {
        m->ops->set_alarm(m->opaque, at);
    }
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
