/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP1040 PCI SCSI controller: what connects the chip (isp_model.c) to QEMU.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/scsi/scsi.h"
#include "migration/qemu-file-types.h"
#include "migration/vmstate.h"
#include "scsi/constants.h"
#include "scsi/utils.h"
#include "trace.h"
#include "qom/object.h"
#include "isp_model.h"
#include "isp_qemu_compat.h"
#include "isp_regs.h"

#define TYPE_ISP1040 "isp1040"
OBJECT_DECLARE_SIMPLE_TYPE(IspState, ISP1040)

#define PCI_VENDOR_ID_QLOGIC_ISP 0x1077
#define ISP_MEM_BAR_SIZE 4096
#define ISP_SINK_SIZE 4096

#define TYPE_ISP_WINDOW "isp1040-window"

struct IspState {
    PCIDevice parent_obj;

    MemoryRegion io, mem;
    MemoryRegion abort;         /* stands in while memory decoding is off: reads as all ones */
    bool abort_mapped;
    IOMMUMemoryRegion window;   /* what data DMA sees: RAM where there is RAM, else the sink */
    MemoryRegion sink;
    AddressSpace window_as, sink_as;
    uint64_t sunk;              /* accesses that the window has sent to the sink */
    SCSIBus bus;
    QEMUBH *bh;
    QEMUTimer *timer, *alarm;
    VMChangeStateEntry *vm_state;
    bool deferred;              /* the bottom half ran while the machine was stopped */
    char *nvram_file;
    IspModel m;
};

/* One SCSI request, for as long as the SCSI layer knows it. */
typedef struct IspRequest {
    IspState *s;
    IspCmd *cmd;                /* NULL once the chip has forgotten it */
    SCSIRequest *sreq;
    QEMUSGList sg;
    bool use_sg;
    bool overrun;
    IspOutcome refused;         /* the outcome instead of its data phase; 0: that may happen */
    uint64_t sunk;              /* the device's count when the request began */
    uint32_t seg;               /* where a transfer without scatter/gather list continues */
    uint32_t seg_offset;
    uint64_t moved;
} IspRequest;

/*
 * Chip to memory. No DMA reaches a register, the chip's own or another device's: a device does not
 * expect a write to its registers in the middle of a transfer, and might reset what runs that
 * transfer.
 */

static bool isp_is_ram(IspState *s, uint64_t addr, uint64_t len, bool write)
{
    AddressSpace *as = pci_get_address_space(&s->parent_obj);

    RCU_READ_LOCK_GUARD();
    while (len) {
        hwaddr offset, n = len;
        MemoryRegion *mr = address_space_translate(as, addr, &offset, &n, write,
                                                   MEMTXATTRS_UNSPECIFIED);

        if (!memory_region_is_ram(mr) || memory_region_is_ram_device(mr) ||
            (write && memory_region_is_rom(mr))) {
            return false;
        }
        addr += n;
        len -= n;
    }
    return true;
}

static bool isp_op_dma_read(void *opaque, uint64_t addr, void *buf, uint32_t len)
{
    IspState *s = opaque;

    return isp_is_ram(s, addr, len, false) &&
           dma_memory_read(pci_get_address_space(&s->parent_obj), addr, buf, len,
                           MEMTXATTRS_UNSPECIFIED) == MEMTX_OK;
}

static bool isp_op_dma_write(void *opaque, uint64_t addr, const void *buf, uint32_t len)
{
    IspState *s = opaque;

    return isp_is_ram(s, addr, len, true) &&
           dma_memory_write(pci_get_address_space(&s->parent_obj), addr, buf, len,
                            MEMTXATTRS_UNSPECIFIED) == MEMTX_OK;
}

/*
 * The chip checks a command's buffer when the command starts. The block layer maps the buffer
 * later, and again when it repeats an access; by then the guest may have moved registers there. So
 * data goes through this window, which checks again each time. The window shows RAM at its own
 * address, and the machine's IOMMU still translates behind the window. Everything else is the sink,
 * which is also RAM: with no target at all, QEMU would set up a bounce buffer.
 */
static IOMMUTLBEntry isp_window_translate(IOMMUMemoryRegion *window, hwaddr addr,
                                          IOMMUAccessFlags flag, int index)
{
    static const hwaddr masks[] = { 0x1fffff, 0xfff, 0 };
    IspState *s = container_of(window, IspState, window);
    /* An IOMMU reports an unmapped page as a fault: look at no more than the page in question. */
    bool iommu = pci_device_iommu_address_space(&s->parent_obj) != &address_space_memory;

    for (int i = iommu; i < ARRAY_SIZE(masks); i++) {
        hwaddr base = addr & ~masks[i];

        if (isp_is_ram(s, base, masks[i] + 1, flag & IOMMU_WO)) {
            return (IOMMUTLBEntry) {
                .target_as = pci_get_address_space(&s->parent_obj), .iova = base,
                .translated_addr = base, .addr_mask = masks[i], .perm = flag,
            };
        }
    }
    s->sunk++;
    return (IOMMUTLBEntry) {
        .target_as = &s->sink_as, .iova = addr & ~(hwaddr)(ISP_SINK_SIZE - 1),
        .addr_mask = ISP_SINK_SIZE - 1, .perm = flag,
    };
}

static void isp_op_set_irq(void *opaque, bool level)
{
    IspState *s = opaque;

    pci_set_irq(&s->parent_obj, level);
}

/* SCSI */

static void isp_request_free(IspRequest *r)
{
    if (r->use_sg) {
        qemu_sglist_destroy(&r->sg);
    }
    g_free(r);
}

/* Has the window lost data while this command, which has ended well, was moving some? */
static bool isp_may_have_sunk(const IspRequest *r, IspOutcome outcome)
{
    const SCSIRequest *req = r->sreq;

    return r->sunk != r->s->sunk && req->status == GOOD && req->cmd.mode != SCSI_XFER_NONE &&
           (outcome == ISP_DONE_STATUS || outcome == ISP_DONE_OVERRUN);
}

static void isp_request_end(IspRequest *r, IspOutcome outcome)
{
    SCSIRequest *req = r->sreq;
    uint8_t sense[ISP_MAX_SENSE];
    IspCmd *cmd = r->cmd;
    IspResult result;

    if (isp_may_have_sunk(r, outcome)) {
        outcome = ISP_DONE_DMA;
    }
    result = (IspResult){ .outcome = outcome };
    if (cmd && (outcome == ISP_DONE_STATUS || outcome == ISP_DONE_OVERRUN)) {
        result.scsi_status = MAX(req->status, 0);
        result.to_target = req->cmd.mode == SCSI_XFER_TO_DEV;
        result.transferred = r->moved;
        if (req->status == CHECK_CONDITION && cmd->auto_sense) {
            result.sense_len = scsi_req_get_sense(req, sense, sizeof(sense));
            result.sense = sense;
        }
    }
    req->hba_private = NULL;
    if (cmd) {
        isp_scsi_done(&r->s->m, cmd, &result);
    }
    isp_request_free(r);
    scsi_req_unref(req);
}

static void isp_command_complete(SCSIRequest *req, size_t resid)
{
    IspRequest *r = req->hba_private;

    if (!r) {
        return;
    }
    if (r->use_sg) {
        /*
         * For a disk's data, resid counts down from the length of the transfer; for other data,
         * from the length of the list. A disk that repeats a transfer subtracts it again, and resid
         * passes 0: hence the MIN().
         */
        size_t counted = (req->dma_started ? r->sg.size : req->cmd.xfer) - resid;

        r->moved = MIN(counted, r->sg.size);
        /* A disk counts DMA as done when it starts, so after a failure the count means nothing. */
        if (req->status != GOOD && !req->dma_started) {
            r->moved = 0;
        }
    }
    isp_request_end(r, r->overrun ? ISP_DONE_OVERRUN : ISP_DONE_STATUS);
}

static void isp_command_failed(SCSIRequest *req)
{
    IspRequest *r = req->hba_private;

    if (!r) {
        return;
    }
    switch (req->host_status) {
    case SCSI_HOST_NO_LUN:
        isp_request_end(r, ISP_DONE_NO_TARGET);
        break;
    case SCSI_HOST_BUSY:
        isp_request_end(r, ISP_DONE_BUSY);
        break;
    case SCSI_HOST_ABORTED:
    case SCSI_HOST_RESET:
    case SCSI_HOST_TIME_OUT:
        isp_request_end(r, ISP_DONE_STOPPED);
        break;
    default:
        isp_request_end(r, ISP_DONE_FAILED);
        break;
    }
}

static void isp_request_cancelled(SCSIRequest *req)
{
    IspRequest *r = req->hba_private;

    if (r) {
        isp_request_end(r, ISP_DONE_STOPPED);
    }
}

/* The target has reached the data phase of a command that must not move data. */
static void isp_request_refuse(IspRequest *r)
{
    r->sreq->hba_private = NULL;
    scsi_req_cancel(r->sreq);
    isp_request_end(r, r->refused);
}

/* How many of len bytes a fault lets the target move */
static uint64_t isp_request_limit(const IspRequest *r, uint64_t len)
{
    const IspFaultEnd *fault = &r->cmd->fault;

    return fault->on && fault->limited ? MIN(len, fault->limit) : len;
}

/*
 * Used only where the target may have more data than there is room for: the chip drops what does
 * not fit, and the command ends as an overrun. All other data moves by scatter/gather list.
 */
static void isp_transfer_data(SCSIRequest *req, uint32_t len)
{
    IspRequest *r = req->hba_private;
    uint8_t *buf = scsi_req_get_buf(req);

    if (!r || !r->cmd) {
        return;
    }
    if (r->refused) {
        isp_request_refuse(r);
        return;
    }
    while (len && r->seg < r->cmd->seg_count) {
        const IspSeg *seg = &r->cmd->seg[r->seg];
        uint32_t n = isp_request_limit(r, r->moved + MIN(len, seg->len - r->seg_offset)) -
                     r->moved;

        if (!n) {
            break;
        }

        dma_memory_write(&r->s->window_as, seg->addr + r->seg_offset, buf, n,
                         MEMTXATTRS_UNSPECIFIED);
        buf += n;
        len -= n;
        r->moved += n;
        r->seg_offset += n;
        if (r->seg_offset == seg->len) {
            r->seg++;
            r->seg_offset = 0;
        }
    }
    r->overrun |= len > 0;
    scsi_req_continue(req);
}

static QEMUSGList *isp_get_sg_list(SCSIRequest *req)
{
    IspRequest *r = req->hba_private;

    return r && r->use_sg ? &r->sg : NULL;
}

static IspRequest *isp_request_new(IspState *s, IspCmd *cmd, SCSIRequest *sreq)
{
    IspRequest *r = g_new0(IspRequest, 1);

    r->s = s;
    r->cmd = cmd;
    r->sreq = sreq;
    r->sunk = s->sunk;
    sreq->hba_private = r;
    cmd->backend = r;
    return r;
}

/* Make a list no longer than the transfer, so that the SCSI layer cannot pass its end. */
static void isp_request_map(IspRequest *r)
{
    uint64_t left = isp_request_limit(r, r->sreq->cmd.xfer);

    r->use_sg = true;
    qemu_sglist_init(&r->sg, DEVICE(r->s), r->cmd->seg_count, &r->s->window_as);
    for (uint32_t i = 0; i < r->cmd->seg_count && left; i++) {
        uint64_t n = MIN(left, r->cmd->seg[i].len);

        qemu_sglist_add(&r->sg, r->cmd->seg[i].addr, n);
        left -= n;
    }
}

/* Is the part of the buffer that the target will use in RAM? */
static bool isp_data_in_ram(IspState *s, const IspCmd *cmd, uint64_t left, bool write)
{
    for (uint32_t i = 0; i < cmd->seg_count && left; i++) {
        uint64_t n = MIN(left, cmd->seg[i].len);

        if (!isp_is_ram(s, cmd->seg[i].addr, n, write)) {
            return false;
        }
        left -= n;
    }
    return true;
}

/* Does the target want a transfer that the host has prepared for? */
static IspOutcome isp_check_data(IspState *s, const IspCmd *cmd, const SCSICommand *sc)
{
    bool in = sc->mode == SCSI_XFER_FROM_DEV;

    if (sc->mode == SCSI_XFER_NONE || !sc->xfer) {
        return ISP_DONE_STATUS;
    }
    if (!cmd->length) {
        return in ? ISP_DONE_STATUS : ISP_DONE_SHORT;
    }
    if (in ? !cmd->data_in : !cmd->data_out) {
        return ISP_DONE_DIRECTION;
    }
    if (!in && sc->xfer > cmd->length) {
        return ISP_DONE_SHORT;  /* QEMU's targets take all data or none */
    }
    return isp_data_in_ram(s, cmd, sc->xfer, in) ? ISP_DONE_STATUS : ISP_DONE_DMA;
}

static void isp_op_submit(void *opaque, IspCmd *cmd)
{
    IspState *s = opaque;
    SCSIDevice *d = scsi_device_get(&s->bus, cmd->bus, cmd->target, cmd->lun);
    IspResult nobody = { .outcome = ISP_DONE_NO_TARGET };
    SCSIRequest *req;
    IspRequest *r;

    if (!d) {
        isp_scsi_done(&s->m, cmd, &nobody);
        return;
    }
    req = scsi_req_new(d, cmd - s->m.slots, cmd->lun, cmd->cdb, cmd->cdb_len, NULL);
    object_unref(OBJECT(d));
    r = isp_request_new(s, cmd, req);
    r->refused = isp_check_data(s, cmd, &req->cmd);
    if (!r->refused && req->cmd.mode != SCSI_XFER_NONE && req->cmd.xfer &&
        req->cmd.xfer <= cmd->length) {
        isp_request_map(r);
    }
    scsi_req_ref(req);
    /*
     * The target gets every command, and may end it for its own reasons. A target that asks for a
     * data phase instead has not begun to carry out the command.
     */
    if (scsi_req_enqueue(req)) {
        if (r->refused) {
            isp_request_refuse(r);
        } else {
            scsi_req_continue(req);
        }
    }
    scsi_req_unref(req);
}

static void isp_op_cancel(void *opaque, IspCmd *cmd)
{
    IspRequest *r = cmd->backend;

    if (r && !r->sreq->io_canceled) {
        scsi_req_cancel_async(r->sreq, NULL);
    }
}

static void isp_op_cancel_all(void *opaque)
{
    IspState *s = opaque;
    IspCmd *cmd;

    while ((cmd = s->m.active.first)) {
        IspResult stopped = { .outcome = ISP_DONE_STOPPED };
        IspRequest *r = cmd->backend;

        if (r && r->sreq->io_canceled) {
            blk_drain(r->sreq->dev->conf.blk);
        } else if (r) {
            scsi_req_cancel(r->sreq);
        }
        if (s->m.active.first == cmd) {
            /* It will end without the chip. */
            if (r) {
                r->cmd = NULL;
            }
            isp_scsi_done(&s->m, cmd, &stopped);
        }
    }
}

static void isp_op_reset(void *opaque, int bus, int target, int lun)
{
    IspState *s = opaque;
    BusChild *kid, *next;

    /* Cancel all of them first: a reset waits for its device's I/O while the others go on. */
    for (int i = 0; i < ISP_SLOTS; i++) {
        IspCmd *cmd = &s->m.slots[i];

        if (cmd->state == ISP_CMD_ACTIVE && cmd->bus == bus &&
            (target < 0 || cmd->target == target) && (lun < 0 || cmd->lun == lun)) {
            isp_op_cancel(s, cmd);
        }
    }
    QTAILQ_FOREACH_SAFE(kid, &BUS(&s->bus)->children, sibling, next) {
        SCSIDevice *d = SCSI_DEVICE(kid->child);

        if (d->channel == bus && (target < 0 || d->id == target) && (lun < 0 || d->lun == lun)) {
            device_cold_reset(DEVICE(d));
        }
    }
}

/* Migration of a request that the SCSI layer has kept for a retry */

static void isp_save_request(QEMUFile *f, SCSIRequest *req)
{
    IspRequest *r = req->hba_private;

    qemu_put_be32(f, r && r->cmd ? r->cmd - r->s->m.slots : UINT32_MAX);
}

static void *isp_load_request(QEMUFile *f, SCSIRequest *req)
{
    IspState *s = container_of(req->bus, IspState, bus);
    uint32_t slot = qemu_get_be32(f);
    IspCmd *cmd;
    IspRequest *r;

    if (slot >= ISP_SLOTS) {
        return NULL;
    }
    cmd = &s->m.slots[slot];
    if (cmd->state != ISP_CMD_ACTIVE || cmd->backend) {
        return NULL;
    }
    scsi_req_ref(req);
    r = isp_request_new(s, cmd, req);
    if (req->cmd.xfer > cmd->length) {
        r->refused = ISP_DONE_FAILED;   /* its progress was not migrated */
    } else if (req->cmd.mode != SCSI_XFER_NONE && req->cmd.xfer) {
        isp_request_map(r);
    }
    return r;
}

static const SCSIBusInfo isp_scsi_info = {
    .tcq = true,
    .max_channel = 0,
    .max_target = ISP_TARGETS - 1,
    .max_lun = ISP_LUNS - 1,

    .get_sg_list = isp_get_sg_list,
    .transfer_data = isp_transfer_data,
    .complete = isp_command_complete,
    .fail = isp_command_failed,
    .cancel = isp_request_cancelled,
    .save_request = isp_save_request,
    .load_request = isp_load_request,
};

/* Time, log, trace */

static void isp_op_schedule(void *opaque)
{
    IspState *s = opaque;

    qemu_bh_schedule(s->bh);
}

static void isp_bh(void *opaque)
{
    IspState *s = opaque;

    if (!runstate_is_running()) {
        s->deferred = true;
        return;
    }
    isp_run(&s->m);
}

static void isp_vm_state(void *opaque, bool running, RunState state)
{
    IspState *s = opaque;

    if (running && s->deferred) {
        s->deferred = false;
        qemu_bh_schedule(s->bh);
    }
}

static void isp_op_start_tick(void *opaque)
{
    IspState *s = opaque;

    timer_mod(s->timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + ISP_TICK_MS);
}

static void isp_timer(void *opaque)
{
    IspState *s = opaque;

    isp_tick(&s->m);
}

static uint64_t isp_op_now_ms(void *opaque)
{
    return qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);
}

static void isp_op_set_alarm(void *opaque, uint64_t ms)
{
    IspState *s = opaque;

    timer_mod(s->alarm, ms);
}

static void isp_alarm_timer(void *opaque)
{
    IspState *s = opaque;

    isp_alarm(&s->m);
}

static void isp_op_guest_error(void *opaque, const char *what, uint32_t value)
{
    IspState *s = opaque;

    qemu_log_mask(LOG_GUEST_ERROR, "isp1040 %s: %s (0x%x)\n",
                  DEVICE(s)->id ? DEVICE(s)->id : "", what, value);
}

static void isp_op_trace_mailbox(void *opaque, const uint16_t *in, const uint16_t *out)
{
    trace_isp_mailbox(in[0], in[1], in[2], in[3], out[0], out[1], out[2]);
}

static void isp_op_trace_event(void *opaque, const uint16_t *mb)
{
    trace_isp_event(mb[0], mb[1], mb[2], mb[6]);
}

static void isp_op_trace_iocb(void *opaque, uint32_t index, const uint8_t *e)
{
    trace_isp_iocb(index, e[0], e[1], ldl_le_p(e + 4), e[9], e[8]);
}

static void isp_op_trace_complete(void *opaque, const IspCmd *cmd)
{
    trace_isp_complete(cmd->handle, cmd->target, cmd->lun, cmd->cdb[0], cmd->completion,
                       cmd->scsi_status, cmd->residual);
}

static void isp_op_trace_irq(void *opaque, bool level)
{
    trace_isp_irq(level);
}

static void isp_op_trace_fault(void *opaque, const char *rule)
{
    trace_isp_fault(rule);
}

static const IspOps isp_ops = {
    .dma_read = isp_op_dma_read,
    .dma_write = isp_op_dma_write,
    .set_irq = isp_op_set_irq,
    .scsi_submit = isp_op_submit,
    .scsi_cancel = isp_op_cancel,
    .scsi_cancel_all = isp_op_cancel_all,
    .scsi_reset = isp_op_reset,
    .schedule = isp_op_schedule,
    .start_tick = isp_op_start_tick,
    .now_ms = isp_op_now_ms,
    .set_alarm = isp_op_set_alarm,
    .guest_error = isp_op_guest_error,
    .trace_mailbox = isp_op_trace_mailbox,
    .trace_event = isp_op_trace_event,
    .trace_iocb = isp_op_trace_iocb,
    .trace_complete = isp_op_trace_complete,
    .trace_irq = isp_op_trace_irq,
    .trace_fault = isp_op_trace_fault,
};

/* Registers. The chip takes only words, but sees every access, so that it can report the others. */

static uint64_t isp_mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    IspState *s = opaque;

    return isp_read(&s->m, addr, size);
}

static void isp_mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    IspState *s = opaque;

    isp_write(&s->m, addr, value, size);
}

static const MemoryRegionOps isp_mmio_ops = {
    .read = isp_mmio_read,
    .write = isp_mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
};

/* Migration */

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
        qemu_put_byte(f, c->data_in | c->data_out << 1 | c->auto_sense << 2);
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
        c->target >= ISP_TARGETS || c->lun >= ISP_LUNS || c->cdb_len > ISP_MAX_CDB ||
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

/*
 * A read that no device claims ends in a master abort, and a PC's host bridge turns that into ones.
 * QEMU's host bridge returns 0. So while the device does not decode memory, it returns the ones
 * itself, at the address of its memory BAR.
 */
static void isp_update_abort(IspState *s)
{
    PCIDevice *pci = &s->parent_obj;
    MemoryRegion *space = pci_address_space(pci);
    uint32_t base = pci_get_long(pci->config + PCI_BASE_ADDRESS_1) & PCI_BASE_ADDRESS_MEM_MASK;
    bool on = base && !(pci_get_word(pci->config + PCI_COMMAND) & PCI_COMMAND_MEMORY);

    if (s->abort_mapped && (!on || s->abort.addr != base)) {
        memory_region_del_subregion(space, &s->abort);
        s->abort_mapped = false;
    }
    if (on && !s->abort_mapped) {
        memory_region_add_subregion_overlap(space, base, &s->abort, -1);
        s->abort_mapped = true;
    }
}

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
    isp_fault_set_alarm(m);
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

static const VMStateDescription vmstate_isp = {
    .name = "isp1040",
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
        VMSTATE_BOOL(m.bios_off, IspState),
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
        NULL
    }
};

/* Counters, as properties */

static const struct {
    const char *name;
    size_t offset;
    const char *description;
} isp_stats[] = {
    { "stat-reg-reads", offsetof(IspStats, reg_reads), "register reads" },
    { "stat-reg-writes", offsetof(IspStats, reg_writes), "register writes" },
    { "stat-interrupts", offsetof(IspStats, interrupts), "rising edges of INTA" },
    { "stat-iocbs", offsetof(IspStats, iocbs), "request entries fetched" },
    { "stat-commands", offsetof(IspStats, commands), "commands started on the bus" },
    { "stat-responses", offsetof(IspStats, responses), "response entries written" },
    { "stat-bytes-read", offsetof(IspStats, bytes_read), "bytes from targets" },
    { "stat-bytes-written", offsetof(IspStats, bytes_written), "bytes to targets" },
    { "stat-faults", offsetof(IspStats, faults), "faults that have fired" },
    { "stat-mailbox-commands", offsetof(IspStats, mailbox_commands), "mailbox commands taken" },
};

static void isp_get_stat(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    IspState *s = ISP1040(obj);
    uint64_t value = *(uint64_t *)((char *)&s->m.stats + (uintptr_t)opaque);

    visit_type_uint64(v, name, &value, errp);
}

static bool isp_get_reset_stats(Object *obj, Error **errp)
{
    return false;
}

static void isp_set_reset_stats(Object *obj, bool value, Error **errp)
{
    if (value) {
        memset(&ISP1040(obj)->m.stats, 0, sizeof(IspStats));
    }
}

/* Faults on demand */

static char *isp_get_fault(Object *obj, Error **errp)
{
    char *text = g_malloc(ISP_FAULT_LIST);

    isp_fault_list(&ISP1040(obj)->m.faults, text);
    return text;
}

static void isp_set_fault(Object *obj, const char *text, Error **errp)
{
    char error[2 * ISP_FAULT_TEXT];

    if (!isp_fault_arm(&ISP1040(obj)->m, text, error, sizeof(error))) {
        error_setg(errp, "fault: %s", error);
    }
}

/* Configuration space */

static uint64_t isp_abort_read(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static void isp_abort_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
}

static const MemoryRegionOps isp_abort_ops = {
    .read = isp_abort_read,
    .write = isp_abort_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static uint32_t isp_config_read(PCIDevice *pci, uint32_t addr, int len)
{
    return ISP1040(pci)->m.gone_config ? UINT32_MAX : pci_default_read_config(pci, addr, len);
}

static void isp_config_write(PCIDevice *pci, uint32_t addr, uint32_t value, int len)
{
    IspState *s = ISP1040(pci);

    if (!s->m.gone_config) {
        pci_default_write_config(pci, addr, value, len);
        isp_update_abort(s);
    }
}

/* Life cycle */

static void isp_reset(DeviceState *dev)
{
    IspState *s = ISP1040(dev);

    isp_power_on(&s->m);
}

static bool isp_load_nvram(IspState *s, Error **errp)
{
    g_autofree char *image = NULL;
    g_autoptr(GError) error = NULL;
    gsize size;

    if (!s->nvram_file) {
        return true;
    }
    if (!g_file_get_contents(s->nvram_file, &image, &size, &error)) {
        error_setg(errp, "nvram: %s", error->message);
        return false;
    }
    if (size != s->m.chip->nvram_bytes) {
        error_setg(errp, "nvram: %s has %zu bytes, the part %u", s->nvram_file, (size_t)size,
                   s->m.chip->nvram_bytes);
        return false;
    }
    memcpy(s->m.nvram, image, size);
    return true;
}

/* The subsystem device and vendor are bytes 18..21 of the EEPROM of a 1020 or 1040. */
static void isp_init_config(IspState *s)
{
    PCIDevice *pci = &s->parent_obj;
    uint8_t *conf = pci->config, *mask = pci->wmask;

    conf[PCI_REVISION_ID] = s->m.chip->pci_revision;
    conf[PCI_INTERRUPT_PIN] = 1;
    conf[PCI_MIN_GNT] = 0x40;
    conf[PCI_CACHE_LINE_SIZE] = 0x40;
    conf[PCI_LATENCY_TIMER] = 0xf8;
    conf[0x40] = 0x34;
    pci_set_word(conf + PCI_STATUS, PCI_STATUS_DEVSEL_MEDIUM);
    pci_set_word(conf + PCI_SUBSYSTEM_ID, lduw_le_p(s->m.nvram + 18));
    pci_set_word(conf + PCI_SUBSYSTEM_VENDOR_ID, lduw_le_p(s->m.nvram + 20));
    pci_set_word(mask + PCI_COMMAND,
                 PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
                 PCI_COMMAND_INVALIDATE | PCI_COMMAND_PARITY | PCI_COMMAND_SERR);
    mask[PCI_LATENCY_TIMER] = 0xf8;
    mask[0x40] = 0xff;
    mask[0x41] = 0x03;
}

static void isp_realize(PCIDevice *pci, Error **errp)
{
    IspState *s = ISP1040(pci);
    DeviceState *dev = DEVICE(pci);

    s->bh = qemu_bh_new_guarded(isp_bh, s, &dev->mem_reentrancy_guard);
    if (!isp_load_nvram(s, errp)) {
        qemu_bh_delete(s->bh);
        return;
    }
    isp_init_config(s);
    memory_region_init_io(&s->io, OBJECT(s), &isp_mmio_ops, s, "isp1040-io", ISP_REGION_SIZE);
    memory_region_init_io(&s->mem, OBJECT(s), &isp_mmio_ops, s, "isp1040-mem", ISP_MEM_BAR_SIZE);
    memory_region_init_io(&s->abort, OBJECT(s), &isp_abort_ops, s, "isp1040-abort",
                          ISP_MEM_BAR_SIZE);
    memory_region_init_iommu(&s->window, sizeof(s->window), TYPE_ISP_WINDOW, OBJECT(s),
                             "isp1040-window", UINT64_MAX);
    memory_region_init_ram_nomigrate(&s->sink, OBJECT(s), "isp1040-sink", ISP_SINK_SIZE,
                                     &error_fatal);
    address_space_init(&s->window_as, MEMORY_REGION(&s->window), "isp1040-window");
    address_space_init(&s->sink_as, &s->sink, "isp1040-sink");
    pci_register_bar(pci, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->io);
    pci_register_bar(pci, 1, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->mem);
    s->timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, isp_timer, s);
    s->alarm = timer_new_ms(QEMU_CLOCK_VIRTUAL, isp_alarm_timer, s);
    s->vm_state = qemu_add_vm_change_state_handler(isp_vm_state, s);
    scsi_bus_init(&s->bus, sizeof(s->bus), dev, &isp_scsi_info);
}

static void isp_exit(PCIDevice *pci)
{
    IspState *s = ISP1040(pci);

    if (s->abort_mapped) {
        memory_region_del_subregion(pci_address_space(pci), &s->abort);
    }
    isp_fini(&s->m);
    qemu_del_vm_change_state_handler(s->vm_state);
    timer_free(s->timer);
    timer_free(s->alarm);
    qemu_bh_delete(s->bh);
    address_space_destroy(&s->window_as);
    address_space_destroy(&s->sink_as);
}

/* The chip must exist before its properties are set. */
static void isp_instance_init(Object *obj)
{
    IspState *s = ISP1040(obj);

    isp_init(&s->m, ISP_CHIP_1040B, &isp_ops, s);
}

static const Property isp_properties[] = {
    DEFINE_PROP_BOOL("resident-firmware", IspState, m.resident_firmware, true),
    DEFINE_PROP_BOOL("reset-event", IspState, m.reset_event, true),
    DEFINE_PROP_STRING("nvram", IspState, nvram_file),
    DEFINE_PROP_END_OF_LIST()
};

static void isp_class_init(ObjectClass *klass, IspClassData data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = isp_realize;
    k->exit = isp_exit;
    k->config_read = isp_config_read;
    k->config_write = isp_config_write;
    k->vendor_id = PCI_VENDOR_ID_QLOGIC_ISP;
    k->device_id = isp_chips[ISP_CHIP_1040B].pci_device;
    k->class_id = PCI_CLASS_STORAGE_SCSI;
    dc->desc = "QLogic ISP1040 SCSI controller";
    device_class_set_legacy_reset(dc, isp_reset);
    dc->vmsd = &vmstate_isp;
    device_class_set_props(dc, isp_properties);
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);

    for (int i = 0; i < ARRAY_SIZE(isp_stats); i++) {
        object_class_property_add(klass, isp_stats[i].name, "uint64", isp_get_stat, NULL, NULL,
                                  (void *)(uintptr_t)isp_stats[i].offset);
        object_class_property_set_description(klass, isp_stats[i].name,
                                              isp_stats[i].description);
    }
    object_class_property_add_str(klass, "fault", isp_get_fault, isp_set_fault);
    object_class_property_set_description(klass, "fault",
                                          "WHAT[,key=value...] arms a fault, \"\" disarms all");
    object_class_property_add_bool(klass, "reset-stats", isp_get_reset_stats,
                                   isp_set_reset_stats);
    object_class_property_set_description(klass, "reset-stats",
                                          "write true to set the counters to zero");
}

static const TypeInfo isp_info = {
    .name = TYPE_ISP1040,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(IspState),
    .instance_init = isp_instance_init,
    .class_init = isp_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { }
    },
};

static void isp_window_class_init(ObjectClass *klass, IspClassData data)
{
    IOMMU_MEMORY_REGION_CLASS(klass)->translate = isp_window_translate;
}

static const TypeInfo isp_window_info = {
    .name = TYPE_ISP_WINDOW,
    .parent = TYPE_IOMMU_MEMORY_REGION,
    .class_init = isp_window_class_init,
};

static void isp_register_types(void)
{
    type_register_static(&isp_info);
    type_register_static(&isp_window_info);
}

type_init(isp_register_types)
