// SPDX-License-Identifier: GPL-2.0
/* Which CDBs may be carried out as several commands, and how. */
#include "split.h"

/* Where a CDB keeps LBA and transfer length. */
static const struct form {
	uint8_t	cdblen;
	uint8_t	lba, lba_len;
	uint8_t	len, len_len;
} forms[] = {
	{  6,  1, 3,  4, 1 },	/* the LBA has 21 bits, and a length of 0 means 256 blocks */
	{ 10,  2, 4,  7, 2 },
	{ 12,  2, 4,  6, 4 },
	{ 16,  2, 8, 10, 4 },
	{ 32, 12, 8, 28, 4 },
};

/* Of the control byte; of byte 1 in SCSI-2. */
enum { CONTROL_LINK = 0x01, RELATIVE_ADDRESS = 0x01 };

enum { FORM_6, FORM_10, FORM_12, FORM_16, FORM_32, FORM_NONE };

#define LBA_6_BITS	21
#define LENGTH_6_ZERO	256

enum {
	READ_6 = 0x08, WRITE_6 = 0x0a, READ_REVERSE_6 = 0x0f, RECOVER_BUFFERED_DATA = 0x14,
	READ_10 = 0x28, WRITE_10 = 0x2a, WRITE_VERIFY_10 = 0x2e, VERIFY_10 = 0x2f,
	VARIABLE_LENGTH = 0x7f,
	READ_REVERSE_16 = 0x81, READ_16 = 0x88, WRITE_16 = 0x8a, WRITE_VERIFY_16 = 0x8e, VERIFY_16 = 0x8f,
	READ_12 = 0xa8, WRITE_12 = 0xaa, WRITE_VERIFY_12 = 0xae, VERIFY_12 = 0xaf,
	SERVICE_READ_32 = 0x0009, SERVICE_WRITE_32 = 0x000b,
	VARIABLE_LENGTH_32 = 0x18,	/* additional CDB length */
};

/* Peripheral device types that are addressed by block. */
enum { TYPE_DISK = 0x00, TYPE_CDROM = 0x05, TYPE_OPTICAL = 0x07, TYPE_RBC = 0x0e, TYPE_ZBC = 0x14 };

/* Types whose reads end where the data ends. */
enum { TYPE_TAPE = 0x01, TYPE_PROCESSOR = 0x03, TYPE_COMMUNICATIONS = 0x09 };

enum { STATUS_GOOD = 0x00, STATUS_CHECK_CONDITION = 0x02, STATUS_CONDITION_MET = 0x04 };

/* Response codes of current sense data, and the highest sense key that is not an error. */
enum { SENSE_FIXED = 0x70, SENSE_DESCRIPTOR = 0x72, KEY_RECOVERED = 0x01 };

static uint64_t get_be(const uint8_t *p, unsigned int n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

static void put_be(uint8_t *p, unsigned int n, uint64_t v)
{
	while (n--) {
		p[n] = v;
		v >>= 8;
	}
}

static unsigned int form_32(const uint8_t *cdb, unsigned int cdblen)
{
	unsigned int service;

	if (cdblen < 32 || cdb[7] != VARIABLE_LENGTH_32)
		return FORM_NONE;
	service = get_be(&cdb[8], 2);
	return service == SERVICE_READ_32 || service == SERVICE_WRITE_32 ? FORM_32 : FORM_NONE;
}

/*
 * With BYTCHK 1 VERIFY compares the medium with the buffer. With 3 it compares many blocks with the
 * one in the buffer, which cannot be split.
 */
static bool verify_has_data(const uint8_t *cdb)
{
	return (cdb[1] & 0x06) == 0x02;
}

static unsigned int form_of(const uint8_t *cdb, unsigned int cdblen)
{
	unsigned int form = FORM_NONE;

	if (!cdblen)
		return FORM_NONE;
	switch (cdb[0]) {
	case READ_6:
	case WRITE_6:
		form = FORM_6;
		break;
	case READ_10:
	case WRITE_10:
	case WRITE_VERIFY_10:
	case VERIFY_10:
		form = FORM_10;
		break;
	case READ_12:
	case WRITE_12:
	case WRITE_VERIFY_12:
	case VERIFY_12:
		form = FORM_12;
		break;
	case READ_16:
	case WRITE_16:
	case WRITE_VERIFY_16:
	case VERIFY_16:
		form = FORM_16;
		break;
	case VARIABLE_LENGTH:
		return form_32(cdb, cdblen);
	default:
		return FORM_NONE;
	}
	if (cdblen < forms[form].cdblen)
		return FORM_NONE;
	switch (cdb[0]) {
	case VERIFY_10:
	case VERIFY_12:
	case VERIFY_16:
		return verify_has_data(cdb) ? form : FORM_NONE;
	default:
		return form;
	}
}

/* Protection information travels with the data and would need its reference tags rewritten. */
static bool has_protection(const uint8_t *cdb, unsigned int form, bool lun_in_cdb)
{
	switch (form) {
	case FORM_6:
		return false;
	case FORM_32:
		return cdb[10] & 0xe0;
	default:
		/* SCSI-2 has the LUN in these bits, and no protection information. */
		return !lun_in_cdb && (cdb[1] & 0xe0);
	}
}

/* A linked command belongs to the ones around it, and may count its LBA from the one before. */
static bool is_linked(const uint8_t *cdb, unsigned int form)
{
	switch (form) {
	case FORM_6:
		return cdb[5] & CONTROL_LINK;
	case FORM_32:
		return cdb[1] & CONTROL_LINK;
	default:
		return (cdb[forms[form].cdblen - 1] & CONTROL_LINK) || (cdb[1] & RELATIVE_ADDRESS);
	}
}

static bool is_block_device(uint8_t device_type)
{
	switch (device_type) {
	case TYPE_DISK:
	case TYPE_CDROM:
	case TYPE_OPTICAL:
	case TYPE_RBC:
	case TYPE_ZBC:
		return true;
	default:
		return false;
	}
}

static uint64_t lba_of(const uint8_t *cdb, unsigned int form)
{
	uint64_t lba = get_be(&cdb[forms[form].lba], forms[form].lba_len);

	return form == FORM_6 ? lba & ((1U << LBA_6_BITS) - 1) : lba;
}

static uint64_t blocks_of(const uint8_t *cdb, unsigned int form)
{
	uint64_t blocks = get_be(&cdb[forms[form].len], forms[form].len_len);

	return form == FORM_6 && !blocks ? LENGTH_6_ZERO : blocks;
}

static uint64_t max_lba(unsigned int form)
{
	if (form == FORM_6)
		return (1U << LBA_6_BITS) - 1;
	return forms[form].lba_len == 8 ? UINT64_MAX : UINT32_MAX;
}

/**
 * split_read_varies() - may a target legitimately have more data than the CDB asks for?
 * @cdb: command
 * @cdblen: its length
 * @device_type: peripheral device type
 *
 * Return: true for reads of a record, message or packet, whose length the medium or the other side
 *	decides; false where the CDB sets the length, or the target truncates its data to it.
 */
bool split_read_varies(const uint8_t *cdb, unsigned int cdblen, uint8_t device_type)
{
	if (!cdblen)
		return false;
	switch (device_type) {
	case TYPE_TAPE:
		return cdb[0] == READ_6 || cdb[0] == READ_REVERSE_6 || cdb[0] == RECOVER_BUFFERED_DATA ||
		       cdb[0] == READ_16 || cdb[0] == READ_REVERSE_16;
	case TYPE_PROCESSOR:
		return cdb[0] == READ_6;
	case TYPE_COMMUNICATIONS:
		return cdb[0] == READ_6 || cdb[0] == READ_10 || cdb[0] == READ_12;
	default:
		return false;
	}
}

static bool sense_is_warning(const uint8_t *sense, unsigned int len)
{
	if (!len)
		return false;
	switch (sense[0] & 0x7f) {
	case SENSE_FIXED:
		return len > 2 && (sense[2] & 0x0f) <= KEY_RECOVERED;
	case SENSE_DESCRIPTOR:
		return len > 1 && (sense[1] & 0x0f) <= KEY_RECOVERED;
	default:
		return false;
	}
}

/**
 * split_carried_out() - did the target carry out a command?
 * @status: SCSI status
 * @sense: sense data
 * @len: its length
 *
 * Return: true for GOOD, CONDITION MET, and CHECK CONDITION with NO SENSE or RECOVERED ERROR for
 *	this command; false for a deferred error: an earlier command caused it, and the target did
 *	not carry out this one.
 */
bool split_carried_out(uint8_t status, const uint8_t *sense, unsigned int len)
{
	switch (status) {
	case STATUS_GOOD:
	case STATUS_CONDITION_MET:
		return true;
	case STATUS_CHECK_CONDITION:
		return sense_is_warning(sense, len);
	default:
		return false;
	}
}

/**
 * split_parse() - may a command be carried out in parts?
 * @cdb: command
 * @cdblen: its length
 * @bufflen: bytes of its buffer
 * @block_size: bytes of a logical block, as READ CAPACITY says; 0 if not known
 * @device_type: peripheral device type
 * @lun_in_cdb: bits 7:5 of byte 1 are the LUN, as in SCSI-2
 * @split: takes what split_rewrite() needs
 *
 * Return: SPLIT_OK, or why not.
 */
enum split_class split_parse(const uint8_t *cdb, unsigned int cdblen, uint64_t bufflen,
			     uint32_t block_size, uint8_t device_type, bool lun_in_cdb,
			     struct split_cdb *split)
{
	unsigned int form = form_of(cdb, cdblen);

	if (form == FORM_NONE || has_protection(cdb, form, lun_in_cdb) || is_linked(cdb, form))
		return SPLIT_NOT_BLOCKS;
	if (!is_block_device(device_type))
		return SPLIT_DEVICE;
	split->form = form;
	split->block_size = block_size;
	split->lba = lba_of(cdb, form);
	split->blocks = blocks_of(cdb, form);
	/* 32 bits each, so the product fits. */
	if (!block_size || !split->blocks || split->blocks * block_size != bufflen)
		return SPLIT_MISMATCH;
	if (split->blocks - 1 > max_lba(form) - split->lba)
		return SPLIT_RANGE;
	return SPLIT_OK;
}

/**
 * split_rewrite() - write LBA and length of a part into a copy of the CDB
 * @split: from split_parse()
 * @cdb: copy of the CDB; nothing else in it changes
 * @offset: start of the part, in bytes from the start of the transfer
 * @bytes: length of the part
 *
 * Return: 0, or -EINVAL if the part is not a whole number of blocks inside the transfer.
 */
int split_rewrite(const struct split_cdb *split, uint8_t *cdb, uint64_t offset, uint64_t bytes)
{
	const struct form *f = &forms[split->form];
	uint64_t first, blocks, rest_first, rest;

	first = div64_u64_rem(offset, split->block_size, &rest_first);
	blocks = div64_u64_rem(bytes, split->block_size, &rest);
	if (rest_first || rest || !blocks || first >= split->blocks ||
	    blocks > split->blocks - first)
		return -EINVAL;
	if (split->form == FORM_6) {
		/* The upper 3 bits of byte 1 are not the LBA's. A length of 256 is stored as 0. */
		cdb[1] = (cdb[1] & 0xe0) | ((split->lba + first) >> 16);
		put_be(&cdb[2], 2, split->lba + first);
	} else {
		put_be(&cdb[f->lba], f->lba_len, split->lba + first);
	}
	put_be(&cdb[f->len], f->len_len, blocks);
	return 0;
}
