/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP PCI SCSI controller: migration.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "migration/qemu-file-types.h"
#include "isp_qdev.h"

static int isp_put_commands(QEMUFile *f, void *pv, size_t size, const VMStateField *field,
                            JSONWriter *desc)
{
    IspModel *m = pv;

    for (uint32_t i = 0; i < ISP_SLOTS; i++) {
        IspCmd *c = &m->slots[i];

        if (c->state == ISP_CMD_FREE) {
            continue;
        }
        qemu_put_be32(f, i);
        qemu_put_byte(f, c->state);
        qemu_put_byte(f, c->kind);
        qemu_put_byte(f, c->bus);
        qemu_put_byte(f, c->target);
        qemu_put_byte(f, c->lun);
        qemu_put_byte(f, c->cdb_len);
        qemu_put_buffer(f, c->cdb, sizeof(c->cdb));
        qemu_put_byte(f, c->data_in | c->data_out << 1 | c->auto_sense << 2 | c->negotiated << 3);
        qemu_put_be32(f, c->handle);
        qemu_put_be32(f, c->seq);
        qemu_put_be16(f, c->flags);
        qemu_put_be16(f, c->timeout);
        qemu_put_be32(f, c->deadline);
        qemu_put_byte(f, c->stop_status);
        qemu_put_be16(f, c->stop_flags);
        qemu_put_be64(f, c->in_place);
        qemu_put_be16(f, c->completion);
        qemu_put_be16(f, c->state_flags);
        qemu_put_be16(f, c->status_flags);
        qemu_put_byte(f, c->scsi_status);
        qemu_put_be32(f, c->residual);
        qemu_put_be16(f, c->sense_len);
        qemu_put_buffer(f, c->sense, sizeof(c->sense));
        qemu_put_buffer(f, c->entry, sizeof(c->entry));
        qemu_put_be32(f, c->seg_count);
        for (uint32_t n = 0; n < c->seg_count; n++) {
            qemu_put_be64(f, c->seg[n].addr);
            qemu_put_be32(f, c->seg[n].len);
        }
    }
    qemu_put_be32(f, UINT32_MAX);
    return 0;
}

static int isp_get_command(QEMUFile *f, IspModel *m, IspCmd *c)
{
    uint32_t flags, segs;

    c->state = qemu_get_byte(f);
    c->kind = qemu_get_byte(f);
    c->bus = qemu_get_byte(f);
    c->target = qemu_get_byte(f);
    c->lun = qemu_get_byte(f);
    c->cdb_len = qemu_get_byte(f);
    qemu_get_buffer(f, c->cdb, sizeof(c->cdb));
    flags = qemu_get_byte(f);
    c->data_in = flags & 1;
    c->data_out = flags & 2;
    c->auto_sense = flags & 4;
    c->negotiated = flags & 8;
    c->handle = qemu_get_be32(f);
    c->seq = qemu_get_be32(f);
    c->flags = qemu_get_be16(f);
    c->timeout = qemu_get_be16(f);
    c->deadline = qemu_get_be32(f);
    c->stop_status = qemu_get_byte(f);
    c->stop_flags = qemu_get_be16(f);
    c->in_place = qemu_get_be64(f);
    c->completion = qemu_get_be16(f);
    c->state_flags = qemu_get_be16(f);
    c->status_flags = qemu_get_be16(f);
    c->scsi_status = qemu_get_byte(f);
    c->residual = qemu_get_be32(f);
    c->sense_len = qemu_get_be16(f);
    qemu_get_buffer(f, c->sense, sizeof(c->sense));
    qemu_get_buffer(f, c->entry, sizeof(c->entry));
    segs = qemu_get_be32(f);
    if (c->state > ISP_CMD_DONE || c->kind > ISP_KIND_BOUNCE || c->bus >= m->chip->buses ||
        c->target >= ISP_TARGETS || c->lun >= m->chip->luns || c->cdb_len > ISP_MAX_CDB ||
        c->sense_len > ISP_MAX_SENSE || segs > 4 + 254 * 7 || !isp_cmd_reserve(c, segs)) {
        return -EINVAL;
    }
    c->seg_count = segs;
    c->length = 0;
    for (uint32_t n = 0; n < segs; n++) {
        c->seg[n].addr = qemu_get_be64(f);
        c->seg[n].len = qemu_get_be32(f);
        c->length += c->seg[n].len;
    }
    return 0;
}

static int isp_get_commands(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    IspModel *m = pv;
    uint32_t slot;

    for (int i = 0; i < ISP_SLOTS; i++) {
        m->slots[i].state = ISP_CMD_FREE;
        m->slots[i].backend = NULL;
    }
    while ((slot = qemu_get_be32(f)) != UINT32_MAX) {
        if (slot >= ISP_SLOTS || isp_get_command(f, m, &m->slots[slot])) {
            return -EINVAL;
        }
    }
    return 0;
}

static const VMStateInfo vmstate_info_isp_commands = {
    .name = "isp commands",
    .get = isp_get_commands,
    .put = isp_put_commands,
};

static const VMStateDescription vmstate_isp_ring = {
    .name = "isp/ring",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_UINT64(base, IspRing),
        VMSTATE_UINT32(len, IspRing),
        VMSTATE_UINT32(in, IspRing),
        VMSTATE_UINT32(out, IspRing),
        VMSTATE_BOOL(broken, IspRing),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_isp_lun = {
    .name = "isp/lun",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_UINT16(depth, IspLun),
        VMSTATE_UINT16(throttle, IspLun),
        VMSTATE_BOOL(stopped, IspLun),
        VMSTATE_BOOL(need_marker, IspLun),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_isp_target = {
    .name = "isp/target",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_UINT16(flags, IspTarget),
        VMSTATE_UINT16(sync, IspTarget),
        VMSTATE_UINT16(ppr, IspTarget),
        VMSTATE_STRUCT_ARRAY(lun, IspTarget, ISP_LUNS, 1, vmstate_isp_lun, IspLun),
        VMSTATE_END_OF_LIST()
    }
};

static const VMStateDescription vmstate_isp_eeprom = {
    .name = "isp/eeprom",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_UINT8(lines, IspEeprom),
        VMSTATE_UINT8(phase, IspEeprom),
        VMSTATE_UINT8(bits, IspEeprom),
        VMSTATE_UINT8(opcode, IspEeprom),
        VMSTATE_UINT8(addr, IspEeprom),
        VMSTATE_UINT8(out, IspEeprom),
        VMSTATE_BOOL(write_enabled, IspEeprom),
        VMSTATE_UINT32(shift, IspEeprom),
        VMSTATE_END_OF_LIST()
    }
};

static int isp_post_load(void *opaque, int version_id)
{
    IspState *s = opaque;
    IspModel *m = &s->m;
    const IspRing *rings[] = { &m->req, &m->rsp };

    for (int i = 0; i < ARRAY_SIZE(rings); i++) {
        const IspRing *r = rings[i];

        if (r->len && (r->in >= r->len || r->out >= r->len)) {
            return -EINVAL;
        }
    }
    if (m->event_head >= ISP_EVENTS || m->event_count > ISP_EVENTS || m->dead > ISP_HUNG) {
        return -EINVAL;
    }
    isp_relink(m);
    if (m->ticking) {
        isp_op_start_tick(s);
    }
    m->powered = true;
    m->mbox_due = 0;
    m->fetch_due = 0;
    isp_set_alarm(m);
    isp_update_abort(s);
    /* Work that was ready continues when the machine does. */
    m->scheduled = true;
    qemu_bh_schedule(s->bh);
    return 0;
}

/* The effects of faults. Rules stay behind; what they held back continues on the other side. */

static bool isp_fault_state_needed(void *opaque)
{
    IspState *s = opaque;

    return s->m.dead || s->m.line_off || s->m.mbox_late;
}

static const VMStateDescription vmstate_isp_fault = {
    .name = "isp1040/fault",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = isp_fault_state_needed,
    .fields = (VMStateField[]) {
        VMSTATE_UINT8(m.dead, IspState),
        VMSTATE_BOOL(m.line_off, IspState),
        VMSTATE_UINT64(m.line_due, IspState),
        VMSTATE_BOOL(m.mbox_late, IspState),
        VMSTATE_END_OF_LIST()
    }
};

static bool isp_settled_needed(void *opaque)
{
    IspState *s = opaque;

    return s->m.settled;
}

/* Without it, targets negotiate again. */
static const VMStateDescription vmstate_isp_settled = {
    .name = "isp1040/settled",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = isp_settled_needed,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(m.settled, IspState),
        VMSTATE_END_OF_LIST()
    }
};

static bool isp_latched_needed(void *opaque)
{
    IspState *s = opaque;

    return s->m.strict.latched_pointers && s->m.lock;
}

static const VMStateDescription vmstate_isp_latched = {
    .name = "isp1040/latched",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = isp_latched_needed,
    .fields = (VMStateField[]) {
        VMSTATE_UINT16_ARRAY(m.latched, IspState, 2),
        VMSTATE_END_OF_LIST()
    }
};

const VMStateDescription vmstate_isp = {
    .name = "isp1040",          /* of every chip: older streams have this name */
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = isp_post_load,
    .fields = (VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, IspState),
        VMSTATE_UINT16(m.conf1, IspState),
        VMSTATE_UINT16(m.icr, IspState),
        VMSTATE_UINT16(m.flash_addr, IspState),
        VMSTATE_BOOL(m.lock, IspState),
        VMSTATE_BOOL(m.sema_status, IspState),
        VMSTATE_BOOL(m.risc_int, IspState),
        VMSTATE_BOOL(m.kept_int, IspState),
        VMSTATE_BOOL(m.irq_level, IspState),
        VMSTATE_BOOL(m.paused, IspState),
        VMSTATE_BOOL(m.in_reset, IspState),
        VMSTATE_BOOL(m.host_int, IspState),
        VMSTATE_UNUSED(1),          /* whether the BIOS is off, which changes nothing */
        VMSTATE_BOOL(m.running, IspState),
        VMSTATE_BOOL(m.mbox_busy, IspState),
        VMSTATE_BOOL(m.result_ready, IspState),
        VMSTATE_BOOL(m.result_latched, IspState),
        VMSTATE_BOOL(m.ticking, IspState),
        VMSTATE_BOOL(m.doorbell, IspState),
        VMSTATE_UINT16(m.fw_start, IspState),
        VMSTATE_UINT32(m.seq, IspState),
        VMSTATE_UINT32(m.ticks, IspState),
        VMSTATE_UINT16_ARRAY(m.mbox_in, IspState, ISP_MBOXES),
        VMSTATE_UINT16_ARRAY(m.mbox_out, IspState, ISP_MBOXES),
        VMSTATE_UINT16_ARRAY(m.result, IspState, ISP_MBOXES),
        VMSTATE_UINT8(m.result_mask, IspState),
        VMSTATE_UINT16_ARRAY(m.dma_reg, IspState, 34),
        VMSTATE_UINT16_ARRAY(m.risc_reg, IspState, 64),
        VMSTATE_UINT16_2DARRAY(m.sxp_reg, IspState, ISP_BUSES, 64),
        VMSTATE_UINT16_2DARRAY(m.events, IspState, ISP_EVENTS, ISP_MBOXES),
        VMSTATE_UINT32(m.event_head, IspState),
        VMSTATE_UINT32(m.event_count, IspState),
        VMSTATE_STRUCT(m.req, IspState, 1, vmstate_isp_ring, IspRing),
        VMSTATE_STRUCT(m.rsp, IspState, 1, vmstate_isp_ring, IspRing),
        VMSTATE_UINT32(m.read_mb5, IspState),
        VMSTATE_BOOL(m.moved_since_read, IspState),
        VMSTATE_UINT16_ARRAY(m.initiator_id, IspState, ISP_BUSES),
        VMSTATE_UINT16(m.features, IspState),
        VMSTATE_UINT16_2DARRAY(m.params, IspState, ISP_PARAMS, ISP_MBOXES),
        VMSTATE_STRUCT_2DARRAY(m.target, IspState, ISP_BUSES, ISP_TARGETS, 1,
                               vmstate_isp_target, IspTarget),
        VMSTATE_STRUCT(m.eeprom, IspState, 1, vmstate_isp_eeprom, IspEeprom),
        VMSTATE_UINT8_ARRAY(m.nvram, IspState, ISP_NVRAM_MAX),
        VMSTATE_UINT16_ARRAY(m.ram, IspState, ISP_RAM_WORDS),
        {
            .name = "commands",
            .info = &vmstate_info_isp_commands,
            .flags = VMS_SINGLE,
            .offset = offsetof(IspState, m),
        },
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * []) {
        &vmstate_isp_fault,
        &vmstate_isp_settled,
        &vmstate_isp_latched,
        NULL
    }
};
