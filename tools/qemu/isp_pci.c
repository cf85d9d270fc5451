/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP PCI SCSI controller: what connects the chip (isp_model.h) to QEMU.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "trace.h"
#include "qom/object.h"
#include "isp_qdev.h"

#define PCI_VENDOR_ID_QLOGIC_ISP 0x1077
#define ISP_MEM_BAR_SIZE 4096
#define ISP_SINK_SIZE 4096
#define ISP_PM_CAP 0x44

#define TYPE_ISP_WINDOW "isp-window"

/*
 * Chip to memory. No DMA reaches a register, the chip's own or another device's: a device does not
 * expect a write to its registers in the middle of a transfer, and might reset what runs that
 * transfer.
 */

bool isp_is_ram(IspState *s, uint64_t addr, uint64_t len, bool write)
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

void isp_op_start_tick(void *opaque)
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

static uint64_t isp_op_now_us(void *opaque)
{
    return qemu_clock_get_us(QEMU_CLOCK_VIRTUAL);
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

    qemu_log_mask(LOG_GUEST_ERROR, "%s %s: %s (0x%x)\n", s->m.chip->type,
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
    .scsi_present = isp_op_present,
    .schedule = isp_op_schedule,
    .start_tick = isp_op_start_tick,
    .now_ms = isp_op_now_ms,
    .now_us = isp_op_now_us,
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
    IspState *s = ISP(obj);
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
        memset(&ISP(obj)->m.stats, 0, sizeof(IspStats));
    }
}

/* Faults on demand */

static char *isp_get_fault(Object *obj, Error **errp)
{
    char *text = g_malloc(ISP_FAULT_LIST);

    isp_fault_list(&ISP(obj)->m.faults, text);
    return text;
}

static char *isp_get_transfers(Object *obj, Error **errp)
{
    char *text = g_malloc(ISP_TRANSFER_LIST);

    isp_list_transfers(&ISP(obj)->m, text);
    return text;
}

static void isp_set_fault(Object *obj, const char *text, Error **errp)
{
    char error[2 * ISP_FAULT_TEXT];

    if (!isp_fault_arm(&ISP(obj)->m, text, error, sizeof(error))) {
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

/*
 * A read that no device claims ends in a master abort, and a PC's host bridge turns that into ones.
 * QEMU's host bridge returns 0. So while the device does not decode memory, it returns the ones
 * itself, at the address of its memory BAR.
 */
void isp_update_abort(IspState *s)
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

static uint32_t isp_config_read(PCIDevice *pci, uint32_t addr, int len)
{
    return ISP(pci)->m.gone_config ? UINT32_MAX : pci_default_read_config(pci, addr, len);
}

static void isp_config_write(PCIDevice *pci, uint32_t addr, uint32_t value, int len)
{
    IspState *s = ISP(pci);

    if (!s->m.gone_config) {
        pci_default_write_config(pci, addr, value, len);
        isp_update_abort(s);
    }
}

/* Life cycle */

static void isp_reset(DeviceState *dev)
{
    IspState *s = ISP(dev);

    if (s->m.chip->pci_power) {
        pci_set_word(s->parent_obj.config + ISP_PM_CAP + PCI_PM_CTRL, 0);
    }
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

/* Power states are stored and change nothing. */
static bool isp_init_power(PCIDevice *pci, Error **errp)
{
    if (pci_add_capability(pci, PCI_CAP_ID_PM, ISP_PM_CAP, PCI_PM_SIZEOF, errp) < 0) {
        return false;
    }
    pci_set_word(pci->config + ISP_PM_CAP + PCI_PM_PMC, 1);     /* version 1; no D1, D2, PME */
    pci_set_word(pci->wmask + ISP_PM_CAP + PCI_PM_CTRL, 0x1e03);
    return true;
}

static uint16_t isp_pci_status(const IspChip *chip)
{
    return PCI_STATUS_DEVSEL_MEDIUM | (chip->pci_power ? PCI_STATUS_FAST_BACK : 0) |
           (chip->pci_66mhz ? PCI_STATUS_66MHZ : 0);
}

static bool isp_init_config(IspState *s, Error **errp)
{
    const IspChip *chip = s->m.chip;
    PCIDevice *pci = &s->parent_obj;
    uint8_t *conf = pci->config, *mask = pci->wmask;

    conf[PCI_REVISION_ID] = chip->pci_revision;
    conf[PCI_INTERRUPT_PIN] = 1;
    conf[PCI_MIN_GNT] = 0x40;
    conf[PCI_CACHE_LINE_SIZE] = 0x40;
    conf[PCI_LATENCY_TIMER] = 0xf8;
    conf[0x40] = chip->pci_conf40;
    pci_set_word(conf + PCI_STATUS, isp_pci_status(chip));
    pci_set_word(conf + PCI_SUBSYSTEM_ID, lduw_le_p(s->m.nvram + chip->nvram_subdevice));
    pci_set_word(conf + PCI_SUBSYSTEM_VENDOR_ID, lduw_le_p(s->m.nvram + chip->nvram_subvendor));
    pci_set_word(mask + PCI_COMMAND,
                 PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
                 PCI_COMMAND_INVALIDATE | PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
                 (s->disintx ? PCI_COMMAND_INTX_DISABLE : 0));
    mask[PCI_LATENCY_TIMER] = 0xf8;
    mask[0x40] = 0xff;
    mask[0x41] = 0x03;
    return !chip->pci_power || isp_init_power(pci, errp);
}

static void isp_realize(PCIDevice *pci, Error **errp)
{
    IspState *s = ISP(pci);
    DeviceState *dev = DEVICE(pci);

    s->bh = qemu_bh_new_guarded(isp_bh, s, &dev->mem_reentrancy_guard);
    if (!isp_load_nvram(s, errp) || !isp_init_config(s, errp)) {
        qemu_bh_delete(s->bh);
        return;
    }
    memory_region_init_io(&s->io, OBJECT(s), &isp_mmio_ops, s, "isp-io", ISP_REGION_SIZE);
    memory_region_init_io(&s->mem, OBJECT(s), &isp_mmio_ops, s, "isp-mem", ISP_MEM_BAR_SIZE);
    memory_region_init_io(&s->abort, OBJECT(s), &isp_abort_ops, s, "isp-abort",
                          ISP_MEM_BAR_SIZE);
    memory_region_init_iommu(&s->window, sizeof(s->window), TYPE_ISP_WINDOW, OBJECT(s),
                             "isp-window", UINT64_MAX);
    memory_region_init_ram_nomigrate(&s->sink, OBJECT(s), "isp-sink", ISP_SINK_SIZE,
                                     &error_fatal);
    address_space_init(&s->window_as, MEMORY_REGION(&s->window), "isp-window");
    address_space_init(&s->sink_as, &s->sink, "isp-sink");
    pci_register_bar(pci, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->io);
    pci_register_bar(pci, 1, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->mem);
    s->timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, isp_timer, s);
    s->alarm = timer_new_ms(QEMU_CLOCK_VIRTUAL, isp_alarm_timer, s);
    s->vm_state = qemu_add_vm_change_state_handler(isp_vm_state, s);
    isp_scsi_init(s);
}

static void isp_exit(PCIDevice *pci)
{
    IspState *s = ISP(pci);

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
    IspState *s = ISP(obj);

    isp_init(&s->m, ISP_GET_CLASS(obj)->chip, &isp_ops, s);
}

static const Property isp_properties[] = {
    DEFINE_PROP_BOOL("resident-firmware", IspState, m.resident_firmware, true),
    DEFINE_PROP_BOOL("reset-event", IspState, m.reset_event, true),
    DEFINE_PROP_BOOL("abort-event", IspState, m.abort_event, false),
    DEFINE_PROP_BOOL("ultra", IspState, m.ultra, false),
    DEFINE_PROP_UINT8("single-ended", IspState, m.single_ended, 0),
    DEFINE_PROP_STRING("nvram", IspState, nvram_file),
    DEFINE_PROP_BOOL("disintx", IspState, disintx, false),
    DEFINE_PROP_BOOL("plain-interrupt", IspState, m.strict.plain_interrupt, false),
    DEFINE_PROP_BOOL("plain-mailbox", IspState, m.strict.plain_mailbox, false),
    DEFINE_PROP_BOOL("no-extended-command", IspState, m.strict.no_extended_command, false),
    DEFINE_PROP_BOOL("zero-extended-command", IspState, m.strict.zero_extended_command, false),
    DEFINE_PROP_BOOL("lost-extended-command", IspState, m.strict.lost_extended_command, false),
    DEFINE_PROP_BOOL("no-firmware-status", IspState, m.strict.no_firmware_status, false),
    DEFINE_PROP_BOOL("sram-survives", IspState, m.strict.sram_survives, false),
    DEFINE_PROP_UINT8("abort-order", IspState, m.strict.abort_order, 0),
    DEFINE_PROP_UINT16("max-ring", IspState, m.strict.max_ring, 0),
    DEFINE_PROP_UINT16("wrap-request", IspState, m.strict.wrap_request, 0),
    DEFINE_PROP_UINT16("wrap-response", IspState, m.strict.wrap_response, 0),
    DEFINE_PROP_UINT32("marker-ms", IspState, m.strict.marker_ms, 0),
    DEFINE_PROP_UINT8("queue-luns", IspState, m.strict.queue_luns, 0),
    DEFINE_PROP_BOOL("strict-timing", IspState, m.strict.timing, false),
    DEFINE_PROP_BOOL("latched-pointers", IspState, m.strict.latched_pointers, false),
    DEFINE_PROP_UINT32("narrow", IspState, m.limits.narrow, 0),
    DEFINE_PROP_UINT32("async", IspState, m.limits.async, 0),
    DEFINE_PROP_UINT32("rejects-wdtr", IspState, m.limits.rejects_wdtr, 0),
    DEFINE_PROP_UINT32("rejects-sdtr", IspState, m.limits.rejects_sdtr, 0),
    DEFINE_PROP_UINT32("rejects-ppr", IspState, m.limits.rejects_ppr, 0),
    DEFINE_PROP_UINT32("no-tags", IspState, m.limits.no_tags, 0),
    DEFINE_PROP_UINT32("no-disconnect", IspState, m.limits.no_disconnect, 0),
    DEFINE_PROP_UINT32("says-wide", IspState, m.limits.says_wide, 0),
    DEFINE_PROP_UINT8("min-period", IspState, m.limits.min_period, 0),
    DEFINE_PROP_UINT8("max-offset", IspState, m.limits.max_offset, 0),
    DEFINE_PROP_END_OF_LIST()
};

static const struct {
    const char *name, *description;
} isp_descriptions[] = {
    { "resident-firmware", "a soft reset leaves a valid image, as a machine's BIOS does" },
    { "reset-event", "event 0x8001 follows a BUS RESET that the host asked for" },
    { "abort-event", "event 0x8007 follows an ABORT TARGET" },
    { "ultra", "register PSR says that the chip can do Ultra" },
    { "single-ended", "buses whose pins say so, whatever the chip's default; bit n: bus n" },
    { "nvram", "file for the EEPROM; default: a valid image of the chip" },
    { "disintx", "the PCI command register can hold back INTA, as since PCI 2.3" },
    { "plain-interrupt", "CLEAR RISC INT forgets entries that the host has not seen" },
    { "plain-mailbox", "results wait for the semaphore, not for the interrupt bit" },
    { "no-extended-command", "entries of type 5 come back as unknown" },
    { "zero-extended-command", "entries of type 5 come back as entries of type 0" },
    { "lost-extended-command", "entries of type 5 never come back" },
    { "no-firmware-status", "GET FIRMWARE STATUS is unknown" },
    { "sram-survives", "a soft reset leaves the RISC's memory" },
    { "abort-order", "mailbox with the high half of ABORT COMMAND's handle: 2, 3, or 0 for any" },
    { "max-ring", "entries that a ring may have; 0: no limit" },
    { "wrap-request", "entries after which the chip wraps the request ring, whatever its length" },
    { "wrap-response", "the same of the response ring; 0: at its length" },
    { "marker-ms", "how long a marker for an absent target holds up the request ring" },
    { "queue-luns", "LUNs for which SET DEVICE QUEUE works; 0: all" },
    { "strict-timing", "a reset, the self test and mailbox commands take time" },
    { "latched-pointers", "mailboxes 4 and 5 are no ring pointers while the semaphore is taken" },
    { "narrow", "targets without wide transfers, bit 16 * bus + target" },
    { "async", "targets without synchronous transfers, bits as for narrow" },
    { "rejects-wdtr", "targets that reject WDTR: completion 0x1f" },
    { "rejects-sdtr", "targets that reject SDTR: completion 0x20" },
    { "rejects-ppr", "targets that reject PPR: the chip goes on without it" },
    { "no-tags", "targets that reject tags: completion 0x16" },
    { "no-disconnect", "targets that keep the bus until their command has ended" },
    { "says-wide", "targets whose INQUIRY data promises wide and DT transfers" },
    { "min-period", "the shortest period of all targets, 4 ns; 0: no limit" },
    { "max-offset", "the largest offset of all targets; 0: no limit" },
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
    k->class_id = PCI_CLASS_STORAGE_SCSI;
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
    for (int i = 0; i < ARRAY_SIZE(isp_descriptions); i++) {
        object_class_property_set_description(klass, isp_descriptions[i].name,
                                              isp_descriptions[i].description);
    }
    object_class_property_add_str(klass, "fault", isp_get_fault, isp_set_fault);
    object_class_property_set_description(klass, "fault",
                                          "WHAT[,key=value...] arms a fault, \"\" disarms all");
    object_class_property_add_str(klass, "transfers", isp_get_transfers, NULL);
    object_class_property_set_description(klass, "transfers",
                                          "what chip and targets have agreed on");
    object_class_property_add_bool(klass, "reset-stats", isp_get_reset_stats,
                                   isp_set_reset_stats);
    object_class_property_set_description(klass, "reset-stats",
                                          "write true to set the counters to zero");
}

static const TypeInfo isp_info = {
    .name = TYPE_ISP,
    .parent = TYPE_PCI_DEVICE,
    .abstract = true,
    .instance_size = sizeof(IspState),
    .class_size = sizeof(IspClass),
    .instance_init = isp_instance_init,
    .class_init = isp_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { }
    },
};

static void isp_chip_class_init(ObjectClass *klass, IspClassData data)
{
    const IspChip *chip = data;

    ISP_CLASS(klass)->chip = chip;
    PCI_DEVICE_CLASS(klass)->device_id = chip->pci_device;
    DEVICE_CLASS(klass)->desc = chip->desc;
}

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
    static TypeInfo chips[ISP_CHIP_COUNT];

    type_register_static(&isp_info);
    type_register_static(&isp_window_info);
    for (int i = 0; i < ISP_CHIP_COUNT; i++) {
        chips[i] = (TypeInfo){
            .name = isp_chips[i].type,
            .parent = TYPE_ISP,
            .class_init = isp_chip_class_init,
            .class_data = (void *)&isp_chips[i],
        };
        type_register_static(&chips[i]);
    }
}

type_init(isp_register_types)
