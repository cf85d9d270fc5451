/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: request ring, and commands that come another way.
 */
#include <string.h>

#include "isp_priv.h"

#define BATCH 16                /* entries read at a time */

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
    if (c->bus >= m->chip->buses || c->target >= ISP_TARGETS || c->lun >= m->chip->luns) {
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

    if (bus >= m->chip->buses || target >= ISP_TARGETS || e->lun >= m->chip->luns ||
        e->modifier > ISP_MARK_BUS) {
        isp_guest_error(m, "marker for an impossible address", e->target << 8 | e->lun);
        return;
    }
    isp_need_marker(m, bus, e->modifier == ISP_MARK_BUS ? -1 : (int)target,
                    e->modifier == ISP_MARK_LUN ? e->lun : -1, false);
    if (m->strict.marker_ms && !m->ops->scsi_present(m->opaque, bus, target)) {
        m->fetch_due = m->ops->now_ms(m->opaque) + m->strict.marker_ms;
        isp_set_alarm(m);
    }
}

static bool isp_is_command(const IspModel *m, uint8_t type)
{
    const IspStrict *s = &m->strict;

    return type == ISP_ET_COMMAND || type == ISP_ET_COMMAND_A64 ||
           (type == ISP_ET_EXT_COMMAND && !s->no_extended_command &&
            !s->zero_extended_command && !s->lost_extended_command);
}

/* Send an entry back, or what a chip that does not know extended commands makes of one. */
static void isp_refuse(IspModel *m, IspCmd *c, const IspEntry *e, uint8_t error)
{
    static const IspEntry zero;

    if (e->h.type == ISP_ET_EXT_COMMAND && m->strict.lost_extended_command) {
        isp_cmd_put(m, c);
    } else if (e->h.type == ISP_ET_EXT_COMMAND && m->strict.zero_extended_command) {
        isp_bounce(m, c, &zero, 0);
    } else {
        isp_bounce(m, c, e, error);
    }
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
    if (isp_is_command(m, e.h.type)) {
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
        isp_refuse(m, c, &e, error);
    } else if (isp_is_command(m, e.h.type)) {
        isp_enqueue(m, c);
    } else {
        isp_cmd_put(m, c);
    }
    return true;
}

void isp_fetch(IspModel *m)
{
    IspRing *r = &m->req;

    if (!m->doorbell || !m->rsp.len || r->broken || m->fetch_due) {
        return;
    }
    m->doorbell = false;
    while (r->len && r->in != r->out && !r->broken) {
        if (m->fetch_due || !isp_fetch_one(m)) {
            m->doorbell = true; /* the alarm, or a slot that becomes free, resumes this */
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
    error = isp_is_command(m, e.h.type) ? isp_parse_first(m, c, &e.command, &left) : ISP_ES_HEADER;
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
