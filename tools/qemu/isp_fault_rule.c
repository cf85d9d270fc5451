/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: faults on demand, the language.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isp_fault.h"
#include "isp_regs.h"

#define MAX_MS          600000u

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
    K_BUS       = 1 << 25,
    K_CODE      = 1 << 26,

    K_COMMON    = K_AFTER | K_COUNT | K_EVERY | K_RATE | K_SEED,
    K_ADDRESS   = K_BUS | K_TARGET | K_LUN | K_OPCODE,
    K_END       = K_ADDRESS | K_SCSI | K_RESID | K_STATE | K_FLAGS | K_MOVES | K_MS,
};

static const struct {
    const char *name;
    uint32_t key;
    uint64_t max;
} isp_fault_keys[] = {
    { "bus", K_BUS, ISP_BUSES - 1 },
    { "code", K_CODE, 0xffff },
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
    { "event", ISP_FAULT_EVENT, K_ADDRESS | K_MS | K_CODE | K_VALUE, K_CODE, 0 },
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
    r->rate = kind == ISP_FAULT_MUTATE ? 10 : ISP_FAULT_ANY;
    r->bus = r->target = r->lun = r->opcode = r->command = r->of = ISP_FAULT_ANY;
    r->byte = ISP_FAULT_ANY;
    r->resid = ISP_FAULT_ANY;
    r->value = UINT64_MAX;
    r->completion = arg;
    r->code = arg;
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
    case K_BUS:
        r->bus = v;
        break;
    case K_CODE:
        r->code = v;
        break;
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
    /* "bus" alone says where something happens at once. */
    uint32_t waits = (K_ADDRESS & ~K_BUS) | K_AFTER | K_EVERY | K_RATE;

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
    if (r->kind == ISP_FAULT_EVENT && (r->code < 0x8000 || r->code > 0x80ff)) {
        snprintf(error, size, "code= is not 0x8000 ... 0x80ff");
        return false;
    }
    if (r->kind == ISP_FAULT_EVENT && !(seen & K_VALUE)) {
        r->value = 0;
    }
    if (r->kind == ISP_FAULT_EVENT && r->value > 0xffff) {
        snprintf(error, size, "event: the mailbox has 16 bits");
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
