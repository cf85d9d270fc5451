/* SPDX-License-Identifier: GPL-2.0 */
/* What drivers that answer MODE SENSE take from sd(4D). */
#ifndef _SYS_SCSI_TARGETS_SDDEF_H
#define _SYS_SCSI_TARGETS_SDDEF_H

#include <sys/scsi/generic/mode.h>

#define SD_MODE_SENSE_PAGE3_CODE	MODEPAGE_FORMAT
#define SD_MODE_SENSE_PAGE4_CODE	MODEPAGE_GEOMETRY

#endif /* _SYS_SCSI_TARGETS_SDDEF_H */
