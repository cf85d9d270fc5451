/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Linux versus Linux: the only file that knows what changed in the kernel. compat/Kbuild finds out
 * by looking into the kernel's headers and defines SCSA_HAVE_*. Sorted by kernel header.
 */
#ifndef _COMPAT_LINUX_COMPAT_H
#define _COMPAT_LINUX_COMPAT_H

#include <linux/pci.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_host.h>

/* The kernels that are supported; tools/vm reads it here. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(8, 0, 0)
#error "scsa supports Linux 6.1 to 7.x"
#endif

/* linux/pci.h, 6.8: PCI_IRQ_LEGACY became PCI_IRQ_INTX, and went away in 6.12. */
#ifndef PCI_IRQ_INTX
#define PCI_IRQ_INTX	PCI_IRQ_LEGACY
#endif

/* linux/pci.h: went away by 6.12. A card whose memory BAR has no address is refused from then on. */
#ifndef SCSA_HAVE_PCI_ENABLE_DEVICE_IO
#define pci_enable_device_io	pci_enable_device
#endif

/* linux/workqueue.h, 6.17: what was the default has a name, and no name gives a warning in 7.3. */
#ifndef SCSA_HAVE_WQ_PERCPU
#define WQ_PERCPU	0
#endif

/* scsi/scsi_cmnd.h: bytes of CDB a scsi_cmnd holds. */
#define LINUX_MAX_CDB	((int)sizeof_field(struct scsi_cmnd, cmnd))

/* scsi/scsi_host.h, 7.0: queuecommand returns an enum. */
#ifdef SCSA_HAVE_SCSI_QC_STATUS
typedef enum scsi_qc_status qc_status_t;
#else
typedef int qc_status_t;
#endif

/* scsi/scsi_host.h, 6.2: eh_timed_out() has result values of its own. */
#ifdef SCSA_HAVE_SCSI_TIMEOUT_ACTION
typedef enum scsi_timeout_action linux_timed_out_t;
#define LINUX_RESET_TIMER	SCSI_EH_RESET_TIMER
#define LINUX_NOT_HANDLED	SCSI_EH_NOT_HANDLED
#else
typedef enum blk_eh_timer_return linux_timed_out_t;
#define LINUX_RESET_TIMER	BLK_EH_RESET_TIMER
#define LINUX_NOT_HANDLED	BLK_EH_DONE
#endif

/* scsi/scsi_host.h, 6.14: slave_alloc became sdev_init; configure and destroy likewise. */
#ifndef SCSA_HAVE_SDEV_INIT
#define sdev_init	slave_alloc
#define sdev_configure	slave_configure
#define sdev_destroy	slave_destroy
#endif

/* scsi/scsi_host.h, 6.14: sdev_configure() is also given the queue limits. */
#ifdef SCSA_HAVE_SDEV_INIT
#define LINUX_SDEV_CONFIGURE_ARGS	struct scsi_device *sdev, struct queue_limits *lim
#else
#define LINUX_SDEV_CONFIGURE_ARGS	struct scsi_device *sdev
#endif

#endif /* _COMPAT_LINUX_COMPAT_H */
