/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: the chips of the family. Only this file knows one chip from another.
 */
#include <string.h>

#include "isp_chip.h"

/* The EEPROM of a 1040, without its sum */
static void isp_fill_nvram_1040(uint8_t *image)
{
    static const uint8_t head[] = {
        'I', 'S', 'P', ' ', 7, 0x7b, 5, 0, 0, 0xf9, 8, 0x0b, 250, 0, 0, 1,
        0x17, 0, 0, 0, 0x77, 0x10, 3, 0, 0, 0,  /* features: no fast posting */
    };
    static const uint8_t target[6] = { 0xfd, 16, 12, 0x18 };

    memcpy(image, head, sizeof(head));
    for (int t = 0; t < ISP_TARGETS; t++) {
        memcpy(image + 28 + 6 * t, target, sizeof(target));
    }
    image[126] = 9;             /* where the system id is, as a word address */
}

const IspChip isp_chips[ISP_CHIP_COUNT] = {
    [ISP_CHIP_1040B] = {
        .type = "isp1040",
        .desc = "QLogic ISP1040 SCSI controller",
        .pci_device = 0x1020,
        .pci_revision = 5,
        .pci_conf40 = 0x34,
        .id_high = 0x1020,
        .conf0 = 5,
        .conf1 = 0x0024,
        .buses = 1,
        .nvram_addr_bits = 6,
        .nvram_bytes = 128,
        .nvram_subsystem = 18,
        .fill_nvram = isp_fill_nvram_1040,
        .max_seg = 0x01000000,
        .fw_first = 0x0078,
        .fw_version = "04.66.00",
    },
};
