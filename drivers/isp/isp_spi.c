// SPDX-License-Identifier: GPL-2.0
/*
 * What chip and targets negotiate.
 *
 * Some targets cannot bear a message for wide or synchronous transfers. So each target starts
 * narrow, asynchronous and untagged. The framework asks for more once it has the INQUIRY data, and
 * gets at most what the card's settings, the user and the bus allow. The instance's thread tells the
 * chip; nothing else does while the chip runs. A target whose negotiation fails gets less from then
 * on, and its command is sent again.
 */
#include "ispvar.h"

#define TELL_USEC		10000000
#define PERIOD_FAST		25
#define PERIOD_ULTRA		12
#define OFFSET_ULTRA		8	/* of the 1020 and 1040 */
#define PERIOD_NO_DT		10	/* the shortest without double transitions */

#define PPR_IU			0x01
#define PPR_DT			0x02
#define PPR_QAS			0x04

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
static void isp_spi_limits(struct isp *isp, uint_t target, struct scsa_spi *lim)
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
static void isp_target_words(struct isp *isp, uint_t target, uint16_t *mb)
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

/*
 * Tell the chip what to negotiate with a target on the next command. Tags are used only after that:
 * the chip refuses those that it has not been told of. Called by the instance's thread, and by
 * isp_init() with @running false.
 */
void isp_tell_target(struct isp *isp, uint_t target, boolean_t running)
{
	uint16_t words[ISP_NMBOX], mb[ISP_NMBOX], flags;
	uint32_t bit = 1u << target;
	int rc;

	mutex_enter(&isp->isp_lock);
	isp->isp_untold &= ~bit;
	isp->isp_telling = bit;
	isp_target_words(isp, target, words);
	mutex_exit(&isp->isp_lock);
	flags = words[2];
	bcopy(words, mb, sizeof(mb));
	rc = isp_mbcmd_run(isp, mb, running);
	/* A busy firmware may refuse it once. */
	if (rc != DDI_SUCCESS && mb[0]) {
		bcopy(words, mb, sizeof(mb));
		rc = isp_mbcmd_run(isp, mb, running);
	}
	mutex_enter(&isp->isp_lock);
	isp->isp_telling = 0;
	isp->isp_tagged &= ~bit;
	if (rc != DDI_SUCCESS && mb[0])
		isp->isp_spi_refused |= bit;
	else
		isp->isp_spi_refused &= ~bit;
	if (rc == DDI_SUCCESS && (flags & MBT_TAGGED))
		isp->isp_tagged |= isp->isp_tags_asked & bit;
	if (rc == DDI_SUCCESS && running) {
		isp->isp_markers |= (uint8_t)(1 << isp_bus_of(target));
		isp_flush_markers(isp);
	} else if (rc != DDI_SUCCESS && mb[0] && isp_may_log(isp)) {
		dev_err(isp->isp_dip, CE_NOTE, "bus %u: target %u: firmware refused its parameters: 0x%04x",
			isp_bus_of(target), isp_id_of(target), mb[0]);
	}
	cv_broadcast(&isp->isp_mbox_cv);
	mutex_exit(&isp->isp_lock);
}

/* Called by the instance's thread while the chip runs. isp_lock held; each mailbox command drops it. */
void isp_tell_targets(struct isp *isp)
{
	uint_t target;

	for (target = 0; target < ISP_NBUS * ISP_NTARGET; target++) {
		if (isp->isp_state != ISP_RUN || !(isp->isp_untold & 1u << target))
			continue;
		mutex_exit(&isp->isp_lock);
		isp_tell_target(isp, target, B_TRUE);
		mutex_enter(&isp->isp_lock);
	}
}

/* Have the thread tell the chip. Any context, isp_lock held. */
static void isp_want_told(struct isp *isp, uint_t target)
{
	isp->isp_untold |= 1u << target;
	cv_signal(&isp->isp_watch_cv);
}

/* The same if it is not to be told what it was before. */
static void isp_want_told_if_new(struct isp *isp, uint_t target, const uint16_t *was)
{
	uint16_t is[ISP_NMBOX];

	isp_target_words(isp, target, is);
	if (bcmp(was, is, sizeof(is)))
		isp_want_told(isp, target);
}

/* Wait until the chip knows, or does not run: then it is told when it starts. isp_lock held. Thread. */
static void isp_wait_told(struct isp *isp, uint_t target)
{
	clock_t end = ddi_get_lbolt() + drv_usectohz(TELL_USEC);

	while (((isp->isp_untold | isp->isp_telling) & 1u << target) && isp->isp_state == ISP_RUN)
		if (cv_timedwait(&isp->isp_mbox_cv, &isp->isp_lock, end) == -1)
			break;
}

/* If the chip refuses what is asked for, it keeps to what it was told before, and so does the driver. */
static int isp_spi_set(struct isp *isp, uint_t target, const struct scsa_spi *spi)
{
	uint16_t was[ISP_NMBOX];
	struct scsa_spi before;
	boolean_t refused;

	mutex_enter(&isp->isp_lock);
	before = isp->isp_asked[target];
	isp_target_words(isp, target, was);
	isp->isp_asked[target] = *spi;
	if (isp->isp_spi_refused & 1u << target)
		isp_want_told(isp, target);
	else
		isp_want_told_if_new(isp, target, was);
	isp_wait_told(isp, target);
	refused = isp->isp_spi_refused & 1u << target ? B_TRUE : B_FALSE;
	if (refused)
		isp->isp_asked[target] = before;
	mutex_exit(&isp->isp_lock);
	return refused ? DDI_FAILURE : DDI_SUCCESS;
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

/* What chip and target have agreed on; until they have, what the chip is going to ask for. */
static int isp_spi_agreed(struct isp *isp, uint_t target, struct scsa_spi *spi)
{
	uint16_t mb[ISP_NMBOX] = {
		MBC_GET_TARGET, MB_DEVICE(isp_bus_of(target), isp_id_of(target), 0)
	};
	uint8_t options;

	bzero(spi, sizeof(*spi));
	if (isp_mbcmd_run(isp, mb, B_TRUE) != DDI_SUCCESS)
		return DDI_FAILURE;
	spi->wide = (mb[2] & MBT_WIDE) != 0;
	spi->offset = (uint8_t)(mb[3] >> 8);
	spi->period = (uint8_t)mb[3];
	/* Other chips do not answer in this mailbox. */
	options = isp->isp_rev->ir_limits.ppr_options && (mb[2] & MBT_PPR) ? (uint8_t)(mb[6] >> 8) : 0;
	spi->dt = (options & PPR_DT) != 0;
	spi->iu = (options & PPR_IU) != 0;
	spi->qas = (options & PPR_QAS) != 0;
	return DDI_SUCCESS;
}

/* tran_spi(), our extension. Thread. */
int isp_tran_spi(struct scsi_address *ap, enum scsa_spi_op op, struct scsa_spi *spi)
{
	struct isp *isp = isp_of(ap);
	uint_t target = ap->a_target % (ISP_NBUS * ISP_NTARGET);

	switch (op) {
	case SCSA_SPI_SET:
		return isp_spi_set(isp, target, spi);
	case SCSA_SPI_AGREED:
		return isp_spi_agreed(isp, target, spi);
	case SCSA_SPI_LIMITS:
		mutex_enter(&isp->isp_lock);
		isp_spi_limits(isp, target, spi);
		mutex_exit(&isp->isp_lock);
		return DDI_SUCCESS;
	}
	return DDI_FAILURE;
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
			 options & SCSI_OPTIONS_FAST20 ? PERIOD_ULTRA : options & SCSI_OPTIONS_FAST ? 25 : 50;

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
