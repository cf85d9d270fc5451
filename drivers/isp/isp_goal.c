// SPDX-License-Identifier: GPL-2.0
/*
 * What a target is to be asked for: what the framework wants, within the limits of card, chip, bus and
 * user. isp_spi.c tells it to the chip. isp_lock is held unless a function says otherwise.
 */
#include "ispvar.h"

#define PERIOD_FAST		25
#define PERIOD_ULTRA		12
#define OFFSET_ULTRA		8	/* of the 1020 and 1040 */
#define PERIOD_NO_DT		10	/* the shortest without double transitions */

static struct isp_nv_target *isp_nv_target(struct isp *isp, uint_t target)
{
	return &isp->isp_nv.bus[isp_bus_of(target) % ISP_NBUS].target[isp_id_of(target)];
}

/* Only a fast clock can do Ultra, and anything faster needs an LVD bus. */
static uint8_t isp_shortest_period(const struct isp *isp, boolean_t lvd)
{
	return isp->isp_clock <= CLOCK_FAST ? PERIOD_FAST : lvd ? 0 : PERIOD_ULTRA;
}

/* The most that a target may be asked for. isp_lock held. */
void isp_spi_limits(struct isp *isp, uint_t target, struct scsa_spi *lim)
{
	const struct isp_nv_target *nt = isp_nv_target(isp, target);
	uint8_t signal = isp->isp_bus_mode[isp_bus_of(target)]->bm_signal;
	boolean_t lvd = signal == SCSA_SPI_LVD ? B_TRUE : B_FALSE;

	bzero(lim, sizeof(*lim));
	lim->signal = signal;
	lim->wide = (nt->flags & MBT_WIDE) != 0;
	if (!(nt->flags & MBT_SYNC))
		return;
	lim->period = MAX(nt->period, isp_shortest_period(isp, lvd));
	lim->offset = nt->offset;
	if (isp->isp_chip->chip_nv_format == ISP_NV_1040 && lim->period < PERIOD_FAST)
		lim->offset = MIN(lim->offset, OFFSET_ULTRA);
	if (!lvd || !lim->wide || !(nt->flags & MBT_PPR) || !(nt->ppr_options & PPR_DT) ||
	    !nt->ppr_width)
		return;
	lim->dt = true;
	lim->iu = (nt->ppr_options & PPR_IU) != 0;
	lim->qas = (nt->ppr_options & PPR_QAS) != 0;
}

/* What the chip is to negotiate: what was asked for, within the limits. isp_lock held. */
static void isp_spi_goal(struct isp *isp, uint_t target, struct scsa_spi *goal)
{
	const struct scsa_spi *asked = &isp->isp_asked[target];
	struct scsa_spi lim;

	isp_spi_limits(isp, target, &lim);
	bzero(goal, sizeof(*goal));
	goal->wide = asked->wide && lim.wide;
	goal->offset = MIN(asked->offset, lim.offset);
	if (!goal->offset)
		return;
	goal->dt = asked->dt && lim.dt && goal->wide;
	goal->iu = asked->iu && lim.iu && goal->dt;
	goal->qas = asked->qas && lim.qas && goal->dt;
	goal->period = MAX(asked->period, lim.period);
	if (!goal->dt)
		goal->period = MAX(goal->period, PERIOD_NO_DT);
}

/* The mailboxes of MBC_SET_TARGET. isp_lock held. */
void isp_target_words(struct isp *isp, uint_t target, uint16_t *mb)
{
	const struct isp_nv_target *nt = isp_nv_target(isp, target);
	struct scsa_spi goal;
	uint16_t flags = nt->flags & (uint16_t)~(MBT_WIDE | MBT_SYNC | MBT_PPR | MBT_TAGGED);

	isp_spi_goal(isp, target, &goal);
	bzero(mb, ISP_NMBOX * sizeof(*mb));
	if (goal.wide)
		flags |= MBT_WIDE;
	if (goal.offset) {
		flags |= MBT_SYNC;
		mb[3] = (uint16_t)(goal.offset << 8 | goal.period);
	}
	if (goal.dt) {
		flags |= MBT_PPR;
		mb[6] = (uint16_t)((PPR_DT | (goal.iu ? PPR_IU : 0) | (goal.qas ? PPR_QAS : 0)) << 8 |
				   nt->ppr_width);
	}
	if (isp->isp_tags_asked & 1u << target)
		flags |= nt->flags & MBT_TAGGED;
	mb[0] = MBC_SET_TARGET;
	mb[1] = MB_DEVICE(isp_bus_of(target), isp_id_of(target), 0);
	mb[2] = flags;
}

/* Have the thread tell the chip. Any context, isp_lock held. */
void isp_want_told(struct isp *isp, uint_t target)
{
	isp->isp_untold |= 1u << target;
	cv_signal(&isp->isp_watch_cv);
}

/* The same if it is not to be told what it was before. */
void isp_want_told_if_new(struct isp *isp, uint_t target, const uint16_t *was)
{
	uint16_t is[ISP_NMBOX];

	isp_target_words(isp, target, is);
	if (bcmp(was, is, sizeof(is)))
		isp_want_told(isp, target);
}

/* A bus is in this mode now: if that changes what its targets may be asked for, tell them. isp_lock held. */
void isp_bus_mode_is(struct isp *isp, uint_t bus, uint16_t pins)
{
	const struct isp_bus_mode *before = isp->isp_bus_mode[bus];
	const struct isp_bus_mode *now = isp_chip_bus_mode(isp->isp_chip, pins);
	uint_t target = bus * ISP_NTARGET;
	uint16_t was[ISP_NMBOX];

	for (; isp_bus_of(target) == bus; target++) {
		isp->isp_bus_mode[bus] = before;
		isp_target_words(isp, target, was);
		isp->isp_bus_mode[bus] = now;
		isp_want_told_if_new(isp, target, was);
	}
}

/* The capabilities wide-xfer, synchronous and tagged-qing. Any context. */
int isp_spi_getcap(struct isp *isp, uint_t target, int cap)
{
	struct scsa_spi goal;
	int value;

	mutex_enter(&isp->isp_lock);
	isp_spi_goal(isp, target, &goal);
	value = cap == SCSI_CAP_WIDE_XFER ? goal.wide : cap == SCSI_CAP_SYNCHRONOUS ? goal.offset != 0 :
		(isp->isp_tags_asked & 1u << target) != 0;
	mutex_exit(&isp->isp_lock);
	return value;
}

/* False if the limits forbid it. The chip is told soon. */
int isp_spi_setcap(struct isp *isp, uint_t target, int cap, boolean_t on)
{
	struct scsa_spi *asked = &isp->isp_asked[target];
	const struct isp_nv_target *nt = isp_nv_target(isp, target);
	uint16_t need = cap == SCSI_CAP_WIDE_XFER ? MBT_WIDE : cap == SCSI_CAP_SYNCHRONOUS ? MBT_SYNC :
			MBT_TAGGED;
	uint16_t was[ISP_NMBOX];
	int rc;

	mutex_enter(&isp->isp_lock);
	isp_target_words(isp, target, was);
	rc = !on || (nt->flags & need);
	if (rc && cap == SCSI_CAP_WIDE_XFER) {
		asked->wide = on;
	} else if (rc && cap == SCSI_CAP_SYNCHRONOUS) {
		asked->offset = on ? 0xff : 0;
		asked->period = 0;
	} else if (rc && on) {
		isp->isp_tags_asked |= 1u << target;
	} else if (rc) {
		isp->isp_tags_asked &= ~(1u << target);
		isp->isp_tagged &= ~(1u << target);
	}
	isp_want_told_if_new(isp, target, was);
	mutex_exit(&isp->isp_lock);
	return rc;
}

/*
 * A command ended with @completion because its negotiation failed. Ask the target for less, as long
 * as the driver is loaded. True if the command is worth sending again. isp_lock held.
 */
static boolean_t isp_lower_target(struct isp *isp, uint_t target, uint16_t completion)
{
	struct isp_nv_target *nt = isp_nv_target(isp, target);
	uint16_t less = completion == ICS_WIDE_FAILED ? MBT_WIDE | MBT_PPR :
			completion == ICS_SYNC_FAILED ? MBT_SYNC | MBT_PPR : MBT_PPR;

	/* Another command has lowered the target already, but the chip does not know yet. */
	if ((isp->isp_untold | isp->isp_telling) & 1u << target)
		return B_TRUE;
	if (!(nt->flags & less))
		return B_FALSE;
	nt->flags &= (uint16_t)~less;
	isp_want_told(isp, target);
	dev_err(isp->isp_dip, CE_NOTE, "bus %u: target %u: %s negotiation failed: not tried again",
		isp_bus_of(target), isp_id_of(target), completion == ICS_WIDE_FAILED ? "wide" :
		completion == ICS_SYNC_FAILED ? "synchronous" : "PPR");
	return B_TRUE;
}

/*
 * The negotiation before the command failed, so the target has not seen it. BUSY has it sent again,
 * by then with less to negotiate. False if there is nothing less. isp_lock held.
 */
boolean_t isp_send_again(struct isp *isp, struct isp_cmd *sp, uint16_t completion)
{
	struct scsi_pkt *pkt = sp->cmd_pkt;

	if (completion < ICS_WIDE_FAILED || completion > ICS_PPR_FAILED ||
	    !isp_lower_target(isp, isp_target_of(sp), completion))
		return B_FALSE;
	pkt->pkt_state = STATE_GOT_BUS | STATE_GOT_TARGET | STATE_GOT_STATUS;
	pkt->pkt_resid = sp->cmd_dmacount;
	if (pkt->pkt_scblen)
		*pkt->pkt_scbp = STATUS_BUSY;
	return B_TRUE;
}

/* What the user's scsi-options leave of a target's settings. */
static void isp_limit_target(struct isp_nv_target *nt, int options)
{
	uint8_t period = options & SCSI_OPTIONS_FAST80 ? 0 : options & SCSI_OPTIONS_FAST40 ? PERIOD_NO_DT :
			 options & SCSI_OPTIONS_FAST20 ? PERIOD_ULTRA :
			 options & SCSI_OPTIONS_FAST ? PERIOD_FAST : 50;

	nt->period = MAX(nt->period, period);
	if (!(options & SCSI_OPTIONS_FAST80))
		nt->flags &= (uint16_t)~MBT_PPR;
	if (!(options & SCSI_OPTIONS_WIDE))
		nt->flags &= (uint16_t)~MBT_WIDE;
	if (!(options & SCSI_OPTIONS_SYNC))
		nt->flags &= (uint16_t)~MBT_SYNC;
	if (!(options & SCSI_OPTIONS_TAG))
		nt->flags &= (uint16_t)~MBT_TAGGED;
}

/* Apply the properties scsi-options and targetN-scsi-options. Attach. */
void isp_limit_targets(struct isp *isp)
{
	int all = ddi_prop_get_int(DDI_DEV_T_ANY, isp->isp_dip, DDI_PROP_DONTPASS, "scsi-options", ~0);
	char name[32];
	uint_t target;

	for (target = 0; target < ISP_NBUS * ISP_NTARGET; target++) {
		(void)snprintf(name, sizeof(name), "target%u-scsi-options", target);
		isp_limit_target(isp_nv_target(isp, target),
				 ddi_prop_get_int(DDI_DEV_T_ANY, isp->isp_dip, DDI_PROP_DONTPASS, name,
						  all));
	}
}
