/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which CDBs may be carried out as several commands, and how; pure.
 *
 * Only those that move logical blocks and mean the same in parts: READ and WRITE (6, 10, 12, 16,
 * 32), WRITE AND VERIFY and VERIFY with data (10, 12, 16), on devices that are addressed by block.
 */
#ifndef _COMPAT_SPLIT_H
#define _COMPAT_SPLIT_H

#include "pure.h"

enum split_class {
	SPLIT_OK,
	SPLIT_NOT_BLOCKS,	/* not a block transfer, or one that changes its meaning in parts */
	SPLIT_DEVICE,		/* not a device addressed by block */
	SPLIT_MISMATCH,		/* CDB and buffer disagree about the length */
	SPLIT_RANGE,		/* the last block has no address in a CDB of this size */
};

struct split_cdb {
	uint64_t	lba;
	uint64_t	blocks;
	uint32_t	block_size;
	uint8_t		form;		/* which bytes hold LBA and length */
};

enum split_class split_parse(const uint8_t *cdb, unsigned int cdblen, uint64_t bufflen,
			     uint32_t block_size, uint8_t device_type, bool lun_in_cdb,
			     struct split_cdb *split);
int split_rewrite(const struct split_cdb *split, uint8_t *cdb, uint64_t offset, uint64_t bytes);
bool split_read_varies(const uint8_t *cdb, unsigned int cdblen, uint8_t device_type);
bool split_carried_out(uint8_t status, const uint8_t *sense, unsigned int len);

#endif /* _COMPAT_SPLIT_H */
