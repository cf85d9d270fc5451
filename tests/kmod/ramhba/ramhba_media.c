// SPDX-License-Identifier: GPL-2.0
/*
 * Devices other than fixed disks: tapes and medium changers ("dtype"), and media that come and go.
 *
 * A tape is a table of records. Their data is in the target's RAM disk, one after the other. Both
 * targets are of the same type. Commands of a target must come one at a time.
 */
#include "ramhba_impl.h"

#define SCMD_READ_ELEMENT_STATUS	0xb8
#define SCMD_MOVE_MEDIUM		0xa5
#define SCMD_INIT_ELEMENT_STATUS	0x07

enum {
	TAPE_REWIND = 0x01, TAPE_BLOCK_LIMITS = 0x05, TAPE_WRITE_FILEMARKS = 0x10, TAPE_SPACE = 0x11,
	TAPE_READ_POSITION = 0x34,
};

#define PAGE_ELEMENTS	0x1d	/* element address assignment */

enum { SPACE_BLOCKS, SPACE_FILEMARKS, SPACE_END = 3 };

/* In byte 1 of READ and WRITE. */
enum { TAPE_FIXED = 1, TAPE_SILI = 2 };

static uint_t get_be24(const uchar_t *p)
{
	return (uint_t)p[0] << 16 | p[1] << 8 | p[2];
}

static void put_be24(uchar_t *p, uint_t v)
{
	p[0] = v >> 16;
	p[1] = v >> 8;
	p[2] = v;
}

static struct scsi_extended_sense *sense_of(struct scsi_pkt *pkt)
{
	return &((struct scsi_arq_status *)pkt->pkt_scbp)->sts_sensedata;
}

/* Sense data with the information field: what READ or WRITE did not move, negative if too little was asked. */
static struct scsi_extended_sense *sense_info(struct scsi_pkt *pkt, uchar_t key, uchar_t asc,
					      uchar_t ascq, int info)
{
	struct scsi_extended_sense *sense = sense_of(pkt);

	ramhba_sense(pkt, key, asc);
	sense->es_qual_code = ascq;
	sense->es_valid = 1;
	sense->es_info_1 = (uint_t)info >> 24;
	sense->es_info_2 = (uint_t)info >> 16;
	sense->es_info_3 = (uint_t)info >> 8;
	sense->es_info_4 = (uint_t)info;
	return sense;
}

static size_t bad_field(struct scsi_pkt *pkt)
{
	ramhba_sense(pkt, KEY_ILLEGAL_REQUEST, 0x24);
	return 0;
}

/* Where the data of the next record begins. */
static uint_t tape_end(const struct ramhba_tape *tape)
{
	const struct ramhba_record *last = tape->tp_record + tape->tp_pos - 1;

	return tape->tp_pos ? last->rec_offset + last->rec_len : 0;
}

/* What reading or spacing meets instead of a record; sets the sense data, @left is not done. */
static boolean_t tape_stops(struct ramhba_tape *tape, struct scsi_pkt *pkt, int left)
{
	if (tape->tp_pos == tape->tp_count) {
		/* END-OF-DATA DETECTED */
		(void)sense_info(pkt, KEY_BLANK_CHECK, 0, 5, left);
		return B_TRUE;
	}
	if (!tape->tp_record[tape->tp_pos].rec_mark)
		return B_FALSE;
	tape->tp_pos++;
	/* FILEMARK DETECTED */
	sense_info(pkt, KEY_NO_SENSE, 0, 1, left)->es_filmk = 1;
	return B_TRUE;
}

static size_t tape_read_fixed(struct ramhba_tape *tape, struct scsi_pkt *pkt, caddr_t data)
{
	uint_t blocks = get_be24(&pkt->pkt_cdbp[2]), first = 0, len = 0, i;

	if (!tape->tp_block || (pkt->pkt_cdbp[1] & TAPE_SILI))
		return bad_field(pkt);
	for (i = 0; i < blocks && !tape_stops(tape, pkt, blocks - i); i++) {
		const struct ramhba_record *rec = &tape->tp_record[tape->tp_pos++];

		first = i ? first : rec->rec_offset;
		if (rec->rec_len != tape->tp_block) {
			sense_info(pkt, KEY_NO_SENSE, 0, 0, blocks - i)->es_ili = 1;
			break;
		}
		len += rec->rec_len;
	}
	return ramhba_move(pkt, data + first, len, B_TRUE);
}

static size_t tape_read(struct ramhba_tape *tape, struct scsi_pkt *pkt, caddr_t data)
{
	uint_t asked = get_be24(&pkt->pkt_cdbp[2]);
	const struct ramhba_record *rec;

	if (pkt->pkt_cdbp[1] & TAPE_FIXED)
		return tape_read_fixed(tape, pkt, data);
	if (!asked || tape_stops(tape, pkt, asked))
		return 0;
	rec = &tape->tp_record[tape->tp_pos++];
	if (rec->rec_len > asked || (rec->rec_len < asked && !(pkt->pkt_cdbp[1] & TAPE_SILI)))
		sense_info(pkt, KEY_NO_SENSE, 0, 0, (int)(asked - rec->rec_len))->es_ili = 1;
	return ramhba_move(pkt, data + rec->rec_offset, MIN(asked, rec->rec_len), B_TRUE);
}

/* Add a record; what came after it is lost. False at the end of the medium. */
static boolean_t tape_append(struct ramhba_tape *tape, uint_t len, boolean_t mark)
{
	uint_t offset = tape_end(tape);

	if (tape->tp_pos == RAMHBA_RECORDS || len > RAMHBA_TAPE - offset)
		return B_FALSE;
	tape->tp_record[tape->tp_pos++] = (struct ramhba_record){ offset, len, mark };
	tape->tp_count = tape->tp_pos;
	return B_TRUE;
}

/* After a WRITE: the medium's end is near. */
static void tape_warn(const struct ramhba_tape *tape, struct scsi_pkt *pkt)
{
	if (tape_end(tape) > RAMHBA_TAPE_EARLY)
		sense_info(pkt, KEY_NO_SENSE, 0, 2, 0)->es_eom = 1;
}

static size_t tape_write(struct ramhba_tape *tape, struct scsi_pkt *pkt, caddr_t data)
{
	boolean_t fixed = (pkt->pkt_cdbp[1] & TAPE_FIXED) != 0;
	uint_t asked = get_be24(&pkt->pkt_cdbp[2]);
	uint_t records = fixed ? asked : asked != 0, len = fixed ? tape->tp_block : asked, i;
	uint_t from = tape_end(tape);

	if (fixed && !tape->tp_block)
		return bad_field(pkt);
	for (i = 0; i < records && tape_append(tape, len, B_FALSE); i++)
		;
	if (i < records)
		sense_info(pkt, KEY_VOLUME_OVERFLOW, 0, 2, fixed ? records - i : asked)->es_eom = 1;
	else
		tape_warn(tape, pkt);
	return ramhba_move(pkt, data + from, (size_t)i * len, B_FALSE);
}

static void tape_write_filemarks(struct ramhba_tape *tape, struct scsi_pkt *pkt)
{
	uint_t n = get_be24(&pkt->pkt_cdbp[2]);

	for (; n && tape_append(tape, 0, B_TRUE); n--)
		;
	if (n)
		sense_info(pkt, KEY_VOLUME_OVERFLOW, 0, 2, n)->es_eom = 1;
}

/* One step over a record or a filemark. False if something else is in the way. */
static boolean_t tape_step(struct ramhba_tape *tape, struct scsi_pkt *pkt, boolean_t marks, int left)
{
	if (left < 0) {
		if (!tape->tp_pos) {
			sense_info(pkt, KEY_NO_SENSE, 0, 4, -left)->es_eom = 1;
			return B_FALSE;
		}
		tape->tp_pos--;
		if (!marks && tape->tp_record[tape->tp_pos].rec_mark) {
			sense_info(pkt, KEY_NO_SENSE, 0, 1, -left)->es_filmk = 1;
			return B_FALSE;
		}
		return B_TRUE;
	}
	if (marks && tape->tp_pos < tape->tp_count) {
		tape->tp_pos++;
		return B_TRUE;
	}
	if (tape_stops(tape, pkt, left))
		return B_FALSE;
	tape->tp_pos++;
	return B_TRUE;
}

static void tape_space(struct ramhba_tape *tape, struct scsi_pkt *pkt)
{
	int left = (int)(get_be24(&pkt->pkt_cdbp[2]) << 8) >> 8;
	uint_t what = pkt->pkt_cdbp[1] & 7, pos;

	if (what == SPACE_END) {
		tape->tp_pos = tape->tp_count;
		return;
	}
	if (what > SPACE_FILEMARKS) {
		(void)bad_field(pkt);
		return;
	}
	while (left) {
		int way = left < 0 ? -1 : 1;

		pos = tape->tp_pos;
		if (!tape_step(tape, pkt, what == SPACE_FILEMARKS, left))
			return;
		/* Filemarks are counted, records between them are not. */
		if (what == SPACE_BLOCKS || tape->tp_record[MIN(pos, tape->tp_pos)].rec_mark)
			left -= way;
	}
}

/* Header and block descriptor, without pages. */
static size_t tape_mode_sense(const struct ramhba_tape *tape, struct scsi_pkt *pkt)
{
	uchar_t reply[12] = { [0] = sizeof(reply) - 1, [2] = 0x10, [3] = 8 };

	put_be24(&reply[9], tape->tp_block);
	return ramhba_move(pkt, (caddr_t)reply, MIN(sizeof(reply), pkt->pkt_cdbp[4]), B_TRUE);
}

static size_t tape_mode_select(struct ramhba_tape *tape, struct scsi_pkt *pkt)
{
	uchar_t list[12];
	size_t moved = ramhba_move(pkt, (caddr_t)list, MIN(sizeof(list), pkt->pkt_cdbp[4]), B_FALSE);

	if (moved == sizeof(list) && list[3] == 8)
		tape->tp_block = get_be24(&list[9]);
	return moved;
}

static size_t tape_read_position(const struct ramhba_tape *tape, struct scsi_pkt *pkt)
{
	uchar_t reply[20] = { 0 };

	reply[0] = tape->tp_pos ? 0 : 0x80;
	put_be24(&reply[5], tape->tp_pos);
	put_be24(&reply[9], tape->tp_pos);
	return ramhba_move(pkt, (caddr_t)reply, sizeof(reply), B_TRUE);
}

static boolean_t tape_execute(struct ramhba *rh, struct scsi_pkt *pkt, size_t *moved)
{
	uint_t target = pkt->pkt_address.a_target;
	struct ramhba_tape *tape = &rh->rh_tape[target];

	switch (pkt->pkt_cdbp[0]) {
	case TAPE_REWIND:
		tape->tp_pos = 0;
		return B_TRUE;
	case TAPE_BLOCK_LIMITS: {
		uchar_t reply[6] = { 0, 0x80, 0, 0, 0, 1 };

		*moved = ramhba_move(pkt, (caddr_t)reply, sizeof(reply), B_TRUE);
		return B_TRUE;
	}
	case SCMD_READ:
		*moved = tape_read(tape, pkt, rh->rh_disk[target]);
		return B_TRUE;
	case SCMD_WRITE:
		*moved = tape_write(tape, pkt, rh->rh_disk[target]);
		return B_TRUE;
	case TAPE_WRITE_FILEMARKS:
		tape_write_filemarks(tape, pkt);
		return B_TRUE;
	case TAPE_SPACE:
		tape_space(tape, pkt);
		return B_TRUE;
	case SCMD_MODE_SENSE:
		*moved = tape_mode_sense(tape, pkt);
		return B_TRUE;
	case SCMD_MODE_SELECT:
		*moved = tape_mode_select(tape, pkt);
		return B_TRUE;
	case TAPE_READ_POSITION:
		*moved = tape_read_position(tape, pkt);
		return B_TRUE;
	default:
		return B_FALSE;
	}
}

/* Elements of a changer: an arm at address 0, slots from 1, drives after them. */
enum { ARM = 1, SLOT = 2, DRIVE = 4 };

#define FIRST_SLOT	1
#define FIRST_DRIVE	(FIRST_SLOT + RAMHBA_SLOTS)
#define ELEMENTS	(FIRST_DRIVE + RAMHBA_DRIVES)

static uint_t element_type(uint_t element)
{
	if (element < FIRST_SLOT)
		return ARM;
	return element < FIRST_DRIVE ? SLOT : DRIVE;
}

static size_t changer_mode_sense(struct scsi_pkt *pkt)
{
	uchar_t reply[24] = {
		[0] = sizeof(reply) - 1, [4] = PAGE_ELEMENTS, [5] = 18, [9] = 1,
		[11] = FIRST_SLOT, [13] = RAMHBA_SLOTS, [19] = FIRST_DRIVE, [21] = RAMHBA_DRIVES,
	};

	if ((pkt->pkt_cdbp[2] & 0x3f) != PAGE_ELEMENTS)
		return bad_field(pkt);
	return ramhba_move(pkt, (caddr_t)reply, MIN(sizeof(reply), pkt->pkt_cdbp[4]), B_TRUE);
}

/* The status of one element, as a page of its own. */
static size_t changer_status(const struct ramhba *rh, struct scsi_pkt *pkt)
{
	const uchar_t *cdb = pkt->pkt_cdbp;
	uint_t element = cdb[2] << 8 | cdb[3];
	uchar_t reply[32] = { 0 }, from;

	if (element >= ELEMENTS)
		return bad_field(pkt);
	reply[1] = element;
	reply[3] = 1;
	put_be24(&reply[5], 24);
	reply[8] = element_type(element);
	reply[11] = 16;
	put_be24(&reply[13], 16);
	reply[17] = element;
	from = rh->rh_element[pkt->pkt_address.a_target][element];
	reply[18] = 0x08 | (from != 0);
	if (from) {
		reply[25] = 0x80;
		reply[27] = from;
	}
	return ramhba_move(pkt, (caddr_t)reply, MIN(sizeof(reply), get_be24(&cdb[7])), B_TRUE);
}

/* The value of an element is where its medium was last in a slot, 0 if it is empty. */
static void changer_move(struct ramhba *rh, struct scsi_pkt *pkt)
{
	uchar_t *element = rh->rh_element[pkt->pkt_address.a_target];
	uint_t from = pkt->pkt_cdbp[4] << 8 | pkt->pkt_cdbp[5];
	uint_t to = pkt->pkt_cdbp[6] << 8 | pkt->pkt_cdbp[7];

	if (from >= ELEMENTS || to >= ELEMENTS) {
		/* INVALID ELEMENT ADDRESS */
		ramhba_sense(pkt, KEY_ILLEGAL_REQUEST, 0x21);
		sense_of(pkt)->es_qual_code = 1;
		return;
	}
	if (!element[from] || element[to]) {
		ramhba_sense(pkt, KEY_ILLEGAL_REQUEST, 0x3b);
		/* MEDIUM SOURCE ELEMENT EMPTY, MEDIUM DESTINATION ELEMENT FULL */
		sense_of(pkt)->es_qual_code = element[from] ? 0x0d : 0x0e;
		return;
	}
	element[to] = element_type(to) == SLOT ? to : element[from];
	element[from] = 0;
}

static boolean_t changer_execute(struct ramhba *rh, struct scsi_pkt *pkt, size_t *moved)
{
	switch (pkt->pkt_cdbp[0]) {
	case SCMD_INIT_ELEMENT_STATUS:
		return B_TRUE;
	case SCMD_MODE_SENSE:
		*moved = changer_mode_sense(pkt);
		return B_TRUE;
	case SCMD_READ_ELEMENT_STATUS:
		*moved = changer_status(rh, pkt);
		return B_TRUE;
	case SCMD_MOVE_MEDIUM:
		changer_move(rh, pkt);
		return B_TRUE;
	default:
		return B_FALSE;
	}
}

/* Half of the slots have a medium. */
void ramhba_media_init(struct ramhba *rh)
{
	uint_t target, slot;

	for (target = 0; target < RAMHBA_TARGETS; target++)
		for (slot = FIRST_SLOT; slot < FIRST_DRIVE; slot += 2)
			rh->rh_element[target][slot] = slot;
}

/* Take the media out, or put others in: blank ones, disks with half of the blocks. */
void ramhba_media_change(struct ramhba *rh, boolean_t in)
{
	uint_t target;

	for (target = 0; target < RAMHBA_TARGETS; target++) {
		bzero(rh->rh_disk[target], RAMHBA_SIZE);
		bzero(&rh->rh_tape[target], sizeof(rh->rh_tape[target]));
		rh->rh_attention[target] = in;
	}
	rh->rh_blocks = RAMHBA_SIZE / rh->rh_block / 2;
	rh->rh_empty = !in;
}

/* Is there a medium that the command can use? Sets the sense data if not. */
boolean_t ramhba_media_ready(struct ramhba *rh, struct scsi_pkt *pkt)
{
	boolean_t *attention = &rh->rh_attention[pkt->pkt_address.a_target];

	if (pkt->pkt_cdbp[0] == SCMD_INQUIRY)
		return B_TRUE;
	if (rh->rh_empty) {
		/* MEDIUM NOT PRESENT */
		ramhba_sense(pkt, KEY_NOT_READY, 0x3a);
		return B_FALSE;
	}
	if (!*attention)
		return B_TRUE;
	*attention = B_FALSE;
	/* NOT READY TO READY CHANGE, MEDIUM MAY HAVE CHANGED */
	ramhba_sense(pkt, KEY_UNIT_ATTENTION, 0x28);
	return B_FALSE;
}

/* Returns false for a command that is not the type's own. */
boolean_t ramhba_media_execute(struct ramhba *rh, struct scsi_pkt *pkt, size_t *moved)
{
	switch (rh->rh_dtype) {
	case DTYPE_SEQUENTIAL:
		return tape_execute(rh, pkt, moved);
	case DTYPE_CHANGER:
		return changer_execute(rh, pkt, moved);
	default:
		return B_FALSE;
	}
}
