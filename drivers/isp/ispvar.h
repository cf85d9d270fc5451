/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Soft state. The letter after a member tells what protects it:
 *   L  isp_lock
 *   A  written during attach, before anything else can run, and constant from then on
 *   O  its owner: the holder of the packet
 *   R  the thread that runs isp_init(): attach, resume or the instance's own, one at a time
 */
#ifndef _ISPVAR_H
#define _ISPVAR_H

#include <sys/ddi_taskq.h>
#include <sys/scsi/scsi.h>

#include "ispcmd.h"
#include "ispmail.h"
#include "isp_nvram.h"
#include "ispreg.h"

/* Ring lengths, in entries, that the parameters may ask for. */
#define ISP_RING_MIN		32
#define ISP_RING_MAX		4096
/* Ring lengths that drivers have always used, so that every chip takes them. */
#define ISP_RING_SAFE		256
#define ISP_RSP_SAFE		64

/* Commands outstanding at once; a handle's index has to fit in 16 bits. */
#define ISP_MAX_CMDS		1024

struct isp_revision {
	uint8_t			ir_conf0;	/* CONF0 3:0, 0 ends the array */
	const char		*ir_name;
	uint8_t			ir_clock;	/* MHz, unless the card says otherwise */
	uint16_t		ir_fifo;	/* DMA FIFO threshold: CONF1 6:4, ISP_FIFO_NVRAM */
	uint64_t		ir_max_xfer;	/* bytes of one command */
	struct isp_nv_limits	ir_limits;
};

#define ISP_FIFO_NVRAM		0xffff		/* as the card is set */
#define CLOCK_FAST		40		/* MHz */
#define CLOCK_ULTRA		60

/* A bus is in this mode if (pins & bm_mask) == bm_value. A mask of 0 ends the array. */
struct isp_bus_mode {
	uint16_t		bm_mask;
	uint16_t		bm_value;
	const char		*bm_name;
	uint8_t			bm_signal;	/* SCSA_SPI_* */
};

/* What chips with the same register map and the same ROM have in common. */
struct isp_map {
	uint16_t		map_sxp_bank;	/* CONF1: SXP registers at 0x80 */
	uint16_t		map_dma_bank;	/* CONF1: DMA registers; 0: in every bank */
	uint8_t			map_dma_offset;	/* of these registers, in their bank */
	const struct isp_bus_mode *map_bus_modes;
	boolean_t		map_termination; /* its GPIO pins switch the terminators */
	uint16_t		map_features;	/* MBF_* */
	boolean_t		map_load_dma;	/* the ROM loads firmware by DMA */
	boolean_t		map_a64;	/* 64-bit addresses, of rings too */
	uint64_t		map_addr_max;	/* of data */
	uint32_t		map_seg_max;	/* a segment's length, and the boundary it must not cross */
	uint16_t		map_nv_size;	/* bytes of the EEPROM */
	uint8_t			map_nv_bits;	/* its address bits */
};

struct isp_chip {
	uint16_t		chip_device;	/* PCI */
	const char		*chip_firmware;	/* below /lib/firmware */
	uint8_t			chip_buses;
	uint8_t			chip_luns;
	const struct isp_revision *chip_revisions;	/* the last serves unknown ones */
	const struct isp_map	*chip_map;
	enum isp_nv_format	chip_nv_format;
	boolean_t		chip_parity;	/* the driver enables PERR and SERR */
};

enum isp_state {
	ISP_DOWN,		/* attaching, detached or suspended: the chip is not running */
	ISP_RUN,
	ISP_RECOVER,		/* failed; the thread stops it and starts it again */
	ISP_OFFLINE,		/* all commands fail; the thread tries it again from time to time */
};

struct isp_stats {
	uint64_t	st_interrupts;
	uint64_t	st_spurious;		/* ours, but nothing had happened */
	uint64_t	st_commands;
	uint64_t	st_doorbells;
	uint64_t	st_ring_full;
	uint64_t	st_no_handle;
	uint64_t	st_mailbox;
	uint64_t	st_events;
	uint64_t	st_bad_entries;
	uint64_t	st_bad_handles;
	uint64_t	st_lost_interrupts;
	uint64_t	st_aborts;
	uint64_t	st_resets;
	uint64_t	st_chip_resets;
	uint64_t	st_markers;
};

/* A DMA-able piece of memory for the rings. */
struct isp_dma_mem {
	ddi_dma_handle_t	dm_handle;
	ddi_acc_handle_t	dm_acc;
	caddr_t			dm_addr;
	uint64_t		dm_bus;
	size_t			dm_size;
	boolean_t		dm_bound;
};

/* A handle is generation << 16 | index of one of these. */
struct isp_slot {
	struct isp_cmd		*slot_cmd;
	uint16_t		slot_gen;	/* never 0, so a handle is never 0 */
	uint16_t		slot_next;	/* free list */
};
#define SLOT_NONE		0xffff	/* its end */

/* cmd_flags */
#define CFLAG_DMASEND		0x01	/* memory to device */
#define CFLAG_CMDIOPB		0x02	/* PKT_CONSISTENT */
#define CFLAG_DMAVALID		0x04	/* bound */
#define CFLAG_STARTED		0x08	/* the chip has it, or is about to */
#define CFLAG_FINISHED		0x10	/* for the polled path: results are in the packet */

/* A command: the HBA's private area of a packet. */
struct isp_cmd {
	struct scsi_pkt		*cmd_pkt;	/* O */
	struct isp_cmd		*cmd_next;	/* O: list of completed commands */
	uint_t			cmd_flags;	/* O; CFLAG_STARTED L */
	uint32_t		cmd_handle;	/* L */
	uint32_t		cmd_ring_end;	/* L: isp_req_pos after its entries */
	clock_t			cmd_deadline;	/* L: lbolt, 0: none */
	uint8_t			cmd_kill_reason; /* L: CMD_*, if the driver has it ended */
	uint8_t			cmd_kill_stat;	/* L */
	uint8_t			cmd_target;	/* O: entry's target byte */
	uint8_t			cmd_lun;	/* O */

	/* DMA, all O; the handle outlives the binding. See isp_dma.c. */
	ddi_dma_handle_t	cmd_dmahandle;
	uint32_t		cmd_granular;	/* that the handle was allocated with */
	uint_t			cmd_ncookies;	/* of the current window */
	uint_t			cmd_cookie;	/* first of the current command */
	uint_t			cmd_cookiecnt;	/* of the current command */
	uint_t			cmd_nwin;
	uint_t			cmd_curwin;
	off_t			cmd_dma_offset;	/* of the window */
	size_t			cmd_dma_len;
	size_t			cmd_dmacount;	/* bytes of the current command */
	size_t			cmd_dmatotal;	/* bytes of all commands up to this one */
};

struct isp_done {
	struct isp_cmd	*done_first;
	struct isp_cmd	**done_tail;
};

/* How often a target has lost commands for good, or a bus has hung. */
struct isp_losses {
	clock_t		loss_since;
	uint_t		loss_count;	/* since then */
};

/* Does the firmware know extended commands? See isp_probe.c. */
enum isp_probe {
	PROBE_NONE,
	PROBE_SENT,
	PROBE_CARRIED_OUT,
	PROBE_REFUSED,
	PROBE_DISTURBED,	/* ended by something else */
	PROBE_EMPTY,		/* answered with an entry of type 0 */
};

#define PROBE_HANDLE	0xffff		/* generation 0, so no command has it */

#define EVENT_USEC		20000

/* Options of a PPR message */
#define PPR_IU			0x01
#define PPR_DT			0x02
#define PPR_QAS			0x04

enum isp_mbox_state {
	MBOX_IDLE,
	MBOX_SENT,
	MBOX_ANSWERED,
	MBOX_FAILED,		/* timed out, or the chip was stopped */
};

struct isp {
	dev_info_t		*isp_dip;		/* A */
	scsi_hba_tran_t		*isp_tran;		/* A */
	const struct isp_chip	*isp_chip;		/* A */
	const struct isp_revision *isp_rev;		/* R */
	int			isp_instance;		/* A */
	uint_t			isp_attached;		/* A: ATT_* of isp_attach.c */

	/* Registers */
	ddi_acc_handle_t	isp_acc;		/* A */
	caddr_t			isp_regs;		/* A */
	ddi_acc_handle_t	isp_config;		/* A */

	/* Interrupt */
	ddi_intr_handle_t	isp_intr;		/* A */
	uint_t			isp_pri;		/* A */

	kmutex_t		isp_lock;
	enum isp_state		isp_state;		/* L */
	boolean_t		isp_stopped;		/* L: stopped since it last ran */

	/* Request ring. Positions count entries and wrap at 32 bits. */
	union isp_entry		*isp_req;		/* A */
	uint_t			isp_req_len;		/* R */
	uint_t			isp_req_in;		/* L: index of the next entry */
	uint32_t		isp_req_pos;		/* L: entries ever put */
	uint32_t		isp_req_out;		/* L: position fetched to, at least */
	boolean_t		isp_doorbell;		/* L: ring it: there are new entries */
	uint8_t			isp_markers;		/* L: bit n: bus n needs a marker */

	/* Response ring */
	union isp_entry		*isp_rsp;		/* A */
	uint_t			isp_rsp_len;		/* R */
	uint_t			isp_rsp_out;		/* L: index of the next entry to take */
	uint_t			isp_rsp_owed;		/* L: entries taken but not given back */
	uint_t			isp_rsp_lazy;		/* L: how many may be owed */
	boolean_t		isp_rsp_proven;		/* L: it has gone round once */
	boolean_t		isp_rsp_early;		/* L: the chip wraps it before its end */

	/* Handles */
	struct isp_slot		*isp_slots;		/* A; contents L */
	uint_t			isp_max_cmds;		/* R: commands outstanding at most */
	uint_t			isp_outstanding;	/* L */
	uint16_t		isp_free_slot;		/* L */

	/* Hot path constants */
	boolean_t		isp_a64;		/* A */
	clock_t			isp_reset_usec;		/* A: settle time of targets after reset */
	boolean_t		isp_bus_reset;		/* R: the user allows bus resets */
	uint_t			isp_ndatasegs;		/* A */
	uint8_t			isp_initiator[ISP_NBUS]; /* R */
	uint8_t			isp_max_cdb;		/* A */

	/* Mailboxes */
	kcondvar_t		isp_mbox_cv;
	boolean_t		isp_mbox_busy;		/* L: a thread owns them, others wait */
	boolean_t		isp_mbox_dead;		/* L: the firmware has failed since its reset */
	enum isp_mbox_state	isp_mbox_state;		/* L */
	uint16_t		isp_mbox[ISP_NMBOX];	/* L: arguments, then results */
	boolean_t		isp_intr_on;		/* L: the chip may interrupt */

	/* What attach found out */
	struct isp_dma_mem	isp_req_mem;		/* A */
	struct isp_dma_mem	isp_rsp_mem;		/* A */
	struct isp_nvram	isp_nv;			/* A; flags of targets L */
	uint16_t		isp_fw_version[3];	/* R */
	uint8_t			*isp_fw_image;		/* A: NULL: use the chip's own */
	size_t			isp_fw_size;		/* A */
	boolean_t		isp_rings_proven;	/* R */
	const char		*isp_rings_failed;	/* R: why, at the last attempt; or NULL */
	uint_t			isp_queue_luns;		/* R: LUNs that have a device queue */
	const struct isp_bus_mode *isp_bus_mode[ISP_NBUS]; /* L */
	uint8_t			isp_clock;		/* R: MHz */
	enum isp_probe		isp_probe;		/* L */
	ddi_dma_attr_t		isp_dma_attr;		/* A: data */

	/* Capabilities that can be set; bit per target */
	uint32_t		isp_tagged;		/* L: tags are used: the chip knows */
	uint32_t		isp_tags_asked;		/* L */
	uint32_t		isp_no_arq;		/* L */
	uint32_t		isp_luns_named;		/* L: their LUNs out of reach are in the log */

	/* Negotiation; see isp_spi.c */
	struct scsa_spi		isp_asked[ISP_NBUS * ISP_NTARGET]; /* L: by the framework */
	uint32_t		isp_untold;		/* L: bit per target: the chip is to be told */
	uint32_t		isp_telling;		/* L: the same: it is just being told */
	uint32_t		isp_spi_refused;	/* L: the same: it refused what it was told last */

	/* Recovery; see isp_recover.c and isp_watch.c */
	ddi_taskq_t		*isp_taskq;		/* A: the thread's */
	kcondvar_t		isp_watch_cv;		/* wakes the thread */
	boolean_t		isp_closing;		/* L: no restart, no mailbox commands */
	boolean_t		isp_suspended;		/* L: commands wait for resume */
	uint32_t		isp_own_reset;		/* L: bit per target: we are resetting it */
	clock_t			isp_own_until;		/* L: lbolt; a report of that may come until then */
	uint32_t		isp_notify;		/* L: bit per target: its reset callbacks are due */
	uint8_t			isp_hung;		/* L: bit n: bus n hangs; the thread resets it */
	struct isp_losses	isp_hangs[ISP_NBUS];	/* L: how often it did */
	uint_t			isp_reset_count;	/* L: chip resets since isp_reset_since */
	clock_t			isp_retry_usec;		/* L: until an offline chip is tried again */
	clock_t			isp_retry_first;	/* A: the first such time */
	boolean_t		isp_blamed;		/* L: the reset that is due is a target's fault */
	uint32_t		isp_refused;		/* L: bit per target: it gets no commands */
	struct isp_losses	isp_losses[ISP_NBUS * ISP_NTARGET]; /* L */
	clock_t			isp_reset_since;	/* L */
	uint64_t		isp_watch_intrs;	/* L: interrupts at the last look */
	uint_t			isp_idle_intrs;		/* L: since one that brought work */
	uint_t			isp_watch_in;		/* L: response producer at the last look */
	boolean_t		isp_watch_pending;	/* L: work was waiting then */
	clock_t			isp_watch_busy;		/* L: us until the thread looks for events; 0: never */
	uint64_t		isp_busy_intrs;		/* L: interrupts when it last did */
	struct scsi_reset_notify_entry *isp_notify_list[ISP_NBUS * ISP_NTARGET]; /* L */

	/* Rate limit for messages that a bad chip could cause without end */
	clock_t			isp_log_since;		/* L */
	uint_t			isp_log_count;		/* L */

	kstat_t			*isp_kstat;		/* A */
	struct isp_stats	isp_stats;		/* L */
};

static inline uint16_t isp_rd(struct isp *isp, uint_t reg)
{
	return ddi_get16(isp->isp_acc, (uint16_t *)(isp->isp_regs + reg));
}

static inline void isp_wr(struct isp *isp, uint_t reg, uint16_t value)
{
	ddi_put16(isp->isp_acc, (uint16_t *)(isp->isp_regs + reg), value);
}

/* isp_handle.c says what a handle is. isp_lock is held. */
/* Give @sp a handle. False if none is free. */
static inline boolean_t isp_handle_get(struct isp *isp, struct isp_cmd *sp)
{
	uint_t index = isp->isp_free_slot;
	struct isp_slot *slot;

	if (index == SLOT_NONE)
		return B_FALSE;
	slot = &isp->isp_slots[index];
	isp->isp_free_slot = slot->slot_next;
	if (++slot->slot_gen == 0)
		slot->slot_gen = 1;
	slot->slot_cmd = sp;
	sp->cmd_handle = (uint32_t)slot->slot_gen << 16 | index;
	isp->isp_outstanding++;
	return B_TRUE;
}

/* Release a handle and return its command; NULL if the handle is not valid. */
static inline struct isp_cmd *isp_handle_release(struct isp *isp, uint32_t handle)
{
	uint_t index = handle & 0xffff;
	struct isp_slot *slot;
	struct isp_cmd *sp;

	if (index >= isp->isp_max_cmds)
		return NULL;
	slot = &isp->isp_slots[index];
	sp = slot->slot_cmd;
	if (!sp || sp->cmd_handle != handle)
		return NULL;
	slot->slot_cmd = NULL;
	slot->slot_next = isp->isp_free_slot;
	isp->isp_free_slot = (uint16_t)index;
	isp->isp_outstanding--;
	return sp;
}

#define COMMAND_GRACE_SEC	10	/* the chip's own timer expires first */

/* The lbolt by which the chip's own timer for a command must have expired; 0: never. */
static inline clock_t isp_deadline(int seconds)
{
	clock_t deadline;

	if (seconds <= 0)
		return 0;
	deadline = ddi_get_lbolt() + SEC_TO_TICK(seconds + COMMAND_GRACE_SEC);
	return deadline ? deadline : 1;
}

static inline struct isp *isp_of(struct scsi_address *ap)
{
	return ap->a_hba_tran->tran_hba_private;
}

static inline struct isp_cmd *isp_cmd_of(struct scsi_pkt *pkt)
{
	return pkt->pkt_ha_private;
}

/* A SCSA target number is bus * 16 + id. */
static inline uint_t isp_bus_of(uint_t target)
{
	return target / ISP_NTARGET;
}

static inline uint_t isp_id_of(uint_t target)
{
	return target % ISP_NTARGET;
}

/* The targets of a bus, a bit for each. */
static inline uint32_t isp_bus_targets(uint_t bus)
{
	return 0xffffu << bus * ISP_NTARGET;
}

static inline uint_t isp_target_of(const struct isp_cmd *sp)
{
	return (sp->cmd_target >> 7) * ISP_NTARGET + (sp->cmd_target & 0xf);
}

static inline void isp_done_init(struct isp_done *d)
{
	d->done_first = NULL;
	d->done_tail = &d->done_first;
}

static inline void isp_done_add(struct isp_done *d, struct isp_cmd *sp)
{
	sp->cmd_next = NULL;
	*d->done_tail = sp;
	d->done_tail = &sp->cmd_next;
}

/* isp_chip.c */
const struct isp_chip *isp_chip_lookup(uint16_t device);
const struct isp_revision *isp_chip_revision(const struct isp_chip *chip, uint16_t conf0);
const struct isp_bus_mode *isp_chip_bus_mode(const struct isp_chip *chip, uint16_t pins);
uint8_t isp_chip_clock(const struct isp *isp, uint16_t psr);

/* isp_dma.c */
struct scsi_pkt *isp_tran_init_pkt(struct scsi_address *ap, struct scsi_pkt *pkt, struct buf *bp,
				   int cmdlen, int statuslen, int tgtlen, int flags,
				   int (*callback)(caddr_t), caddr_t arg);
void isp_tran_destroy_pkt(struct scsi_address *ap, struct scsi_pkt *pkt);
void isp_tran_dmafree(struct scsi_address *ap, struct scsi_pkt *pkt);
void isp_tran_sync_pkt(struct scsi_address *ap, struct scsi_pkt *pkt);
void isp_dma_sync(struct isp_cmd *sp);
int isp_dma_mem_alloc(struct isp *isp, size_t size, struct isp_dma_mem *dm);
void isp_dma_mem_free(struct isp_dma_mem *dm);

/* isp_eeprom.c */
void isp_read_nvram(struct isp *isp);

/* isp_fw.c */
int isp_fw_read(struct isp *isp);
void isp_fw_free(struct isp *isp);
int isp_fw_start(struct isp *isp);

/* isp_goal.c */
void isp_spi_limits(struct isp *isp, uint_t target, struct scsa_spi *lim);
void isp_target_words(struct isp *isp, uint_t target, uint16_t *mb);
void isp_want_told(struct isp *isp, uint_t target);
void isp_want_told_if_new(struct isp *isp, uint_t target, const uint16_t *was);
void isp_bus_mode_is(struct isp *isp, uint_t bus, uint16_t pins);
boolean_t isp_send_again(struct isp *isp, struct isp_cmd *sp, uint16_t completion);
int isp_spi_getcap(struct isp *isp, uint_t target, int cap);
int isp_spi_setcap(struct isp *isp, uint_t target, int cap, boolean_t on);
void isp_limit_targets(struct isp *isp);

/* isp_handle.c */
void isp_handles_init(struct isp *isp);
struct isp_cmd *isp_handle_next(struct isp *isp, uint_t *cursor);

/* isp_init.c */
int isp_init(struct isp *isp);
void isp_setup_config(struct isp *isp);

/* isp_intr.c */
void isp_rsp_set_lazy(struct isp *isp);
uint_t isp_intr(caddr_t arg1, caddr_t arg2);
void isp_service(struct isp *isp, struct isp_done *done);
void isp_poll(struct isp *isp);
void isp_complete(struct isp *isp, struct isp_done *done);
void isp_finish_killed(struct isp_cmd *sp, uint8_t reason, uint8_t stat);
void isp_notify_reset(struct isp *isp);

/* isp_kstat.c */
int isp_kstat_create(struct isp *isp);
void isp_kstat_destroy(struct isp *isp);

/* isp_lost.c */
void isp_fail_all(struct isp *isp, uint8_t reason, uint8_t stat);
void isp_commands_lost(struct isp *isp, uint32_t targets, const char *why);
void isp_count_hang(struct isp *isp, uint_t bus);
void isp_stop_now(struct isp *isp, struct isp_cmd *sp);
void isp_forgive(struct isp *isp, uint_t target);
void isp_forgive_all(struct isp *isp);

/* isp_mbcmd.c */
int isp_mbcmd_run(struct isp *isp, uint16_t *mb, boolean_t running);

/* isp_mbox.c */
const struct isp_mbox_desc *isp_mbox_find(uint16_t opcode);
void isp_mbox_send(struct isp *isp, const struct isp_mbox_desc *d, const uint16_t *mb);
boolean_t isp_mbox_take(struct isp *isp);
boolean_t isp_sema_taken(struct isp *isp);

/* isp_probe.c */
void isp_probe_extended(struct isp *isp);

/* isp_queue.c */
int isp_tran_start(struct scsi_address *ap, struct scsi_pkt *pkt);

/* isp_recover.c */
void isp_restart_chip(struct isp *isp);
void isp_retry_chip(struct isp *isp);
void isp_shut_down(struct isp *isp, uint8_t reason);

/* isp_reset.c */
int isp_wait_running(struct isp *isp);
void isp_reset_buses(struct isp *isp);
void isp_reset_hung(struct isp *isp);
int isp_tran_abort(struct scsi_address *ap, struct scsi_pkt *pkt);
int isp_tran_reset(struct scsi_address *ap, int level);
int isp_tran_bus_reset(dev_info_t *dip, int level);

/* isp_ring.c */
boolean_t isp_ring_put_one(struct isp *isp, const struct isp_iocb *io);
boolean_t isp_ring_is_fetched(struct isp *isp);
void isp_ring_doorbell(struct isp *isp);
void isp_flush_markers(struct isp *isp);

/* isp_scsa.c */
void isp_tran_setup(struct isp *isp, scsi_hba_tran_t *tran);

/* isp_spi.c */
void isp_tell_target(struct isp *isp, uint_t target, boolean_t running);
void isp_tell_targets(struct isp *isp);
int isp_tran_spi(struct scsi_address *ap, enum scsa_spi_op op, struct scsa_spi *spi);

/* isp_state.c */
boolean_t isp_may_log(struct isp *isp);
void isp_mbox_abandon(struct isp *isp);
void isp_stop_chip(struct isp *isp);
void isp_stop_failed_chip(struct isp *isp);
void isp_chip_fail(struct isp *isp, const char *why);
void isp_chip_gone(struct isp *isp);
void isp_chip_close(struct isp *isp);

/* isp_watch.c */
void isp_watch_start(struct isp *isp);

#endif /* _ISPVAR_H */
