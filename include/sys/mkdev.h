/* SPDX-License-Identifier: GPL-2.0 */
/* Device numbers: getmajor(9F), getminor(9F), makedevice(9F). */
#ifndef _SYS_MKDEV_H
#define _SYS_MKDEV_H

#include <sys/types.h>
#include <linux/kdev_t.h>

#define getmajor(dev)		((major_t)MAJOR(dev))
#define getminor(dev)		((minor_t)MINOR(dev))
#define makedevice(maj, min)	((dev_t)MKDEV(maj, min))

#endif /* _SYS_MKDEV_H */
