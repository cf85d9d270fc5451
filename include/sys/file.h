/* SPDX-License-Identifier: GPL-2.0 */
/* Flags of open(9E), modes of ioctl(9E). */
#ifndef _SYS_FILE_H
#define _SYS_FILE_H

#define FREAD			0x01
#define FWRITE			0x02
#define FNDELAY			0x04
#define FEXCL			0x0400
#define FNONBLOCK		0x80

/* The data model of ioctl(9E)'s caller, and whether the argument is a kernel address. */
#define FMODELS			0x0ff00000
#define DATAMODEL_ILP32		0x00100000
#define DATAMODEL_LP64		0x00200000
#define DATAMODEL_NONE		0
#define FKIOCTL			0x80000000

#endif /* _SYS_FILE_H */
