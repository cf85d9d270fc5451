/* SPDX-License-Identifier: GPL-2.0 */
/* Sizes and limits of SCSI. */
#ifndef _SYS_SCSI_SCSI_PARAMS_H
#define _SYS_SCSI_SCSI_PARAMS_H

#define NTARGETS	8
#define NTARGETS_WIDE	16
#define NLUNS_PER_TARGET 8

#endif /* _SYS_SCSI_SCSI_PARAMS_H */
