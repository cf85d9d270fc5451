/* SPDX-License-Identifier: GPL-2.0 */
/* What the simulated target driver, which is on the Solaris side, offers the schedule. */
#ifndef SIM_TARGET_H
#define SIM_TARGET_H

#include "machine.h"

struct scsa_lun;
struct target_io;

enum target_end {
	TARGET_GOOD,
	TARGET_FAILED,
	TARGET_BUSY,
};

/* NULL if one command cannot carry so much, or if memory is short in a panic. */
struct target_io *target_io_new(struct scsa_lun *lun, bool write, uint32_t lba, uint32_t blocks,
				uint32_t stamp);
uint8_t *target_io_data(struct target_io *io);
enum target_end target_io_poll(struct target_io *io);
void target_io_free(struct target_io *io);

#endif
