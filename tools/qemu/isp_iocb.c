/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: request and response rings, device queues, the life of a command.
 */
#include <stdlib.h>
#include <string.h>

#include "isp_priv.h"

#define BATCH 16                /* entries read at a time */

/* Lists. A command is on exactly one. */

static void isp_append(IspModel *m, IspCmdList *l, IspCmd *c)
{
    c->seq = ++m->seq;
    c->next = NULL;
    c->prev = l->last;
    if (l->last) {
        l->last->next = c;
    } else {
        l->first = c;
    }
    l->last = c;
}

static void isp_prepend(IspModel *m, IspCmdList *l, IspCmd *c)
{
    c->seq = l->first ? l->first->seq - 1 : ++m->seq;
    c->prev = NULL;
    c->next = l->first;
    if (l->first) {
        l->first->prev = c;
    } else {
        l->last = c;
    }
    l->first = c;
}

static void isp_remove(IspCmdList *l, IspCmd *c)
{
    if (c->prev) {
        c->prev->next = c->next;
    } else {
        l->first = c->next;
    }
    if (c->next) {
        c->next->prev = c->prev;
    } else {
        l->last = c->prev;
    }
    c->next = c->prev = NULL;
}

static IspLun *isp_lun_of(IspModel *m, const IspCmd *c)
{
    return &m->target[c->bus][c->target].lun[c->lun];
}

static IspCmd *isp_cmd_get(IspModel *m)
{
    IspCmd *c = m->free.first;
    IspSeg *seg;
    uint32_t room;

    if (!c) {
        return NULL;
    }
    isp_remove(&m->free, c);
    seg = c->seg;
    room = c->seg_room;
    memset(c, 0, sizeof(*c));
    c->seg = seg;
    c->seg_room = room;
    return c;
}

static void isp_cmd_put(IspModel *m, IspCmd *c)
{
    c->state = ISP_CMD_FREE;
    isp_append(m, &m->free, c);
    if (m->doorbell) {
        isp_schedule(m);        /* the ring waited for a free slot */
    }
}

bool isp_cmd_reserve(IspCmd *c, uint32_t segs)
{
    IspSeg *seg;

    if (segs <= c->seg_room) {
        return true;
    }
    seg = realloc(c->seg, segs * sizeof(*seg));
    if (!seg) {
        return false;
    }
    c->seg = seg;
    c->seg_room = segs;
    return true;
}

/* The end of a command, and its way to the host. */

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
    s->status_flags = isp_le16(c->status_flags);
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
        isp_mbox_finish(m, status, 0x06, out);
        return;
    }
    isp_fill_status(c, &e.status);
    if (!isp_dma_write(m, c->in_place, &e, sizeof(e))) {
        status = ISP_MBS_HOST_ERROR;
    }
    isp_cmd_put(m, c);
    isp_mbox_finish(m, status, 0, out);
}

static bool isp_is_good(const IspCmd *c)
{
    return c->kind == ISP_KIND_RING && c->completion == ISP_CS_COMPLETE && !c->scsi_status;
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

void isp_drop(IspModel *m, IspCmd *c)
{
    isp_cmd_put(m, c);
}

void isp_hold(IspModel *m, IspCmd *c, uint32_t ms)
{
    c->due = m->ops->now_ms(m->opaque) + ms;
    isp_append(m, &m->held, c);
    isp_fault_set_alarm(m);
}

void isp_post_twice(IspModel *m, IspCmd *c, uint32_t ms)
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

/* The command is on no list, and its outcome is filled in. */
static void isp_finish(IspModel *m, IspCmd *c)
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
        if (c->fault.on && c->fault.ms) {
            isp_hold(m, c, c->fault.ms);
            return;
        }
        if (m->faults.armed && isp_fault_completion(m, c)) {
            return;
        }
    }
    isp_post_later(m, c);
}

static void isp_finish_with(IspModel *m, IspCmd *c, uint8_t completion, uint16_t state,
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

bool isp_responses_unread(const IspModel *m)
{
    return m->rsp.len && (m->mbox_out[5] != m->read_mb5 ||
                          (m->moved_since_read && m->rsp.in != m->rsp.out));
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
        isp_fault_response(m, c, changed.bytes);
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
        if (m->faults.armed) {
            m->other_in = isp_fault_response_in(m, r->in);
            m->shows_other_in = m->other_in != r->in;
        }
        isp_raise(m, ISP_RAISE_RESPONSE);
    }
}

/* Device queues */

void isp_lun_kick(IspModel *m, IspLun *lun)
{
    if (!lun->kicked && lun->queue.first) {
        lun->kicked = true;
        lun->next_kick = NULL;
        *(m->kick ? &m->last_kick->next_kick : &m->kick) = lun;
        m->last_kick = lun;
        isp_schedule(m);
    }
}

static bool isp_is_barrier(const IspCmd *c)
{
    return !(c->flags & ISP_CF_TAGS) || c->flags & ISP_CF_ORDERED_TAG;
}

static void isp_start(IspModel *m, IspLun *lun, IspCmd *c)
{
    isp_remove(&lun->queue, c);
    lun->waiting--;
    lun->active++;
    lun->barrier = isp_is_barrier(c);
    c->state = ISP_CMD_ACTIVE;
    isp_append(m, &m->active, c);
    if (c->timeout) {
        c->deadline = m->ticks + c->timeout * (1000u / ISP_TICK_MS) + 1;
        if (!m->ticking) {
            m->ticking = true;
            m->ops->start_tick(m->opaque);
        }
    }
    m->stats.commands++;
    if (m->faults.armed && isp_fault_start(m, c)) {
        return;
    }
    if (c->target == m->initiator_id[c->bus]) {
        isp_scsi_done(m, c, &(IspResult){ .outcome = ISP_DONE_NO_TARGET });
    } else {
        m->ops->scsi_submit(m->opaque, c);
    }
}

/* Give the target what it may have: untagged and ordered commands run alone. */
void isp_lun_start(IspModel *m, IspLun *lun, unsigned limit)
{
    while (limit && lun->queue.first && !lun->need_marker && !lun->barrier) {
        IspCmd *c = lun->queue.first;

        if ((lun->stopped && limit == UINT32_MAX) || lun->active >= lun->throttle ||
            (lun->active && isp_is_barrier(c))) {
            break;
        }
        if (m->faults.armed && isp_fault_before_start(m, c)) {
            isp_lun_kick(m, lun);
            break;
        }
        isp_start(m, lun, c);
        if (limit != UINT32_MAX) {
            limit--;
        }
    }
}

static void isp_enqueue(IspModel *m, IspCmd *c)
{
    IspTarget *t = &m->target[c->bus][c->target];
    IspLun *lun = isp_lun_of(m, c);
    uint8_t refuse = 0;

    m->commands++;
    if (c->flags & ISP_CF_TAGS) {
        if (!(t->flags & ISP_TP_DISCONNECT) || c->flags & ISP_CF_NO_DISCONNECT) {
            refuse = ISP_CS_TAG_NO_DISC;
        } else if (c->flags & ISP_CF_TARGET_ROUTINE) {
            refuse = ISP_CS_TAG_ROUTINE;
        } else if (!(t->flags & ISP_TP_TAGS)) {
            refuse = ISP_CS_TAG_DISABLED;
        }
    } else if (c->flags & ISP_CF_TARGET_ROUTINE) {
        refuse = ISP_CS_REJECT_IDENTIFY;
    }
    if (!refuse && lun->waiting + lun->active >= lun->depth) {
        refuse = ISP_CS_QUEUE_FULL;
    }
    if (refuse) {
        isp_finish_with(m, c, refuse, 0, 0);
        return;
    }
    c->auto_sense = t->flags & ISP_TP_AUTO_SENSE && !(c->flags & ISP_CF_NO_SENSE);
    c->state = ISP_CMD_WAITING;
    if (c->flags & ISP_CF_HEAD_TAG) {
        isp_prepend(m, &lun->queue, c);
    } else {
        isp_append(m, &lun->queue, c);
    }
    lun->waiting++;
    isp_lun_kick(m, lun);
}

static bool isp_matches(const IspCmd *c, int bus, int target, int lun)
{
    return c->bus == bus && (target < 0 || c->target == target) && (lun < 0 || c->lun == lun);
}

/* Call fn for each matching logical unit; -1 matches all. */
static void isp_each_lun(IspModel *m, int bus, int target, int lun,
                         void (*fn)(IspModel *m, IspLun *lun, int arg), int arg)
{
    for (int t = 0; t < ISP_TARGETS; t++) {
        for (int l = 0; l < ISP_LUNS; l++) {
            if ((target < 0 || t == target) && (lun < 0 || l == lun)) {
                fn(m, &m->target[bus][t].lun[l], arg);
            }
        }
    }
}

static void isp_lun_marker(IspModel *m, IspLun *lun, int need)
{
    lun->need_marker = need;
    if (!need) {
        isp_lun_kick(m, lun);
    }
}

void isp_need_marker(IspModel *m, int bus, int target, int lun, bool need)
{
    isp_each_lun(m, bus, target, lun, isp_lun_marker, need);
}

static void isp_lun_end_waiting(IspModel *m, IspLun *lun, int how)
{
    while (lun->queue.first) {
        IspCmd *c = lun->queue.first;

        isp_remove(&lun->queue, c);
        lun->waiting--;
        isp_finish_with(m, c, how & 0xff, ISP_SF_BUS, how >> 8);
    }
}

static void isp_stop(IspModel *m, IspCmd *c, uint8_t completion, uint16_t flags)
{
    c->stop_status = completion;
    c->stop_flags = flags;
    m->ops->scsi_cancel(m->opaque, c);
}

bool isp_abort_handle(IspModel *m, uint16_t device, uint32_t handle)
{
    int bus = device >> 15, target = device >> 8 & 0xf, l = device & 0xff;
    IspLun *lun = &m->target[bus][target].lun[l];
    IspCmd *c;

    for (c = lun->queue.first; c; c = c->next) {
        if (c->handle == handle) {
            isp_remove(&lun->queue, c);
            lun->waiting--;
            isp_finish_with(m, c, ISP_CS_ABORTED, ISP_SF_BUS, ISP_STF_ABORTED);
            return true;
        }
    }
    for (c = m->active.first; c; c = c->next) {
        if (c->handle == handle && isp_matches(c, bus, target, l) && !c->stop_status) {
            isp_stop(m, c, ISP_CS_ABORTED, ISP_STF_ABORTED);
            return true;
        }
    }
    return false;
}

void isp_abort_all(IspModel *m, int bus, int target, int lun)
{
    IspCmd *c;

    isp_each_lun(m, bus, target, lun, isp_lun_end_waiting,
                 ISP_CS_ABORTED | ISP_STF_ABORTED << 8);
    do {
        for (c = m->active.first; c; c = c->next) {
            if (isp_matches(c, bus, target, lun) && !c->stop_status) {
                isp_stop(m, c, ISP_CS_ABORTED, ISP_STF_ABORTED);
                break;          /* the list may have changed */
            }
        }
    } while (c);
}

static void isp_lun_thaw(IspModel *m, IspLun *lun, int arg)
{
    (void)m;
    (void)arg;
    lun->stopped = false;
}

void isp_reset_targets(IspModel *m, int bus, int target, uint8_t completion, uint16_t flags)
{
    for (IspCmd *c = m->active.first; c; c = c->next) {
        if (isp_matches(c, bus, target, -1)) {
            c->stop_status = completion;
            c->stop_flags = flags;
        }
    }
    isp_each_lun(m, bus, target, -1, isp_lun_end_waiting, completion | flags << 8);
    isp_each_lun(m, bus, target, -1, isp_lun_thaw, 0);
    isp_need_marker(m, bus, target, -1, true);
    m->ops->scsi_reset(m->opaque, bus, target, -1);
}

void isp_bus_was_reset(IspModel *m, int bus)
{
    bool outer = isp_enter(m);

    isp_reset_targets(m, bus, -1, ISP_CS_RESET, ISP_STF_BUS_RESET);
    isp_post_event(m, ISP_EVENT_BUS_RESET, 0, 0, bus);
    isp_leave(m, outer);
}

/* Chip timeouts, counted from the start of a command on the bus */

void isp_tick(IspModel *m)
{
    bool more = false;
    IspCmd *c;

    if (m->dead || m->gone) {
        m->ops->start_tick(m->opaque);
        return;
    }
    m->ticks++;
    do {
        for (c = m->active.first; c; c = c->next) {
            if (c->timeout && !c->stop_status && (int32_t)(m->ticks - c->deadline) >= 0) {
                isp_stop(m, c, ISP_CS_TIMEOUT, ISP_STF_TIMEOUT | ISP_STF_ABORTED);
                break;
            }
        }
    } while (c);
    for (c = m->active.first; c && !more; c = c->next) {
        more = c->timeout && !c->stop_status;
    }
    m->ticking = more;
    if (more) {
        m->ops->start_tick(m->opaque);
    }
}

/* The SCSI side */

static void isp_take_sense(IspModel *m, IspCmd *c, const IspResult *r)
{
    IspLun *lun = isp_lun_of(m, c);

    if ((m->target[c->bus][c->target].flags & ISP_TP_STOP_ON_CHECK) ||
        c->flags & ISP_CF_STOP_QUEUE) {
        lun->stopped = true;
    }
    if (!c->auto_sense) {
        return;
    }
    if (!r->sense_len || !r->sense) {
        c->completion = ISP_CS_SENSE_FAILED;
        return;
    }
    c->sense_len = r->sense_len < ISP_MAX_SENSE ? r->sense_len : ISP_MAX_SENSE;
    memcpy(c->sense, r->sense, c->sense_len);
    c->state_flags |= ISP_SF_SENSE;
}

/* End a command as its fault says, after the bytes that were moved. */
static void isp_take_fault(IspModel *m, IspCmd *c, const IspResult *r)
{
    uint64_t moved = r->transferred < c->length ? r->transferred : c->length;
    uint64_t left = c->fault.resid < 0 ? c->length - moved : (uint64_t)c->fault.resid;

    c->completion = c->fault.completion;
    c->scsi_status = c->fault.scsi_status;
    c->state_flags = c->fault.state_flags;
    c->status_flags = c->fault.status_flags;
    c->residual = left > UINT32_MAX ? UINT32_MAX : left;
    if (moved) {
        c->state_flags |= ISP_SF_DATA;
        *(r->to_target ? &m->stats.bytes_written : &m->stats.bytes_read) += moved;
    }
    isp_finish(m, c);
}

static void isp_take_result(IspModel *m, IspCmd *c, const IspResult *r)
{
    uint64_t moved = r->transferred < c->length ? r->transferred : c->length;
    uint64_t left = c->length - moved;

    c->scsi_status = r->scsi_status;
    c->state_flags = ISP_SF_BUS | ISP_SF_TARGET | ISP_SF_CDB | ISP_SF_STATUS | ISP_SF_COMPLETE;
    c->residual = left > UINT32_MAX ? UINT32_MAX : left;
    if (moved) {
        c->state_flags |= ISP_SF_DATA;
        *(r->to_target ? &m->stats.bytes_written : &m->stats.bytes_read) += moved;
    }
    c->completion = left ? ISP_CS_UNDERRUN : ISP_CS_COMPLETE;
    if (r->outcome == ISP_DONE_OVERRUN) {
        c->completion = ISP_CS_OVERRUN;
    }
    if (r->scsi_status == 0x02) {
        isp_take_sense(m, c, r);
    }
}

void isp_scsi_done(IspModel *m, IspCmd *c, const IspResult *r)
{
    IspLun *lun = isp_lun_of(m, c);
    uint16_t going = ISP_SF_BUS | ISP_SF_TARGET | ISP_SF_CDB;

    isp_remove(&m->active, c);
    c->backend = NULL;
    lun->active--;
    lun->barrier = false;
    isp_lun_kick(m, lun);
    /* A command that fails by itself keeps its own error. */
    if (r->outcome == ISP_DONE_FAULT ||
        (c->fault.on && (r->outcome == ISP_DONE_OVERRUN ||
                         (r->outcome == ISP_DONE_STATUS && !r->scsi_status)))) {
        isp_take_fault(m, c, r);
        return;
    }
    c->fault.on = false;
    switch (r->outcome) {
    case ISP_DONE_STATUS:
    case ISP_DONE_OVERRUN:
        isp_take_result(m, c, r);
        isp_finish(m, c);
        return;
    case ISP_DONE_SHORT:
        isp_finish_with(m, c, ISP_CS_OVERRUN, going, 0);
        return;
    case ISP_DONE_BUSY:
        c->scsi_status = 0x08;
        isp_finish_with(m, c, ISP_CS_COMPLETE, going | ISP_SF_STATUS, 0);
        return;
    case ISP_DONE_NO_TARGET:
        isp_finish_with(m, c, ISP_CS_INCOMPLETE, ISP_SF_BUS, ISP_STF_TIMEOUT);
        return;
    case ISP_DONE_DMA:
        isp_guest_error(m, "data not in memory, command", c->cdb[0]);
        /* fall through */
    case ISP_DONE_DIRECTION:
        isp_finish_with(m, c, ISP_CS_DMA, going, 0);
        return;
    case ISP_DONE_STOPPED:
        if (c->stop_status) {
            isp_finish_with(m, c, c->stop_status, going, c->stop_flags);
            return;
        }
        /* The chip did not ask for it, so the target went away. */
        /* fall through */
    case ISP_DONE_GONE:
        isp_finish_with(m, c, ISP_CS_BUS_FREE, going, 0);
        return;
    default:
        isp_finish_with(m, c, ISP_CS_TRANSPORT, going, 0);
        return;
    }
}

/* Request ring */

void isp_doorbell(IspModel *m, uint16_t value)
{
    if (!m->req.len) {
        return;
    }
    if (value >= m->req.len) {
        isp_guest_error(m, "request producer outside its ring", value);
        return;
    }
    m->req.in = value;
    m->doorbell = true;
    isp_schedule(m);
}

static uint32_t isp_ring_at(const IspRing *r, uint32_t index)
{
    return index >= r->len ? index - r->len : index;
}

/* Read n entries of the request ring, across its end if need be. */
static bool isp_read_entries(IspModel *m, uint32_t index, uint32_t n, IspEntry *e)
{
    IspRing *r = &m->req;
    uint32_t first = n < r->len - index ? n : r->len - index;

    return isp_dma_read(m, r->base + (uint64_t)index * ISP_ENTRY_SIZE, e,
                        first * ISP_ENTRY_SIZE) &&
           (first == n || isp_dma_read(m, r->base, e + first, (n - first) * ISP_ENTRY_SIZE));
}

static uint8_t isp_add_seg(IspModel *m, IspCmd *c, uint64_t addr, uint32_t len, bool wide)
{
    if (!len) {
        return 0;               /* some drivers send empty segments */
    }
    if (len > m->chip->max_seg || addr + len - 1 < addr ||
        (!wide && addr + len - 1 > UINT32_MAX)) {
        isp_guest_error(m, "segment that the chip cannot address, length", len);
        return ISP_ES_PAYLOAD;
    }
    c->seg[c->seg_count++] = (IspSeg){ .addr = addr, .len = len };
    c->length += len;
    return 0;
}

static uint8_t isp_add32(IspModel *m, IspCmd *c, const IspSeg32 *s, unsigned room, uint32_t *left)
{
    uint8_t error = 0;

    for (unsigned i = 0; i < room && *left && !error; i++, --*left) {
        error = isp_add_seg(m, c, isp_get32(s[i].addr), isp_get32(s[i].len), false);
    }
    return error;
}

static uint8_t isp_add64(IspModel *m, IspCmd *c, const IspSeg64 *s, unsigned room, uint32_t *left)
{
    uint8_t error = 0;

    for (unsigned i = 0; i < room && *left && !error; i++, --*left) {
        error = isp_add_seg(m, c, (uint64_t)isp_get32(s[i].addr_hi) << 32 |
                            isp_get32(s[i].addr_lo), isp_get32(s[i].len), true);
    }
    return error;
}

static uint8_t isp_add_continuation(IspModel *m, IspCmd *c, const IspEntry *e, uint32_t *left)
{
    switch (e->h.type) {
    case ISP_ET_CONT:
        return isp_add32(m, c, e->cont.seg, 7, left);
    case ISP_ET_CONT_A64:
        return isp_add64(m, c, e->cont64.seg, 5, left);
    default:
        isp_guest_error(m, "continuation expected, entry type", e->h.type);
        return ISP_ES_ORDER;
    }
}

/* Parse the part of a command that its first entry holds. Returns 0 or the entry-status error. */
static uint8_t isp_parse_first(IspModel *m, IspCmd *c, const IspCommand *e, uint32_t *left)
{
    uint16_t cdb_len = isp_get16(e->cdb_len);
    uint16_t max_cdb = e->h.type == ISP_ET_EXT_COMMAND ? sizeof(e->u.ext.cdb) : 12;

    c->handle = isp_get32(e->handle);
    c->bus = e->target >> 7;
    c->target = e->target & 0x7f;
    c->lun = e->lun;
    c->flags = isp_get16(e->flags);
    c->timeout = isp_get16(e->timeout);
    *left = isp_get16(e->seg_count);
    if (c->bus >= m->chip->buses || c->target >= ISP_TARGETS || c->lun >= ISP_LUNS) {
        isp_guest_error(m, "command for an impossible address", e->target << 8 | e->lun);
        c->bus = c->target = c->lun = 0;
        return ISP_ES_PAYLOAD;
    }
    if (!cdb_len || cdb_len > max_cdb) {
        isp_guest_error(m, "command with a CDB of impossible length", cdb_len);
        return ISP_ES_PAYLOAD;
    }
    if (*left > 4 + 254 * 7) {
        isp_guest_error(m, "more segments than entries hold", *left);
        return ISP_ES_COUNT;
    }
    if (!isp_cmd_reserve(c, *left)) {
        return ISP_ES_FULL;
    }
    c->cdb_len = cdb_len;
    memcpy(c->cdb, e->u.ext.cdb, cdb_len);
    c->data_in = c->flags & ISP_CF_DATA_IN;
    c->data_out = c->flags & ISP_CF_DATA_OUT;
    if (e->h.type == ISP_ET_COMMAND) {
        return isp_add32(m, c, e->u.a32.seg, 4, left);
    }
    if (e->h.type == ISP_ET_COMMAND_A64) {
        return isp_add64(m, c, e->u.a64.seg, 2, left);
    }
    return 0;
}

/* Read and parse the entries that follow the first one in the ring. */
static uint8_t isp_parse_rest(IspModel *m, IspCmd *c, uint32_t index, uint32_t n, uint32_t left)
{
    IspEntry e[BATCH];
    uint8_t error = 0;

    while (n && !error) {
        uint32_t now = n < BATCH ? n : BATCH;

        if (!isp_read_entries(m, index, now, e)) {
            m->req.broken = true;
            return ISP_ES_PAYLOAD;
        }
        m->stats.iocbs += now;
        for (uint32_t i = 0; i < now && !error; i++) {
            error = isp_add_continuation(m, c, &e[i], &left);
        }
        index = isp_ring_at(&m->req, index + now);
        n -= now;
    }
    if (!error && left) {
        isp_guest_error(m, "more segments than entries hold, missing", left);
        error = ISP_ES_COUNT;
    }
    return error;
}

static void isp_bounce(IspModel *m, IspCmd *c, const IspEntry *e, uint8_t error)
{
    c->kind = ISP_KIND_BOUNCE;
    memcpy(c->entry, e, sizeof(c->entry));
    ((IspEntry *)c->entry)->h.status = error;
    isp_finish(m, c);
}

static void isp_marker(IspModel *m, const IspMarker *e)
{
    unsigned bus = e->target >> 7, target = e->target & 0x7f;

    if (bus >= m->chip->buses || target >= ISP_TARGETS || e->lun >= ISP_LUNS ||
        e->modifier > ISP_MARK_BUS) {
        isp_guest_error(m, "marker for an impossible address", e->target << 8 | e->lun);
        return;
    }
    isp_need_marker(m, bus, e->modifier == ISP_MARK_BUS ? -1 : (int)target,
                    e->modifier == ISP_MARK_LUN ? e->lun : -1, false);
}

static bool isp_is_command(uint8_t type)
{
    return type == ISP_ET_COMMAND || type == ISP_ET_COMMAND_A64 || type == ISP_ET_EXT_COMMAND;
}

static uint8_t isp_fetch_command(IspModel *m, IspCmd *c, const IspEntry *e, uint32_t count,
                                 uint32_t available)
{
    uint32_t left;
    uint8_t error;

    if (m->commands >= ISP_MAX_COMMANDS) {
        return ISP_ES_FULL;
    }
    error = isp_parse_first(m, c, &e->command, &left);
    if (error) {
        return error;
    }
    if (count > available) {
        isp_guest_error(m, "command longer than what is queued, entries", count);
        return ISP_ES_COUNT;
    }
    return isp_parse_rest(m, c, isp_ring_at(&m->req, m->req.out + 1), count - 1, left);
}

/* Fetch one entry with its continuations; false if the ring must wait. */
static bool isp_fetch_one(IspModel *m)
{
    IspRing *r = &m->req;
    uint32_t available = (r->in + r->len - r->out) % r->len;
    uint32_t count;
    uint8_t error = 0;
    IspEntry e;
    IspCmd *c;

    c = isp_cmd_get(m);
    if (!c) {
        return false;
    }
    if (!isp_read_entries(m, r->out, 1, &e)) {
        isp_cmd_put(m, c);
        r->broken = true;
        return true;
    }
    m->stats.iocbs++;
    if (m->ops->trace_iocb) {
        m->ops->trace_iocb(m->opaque, r->out, e.bytes);
    }
    count = e.h.count ? e.h.count : 1;
    if (isp_is_command(e.h.type)) {
        error = isp_fetch_command(m, c, &e, count, available);
    } else if (e.h.type == ISP_ET_MARKER) {
        isp_marker(m, &e.marker);
    } else if (e.h.type == ISP_ET_CONT || e.h.type == ISP_ET_CONT_A64) {
        isp_guest_error(m, "continuation of nothing, entry", r->out);
        error = ISP_ES_ORDER;
        count = 1;
    } else {
        isp_guest_error(m, "request of unknown type", e.h.type);
        error = ISP_ES_HEADER;
        count = 1;
    }
    if (r->broken) {
        isp_cmd_put(m, c);
        return true;
    }
    r->out = isp_ring_at(r, r->out + (count < available ? count : available));
    if (error) {
        isp_bounce(m, c, &e, error);
    } else if (isp_is_command(e.h.type)) {
        isp_enqueue(m, c);
    } else {
        isp_cmd_put(m, c);
    }
    return true;
}

void isp_fetch(IspModel *m)
{
    IspRing *r = &m->req;

    if (!m->doorbell || !m->rsp.len || r->broken) {
        return;
    }
    m->doorbell = false;
    while (r->len && r->in != r->out && !r->broken) {
        if (!isp_fetch_one(m)) {
            m->doorbell = true; /* a slot that becomes free resumes this */
            break;
        }
    }
    m->mbox_out[4] = r->out;
    if (r->broken) {
        isp_guest_error(m, "request ring cannot be read, entry", r->out);
        isp_post_event(m, ISP_EVENT_REQ_DMA, 0, 0, 0);
    }
}

/* Execute a single entry at some address; true if its result comes later. */
bool isp_execute_iocb(IspModel *m, uint64_t addr, uint16_t *status)
{
    uint32_t left = 0;
    uint8_t error;
    IspEntry e;
    IspCmd *c;

    *status = ISP_MBS_HOST_ERROR;
    if (!isp_dma_read(m, addr, &e, sizeof(e))) {
        return false;
    }
    m->stats.iocbs++;
    *status = ISP_MBS_COMPLETE;
    if (e.h.type == ISP_ET_MARKER) {
        isp_marker(m, &e.marker);
        return false;
    }
    c = isp_cmd_get(m);
    if (!c) {
        *status = ISP_MBS_ERROR;
        return false;
    }
    error = isp_is_command(e.h.type) ? isp_parse_first(m, c, &e.command, &left) : ISP_ES_HEADER;
    if (!error && (left || e.h.count > 1)) {
        error = ISP_ES_COUNT;
    }
    if (error) {
        isp_cmd_put(m, c);
        e.h.status = error;
        if (!isp_dma_write(m, addr, &e, sizeof(e))) {
            *status = ISP_MBS_HOST_ERROR;
        }
        return false;
    }
    c->kind = ISP_KIND_IN_PLACE;
    c->in_place = addr;
    isp_enqueue(m, c);
    return true;
}

/* Execute the block that a boot ROM fills in RISC memory; true if its result comes later. */
bool isp_execute_bios(IspModel *m, uint16_t block, uint16_t *status)
{
    static const uint8_t cdb_len[8] = { 6, 10, 10, 12, 12, 12, 12, 12 };
    uint16_t *w = m->ram + block;
    uint32_t len = w[2] | (uint32_t)w[3] << 16;
    IspCmd *c;

    *status = ISP_MBS_ERROR;
    if (w[12] == 3) {
        isp_guest_error(m, "data through the FIFO port is not modelled", block);
        return false;
    }
    c = isp_cmd_get(m);
    if (!c || !isp_cmd_reserve(c, 1)) {
        if (c) {
            isp_cmd_put(m, c);
        }
        return false;
    }
    c->kind = ISP_KIND_BIOS;
    c->target = w[4] >> 4 & 0xf;
    c->lun = w[4] & 0xf;
    c->cdb_len = cdb_len[(w[5] & 0xff) >> 5];
    for (unsigned i = 0; i < 12; i++) {
        c->cdb[i] = w[5 + i / 2] >> (i & 1 ? 8 : 0);
    }
    c->data_in = c->data_out = true;
    if (isp_add_seg(m, c, w[0] | (uint32_t)w[1] << 16, len, false)) {
        isp_cmd_put(m, c);
        return false;
    }
    w[4] = 0x0300;
    isp_enqueue(m, c);
    isp_lun_start(m, isp_lun_of(m, c), UINT32_MAX);
    return true;
}

/* Forget all commands and both rings. */
void isp_queue_reset(IspModel *m)
{
    if (m->active.first) {
        m->ops->scsi_cancel_all(m->opaque);
    }
    for (int i = 0; i < ISP_SLOTS; i++) {
        m->slots[i].state = ISP_CMD_FREE;
    }
    m->req = (IspRing){ 0 };
    m->rsp = (IspRing){ 0 };
    m->doorbell = false;
    m->read_mb5 = 0;
    m->moved_since_read = false;
    isp_relink(m);
}

static void isp_insert_by_seq(IspCmdList *l, IspCmd *c)
{
    IspCmd *after = l->last;

    while (after && (int32_t)(after->seq - c->seq) > 0) {
        after = after->prev;
    }
    c->prev = after;
    c->next = after ? after->next : l->first;
    *(c->next ? &c->next->prev : &l->last) = c;
    *(after ? &after->next : &l->first) = c;
}

void isp_relink(IspModel *m)
{
    m->free = m->active = m->done = m->fast = m->held = (IspCmdList){ 0 };
    m->kick = NULL;
    m->commands = 0;
    for (int bus = 0; bus < ISP_BUSES; bus++) {
        for (int t = 0; t < ISP_TARGETS; t++) {
            for (int l = 0; l < ISP_LUNS; l++) {
                IspLun *lun = &m->target[bus][t].lun[l];

                lun->queue = (IspCmdList){ 0 };
                lun->waiting = lun->active = 0;
                lun->barrier = lun->kicked = false;
            }
        }
    }
    for (int i = 0; i < ISP_SLOTS; i++) {
        IspCmd *c = &m->slots[i];
        IspLun *lun = isp_lun_of(m, c);

        m->commands += c->state != ISP_CMD_FREE && c->state != ISP_CMD_DONE;
        switch (c->state) {
        case ISP_CMD_WAITING:
            isp_insert_by_seq(&lun->queue, c);
            lun->waiting++;
            break;
        case ISP_CMD_ACTIVE:
            isp_insert_by_seq(&m->active, c);
            lun->active++;
            lun->barrier |= isp_is_barrier(c);
            break;
        case ISP_CMD_DONE:
            if (m->features & ISP_FEATURE_FAST_POST && isp_is_good(c)) {
                isp_insert_by_seq(&m->fast, c);
            } else {
                isp_insert_by_seq(&m->done, c);
            }
            break;
        default:
            isp_append(m, &m->free, c);
            break;
        }
    }
    for (int i = 0; i < ISP_SLOTS; i++) {
        isp_lun_kick(m, isp_lun_of(m, &m->slots[i]));
    }
}
