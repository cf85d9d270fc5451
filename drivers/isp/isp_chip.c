// SPDX-License-Identifier: GPL-2.0
/* The family, as data: what differs between the chips and their revisions. */
#include "ispvar.h"

#define MAX_XFER_24		0x00ffffffULL	/* a 24-bit counter for the whole transfer */
#define MAX_XFER_30		0x3fffffffULL

/* Some have a clock that is fast enough for Ultra; if not, isp_goal.c asks for less. */
#define LIMITS_FAST	{ .async_min = 6, .async_max = 6, .period_min = 12, .offset_max = 12 }
#define LIMITS_ULTRA	{ .async_min = 9, .async_max = 15, .period_min = 12, .offset_max = 8 }
#define LIMITS_ULTRA_12	{ .async_min = 9, .async_max = 15, .period_min = 12, .offset_max = 12 }
#define LIMITS_ULTRA2	{ .async_min = 9, .async_max = 15, .period_min = 10, .offset_max = 12 }
#define LIMITS_ULTRA3	{ .async_min = 9, .async_max = 15, .period_min = 9, .offset_max = 14, \
			  .ppr_options = 2 }

static const struct isp_bus_mode isp_modes_1040[] = {
	{ PINS_DIFF_1040, PINS_DIFF_1040, "differential", SCSA_SPI_HVD },
	{ 0, 0, "single-ended", SCSA_SPI_SE },
};

static const struct isp_bus_mode isp_modes_1080[] = {
	{ PINS_MODE_MASK, PINS_MODE_LVD, "LVD", SCSA_SPI_LVD },
	{ PINS_MODE_MASK, PINS_MODE_HVD, "HVD", SCSA_SPI_HVD },
	{ PINS_MODE_MASK, PINS_MODE_SE, "single-ended", SCSA_SPI_SE },
	{ 0, 0, "unknown bus mode", SCSA_SPI_UNKNOWN },
};

/* Segments have 24-bit counters, must not cross a 16 MiB boundary, and lie below 4 GiB. */
static const struct isp_map isp_map_1040 = {
	.map_sxp_bank	= CONF1_SXP_1040,
	.map_bus_modes	= isp_modes_1040,
	.map_addr_max	= 0xffffffffULL,
	.map_seg_max	= 0xffffff,
	.map_nv_size	= ISP_NVRAM_1040_SIZE,
	.map_nv_bits	= 6,
};

static const struct isp_map isp_map_1080 = {
	.map_sxp_bank	= CONF1_BANK_SXP0,
	.map_dma_bank	= CONF1_BANK_DMA,
	.map_dma_offset	= ISP_DMA_BANK_OFFSET,
	.map_bus_modes	= isp_modes_1080,
	.map_termination = B_TRUE,
	.map_features	= MBF_LVD_EVENTS,
	.map_load_dma	= B_TRUE,
	.map_a64	= B_TRUE,
	.map_addr_max	= ~0ULL,
	.map_seg_max	= 0xffffffff,
	.map_nv_size	= ISP_NVRAM_1080_SIZE,
	.map_nv_bits	= 8,
};

static const struct isp_revision isp_rev_1020[] = {
	{ 1, "ISP1020", CLOCK_FAST, CONF1_FIFO_64, MAX_XFER_24, LIMITS_FAST },
	{ 2, "ISP1020A", CLOCK_FAST, CONF1_FIFO_64, MAX_XFER_24, LIMITS_FAST },
	{ 3, "ISP1040", CLOCK_ULTRA, CONF1_FIFO_64, MAX_XFER_30, LIMITS_ULTRA },
	{ 4, "ISP1040A", CLOCK_ULTRA, CONF1_FIFO_NONE, MAX_XFER_30, LIMITS_ULTRA },
	{ 5, "ISP1040B", CLOCK_ULTRA, CONF1_FIFO_64, MAX_XFER_30, LIMITS_ULTRA },
	{ 6, "ISP1040C", CLOCK_ULTRA, CONF1_FIFO_64, MAX_XFER_30, LIMITS_ULTRA },
	{ 0, "ISP1020 (unknown revision)", CLOCK_FAST, CONF1_FIFO_NONE, MAX_XFER_24, LIMITS_FAST },
};

static const struct isp_revision isp_rev_1080[] = {
	{ 0, "ISP1080", 100, ISP_FIFO_NVRAM, MAX_XFER_30, LIMITS_ULTRA2 },
};

static const struct isp_revision isp_rev_1240[] = {
	{ 0, "ISP1240", CLOCK_ULTRA, ISP_FIFO_NVRAM, MAX_XFER_30, LIMITS_ULTRA_12 },
};

static const struct isp_revision isp_rev_1280[] = {
	{ 0, "ISP1280", 100, ISP_FIFO_NVRAM, MAX_XFER_30, LIMITS_ULTRA2 },
};

static const struct isp_revision isp_rev_10160[] = {
	{ 0, "ISP10160", 100, ISP_FIFO_NVRAM, MAX_XFER_30, LIMITS_ULTRA3 },
};

static const struct isp_revision isp_rev_12160[] = {
	{ 0, "ISP12160", 100, ISP_FIFO_NVRAM, MAX_XFER_30, LIMITS_ULTRA3 },
};

static const struct isp_chip isp_chips[] = {
	{ 0x1020, "qlogic/1040.bin", 1, 8, isp_rev_1020, &isp_map_1040, ISP_NV_1040, B_TRUE },
	{ 0x1080, "qlogic/1280.bin", 1, 32, isp_rev_1080, &isp_map_1080, ISP_NV_1080, B_TRUE },
	{ 0x1240, "qlogic/1280.bin", 2, 32, isp_rev_1240, &isp_map_1080, ISP_NV_1080, B_TRUE },
	{ 0x1280, "qlogic/1280.bin", 2, 32, isp_rev_1280, &isp_map_1080, ISP_NV_1080, B_TRUE },
	{ 0x1016, "qlogic/12160.bin", 1, 32, isp_rev_10160, &isp_map_1080, ISP_NV_12160 },
	{ 0x1216, "qlogic/12160.bin", 2, 32, isp_rev_12160, &isp_map_1080, ISP_NV_12160 },
};

const struct isp_chip *isp_chip_lookup(uint16_t device)
{
	uint_t i;

	for (i = 0; i < ISP_NELEM(isp_chips); i++)
		if (isp_chips[i].chip_device == device)
			return &isp_chips[i];
	return NULL;
}

/* The revision that register CONF0 names; for an unknown one, the last row, which is cautious. */
const struct isp_revision *isp_chip_revision(const struct isp_chip *chip, uint16_t conf0)
{
	const struct isp_revision *rev = chip->chip_revisions;

	while (rev->ir_conf0 && rev->ir_conf0 != (conf0 & CONF0_REV_MASK))
		rev++;
	return rev;
}

/* What the pins say of the mode that a bus is in. */
const struct isp_bus_mode *isp_chip_bus_mode(const struct isp_chip *chip, uint16_t pins)
{
	const struct isp_bus_mode *mode = chip->chip_map->map_bus_modes;

	while (mode->bm_mask && (pins & mode->bm_mask) != mode->bm_value)
		mode++;
	return mode;
}

/*
 * The clock of a chip, in MHz. On the 1020 and 1040 the revision alone does not tell: register PSR may
 * say that the chip can do Ultra, and the card's settings that its clock is too slow for that.
 */
uint8_t isp_chip_clock(const struct isp *isp, uint16_t psr)
{
	if (isp->isp_chip->chip_nv_format != ISP_NV_1040)
		return isp->isp_rev->ir_clock;
	if (psr & PSR_ULTRA)
		return CLOCK_ULTRA;
	return isp->isp_nv.slow_clock ? CLOCK_FAST : isp->isp_rev->ir_clock;
}
