/* SPDX-License-Identifier: GPL-2.0 */
/* What every SCSA header needs. */
#ifndef _SYS_SCSI_SCSI_TYPES_H
#define _SYS_SCSI_SCSI_TYPES_H

#include <sys/types.h>
#include <sys/param.h>
#include <sys/errno.h>
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/buf.h>
#include <sys/conf.h>
#include <sys/kstat.h>
#include <sys/mkdev.h>
#include <sys/modctl.h>
#include <sys/open.h>
#include <sys/stat.h>
#include <sys/sunndi.h>

/* Callbacks for resource shortage. The values equal DDI_DMA_DONTWAIT and DDI_DMA_SLEEP. */
#define NULL_FUNC	((int (*)(caddr_t))0)
#define SLEEP_FUNC	((int (*)(caddr_t))1)

#endif /* _SYS_SCSI_SCSI_TYPES_H */
