/* SPDX-License-Identifier: GPL-2.0 */
/* ioctl(9E) of disks: what drivers of logical volumes answer. Linux never sends these commands. */
#ifndef _SYS_DKIO_H
#define _SYS_DKIO_H

#include <sys/types.h>
#include <sys/dklabel.h>

#define DKIOC			(0x04 << 8)
#define DKIOCGGEOM		(DKIOC | 1)
#define DKIOCINFO		(DKIOC | 3)
#define DKIOCEJECT		(DKIOC | 6)
#define DKIOCGVTOC		(DKIOC | 11)
#define DKIOCSVTOC		(DKIOC | 12)
#define DKIOCFLUSHWRITECACHE	(DKIOC | 34)
#define DKIOCGMEDIAINFO		(DKIOC | 42)

#define DK_DEVLEN		16
#define DKC_UNKNOWN		0
#define DKC_SCSI_CCS		14

struct dk_cinfo {
	char		dki_cname[DK_DEVLEN];
	ushort_t	dki_ctype;
	ushort_t	dki_flags;
	ushort_t	dki_cnum;
	uint_t		dki_addr;
	uint_t		dki_space;
	uint_t		dki_prio;
	uint_t		dki_vec;
	char		dki_dname[DK_DEVLEN];
	uint_t		dki_unit;
	uint_t		dki_slave;
	ushort_t	dki_partition;
	ushort_t	dki_maxtransfer;
};

struct dk_geom {
	ushort_t	dkg_ncyl;
	ushort_t	dkg_acyl;
	ushort_t	dkg_bcyl;
	ushort_t	dkg_nhead;
	ushort_t	dkg_obs1;
	ushort_t	dkg_nsect;
	ushort_t	dkg_intrlv;
	ushort_t	dkg_obs2;
	ushort_t	dkg_obs3;
	ushort_t	dkg_apc;
	ushort_t	dkg_rpm;
	ushort_t	dkg_pcyl;
	ushort_t	dkg_write_reinstruct;
	ushort_t	dkg_read_reinstruct;
	ushort_t	dkg_extra[7];
};

#endif /* _SYS_DKIO_H */
