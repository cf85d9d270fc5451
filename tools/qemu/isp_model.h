/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A QLogic ISP parallel SCSI controller as a plain state machine: what its registers, mailboxes and
 * rings do. It knows nothing of the machine it sits in; memory, interrupt line, disks and time are
 * callbacks, so that it runs in QEMU, in a unit test and in a fuzzer alike.
 */
#ifndef ISP_MODEL_H
#define ISP_MODEL_H

#include "isp_chip.h"
#include "isp_fault.h"

void isp_init(IspModel *m, const IspChip *chip, const IspOps *ops, void *opaque);
void isp_fini(IspModel *m);
/* Power on: reset the EEPROM lines, and all that a soft reset does. */
void isp_power_on(IspModel *m);
void isp_default_nvram(const IspChip *chip, uint8_t *image);

/* Register accesses; the 256 bytes repeat. Only aligned words mean something to the chip. */
uint32_t isp_read(IspModel *m, uint32_t offset, unsigned size);
void isp_write(IspModel *m, uint32_t offset, uint32_t value, unsigned size);

/* What schedule() asks for: take new requests, start commands, post completions. */
void isp_run(IspModel *m);
void isp_tick(IspModel *m);
void isp_alarm(IspModel *m);

/*
 * Arm faults, see isp_fault.h; the empty text disarms all. A rule with at_once fires before this
 * returns if the chip is powered; an event also needs running firmware.
 */
bool isp_fault_arm(IspModel *m, const char *text, char *error, size_t size);

/*
 * How data moves to and from each target that is present: lines of bus, target and the words flags, sync
 * and ppr of TARGET PARAMETERS, then "agreed", or "asked" until they have negotiated.
 */
#define ISP_TRANSFER_LIST (ISP_BUSES * ISP_TARGETS * 32)
void isp_list_transfers(const IspModel *m, char *text);

/* The SCSI side reports that a command has ended. */
void isp_scsi_done(IspModel *m, IspCmd *cmd, const IspResult *result);
/* The bus was reset, but not by a mailbox command. */
void isp_bus_was_reset(IspModel *m, int bus);
void isp_post_event(IspModel *m, uint16_t code, uint16_t mb1, uint16_t mb2, uint16_t mb6);

/* Migration: rebuild lists and counts, after the plain fields are loaded. */
void isp_relink(IspModel *m);
bool isp_cmd_reserve(IspCmd *cmd, uint32_t segs);
/* Have isp_alarm() called when the next thing is due. */
void isp_set_alarm(IspModel *m);

#endif
