/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults on demand for the ISP model: rules that a person or a test arms by text, and the functions
 * by which the chip asks whether one of them applies. README.md describes the language.
 */
#ifndef ISP_FAULT_H
#define ISP_FAULT_H

#include "isp_chip.h"

/* Parse one rule of the given length; false, with the reason in "error", if it is not valid. */
bool isp_fault_parse(IspFaultRule *r, const char *text, size_t len, char *error, size_t size);

/*
 * Arm the rules in the text, separated by ';' or line ends: all or none. The empty text disarms
 * everything. A rule with at_once fires before this returns if the chip is powered; an event also
 * needs running firmware.
 */
bool isp_fault_arm(IspModel *m, const char *text, char *error, size_t size);
/* The rules and how often they have fired, one per line; text has ISP_FAULT_LIST bytes. */
void isp_fault_list(const IspFaults *f, char *text);

/* The rest is for the model. Ask isp_fault_armed() first: it costs nothing. */
static inline bool isp_fault_armed(const IspFaults *f, IspFaultKind kind)
{
    return f->armed >> kind & 1;
}

/* The line stays low although the status bit is set. */
bool isp_fault_no_line(IspModel *m, IspRaise why);
/* The chip ignores a CLEAR RISC INT. */
bool isp_fault_stuck(IspModel *m);
/* Before a command starts: true if a fault changed the queues or stopped the chip: look again. */
bool isp_fault_before_start(IspModel *m, const IspCmd *c);
/* The command is on the bus: true if a fault has ended it. */
bool isp_fault_start(IspModel *m, IspCmd *c);
/* A completion is about to be posted: true if a fault has taken charge of it. */
bool isp_fault_completion(IspModel *m, IspCmd *c);
/* Change a response entry; c may be NULL. */
void isp_fault_response(IspModel *m, const IspCmd *c, uint8_t *entry);
/* The value that the response in-pointer shows once; the right value if there is no fault. */
uint16_t isp_fault_response_in(IspModel *m, uint16_t in);
/* A mailbox command was taken: the status it fails with, or one of these. */
enum {
    ISP_FAULT_NONE  = -1,           /* carry it out */
    ISP_FAULT_HANGS = -2,
};
int isp_fault_mailbox(IspModel *m, uint16_t op);
/* The host is about to see the mailboxes in the mask. */
void isp_fault_mailbox_out(IspModel *m, uint16_t *mb, uint8_t mask);
/* Have isp_alarm() called when the next thing is due. */
void isp_fault_set_alarm(IspModel *m);
/* Fire the rules with at_once that are due. */
void isp_fault_now(IspModel *m);
/* A soft reset revives the chip, except from a hang that persists. */
void isp_fault_soft_reset(IspModel *m);

#endif
