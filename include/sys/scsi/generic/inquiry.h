/* SPDX-License-Identifier: GPL-2.0 */
/* scsi_inquiry(9S): INQUIRY data, and peripheral device types. */
#ifndef _SYS_SCSI_GENERIC_INQUIRY_H
#define _SYS_SCSI_GENERIC_INQUIRY_H

#include <sys/types.h>

struct scsi_inquiry {
	uchar_t	inq_dtype;	/* device type, and DPQ_* */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uchar_t	inq_qual:7,
		inq_rmb:1;
	uchar_t	inq_ansi:3,
		inq_ecma:3,
		inq_iso:2;
	uchar_t	inq_rdf:4,
		inq_hisup:1,
		inq_normaca:1,
		inq_trmiop:1,
		inq_aenc:1;
	uchar_t	inq_len;		/* bytes behind this one */
	uchar_t	inq_protect:1,
		inq_resv:2,
		inq_3pc:1,
		inq_tpgs:2,
		inq_acc:1,
		inq_sccs:1;
	uchar_t	inq_addr16:1,
		inq_addr32:1,
		inq_ackqreqq:1,
		inq_mchngr:1,
		inq_dualp:1,
		inq_port:1,
		inq_encserv:1,
		inq_bque:1;
	uchar_t	inq_sftre:1,
		inq_cmdque:1,
		inq_trandis:1,
		inq_linked:1,
		inq_sync:1,
		inq_wbus16:1,
		inq_wbus32:1,
		inq_reladdr:1;
#else
	uchar_t	inq_rmb:1,
		inq_qual:7;
	uchar_t	inq_iso:2,
		inq_ecma:3,
		inq_ansi:3;
	uchar_t	inq_aenc:1,
		inq_trmiop:1,
		inq_normaca:1,
		inq_hisup:1,
		inq_rdf:4;
	uchar_t	inq_len;		/* bytes behind this one */
	uchar_t	inq_sccs:1,
		inq_acc:1,
		inq_tpgs:2,
		inq_3pc:1,
		inq_resv:2,
		inq_protect:1;
	uchar_t	inq_bque:1,
		inq_encserv:1,
		inq_port:1,
		inq_dualp:1,
		inq_mchngr:1,
		inq_ackqreqq:1,
		inq_addr32:1,
		inq_addr16:1;
	uchar_t	inq_reladdr:1,
		inq_wbus32:1,
		inq_wbus16:1,
		inq_sync:1,
		inq_linked:1,
		inq_trandis:1,
		inq_cmdque:1,
		inq_sftre:1;
#endif
	char	inq_vid[8];	/* padded with blanks, not terminated */
	char	inq_pid[16];
	char	inq_revision[4];
};

/* Length without vendor-specific data, and the minimum that a device may send. */
#define SUN_INQSIZE		36
#define SUN_MIN_INQLEN		8

/* Peripheral qualifier, in inq_dtype */
#define DPQ_MASK		0xe0
#define DPQ_POSSIBLE		0x00	/* the device exists */
#define DPQ_SUPPORTED		0x20	/* a device could be attached */
#define DPQ_NEVER		0x60
#define DPQ_VUNIQ		0x80

/* Response data format, inq_rdf */
#define RDF_LEVEL0		0x00
#define RDF_CCS			0x01
#define RDF_SCSI2		0x02

#define DTYPE_MASK		0x1f
#define DTYPE_DIRECT		0x00
#define DTYPE_SEQUENTIAL	0x01
#define DTYPE_PRINTER		0x02
#define DTYPE_PROCESSOR		0x03
#define DTYPE_WORM		0x04
#define DTYPE_RODIRECT		0x05
#define DTYPE_SCANNER		0x06
#define DTYPE_OPTICAL		0x07
#define DTYPE_CHANGER		0x08
#define DTYPE_COMM		0x09
#define DTYPE_ARRAY_CTRL	0x0c
#define DTYPE_ESI		0x0d
#define DTYPE_RBC		0x0e
#define DTYPE_OCRW		0x0f
#define DTYPE_OSD		0x11
#define DTYPE_ADC		0x12
#define DTYPE_WELLKNOWN		0x1e
#define DTYPE_UNKNOWN		0x1f

#endif /* _SYS_SCSI_GENERIC_INQUIRY_H */
