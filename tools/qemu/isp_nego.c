/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: what chip and target agree on, on the first command after a reset or a change.
 */
#include <stdio.h>

#include "isp_priv.h"

#define ST_PERIOD_MIN   10      /* without PPR, in 4 ns */

static uint32_t isp_bit(int bus, int target)
{
    return 1u << (ISP_TARGETS * bus + target);
}

static IspTransfer isp_goal(const IspModel *m, int bus, int target)
{
    const IspTarget *t = &m->target[bus][target];

    return (IspTransfer){ .flags = t->flags, .sync = t->sync, .ppr = t->ppr };
}

static void isp_without_ppr(IspTransfer *x)
{
    x->flags &= ~ISP_TP_PPR;
    x->ppr = 0;
    if ((x->sync & 0xff) < ST_PERIOD_MIN) {
        x->sync = (x->sync & 0xff00) | ST_PERIOD_MIN;
    }
}

static uint16_t isp_slower(uint16_t sync, uint8_t min_period, uint8_t max_offset)
{
    uint8_t period = sync & 0xff, offset = sync >> 8;

    period = period < min_period ? min_period : period;
    offset = max_offset && offset > max_offset ? max_offset : offset;
    return offset ? offset << 8 | period : 0;
}

static IspTransfer isp_agreed(const IspModel *m, int bus, int target)
{
    IspTransfer x = isp_goal(m, bus, target);
    uint32_t bit = isp_bit(bus, target);

    if (m->limits.narrow & bit) {
        x.flags &= ~ISP_TP_WIDE;
    }
    if (x.flags & ISP_TP_PPR && (m->limits.rejects_ppr & bit || !(x.flags & ISP_TP_WIDE))) {
        isp_without_ppr(&x);
    }
    x.sync = isp_slower(x.sync, m->limits.min_period, m->limits.max_offset);
    if (m->limits.async & bit || !(x.flags & ISP_TP_SYNC)) {
        x.sync = 0;
    }
    if (!x.sync) {
        x.flags &= ~(ISP_TP_SYNC | ISP_TP_PPR);
        x.ppr = 0;
    }
    return x;
}

IspTransfer isp_transfer(const IspModel *m, int bus, int target)
{
    return m->settled & isp_bit(bus, target) ? isp_agreed(m, bus, target) :
                                               isp_goal(m, bus, target);
}

void isp_unsettle(IspModel *m, int bus, int target)
{
    for (int t = 0; t < ISP_TARGETS; t++) {
        if (target < 0 || t == target) {
            m->settled &= ~isp_bit(bus, t);
        }
    }
}

/* The completion status of a command whose negotiation the target rejects, or 0 */
static uint8_t isp_rejected(const IspModel *m, uint16_t flags, uint32_t bit)
{
    if (flags & ISP_TP_WIDE && m->limits.rejects_wdtr & bit) {
        return ISP_CS_WIDE_FAILED;
    }
    if (flags & ISP_TP_SYNC && m->limits.rejects_sdtr & bit) {
        return ISP_CS_SYNC_FAILED;
    }
    return 0;
}

uint8_t isp_tag_rejected(const IspModel *m, const IspCmd *c)
{
    return c->flags & ISP_CF_TAGS && m->limits.no_tags & isp_bit(c->bus, c->target) &&
           m->ops->scsi_present(m->opaque, c->bus, c->target) ? ISP_CS_TAG_REJECTED : 0;
}

uint8_t isp_negotiate(IspModel *m, IspCmd *c)
{
    uint32_t bit = isp_bit(c->bus, c->target);
    uint16_t flags = m->target[c->bus][c->target].flags;
    uint8_t failed;

    if (m->settled & bit || !(flags & (ISP_TP_WIDE | ISP_TP_SYNC | ISP_TP_PPR)) ||
        !m->ops->scsi_present(m->opaque, c->bus, c->target)) {
        return 0;
    }
    c->negotiated = true;
    failed = isp_rejected(m, flags, bit);
    if (!failed) {
        m->settled |= bit;
    }
    return failed;
}

void isp_list_transfers(const IspModel *m, char *text)
{
    size_t n = 0;

    text[0] = '\0';
    for (int i = 0; i < m->chip->buses * ISP_TARGETS; i++) {
        int bus = i / ISP_TARGETS, target = i % ISP_TARGETS;
        IspTransfer x = isp_transfer(m, bus, target);

        if (m->ops->scsi_present(m->opaque, bus, target)) {
            n += snprintf(text + n, ISP_TRANSFER_LIST - n, "%d %d %04x %04x %04x %s\n", bus, target,
                          x.flags, x.sync, x.ppr,
                          m->settled & isp_bit(bus, target) ? "agreed" : "asked");
        }
    }
}
