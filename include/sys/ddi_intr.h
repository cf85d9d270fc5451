/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupts: ddi_intr_alloc(9F) and its family.
 *
 * A handler of a driver in the thread model runs in an interrupt thread and may block; one of a
 * driver in the atomic model runs in the hard interrupt. The priority a handle reports tells
 * mutex_init(9F) which lock serves, through DDI_INTR_PRI().
 */
#ifndef _SYS_DDI_INTR_H
#define _SYS_DDI_INTR_H

#include <sys/dditypes.h>

typedef struct scsa_intr *ddi_intr_handle_t;
typedef uint_t (ddi_intr_handler_t)(caddr_t arg1, caddr_t arg2);

#define DDI_INTR_TYPE_FIXED	0x1
#define DDI_INTR_TYPE_MSI	0x2
#define DDI_INTR_TYPE_MSIX	0x4

#define DDI_INTR_ALLOC_NORMAL	0
#define DDI_INTR_ALLOC_STRICT	1

#define DDI_INTR_FLAG_LEVEL	0x0001
#define DDI_INTR_FLAG_EDGE	0x0002
#define DDI_INTR_FLAG_MASKABLE	0x0010
#define DDI_INTR_FLAG_PENDING	0x0020
#define DDI_INTR_FLAG_BLOCK	0x0100

#define DDI_INTR_UNCLAIMED	0
#define DDI_INTR_CLAIMED	1

#define DDI_INTR_PRI(pri)	((void *)(uintptr_t)(pri))

#define ddi_intr_get_supported_types	scsa_intr_get_supported_types
#define ddi_intr_get_nintrs		scsa_intr_get_nintrs
#define ddi_intr_get_navail		scsa_intr_get_nintrs
#define ddi_intr_alloc			scsa_intr_alloc
#define ddi_intr_free			scsa_intr_free
#define ddi_intr_get_pri		scsa_intr_get_pri
#define ddi_intr_get_cap		scsa_intr_get_cap
#define ddi_intr_add_handler(h, handler, arg1, arg2) \
	scsa_intr_add_handler(h, (scsa_intr_handler_t)(handler), arg1, arg2)
#define ddi_intr_remove_handler		scsa_intr_remove_handler
#define ddi_intr_enable			scsa_intr_enable
#define ddi_intr_disable		scsa_intr_disable

#endif /* _SYS_DDI_INTR_H */
