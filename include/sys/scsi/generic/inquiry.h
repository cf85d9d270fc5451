/* SPDX-License-Identifier: GPL-2.0 */
/* Peripheral device types. */
#ifndef _SYS_SCSI_GENERIC_INQUIRY_H
#define _SYS_SCSI_GENERIC_INQUIRY_H

#define DTYPE_DIRECT		0x00
#define DTYPE_SEQUENTIAL	0x01
#define DTYPE_PRINTER		0x02
#define DTYPE_PROCESSOR		0x03
#define DTYPE_WORM		0x04
#define DTYPE_RODIRECT		0x05
#define DTYPE_SCANNER		0x06
#define DTYPE_OPTICAL		0x07
#define DTYPE_CHANGER		0x08
#define DTYPE_UNKNOWN		0x1f

#endif /* _SYS_SCSI_GENERIC_INQUIRY_H */
