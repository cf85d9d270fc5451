/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the ISP model share but its users do not see.
 */
#ifndef ISP_PRIV_H
#define ISP_PRIV_H

#include "isp_model.h"
#include "isp_regs.h"

static inline void isp_guest_error(IspModel *m, const char *what, uint32_t value)
{
    m->ops->guest_error(m->opaque, what, value);
}

static inline bool isp_dma_read(IspModel *m, uint64_t addr, void *buf, uint32_t len)
{
    return m->ops->dma_read(m->opaque, addr, buf, len);
}

static inline bool isp_dma_write(IspModel *m, uint64_t addr, const void *buf, uint32_t len)
{
    return m->ops->dma_write(m->opaque, addr, buf, len);
}

static inline void isp_schedule(IspModel *m)
{
    if (!m->scheduled) {
        m->scheduled = true;
        m->ops->schedule(m->opaque);
    }
}

/* Does the firmware take entries and post completions? */
static inline bool isp_engine_on(const IspModel *m)
{
    return m->running && !m->paused && !m->in_reset && !m->dead && !m->gone;
}

/* isp_cmd.c: the lists; a command is on exactly one */
void isp_append(IspModel *m, IspCmdList *l, IspCmd *c);
void isp_prepend(IspModel *m, IspCmdList *l, IspCmd *c);
void isp_remove(IspCmdList *l, IspCmd *c);
void isp_insert_by_seq(IspCmdList *l, IspCmd *c);
IspCmd *isp_cmd_get(IspModel *m);
void isp_cmd_put(IspModel *m, IspCmd *c);
IspLun *isp_lun_of(IspModel *m, const IspCmd *c);
/* Is the command for this bus, target and logical unit? -1 matches all. */
bool isp_matches(const IspCmd *c, int bus, int target, int lun);

/* isp_eeprom.c */
void isp_eeprom_write(IspModel *m, uint16_t value);

/* isp_irq.c */
/*
 * Between these two, isp_run() only notes that it was called: resetting targets may wait for their
 * I/O, and while it waits the emulator calls everything that is ready.
 */
bool isp_enter(IspModel *m);
void isp_leave(IspModel *m, bool outer);
void isp_raise(IspModel *m, IspRaise why);
void isp_update_irq(IspModel *m);
/* The mailbox command, or the command that it started, has this result. */
void isp_set_result(IspModel *m, uint16_t status, uint8_t mask, const uint16_t *out);

/* isp_response.c */
bool isp_is_good(const IspCmd *c);
/* The command is on no list, and its outcome is filled in. */
void isp_finish(IspModel *m, IspCmd *c);
void isp_finish_with(IspModel *m, IspCmd *c, uint8_t completion, uint16_t state, uint16_t flags);
void isp_response_out(IspModel *m, uint16_t value);
/* Does the interrupt stay when the host clears it, for entries that the host has not seen? */
bool isp_keeps_interrupt(const IspModel *m);
void isp_post_responses(IspModel *m);
/* The next fast-posted completion as an event; false if there is none. */
bool isp_take_fast(IspModel *m, uint16_t *event);
/* Post the completions that a fault has held back, as far as they are due. */
void isp_release_held(IspModel *m, uint64_t now);

/* isp_lun.c */
void isp_enqueue(IspModel *m, IspCmd *c);
void isp_lun_kick(IspModel *m, IspLun *lun);
void isp_lun_start(IspModel *m, IspLun *lun, unsigned limit);
bool isp_abort_handle(IspModel *m, uint16_t device, uint32_t handle);
/* Abort everything for a bus, target or logical unit (-1: all of them). */
void isp_abort_all(IspModel *m, int bus, int target, int lun);
/* Reset targets; their commands end with the given status, and new ones wait for a marker. */
void isp_reset_targets(IspModel *m, int bus, int target, uint8_t completion, uint16_t flags);
/* The bus was reset, and this event says why. */
void isp_bus_was_reset_by(IspModel *m, int bus, uint16_t event);
void isp_need_marker(IspModel *m, int bus, int target, int lun, bool need);
/* Forget all commands and both rings. */
void isp_queue_reset(IspModel *m);

/* isp_nego.c */
/* What chip and target have agreed on; until then, what the host has asked for. */
IspTransfer isp_transfer(const IspModel *m, int bus, int target);
/* The next command negotiates again; -1 matches all targets. */
void isp_unsettle(IspModel *m, int bus, int target);
/* Negotiate if that is due. Returns the completion status if it fails, else 0. */
uint8_t isp_negotiate(IspModel *m, IspCmd *c);
/* The completion status of a tagged command of a target that rejects tags, else 0 */
uint8_t isp_tag_rejected(const IspModel *m, const IspCmd *c);

/* isp_request.c */
void isp_doorbell(IspModel *m, uint16_t value);
void isp_fetch(IspModel *m);
bool isp_execute_iocb(IspModel *m, uint64_t addr, uint16_t *status);
bool isp_execute_bios(IspModel *m, uint16_t block, uint16_t *status);

/* isp_mbox.c */
void isp_mbox_reset(IspModel *m);
void isp_mbox_take(IspModel *m);
/* Carry out the command that was taken. */
void isp_mbox_carry_out(IspModel *m);
/* Hand the next result or event to the host if it can take it; true if it did. */
bool isp_mbox_post(IspModel *m);
void isp_firmware_defaults(IspModel *m);
void isp_make_resident(IspModel *m);

/* isp_reset.c */
void isp_reset_risc(IspModel *m);
void isp_soft_reset(IspModel *m);
void isp_rom_begin(IspModel *m);
/* After a pause, or a fault that stopped the chip: continue with what has waited. */
void isp_resume(IspModel *m);

/* isp_trouble.c */
/* Let trouble strike that a fault has announced. */
void isp_trouble_pending(IspModel *m);
/* Fire the rules with at_once that are due. */
void isp_trouble_now(IspModel *m);

#endif
