/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of the request and response rings, as they are in memory: little endian. Only the
 * functions of isp_iocb.c, and those below, touch their members.
 */
#ifndef _ISPCMD_H
#define _ISPCMD_H

#include "isptypes.h"

#define ISP_ENTRY_SIZE		64
#define ISP_CDB_MAX		12	/* in COMMAND entries */
#define ISP_CDB_USUAL		10
#define ISP_EXT_CDB_MAX		44	/* in EXTENDED COMMAND entries */
#define ISP_SENSE_MAX		32
#define ISP_CMD_SEGS32		4
#define ISP_CMD_SEGS64		2
#define ISP_CONT_SEGS32		7
#define ISP_CONT_SEGS64		5
#define ISP_MAX_CONT		254	/* entry_count has 8 bits and counts the command too */
#define ISP_TIME_MAX		0xffff	/* seconds, of a command */

/* entry_type */
#define IET_COMMAND		0x01
#define IET_CONT		0x02
#define IET_STATUS		0x03
#define IET_MARKER		0x04
#define IET_EXT_COMMAND		0x05
#define IET_COMMAND_A64		0x09
#define IET_CONT_A64		0x0a
#define IET_STATUS_CONT		0x10

/* entry_status */
#define IES_CONT		0x01	/* no error */
#define IES_FULL		0x02
#define IES_BAD_HEADER		0x04
#define IES_BAD_PAYLOAD		0x08
#define IES_BAD_COUNT		0x10
#define IES_ERROR		(IES_FULL | IES_BAD_HEADER | IES_BAD_PAYLOAD | IES_BAD_COUNT)

/* Control flags of a command */
#define ICF_NODISC		0x0001
#define ICF_HTAG		0x0002
#define ICF_OTAG		0x0004
#define ICF_STAG		0x0008
#define ICF_READ		0x0020
#define ICF_WRITE		0x0040
#define ICF_NO_SENSE		0x0100
#define ICF_NO_PARITY		0x1000

/* Completion status */
#define ICS_COMPLETE		0x00
#define ICS_INCOMPLETE		0x01
#define ICS_DMA			0x02
#define ICS_TRANSPORT		0x03
#define ICS_RESET		0x04
#define ICS_ABORTED		0x05
#define ICS_TIMEOUT		0x06
#define ICS_DATA_OVERRUN	0x07
#define ICS_UNDERRUN		0x15
#define ICS_QUEUE_FULL		0x1c
#define ICS_SENSE_FAILED	0x1e
#define ICS_COUNT		0x1f	/* later ones mean no more than "error", except these */
#define ICS_WIDE_FAILED		0x1f
#define ICS_SYNC_FAILED		0x20
#define ICS_PPR_FAILED		0x21

/* State flags: the upper byte of the word is pkt_state as scsi_pkt(9S) defines it */
#define ISF_STATE(flags)	((flags) >> 8 & 0x1f)
#define ISF_GOT_STATUS		0x1000
#define ISF_GOT_SENSE		0x2000
/* Status flags: pkt_statistics likewise */
#define IST_STATISTICS(flags)	((flags) & 0x7f)
#define IST_BUS_RESET		0x0008
#define IST_NEGOTIATED		0x0080

/* Target byte: bus in bit 7 */
#define ISP_TARGET_BYTE(bus, id) ((uint8_t)((bus) << 7 | (id)))

struct isp_header {
	uint8_t		ih_type;
	uint8_t		ih_count;
	uint8_t		ih_seq;
	uint8_t		ih_status;
};

struct isp_seg32 {
	uint32_t	s32_addr;
	uint32_t	s32_len;
};

struct isp_seg64 {
	uint32_t	s64_addr_lo;
	uint32_t	s64_addr_hi;
	uint32_t	s64_len;
};

struct isp_command {
	struct isp_header ic_hdr;
	uint32_t	ic_handle;
	uint8_t		ic_lun;
	uint8_t		ic_target;
	uint16_t	ic_cdblen;
	uint16_t	ic_flags;
	uint16_t	ic_reserved;
	uint16_t	ic_timeout;
	uint16_t	ic_nsegs;
	union {
		struct {
			uint8_t		cdb[ISP_CDB_MAX];
			struct isp_seg32 seg[ISP_CMD_SEGS32];
		} c32;
		struct {
			uint8_t		cdb[ISP_CDB_MAX];
			uint32_t	reserved[2];
			struct isp_seg64 seg[ISP_CMD_SEGS64];
		} c64;
		uint8_t		ext_cdb[ISP_EXT_CDB_MAX];
	} u;
};

struct isp_cont32 {
	struct isp_header n32_hdr;
	uint32_t	n32_reserved;
	struct isp_seg32 n32_seg[ISP_CONT_SEGS32];
};

struct isp_cont64 {
	struct isp_header n64_hdr;
	struct isp_seg64 n64_seg[ISP_CONT_SEGS64];
};

struct isp_marker {
	struct isp_header im_hdr;
	uint32_t	im_reserved;
	uint8_t		im_lun;
	uint8_t		im_target;
	uint8_t		im_modifier;
	uint8_t		im_reserved2[53];
};

/* SCSI statuses */
#define IS_STATUS_MASK	0x3e
#define IS_TASK_ABORTED	0x40

#define IMM_DEVICE	0
#define IMM_TARGET	1
#define IMM_BUS		2

struct isp_status {
	struct isp_header is_hdr;
	uint32_t	is_handle;
	uint16_t	is_scsi_status;
	uint16_t	is_completion;
	uint16_t	is_state_flags;
	uint16_t	is_status_flags;
	uint16_t	is_time;
	uint16_t	is_sense_len;
	uint32_t	is_resid;
	uint8_t		is_reserved[8];
	uint8_t		is_sense[ISP_SENSE_MAX];
};

union isp_entry {
	struct isp_header	hdr;
	struct isp_command	command;
	struct isp_cont32	cont32;
	struct isp_cont64	cont64;
	struct isp_marker	marker;
	struct isp_status	status;
	uint8_t			bytes[ISP_ENTRY_SIZE];
};

#define ISP_ASSERT_OFFSET(type, member, offset) \
	_Static_assert(offsetof(struct type, member) == (offset), #type "." #member)
#define ISP_ASSERT_SIZE(type) \
	_Static_assert(sizeof(struct type) == ISP_ENTRY_SIZE, #type)

ISP_ASSERT_SIZE(isp_command);
ISP_ASSERT_OFFSET(isp_command, ic_handle, 4);
ISP_ASSERT_OFFSET(isp_command, ic_lun, 8);
ISP_ASSERT_OFFSET(isp_command, ic_target, 9);
ISP_ASSERT_OFFSET(isp_command, ic_cdblen, 10);
ISP_ASSERT_OFFSET(isp_command, ic_flags, 12);
ISP_ASSERT_OFFSET(isp_command, ic_timeout, 16);
ISP_ASSERT_OFFSET(isp_command, ic_nsegs, 18);
ISP_ASSERT_OFFSET(isp_command, u.c32.cdb, 20);
ISP_ASSERT_OFFSET(isp_command, u.c32.seg, 32);
ISP_ASSERT_OFFSET(isp_command, u.c64.seg, 40);
ISP_ASSERT_OFFSET(isp_command, u.ext_cdb, 20);
ISP_ASSERT_SIZE(isp_cont32);
ISP_ASSERT_OFFSET(isp_cont32, n32_seg, 8);
ISP_ASSERT_SIZE(isp_cont64);
ISP_ASSERT_OFFSET(isp_cont64, n64_seg, 4);
ISP_ASSERT_SIZE(isp_marker);
ISP_ASSERT_OFFSET(isp_marker, im_lun, 8);
ISP_ASSERT_OFFSET(isp_marker, im_target, 9);
ISP_ASSERT_OFFSET(isp_marker, im_modifier, 10);
ISP_ASSERT_SIZE(isp_status);
ISP_ASSERT_OFFSET(isp_status, is_handle, 4);
ISP_ASSERT_OFFSET(isp_status, is_scsi_status, 8);
ISP_ASSERT_OFFSET(isp_status, is_completion, 10);
ISP_ASSERT_OFFSET(isp_status, is_state_flags, 12);
ISP_ASSERT_OFFSET(isp_status, is_status_flags, 14);
ISP_ASSERT_OFFSET(isp_status, is_sense_len, 18);
ISP_ASSERT_OFFSET(isp_status, is_resid, 20);
ISP_ASSERT_OFFSET(isp_status, is_sense, 32);
_Static_assert(sizeof(union isp_entry) == ISP_ENTRY_SIZE, "isp_entry");

/* What a command entry says, in host byte order */
struct isp_iocb {
	uint32_t	iocb_handle;
	const uint8_t	*iocb_cdb;
	uint16_t	iocb_cdblen;	/* 1 ... ISP_EXT_CDB_MAX */
	uint16_t	iocb_flags;
	uint16_t	iocb_timeout;
	uint16_t	iocb_nsegs;
	uint8_t		iocb_entries;	/* isp_iocb_entries() */
	uint8_t		iocb_target;
	uint8_t		iocb_lun;
	boolean_t	iocb_a64;
};

/* Where in the request ring the driver is putting a command */
struct isp_cursor {
	union isp_entry	*cur_ring;
	uint_t		cur_len;	/* entries of the ring */
	uint_t		cur_index;	/* of the current entry */
	uint_t		cur_nslots;	/* segments that it takes */
	union {
		struct isp_seg32 *s32;
		struct isp_seg64 *s64;
	} cur_seg;			/* segments of the current entry */
	boolean_t	cur_a64;
};

/* What a status entry says, in host byte order; trust none of it */
struct isp_completion {
	uint32_t	comp_handle;
	uint8_t		comp_type;
	uint8_t		comp_entry_status;
	uint8_t		comp_scsi_status;
	uint16_t	comp_completion;
	uint16_t	comp_state_flags;
	uint16_t	comp_status_flags;
	uint16_t	comp_sense_len;
	uint32_t	comp_resid;
};

uint_t isp_iocb_max_segs(uint_t entries, boolean_t a64);
uint_t isp_put_more_segments(union isp_entry *ring, uint_t len, uint_t index, boolean_t a64,
			     const ddi_dma_cookie_t *ck, uint_t n);
void isp_put_marker(union isp_entry *e, uint8_t target, uint8_t modifier);

/* Ring entries a command takes; more than 255 if it cannot be sent at all. */
static inline uint_t isp_iocb_entries(uint_t nsegs, uint_t cdblen, boolean_t a64)
{
	uint_t first = a64 ? ISP_CMD_SEGS64 : ISP_CMD_SEGS32;
	uint_t per = a64 ? ISP_CONT_SEGS64 : ISP_CONT_SEGS32;

	if (cdblen > ISP_CDB_MAX)
		first = 0;
	return nsegs <= first ? 1 : 1 + (nsegs - first + per - 1) / per;
}

/*
 * An entry's time limit for @seconds; 0: none. A time that does not fit is left to the midlayer and
 * the watchdog: the chip must not end a FORMAT UNIT early.
 */
static inline uint16_t isp_iocb_time(int seconds)
{
	return seconds > 0 && seconds <= ISP_TIME_MAX ? (uint16_t)seconds : 0;
}

/* SCSI-2 leaves bits 7, 6 and 0 to vendors. Later targets send TASK ABORTED, which has bit 6. */
static inline uint8_t isp_plain_status(uint16_t status)
{
	uint8_t byte = (uint8_t)status;

	return byte == IS_TASK_ABORTED ? byte : byte & IS_STATUS_MASK;
}

/*
 * Read the members of a response entry, each once: the chip may write the memory again. A refused
 * request comes back unchanged, so its handle is in the same place.
 */
#define ISP_ONCE(member)	__atomic_load_n(&(member), __ATOMIC_RELAXED)
static inline void isp_get_completion(const union isp_entry *e, struct isp_completion *c)
{
	const struct isp_status *is = &e->status;

	c->comp_type = ISP_ONCE(is->is_hdr.ih_type);
	c->comp_entry_status = ISP_ONCE(is->is_hdr.ih_status);
	c->comp_handle = LE_32(ISP_ONCE(is->is_handle));
	c->comp_scsi_status = isp_plain_status(LE_16(ISP_ONCE(is->is_scsi_status)));
	c->comp_completion = LE_16(ISP_ONCE(is->is_completion));
	c->comp_state_flags = LE_16(ISP_ONCE(is->is_state_flags));
	c->comp_status_flags = LE_16(ISP_ONCE(is->is_status_flags));
	c->comp_sense_len = LE_16(ISP_ONCE(is->is_sense_len));
	c->comp_resid = LE_32(ISP_ONCE(is->is_resid));
}
#undef ISP_ONCE

static inline void isp_put_header(union isp_entry *e, uint8_t type, uint8_t count)
{
	e->hdr.ih_type = type;
	e->hdr.ih_count = count;
	e->hdr.ih_seq = 0;
	e->hdr.ih_status = 0;
}

static inline void isp_put_cdb(uint8_t *to, uint_t room, const struct isp_iocb *io)
{
	struct usual {
		uint8_t		cdb[ISP_CDB_USUAL];
	};

	/* READ(10) and WRITE(10): assigning a structure costs a few moves, bcopy() a call. */
	if (io->iocb_cdblen == ISP_CDB_USUAL && room == ISP_CDB_MAX) {
		*(struct usual *)to = *(const struct usual *)io->iocb_cdb;
		bzero(to + ISP_CDB_USUAL, ISP_CDB_MAX - ISP_CDB_USUAL);
		return;
	}
	bcopy(io->iocb_cdb, to, io->iocb_cdblen);
	bzero(to + io->iocb_cdblen, room - io->iocb_cdblen);
}

/* Put a command's first entry at the cursor. The cursor is then ready for its segments. */
static inline void isp_put_command(struct isp_cursor *c, const struct isp_iocb *io)
{
	union isp_entry *e = &c->cur_ring[c->cur_index];
	struct isp_command *ic = &e->command;
	boolean_t ext = io->iocb_cdblen > ISP_CDB_MAX ? B_TRUE : B_FALSE;

	isp_put_header(e, ext ? IET_EXT_COMMAND : io->iocb_a64 ? IET_COMMAND_A64 : IET_COMMAND,
		       io->iocb_entries);
	ic->ic_handle = LE_32(io->iocb_handle);
	ic->ic_lun = io->iocb_lun;
	ic->ic_target = io->iocb_target;
	ic->ic_cdblen = LE_16(io->iocb_cdblen);
	ic->ic_flags = LE_16(io->iocb_flags);
	ic->ic_reserved = 0;
	ic->ic_timeout = LE_16(io->iocb_timeout);
	ic->ic_nsegs = LE_16(io->iocb_nsegs);
	c->cur_a64 = io->iocb_a64;
	if (ext) {
		isp_put_cdb(ic->u.ext_cdb, ISP_EXT_CDB_MAX, io);
		c->cur_nslots = 0;
		return;
	}
	isp_put_cdb(ic->u.c32.cdb, ISP_CDB_MAX, io);
	if (io->iocb_a64) {
		ic->u.c64.reserved[0] = 0;
		ic->u.c64.reserved[1] = 0;
		c->cur_seg.s64 = ic->u.c64.seg;
		c->cur_nslots = ISP_CMD_SEGS64;
	} else {
		c->cur_seg.s32 = ic->u.c32.seg;
		c->cur_nslots = ISP_CMD_SEGS32;
	}
}

static inline void isp_put_segs32(struct isp_seg32 *seg, const ddi_dma_cookie_t *ck, uint_t n)
{
	for (; n; n--, seg++, ck++) {
		seg->s32_addr = LE_32((uint32_t)ck->dmac_laddress);
		seg->s32_len = LE_32((uint32_t)ck->dmac_size);
	}
}

static inline void isp_put_segs64(struct isp_seg64 *seg, const ddi_dma_cookie_t *ck, uint_t n)
{
	for (; n; n--, seg++, ck++) {
		seg->s64_addr_lo = LE_32((uint32_t)ck->dmac_laddress);
		seg->s64_addr_hi = LE_32((uint32_t)(ck->dmac_laddress >> 32));
		seg->s64_len = LE_32((uint32_t)ck->dmac_size);
	}
}

static inline void isp_put_segs(const struct isp_cursor *c, const ddi_dma_cookie_t *ck, uint_t n)
{
	if (c->cur_a64)
		isp_put_segs64(c->cur_seg.s64, ck, n);
	else
		isp_put_segs32(c->cur_seg.s32, ck, n);
}

/*
 * Put the segments of the command that isp_put_command() has put. The cursor goes on by its members:
 * one that has an address costs each command a few stores.
 */
static inline void isp_put_segments(struct isp_cursor *c, const ddi_dma_cookie_t *ck, uint_t n)
{
	uint_t here = MIN(n, c->cur_nslots);

	isp_put_segs(c, ck, here);
	if (here < n)
		c->cur_index = isp_put_more_segments(c->cur_ring, c->cur_len, c->cur_index,
						     c->cur_a64, ck + here, n - here);
}

#endif /* _ISPCMD_H */
