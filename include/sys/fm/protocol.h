/* SPDX-License-Identifier: GPL-2.0 */
/* Payload of ereports: ddi_fm_ereport_post(9F). */
#ifndef _SYS_FM_PROTOCOL_H
#define _SYS_FM_PROTOCOL_H

#include <sys/types.h>

#define FM_MAX_CLASS		100
#define FM_VERSION		"version"
#define FM_EREPORT_VERS0	0
#define FM_EREPORT_VERSION	FM_EREPORT_VERS0
#define FM_ENA_FMT0		0
#define FM_ENA_FMT1		1
#define FM_ENA_FMT2		2

/* Types of values. */
#define DATA_TYPE_INT16		3
#define DATA_TYPE_UINT16	4
#define DATA_TYPE_INT32		5
#define DATA_TYPE_UINT32	6
#define DATA_TYPE_INT64		7
#define DATA_TYPE_UINT64	8
#define DATA_TYPE_STRING	9
#define DATA_TYPE_BOOLEAN_VALUE	21
#define DATA_TYPE_INT8		22
#define DATA_TYPE_UINT8		23

#endif /* _SYS_FM_PROTOCOL_H */
