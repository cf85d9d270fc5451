/* SPDX-License-Identifier: GPL-2.0 */
/* Packet and DMA resources for target drivers: scsi_init_pkt(9F), scsi_destroy_pkt(9F). */
#ifndef _SYS_SCSI_SCSI_RESOURCE_H
#define _SYS_SCSI_SCSI_RESOURCE_H

#include <sys/scsi/scsi_pkt.h>

/* Flags of scsi_init_pkt(9F). */
#define PKT_CONSISTENT		0x0001
#define PKT_DMA_PARTIAL		0x040000
#define PKT_XARQ		0x080000

struct scsi_pkt *scsa_scsi_init_pkt(struct scsi_address *ap, struct scsi_pkt *pkt, struct buf *bp,
				    int cmdlen, int statuslen, int privatelen, int flags,
				    int (*callback)(caddr_t), caddr_t arg);
void scsa_scsi_destroy_pkt(struct scsi_pkt *pkt);
void scsa_scsi_dmafree(struct scsi_pkt *pkt);
void scsa_scsi_sync_pkt(struct scsi_pkt *pkt);
struct buf *scsa_scsi_alloc_consistent_buf(struct scsi_address *ap, struct buf *in_bp,
					   size_t datalen, uint_t bflags,
					   int (*callback)(caddr_t), caddr_t arg);
void scsa_scsi_free_consistent_buf(struct buf *bp);
#define scsi_alloc_consistent_buf	scsa_scsi_alloc_consistent_buf
#define scsi_free_consistent_buf	scsa_scsi_free_consistent_buf
#define scsi_init_pkt		scsa_scsi_init_pkt
#define scsi_destroy_pkt	scsa_scsi_destroy_pkt
#define scsi_dmafree		scsa_scsi_dmafree
#define scsi_sync_pkt		scsa_scsi_sync_pkt

#endif /* _SYS_SCSI_SCSI_RESOURCE_H */
