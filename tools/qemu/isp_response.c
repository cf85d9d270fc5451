/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: the end of a command, and its way to the host.
 */
#include <string.h>

#include "isp_priv.h"

static void isp_fill_status(const IspCmd *c, IspStatus *s)
{
    uint16_t here = c->sense_len < sizeof(s->sense) ? c->sense_len : sizeof(s->sense);

    memset(s, 0, sizeof(*s));
    s->h.type = ISP_ET_STATUS;
    s->h.count = 1;
    s->handle = isp_le32(c->handle);
    s->scsi_status = isp_le16(c->scsi_status);
    s->completion = isp_le16(c->completion);
    s->state_flags = isp_le16(c->state_flags);
    s->status_flags = isp_le16(c->status_flags | (c->negotiated ? ISP_STF_NEGOTIATED : 0));
    s->time = isp_le16(c->timeout);
    s->sense_len = isp_le16(c->flags & ISP_CF_EXTRA_SENSE ? c->sense_len : here);
    s->residual = isp_le32(c->residual);
    memcpy(s->sense, c->sense, here);
}

static void isp_finish_in_place(IspModel *m, IspCmd *c)
{
    uint16_t out[ISP_MBOXES] = { 0 };
    uint16_t status = ISP_MBS_COMPLETE;
    IspEntry e;

    if (c->kind == ISP_KIND_BIOS) {
        out[1] = c->completion;
        out[2] = c->scsi_status;
        isp_cmd_put(m, c);
        isp_set_result(m, status, 0x06, out);
        isp_schedule(m);
        return;
    }
    isp_fill_status(c, &e.status);
    if (!isp_dma_write(m, c->in_place, &e, sizeof(e))) {
        status = ISP_MBS_HOST_ERROR;
    }
    isp_cmd_put(m, c);
    isp_set_result(m, status, 0, out);
    isp_schedule(m);
}

bool isp_is_good(const IspCmd *c)
{
    /* Only a status entry can say that there was a negotiation. */
    return c->kind == ISP_KIND_RING && c->completion == ISP_CS_COMPLETE && !c->scsi_status &&
           !c->negotiated;
}

/* Queue a completion to be posted; a good one for fast posting, if the host has enabled that. */
static void isp_post_later(IspModel *m, IspCmd *c)
{
    if (m->features & ISP_FEATURE_FAST_POST && isp_is_good(c)) {
        isp_append(m, &m->fast, c);
    } else {
        isp_append(m, &m->done, c);
    }
    isp_schedule(m);
}

static void isp_hold(IspModel *m, IspCmd *c, uint32_t ms)
{
    c->due = m->ops->now_ms(m->opaque) + ms;
    isp_append(m, &m->held, c);
    isp_set_alarm(m);
}

static void isp_post_twice(IspModel *m, IspCmd *c, uint32_t ms)
{
    IspCmd *again = isp_cmd_get(m);

    if (again) {
        again->kind = ISP_KIND_BOUNCE;
        again->state = ISP_CMD_DONE;
        again->bus = c->bus;
        again->target = c->target;
        again->lun = c->lun;
        again->cdb[0] = c->cdb[0];
        isp_fill_status(c, (IspStatus *)again->entry);
    }
    isp_post_later(m, c);
    if (again && ms) {
        isp_hold(m, again, ms);
    } else if (again) {
        isp_post_later(m, again);
    }
}

void isp_release_held(IspModel *m, uint64_t now)
{
    IspCmd *c, *next;

    for (c = m->held.first; c; c = next) {
        next = c->next;
        if (c->due <= now) {
            isp_remove(&m->held, c);
            isp_post_later(m, c);
        }
    }
}

/* Post the completion of a command from the ring, unless a fault says otherwise. */
static void isp_post_ring(IspModel *m, IspCmd *c)
{
    IspVerdict verdict = { .fate = ISP_HOLD, .ms = c->fault.ms };

    if (!c->fault.on || !c->fault.ms) {
        verdict = isp_fault_completion(&m->faults, c, m->free.first);
    }
    switch (verdict.fate) {
    case ISP_DROP:
        isp_cmd_put(m, c);
        break;
    case ISP_HOLD:
        isp_hold(m, c, verdict.ms);
        break;
    case ISP_TWICE:
        isp_post_twice(m, c, verdict.ms);
        break;
    default:
        isp_post_later(m, c);
        break;
    }
}

/* The command is on no list, and its outcome is filled in. */
void isp_finish(IspModel *m, IspCmd *c)
{
    c->state = ISP_CMD_DONE;
    if (c->kind != ISP_KIND_BOUNCE && m->ops->trace_complete) {
        m->ops->trace_complete(m->opaque, c);
    }
    if (c->kind == ISP_KIND_IN_PLACE || c->kind == ISP_KIND_BIOS) {
        m->commands--;
        isp_finish_in_place(m, c);
        return;
    }
    if (c->kind == ISP_KIND_RING) {
        m->commands--;
        isp_post_ring(m, c);
        return;
    }
    isp_post_later(m, c);
}

void isp_finish_with(IspModel *m, IspCmd *c, uint8_t completion, uint16_t state,
                            uint16_t flags)
{
    c->completion = completion;
    c->state_flags = state;
    c->status_flags = flags;
    c->residual = c->length > UINT32_MAX ? UINT32_MAX : c->length;
    isp_finish(m, c);
}

bool isp_take_fast(IspModel *m, uint16_t *event)
{
    IspCmd *c = m->fast.first;

    if (!c || !isp_engine_on(m)) {
        return false;
    }
    isp_remove(&m->fast, c);
    event[0] = ISP_EVENT_FAST_POST;
    event[1] = c->handle & 0xffff;
    event[2] = c->handle >> 16;
    isp_cmd_put(m, c);
    return true;
}

/* Response ring */

static bool isp_responses_unread(const IspModel *m)
{
    return m->rsp.len && (m->mbox_out[5] != m->read_mb5 ||
                          (m->moved_since_read && m->rsp.in != m->rsp.out));
}

bool isp_keeps_interrupt(const IspModel *m)
{
    return !m->strict.plain_interrupt && isp_responses_unread(m);
}

void isp_response_out(IspModel *m, uint16_t value)
{
    if (!m->rsp.len) {
        return;
    }
    if (value >= m->rsp.len) {
        isp_guest_error(m, "response consumer outside its ring", value);
        return;
    }
    m->rsp.out = value;
    m->moved_since_read = true;
    if (m->done.first) {
        isp_schedule(m);
    }
}

/* Write one response entry. c: the command that the entry is about, or NULL */
static bool isp_put_response(IspModel *m, const IspCmd *c, const void *entry)
{
    IspRing *r = &m->rsp;
    IspEntry changed;

    if (m->faults.armed) {
        memcpy(&changed, entry, sizeof(changed));
        isp_fault_response(&m->faults, c, changed.bytes);
        entry = &changed;
    }
    if (!isp_dma_write(m, r->base + (uint64_t)r->in * ISP_ENTRY_SIZE, entry, ISP_ENTRY_SIZE)) {
        r->broken = true;
        isp_guest_error(m, "response ring cannot be written, entry", r->in);
        isp_post_event(m, ISP_EVENT_RSP_DMA, 0, 0, 0);
        return false;
    }
    r->in = r->in + 1 == r->len ? 0 : r->in + 1;
    m->stats.responses++;
    return true;
}

/* Post as many good completions as one entry of handles carries. */
static bool isp_put_rio(IspModel *m)
{
    bool wide = m->features & ISP_FEATURE_RIO32;
    unsigned n = 0, max = wide ? 15 : 30;
    IspRio e = { .h = { .type = wide ? ISP_ET_RIO32 : ISP_ET_RIO16, .count = 1 } };
    IspCmd *c = m->done.first;

    for (; c && n < max && isp_is_good(c); c = c->next, n++) {
        if (wide) {
            e.u.handle32[n] = isp_le32(c->handle);
        } else {
            e.u.handle16[n] = isp_le16(c->handle);
        }
    }
    e.h.sys = n;
    if (!isp_put_response(m, NULL, &e)) {
        return false;
    }
    while (n--) {
        c = m->done.first;
        isp_remove(&m->done, c);
        isp_cmd_put(m, c);
    }
    return true;
}

static unsigned isp_sense_entries(const IspModel *m, const IspCmd *c)
{
    unsigned more = 0;

    if (c->flags & ISP_CF_EXTRA_SENSE && c->sense_len > 32) {
        more = (c->sense_len - 32 + 59) / 60;
    }
    return more + 2 <= m->rsp.len ? more : 0;
}

static bool isp_put_status(IspModel *m, IspCmd *c, unsigned more)
{
    IspStatus s;

    isp_fill_status(c, &s);
    if (!isp_put_response(m, c, &s)) {
        return false;
    }
    for (unsigned i = 0; i < more; i++) {
        IspStatusCont e = { .h = { .type = ISP_ET_STATUS_CONT, .count = 1 } };
        unsigned at = 32 + 60 * i, left = c->sense_len - at;

        memcpy(e.sense, c->sense + at, left < 60 ? left : 60);
        if (!isp_put_response(m, c, &e)) {
            return false;
        }
    }
    return true;
}

void isp_post_responses(IspModel *m)
{
    IspRing *r = &m->rsp;
    uint32_t before = r->in;

    while (m->done.first && r->len && !r->broken) {
        IspCmd *c = m->done.first;
        unsigned more = isp_sense_entries(m, c);
        uint32_t room = (r->out + r->len - r->in - 1) % r->len;

        if (room < 1 + more) {
            break;              /* until the host moves its consumer */
        }
        if (m->features & (ISP_FEATURE_RIO32 | ISP_FEATURE_RIO16) && isp_is_good(c)) {
            if (!isp_put_rio(m)) {
                break;
            }
            continue;
        }
        if (!(c->kind == ISP_KIND_BOUNCE ? isp_put_response(m, c, c->entry) :
              isp_put_status(m, c, more))) {
            break;
        }
        isp_remove(&m->done, c);
        isp_cmd_put(m, c);
    }
    if (r->in != before) {
        m->mbox_out[5] = r->in;
        m->other_in = isp_fault_response_in(&m->faults, r->in);
        m->shows_other_in = m->other_in != r->in;
        isp_raise(m, ISP_RAISE_RESPONSE);
    }
}
