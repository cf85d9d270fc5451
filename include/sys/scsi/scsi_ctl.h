/* SPDX-License-Identifier: GPL-2.0 */
/* Transport and control functions for target drivers: scsi_transport(9F), scsi_abort(9F). */
#ifndef _SYS_SCSI_SCSI_CTL_H
#define _SYS_SCSI_SCSI_CTL_H

#include <sys/scsi/scsi_pkt.h>

#define RESET_ALL	0
#define RESET_TARGET	1
#define RESET_BUS	2
#define RESET_LUN	3

#define SCSI_RESET_NOTIFY	0x01
#define SCSI_RESET_CANCEL	0x02

int scsa_scsi_transport(struct scsi_pkt *pkt);
int scsa_scsi_abort(struct scsi_address *ap, struct scsi_pkt *pkt);
int scsa_scsi_reset(struct scsi_address *ap, int level);
int scsa_scsi_reset_notify(struct scsi_address *ap, int flag, void (*callback)(caddr_t),
			   caddr_t arg);
int scsa_scsi_clear_task_set(struct scsi_address *ap);
int scsa_scsi_clear_aca(struct scsi_address *ap);
int scsa_scsi_terminate_task(struct scsi_address *ap, struct scsi_pkt *pkt);
int scsa_scsi_poll(struct scsi_pkt *pkt);
int scsa_scsi_ifgetcap(struct scsi_address *ap, const char *cap, int whom);
int scsa_scsi_ifsetcap(struct scsi_address *ap, const char *cap, int value, int whom);
#define scsi_transport	scsa_scsi_transport
#define scsi_abort	scsa_scsi_abort
#define scsi_reset	scsa_scsi_reset
#define scsi_reset_notify	scsa_scsi_reset_notify
#define scsi_clear_task_set	scsa_scsi_clear_task_set
#define scsi_clear_aca	scsa_scsi_clear_aca
#define scsi_terminate_task	scsa_scsi_terminate_task
#define scsi_poll	scsa_scsi_poll
#define scsi_ifgetcap	scsa_scsi_ifgetcap
#define scsi_ifsetcap	scsa_scsi_ifsetcap

#endif /* _SYS_SCSI_SCSI_CTL_H */
