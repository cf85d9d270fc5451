// SPDX-License-Identifier: GPL-2.0
/*
 * Handles: the names of commands in ring entries. A handle is an index, for a look-up in constant
 * time, and a generation, so that a stale, duplicate or invented handle from the chip finds no
 * command. isp_lock is held, except in isp_handles_init().
 */
#include "ispvar.h"

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
