/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an ISP parallel SCSI controller consists of: its limits, its chips, commands, queues, faults
 * and the state of one chip.
 */
#ifndef ISP_CHIP_H
#define ISP_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISP_MBOXES          8
#define ISP_BUSES           2
#define ISP_TARGETS         16
#define ISP_LUNS            32
#define ISP_RAM_WORDS       0x10000
#define ISP_FW_BASE         0x1000
#define ISP_MAX_COMMANDS    527     /* what GET FIRMWARE STATUS tells the host */
#define ISP_SLOTS           (ISP_MAX_COMMANDS + 37)     /* the rest is for entries sent back */
#define ISP_MAX_CDB         44
#define ISP_MAX_SENSE       252
#define ISP_NVRAM_MAX       256
#define ISP_EVENTS          16
#define ISP_TICK_MS         500
#define ISP_REGION_SIZE     256

typedef struct IspModel IspModel;

typedef enum IspChipId {
    ISP_CHIP_1020A,
    ISP_CHIP_1040B,
    ISP_CHIP_1080,
    ISP_CHIP_1240,
    ISP_CHIP_1280,
    ISP_CHIP_10160,
    ISP_CHIP_12160,
    ISP_CHIP_COUNT,
} IspChipId;

/* Mailbox commands that not every chip knows */
enum {
    ISP_HAS_BIOS_MBOX   = 1 << 0,   /* what a boot ROM uses: 0x40 to 0x42 */
    ISP_HAS_DMA_LOAD    = 1 << 1,   /* RISC memory by DMA */
};

/* What differs between the chips of the family. No other code asks which chip it is. */
typedef struct IspChip IspChip;
struct IspChip {
    const char *type;           /* for -device */
    const char *desc;
    uint16_t pci_device;
    uint8_t pci_revision;
    uint8_t pci_conf40;         /* byte 0x40 of the configuration space, of unknown meaning */
    bool pci_power;             /* has the capability, and fast back-to-back */
    bool pci_66mhz;
    uint8_t subdevice;          /* for the default image of the EEPROM */
    uint16_t id_high;           /* register 0x02 */
    uint16_t conf0;
    uint16_t conf1;             /* reset value */
    uint8_t buses;
    uint8_t luns;
    uint8_t mailboxes;          /* ISP_HAS_ bits */
    bool dma_bank;              /* CONF1 10:8 select the bank at 0x80, DMA registers among them */
    uint8_t nvram_addr_bits;    /* 6: 93C46, 8: 93C56 */
    uint16_t nvram_bytes;
    uint8_t nvram_subdevice, nvram_subvendor;   /* offsets */
    void (*fill_nvram)(const IspChip *chip, uint8_t *image);    /* the image is zeroed */
    uint8_t nvram_target[6];    /* the default record of a target */
    uint32_t max_seg;           /* bytes one segment counter can hold */
    uint16_t pins_diff;         /* bus mode pins of the SXP */
    uint16_t fw_first;          /* first word of the resident firmware */
    const char *fw_version;     /* NN.NN.NN */
};

extern const IspChip isp_chips[ISP_CHIP_COUNT];

typedef struct IspSeg {
    uint64_t addr;
    uint32_t len;
} IspSeg;

typedef enum IspCmdState {
    ISP_CMD_FREE,
    ISP_CMD_WAITING,            /* in its logical unit's queue */
    ISP_CMD_ACTIVE,             /* given to the SCSI side */
    ISP_CMD_DONE,               /* waits for a place in the response ring */
} IspCmdState;

typedef enum IspCmdKind {
    ISP_KIND_RING,              /* answered in the response ring */
    ISP_KIND_IN_PLACE,          /* EXECUTE IOCB: answered where the entry was */
    ISP_KIND_BIOS,              /* EXECUTE BIOS IOCB: answered in the mailboxes */
    ISP_KIND_BOUNCE,            /* a refused entry on its way back */
} IspCmdKind;

/* Faults on demand; see isp_fault.h. */

#define ISP_FAULT_RULES     32
#define ISP_FAULT_TEXT      160     /* one rule as written, with the final 0 */
#define ISP_FAULT_LIST      (ISP_FAULT_RULES * (ISP_FAULT_TEXT + 32))

typedef enum IspFaultKind {
    ISP_FAULT_DROP_INTERRUPT,
    ISP_FAULT_DELAY_INTERRUPT,
    ISP_FAULT_STUCK_INTERRUPT,
    ISP_FAULT_DROP_COMPLETION,
    ISP_FAULT_DUPLICATE_COMPLETION,
    ISP_FAULT_DELAY_COMPLETION,
    ISP_FAULT_CORRUPT_RESPONSE,
    ISP_FAULT_RESPONSE_IN,
    ISP_FAULT_COMPLETE,             /* a command ends with an error of our choice */
    ISP_FAULT_TARGET_STATUS,        /* its target answers immediately with this status */
    ISP_FAULT_FAIL_MAILBOX,
    ISP_FAULT_HANG_MAILBOX,
    ISP_FAULT_MUTATE,
    /* From here on: at once, or when a command starts. */
    ISP_FAULT_SPURIOUS_INTERRUPT,
    ISP_FAULT_EVENT,
    ISP_FAULT_BUS_RESET,
    ISP_FAULT_HANG,
    ISP_FAULT_ALL_ONES,
    ISP_FAULT_KINDS,
} IspFaultKind;

/* Why the interrupt bit is set */
typedef enum IspRaise {
    ISP_RAISE_RESPONSE,
    ISP_RAISE_MAILBOX,
    ISP_RAISE_EVENT,
} IspRaise;

typedef struct IspFaultRule {
    char text[ISP_FAULT_TEXT];
    IspFaultKind kind;
    /* when */
    uint32_t after;                 /* opportunities to skip first */
    uint32_t every, phase;          /* use one in "every" of the others */
    uint32_t count;                 /* 0: no limit */
    uint64_t fired;
    int32_t rate;                   /* per mille, or -1: always */
    uint64_t seed;                  /* state of the random numbers */
    int bus, target, lun, opcode, command, of;      /* -1: any */
    bool data;                      /* only commands that move data */
    bool at_once;                   /* does not wait for a command */
    /* what */
    uint32_t ms;                    /* 0 if not given */
    uint64_t due;                   /* when a rule with at_once fires next, ms */
    int32_t byte;                   /* offset in a response entry */
    uint8_t width;
    uint64_t value, mask;           /* mask: bits to flip */
    uint16_t completion, state_flags, status_flags, scsi_status;
    uint16_t code;                  /* of an event */
    int64_t resid;                  /* -1: what was not moved */
    uint64_t moves;                 /* bytes that the target may move; UINT64_MAX: all */
    bool persist;                   /* survives a soft reset; of an event: the firmware stops */
    bool config;                    /* configuration space too */
} IspFaultRule;

typedef struct IspFaults {
    uint32_t armed;                 /* one bit for each kind that has a live rule */
    uint8_t buses;                  /* that rules may name */
    unsigned n;
    IspFaultRule rule[ISP_FAULT_RULES];
    void (*on_fire)(void *opaque, const IspFaultRule *r);   /* may be NULL */
    void *opaque;
} IspFaults;

/* How a command must end instead; part of the command. */
typedef struct IspFaultEnd {
    bool on;
    bool limited;                   /* the target may move only "limit" bytes */
    uint64_t limit;
    uint16_t completion, state_flags, status_flags, scsi_status;
    int64_t resid;
    uint32_t ms;
} IspFaultEnd;

/* One command. The SCSI side reads the first part, and owns "backend". */
typedef struct IspCmd {
    uint8_t bus, target, lun;
    uint8_t cdb_len;
    uint8_t cdb[ISP_MAX_CDB];
    bool data_in, data_out;     /* allowed directions; both if the host leaves it to the target */
    bool auto_sense;
    bool negotiated;            /* for the model: chip and target negotiated before it */
    uint32_t handle;
    uint32_t seg_count;
    IspSeg *seg;
    uint64_t length;            /* of all segments */
    void *backend;

    /* for the model only */
    IspCmdState state;
    IspCmdKind kind;
    struct IspCmd *next, *prev;
    uint32_t seq;               /* order within its list, for migration */
    uint32_t seg_room;
    uint16_t flags;
    uint16_t timeout;
    uint32_t deadline;          /* in ticks */
    uint8_t stop_status;        /* completion status if it was stopped, or 0 */
    uint16_t stop_flags;
    uint64_t in_place;          /* address of the entry */
    uint16_t completion, state_flags, status_flags, sense_len;
    uint8_t scsi_status;
    uint32_t residual;
    uint8_t sense[ISP_MAX_SENSE];
    uint8_t entry[64];          /* a refused entry, to be sent back */
    IspFaultEnd fault;
    uint64_t due;               /* when to post a completion that is held back, ms */
} IspCmd;

typedef struct IspCmdList {
    IspCmd *first, *last;
} IspCmdList;

/* How a command ended, as the SCSI side sees it. */
typedef enum IspOutcome {
    ISP_DONE_STATUS,            /* the target sent a status */
    ISP_DONE_NO_TARGET,         /* no target answered the selection */
    ISP_DONE_OVERRUN,           /* a status, but the target had more data than the buffer holds */
    ISP_DONE_SHORT,             /* the target wanted more data than the buffer has, and got none */
    ISP_DONE_DIRECTION,         /* the target wanted the other direction */
    ISP_DONE_DMA,               /* the buffer is not in memory */
    ISP_DONE_STOPPED,           /* by scsi_cancel or scsi_reset */
    ISP_DONE_GONE,              /* the target left the bus */
    ISP_DONE_BUSY,              /* the target's host could not take it */
    ISP_DONE_FAILED,            /* no status, cause unknown */
    ISP_DONE_FAULT,             /* as the fault says; no data was moved */
} IspOutcome;

typedef struct IspResult {
    IspOutcome outcome;
    uint8_t scsi_status;
    uint64_t transferred;
    bool to_target;             /* direction of the data */
    uint16_t sense_len;
    const uint8_t *sense;
} IspResult;

typedef struct IspOps {
    /* Bus master accesses; true if they went well */
    bool (*dma_read)(void *opaque, uint64_t addr, void *buf, uint32_t len);
    bool (*dma_write)(void *opaque, uint64_t addr, const void *buf, uint32_t len);
    void (*set_irq)(void *opaque, bool level);
    /* Start a command; isp_scsi_done() ends it, from inside this call or later. */
    void (*scsi_submit)(void *opaque, IspCmd *cmd);
    /* Ask for an early end; isp_scsi_done() still comes, once nothing moves data any more. */
    void (*scsi_cancel)(void *opaque, IspCmd *cmd);
    /* The same for all commands at once, before it returns, without a reset of the targets. */
    void (*scsi_cancel_all)(void *opaque);
    /* Reset targets; -1 means all. Their commands end before it returns. */
    void (*scsi_reset)(void *opaque, int bus, int target, int lun);
    /* Does a target answer its selection? */
    bool (*scsi_present)(void *opaque, int bus, int target);
    /* Have isp_run() called soon, but not from inside this call. */
    void (*schedule)(void *opaque);
    /* Have isp_tick() called ISP_TICK_MS from now. */
    void (*start_tick)(void *opaque);
    /* For faults only: a clock, and to have isp_alarm() called when it shows that time. */
    uint64_t (*now_ms)(void *opaque);
    uint64_t (*now_us)(void *opaque);       /* for strict timing */
    void (*set_alarm)(void *opaque, uint64_t ms);
    /* The guest did something that silicon would not like. */
    void (*guest_error)(void *opaque, const char *what, uint32_t value);
    /* Tracing; may be NULL */
    void (*trace_mailbox)(void *opaque, const uint16_t *in, const uint16_t *out);
    void (*trace_event)(void *opaque, const uint16_t *mbox);
    void (*trace_iocb)(void *opaque, uint32_t index, const uint8_t *entry);
    void (*trace_complete)(void *opaque, const IspCmd *cmd);
    void (*trace_irq)(void *opaque, bool level);
    void (*trace_fault)(void *opaque, const char *rule);
} IspOps;

typedef struct IspStats {
    uint64_t reg_reads, reg_writes;
    uint64_t interrupts;        /* rising edges of the line */
    uint64_t iocbs;             /* request entries fetched, continuations included */
    uint64_t commands;          /* commands given to a target */
    uint64_t bytes_read, bytes_written;     /* as the host sees it */
    uint64_t mailbox_commands;
    uint64_t responses;         /* response entries written */
    uint64_t faults;            /* faults that have fired */
} IspStats;

typedef struct IspRing {
    uint64_t base;
    uint32_t len;               /* entries; 0 if not set up */
    uint32_t in, out;
    bool broken;                /* an access to it failed */
} IspRing;

typedef struct IspLun {
    uint16_t depth, throttle;
    uint16_t waiting, active;
    bool stopped;               /* STOP QUEUE, or after a check condition */
    bool need_marker;
    bool barrier;               /* an untagged or ordered command is active */
    bool kicked;
    struct IspLun *next_kick;
    IspCmdList queue;
} IspLun;

typedef struct IspTarget {
    uint16_t flags, sync, ppr;
    IspLun lun[ISP_LUNS];
} IspTarget;

/* Where silicon may be stricter than this model, or know less; 0 and false as the model is. */
typedef struct IspStrict {
    bool plain_interrupt;       /* CLEAR RISC INT forgets entries that the host has not seen */
    bool plain_mailbox;         /* results wait for the semaphore, not for the interrupt bit */
    /* Entries of type 5: they come back as unknown, or as an entry of type 0, or never. */
    bool no_extended_command, zero_extended_command, lost_extended_command;
    bool no_firmware_status;
    bool sram_survives;         /* a soft reset leaves the RISC's memory */
    uint8_t abort_order;        /* ABORT COMMAND: which mailbox has the handle's high half; 0: any */
    uint16_t max_ring;          /* entries */
    uint16_t wrap_request, wrap_response;   /* where the chip wraps, whatever the host has set up */
    uint32_t marker_ms;         /* what a marker for an absent target takes */
    uint8_t queue_luns;         /* LUNs that have a device queue; 0: all */
    bool timing;                /* resets, the self test and mailbox commands take time */
    bool latched_pointers;      /* while LOCK is set, mailboxes 4 and 5 are a result's or an event's */
} IspStrict;

/* How data moves, in the words of TARGET PARAMETERS */
typedef struct IspTransfer {
    uint16_t flags, sync, ppr;
} IspTransfer;

/* Targets that can do less than the chip: bit 16 * bus + target. */
typedef struct IspTargetLimits {
    uint32_t narrow, async;                 /* they say so when asked */
    uint32_t rejects_wdtr, rejects_sdtr, rejects_ppr;   /* they do not know the message */
    uint32_t no_tags;                       /* they reject a queue tag message */
    uint32_t no_disconnect;                 /* they keep the bus until the command has ended */
    uint32_t says_wide;                     /* more, not less: see the property says-wide */
    uint8_t min_period, max_offset;         /* of all targets; 0: no limit */
} IspTargetLimits;

typedef struct IspEeprom {
    uint8_t lines;              /* last value of the clock, select and data lines */
    uint8_t phase;
    uint8_t bits;
    uint8_t opcode;
    uint8_t addr;
    uint8_t out;
    bool write_enabled;
    uint32_t shift;
} IspEeprom;

#define ISP_PINS_SE     0x0400      /* PINS_DIFF of later chips: single-ended */
#define ISP_PARAMS 12

/* Only faults make it anything but ISP_ALIVE. */
typedef enum IspLiving {
    ISP_ALIVE,
    ISP_HALTED,                 /* the firmware has stopped; the host still gets events */
    ISP_HUNG,
} IspLiving;

struct IspModel {
    const IspChip *chip;
    const IspOps *ops;
    void *opaque;
    bool resident_firmware;
    bool reset_event;           /* post 0x8001 also for a bus reset the host asked for */
    bool abort_event;           /* post 0x8007 for an ABORT TARGET */
    bool ultra;                 /* PSR says that the chip can do Ultra */
    uint8_t single_ended;       /* bit n: the pins say so of bus n */
    IspTargetLimits limits;
    IspStrict strict;
    IspStats stats;

    uint16_t conf1, icr, flash_addr;
    bool lock, sema_status;     /* SEMA */
    bool risc_int;
    bool kept_int;              /* RISC_INT only repeats what the host has not read yet */
    bool irq_level;
    bool paused, in_reset, host_int;
    bool running;               /* firmware, not the boot ROM */
    bool mbox_busy;             /* a mailbox command has been taken but not finished */
    bool result_ready;
    bool result_latched;        /* LOCK guards a command's result, not an event */
    uint16_t fw_start;
    bool scheduled, ticking, doorbell, in_run, run_again;
    uint32_t seq;
    uint16_t mbox_in[ISP_MBOXES], mbox_out[ISP_MBOXES], result[ISP_MBOXES];
    uint8_t result_mask;
    uint16_t dma_reg[34], risc_reg[64], sxp_reg[ISP_BUSES][64];

    uint16_t events[ISP_EVENTS][ISP_MBOXES];
    uint32_t event_head, event_count;

    IspRing req, rsp;
    uint32_t read_mb5;          /* what the host last read there */
    bool moved_since_read;      /* the host wrote its consumer after that */

    uint16_t initiator_id[ISP_BUSES];
    uint16_t features;
    uint16_t params[ISP_PARAMS][ISP_MBOXES];
    IspTarget target[ISP_BUSES][ISP_TARGETS];
    uint32_t settled;           /* negotiated since a reset or a change: bit 16 * bus + target */
    IspLun *kick, *last_kick;

    IspCmd slots[ISP_SLOTS];
    IspCmdList free, active, done, fast;
    uint32_t commands;          /* commands that wait or are active */
    uint32_t ticks;

    IspFaults faults;
    uint64_t trouble;           /* what a fault has said must happen now: ISP_TROUBLE_ bits */
    IspCmdList held;            /* completions that come late */
    bool powered;
    uint8_t dead;               /* IspLiving */
    bool gone, gone_config;     /* the card, and its configuration space */
    bool line_off;              /* the line does not show the interrupt bit */
    uint64_t line_due;          /* when it will, ms; 0: never */
    bool shows_other_in;        /* the next read of out-latch 5 returns other_in */
    uint16_t other_in;
    /* With strict timing, us: when the registers answer again, the boot ROM begins and has ended */
    uint64_t reset_due, rom_begins, rom_ends;
    uint16_t latched[2];        /* mailboxes 4 and 5 of the last result or event */
    uint64_t fetch_due;         /* a marker holds up the request ring; ms, 0: no */
    bool mbox_late;             /* a mailbox command waits for mbox_due */
    uint64_t mbox_due;

    IspEeprom eeprom;
    uint8_t nvram[ISP_NVRAM_MAX];
    uint16_t ram[ISP_RAM_WORDS];
};

#endif
