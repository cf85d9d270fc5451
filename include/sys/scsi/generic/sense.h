/* SPDX-License-Identifier: GPL-2.0 */
/* Sense data, fixed format. */
#ifndef _SYS_SCSI_GENERIC_SENSE_H
#define _SYS_SCSI_GENERIC_SENSE_H

#include <sys/types.h>

#define SENSE_LENGTH		20
#define CLASS_EXTENDED_SENSE	0x7
#define CODE_FMT_FIXED_CURRENT	0x0
#define CODE_FMT_FIXED_DEFERRED	0x1
#define CODE_FMT_DESCR_CURRENT	0x2
#define CODE_FMT_DESCR_DEFERRED	0x3

#define KEY_NO_SENSE		0x00
#define KEY_RECOVERABLE_ERROR	0x01
#define KEY_NOT_READY		0x02
#define KEY_MEDIUM_ERROR	0x03
#define KEY_HARDWARE_ERROR	0x04
#define KEY_ILLEGAL_REQUEST	0x05
#define KEY_UNIT_ATTENTION	0x06
#define KEY_DATA_PROTECT	0x07
#define KEY_BLANK_CHECK		0x08
#define KEY_VENDOR_UNIQUE	0x09
#define KEY_COPY_ABORTED	0x0a
#define KEY_ABORTED_COMMAND	0x0b
#define KEY_EQUAL		0x0c
#define KEY_VOLUME_OVERFLOW	0x0d
#define KEY_MISCOMPARE		0x0e
#define KEY_WRITE_PROTECT	KEY_DATA_PROTECT
#define KEY_RESERVED		0x0f

struct scsi_extended_sense {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uchar_t	es_code:4,
		es_class:3,
		es_valid:1;
#else
	uchar_t	es_valid:1,
		es_class:3,
		es_code:4;
#endif
	uchar_t	es_segnum;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uchar_t	es_key:4,
		es_resvd:1,
		es_ili:1,
		es_eom:1,
		es_filmk:1;
#else
	uchar_t	es_filmk:1,
		es_eom:1,
		es_ili:1,
		es_resvd:1,
		es_key:4;
#endif
	uchar_t	es_info_1;
	uchar_t	es_info_2;
	uchar_t	es_info_3;
	uchar_t	es_info_4;
	uchar_t	es_add_len;
	uchar_t	es_cmd_info[4];
	uchar_t	es_add_code;
	uchar_t	es_qual_code;
	uchar_t	es_fru_code;
	uchar_t	es_skey_specific[3];
	uchar_t	es_add_info[2];
};

/* The descriptor format: this header, then descriptors that begin with a type and a length. */
struct scsi_descr_sense_hdr {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uchar_t	ds_code:4,
		ds_class:3,
		ds_reserved:1;
	uchar_t	ds_key:4,
		ds_reserved2:4;
#else
	uchar_t	ds_reserved:1,
		ds_class:3,
		ds_code:4;
	uchar_t	ds_reserved2:4,
		ds_key:4;
#endif
	uchar_t	ds_add_code;
	uchar_t	ds_qual_code;
	uchar_t	ds_reserved3[3];
	uchar_t	ds_addl_sense_length;
};

/* The descriptor of the information field, which is a block's address of 64 bits. */
#define DESCR_INFORMATION	0x00

struct scsi_information_sense_descr {
	uchar_t	isd_descr_type;		/* DESCR_INFORMATION */
	uchar_t	isd_addl_length;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uchar_t	isd_reserved:7,
		isd_valid:1;
#else
	uchar_t	isd_valid:1,
		isd_reserved:7;
#endif
	uchar_t	isd_reserved2;
	uchar_t	isd_information[8];
};

#define SCSI_IS_DESCR_SENSE(p)							\
	(((struct scsi_extended_sense *)(p))->es_code == CODE_FMT_DESCR_CURRENT ||	\
	 ((struct scsi_extended_sense *)(p))->es_code == CODE_FMT_DESCR_DEFERRED)

#endif /* _SYS_SCSI_GENERIC_SENSE_H */
