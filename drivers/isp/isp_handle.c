// SPDX-License-Identifier: GPL-2.0
/*
 * Handles: the names of commands in ring entries. A handle is an index, for a look-up in constant
 * time, and a generation, so that a stale, duplicate or invented handle from the chip finds no
 * command. isp_lock is held, except in isp_handles_init().
 */
#include "ispvar.h"

#define SLOT_NONE	0xffff

/* Before any command is outstanding. Generations continue, so that no old handle becomes valid. */
void isp_handles_init(struct isp *isp)
{
	uint_t i;

	for (i = 0; i < isp->isp_max_cmds; i++)
		isp->isp_slots[i].slot_next = (uint16_t)(i + 1);
	isp->isp_slots[isp->isp_max_cmds - 1].slot_next = SLOT_NONE;
	isp->isp_free_slot = 0;
	isp->isp_outstanding = 0;
}

/* Give @sp a handle. False if none is free. */
boolean_t isp_handle_get(struct isp *isp, struct isp_cmd *sp)
{
	uint_t index = isp->isp_free_slot;
	struct isp_slot *slot;

	if (index == SLOT_NONE)
		return B_FALSE;
	slot = &isp->isp_slots[index];
	isp->isp_free_slot = slot->slot_next;
	if (++slot->slot_gen == 0)
		slot->slot_gen = 1;
	slot->slot_cmd = sp;
	sp->cmd_handle = (uint32_t)slot->slot_gen << 16 | index;
	isp->isp_outstanding++;
	return B_TRUE;
}

/* Release a handle and return its command; NULL if the handle is not valid. */
struct isp_cmd *isp_handle_release(struct isp *isp, uint32_t handle)
{
	uint_t index = handle & 0xffff;
	struct isp_slot *slot;
	struct isp_cmd *sp;

	if (index >= isp->isp_max_cmds)
		return NULL;
	slot = &isp->isp_slots[index];
	sp = slot->slot_cmd;
	if (!sp || sp->cmd_handle != handle)
		return NULL;
	slot->slot_cmd = NULL;
	slot->slot_next = isp->isp_free_slot;
	isp->isp_free_slot = (uint16_t)index;
	isp->isp_outstanding--;
	return sp;
}

/* Walk all outstanding commands; *cursor starts at 0. */
struct isp_cmd *isp_handle_next(struct isp *isp, uint_t *cursor)
{
	while (*cursor < isp->isp_max_cmds) {
		struct isp_cmd *sp = isp->isp_slots[(*cursor)++].slot_cmd;

		if (sp)
			return sp;
	}
	return NULL;
}
