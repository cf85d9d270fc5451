/* SPDX-License-Identifier: GPL-2.0 */
/* scsi_hba_tran(9S): what an HBA driver offers; the tran_* entry points of section 9E. */
#ifndef _SYS_SCSI_IMPL_TRANSPORT_H
#define _SYS_SCSI_IMPL_TRANSPORT_H

#include <sys/scsi/scsi_pkt.h>
#include <sys/scsi/conf/device.h>

typedef struct scsi_hba_tran scsi_hba_tran_t;

struct scsi_hba_tran {
	dev_info_t	*tran_hba_dip;
	void		*tran_hba_private;
	void		*tran_tgt_private;
	struct scsi_device *tran_sd;

	int	(*tran_tgt_init)(dev_info_t *hba_dip, dev_info_t *tgt_dip,
				 scsi_hba_tran_t *tran, struct scsi_device *sd);
	int	(*tran_tgt_probe)(struct scsi_device *sd, int (*waitfunc)(caddr_t));
	void	(*tran_tgt_free)(dev_info_t *hba_dip, dev_info_t *tgt_dip,
				 scsi_hba_tran_t *tran, struct scsi_device *sd);
	int	(*tran_start)(struct scsi_address *ap, struct scsi_pkt *pkt);
	int	(*tran_reset)(struct scsi_address *ap, int level);
	int	(*tran_abort)(struct scsi_address *ap, struct scsi_pkt *pkt);
	int	(*tran_getcap)(struct scsi_address *ap, char *cap, int whom);
	int	(*tran_setcap)(struct scsi_address *ap, char *cap, int value, int whom);
	struct scsi_pkt *(*tran_init_pkt)(struct scsi_address *ap, struct scsi_pkt *pkt,
					  struct buf *bp, int cmdlen, int statuslen, int tgtlen,
					  int flags, int (*callback)(caddr_t), caddr_t arg);
	void	(*tran_destroy_pkt)(struct scsi_address *ap, struct scsi_pkt *pkt);
	void	(*tran_dmafree)(struct scsi_address *ap, struct scsi_pkt *pkt);
	void	(*tran_sync_pkt)(struct scsi_address *ap, struct scsi_pkt *pkt);
	int	(*tran_reset_notify)(struct scsi_address *ap, int flag, void (*callback)(caddr_t),
				     caddr_t arg);
	int	(*tran_get_bus_addr)(struct scsi_device *sd, char *name, int len);
	int	(*tran_get_name)(struct scsi_device *sd, char *name, int len);
	int	(*tran_clear_aca)(struct scsi_address *ap);
	int	(*tran_clear_task_set)(struct scsi_address *ap);
	int	(*tran_terminate_task)(struct scsi_address *ap, struct scsi_pkt *pkt);
	int	(*tran_quiesce)(dev_info_t *hba_dip);
	int	(*tran_unquiesce)(dev_info_t *hba_dip);
	int	(*tran_bus_reset)(dev_info_t *hba_dip, int level);

	int		tran_hba_flags;
	int		tran_interconnect_type;

	/* The other packet style, in place of tran_init_pkt() ... tran_sync_pkt(). */
	int	(*tran_pkt_constructor)(struct scsi_pkt *pkt, scsi_hba_tran_t *tran, int kmflag);
	void	(*tran_pkt_destructor)(struct scsi_pkt *pkt, scsi_hba_tran_t *tran);
	int	(*tran_setup_pkt)(struct scsi_pkt *pkt, int (*callback)(caddr_t), caddr_t arg);
	void	(*tran_teardown_pkt)(struct scsi_pkt *pkt);
	void		*tran_pkt_cache_ptr;	/* the framework's */
	size_t		tran_hba_len;	/* bytes at pkt_ha_private, up to 64 KiB */

	ddi_dma_attr_t	tran_dma_attr;	/* the framework's copy */

	/* Never called: nothing is below an HBA's node, and events have no receiver. */
	int	(*tran_bus_config)(dev_info_t *hba_dip, uint_t flags, ddi_bus_config_op_t op, void *arg,
				   dev_info_t **childp);
	int	(*tran_bus_unconfig)(dev_info_t *hba_dip, uint_t flags, ddi_bus_config_op_t op,
				     void *arg);
	int	(*tran_get_eventcookie)(dev_info_t *hba_dip, dev_info_t *dip, char *name,
					ddi_eventcookie_t *cookiep);
	int	(*tran_add_eventcall)(dev_info_t *hba_dip, dev_info_t *dip, ddi_eventcookie_t cookie,
				      void (*callback)(dev_info_t *dip, ddi_eventcookie_t cookie,
						       void *arg, void *data),
				      void *arg, ddi_callback_id_t *idp);
	int	(*tran_remove_eventcall)(dev_info_t *hba_dip, ddi_callback_id_t id);
	int	(*tran_post_event)(dev_info_t *hba_dip, dev_info_t *dip, ddi_eventcookie_t cookie,
				   void *data);

	/*
	 * Our extension, optional: ring the doorbell for packets accepted with FLAG_SCSA_MORE.
	 * Called in any context, but never concurrently with tran_start() of the same batch.
	 */
	void		(*tran_commit)(scsi_hba_tran_t *tran);
	/*
	 * Our extension, optional: what the capabilities synchronous and wide-xfer cannot say of a
	 * target. A target starts with all zero. When a SCSA_SPI_SET returns, the next command
	 * negotiates. DDI_SUCCESS, or DDI_FAILURE if there is no answer now. Called in a thread.
	 */
	int		(*tran_spi)(struct scsi_address *ap, enum scsa_spi_op op,
				    struct scsa_spi *spi);
};

/* Flags of scsi_hba_attach_setup(9F), and of scsi_hba_tran_alloc(9F). */
#define SCSI_HBA_TRAN_CLONE	0x01
#define SCSI_HBA_TRAN_CDB	0x04
#define SCSI_HBA_TRAN_SCB	0x08
#define SCSI_HBA_HBA		0x10
#define SCSI_HBA_ADDR_SPI	0x20
#define SCSI_HBA_ADDR_COMPLEX	0x40
#define SCSI_HBA_CANSLEEP	0x01

/* Minor numbers of an HBA's nodes. */
#define INST_MINOR_SHIFT	6
#define TRAN_MINOR_MASK		((1 << INST_MINOR_SHIFT) - 1)
#define DEVCTL_MINOR		0
#define SCSI_MINOR		1
#define INST2DEVCTL(x)		(((x) << INST_MINOR_SHIFT) | DEVCTL_MINOR)
#define INST2SCSI(x)		(((x) << INST_MINOR_SHIFT) | SCSI_MINOR)
#define MINOR2INST(x)		((x) >> INST_MINOR_SHIFT)

#define INTERCONNECT_PARALLEL	1
#define INTERCONNECT_FIBRE	2
#define INTERCONNECT_1394	3
#define INTERCONNECT_SSA	4
#define INTERCONNECT_FABRIC	5
#define INTERCONNECT_USB	6
#define INTERCONNECT_ATAPI	7
#define INTERCONNECT_ISCSI	8
#define INTERCONNECT_IBSRP	9
#define INTERCONNECT_SATA	10
#define INTERCONNECT_SAS	11

#endif /* _SYS_SCSI_IMPL_TRANSPORT_H */
