/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP PCI SCSI controller: the bus, and commands as requests of QEMU's SCSI layer.
 */
#include "qemu/osdep.h"
#include "migration/qemu-file-types.h"
#include "scsi/constants.h"
#include "isp_qdev.h"

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

/* Set bits of a byte that the command has stored. */
static void isp_set_bits(IspRequest *r, uint64_t offset, uint8_t bits)
{
    uint8_t byte;

    if (offset >= r->moved) {
        return;
    }
    for (uint32_t i = 0; i < r->cmd->seg_count; i++) {
        const IspSeg *seg = &r->cmd->seg[i];

        if (offset < seg->len) {
            dma_memory_read(&r->s->window_as, seg->addr + offset, &byte, 1, MEMTXATTRS_UNSPECIFIED);
            byte |= bits;
            dma_memory_write(&r->s->window_as, seg->addr + offset, &byte, 1, MEMTXATTRS_UNSPECIFIED);
            return;
        }
        offset -= seg->len;
    }
}

/* QEMU's disks promise no wide transfers, and only 36 bytes to those who ask for 36. */
static void isp_promise_wide(IspRequest *r)
{
    const uint8_t *cdb = r->sreq->cmd.buf;
    const IspCmd *c = r->cmd;

    if (!c || cdb[0] != INQUIRY || cdb[1] & 1 || r->sreq->status != GOOD ||
        !(r->s->m.limits.says_wide & 1u << (ISP_TARGETS * c->bus + c->target))) {
        return;
    }
    isp_set_bits(r, 4, 0x40);       /* the length: there is more */
    isp_set_bits(r, 7, 0x20);
    isp_set_bits(r, 56, 0x0c);      /* ST and DT clocking */
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
    isp_promise_wide(r);
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
 * Used only where the target may have more data than there is room for, and where a list would be too
 * long. The chip drops data that does not fit, and the command ends as an overrun. All other data
 * moves by scatter/gather list.
 */
static void isp_transfer_data(SCSIRequest *req, uint32_t len)
{
    bool write = req->cmd.mode == SCSI_XFER_TO_DEV;
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

        dma_memory_rw(&r->s->window_as, seg->addr + r->seg_offset, buf, n,
                      write ? DMA_DIRECTION_TO_DEVICE : DMA_DIRECTION_FROM_DEVICE,
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

/*
 * May the transfer go by list? Not if the target may have more data than there is room for, nor if the
 * host's system calls would refuse the list as too long. The chip has no such limit.
 */
static bool isp_may_map(const IspRequest *r)
{
    uint64_t left = isp_request_limit(r, r->sreq->cmd.xfer);
    uint32_t n = 0;

    if (r->sreq->cmd.xfer > r->cmd->length) {
        return false;
    }
    while (left && n < r->cmd->seg_count) {
        left -= MIN(left, r->cmd->seg[n++].len);
    }
    return n <= IOV_MAX;
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

void isp_op_submit(void *opaque, IspCmd *cmd)
{
    IspState *s = opaque;
    SCSIDevice *d = scsi_device_get(&s->bus, cmd->bus, cmd->target, cmd->lun);
    IspResult no_target = { .outcome = ISP_DONE_NO_TARGET };
    SCSIRequest *req;
    IspRequest *r;

    if (!d) {
        isp_scsi_done(&s->m, cmd, &no_target);
        return;
    }
    req = scsi_req_new(d, cmd - s->m.slots, cmd->lun, cmd->cdb, cmd->cdb_len, NULL);
    object_unref(OBJECT(d));
    r = isp_request_new(s, cmd, req);
    r->refused = isp_check_data(s, cmd, &req->cmd);
    if (!r->refused && req->cmd.mode != SCSI_XFER_NONE && req->cmd.xfer && isp_may_map(r)) {
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

bool isp_op_present(void *opaque, int bus, int target)
{
    IspState *s = opaque;
    SCSIDevice *d = scsi_device_get(&s->bus, bus, target, 0);   /* or another LUN of the target */

    object_unref(OBJECT(d));
    return d;
}

void isp_op_cancel(void *opaque, IspCmd *cmd)
{
    IspRequest *r = cmd->backend;

    if (r && !r->sreq->io_canceled) {
        scsi_req_cancel_async(r->sreq, NULL);
    }
}

void isp_op_cancel_all(void *opaque)
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

void isp_op_reset(void *opaque, int bus, int target, int lun)
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
    if (!isp_may_map(r)) {
        r->refused = ISP_DONE_FAILED;   /* its progress was not migrated */
    } else if (req->cmd.mode != SCSI_XFER_NONE && req->cmd.xfer) {
        isp_request_map(r);
    }
    return r;
}

static const SCSIBusInfo isp_scsi_info = {
    .tcq = true,
    .max_target = ISP_TARGETS - 1,
    .max_lun = ISP_LUNS - 1,        /* of a target; the chip may reach fewer */

    .get_sg_list = isp_get_sg_list,
    .transfer_data = isp_transfer_data,
    .complete = isp_command_complete,
    .fail = isp_command_failed,
    .cancel = isp_request_cancelled,
    .save_request = isp_save_request,
    .load_request = isp_load_request,
};

void isp_scsi_init(IspState *s)
{
    s->bus_info = isp_scsi_info;
    s->bus_info.max_channel = s->m.chip->buses - 1;
    scsi_bus_init(&s->bus, sizeof(s->bus), DEVICE(s), &s->bus_info);
}
