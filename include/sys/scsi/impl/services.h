/* SPDX-License-Identifier: GPL-2.0 */
/* Functions of the framework for HBA drivers: scsi_hba_init(9F) and its family. */
#ifndef _SYS_SCSI_IMPL_SERVICES_H
#define _SYS_SCSI_IMPL_SERVICES_H

#include <sys/scsi/impl/transport.h>

/* Indices that scsi_hba_lookup_capstr(9F) returns. */
#define SCSI_CAP_DMA_MAX		0
#define SCSI_CAP_MSG_OUT		1
#define SCSI_CAP_DISCONNECT		2
#define SCSI_CAP_SYNCHRONOUS		3
#define SCSI_CAP_WIDE_XFER		4
#define SCSI_CAP_PARITY			5
#define SCSI_CAP_INITIATOR_ID		6
#define SCSI_CAP_UNTAGGED_QING		7
#define SCSI_CAP_TAGGED_QING		8
#define SCSI_CAP_ARQ			9
#define SCSI_CAP_LINKED_CMDS		10
#define SCSI_CAP_SECTOR_SIZE		11
#define SCSI_CAP_TOTAL_SECTORS		12
#define SCSI_CAP_GEOMETRY		13
#define SCSI_CAP_RESET_NOTIFICATION	14
#define SCSI_CAP_QFULL_RETRIES		15
#define SCSI_CAP_QFULL_RETRY_INTERVAL	16
#define SCSI_CAP_SCSI_VERSION		17
#define SCSI_CAP_INTERCONNECT_TYPE	18
#define SCSI_CAP_LUN_RESET		19
#define SCSI_CAP_CDB_LEN		20
#define SCSI_CAP_DMA_MAX_ARCH		21
#define SCSI_CAP_TRAN_LAYER_RETRIES	22
/*
 * Not in Solaris: commands that a LUN may have outstanding, if that is less than its target takes.
 */
#define SCSI_CAP_SCSA_QUEUE_DEPTH	23
/*
 * Not in Solaris, where each bus is an instance: buses of this HBA, 1 if the driver does not say. Bus b
 * has the targets from b * max_id on, where max_id is what the driver's glue states. tran_reset(9E)
 * must know RESET_BUS: it resets the bus of the address.
 */
#define SCSI_CAP_SCSA_BUSES		24

int scsa_scsi_hba_init(struct modlinkage *modlp);
void scsa_scsi_hba_fini(struct modlinkage *modlp);
scsi_hba_tran_t *scsa_scsi_hba_tran_alloc(dev_info_t *dip, int flags);
void scsa_scsi_hba_tran_free(scsi_hba_tran_t *tran);
int scsa_scsi_hba_attach_setup(dev_info_t *dip, ddi_dma_attr_t *attr, scsi_hba_tran_t *tran,
			       int flags);
int scsa_scsi_hba_detach(dev_info_t *dip);
struct scsi_pkt *scsa_scsi_hba_pkt_alloc(dev_info_t *dip, struct scsi_address *ap, int cmdlen,
					 int statuslen, int tgtlen, int hbalen,
					 int (*callback)(caddr_t), caddr_t arg);
void scsa_scsi_hba_pkt_free(struct scsi_address *ap, struct scsi_pkt *pkt);
void scsa_scsi_hba_pkt_comp(struct scsi_pkt *pkt);
int scsa_scsi_hba_probe(struct scsi_device *sd, int (*waitfunc)(caddr_t));
int scsa_scsi_hba_lookup_capstr(const char *capstr);

/* Reset notification: an HBA driver tells target drivers of a bus or device reset. */
struct scsi_reset_notify_entry;
int scsa_scsi_hba_reset_notify_setup(struct scsi_address *ap, int flag, void (*callback)(caddr_t),
				     caddr_t arg, kmutex_t *mutex,
				     struct scsi_reset_notify_entry **listp);
void scsa_scsi_hba_reset_notify_callback(kmutex_t *mutex, struct scsi_reset_notify_entry **listp);
void scsa_scsi_hba_reset_notify_tear_down(struct scsi_reset_notify_entry *listp);

/*
 * Entry points of cb_ops(9S) that drivers borrow for their minor nodes. There is no DEVCTL_* request,
 * so scsi_hba_ioctl() knows no command.
 */
int scsa_scsi_hba_open(dev_t *devp, int flag, int otyp, cred_t *credp);
int scsa_scsi_hba_close(dev_t dev, int flag, int otyp, cred_t *credp);
int scsa_scsi_hba_ioctl(dev_t dev, int cmd, intptr_t arg, int mode, cred_t *credp, int *rvalp);
#define scsi_hba_open		scsa_scsi_hba_open
#define scsi_hba_close		scsa_scsi_hba_close
#define scsi_hba_ioctl		scsa_scsi_hba_ioctl

/* There are no nodes to name: no node name, no "compatible" strings. */
static inline void scsi_hba_nodename_compatible_get(struct scsi_inquiry *inq, char *binding_set,
						    int dtype, char *compat0, char **nodenamep,
						    char ***compatiblep, int *ncompatiblep)
{
	*nodenamep = NULL;
	*compatiblep = NULL;
	*ncompatiblep = 0;
}

static inline void scsi_hba_nodename_compatible_free(char *nodename, char **compatible)
{
}

/* No instance is an iport. */
static inline char *scsi_hba_iport_unit_address(dev_info_t *dip)
{
	return NULL;
}

#define scsi_hba_init		scsa_scsi_hba_init
#define scsi_hba_fini		scsa_scsi_hba_fini
#define scsi_hba_tran_alloc	scsa_scsi_hba_tran_alloc
#define scsi_hba_tran_free	scsa_scsi_hba_tran_free
#define scsi_hba_attach_setup	scsa_scsi_hba_attach_setup
#define scsi_hba_detach		scsa_scsi_hba_detach
#define scsi_hba_pkt_alloc	scsa_scsi_hba_pkt_alloc
#define scsi_hba_pkt_free	scsa_scsi_hba_pkt_free
#define scsi_hba_probe		scsa_scsi_hba_probe
#define scsi_hba_in_panic	scsa_scsi_hba_in_panic
#define scsi_hba_pkt_comp	scsa_scsi_hba_pkt_comp
#define scsi_hba_lookup_capstr	scsa_scsi_hba_lookup_capstr
#define scsi_hba_reset_notify_setup	scsa_scsi_hba_reset_notify_setup
#define scsi_hba_reset_notify_callback	scsa_scsi_hba_reset_notify_callback
#define scsi_hba_reset_notify_tear_down	scsa_scsi_hba_reset_notify_tear_down

#endif /* _SYS_SCSI_IMPL_SERVICES_H */
