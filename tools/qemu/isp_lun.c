/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: device queues, the life of a command on the bus, recovery.
 */
#include <string.h>

#include "isp_priv.h"

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

/* The target rejects what the chip asks for: the command ends before it has begun. */
static bool isp_message_rejected(IspModel *m, IspCmd *c)
{
    uint8_t failed = isp_tag_rejected(m, c);

    if (!failed) {
        failed = isp_negotiate(m, c);
    }

    if (failed) {
        c->fault = (IspFaultEnd){
            .on = true, .completion = failed, .state_flags = ISP_SF_BUS | ISP_SF_TARGET,
            .resid = -1,
        };
    }
    return failed;
}

static void isp_start(IspModel *m, IspLun *lun, IspCmd *c)
{
    IspResult result;

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
    if (isp_fault_start(&m->faults, c, &c->fault, &result)) {
        isp_scsi_done(m, c, &result);
    } else if (c->target == m->initiator_id[c->bus]) {
        isp_scsi_done(m, c, &(IspResult){ .outcome = ISP_DONE_NO_TARGET });
    } else if (isp_message_rejected(m, c)) {
        isp_scsi_done(m, c, &(IspResult){ .outcome = ISP_DONE_FAULT });
    } else {
        m->ops->scsi_submit(m->opaque, c);
    }
}

/* Note the trouble that a fault brings; true if the command cannot start before it has come. */
static bool isp_trouble_comes(IspModel *m, const IspCmd *c)
{
    uint64_t trouble;

    if (m->trouble & ISP_TROUBLE_EVENT) {
        return true;            /* there is room for one event only */
    }
    trouble = isp_fault_before_start(&m->faults, c, m->running);
    if (trouble) {
        m->trouble |= trouble;
        isp_schedule(m);
    }
    return trouble & ISP_TROUBLE_STOPS;
}

static bool isp_keeps_bus(const IspModel *m, const IspCmd *c)
{
    return m->limits.no_disconnect >> (ISP_TARGETS * c->bus + c->target) & 1;
}

/* Does a target keep the bus that the command needs? */
static bool isp_bus_is_kept(const IspModel *m, const IspCmd *c)
{
    for (const IspCmd *o = m->limits.no_disconnect ? m->active.first : NULL; o; o = o->next) {
        if (o->bus == c->bus && isp_keeps_bus(m, o)) {
            return true;
        }
    }
    return false;
}

/* Give the target what it may have: untagged and ordered commands run alone. */
void isp_lun_start(IspModel *m, IspLun *lun, unsigned limit)
{
    while (limit && lun->queue.first && !lun->need_marker && !lun->barrier) {
        IspCmd *c = lun->queue.first;

        if ((lun->stopped && limit == UINT32_MAX) || lun->active >= lun->throttle ||
            (lun->active && isp_is_barrier(c)) || isp_bus_is_kept(m, c)) {
            break;
        }
        if (isp_trouble_comes(m, c)) {
            isp_lun_kick(m, lun);
            break;
        }
        isp_start(m, lun, c);
        if (limit != UINT32_MAX) {
            limit--;
        }
    }
}

void isp_enqueue(IspModel *m, IspCmd *c)
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
    isp_unsettle(m, bus, target);
    isp_need_marker(m, bus, target, -1, true);
    m->ops->scsi_reset(m->opaque, bus, target, -1);
}

void isp_bus_was_reset(IspModel *m, int bus)
{
    isp_bus_was_reset_by(m, bus, ISP_EVENT_BUS_RESET);
}

void isp_bus_was_reset_by(IspModel *m, int bus, uint16_t event)
{
    bool outer = isp_enter(m);

    isp_reset_targets(m, bus, -1, ISP_CS_RESET,
                      event == ISP_EVENT_DEVICE_RESET ? ISP_STF_DEV_RESET : ISP_STF_BUS_RESET);
    isp_post_event(m, event, 0, 0, bus);
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

static void isp_lun_wake(IspModel *m, IspLun *lun, int arg)
{
    (void)arg;
    isp_lun_kick(m, lun);
}

void isp_scsi_done(IspModel *m, IspCmd *c, const IspResult *r)
{
    IspLun *lun = isp_lun_of(m, c);
    uint16_t going = ISP_SF_BUS | ISP_SF_TARGET | ISP_SF_CDB;

    isp_remove(&m->active, c);
    c->backend = NULL;
    lun->active--;
    lun->barrier = false;
    if (isp_keeps_bus(m, c)) {
        isp_each_lun(m, c->bus, -1, -1, isp_lun_wake, 0);
    } else {
        isp_lun_kick(m, lun);
    }
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

/* Forgetting and finding commands */

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
