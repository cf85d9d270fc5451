/* SPDX-License-Identifier: GPL-2.0 */
/* MODE SENSE data: header, block descriptor, pages. */
#ifndef _SYS_SCSI_GENERIC_MODE_H
#define _SYS_SCSI_GENERIC_MODE_H

#include <sys/types.h>

struct mode_header {
	uchar_t	length;
	uchar_t	medium_type;
	uchar_t	device_specific;
	uchar_t	bdesc_length;
};

struct mode_header_g1 {
	ushort_t	length;
	uchar_t		medium_type;
	uchar_t		device_specific;
	uchar_t		reserved[2];
	ushort_t	bdesc_length;
};

struct block_descriptor {
	uchar_t	density_code;
	uchar_t	blks_hi;
	uchar_t	blks_mid;
	uchar_t	blks_lo;
	uchar_t	reserved;
	uchar_t	blksize_hi;
	uchar_t	blksize_mid;
	uchar_t	blksize_lo;
};

#define MODE_HEADER_LENGTH	(sizeof(struct mode_header))
#define MODE_HEADER_LENGTH_G1	(sizeof(struct mode_header_g1))
#define MODE_BLK_DESC_LENGTH	(sizeof(struct block_descriptor))

struct mode_page {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uchar_t	code:6,
		resv:1,
		ps:1;
#else
	uchar_t	ps:1,
		resv:1,
		code:6;
#endif
	uchar_t	length;
};

#define MODEPAGE_ERR_RECOV	0x01
#define MODEPAGE_DISCO_RECO	0x02
#define MODEPAGE_FORMAT		0x03
#define MODEPAGE_GEOMETRY	0x04
#define MODEPAGE_CACHING	0x08
#define MODEPAGE_CTRL_MODE	0x0a
#define MODEPAGE_INFO_EXCPT	0x1c
#define MODEPAGE_ALLPAGES	0x3f

struct mode_format {
	struct mode_page	mode_page;
	ushort_t		tracks_per_zone;
	ushort_t		alt_sect_zone;
	ushort_t		alt_tracks_zone;
	ushort_t		alt_tracks_vol;
	ushort_t		sect_track;
	ushort_t		data_bytes_sect;
	ushort_t		interleave;
	ushort_t		track_skew;
	ushort_t		cylinder_skew;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uchar_t			resv:3,
				_reserved_ins:1,
				surf:1,
				rmb:1,
				hsec:1,
				ssec:1;
#else
	uchar_t			ssec:1,
				hsec:1,
				rmb:1,
				surf:1,
				_reserved_ins:1,
				resv:3;
#endif
	uchar_t			reserved[2];
};

struct mode_geometry {
	struct mode_page	mode_page;
	uchar_t			cyl_ub;
	uchar_t			cyl_mb;
	uchar_t			cyl_lb;
	uchar_t			heads;
	uchar_t			precomp_cyl_ub;
	uchar_t			precomp_cyl_mb;
	uchar_t			precomp_cyl_lb;
	uchar_t			current_cyl_ub;
	uchar_t			current_cyl_mb;
	uchar_t			current_cyl_lb;
	ushort_t		step_rate;
	uchar_t			landing_cyl_ub;
	uchar_t			landing_cyl_mb;
	uchar_t			landing_cyl_lb;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uchar_t			rpl:2,
				resv:6;
#else
	uchar_t			resv:6,
				rpl:2;
#endif
	uchar_t			rotational_offset;
	uchar_t			reserved;
	ushort_t		rpm;
	uchar_t			reserved2[2];
};

#endif /* _SYS_SCSI_GENERIC_MODE_H */
