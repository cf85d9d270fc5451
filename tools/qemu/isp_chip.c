/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: the chips of the family.
 */
#include "isp_priv.h"

const IspChip isp_chips[ISP_CHIP_COUNT] = {
    [ISP_CHIP_1040B] = {
        .name = "ISP1040B",
        .pci_device = 0x1020,
        .pci_revision = 5,
        .id_high = 0x1020,
        .conf0 = 5,
        .conf1 = 0x0024,
        .buses = 1,
        .nvram_addr_bits = 6,
        .nvram_bytes = 128,
        .max_seg = 0x01000000,
    },
};
