/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP parallel SCSI: registers, mailbox codes and ring entries as the host sees them.
 */
#ifndef ISP_REGS_H
#define ISP_REGS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Little-endian fields of ring entries: no alignment, no padding. */
typedef struct { uint8_t b[2]; } IspLe16;
typedef struct { uint8_t b[4]; } IspLe32;

static inline uint16_t isp_get16(IspLe16 v)
{
    return v.b[0] | v.b[1] << 8;
}

static inline uint32_t isp_get32(IspLe32 v)
{
    return v.b[0] | v.b[1] << 8 | v.b[2] << 16 | (uint32_t)v.b[3] << 24;
}

static inline IspLe16 isp_le16(uint16_t v)
{
    return (IspLe16){ { (uint8_t)v, (uint8_t)(v >> 8) } };
}

static inline IspLe32 isp_le32(uint32_t v)
{
    return (IspLe32){ { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) } };
}

/* Bus interface block */
#define ISP_ID_LOW          0x00
#define ISP_ID_HIGH         0x02
#define ISP_CONF0           0x04
#define ISP_CONF1           0x06
#define ISP_ICR             0x08
#define ISP_ISR             0x0a
#define ISP_SEMA            0x0c
#define ISP_NVRAM           0x0e
#define ISP_FLASH_DATA      0x10
#define ISP_FLASH_ADDR      0x12
#define ISP_DMA             0x20    /* 0x20..0x62, or a bank of 0x80..0xff on later chips */
#define ISP_MBOX            0x70    /* eight of them, to 0x7e */
#define ISP_BANK            0x80    /* RISC, SXP or DMA, see CONF1 */

#define ISP_CONF1_SXP       0x0008
#define ISP_CONF1_BANK      0x0700

#define ISP_ICR_SOFT_RESET  0x0001
#define ISP_ICR_EN_ALL      0x0002
#define ISP_ICR_EN_RISC     0x0004
#define ISP_ICR_MASK        0x033e

#define ISP_ISR_IPEND       0x0002
#define ISP_ISR_RISC        0x0004

#define ISP_SEMA_LOCK       0x0001

#define ISP_NVRAM_CLOCK     0x0001
#define ISP_NVRAM_SELECT    0x0002
#define ISP_NVRAM_DI        0x0004  /* to the EEPROM */
#define ISP_NVRAM_DO        0x0008  /* from the EEPROM */

/* DMA block, offsets from its start */
#define ISP_CDMA_CONF       0x00
#define ISP_CDMA_CONTROL    0x02
#define ISP_CDMA_STATUS     0x04
#define ISP_CDMA_FIFO       0x06
#define ISP_DDMA_CONF       0x20
#define ISP_DDMA_CONTROL    0x22
#define ISP_DDMA_STATUS     0x24
#define ISP_DDMA_FIFO       0x26
#define ISP_DMA_SIZE        0x44

/* RISC block, offsets from ISP_BANK */
#define ISP_RISC_PSR        0x20
#define ISP_RISC_PC         0x2c
#define ISP_RISC_MTR        0x2e
#define ISP_RISC_HRL        0x3e
#define ISP_RISC_HCCR       0x40
#define ISP_RISC_GPIO_DATA  0x4c

#define ISP_SXP_COMMAND     0x14
#define ISP_SXP_PINS_DIFF   0x76
#define ISP_SXP_BUS_RESET   0x300b

/* HCCR: command in bits 15:12 on write, state on read */
#define ISP_HCCR_NOP            0x0
#define ISP_HCCR_RESET          0x1
#define ISP_HCCR_PAUSE          0x2
#define ISP_HCCR_RELEASE        0x3
#define ISP_HCCR_STEP           0x4
#define ISP_HCCR_SET_HOST_INT   0x5
#define ISP_HCCR_CLEAR_HOST_INT 0x6
#define ISP_HCCR_CLEAR_RISC_INT 0x7
#define ISP_HCCR_BREAKPOINT     0x8
#define ISP_HCCR_DISABLE_BIOS   0x9
#define ISP_HCCR_PARITY         0xa
#define ISP_HCCR_RESTART        0xb     /* reset, release and disable BIOS, all in one */

#define ISP_HCCR_HOST_INT       0x0080
#define ISP_HCCR_IN_RESET       0x0040
#define ISP_HCCR_PAUSED         0x0020

/* Mailbox completion status and asynchronous events */
#define ISP_MBS_SELF_TEST       0x0004
#define ISP_MBS_COMPLETE        0x4000
#define ISP_MBS_INVALID         0x4001
#define ISP_MBS_HOST_ERROR      0x4002
#define ISP_MBS_TEST_FAILED     0x4003
#define ISP_MBS_ERROR           0x4005
#define ISP_MBS_PARAM           0x4006

#define ISP_EVENT_BUS_RESET     0x8001
#define ISP_EVENT_SYSTEM_ERROR  0x8002
#define ISP_EVENT_REQ_DMA       0x8003
#define ISP_EVENT_RSP_DMA       0x8004
#define ISP_EVENT_TIMEOUT_RESET 0x8006
#define ISP_EVENT_DEVICE_RESET  0x8007
#define ISP_EVENT_OVERRUN_RESET 0x800d
#define ISP_EVENT_BUS_MODE      0x800e
#define ISP_EVENT_FAST_POST     0x8020

#define ISP_FEATURE_FAST_POST   0x0001
#define ISP_FEATURE_RIO32       0x0004
#define ISP_FEATURE_RIO16       0x0008

/* Target parameter flags */
#define ISP_TP_DISCONNECT       0x8000
#define ISP_TP_WIDE             0x2000
#define ISP_TP_SYNC             0x1000
#define ISP_TP_TAGS             0x0800
#define ISP_TP_AUTO_SENSE       0x0400
#define ISP_TP_STOP_ON_CHECK    0x0200
#define ISP_TP_PPR              0x0020

/* Ring entries */
#define ISP_ENTRY_SIZE          64

enum {
    ISP_ET_COMMAND      = 0x01,
    ISP_ET_CONT         = 0x02,
    ISP_ET_STATUS       = 0x03,
    ISP_ET_MARKER       = 0x04,
    ISP_ET_EXT_COMMAND  = 0x05,
    ISP_ET_COMMAND_A64  = 0x09,
    ISP_ET_CONT_A64     = 0x0a,
    ISP_ET_STATUS_CONT  = 0x10,
    ISP_ET_RIO32        = 0x21,
    ISP_ET_RIO16        = 0x22,
};

#define ISP_ES_FULL             0x02
#define ISP_ES_HEADER           0x04
#define ISP_ES_PAYLOAD          0x08
#define ISP_ES_COUNT            0x10
#define ISP_ES_ORDER            0x20

typedef struct IspHeader {
    uint8_t type;
    uint8_t count;
    uint8_t sys;
    uint8_t status;
} IspHeader;

typedef struct IspSeg32 {
    IspLe32 addr;
    IspLe32 len;
} IspSeg32;

typedef struct IspSeg64 {
    IspLe32 addr_lo;
    IspLe32 addr_hi;
    IspLe32 len;
} IspSeg64;

#define ISP_CF_HEAD_TAG         0x0002
#define ISP_CF_ORDERED_TAG      0x0004
#define ISP_CF_SIMPLE_TAG       0x0008
#define ISP_CF_TAGS             0x000e
#define ISP_CF_NO_DISCONNECT    0x0001
#define ISP_CF_TARGET_ROUTINE   0x0010
#define ISP_CF_DATA_IN          0x0020
#define ISP_CF_DATA_OUT         0x0040
#define ISP_CF_NO_SENSE         0x0100
#define ISP_CF_STOP_QUEUE       0x2000
#define ISP_CF_EXTRA_SENSE      0x4000

/* COMMAND, COMMAND A64 and EXTENDED COMMAND share bytes 0..19. */
typedef struct IspCommand {
    IspHeader h;
    IspLe32 handle;
    uint8_t lun;
    uint8_t target;             /* bit 7: bus */
    IspLe16 cdb_len;
    IspLe16 flags;
    IspLe16 reserved;
    IspLe16 timeout;
    IspLe16 seg_count;
    union {
        struct {
            uint8_t cdb[12];
            IspSeg32 seg[4];
        } a32;
        struct {
            uint8_t cdb[12];
            uint8_t reserved[8];
            IspSeg64 seg[2];
        } a64;
        struct {
            uint8_t cdb[44];
        } ext;
    } u;
} IspCommand;

typedef struct IspCont {
    IspHeader h;
    IspLe32 reserved;
    IspSeg32 seg[7];
} IspCont;

typedef struct IspContA64 {
    IspHeader h;
    IspSeg64 seg[5];
} IspContA64;

typedef struct IspMarker {
    IspHeader h;
    IspLe32 handle;
    uint8_t lun;
    uint8_t target;
    uint8_t modifier;
    uint8_t reserved[53];
} IspMarker;

enum { ISP_MARK_LUN, ISP_MARK_TARGET, ISP_MARK_BUS };

typedef struct IspStatus {
    IspHeader h;
    IspLe32 handle;
    IspLe16 scsi_status;
    IspLe16 completion;
    IspLe16 state_flags;
    IspLe16 status_flags;
    IspLe16 time;
    IspLe16 sense_len;
    IspLe32 residual;
    uint8_t reserved[8];
    uint8_t sense[32];
} IspStatus;

typedef struct IspStatusCont {
    IspHeader h;
    uint8_t sense[60];
} IspStatusCont;

/* h.sys is the number of handles */
typedef struct IspRio {
    IspHeader h;
    union {
        IspLe32 handle32[15];
        IspLe16 handle16[30];
    } u;
} IspRio;

typedef union IspEntry {
    IspHeader h;
    IspCommand command;
    IspCont cont;
    IspContA64 cont64;
    IspMarker marker;
    IspStatus status;
    IspStatusCont status_cont;
    IspRio rio;
    uint8_t bytes[ISP_ENTRY_SIZE];
} IspEntry;

static_assert(sizeof(IspCommand) == ISP_ENTRY_SIZE, "command");
static_assert(sizeof(IspCont) == ISP_ENTRY_SIZE, "continuation");
static_assert(sizeof(IspContA64) == ISP_ENTRY_SIZE, "continuation A64");
static_assert(sizeof(IspMarker) == ISP_ENTRY_SIZE, "marker");
static_assert(sizeof(IspStatus) == ISP_ENTRY_SIZE, "status");
static_assert(sizeof(IspStatusCont) == ISP_ENTRY_SIZE, "status continuation");
static_assert(sizeof(IspRio) == ISP_ENTRY_SIZE, "RIO");
static_assert(sizeof(IspEntry) == ISP_ENTRY_SIZE, "entry");
static_assert(offsetof(IspCommand, u.a32.seg) == 32, "32-bit segments");
static_assert(offsetof(IspCommand, u.a64.seg) == 40, "64-bit segments");
static_assert(offsetof(IspStatus, residual) == 20, "residual");
static_assert(offsetof(IspStatus, sense) == 32, "sense");

/* Completion status of a command */
enum {
    ISP_CS_COMPLETE         = 0x00,
    ISP_CS_INCOMPLETE       = 0x01,
    ISP_CS_DMA              = 0x02,
    ISP_CS_TRANSPORT        = 0x03,
    ISP_CS_RESET            = 0x04,
    ISP_CS_ABORTED          = 0x05,
    ISP_CS_TIMEOUT          = 0x06,
    ISP_CS_OVERRUN          = 0x07,
    ISP_CS_REJECT_IDENTIFY  = 0x13,
    ISP_CS_BUS_FREE         = 0x14,
    ISP_CS_UNDERRUN         = 0x15,
    ISP_CS_TAG_REJECTED     = 0x16,
    ISP_CS_TAG_NO_DISC      = 0x18,
    ISP_CS_TAG_ROUTINE      = 0x19,
    ISP_CS_TAG_DISABLED     = 0x1a,
    ISP_CS_QUEUE_FULL       = 0x1c,
    ISP_CS_SENSE_FAILED     = 0x1e,
    ISP_CS_WIDE_FAILED      = 0x1f,
    ISP_CS_SYNC_FAILED      = 0x20,
};

#define ISP_SF_BUS          0x0100
#define ISP_SF_TARGET       0x0200
#define ISP_SF_CDB          0x0400
#define ISP_SF_DATA         0x0800
#define ISP_SF_STATUS       0x1000
#define ISP_SF_SENSE        0x2000
#define ISP_SF_COMPLETE     0x4000

#define ISP_STF_PARITY      0x0004
#define ISP_STF_BUS_RESET   0x0008
#define ISP_STF_DEV_RESET   0x0010
#define ISP_STF_ABORTED     0x0020
#define ISP_STF_TIMEOUT     0x0040
#define ISP_STF_NEGOTIATED  0x0080

#endif
