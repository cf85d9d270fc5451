/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: commands and the lists that they are on.
 */
#include <stdlib.h>
#include <string.h>

#include "isp_priv.h"

/* Lists. A command is on exactly one. */

void isp_append(IspModel *m, IspCmdList *l, IspCmd *c)
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

void isp_prepend(IspModel *m, IspCmdList *l, IspCmd *c)
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

void isp_remove(IspCmdList *l, IspCmd *c)
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

void isp_insert_by_seq(IspCmdList *l, IspCmd *c)
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

IspLun *isp_lun_of(IspModel *m, const IspCmd *c)
{
    return &m->target[c->bus][c->target].lun[c->lun];
}

bool isp_matches(const IspCmd *c, int bus, int target, int lun)
{
    return c->bus == bus && (target < 0 || c->target == target) && (lun < 0 || c->lun == lun);
}

IspCmd *isp_cmd_get(IspModel *m)
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

void isp_cmd_put(IspModel *m, IspCmd *c)
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
