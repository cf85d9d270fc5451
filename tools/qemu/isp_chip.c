/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: the chips of the family. Only this file knows one chip from another.
 */
#include <string.h>

#include "isp_chip.h"

/* EEPROM images, without their sum. Fast posting is off in all of them. */

static void isp_fill_targets(uint8_t *records, const uint8_t *target)
{
    for (int t = 0; t < ISP_TARGETS; t++) {
        memcpy(records + 6 * t, target, 6);
    }
}

static void isp_fill_nvram_1020(const IspChip *chip, uint8_t *image)
{
    static const uint8_t head[] = {
        'I', 'S', 'P', ' ', 4, 0x7a, 5, 0, 0, 0xf6, 8, 0x03, 250, 0, 0, 1, 0x03,
    };

    memcpy(image, head, sizeof(head));
    isp_fill_targets(image + 28, chip->nvram_target);
    image[126] = 9;             /* where the system id is, as a word address */
}

static void isp_fill_nvram_1040(const IspChip *chip, uint8_t *image)
{
    static const uint8_t head[] = {
        'I', 'S', 'P', ' ', 7, 0x7b, 5, 0, 0, 0xf9, 8, 0x0b, 250, 0, 0, 1,
        0x17, 0, 0, 0, 0x77, 0x10, 3, 0, 0, 0,
    };

    memcpy(image, head, sizeof(head));
    isp_fill_targets(image + 28, chip->nvram_target);
    image[126] = 9;             /* as above */
}

static void isp_fill_nvram_1080(const IspChip *chip, uint8_t *image)
{
    static const uint8_t head[] = { 'I', 'S', 'P', ' ', 1 };
    /* Bursts, FIFO threshold, termination; of the firmware features only "no sync back-off" */
    static const uint8_t card[] = { 0x44, 0x0f, 0, 0, 0x20 };
    static const uint8_t bus[] = { 0x67, 5, 0, 0, 0x39, 0, 250, 0, 0, 1 };

    memcpy(image, head, sizeof(head));
    memcpy(image + 16, card, sizeof(card));
    for (int b = 0; b < ISP_BUSES; b++) {
        memcpy(image + 24 + 112 * b, bus, sizeof(bus));
        isp_fill_targets(image + 40 + 112 * b, chip->nvram_target);
    }
    image[250] = 0x77;
    image[251] = 0x10;
    image[252] = chip->subdevice;
    image[254] = 250;           /* where the system id is */
}

/* What all chips up to the 1040 have in common, and what all later ones have. */
#define ISP_OLD                             \
    .pci_device = 0x1020,                   \
    .id_high = 0x1020,                      \
    .conf1 = 0x0024,                        \
    .buses = 1,                             \
    .luns = 8,                              \
    .mailboxes = ISP_HAS_BIOS_MBOX,         \
    .nvram_addr_bits = 6,                   \
    .nvram_bytes = 128,                     \
    .nvram_subdevice = 18,                  \
    .nvram_subvendor = 20,                  \
    .max_seg = 0x01000000,                  \
    .fw_first = 0x0078,                     \
    .fw_version = "04.66.00"

#define ISP_NEW                             \
    .pci_conf40 = 0x44,                     \
    .pci_power = true,                      \
    .id_high = 0x1240,                      \
    .conf0 = 1,                             \
    .conf1 = 0x0044,                        \
    .luns = 32,                             \
    .mailboxes = ISP_HAS_DMA_LOAD,          \
    .dma_bank = true,                       \
    .nvram_addr_bits = 8,                   \
    .nvram_bytes = 256,                     \
    .nvram_subdevice = 252,                 \
    .nvram_subvendor = 250,                 \
    .fill_nvram = isp_fill_nvram_1080,      \
    .max_seg = UINT32_MAX

#define ISP_FW_1280     .fw_first = 0x0078, .fw_version = "08.15.00"
#define ISP_FW_12160    .fw_first = 0x0804, .fw_version = "10.04.00"

#define ISP_PINS_LVD    0x1000

const IspChip isp_chips[ISP_CHIP_COUNT] = {
    [ISP_CHIP_1020A] = {
        ISP_OLD,
        .type = "isp1020",
        .desc = "QLogic ISP1020A SCSI controller",
        .pci_revision = 2,
        .conf0 = 2,
        .fill_nvram = isp_fill_nvram_1020,
        .nvram_target = { 0xe5, 16, 25, 0x18 },
    },
    [ISP_CHIP_1040B] = {
        ISP_OLD,
        .type = "isp1040",
        .desc = "QLogic ISP1040 SCSI controller",
        .pci_revision = 5,
        .pci_conf40 = 0x34,
        .conf0 = 5,
        .fill_nvram = isp_fill_nvram_1040,
        .nvram_target = { 0xfd, 16, 12, 0x18 },
    },
    [ISP_CHIP_1080] = {
        ISP_NEW,
        ISP_FW_1280,
        .type = "isp1080",
        .desc = "QLogic ISP1080 SCSI controller",
        .pci_device = 0x1080,
        .pci_revision = 1,
        .subdevice = 5,
        .buses = 1,
        .nvram_target = { 0xfd, 16, 10, 0x18 },
        .pins_diff = ISP_PINS_LVD,
    },
    [ISP_CHIP_1240] = {
        ISP_NEW,
        ISP_FW_1280,
        .type = "isp1240",
        .desc = "QLogic ISP1240 SCSI controller, two buses",
        .pci_device = 0x1240,
        .pci_revision = 1,
        .subdevice = 1,
        .buses = 2,
        .nvram_target = { 0xfd, 16, 12, 0x18 },
        .pins_diff = ISP_PINS_SE,
    },
    [ISP_CHIP_1280] = {
        ISP_NEW,
        ISP_FW_1280,
        .type = "isp1280",
        .desc = "QLogic ISP1280 SCSI controller, two buses",
        .pci_device = 0x1280,
        .pci_revision = 3,
        .subdevice = 6,
        .buses = 2,
        .nvram_target = { 0xfd, 16, 10, 0x18 },
        .pins_diff = ISP_PINS_LVD,
    },
    [ISP_CHIP_10160] = {
        ISP_NEW,
        ISP_FW_12160,
        .type = "isp10160",
        .desc = "QLogic ISP10160 SCSI controller",
        .pci_device = 0x1016,
        .pci_revision = 6,      /* no source; as a 12160 */
        .subdevice = 7,         /* no source; as a 12160 */
        .buses = 1,
        .nvram_target = { 0xfd, 16, 9, 0x2e, 0x92 },
        .pins_diff = ISP_PINS_LVD,
    },
    [ISP_CHIP_12160] = {
        ISP_NEW,
        ISP_FW_12160,
        .type = "isp12160",
        .desc = "QLogic ISP12160 SCSI controller, two buses",
        .pci_device = 0x1216,
        .pci_revision = 6,
        .pci_66mhz = true,
        .subdevice = 7,
        .buses = 2,
        .nvram_target = { 0xfd, 16, 9, 0x2e, 0x92 },
        .pins_diff = ISP_PINS_LVD,
    },
};
