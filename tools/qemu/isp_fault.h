/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults on demand for the ISP model: rules that a person or a test arms by text, and the functions
 * by which the chip asks whether one of them applies. README.md describes the language.
 */
#ifndef ISP_FAULT_H
#define ISP_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISP_FAULT_RULES     32
#define ISP_FAULT_TEXT      160     /* one rule as written, with the final 0 */
#define ISP_FAULT_LIST      (ISP_FAULT_RULES * (ISP_FAULT_TEXT + 32))

struct IspModel;
struct IspCmd;

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
    int target, lun, opcode, command, of;   /* -1: any */
    bool data;                      /* only commands that move data */
    bool at_once;                   /* does not wait for a command */
    /* what */
    uint32_t ms;                    /* 0 if not given */
    uint64_t due;                   /* when a rule with at_once fires next, ms */
    int32_t byte;                   /* offset in a response entry */
    uint8_t width;
    uint64_t value, mask;           /* mask: bits to flip */
    uint16_t completion, state_flags, status_flags, scsi_status;
    int64_t resid;                  /* -1: what was not moved */
    uint64_t moves;                 /* bytes that the target may move; UINT64_MAX: all */
    bool persist;                   /* survives a soft reset; of an event: the firmware stops */
    bool config;                    /* configuration space too */
} IspFaultRule;

typedef struct IspFaults {
    uint32_t armed;                 /* one bit for each kind that has a live rule */
    unsigned n;
    IspFaultRule rule[ISP_FAULT_RULES];
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

/* Parse one rule of the given length; false, with the reason in "error", if it is not valid. */
bool isp_fault_parse(IspFaultRule *r, const char *text, size_t len, char *error, size_t size);

/*
 * Arm the rules in the text, separated by ';' or line ends: all or none. The empty text disarms
 * everything. A rule with at_once fires before this returns if the chip is powered; an event also
 * needs running firmware.
 */
bool isp_fault_arm(struct IspModel *m, const char *text, char *error, size_t size);
/* The rules and how often they have fired, one per line; text has ISP_FAULT_LIST bytes. */
void isp_fault_list(const IspFaults *f, char *text);

/* The rest is for the model. Ask isp_fault_armed() first: it costs nothing. */
static inline bool isp_fault_armed(const IspFaults *f, IspFaultKind kind)
{
    return f->armed >> kind & 1;
}

/* The line stays low although the status bit is set. */
bool isp_fault_no_line(struct IspModel *m, IspRaise why);
/* The chip ignores a CLEAR RISC INT. */
bool isp_fault_stuck(struct IspModel *m);
/* Before a command starts: true if a fault changed the queues or stopped the chip: look again. */
bool isp_fault_before_start(struct IspModel *m, const struct IspCmd *c);
/* The command is on the bus: true if a fault has ended it. */
bool isp_fault_start(struct IspModel *m, struct IspCmd *c);
/* A completion is about to be posted: true if a fault has taken charge of it. */
bool isp_fault_completion(struct IspModel *m, struct IspCmd *c);
/* Change a response entry; c may be NULL. */
void isp_fault_response(struct IspModel *m, const struct IspCmd *c, uint8_t *entry);
/* The value that the response in-pointer shows once; the right value if there is no fault. */
uint16_t isp_fault_response_in(struct IspModel *m, uint16_t in);
/* A mailbox command was taken: the status it fails with, or one of these. */
enum {
    ISP_FAULT_NONE  = -1,           /* carry it out */
    ISP_FAULT_HANGS = -2,
};
int isp_fault_mailbox(struct IspModel *m, uint16_t op);
/* The host is about to see the mailboxes in the mask. */
void isp_fault_mailbox_out(struct IspModel *m, uint16_t *mb, uint8_t mask);
/* Have isp_alarm() called when the next thing is due. */
void isp_fault_set_alarm(struct IspModel *m);
/* Fire the rules with at_once that are due. */
void isp_fault_now(struct IspModel *m);
/* A soft reset revives the chip, except from a hang that persists. */
void isp_fault_soft_reset(struct IspModel *m);

#endif
