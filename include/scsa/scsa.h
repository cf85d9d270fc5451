/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a driver's Linux glue file says about it: PCI ids, execution model, parameters.
 *
 * The glue is the only file of a driver that sees Linux headers. It fills a struct scsa_driver and
 * ends with scsa_module_driver(); _init(9E), _info(9E) and _fini(9E) stay as they are on Solaris.
 */
#ifndef _SCSA_SCSA_H
#define _SCSA_SCSA_H

#include <linux/module.h>
#include <linux/pci.h>

/**
 * enum scsa_model - where a driver's code runs
 * @SCSA_MODEL_THREAD: interrupt handlers run in threads and every kmutex_t sleeps; suits any
 *	Solaris driver
 * @SCSA_MODEL_ATOMIC: handlers run in the hard interrupt and a kmutex_t initialised with the
 *	interrupt's priority is a spin lock; suits drivers that never sleep under such a lock
 */
enum scsa_model {
	SCSA_MODEL_THREAD,
	SCSA_MODEL_ATOMIC,
};

/**
 * struct scsa_driver_prop - a module parameter that the driver reads as a property
 * @name: property name that ddi_prop_get_int(9F) asks for; NULL ends the array
 * @value: the parameter's variable
 */
struct scsa_driver_prop {
	const char	*name;
	const int	*value;
};

/**
 * struct scsa_driver - a SCSA HBA driver, as Linux sees it
 * @name: name of the driver, of the PCI driver and of the SCSI host
 * @owner: THIS_MODULE
 * @id_table: PCI ids
 * @foreign: devices that @id_table matches but that belong to another processor, such as the chip of
 *	a RAID controller; they are not even enabled. NULL if there are none.
 * @model: see enum scsa_model
 * @can_queue: commands that may be outstanding; may be a module parameter's clamped value
 * @cmd_per_lun: initial queue depth of a LUN
 * @max_id: number of target ids of a bus
 * @max_lun: number of LUNs of a target
 * @max_cmd_len: longest CDB; 0 means 16
 * @keep_packets: a packet may be bound again for another command after scsi_dmafree(9F), because
 *	the driver then leaves no DMA state in it. Without this each command gets a new packet.
 * @no_suspend: DDI_SUSPEND and DDI_RESUME do nothing, although they return success: the device is not
 *	suspended, and there is no host reset
 * @short_status: the driver copies sense data as if the status area were longer: pass a plain
 *	scsi_arq_status(9S) and no PKT_XARQ
 * @exact_status: the driver writes nothing beyond a packet's status area: packets need no spare room
 *	behind it
 * @late_secs: tran_abort(9E) never succeeds, and a late command only needs time: seconds that error
 *	handling waits for it beyond its timeout
 * @own_master: attach(9E) and DDI_RESUME enable bus mastering once the device is stopped, and it is off
 *	until then: what used the device before may have left it running
 * @spi: a parallel bus whose targets negotiate: the driver has tran_spi(), or the capabilities
 *	synchronous and wide-xfer, which it leaves off until they are set
 * @props: module parameters offered as properties, or NULL
 * @init: _init(9E)
 * @fini: _fini(9E)
 */
struct scsa_driver {
	const char			*name;
	struct module			*owner;
	const struct pci_device_id	*id_table;
	const struct pci_device_id	*foreign;
	enum scsa_model			model;
	unsigned int			can_queue;
	unsigned int			cmd_per_lun;
	unsigned int			max_id;
	unsigned int			max_lun;
	unsigned int			max_cmd_len;
	bool				keep_packets;
	bool				no_suspend;
	bool				short_status;
	bool				exact_status;
	unsigned int			late_secs;
	bool				own_master;
	bool				spi;
	const struct scsa_driver_prop	*props;
	int				(*init)(void);
	int				(*fini)(void);
};

/*
 * The version of all that a driver is compiled with: the headers below include/. A driver built with
 * another one does not load. Increment it with each change that an old driver's object code would not
 * survive.
 */
#define SCSA_INTERFACE	3

int scsa_driver_init_interface(struct scsa_driver *drv, unsigned int interface);
#define scsa_driver_init(drv)	scsa_driver_init_interface(drv, SCSA_INTERFACE)
void scsa_driver_fini(struct scsa_driver *drv);

/*
 * All symbols that scsa.ko exports are in the namespace SCSA. A module without scsa_module_driver()
 * imports it with this. MODULE_IMPORT_NS() takes a word in some kernels, a string in others.
 */
#define SCSA_IMPORT_NAMESPACE()	MODULE_INFO(import_ns, "SCSA")

/* module_init() and module_exit() for a driver with nothing else to do in them. */
#define scsa_module_driver(drv)					\
static int __init scsa_glue_init(void)				\
{								\
	return scsa_driver_init(&(drv));			\
}								\
module_init(scsa_glue_init);					\
static void __exit scsa_glue_exit(void)				\
{								\
	scsa_driver_fini(&(drv));				\
}								\
module_exit(scsa_glue_exit);					\
SCSA_IMPORT_NAMESPACE()

#endif /* _SCSA_SCSA_H */
