/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between the QEMU versions we build with: 7.2 (Debian 12), 10.0 (Debian 13) and
 * newer. The device is written for the newest; this header gives the older ones what they lack.
 */
#ifndef ISP_QEMU_COMPAT_H
#define ISP_QEMU_COMPAT_H

#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "qom/object.h"

#if __has_include("hw/pci/pci_device.h")
#include "hw/pci/pci_device.h"
#endif

#if __has_include("hw/core/qdev-properties.h")
#include "hw/core/qdev-properties.h"
#else
#include "hw/qdev-properties.h"
#endif

#if __has_include("system/dma.h")
#include "system/block-backend.h"
#include "system/dma.h"
#include "system/runstate.h"
#else
#include "sysemu/block-backend.h"
#include "sysemu/dma.h"
#include "sysemu/runstate.h"
#endif

/* The data of a class_init: const since 10.1. */
typedef typeof(__builtin_choose_expr(
    __builtin_types_compatible_p(typeof(((TypeInfo *)0)->class_init),
                                 void (*)(ObjectClass *, const void *)),
    (const void *)0, (void *)0)) IspClassData;

/* Since 10.0 a list of properties is const and needs no end marker. */
#ifdef DEFINE_PROP_END_OF_LIST
#define device_class_set_props(dc, props) device_class_set_props(dc, (Property *)(props))
#else
#define DEFINE_PROP_END_OF_LIST()
#endif

/* Since 9.2. The version is the only sign of it that the preprocessor sees. */
#if QEMU_VERSION_MAJOR < 9 || (QEMU_VERSION_MAJOR == 9 && QEMU_VERSION_MINOR < 2)
static inline void device_class_set_legacy_reset(DeviceClass *dc, DeviceReset reset)
{
    dc->reset = reset;
}
#endif

#endif
