/* SPDX-License-Identifier: GPL-2.0 */
/* Operation codes and CDB sizes. */
#ifndef _SYS_SCSI_GENERIC_COMMANDS_H
#define _SYS_SCSI_GENERIC_COMMANDS_H

#include <sys/types.h>

#define SCMD_TEST_UNIT_READY	0x00
#define SCMD_REZERO_UNIT	0x01
#define SCMD_REQUEST_SENSE	0x03
#define SCMD_FORMAT		0x04
#define SCMD_REASSIGN_BLOCK	0x07
#define SCMD_READ		0x08
#define SCMD_WRITE		0x0a
#define SCMD_SEEK		0x0b
#define SCMD_INQUIRY		0x12
#define SCMD_MODE_SELECT	0x15
#define SCMD_RESERVE		0x16
#define SCMD_RELEASE		0x17
#define SCMD_MODE_SENSE		0x1a
#define SCMD_START_STOP		0x1b
#define SCMD_GDIAG		0x1c
#define SCMD_SDIAG		0x1d
#define SCMD_DOORLOCK		0x1e
#define SCMD_READ_FORMAT_CAP	0x23
#define SCMD_READ_CAPACITY	0x25
#define SCMD_READ_G1		0x28
#define SCMD_WRITE_G1		0x2a
#define SCMD_SEEK_G1		0x2b
#define SCMD_WRITE_VERIFY	0x2e
#define SCMD_VERIFY		0x2f
#define SCMD_VERIFY_G0		0x13
#define SCMD_SYNCHRONIZE_CACHE	0x35
#define SCMD_READ_DEFECT_LIST	0x37
#define SCMD_WRITE_BUFFER	0x3b
#define SCMD_READ_BUFFER	0x3c
#define SCMD_WRITE_SAME_G1	0x41
#define SCMD_UNMAP		0x42
#define SCMD_LOG_SELECT_G1	0x4c
#define SCMD_LOG_SENSE_G1	0x4d
#define SCMD_MODE_SELECT_G1	0x55
#define SCMD_RESERVE_G1		0x56
#define SCMD_RELEASE_G1		0x57
#define SCMD_MODE_SENSE_G1	0x5a
#define SCMD_PERSISTENT_RESERVE_IN	0x5e
#define SCMD_PERSISTENT_RESERVE_OUT	0x5f
#define SCMD_READ_G4		0x88
#define SCMD_WRITE_G4		0x8a
#define SCMD_WRITE_VERIFY_G4	0x8e
#define SCMD_VERIFY_G4		0x8f
#define SCMD_SYNCHRONIZE_CACHE_G4	0x91
#define SCMD_WRITE_SAME_G4	0x93
#define SCMD_SVC_ACTION_IN_G4	0x9e
#define SSVC_ACTION_READ_CAPACITY_G4	0x10
#define SCMD_REPORT_LUNS	0xa0
#define SCMD_MAINTENANCE_IN	0xa3
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
#define CDB_SIZE	CDB_GROUP5

/* Data of READ CAPACITY(10) and (16), big-endian. */
struct scsi_capacity {
	uint32_t	capacity;
	uint32_t	lbasize;
};

struct scsi_capacity_16 {
	uint64_t	sc_capacity;
	uint32_t	sc_lbasize;
	uchar_t		sc_flags;
	uchar_t		sc_rsvd[19];
} __packed;

/* A CDB by its bytes, or by the fields of its group. */
union scsi_cdb {
	struct {
		uchar_t	cmd;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		uchar_t	tag:5,
			lun:3;
#else
		uchar_t	lun:3,
			tag:5;
#endif
		union {
			uchar_t	scsi[SCSI_CDB_SIZE - 2];
			struct scsi_g0 {
				uchar_t	addr1;
				uchar_t	addr0;
				uchar_t	count0;
				uchar_t	control;
			} g0;
			struct scsi_g1 {
				uchar_t	addr3;
				uchar_t	addr2;
				uchar_t	addr1;
				uchar_t	addr0;
				uchar_t	rsvd0;
				uchar_t	count1;
				uchar_t	count0;
				uchar_t	control;
			} g1;
			struct scsi_g4 {
				uchar_t	addr3;
				uchar_t	addr2;
				uchar_t	addr1;
				uchar_t	addr0;
				uchar_t	addtl_cdb_data3;
				uchar_t	addtl_cdb_data2;
				uchar_t	addtl_cdb_data1;
				uchar_t	addtl_cdb_data0;
				uchar_t	count3;
				uchar_t	count2;
				uchar_t	count1;
				uchar_t	count0;
				uchar_t	rsvd0;
				uchar_t	control;
			} g4;
			struct scsi_g5 {
				uchar_t	addr3;
				uchar_t	addr2;
				uchar_t	addr1;
				uchar_t	addr0;
				uchar_t	count3;
				uchar_t	count2;
				uchar_t	count1;
				uchar_t	count0;
				uchar_t	rsvd1;
				uchar_t	control;
			} g5;
		} sg;
	} cdb_un;
	uchar_t		cdb_opaque[SCSI_CDB_SIZE];
	uint32_t	cdb_long[SCSI_CDB_SIZE / sizeof(uint32_t)];
};

#define scc_cmd		cdb_un.cmd
#define scc_lun		cdb_un.lun
#define g0_addr2	cdb_un.tag
#define g0_addr1	cdb_un.sg.g0.addr1
#define g0_addr0	cdb_un.sg.g0.addr0
#define g0_count0	cdb_un.sg.g0.count0
#define g1_addr3	cdb_un.sg.g1.addr3
#define g1_addr2	cdb_un.sg.g1.addr2
#define g1_addr1	cdb_un.sg.g1.addr1
#define g1_addr0	cdb_un.sg.g1.addr0
#define g1_count1	cdb_un.sg.g1.count1
#define g1_count0	cdb_un.sg.g1.count0

#define SCSA_CDB_4(a, b, c, d) \
	(((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) | (d))
#define SCSA_CDB_GET4(group, member) \
	SCSA_CDB_4((group).member##3, (group).member##2, (group).member##1, (group).member##0)
#define GETG0ADDR(cdb)	SCSA_CDB_4(0, (cdb)->g0_addr2, (cdb)->g0_addr1, (cdb)->g0_addr0)
#define GETG0COUNT(cdb)	((cdb)->g0_count0)
#define GETG1ADDR(cdb)	SCSA_CDB_GET4((cdb)->cdb_un.sg.g1, addr)
#define GETG1COUNT(cdb)	SCSA_CDB_4(0, 0, (cdb)->g1_count1, (cdb)->g1_count0)
#define GETG4ADDR(cdb)	SCSA_CDB_GET4((cdb)->cdb_un.sg.g4, addr)
#define GETG4ADDRTL(cdb) SCSA_CDB_GET4((cdb)->cdb_un.sg.g4, addtl_cdb_data)
#define GETG4LONGADDR(cdb) (((uint64_t)GETG4ADDR(cdb) << 32) | GETG4ADDRTL(cdb))
#define GETG4COUNT(cdb)	SCSA_CDB_GET4((cdb)->cdb_un.sg.g4, count)
#define GETG5ADDR(cdb)	SCSA_CDB_GET4((cdb)->cdb_un.sg.g5, addr)
#define GETG5COUNT(cdb)	SCSA_CDB_GET4((cdb)->cdb_un.sg.g5, count)

#endif /* _SYS_SCSI_GENERIC_COMMANDS_H */
