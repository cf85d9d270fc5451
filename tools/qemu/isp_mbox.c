/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: mailbox commands and their results.
 */
#include <stdio.h>
#include <string.h>

#include "isp_priv.h"

#define PENDING 0               /* the result comes later */

typedef uint16_t IspMboxFn(IspModel *m, const uint16_t *in, uint16_t *out);

typedef struct IspMboxCmd {
    IspMboxFn *fn;
    uint8_t out;                /* mailboxes the result goes to, besides mb0 */
    bool rom;                   /* the boot ROM knows it too */
} IspMboxCmd;

/* Parameters that are only stored: the bus that they tune is not modelled. */
typedef struct IspParam {
    uint8_t get, set;
    uint8_t mask;
    uint16_t initial;
} IspParam;

static const IspParam isp_params[ISP_PARAMS] = {
    { 0x21, 0x31, 0x06, 250 },      /* selection timeout, ms */
    { 0x22, 0x32, 0xc6, 0 },        /* retry count and delay */
    { 0x23, 0x33, 0x06, 8 },        /* tag age limit */
    { 0x24, 0x34, 0x02, 40 },       /* clock rate */
    { 0x25, 0x35, 0x06, 0x30 },     /* active negation */
    { 0x26, 0x36, 0x06, 9 },        /* asynchronous data setup */
    { 0x27, 0x37, 0x06, 0 },        /* PCI control */
    { 0x2a, 0x3a, 0x06, 0 },        /* reset delay */
    { 0x46, 0x45, 0x02, 0 },        /* system parameter */
    { 0x48, 0x49, 0xce, 0 },        /* SCAM */
    { 0x5b, 0x5a, 0x02, 0 },        /* data overrun recovery */
    { 0x5d, 0x5c, 0x0e, 0 },        /* host data */
};

static uint64_t isp_addr32(const uint16_t *in)
{
    return (uint32_t)in[2] << 16 | in[3];
}

static uint64_t isp_addr64(const uint16_t *in)
{
    return (uint64_t)in[6] << 48 | (uint64_t)in[7] << 32 | isp_addr32(in);
}

/* The logical unit that a device word names; NULL if there is none. */
static IspLun *isp_device(IspModel *m, uint16_t word)
{
    unsigned bus = word >> 15, target = word >> 8 & 0x7f, lun = word & 0xff;

    if (bus >= m->chip->buses || target >= ISP_TARGETS || lun >= m->chip->luns) {
        return NULL;
    }
    return &m->target[bus][target].lun[lun];
}

static IspTarget *isp_target(IspModel *m, uint16_t word)
{
    return isp_device(m, word & 0xff00) ? &m->target[word >> 15][word >> 8 & 0xf] : NULL;
}

/* Loading and diagnostics */

static uint16_t isp_mb_nop(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)m;
    (void)in;
    (void)out;
    return ISP_MBS_COMPLETE;
}

/* Copy words between RISC memory and the host, in chunks. */
static uint16_t isp_copy_ram(IspModel *m, uint32_t start, uint64_t addr, uint32_t words, bool load)
{
    uint8_t chunk[1024];

    if (start + words > ISP_RAM_WORDS) {
        return ISP_MBS_PARAM;
    }
    while (words) {
        uint32_t n = words < sizeof(chunk) / 2 ? words : sizeof(chunk) / 2;

        if (load) {
            if (!isp_dma_read(m, addr, chunk, 2 * n)) {
                return ISP_MBS_HOST_ERROR;
            }
            for (uint32_t i = 0; i < n; i++) {
                m->ram[start + i] = chunk[2 * i] | chunk[2 * i + 1] << 8;
            }
        } else {
            for (uint32_t i = 0; i < n; i++) {
                chunk[2 * i] = m->ram[start + i] & 0xff;
                chunk[2 * i + 1] = m->ram[start + i] >> 8;
            }
            if (!isp_dma_write(m, addr, chunk, 2 * n)) {
                return ISP_MBS_HOST_ERROR;
            }
        }
        start += n;
        addr += 2 * n;
        words -= n;
    }
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_load_ram(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)out;
    return isp_copy_ram(m, in[1], isp_addr32(in), in[4], true);
}

static uint16_t isp_mb_load_ram_a64(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)out;
    return isp_copy_ram(m, in[1], isp_addr64(in), in[4], true);
}

static uint16_t isp_mb_dump_ram(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)out;
    return isp_copy_ram(m, in[1], isp_addr32(in), in[4], false);
}

static uint16_t isp_mb_dump_ram_a64(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)out;
    return isp_copy_ram(m, in[1], isp_addr64(in), in[4], false);
}

static uint16_t isp_mb_write_word(IspModel *m, const uint16_t *in, uint16_t *out)
{
    m->ram[in[1]] = in[2];
    out[1] = in[1];
    out[2] = in[2];
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_write_four(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)out;
    for (int i = 0; i < 4; i++) {
        m->ram[(in[1] + i) % ISP_RAM_WORDS] = in[2 + i];
    }
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_read_word(IspModel *m, const uint16_t *in, uint16_t *out)
{
    out[1] = in[1];
    out[2] = m->ram[in[1]];
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_register_test(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)m;
    memcpy(out, in, ISP_MBOXES * sizeof(*in));
    return ISP_MBS_COMPLETE;
}

/* Check the sum of an image, whose fourth word is its length. An empty image fails. */
static uint16_t isp_image_sum(const IspModel *m, uint32_t start, uint16_t *sum)
{
    uint32_t words;

    if (start + 3 >= ISP_RAM_WORDS) {
        return ISP_MBS_PARAM;
    }
    words = m->ram[start + 3];
    if (start + words > ISP_RAM_WORDS) {
        return ISP_MBS_PARAM;
    }
    *sum = 0;
    for (uint32_t i = 0; i < words; i++) {
        *sum += m->ram[start + i];
    }
    return words > 3 && *sum == 0 ? ISP_MBS_COMPLETE : ISP_MBS_TEST_FAILED;
}

static uint16_t isp_mb_verify(IspModel *m, const uint16_t *in, uint16_t *out)
{
    return isp_image_sum(m, in[1], &out[1]);
}

static uint16_t isp_mb_check(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)in;
    return isp_image_sum(m, m->fw_start, &out[2]);
}

static uint16_t isp_mb_execute(IspModel *m, const uint16_t *in, uint16_t *out)
{
    uint16_t sum;

    (void)out;
    if (isp_image_sum(m, in[1], &sum) != ISP_MBS_COMPLETE) {
        isp_guest_error(m, "firmware started that is not whole", in[1]);
        return ISP_MBS_ERROR;
    }
    m->fw_start = in[1];
    m->running = true;
    isp_queue_reset(m);
    isp_firmware_defaults(m);
    m->mbox_out[1] = 0x4953;
    m->mbox_out[2] = 0x5020;
    m->mbox_out[3] = 0x2020;
    m->mbox_out[4] = 8;
    m->mbox_out[5] = 0x04fe;
    if (m->faults.armed) {
        isp_schedule(m);        /* an event may wait for this */
    }
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_stop_firmware(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)in;
    (void)out;
    m->running = false;
    isp_queue_reset(m);
    return ISP_MBS_COMPLETE;
}

/* The image carries its version in a banner, two characters per word. */
static uint16_t isp_mb_about(IspModel *m, const uint16_t *in, uint16_t *out)
{
    static const char mark[] = "Firmware  Version ";
    char text[256];
    const char *s = NULL;

    (void)in;
    for (unsigned i = 0; i < sizeof(text) / 2; i++) {
        uint16_t w = m->ram[(m->fw_start + 5 + i) % ISP_RAM_WORDS];

        text[2 * i] = w >> 8;
        text[2 * i + 1] = w & 0xff;
    }
    for (unsigned i = 0; i + sizeof(mark) + 8 < sizeof(text); i++) {
        if (!memcmp(text + i, mark, sizeof(mark) - 1)) {
            s = text + i + sizeof(mark) - 1;
            break;
        }
    }
    for (int i = 1; s && i <= 3; i++, s += 3) {
        if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9') {
            break;
        }
        out[i] = (s[0] - '0') * 10 + s[1] - '0';
        if (s[2] != '.') {
            break;
        }
    }
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_bios_block(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)m;
    (void)in;
    out[1] = 0x0700;
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_bios_iocb(IspModel *m, const uint16_t *in, uint16_t *out)
{
    uint16_t status;

    (void)in;
    (void)out;
    return isp_execute_bios(m, 0x0700, &status) ? PENDING : status;
}

/* Rings and queues */

static uint16_t isp_ring_init(IspModel *m, IspRing *r, uint32_t len, uint64_t base, uint32_t at,
                              uint32_t wrap)
{
    if (m->strict.max_ring && len > m->strict.max_ring) {
        return ISP_MBS_PARAM;   /* what a driver may try */
    }
    if (len < 2 || at >= len || base % ISP_ENTRY_SIZE || base + len * ISP_ENTRY_SIZE < base) {
        isp_guest_error(m, "ring with impossible geometry, entries", len);
        return ISP_MBS_PARAM;
    }
    if (wrap > at && wrap < len) {
        len = wrap;
    }
    *r = (IspRing){ .base = base, .len = len, .in = at, .out = at };
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_init_request(IspModel *m, const uint16_t *in, uint64_t base, uint16_t *out)
{
    uint16_t status = isp_ring_init(m, &m->req, in[1], base, in[4],
                                    m->strict.wrap_request);

    memcpy(out, in, ISP_MBOXES * sizeof(*in));
    if (status == ISP_MBS_COMPLETE) {
        m->mbox_out[4] = in[4];
        m->doorbell = false;
    }
    return status;
}

static uint16_t isp_init_response(IspModel *m, const uint16_t *in, uint64_t base, uint16_t *out)
{
    uint16_t status = isp_ring_init(m, &m->rsp, in[1], base, in[5],
                                    m->strict.wrap_response);

    memcpy(out, in, ISP_MBOXES * sizeof(*in));
    if (status == ISP_MBS_COMPLETE) {
        m->mbox_out[5] = in[5];
        m->read_mb5 = in[5];
        m->moved_since_read = false;
        isp_schedule(m);
    }
    return status;
}

static uint16_t isp_mb_init_request(IspModel *m, const uint16_t *in, uint16_t *out)
{
    return isp_init_request(m, in, isp_addr32(in), out);
}

static uint16_t isp_mb_init_request_a64(IspModel *m, const uint16_t *in, uint16_t *out)
{
    return isp_init_request(m, in, isp_addr64(in), out);
}

static uint16_t isp_mb_init_response(IspModel *m, const uint16_t *in, uint16_t *out)
{
    return isp_init_response(m, in, isp_addr32(in), out);
}

static uint16_t isp_mb_init_response_a64(IspModel *m, const uint16_t *in, uint16_t *out)
{
    return isp_init_response(m, in, isp_addr64(in), out);
}

static uint16_t isp_mb_iocb(IspModel *m, const uint16_t *in, uint16_t *out)
{
    uint16_t status;

    (void)out;
    return isp_execute_iocb(m, isp_addr32(in), &status) ? PENDING : status;
}

static uint16_t isp_mb_iocb_a64(IspModel *m, const uint16_t *in, uint16_t *out)
{
    uint16_t status;

    (void)out;
    if (in[1] != ISP_ENTRY_SIZE) {
        return ISP_MBS_ERROR;
    }
    return isp_execute_iocb(m, isp_addr64(in), &status) ? PENDING : status;
}

static uint16_t isp_mb_abort_command(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)out;
    if (!isp_device(m, in[1])) {
        return ISP_MBS_PARAM;
    }
    /* Drivers do not agree on which half goes first. */
    if (m->strict.abort_order != 3 &&
        isp_abort_handle(m, in[1], (uint32_t)in[2] << 16 | in[3])) {
        return ISP_MBS_COMPLETE;
    }
    if (m->strict.abort_order != 2 &&
        isp_abort_handle(m, in[1], (uint32_t)in[3] << 16 | in[2])) {
        return ISP_MBS_COMPLETE;
    }
    return ISP_MBS_ERROR;
}

static uint16_t isp_mb_abort_device(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)out;
    if (!isp_device(m, in[1])) {
        return ISP_MBS_PARAM;
    }
    isp_abort_all(m, in[1] >> 15, in[1] >> 8 & 0xf, in[1] & 0xff);
    isp_need_marker(m, in[1] >> 15, in[1] >> 8 & 0xf, in[1] & 0xff, true);
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_abort_target(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)out;
    if (!isp_target(m, in[1])) {
        return ISP_MBS_PARAM;
    }
    isp_reset_targets(m, in[1] >> 15, in[1] >> 8 & 0xf, ISP_CS_ABORTED,
                      ISP_STF_ABORTED | ISP_STF_DEV_RESET);
    if (m->abort_event) {
        isp_post_event(m, ISP_EVENT_DEVICE_RESET, 0, 0, in[1] >> 15);
    }
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_bus_reset(IspModel *m, const uint16_t *in, uint16_t *out)
{
    /* Firmware of chips with one bus does not look at mb2: drivers may leave anything there. */
    unsigned bus = m->chip->buses > 1 ? in[2] : 0;

    (void)out;
    if (bus >= m->chip->buses) {
        return ISP_MBS_PARAM;
    }
    isp_reset_targets(m, bus, -1, ISP_CS_RESET, ISP_STF_BUS_RESET);
    if (m->reset_event) {
        isp_post_event(m, ISP_EVENT_BUS_RESET, 0, 0, bus);
    }
    return ISP_MBS_COMPLETE;
}

/* The flag word of the queue commands; what it means on silicon is not known. */
static uint16_t isp_queue_flags(const IspLun *lun)
{
    return (lun->stopped ? 1 : 0) | (lun->need_marker ? 2 : 0);
}

static uint16_t isp_mb_queue(IspModel *m, const uint16_t *in, uint16_t *out)
{
    IspLun *lun = isp_device(m, in[1]);

    if (!lun) {
        return ISP_MBS_PARAM;
    }
    switch (in[0]) {
    case 0x19:
        lun->stopped = true;
        break;
    case 0x1a:
        lun->stopped = false;
        isp_lun_kick(m, lun);
        break;
    case 0x1b:
        isp_lun_start(m, lun, 1);
        break;
    case 0x1c:
        isp_abort_all(m, in[1] >> 15, in[1] >> 8 & 0xf, in[1] & 0xff);
        break;
    }
    out[1] = in[1];
    out[2] = isp_queue_flags(lun);
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_queue_status(IspModel *m, const uint16_t *in, uint16_t *out)
{
    IspLun *lun = isp_device(m, in[1]);

    if (!lun) {
        return ISP_MBS_PARAM;
    }
    out[1] = isp_queue_flags(lun);
    out[2] = lun->waiting;
    out[3] = lun->active;
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_firmware_status(IspModel *m, const uint16_t *in, uint16_t *out)
{
    (void)in;
    if (m->strict.no_firmware_status) {
        return ISP_MBS_INVALID;
    }
    out[2] = ISP_MAX_COMMANDS;
    return ISP_MBS_COMPLETE;
}

/* Parameters */

static uint16_t isp_mb_param(IspModel *m, const uint16_t *in, uint16_t *out)
{
    for (int p = 0; p < ISP_PARAMS; p++) {
        const IspParam *d = &isp_params[p];
        bool set = d->set == in[0];

        if (!set && d->get != in[0]) {
            continue;
        }
        for (int i = 1; i < ISP_MBOXES; i++) {
            if (set && d->mask >> i & 1) {
                m->params[p][i] = in[i];
            }
            out[i] = m->params[p][i];
        }
        return ISP_MBS_COMPLETE;
    }
    return ISP_MBS_INVALID;
}

static uint16_t isp_mb_initiator_id(IspModel *m, const uint16_t *in, uint16_t *out)
{
    unsigned bus = in[1] >> 7 & 1;

    if (bus >= m->chip->buses) {
        return ISP_MBS_PARAM;
    }
    if (in[0] == 0x30) {
        m->initiator_id[bus] = in[1] & 0xf;
    }
    out[1] = bus << 7 | m->initiator_id[bus];
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_target_params(IspModel *m, const uint16_t *in, uint16_t *out)
{
    IspTarget *t = isp_target(m, in[1]);
    unsigned bus = in[1] >> 15, target = in[1] >> 8 & 0xf;
    IspTransfer now;

    if (!t) {
        return ISP_MBS_PARAM;
    }
    if (in[0] == 0x38) {
        t->flags = in[2];
        t->sync = in[3];
        t->ppr = in[6];
        isp_unsettle(m, bus, target);
    }
    now = isp_transfer(m, bus, target);
    out[1] = in[1];
    out[2] = now.flags;
    out[3] = now.sync;
    out[6] = now.ppr;
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_device_queue(IspModel *m, const uint16_t *in, uint16_t *out)
{
    IspLun *lun = isp_device(m, in[1]);

    if (!lun) {
        return ISP_MBS_PARAM;
    }
    if (in[0] == 0x39) {
        if (!in[2] || !in[3]) {
            isp_guest_error(m, "device queue without depth or throttle", in[1]);
            return ISP_MBS_PARAM;
        }
        if (m->strict.queue_luns && (in[1] & 0xff) >= m->strict.queue_luns) {
            return ISP_MBS_PARAM;   /* what a driver may try */
        }
        lun->depth = in[2];
        lun->throttle = in[3];
        isp_lun_kick(m, lun);
    }
    out[1] = in[1];
    out[2] = lun->depth;
    out[3] = lun->throttle;
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_features(IspModel *m, const uint16_t *in, uint16_t *out)
{
    if (in[0] == 0x4a) {
        m->features = in[1];
    } else {
        out[1] = m->features;
    }
    return ISP_MBS_COMPLETE;
}

static uint16_t isp_mb_transfer_mode(IspModel *m, const uint16_t *in, uint16_t *out)
{
    if (!isp_device(m, in[1])) {
        return ISP_MBS_PARAM;
    }
    out[3] = 0x000c;
    out[6] = 0xfd10;
    return ISP_MBS_COMPLETE;
}

static const IspMboxCmd isp_mbox_cmds[] = {
    [0x00] = { isp_mb_nop, 0x00, true },
    [0x01] = { isp_mb_load_ram, 0x00, true },
    [0x02] = { isp_mb_execute, 0x00, true },
    [0x03] = { isp_mb_dump_ram, 0x00, true },
    [0x04] = { isp_mb_write_word, 0x06, true },
    [0x05] = { isp_mb_read_word, 0x06, true },
    [0x06] = { isp_mb_register_test, 0xfe, true },
    [0x07] = { isp_mb_verify, 0x02, true },
    [0x08] = { isp_mb_about, 0x0e, true },
    [0x09] = { isp_mb_load_ram_a64, 0x00, true },
    [0x0a] = { isp_mb_dump_ram_a64, 0x00, true },
    [0x0e] = { isp_mb_check, 0x04, true },
    [0x10] = { isp_mb_init_request, 0x0e, false },
    [0x11] = { isp_mb_init_response, 0x0e, false },
    [0x12] = { isp_mb_iocb, 0x00, false },
    [0x13] = { isp_mb_nop, 0x00, false },           /* wake up threshold */
    [0x14] = { isp_mb_stop_firmware, 0x00, false },
    [0x15] = { isp_mb_abort_command, 0x00, false },
    [0x16] = { isp_mb_abort_device, 0x00, false },
    [0x17] = { isp_mb_abort_target, 0x00, false },
    [0x18] = { isp_mb_bus_reset, 0x00, false },
    [0x19] = { isp_mb_queue, 0x06, false },
    [0x1a] = { isp_mb_queue, 0x06, false },
    [0x1b] = { isp_mb_queue, 0x06, false },
    [0x1c] = { isp_mb_queue, 0x06, false },
    [0x1d] = { isp_mb_queue_status, 0x4e, false },
    [0x1f] = { isp_mb_firmware_status, 0x06, false },
    [0x20] = { isp_mb_initiator_id, 0x02, false },
    [0x21] = { isp_mb_param, 0x06, false },
    [0x22] = { isp_mb_param, 0xc6, false },
    [0x23] = { isp_mb_param, 0x06, false },
    [0x24] = { isp_mb_param, 0x02, false },
    [0x25] = { isp_mb_param, 0x06, false },
    [0x26] = { isp_mb_param, 0x06, false },
    [0x27] = { isp_mb_param, 0x06, false },
    [0x28] = { isp_mb_target_params, 0x4e, false },
    [0x29] = { isp_mb_device_queue, 0x0e, false },
    [0x2a] = { isp_mb_param, 0x06, false },
    [0x30] = { isp_mb_initiator_id, 0x02, false },
    [0x31] = { isp_mb_param, 0x06, false },
    [0x32] = { isp_mb_param, 0xc6, false },
    [0x33] = { isp_mb_param, 0x06, false },
    [0x34] = { isp_mb_param, 0x02, false },
    [0x35] = { isp_mb_param, 0x06, false },
    [0x36] = { isp_mb_param, 0x06, false },
    [0x37] = { isp_mb_param, 0x06, false },
    [0x38] = { isp_mb_target_params, 0x4e, false },
    [0x39] = { isp_mb_device_queue, 0x0e, false },
    [0x3a] = { isp_mb_param, 0x06, false },
    [0x40] = { isp_mb_bios_block, 0x02, true },
    [0x41] = { isp_mb_write_four, 0x00, true },
    [0x42] = { isp_mb_bios_iocb, 0x06, true },
    [0x45] = { isp_mb_param, 0x02, false },
    [0x46] = { isp_mb_param, 0x02, false },
    [0x48] = { isp_mb_param, 0xce, false },
    [0x49] = { isp_mb_param, 0xce, false },
    [0x4a] = { isp_mb_features, 0x02, false },
    [0x4b] = { isp_mb_features, 0x02, false },
    [0x50] = { isp_mb_load_ram_a64, 0x00, true },
    [0x51] = { isp_mb_dump_ram_a64, 0x00, true },
    [0x52] = { isp_mb_init_request_a64, 0xce, false },
    [0x53] = { isp_mb_init_response_a64, 0xce, false },
    [0x54] = { isp_mb_iocb_a64, 0x00, false },
    [0x59] = { isp_mb_transfer_mode, 0x4c, false },
    [0x5a] = { isp_mb_param, 0x02, false },
    [0x5b] = { isp_mb_param, 0x02, false },
    [0x5c] = { isp_mb_param, 0x0e, false },
    [0x5d] = { isp_mb_param, 0x0e, false },
};

/* Taking commands, returning results */

/* The ISP_HAS_ bit that a chip which knows this command must have, or 0 */
static uint8_t isp_mbox_needs(uint16_t op)
{
    switch (op) {
    case 0x01:
    case 0x03:
    case 0x09:
    case 0x0a:
    case 0x50:
    case 0x51:
        return ISP_HAS_DMA_LOAD;
    case 0x40:
    case 0x41:
    case 0x42:
        return ISP_HAS_BIOS_MBOX;
    default:
        return 0;
    }
}

static const IspMboxCmd *isp_mbox_find(const IspModel *m, uint16_t op)
{
    const IspMboxCmd *c;

    if (op >= sizeof(isp_mbox_cmds) / sizeof(isp_mbox_cmds[0])) {
        return NULL;
    }
    c = &isp_mbox_cmds[op];
    return c->fn && (c->rom || m->running) && !(isp_mbox_needs(op) & ~m->chip->mailboxes) ?
           c : NULL;
}

static void isp_mbox_finish(IspModel *m, uint16_t status, uint8_t mask, const uint16_t *out)
{
    isp_set_result(m, status, mask, out);
    if (!isp_mbox_post(m) || m->host_int) {
        isp_schedule(m);
    }
}

void isp_mbox_take(IspModel *m)
{
    IspVerdict verdict;

    if (m->mbox_busy || m->dead || m->gone) {
        return;                 /* HOST_INT stays set until the chip can take it */
    }
    m->host_int = false;
    m->mbox_busy = true;
    m->stats.mailbox_commands++;
    if (m->result_latched) {
        /* A new command voids an old result. */
        m->result_latched = false;
        m->lock = false;
        m->risc_int = m->kept_int = isp_keeps_interrupt(m);
        isp_update_irq(m);
    }
    m->result_ready = false;
    /* Requests that the host queued before the command go first. */
    if (m->doorbell && isp_engine_on(m) && !m->in_run) {
        isp_fetch(m);
    }
    verdict = isp_fault_mailbox(&m->faults, m->mbox_in[0]);
    if (verdict.fate == ISP_PASS && m->strict.timing) {
        verdict = (IspVerdict){ .fate = ISP_HOLD, .ms = 1 };
    }
    switch (verdict.fate) {
    case ISP_PASS:
        isp_mbox_carry_out(m);
        break;
    case ISP_FAIL:
        isp_mbox_finish(m, verdict.status, 0, m->mbox_in);
        break;
    case ISP_HOLD:
        m->mbox_late = true;
        m->mbox_due = m->ops->now_ms(m->opaque) + verdict.ms;
        isp_set_alarm(m);
        break;
    default:
        break;                  /* never answered */
    }
}

void isp_mbox_carry_out(IspModel *m)
{
    uint16_t in[ISP_MBOXES], out[ISP_MBOXES] = { 0 };
    const IspMboxCmd *c;
    uint16_t status = ISP_MBS_INVALID;

    memcpy(in, m->mbox_in, sizeof(in));
    c = isp_mbox_find(m, in[0]);
    if (c) {
        bool outer = isp_enter(m);

        status = c->fn(m, in, out);
        isp_leave(m, outer);
    } else {
        isp_guest_error(m, "unknown mailbox command", in[0]);
    }
    if (status != PENDING) {
        isp_mbox_finish(m, status, c ? c->out : 0, out);
    }
}

/*
 * The out-mailboxes must belong to the firmware, and the interrupt bit must be clear: some drivers
 * release the mailboxes before they clear the interrupt. They would clear the interrupt of a result
 * that is posted in between.
 */
static bool isp_mbox_can_post(const IspModel *m)
{
    return !m->lock && (m->strict.plain_mailbox || !m->risc_int) && m->dead != ISP_HUNG && !m->gone;
}

bool isp_mbox_post(IspModel *m)
{
    IspRaise why = ISP_RAISE_EVENT;
    uint8_t shown = 0xcf;

    if (!isp_mbox_can_post(m)) {
        return false;
    }
    if (m->result_ready) {
        for (int i = 0; i < ISP_MBOXES; i++) {
            if (m->result_mask >> i & 1) {
                m->mbox_out[i] = m->result[i];
            }
        }
        memcpy(m->latched, m->result + 4, sizeof(m->latched));
        m->result_ready = false;
        m->result_latched = true;
        why = ISP_RAISE_MAILBOX;
        shown &= m->result_mask;
    } else if (m->event_count) {
        const uint16_t *e = m->events[m->event_head];

        for (int i = 0; i < ISP_MBOXES; i++) {
            if (i != 4 && i != 5) {
                m->mbox_out[i] = e[i];
            }
        }
        memcpy(m->latched, e + 4, sizeof(m->latched));
        if (m->ops->trace_event) {
            m->ops->trace_event(m->opaque, e);
        }
        m->event_head = (m->event_head + 1) % ISP_EVENTS;
        m->event_count--;
        m->result_latched = false;
    } else if (isp_take_fast(m, m->mbox_out)) {
        m->result_latched = false;
    } else {
        return false;
    }
    isp_fault_mailbox_out(&m->faults, m->mbox_out, shown);
    m->lock = true;
    isp_raise(m, why);
    return true;
}

/* State after a reset */

void isp_mbox_reset(IspModel *m)
{
    static const uint16_t product[ISP_MBOXES] = { 0, 0x4953, 0x5020, 0x2020, 1, 7, 0, 1 };

    memset(m->mbox_in, 0, sizeof(m->mbox_in));
    memcpy(m->mbox_out, product, sizeof(m->mbox_out));
    m->result_latched = false;
    m->fw_start = ISP_FW_BASE;
}

void isp_firmware_defaults(IspModel *m)
{
    memset(m->params, 0, sizeof(m->params));
    for (int p = 0; p < ISP_PARAMS; p++) {
        for (int i = 1; i < ISP_MBOXES; i++) {
            m->params[p][i] = isp_params[p].mask >> i & 1 ? isp_params[p].initial : 0;
        }
    }
    m->features = 0;
    m->settled = 0;
    for (int bus = 0; bus < ISP_BUSES; bus++) {
        m->initiator_id[bus] = 7;
        for (int t = 0; t < ISP_TARGETS; t++) {
            IspTarget *target = &m->target[bus][t];

            target->flags = 0xc500;     /* disconnect, parity, auto sense, renegotiate: no tags */
            target->sync = 0;
            target->ppr = 0;
            for (int l = 0; l < ISP_LUNS; l++) {
                target->lun[l].depth = 256;
                target->lun[l].throttle = 16;
                target->lun[l].stopped = false;
                target->lun[l].need_marker = false;
            }
        }
    }
}

/* A machine's BIOS leaves a firmware image behind: a header, a banner, a correct sum. */
void isp_make_resident(IspModel *m)
{
    uint16_t *w = m->ram + ISP_FW_BASE;
    char banner[80];
    uint32_t n = 5;
    uint16_t sum = 0;
    int len;

    memset(m->ram, 0, sizeof(m->ram));
    if (!m->resident_firmware) {
        return;
    }
    len = snprintf(banner, sizeof(banner), "  RESIDENT IMAGE OF THE ISP MODEL     "
                   "Firmware  Version %s  ", m->chip->fw_version);
    for (int i = 0; i < len; i += 2) {
        w[n++] = (uint8_t)banner[i] << 8 | (uint8_t)banner[i + 1];
    }
    w[0] = m->chip->fw_first;
    w[1] = 0x1041;
    w[3] = n + 1;
    for (uint32_t i = 0; i < n; i++) {
        sum += w[i];
    }
    w[n] = -sum;
}
