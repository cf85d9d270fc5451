/* SPDX-License-Identifier: GPL-2.0 */
/* Umbrella header of SCSA: all that a SCSI HBA or target driver must include. */
#ifndef _SYS_SCSI_SCSI_H
#define _SYS_SCSI_SCSI_H

#include <sys/scsi/scsi_types.h>
#include <sys/scsi/scsi_address.h>
#include <sys/scsi/scsi_pkt.h>
#include <sys/scsi/scsi_params.h>
#include <sys/scsi/scsi_ctl.h>
#include <sys/scsi/scsi_resource.h>
#include <sys/scsi/conf/autoconf.h>
#include <sys/scsi/conf/device.h>
#include <sys/scsi/generic/commands.h>
#include <sys/scsi/generic/inquiry.h>
#include <sys/scsi/generic/message.h>
#include <sys/scsi/generic/mode.h>
#include <sys/scsi/generic/sense.h>
#include <sys/scsi/generic/status.h>
#include <sys/scsi/impl/services.h>
#include <sys/scsi/impl/transport.h>

#endif /* _SYS_SCSI_SCSI_H */
