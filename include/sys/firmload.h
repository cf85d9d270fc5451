/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Firmware images: firmload(9F).
 *
 * firmware_open() returns 0 or an errno (ENOENT: no such file); @image is a name below
 * /lib/firmware. All functions need thread context.
 */
#ifndef _SYS_FIRMLOAD_H
#define _SYS_FIRMLOAD_H

#include <sys/types.h>
#include <scsa/abi.h>

typedef struct scsa_firmware *firmware_handle_t;

#define firmware_open(drv, image, fhp)	scsa_firmware_open(drv, image, fhp)
#define firmware_close			scsa_firmware_close
#define firmware_get_size		scsa_firmware_get_size
#define firmware_read			scsa_firmware_read

#endif /* _SYS_FIRMLOAD_H */
