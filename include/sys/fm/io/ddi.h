/* SPDX-License-Identifier: GPL-2.0 */
/* Classes of ereports that drivers post: ddi_fm_ereport_post(9F). */
#ifndef _SYS_FM_IO_DDI_H
#define _SYS_FM_IO_DDI_H

#define DDI_FM_DEVICE			"device"
#define DDI_FM_DEVICE_INVAL_STATE	"inval_state"
#define DDI_FM_DEVICE_NO_RESPONSE	"no_response"
#define DDI_FM_DEVICE_STALL		"stall"
#define DDI_FM_DEVICE_BADINT_LIMIT	"badint_limit"
#define DDI_FM_DEVICE_INTERN_CORR	"intern_corr"
#define DDI_FM_DEVICE_INTERN_UNCORR	"intern_uncorr"

#endif /* _SYS_FM_IO_DDI_H */
