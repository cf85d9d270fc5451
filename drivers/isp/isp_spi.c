// SPDX-License-Identifier: GPL-2.0
/*
 * Telling the chip what to negotiate with a target. isp_goal.c decides what that is.
 *
 * Some targets cannot bear a message for wide or synchronous transfers. So each target starts
 * narrow, asynchronous and untagged. The framework asks for more once it has the INQUIRY data, and
 * gets at most what the card's settings, the user and the bus allow. The instance's thread tells the
 * chip; nothing else does while the chip runs. A target whose negotiation fails gets less from then
 * on, and its command is sent again.
 */
#include "ispvar.h"

#define TELL_USEC		10000000

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
