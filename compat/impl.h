/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam inside scsa.ko: what the Solaris side and the Linux side know of each other. A second
 * seam, <scsa/abi.h>, is between scsa.ko and its drivers.
 *
 * Both sides include this header, so it uses neither <scsi/...> nor <sys/...> types. It uses only
 * fixed-width integers, pointers that the other side treats as opaque, and the structures below.
 *
 * The name of a function or variable says which side provides it: linux_* are in linux/ or os/,
 * scsa_* in scsi/ or ddi/. None is exported. Calls go down: linux/, scsi/, ddi/, os/. The calls that
 * go up are listed under "upcalls", and there are no others. Lint checks both rules.
 */
#ifndef _COMPAT_IMPL_H
#define _COMPAT_IMPL_H

#include <linux/atomic.h>
#include <linux/llist.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>
#include <scsa/abi.h>

#include "pure/dma_seg.h"

struct dev_ops;
struct modlinkage;
struct linux_driver;
struct linux_minor;
struct scsa_host;
struct scsa_lun;
struct scsa_prop;
struct scsi_hba_tran;
struct kstat;

/*
 * Interrupt priorities. A driver passes them to mutex_init(9F), where they select the kind of
 * lock: a spin lock for the atomic model, a sleeping lock for anything else.
 */
#define SCSA_PRI_THREAD		5
#define SCSA_PRI_ATOMIC		6

/* Results of the int functions of <scsa/abi.h>: DDI_SUCCESS and DDI_FAILURE. */
#define SCSA_SUCCESS		0
#define SCSA_FAILURE		(-1)

/* One instance of a driver: a PCI function. Lives from probe to remove. */
struct dev_info {
	struct linux_driver	*di_driver;
	struct dev_info		*di_next;	/* next instance that is in attach(9E) */
	const char		*di_name;	/* of the driver */
	int			di_instance;
	unsigned int		di_pri;		/* SCSA_PRI_* */
	void			*di_pdev;	/* struct pci_dev */
	void			*di_dev;	/* struct device */
	int			di_bars;	/* bits: the BARs in use */
	void			*di_attaching;	/* task in attach(9E), for firmware_open(9F) */
	struct scsa_intr	*di_intrs;
	struct scsa_softint	*di_softints;
	struct dev_ops		*di_ops;
	bool			di_keep_packets; /* reuse packets; see struct scsa_driver */
	bool			di_short_status; /* likewise */
	bool			di_exact_status; /* likewise */
	uint64_t		di_command_len;	/* see struct scsa_tran_limits; 0: no bind yet */
	void			*di_private;	/* ddi_set_driver_private(9F) */
	struct scsa_prop	*di_props;	/* under di_prop_lock */
	struct scsa_kmutex	di_prop_lock;
	struct linux_minor	*di_minors;
	bool			di_fm_inited;	/* between ddi_fm_init(9F) and ddi_fm_fini(9F) */
	int			di_fm_cap;	/* DDI_FM_*_CAPABLE granted */
	struct scsa_acc		*di_fm_config;	/* after pci_ereport_setup(9F) */
	struct scsa_dma_handle	*di_dma_handles; /* not freed yet */
	bool			di_gives_up;	/* commands were given up: unmap with care */
	struct scsi_hba_tran	*di_tran;	/* after scsi_hba_attach_setup(9F) */
	struct scsa_host	*di_host;	/* while the SCSI host exists */
	struct scsa_host	*di_removed_host; /* from then to the end of detach(9E) */
};

/* ---- modules and instances ---- */

/* The device operations of a driver; NULL if they cannot be used. */
struct dev_ops *scsa_linkage_ops(struct modlinkage *modlp);
int scsa_attach(struct dev_info *dip);
int scsa_detach(struct dev_info *dip);
/* DDI_SUSPEND and DDI_RESUME. */
int scsa_suspend(struct dev_info *dip);
int scsa_resume(struct dev_info *dip);
void scsa_quiesce(struct dev_info *dip);
void scsa_prop_init(struct dev_info *dip);
/* Set a property of the node. 0 or an error. */
int scsa_prop_update_ints(struct dev_info *dip, const char *name, const int *values,
			  unsigned int nelements);
void scsa_prop_fini(struct dev_info *dip);
/* After detach(9E) or a failed attach(9E): end what the driver has not ended itself. */
void scsa_instance_fini(struct dev_info *dip);
/* How a minor node was opened: FREAD etc. of <sys/file.h>. For ioctl also the data model. */
#define SCSA_MINOR_READ		0x01
#define SCSA_MINOR_WRITE	0x02
#define SCSA_MINOR_NONBLOCK	(0x04 | 0x80)
#define SCSA_MINOR_EXCL		0x400
#define SCSA_MINOR_ILP32	0x00100000
#define SCSA_MINOR_LP64		0x00200000
/* Entry points of minor nodes. They return 0 or a positive errno. @cred: struct cred. Thread. */
struct linux_minor_ops {
	int	(*open)(struct dev_info *dip, unsigned int minor, int flag, void *cred);
	void	(*close)(struct dev_info *dip, unsigned int minor, int flag, void *cred);
	int	(*ioctl)(struct dev_info *dip, unsigned int minor, int mode, unsigned int cmd,
			 unsigned long arg, void *cred, int *rvalp);
};
/* 0 or a negative errno. Thread. */
int linux_minor_create(struct dev_info *dip, const char *name, unsigned int minor,
		       const struct linux_minor_ops *ops);
/* @name NULL: all nodes of the instance. On return no file calls an entry point. Thread. */
void linux_minor_remove(struct dev_info *dip, const char *name);

/* False when log rate limiting applies. Any context. */
bool linux_ratelimit(void);
/* A driver misuses a function: MISUSE() reports each kind of misuse once. Any context. */
void linux_misuse(const char *function, const char *what, void *caller);
#define MISUSE(function, what)							\
	do {									\
		static bool said;						\
										\
		if (!said) {							\
			said = true;						\
			linux_misuse(function, what, __builtin_return_address(0));	\
		}								\
	} while (0)

/* True if the device no longer answers. Any context. */
bool linux_device_gone(struct dev_info *dip);

/* ---- DMA ---- */

void scsa_dma_init(void);
void scsa_dma_fini(void);
bool scsa_dma_disown(struct dev_info *dip, const void *sgl);
void scsa_dma_release(struct dev_info *dip);

/*
 * Maximum sets of sgllen cookies in a window. It is 1 except in tests of drivers: drivers must cope
 * with more, see ddi_dma_buf_bind_handle(9F).
 */
extern unsigned int linux_wide_windows;

struct scsa_dma_handle;
/* Never widen the windows of this handle. */
void scsa_dma_one_set(struct scsa_dma_handle *h);

/* A mapping of (a part of) a scatterlist, owned by a DMA handle. */
struct linux_dma_map {
	void			*dev;		/* struct device */
	const bool		*gives_up;	/* di_gives_up of its instance */
	void			*sgl;		/* list that is mapped: the object's own, or in @own */
	unsigned int		nents;		/* entries in use */
	int			dir;		/* enum dma_data_direction */
	struct dma_seg		*segs;		/* as mapped */
	unsigned int		nsegs;		/* 0: nothing mapped */
	bool			simple;		/* segs are the cookies of one window */
	/* Room for a list of our own and its segments. The usual list, of one entry, allocates none. */
	void			*own_sgl;
	struct linux_own_list	*own;		/* NULL: the room below; kept for the next time */
	unsigned int		own_max;	/* entries that the room is for */
	struct dma_seg		one_seg;
	uint64_t		one_entry[4];	/* struct scatterlist */
	spinlock_t		lock;		/* held while the object is read, written or mapped */
	bool			disowned;	/* the object's owner has taken it back; under lock */
	bool			held;		/* pages stay referenced until unmap; under lock */
};

void linux_dma_map_init(struct linux_dma_map *map, struct dev_info *dip);

/*
 * Map a list, or a copy of its bytes [offset, offset + len). @dir: DDI_DMA_READ, _WRITE or both. The
 * midlayer takes its list back when it gives a command up, although the HBA driver still holds the
 * packet: linux_dma_disown() then moves the mapping to a copy, which has its room already. If all
 * segments fit @lim as they are, @simple says so. Atomic context unless @may_sleep. 0 or a negative
 * errno; a range of a disowned object is refused.
 */
int linux_dma_map(struct linux_dma_map *map, void *sgl, unsigned int nents, int dir,
		  const struct dma_limits *lim, bool may_sleep);
int linux_dma_map_range(struct linux_dma_map *map, void *sgl, uint64_t offset, uint64_t len, int dir,
			bool may_sleep);
/* True if an entry of the list is larger than the DMA layer can ever map. */
bool linux_dma_hopeless(const struct linux_dma_map *map, void *sgl, unsigned int nents);
void linux_dma_unmap(struct linux_dma_map *map);
/*
 * The owner of the object takes it back while it may be mapped. From the return on no CPU reads or
 * writes it through this map. Pages that the device can reach are referenced until they are
 * unmapped. @bounced: the device reaches only bounce memory. False if the device may write to
 * memory that no reference keeps, such as slab memory. Any context.
 */
bool linux_dma_disown(struct linux_dma_map *map, bool bounced);
/* Must be called before the instance's first linux_dma_disown(). Thread. */
void linux_dma_give_up(struct dev_info *dip);
void linux_dma_map_fini(struct linux_dma_map *map);
void linux_dma_sync(struct linux_dma_map *map, bool for_cpu);
/* The same for bytes [offset, offset + len) of what is mapped. */
void linux_dma_sync_range(struct linux_dma_map *map, uint64_t offset, uint64_t len, bool for_cpu);
/* False if a sync of the mapping does nothing. */
bool linux_dma_needs_sync(const struct linux_dma_map *map);
/* Make a scatterlist for @len bytes at a kernel address, vmalloc'd or not. */
int linux_sgl_from_addr(void *addr, size_t len, bool may_sleep, void **tablep, void **sglp,
			unsigned int *nentsp);
void linux_sgl_free(void *table);
/*
 * A kernel address for bytes [first, first + len) of a scatterlist, and the cookie to unmap it with;
 * NULL if memory is short. Any context. In a thread, and where pieces meet at page boundaries, the
 * pages are mapped, else the data is copied, and linux_sgl_unmap() copies it back if given @sgl.
 */
void *linux_sgl_map(void *sgl, unsigned int nents, size_t first, size_t len, void **mapp);
void linux_sgl_unmap(void *map, void *sgl, unsigned int nents, size_t first);
/* If [addr, addr + len) is vmalloc'd, keep the caches of both addresses of its pages in step. */
void linux_vmap_sync(void *addr, size_t len, bool for_cpu);
/* Copy bytes [offset, offset + len) to or from the object, unless it has been disowned. */
void linux_dma_copy(struct linux_dma_map *map, void *sgl, unsigned int nents, uint64_t offset,
		    void *buf, size_t len, bool to_object);
/* Contiguous memory; below @addr_hi, as far as zones allow, if bus addresses are physical. */
void *linux_pages_alloc(size_t len, uint64_t addr_hi, bool may_sleep);
void linux_pages_free(void *p, size_t len);
/* Bytes that can always be mapped as one segment. */
uint64_t linux_dma_max_segment(struct dev_info *dip);
int linux_dma_set_mask(struct dev_info *dip, uint64_t addr_hi);

struct linux_coherent_limits {
	uint64_t	align;
	uint64_t	addr_lo, addr_hi;
	bool		big_endian;	/* as ddi_get16(9F) reads it */
};

/*
 * Coherent memory. Returns an access handle for ddi_get16(9F), or NULL. @out_of_reach is set if
 * memory was found, but it breaks the limits.
 */
struct scsa_acc *linux_coherent_alloc(struct dev_info *dip, size_t len,
				      const struct linux_coherent_limits *lim, bool may_sleep,
				      bool *out_of_reach);
void linux_coherent_free(struct scsa_acc *acc);
void *linux_coherent_vaddr(const struct scsa_acc *acc);
/* True if [vaddr, vaddr + len) is coherent memory of @dip; @addrp takes its bus address. */
bool linux_coherent_lookup(struct dev_info *dip, const void *vaddr, size_t len, uint64_t *addrp);

/* ---- commands ---- */

/* Who owns a struct scsa_cmd. Only the Linux side writes it. */
enum scsa_cmd_state {
	SCSA_CMD_IDLE,		/* in its slot */
	SCSA_CMD_STARTED,	/* the HBA driver's, on behalf of sc_scmd */
	SCSA_CMD_DONE,		/* completing sc_scmd */
	SCSA_CMD_ORPHAN,	/* the HBA driver's, but sc_scmd has been given up */
};

/* How a command ended; linux/cmd.c maps it to a host byte. */
enum scsa_outcome {
	SCSA_OK,		/* see sc_status */
	SCSA_NO_DEVICE,
	SCSA_TIMED_OUT,		/* the HBA's own timer ran out, or ours for all parts together */
	SCSA_RESET,
	SCSA_ABORTED,
	SCSA_PARITY,
	SCSA_NO_LUN,		/* the target is there, and does not let this LUN be addressed */
	SCSA_TRANSPORT,		/* any other transport error */
	SCSA_DEAD,		/* the HBA no longer takes commands */
	SCSA_TOO_LARGE,		/* does not fit in one command and cannot be split */
	SCSA_REQUEUE,		/* to be sent again: a temporary shortage, or a tag was refused */
};

#define SCSA_CMD_READ		0x01	/* device to memory */
#define SCSA_CMD_TAGGED		0x02
#define SCSA_CMD_MORE		0x04	/* another command follows immediately */
#define SCSA_CMD_LUN_IN_CDB	0x08	/* in bits 7:5 of byte 1, as in SCSI-2 */

/* Counters: of a host, shown in debugfs, or of a LUN, shown in sysfs. */
struct scsa_stats {
	uint64_t	split_requests;
	uint64_t	split_commands;
	uint64_t	too_large;
	uint64_t	dma_waits;
	uint64_t	overruns;	/* reads of variable length that were longer than the buffer */
	uint64_t	short_transfers; /* good status, but not all data */
} __aligned(8);

/* Any context. */
static inline void scsa_count(uint64_t *counter, int n)
{
	atomic64_add(n, (atomic64_t *)counter);
}

/*
 * One command. The Solaris side allocates it and keeps packet and buffer in the same structure. It
 * is reused for each command with the same tag on the same LUN.
 */
struct scsa_cmd {
	/* Set for each command by the Linux side. */
	void			*sc_scmd;	/* struct scsi_cmnd */
	const uint8_t		*sc_cdb;
	void			*sc_sgl;
	void			*sc_kaddr;	/* of a list of one entry, or NULL */
	uint32_t		sc_nents;
	uint32_t		sc_len;
	uint32_t		sc_blksize;	/* logical block, 0 if unknown */
	uint16_t		sc_cdblen;
	uint8_t			sc_devtype;
	uint8_t			sc_flags;
	int			sc_time;	/* seconds */
	int			sc_state;	/* enum scsa_cmd_state */
	/* The result, for linux_cmd_done(). */
	uint8_t			sc_outcome;
	uint8_t			sc_status;
	uint8_t			sc_senselen;
	uint32_t		sc_resid;
	const uint8_t		*sc_sense;
	/* Private to the Linux side. */
	struct llist_node	sc_pending;
	struct scsa_cmd		*sc_next_orphan;
	struct scsa_host	*sc_host;
	struct scsa_stats	*sc_stats;	/* the host's */
	unsigned int		sc_channel, sc_id, sc_lun;
	int			sc_held;	/* set by linux_cmd_hold() */
	bool			sc_revoked;	/* the midlayer wants the buffer back */
	bool			sc_unsafe;	/* orphan: see scsa_dma_disown() */
	bool			sc_written_off;	/* orphan: later recoveries do not wait for it */
};

/* Limits and abilities of an HBA driver. */
struct scsa_tran_limits {
	uint64_t	max_cookie;	/* bytes in a segment */
	uint64_t	seg_boundary;	/* mask */
	unsigned int	buses;
	int		initiator_id;	/* of the first bus; -1: unknown */
	int		max_cdb_len;	/* 0: unknown */
	bool		commit;		/* has tran_commit() */
	uint64_t	command_len;	/* bytes that always fit in a command; 0: unknown */
};

void scsa_tran_limits(struct dev_info *dip, struct scsa_tran_limits *lim);
void scsa_tran_commit(struct dev_info *dip);
/* After detach(9E) or a failed attach(9E), before the instance's DMA handles are freed. Thread. */
void scsa_tran_release(struct dev_info *dip);
/* Thread. 0 or a negative errno. */
int scsa_tran_quiesce(struct dev_info *dip);
int scsa_tran_unquiesce(struct dev_info *dip);
/* Reset the bus of @target. @target < 0: all buses. */
int scsa_tran_bus_reset(struct dev_info *dip, int target);

/* A target number is channel * max_id + id: SCSA's addresses have no bus. */
struct scsa_lun *scsa_lun_create(struct dev_info *dip, unsigned int target, unsigned int lun);
/* The LUN is freed only with its last command. */
void scsa_lun_put(struct scsa_lun *lun);
/* Set the capabilities that depend on the device. True if tagged commands may be sent. */
bool scsa_lun_configure(struct scsa_lun *lun, bool tagged);
/* Does the HBA driver queue commands without tags? Then it takes more than one at a time. */
bool scsa_lun_queues_untagged(struct scsa_lun *lun);
/* How many commands the HBA driver takes for a LUN at once; 0: it does not say. */
int scsa_lun_depth(struct scsa_lun *lun);

/* What a parallel bus negotiates with the LUN's target; see tran_spi(). Thread. */
void scsa_spi_set(struct scsa_lun *lun, const struct scsa_spi *spi);
/* False if there is no answer now. */
bool scsa_spi_get(struct scsa_lun *lun, enum scsa_spi_op op, struct scsa_spi *spi);
int scsa_spi_signal(struct dev_info *dip);
/*
 * The bits of the property scsi-options without what @word forbids, from @options, or from all if that
 * is -1. -1 if @word is unknown.
 */
int scsa_spi_options(const char *word, int options);

struct scsa_cmd *scsa_cmd_alloc(struct scsa_lun *lun);
void scsa_cmd_free(struct scsa_cmd *sc);
/*
 * Free a command whose HBA driver has not returned its packet and no longer can. @pkt: the driver
 * has detached, so it no longer owns the packet: free that too.
 */
void scsa_cmd_abandon(struct scsa_cmd *sc, bool pkt);
/* 0: linux_cmd_done() will be or has been called. Else busy: nothing was sent. */
int scsa_cmd_start(struct scsa_cmd *sc);
/* Abort a command; linux_cmd_done() follows. False if the HBA driver reports failure. Thread. */
bool scsa_cmd_abort(struct scsa_cmd *sc);
/*
 * RESET_* of scsi_reset(9F). False if the HBA driver reports failure. Only the commands that come
 * back show whether the reset worked.
 */
enum { SCSA_RESET_ALL = 0, SCSA_RESET_TARGET = 1, SCSA_RESET_LUN = 3 };
bool scsa_lun_reset(struct scsa_lun *lun, int level);

const struct scsa_stats *scsa_lun_stats(const struct scsa_lun *lun);

/* ---- upcalls ---- */

/* The command is complete, and its members hold the result. Any context. */
void linux_cmd_done(struct scsa_cmd *sc);
/*
 * Outside queuecommand the midlayer may take list and buffer back at any time. They stay valid
 * from a linux_cmd_hold() that returned true until linux_cmd_unhold(). Any context.
 */
bool linux_cmd_hold(struct scsa_cmd *sc);
void linux_cmd_unhold(struct scsa_cmd *sc);
/* The next part of the command is about to be sent. */
void linux_trace_part(struct scsa_cmd *sc, uint64_t offset, uint64_t len);
/* The HBA driver reports that a target was reset, alone or with its bus. Any context. */
void linux_report_reset(struct dev_info *dip, unsigned int target);
/* The target refuses tags: from now on its LUNs have one untagged command each. Any context. */
void linux_no_tags(struct dev_info *dip, unsigned int target);

/* ---- context ---- */

void scsa_poll_init(void);
void scsa_poll_fini(void);
extern bool linux_panicked;
static inline bool linux_in_panic(void)
{
	return READ_ONCE(linux_panicked);
}
/* As far as we can tell: not every kernel shows a held spin lock that leaves interrupts on. */
bool linux_may_sleep(void);

/* ---- kstat ---- */

struct seq_file;
/* Create a file that shows what @print writes for @ksp. NULL if memory is short. Thread. */
void *linux_kstat_show(const char *name, struct kstat *ksp,
		       void (*print)(struct kstat *ksp, struct seq_file *m));
/* Remove the file and wait for its readers. @file may be NULL. Thread. */
void linux_kstat_hide(void *file);
__printf(2, 3) void linux_seq_printf(struct seq_file *m, const char *fmt, ...);

#endif /* _COMPAT_IMPL_H */
