/* SPDX-License-Identifier: GPL-2.0 */
/* Handles of the DDI. */
#ifndef _SYS_DDITYPES_H
#define _SYS_DDITYPES_H

#include <sys/types.h>
#include <scsa/abi.h>

typedef struct dev_info dev_info_t;
typedef struct scsa_acc *ddi_acc_handle_t;
typedef struct scsa_dma_handle *ddi_dma_handle_t;
/* Of the functions before ddi_dma_getwin(9F), of which drivers still keep the types. */
typedef void *ddi_dma_win_t;
typedef void *ddi_dma_seg_t;
typedef struct ddi_eventcookie *ddi_eventcookie_t;
typedef struct ddi_callback_id *ddi_callback_id_t;

typedef struct ddi_device_acc_attr {
	ushort_t	devacc_attr_version;
	uchar_t		devacc_attr_endian_flags;
	uchar_t		devacc_attr_dataorder;
	uchar_t		devacc_attr_access;
} ddi_device_acc_attr_t;

/* ddi_prop_op(9F) */
typedef enum {
	PROP_LEN = 0,
	PROP_LEN_AND_VAL_BUF,
	PROP_LEN_AND_VAL_ALLOC,
	PROP_EXISTS
} ddi_prop_op_t;

#define DDI_DEVICE_ATTR_V0	1
#define DDI_DEVICE_ATTR_V1	2

#define DDI_NEVERSWAP_ACC	0
#define DDI_STRUCTURE_LE_ACC	1
#define DDI_STRUCTURE_BE_ACC	2

#define DDI_STRICTORDER_ACC	0
#define DDI_UNORDERED_OK_ACC	1
#define DDI_MERGING_OK_ACC	2
#define DDI_LOADCACHING_OK_ACC	3
#define DDI_STORECACHING_OK_ACC	4

#define DDI_DEFAULT_ACC		1
#define DDI_FLAGERR_ACC		2
#define DDI_CAUTIOUS_ACC	3

#endif /* _SYS_DDITYPES_H */
