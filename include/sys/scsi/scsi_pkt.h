/* SPDX-License-Identifier: GPL-2.0 */
/* scsi_pkt(9S): one SCSI command on its way between a target driver and an HBA driver. */
#ifndef _SYS_SCSI_SCSI_PKT_H
#define _SYS_SCSI_SCSI_PKT_H

#include <sys/scsi/scsi_types.h>
#include <sys/scsi/scsi_address.h>

/*
 * The HBA driver owns the packet from a successful tran_start(9E) until it calls the completion
 * function. It may write pkt_resid, pkt_reason, pkt_state, pkt_statistics, the status area and its
 * own private area, and nothing else. Drivers must not use sizeof (struct scsi_pkt).
 */
struct scsi_pkt {
	opaque_t		pkt_ha_private;
	struct scsi_address	pkt_address;
	opaque_t		pkt_private;
	void			(*pkt_comp)(struct scsi_pkt *pkt);
	uint_t			pkt_flags;
	int			pkt_time;	/* seconds, 0: no limit */
	uchar_t			*pkt_scbp;
	uchar_t			*pkt_cdbp;
	ssize_t			pkt_resid;
	uint_t			pkt_state;
	uint_t			pkt_statistics;
	uchar_t			pkt_reason;
	/* Set by scsi_hba_pkt_alloc(9F). */
	uint_t			pkt_cdblen;
	uint_t			pkt_tgtlen;
	uint_t			pkt_scblen;
	/* The current part of the buffer, set by the framework for drivers with tran_setup_pkt(9E). */
	ddi_dma_handle_t	pkt_handle;
	uint_t			pkt_numcookies;	/* 0: no DMA resources */
	ddi_dma_cookie_t	*pkt_cookies;
	off_t			pkt_dma_offset;	/* in the buffer */
	size_t			pkt_dma_len;
	uint_t			pkt_dma_flags;	/* DDI_DMA_* of the binding */
	int			pkt_path_instance;
	void			*pkt_stmp;
};

static inline int scsi_pkt_size(void)
{
	return sizeof(struct scsi_pkt);
}

/* A driver declares that it does not depend on that size. Here no driver may. */
static inline void scsi_size_clean(dev_info_t *dip)
{
}

/* pkt_flags */
#define FLAG_NOINTR		0x00000001
#define FLAG_NODISCON		0x00000002
#define FLAG_NOPARITY		0x00000008
#define FLAG_ACA		0x00000100
#define FLAG_SENSING		0x00000400
#define FLAG_IMMEDIATE_CB	0x00000800
#define FLAG_HTAG		0x00001000
#define FLAG_OTAG		0x00002000
#define FLAG_STAG		0x00004000
#define FLAG_TAGMASK		(FLAG_HTAG | FLAG_OTAG | FLAG_STAG)
#define FLAG_HEAD		0x00008000
#define FLAG_SILENT		0x00010000
#define FLAG_DIAGNOSE		0x00020000
#define FLAG_ISOLATE		0x00040000
#define FLAG_TLR		0x00080000
#define FLAG_RENEGOTIATE_WIDE_SYNC 0x01000000
#define FLAG_PKT_COMP_CALLED	0x20000000	/* the framework's */
/*
 * Our extension, seen only by drivers with a tran_commit(). More packets follow immediately, so the
 * driver need not ring its doorbell until a packet without the flag or a tran_commit() comes.
 */
#define FLAG_SCSA_MORE		0x10000000

/* pkt_reason */
#define CMD_CMPLT		0
#define CMD_INCOMPLETE		1
#define CMD_DMA_DERR		2
#define CMD_TRAN_ERR		3
#define CMD_RESET		4
#define CMD_ABORTED		5
#define CMD_TIMEOUT		6
#define CMD_DATA_OVR		7
#define CMD_CMD_OVR		8
#define CMD_STS_OVR		9
#define CMD_BADMSG		10
#define CMD_NOMSGOUT		11
#define CMD_XID_FAIL		12
#define CMD_IDE_FAIL		13
#define CMD_ABORT_FAIL		14
#define CMD_REJECT_FAIL		15
#define CMD_NOP_FAIL		16
#define CMD_PER_FAIL		17
#define CMD_BDR_FAIL		18
#define CMD_ID_FAIL		19
#define CMD_UNX_BUS_FREE	20
#define CMD_TAG_REJECT		21
#define CMD_TERMINATED		22
#define CMD_TLR_OFF		23
#define CMD_DEV_GONE		24

/* pkt_state */
#define STATE_GOT_BUS		0x01
#define STATE_GOT_TARGET	0x02
#define STATE_SENT_CMD		0x04
#define STATE_XFERRED_DATA	0x08
#define STATE_GOT_STATUS	0x10
#define STATE_ARQ_DONE		0x20
#define STATE_XARQ_DONE		0x40

/* pkt_statistics */
#define STAT_DISCON		0x01
#define STAT_SYNC		0x02
#define STAT_PERR		0x04
#define STAT_BUS_RESET		0x08
#define STAT_DEV_RESET		0x10
#define STAT_ABORTED		0x20
#define STAT_TIMEOUT		0x40
#define STAT_TERMINATED		0x80

/* Results of scsi_transport(9F) and tran_start(9E). */
#define TRAN_ACCEPT		1
#define TRAN_BUSY		0
#define TRAN_BADPKT		(-1)
#define TRAN_FATAL_ERROR	(-2)

#endif /* _SYS_SCSI_SCSI_PKT_H */
