/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault management: ddi_fm_init(9F), ddi_fm_acc_err_get(9F), ddi_fm_ereport_post(9F).
 *
 * Ereports and service impacts become lines in the kernel log. An access or DMA handle has an
 * error as long as its device does not answer. Error callbacks are never granted: Linux' PCI error
 * recovery reaches a driver as DDI_SUSPEND and DDI_RESUME.
 */
#ifndef _SYS_DDIFM_H
#define _SYS_DDIFM_H

#include <sys/dditypes.h>
#include <sys/ddi_intr.h>

#define DDI_FM_OK		0
#define DDI_FM_FATAL		(-1)
#define DDI_FM_NONFATAL		(-2)
#define DDI_FM_UNKNOWN		(-3)

#define DDI_FM_NOT_CAPABLE	0x0
#define DDI_FM_EREPORT_CAPABLE	0x1
#define DDI_FM_ACCCHK_CAPABLE	0x2
#define DDI_FM_DMACHK_CAPABLE	0x4
#define DDI_FM_ERRCB_CAPABLE	0x8

#define DDI_FM_DEFAULT_CAP(cap)	((cap) == DDI_FM_NOT_CAPABLE)
#define DDI_FM_EREPORT_CAP(cap)	((cap) & DDI_FM_EREPORT_CAPABLE)
#define DDI_FM_ACC_ERR_CAP(cap)	((cap) & DDI_FM_ACCCHK_CAPABLE)
#define DDI_FM_DMA_ERR_CAP(cap)	((cap) & DDI_FM_DMACHK_CAPABLE)
#define DDI_FM_ERRCB_CAP(cap)	((cap) & DDI_FM_ERRCB_CAPABLE)

#define DDI_FM_ERR_UNEXPECTED	0
#define DDI_FM_ERR_EXPECTED	1
#define DDI_FM_ERR_POKE		2
#define DDI_FM_ERR_PEEK		3

#define DDI_SERVICE_LOST	(-32)
#define DDI_SERVICE_DEGRADED	(-16)
#define DDI_SERVICE_UNAFFECTED	0
#define DDI_SERVICE_RESTORED	16

typedef struct ddi_fm_error {
	int			fme_version;
	int			fme_status;	/* DDI_FM_OK ... */
	int			fme_flag;	/* DDI_FM_ERR_* */
	uint64_t		fme_ena;
	ddi_acc_handle_t	fme_acc_handle;
	ddi_dma_handle_t	fme_dma_handle;
	void			*fme_bus_specific;
	int			fme_bus_type;
} ddi_fm_error_t;

#define DDI_FME_VER0		0
#define DDI_FME_VER1		1
#define DDI_FME_VERSION		DDI_FME_VER1

typedef int (*ddi_err_func_t)(dev_info_t *dip, ddi_fm_error_t *error, const void *arg);

void scsa_fm_init(dev_info_t *dip, int *capp, ddi_iblock_cookie_t *cookiep);
void scsa_fm_fini(dev_info_t *dip);
int scsa_fm_capable(dev_info_t *dip);
void scsa_fm_handler_register(dev_info_t *dip, ddi_err_func_t func, void *arg);
void scsa_fm_handler_unregister(dev_info_t *dip);
void scsa_fm_acc_err_get(ddi_acc_handle_t h, ddi_fm_error_t *error, int version);
void scsa_fm_acc_err_clear(ddi_acc_handle_t h, int version);
void scsa_fm_dma_err_get(ddi_dma_handle_t h, ddi_fm_error_t *error, int version);
void scsa_fm_dma_err_clear(ddi_dma_handle_t h, int version);
void scsa_fm_service_impact(dev_info_t *dip, int impact);
void scsa_fm_ereport_post(dev_info_t *dip, const char *class, uint64_t ena, int sleep_flag, ...);
void scsa_pci_ereport_setup(dev_info_t *dip);
void scsa_pci_ereport_teardown(dev_info_t *dip);
void scsa_pci_ereport_post(dev_info_t *dip, ddi_fm_error_t *error, uint16_t *statusp);
#define ddi_fm_init		scsa_fm_init
#define ddi_fm_fini		scsa_fm_fini
#define ddi_fm_capable		scsa_fm_capable
#define ddi_fm_handler_register	scsa_fm_handler_register
#define ddi_fm_handler_unregister scsa_fm_handler_unregister
#define ddi_fm_acc_err_get	scsa_fm_acc_err_get
#define ddi_fm_acc_err_clear	scsa_fm_acc_err_clear
#define ddi_fm_dma_err_get	scsa_fm_dma_err_get
#define ddi_fm_dma_err_clear	scsa_fm_dma_err_clear
#define ddi_fm_service_impact	scsa_fm_service_impact
#define ddi_fm_ereport_post	scsa_fm_ereport_post
#define pci_ereport_setup	scsa_pci_ereport_setup
#define pci_ereport_teardown	scsa_pci_ereport_teardown
#define pci_ereport_post	scsa_pci_ereport_post

#endif /* _SYS_DDIFM_H */
