/* SPDX-License-Identifier: GPL-2.0 */
/* Operation codes and CDB sizes. */
#ifndef _SYS_SCSI_GENERIC_COMMANDS_H
#define _SYS_SCSI_GENERIC_COMMANDS_H

#define SCMD_TEST_UNIT_READY	0x00
#define SCMD_REQUEST_SENSE	0x03
#define SCMD_READ		0x08
#define SCMD_WRITE		0x0a
#define SCMD_INQUIRY		0x12
#define SCMD_MODE_SENSE		0x1a
#define SCMD_READ_CAPACITY	0x25
#define SCMD_READ_G1		0x28
#define SCMD_WRITE_G1		0x2a
#define SCMD_READ_G4		0x88
#define SCMD_WRITE_G4		0x8a
#define SCMD_REPORT_LUNS	0xa0
#define SCMD_READ_G5		0xa8
#define SCMD_WRITE_G5		0xaa

#define CDB_GROUPID(op)	(((op) >> 5) & 7)
#define CDB_GROUP0	6
#define CDB_GROUP1	10
#define CDB_GROUP2	10
#define CDB_GROUP3	0
#define CDB_GROUP4	16
#define CDB_GROUP5	12
#define CDB_GROUP6	0
#define CDB_GROUP7	0
#define SCSI_CDB_SIZE	16

#endif /* _SYS_SCSI_GENERIC_COMMANDS_H */
