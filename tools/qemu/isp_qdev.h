/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device in QEMU: its state, and what its three files share.
 */
#ifndef ISP_QDEV_H
#define ISP_QDEV_H

#include "isp_qemu_compat.h"
#include "hw/scsi/scsi.h"
#include "migration/vmstate.h"
#include "isp_model.h"

#define TYPE_ISP "isp"         /* abstract; each chip is a type of its own */
OBJECT_DECLARE_TYPE(IspState, IspClass, ISP)

struct IspClass {
    PCIDeviceClass parent_class;

    const IspChip *chip;
};

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
    SCSIBusInfo bus_info;
    QEMUBH *bh;
    QEMUTimer *timer, *alarm;
    VMChangeStateEntry *vm_state;
    bool deferred;              /* the bottom half ran while the machine was stopped */
    char *nvram_file;
    bool disintx;
    IspModel m;
};

/* isp_pci.c */
bool isp_is_ram(IspState *s, uint64_t addr, uint64_t len, bool write);
void isp_update_abort(IspState *s);
void isp_op_start_tick(void *opaque);

/* isp_scsi.c */
void isp_scsi_init(IspState *s);
void isp_op_submit(void *opaque, IspCmd *cmd);
bool isp_op_present(void *opaque, int bus, int target);
void isp_op_cancel(void *opaque, IspCmd *cmd);
void isp_op_cancel_all(void *opaque);
void isp_op_reset(void *opaque, int bus, int target, int lun);

/* isp_vmstate.c */
extern const VMStateDescription vmstate_isp;

#endif
