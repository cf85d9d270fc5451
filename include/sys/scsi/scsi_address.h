/* SPDX-License-Identifier: GPL-2.0 */
/* scsi_address(9S) */
#ifndef _SYS_SCSI_SCSI_ADDRESS_H
#define _SYS_SCSI_SCSI_ADDRESS_H

#include <sys/scsi/scsi_types.h>

struct scsi_hba_tran;
struct scsi_device;

struct scsi_address {
	struct scsi_hba_tran	*a_hba_tran;
	union {
		struct {
			ushort_t	a_target;
			uchar_t		a_lun;
			uchar_t		a_sublun;
		} spi;
		struct scsi_device	*a_sd;	/* SCSI_HBA_ADDR_COMPLEX */
	} a;
};

#define a_target	a.spi.a_target
#define a_lun		a.spi.a_lun
#define a_sublun	a.spi.a_sublun

#endif /* _SYS_SCSI_SCSI_ADDRESS_H */
