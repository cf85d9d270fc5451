/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults on demand for the ISP model: rules that a person or a test arms by text, and the questions
 * that the chip asks of them. An answer says what must happen, and the chip does it: the functions
 * here change only the rules and what the caller hands them. README.md describes the language.
 */
#ifndef ISP_FAULT_H
#define ISP_FAULT_H

#include "isp_chip.h"

#define ISP_FAULT_ANY       (-1)

/* What must become of an interrupt, a completion or a mailbox command. */
typedef enum IspFate {
    ISP_PASS,                       /* nothing but what is due anyway */
    ISP_DROP,                       /* it never comes */
    ISP_HOLD,                       /* it comes "ms" later */
    ISP_TWICE,                      /* it comes, and comes again "ms" later */
    ISP_FAIL,                       /* it is not carried out, and ends with "status" */
} IspFate;

typedef struct IspVerdict {
    IspFate fate;
    uint32_t ms;
    uint16_t status;
} IspVerdict;

/* What must happen to the chip as a whole: bits, and for an event its code, mailbox 2 and bus. */
enum {
    ISP_TROUBLE_INTERRUPT       = 1 << 0,   /* for no reason */
    ISP_TROUBLE_REQUEST_ERROR   = 1 << 1,
    ISP_TROUBLE_RESPONSE_ERROR  = 1 << 2,
    ISP_TROUBLE_SYSTEM_ERROR    = 1 << 3,
    ISP_TROUBLE_HALT            = 1 << 4,   /* the system error stops the firmware */
    ISP_TROUBLE_BUS_RESET       = 1 << 5,
    ISP_TROUBLE_HANG            = 1 << 6,
    ISP_TROUBLE_GONE            = 1 << 7,
    ISP_TROUBLE_GONE_CONFIG     = 1 << 8,   /* so has its configuration space */
    ISP_TROUBLE_EVENT           = 1 << 9,   /* isp_trouble_code() */
    ISP_TROUBLE_BUS_1           = 1 << 10,  /* where the event or the reset happens; else bus 0 */
    /* After these a command that was about to start cannot start. */
    ISP_TROUBLE_STOPS           = ISP_TROUBLE_HALT | ISP_TROUBLE_BUS_RESET | ISP_TROUBLE_HANG |
                                  ISP_TROUBLE_GONE,
};

static inline uint16_t isp_trouble_code(uint64_t trouble)
{
    return trouble >> 16;
}

static inline uint16_t isp_trouble_mb2(uint64_t trouble)
{
    return trouble >> 32;
}

/* isp_fault_rule.c */
/* Parse one rule of the given length; false, with the reason in "error", if it is not valid. */
bool isp_fault_parse(IspFaultRule *r, const char *text, size_t len, char *error, size_t size);
/* The rules and how often they have fired, one per line; text has ISP_FAULT_LIST bytes. */
void isp_fault_list(const IspFaults *f, char *text);

/* isp_fault.c */
/*
 * Add the rules in the text, separated by ';' or line ends: all, or none with the reason in
 * "error".
 */
bool isp_fault_add(IspFaults *f, const char *text, char *error, size_t size);
void isp_fault_clear(IspFaults *f);

/* The status bit was set: what about the line? */
IspVerdict isp_fault_interrupt(IspFaults *f, IspRaise why);
/* Does the chip ignore a CLEAR RISC INT? */
bool isp_fault_stuck(IspFaults *f);
/* A mailbox command was taken. */
IspVerdict isp_fault_mailbox(IspFaults *f, uint16_t op);
/* The host is about to see the mailboxes in the mask. */
void isp_fault_mailbox_out(IspFaults *f, uint16_t *mb, uint8_t mask);
/* The trouble that hits just before this command starts; bits, or 0. Events need firmware. */
uint64_t isp_fault_before_start(IspFaults *f, const IspCmd *c, bool running);
/*
 * The command is on the bus. True if it ends now, with this result; else "end" may have become how
 * it must end later.
 */
bool isp_fault_start(IspFaults *f, const IspCmd *c, IspFaultEnd *end, IspResult *result);
/* A completion is about to be posted. "room": there is a free command for a second one. */
IspVerdict isp_fault_completion(IspFaults *f, const IspCmd *c, bool room);
/* Change a response entry; c may be NULL. */
void isp_fault_response(IspFaults *f, const IspCmd *c, uint8_t *entry);
/* The value that the response in-pointer shows once; the right value if there is no fault. */
uint16_t isp_fault_response_in(IspFaults *f, uint16_t in);

/* Fire one rule with at_once that is due. Returns its trouble, or 0 if no rule is due. */
uint64_t isp_fault_due(IspFaults *f, uint64_t now, bool running);
/* When isp_fault_due() has something to say next, or UINT64_MAX. */
uint64_t isp_fault_next_due(const IspFaults *f, bool running);
/* Does the chip still hang after a soft reset? */
bool isp_fault_hang_persists(const IspFaults *f);

#endif
