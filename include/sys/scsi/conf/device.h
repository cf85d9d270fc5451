/* SPDX-License-Identifier: GPL-2.0 */
/* scsi_device(9S): one logical unit. Not Linux' structure of the same name. */
#ifndef _SYS_SCSI_CONF_DEVICE_H
#define _SYS_SCSI_CONF_DEVICE_H

#include <sys/scsi/scsi_address.h>

struct scsi_inquiry;
struct scsi_extended_sense;

struct scsi_device {
	struct scsi_address		sd_address;
	dev_info_t			*sd_dev;
	kmutex_t			sd_mutex;
	void				*sd_hba_private;
	struct scsi_inquiry		*sd_inq;
	struct scsi_extended_sense	*sd_sense;
	caddr_t				sd_private;
};

/* See scsi_device_hba_private_get(9F). */
static inline void *scsi_device_hba_private_get(struct scsi_device *sd)
{
	return sd->sd_hba_private;
}

static inline void scsi_device_hba_private_set(struct scsi_device *sd, void *data)
{
	sd->sd_hba_private = data;
}

/* Results of scsi_probe(9F). */
#define SCSIPROBE_EXISTS	0
#define SCSIPROBE_NONCCS	1
#define SCSIPROBE_NORESP	2
#define SCSIPROBE_NOMEM		3
#define SCSIPROBE_FAILURE	4
#define SCSIPROBE_BUSY		5
#define SCSIPROBE_NOMEM_CB	6

int scsa_scsi_probe(struct scsi_device *sd, int (*waitfunc)(caddr_t));
void scsa_scsi_unprobe(struct scsi_device *sd);
#define scsi_probe	scsa_scsi_probe
#define scsi_unprobe	scsa_scsi_unprobe

#endif /* _SYS_SCSI_CONF_DEVICE_H */
