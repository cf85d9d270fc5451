/* SPDX-License-Identifier: GPL-2.0 */
/* The Solaris DDI: instances, properties, registers, configuration space, DMA. */
#ifndef _SYS_SUNDDI_H
#define _SYS_SUNDDI_H

#include <sys/types.h>
#include <sys/dditypes.h>
#include <sys/ddidmareq.h>
#include <sys/ddi_intr.h>
#include <sys/ddi_taskq.h>
#include <sys/devops.h>
#include <sys/cred.h>
#include <sys/file.h>
#include <sys/pci.h>
#include <sys/cmn_err.h>
#include <sys/kmem.h>
#include <sys/debug.h>
#include <sys/note.h>
#include <sys/buf.h>
#include <sys/ddifm.h>

#define DDI_SUCCESS	0
#define DDI_FAILURE	(-1)
#define DDI_EAGAIN	(-3)
#define DDI_EINVAL	(-4)
#define DDI_ENOTSUP	(-5)
#define DDI_EPENDING	(-6)

struct as;

/* Instances and soft state: ddi_get_instance(9F), ddi_soft_state(9F). */
int scsa_ddi_get_instance(dev_info_t *dip);
const char *scsa_ddi_driver_name(dev_info_t *dip);
void *scsa_ddi_get_driver_private(dev_info_t *dip);
void scsa_ddi_set_driver_private(dev_info_t *dip, void *data);
void scsa_ddi_report_dev(dev_info_t *dip);
int scsa_ddi_soft_state_init(void **statep, size_t size, size_t nitems);
int scsa_ddi_soft_state_zalloc(void *state, int item);
void *scsa_ddi_get_soft_state(void *state, int item);
void scsa_ddi_soft_state_free(void *state, int item);
void scsa_ddi_soft_state_fini(void **statep);
#define ddi_get_instance	scsa_ddi_get_instance
#define ddi_driver_name		scsa_ddi_driver_name
#define ddi_get_driver_private	scsa_ddi_get_driver_private
#define ddi_set_driver_private	scsa_ddi_set_driver_private
#define ddi_report_dev		scsa_ddi_report_dev
#define ddi_soft_state_init	scsa_ddi_soft_state_init
#define ddi_soft_state_zalloc	scsa_ddi_soft_state_zalloc
#define ddi_get_soft_state	scsa_ddi_get_soft_state
#define ddi_soft_state_free	scsa_ddi_soft_state_free
#define ddi_soft_state_fini	scsa_ddi_soft_state_fini

/*
 * Properties: ddi_prop_get_int(9F), ddi_prop_lookup_int_array(9F). An instance's properties come
 * from the driver's module parameters (its Linux glue names them), from the PCI device ("reg",
 * "vendor-id", "device-id", "revision-id", "subsystem-id", "subsystem-vendor-id", "class-code")
 * and from ddi_prop_update_int(9F).
 */
#define DDI_DEV_T_ANY		((dev_t)-2)
#define DDI_DEV_T_NONE		((dev_t)-1)
#define DDI_PROP_DONTPASS	0x0001
#define DDI_PROP_CANSLEEP	0x0002
#define DDI_PROP_NOTPROM	0x0008
#define DDI_PROP_SUCCESS	0
#define DDI_PROP_NOT_FOUND	1
#define DDI_PROP_UNDEFINED	2
#define DDI_PROP_NO_MEMORY	3
#define DDI_PROP_INVAL_ARG	4
#define DDI_PROP_BUF_TOO_SMALL	5
#define DDI_PROP_CANNOT_DECODE	6
#define DDI_PROP_CANNOT_ENCODE	7
#define DDI_PROP_END_OF_DATA	8
int scsa_ddi_prop_get_int(dev_t match_dev, dev_info_t *dip, uint_t flags, const char *name,
			  int defvalue);
int64_t scsa_ddi_prop_get_int64(dev_t match_dev, dev_info_t *dip, uint_t flags, const char *name,
				int64_t defvalue);
int scsa_ddi_prop_exists(dev_t match_dev, dev_info_t *dip, uint_t flags, const char *name);
int scsa_ddi_prop_lookup_int_array(dev_t match_dev, dev_info_t *dip, uint_t flags,
				   const char *name, int **datap, uint_t *nelementsp);
int scsa_ddi_prop_lookup_int64_array(dev_t match_dev, dev_info_t *dip, uint_t flags,
				     const char *name, int64_t **datap, uint_t *nelementsp);
int scsa_ddi_prop_lookup_byte_array(dev_t match_dev, dev_info_t *dip, uint_t flags,
				    const char *name, uchar_t **datap, uint_t *nelementsp);
int scsa_ddi_prop_lookup_string(dev_t match_dev, dev_info_t *dip, uint_t flags, const char *name,
				char **datap);
int scsa_ddi_prop_lookup_string_array(dev_t match_dev, dev_info_t *dip, uint_t flags,
				      const char *name, char ***datap, uint_t *nelementsp);
void scsa_ddi_prop_free(void *data);
int scsa_ddi_prop_update_array(dev_t dev, dev_info_t *dip, const char *name, size_t size,
			       const void *values, uint_t nelements);
int scsa_ddi_prop_update_string_array(dev_t dev, dev_info_t *dip, const char *name,
				      char **strings, uint_t nelements);
int scsa_ddi_prop_create(dev_t dev, dev_info_t *dip, int flags, const char *name,
			 const void *value, int length);
int scsa_ddi_prop_remove(dev_t dev, dev_info_t *dip, const char *name);
void scsa_ddi_prop_remove_all(dev_info_t *dip);
int scsa_ddi_prop_op(dev_t dev, dev_info_t *dip, ddi_prop_op_t op, int flags, char *name,
		     caddr_t valuep, int *lengthp);
#define ddi_prop_get_int	scsa_ddi_prop_get_int
#define ddi_prop_get_int64	scsa_ddi_prop_get_int64
#define ddi_getprop		scsa_ddi_prop_get_int
#define ddi_prop_exists		scsa_ddi_prop_exists
#define ddi_prop_lookup_int_array scsa_ddi_prop_lookup_int_array
#define ddi_prop_lookup_int64_array scsa_ddi_prop_lookup_int64_array
#define ddi_prop_lookup_byte_array scsa_ddi_prop_lookup_byte_array
#define ddi_prop_lookup_string	scsa_ddi_prop_lookup_string
#define ddi_prop_lookup_string_array scsa_ddi_prop_lookup_string_array
#define ddi_prop_free		scsa_ddi_prop_free
#define ddi_prop_update_string_array scsa_ddi_prop_update_string_array
#define ddi_prop_create		scsa_ddi_prop_create
#define ddi_prop_modify		scsa_ddi_prop_create
#define ddi_prop_remove		scsa_ddi_prop_remove
#define ddi_prop_remove_all	scsa_ddi_prop_remove_all
#define ddi_prop_op		scsa_ddi_prop_op
#define ddi_getproplen(dev, dip, flags, name, lengthp) \
	scsa_ddi_prop_op(dev, dip, PROP_LEN, flags, name, NULL, lengthp)
#define ddi_getlongprop(dev, dip, flags, name, valuep, lengthp) \
	scsa_ddi_prop_op(dev, dip, PROP_LEN_AND_VAL_ALLOC, flags, name, valuep, lengthp)
#define ddi_getlongprop_buf(dev, dip, flags, name, valuep, lengthp) \
	scsa_ddi_prop_op(dev, dip, PROP_LEN_AND_VAL_BUF, flags, name, valuep, lengthp)

static inline int ddi_prop_update_int_array(dev_t dev, dev_info_t *dip, const char *name,
					    const int *data, uint_t nelements)
{
	return scsa_ddi_prop_update_array(dev, dip, name, sizeof(*data), data, nelements);
}

static inline int ddi_prop_update_int64_array(dev_t dev, dev_info_t *dip, const char *name,
					      const int64_t *data, uint_t nelements)
{
	return scsa_ddi_prop_update_array(dev, dip, name, sizeof(*data), data, nelements);
}

static inline int ddi_prop_update_byte_array(dev_t dev, dev_info_t *dip, const char *name,
					     const uchar_t *data, uint_t nelements)
{
	return scsa_ddi_prop_update_array(dev, dip, name, sizeof(*data), data, nelements);
}

static inline int ddi_prop_update_int(dev_t dev, dev_info_t *dip, const char *name, int data)
{
	return ddi_prop_update_int_array(dev, dip, name, &data, 1);
}

static inline int ddi_prop_update_int64(dev_t dev, dev_info_t *dip, const char *name, int64_t data)
{
	return ddi_prop_update_int64_array(dev, dip, name, &data, 1);
}

static inline int ddi_prop_update_string(dev_t dev, dev_info_t *dip, const char *name, char *data)
{
	return scsa_ddi_prop_update_string_array(dev, dip, name, &data, 1);
}

/* Of the CPU's byte order with DDI_NEVERSWAP_ACC. */
static inline bool scsa_acc_big_endian(const ddi_device_acc_attr_t *attr)
{
	uchar_t order = attr ? attr->devacc_attr_endian_flags : DDI_NEVERSWAP_ACC;

	return order == DDI_STRUCTURE_BE_ACC ||
	       (order == DDI_NEVERSWAP_ACC && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

/*
 * Registers: ddi_regs_map_setup(9F), ddi_get16(9F). @rnumber 0 is configuration space, 1 the first
 * implemented base address register, and so on. Handles of ddi_dma_mem_alloc(9F) work as well.
 */
#define ddi_regs_map_setup(dip, rnumber, addrp, offset, len, attr, handlep)	\
	scsa_regs_map_setup(dip, rnumber, addrp, offset, len, scsa_acc_big_endian(attr), handlep)
#define ddi_regs_map_free	scsa_regs_map_free
#define ddi_dev_regsize		scsa_dev_regsize
#define ddi_dev_nregs		scsa_dev_nregs
#define ddi_get8		scsa_get8
#define ddi_get16		scsa_get16
#define ddi_get32		scsa_get32
#define ddi_put8		scsa_put8
#define ddi_put16		scsa_put16
#define ddi_put32		scsa_put32
#define ddi_get64		scsa_get64
#define ddi_put64		scsa_put64
/* ddi_regs_map_setup(9F) never returns it: mappings do not exclude each other. */
#define DDI_REGS_ACC_CONFLICT	(-10)

#define DDI_DEV_NO_AUTOINCR	0
#define DDI_DEV_AUTOINCR	1
#define ddi_rep_get8		scsa_rep_get8
#define ddi_rep_get16		scsa_rep_get16
#define ddi_rep_get32		scsa_rep_get32
#define ddi_rep_get64		scsa_rep_get64
#define ddi_rep_put8		scsa_rep_put8
#define ddi_rep_put16		scsa_rep_put16
#define ddi_rep_put32		scsa_rep_put32
#define ddi_rep_put64		scsa_rep_put64
#define ddi_check_acc_handle	scsa_check_acc_handle
#define ddi_slaveonly		scsa_slaveonly
#define pci_config_setup	scsa_pci_config_setup
#define pci_config_teardown	scsa_pci_config_teardown
#define pci_config_get8		scsa_pci_config_get8
#define pci_config_get16	scsa_pci_config_get16
#define pci_config_get32	scsa_pci_config_get32
#define pci_config_put8		scsa_pci_config_put8
#define pci_config_put16	scsa_pci_config_put16
#define pci_config_put32	scsa_pci_config_put32
#define pci_config_get64	scsa_pci_config_get64
#define pci_config_put64	scsa_pci_config_put64
#define pci_lcap_locate(h, id, basep)	scsa_pci_cap_locate(h, id, false, basep)
#define pci_xcap_locate(h, id, basep)	scsa_pci_cap_locate(h, id, true, basep)
#define membar_enter		scsa_membar_enter
#define membar_exit		scsa_membar_enter
#define membar_producer		scsa_membar_producer
#define membar_consumer		scsa_membar_consumer

/* DMA: see compat/ddi/dma.c for each function's contract. */
int scsa_ddi_dma_alloc_handle(dev_info_t *dip, ddi_dma_attr_t *attr, int (*cb)(caddr_t),
			      caddr_t arg, ddi_dma_handle_t *handlep);
void scsa_ddi_dma_free_handle(ddi_dma_handle_t *handlep);
int scsa_ddi_dma_buf_bind_handle(ddi_dma_handle_t h, struct buf *bp, uint_t flags,
				 int (*cb)(caddr_t), caddr_t arg, ddi_dma_cookie_t *cookiep,
				 uint_t *ccountp);
int scsa_ddi_dma_addr_bind_handle(ddi_dma_handle_t h, struct as *as, caddr_t addr, size_t len,
				  uint_t flags, int (*cb)(caddr_t), caddr_t arg,
				  ddi_dma_cookie_t *cookiep, uint_t *ccountp);
int scsa_ddi_dma_unbind_handle(ddi_dma_handle_t h);
void scsa_ddi_dma_nextcookie(ddi_dma_handle_t h, ddi_dma_cookie_t *cookiep);
uint_t scsa_ddi_dma_ncookies(ddi_dma_handle_t h);
const ddi_dma_cookie_t *scsa_ddi_dma_cookie_iter(ddi_dma_handle_t h, const ddi_dma_cookie_t *prev);
const ddi_dma_cookie_t *scsa_ddi_dma_cookie_get(ddi_dma_handle_t h, uint_t index);
const ddi_dma_cookie_t *scsa_ddi_dma_cookie_one(ddi_dma_handle_t h);
int scsa_ddi_dma_numwin(ddi_dma_handle_t h, uint_t *nwinp);
int scsa_ddi_dma_getwin(ddi_dma_handle_t h, uint_t win, off_t *offp, size_t *lenp,
			ddi_dma_cookie_t *cookiep, uint_t *ccountp);
int scsa_ddi_dma_sync(ddi_dma_handle_t h, off_t offset, size_t length, uint_t type);
int scsa_ddi_dma_mem_alloc(ddi_dma_handle_t h, size_t length, ddi_device_acc_attr_t *accattr,
			   uint_t flags, int (*cb)(caddr_t), caddr_t arg, caddr_t *kaddrp,
			   size_t *real_length, ddi_acc_handle_t *acc_handlep);
void scsa_ddi_dma_mem_free(ddi_acc_handle_t *acc_handlep);
int scsa_ddi_dma_burstsizes(ddi_dma_handle_t h);
int scsa_ddi_dma_set_sbus64(ddi_dma_handle_t h, ulong_t burstsizes);
int scsa_ddi_check_dma_handle(ddi_dma_handle_t h);
#define ddi_dma_alloc_handle	scsa_ddi_dma_alloc_handle
#define ddi_dma_free_handle	scsa_ddi_dma_free_handle
#define ddi_dma_buf_bind_handle	scsa_ddi_dma_buf_bind_handle
#define ddi_dma_addr_bind_handle scsa_ddi_dma_addr_bind_handle
#define ddi_dma_unbind_handle	scsa_ddi_dma_unbind_handle
#define ddi_dma_nextcookie	scsa_ddi_dma_nextcookie
#define ddi_dma_ncookies	scsa_ddi_dma_ncookies
#define ddi_dma_cookie_iter	scsa_ddi_dma_cookie_iter
#define ddi_dma_cookie_one	scsa_ddi_dma_cookie_one
#define ddi_dma_numwin		scsa_ddi_dma_numwin
#define ddi_dma_getwin		scsa_ddi_dma_getwin
#define ddi_dma_sync		scsa_ddi_dma_sync
#define ddi_dma_mem_alloc	scsa_ddi_dma_mem_alloc
#define ddi_dma_mem_free	scsa_ddi_dma_mem_free
#define ddi_dma_burstsizes	scsa_ddi_dma_burstsizes
#define ddi_dma_set_sbus64	scsa_ddi_dma_set_sbus64
#define ddi_check_dma_handle	scsa_ddi_check_dma_handle

/* The beginning of a DMA handle: the cookies of its current window. */
struct scsa_dma_cookies {
	const ddi_dma_cookie_t	*dc_first;
	uint_t			dc_count;
};

/* See scsa_ddi_dma_cookie_get(), which reports a bad index. Drivers call this for each command. */
static inline const ddi_dma_cookie_t *ddi_dma_cookie_get(ddi_dma_handle_t h, uint_t index)
{
	const struct scsa_dma_cookies *c = (const struct scsa_dma_cookies *)h;

	if (c && index < c->dc_count)
		return &c->dc_first[index];
	return scsa_ddi_dma_cookie_get(h, index);
}

/*
 * Minor nodes: a character node appears as /dev/<driver><instance>:<name>. It calls open(9E),
 * close(9E) and ioctl(9E) of the driver's cb_ops(9S).
 */
#define DDI_PSEUDO			"ddi_pseudo"
#define DDI_NT_NEXUS			"ddi_ctl:devctl"
#define DDI_NT_SCSI_NEXUS		"ddi_ctl:devctl:scsi"
#define DDI_NT_ATTACHMENT_POINT		"ddi_ctl:attachment_point"
#define DDI_NT_SCSI_ATTACHMENT_POINT	"ddi_ctl:attachment_point:scsi"
int scsa_ddi_create_minor_node(dev_info_t *dip, const char *name, int spec_type, minor_t minor_num,
			       const char *node_type, int flag);
void scsa_ddi_remove_minor_node(dev_info_t *dip, const char *name);
#define ddi_create_minor_node	scsa_ddi_create_minor_node
#define ddi_remove_minor_node	scsa_ddi_remove_minor_node

/* ddi_in_panic(9F) */
int scsa_scsi_hba_in_panic(void);
#define ddi_in_panic		scsa_scsi_hba_in_panic

/* For ioctl(9E): its argument and its caller. */
#define DDI_MODEL_NONE		DATAMODEL_NONE
#define DDI_MODEL_ILP32		DATAMODEL_ILP32
#define DDI_MODEL_LP64		DATAMODEL_LP64
/* ddi_model_convert_from(9F): the kernel uses the LP64 model. */
#define ddi_model_convert_from(model) \
	(((model) & FMODELS) == DDI_MODEL_ILP32 ? DDI_MODEL_ILP32 : DDI_MODEL_NONE)
#define ddi_copyin		scsa_ddi_copyin
#define ddi_copyout		scsa_ddi_copyout
#define drv_priv		scsa_drv_priv

/* ddi_log_sysevent(9F): always fails, because there is no syseventd. */
#define DDI_ENOMEM		1
#define DDI_EBUSY		2
#define DDI_ETRANSPORT		3
#define DDI_ECONTEXT		4
typedef struct nvlist nvlist_t;
typedef struct sysevent_id {
	uint64_t	eid_seq;
	hrtime_t	eid_ts;
} sysevent_id_t;
static inline int ddi_log_sysevent(dev_info_t *dip, char *vendor, char *class, char *subclass,
				   nvlist_t *attr_list, sysevent_id_t *eidp, int sleep_flag)
{
	return DDI_ETRANSPORT;
}

#endif /* _SYS_SUNDDI_H */
