/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupts: ddi_intr_alloc(9F) and its family.
 *
 * In the thread model a driver's handler runs in an interrupt thread and may block. In the atomic
 * model it runs in the hard interrupt. A handle reports a priority. Passed to mutex_init(9F)
 * through DDI_INTR_PRI(), it selects the right kind of lock.
 */
#ifndef _SYS_DDI_INTR_H
#define _SYS_DDI_INTR_H

#include <sys/dditypes.h>

typedef struct scsa_intr *ddi_intr_handle_t;
typedef struct scsa_softint *ddi_softint_handle_t;
typedef struct scsa_softint *ddi_softintr_t;
typedef void *ddi_iblock_cookie_t;
typedef union { uint_t idev_all; } ddi_idevice_cookie_t;
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

#define DDI_INTR_NOTFOUND	1

/* Priorities. None is above the level at which a driver's locks work. */
#define DDI_INTR_SOFTPRI_MIN	1
#define DDI_INTR_SOFTPRI_MAX	9
#define DDI_INTR_SOFTPRI_DEFAULT DDI_INTR_SOFTPRI_MIN
#define DDI_SOFTINT_FIXED	0
#define DDI_SOFTINT_LOW		8
#define DDI_SOFTINT_MED		128
#define DDI_SOFTINT_HIGH	256
#define ddi_intr_get_hilevel_pri() 10

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
#define ddi_intr_block_enable		scsa_intr_block_enable
#define ddi_intr_block_disable		scsa_intr_block_disable

/* Soft interrupts: ddi_intr_add_softint(9F); the handler runs in a thread. */
#define ddi_intr_add_softint(dip, hp, pri, handler, arg1) \
	scsa_softint_add(dip, hp, pri, (scsa_intr_handler_t)(handler), arg1)
#define ddi_intr_trigger_softint	scsa_softint_trigger
#define ddi_intr_remove_softint		scsa_softint_remove
#define ddi_intr_get_softint_pri	scsa_softint_get_pri

/* The older interface: ddi_add_intr(9F), ddi_add_softintr(9F). */
#define ddi_get_iblock_cookie		scsa_get_iblock_cookie
#define ddi_intr_hilevel		scsa_intr_hilevel
#define ddi_add_intr(dip, inumber, cookiep, idevicep, handler, arg) \
	scsa_add_intr(dip, inumber, cookiep, (uint_t *)(idevicep), handler, arg)
#define ddi_remove_intr			scsa_remove_intr
#define ddi_get_soft_iblock_cookie	scsa_get_soft_iblock_cookie
#define ddi_add_softintr(dip, preference, idp, cookiep, idevicep, handler, arg) \
	scsa_add_softintr(dip, preference, idp, cookiep, (uint_t *)(idevicep), handler, arg)
#define ddi_remove_softintr(id)		((void)scsa_softint_remove(id))
#define ddi_trigger_softintr(id)	((void)scsa_softint_trigger(id, NULL))

#endif /* _SYS_DDI_INTR_H */
