// SPDX-License-Identifier: GPL-2.0
/* The wires of the serial EEPROM that holds the card's settings; isp_nvram.c decodes them. */
#include "ispvar.h"

/* Write the lines, flush, and give the EEPROM time: it takes clocks of a few hundred kHz. */
static void eeprom_write(struct isp *isp, uint16_t lines)
{
	isp_wr(isp, ISP_NVRAM, lines);
	(void)isp_rd(isp, ISP_NVRAM);
	drv_usecwait(2);
}

static void eeprom_put_bit(struct isp *isp, uint_t bit)
{
	uint16_t lines = NVRAM_SELECT | (bit ? NVRAM_DATA_OUT : 0);

	eeprom_write(isp, lines);
	eeprom_write(isp, lines | NVRAM_CLOCK);
	eeprom_write(isp, lines);
}

static uint_t eeprom_get_bit(struct isp *isp)
{
	uint_t bit;

	eeprom_write(isp, NVRAM_SELECT | NVRAM_CLOCK);
	bit = (isp_rd(isp, ISP_NVRAM) & NVRAM_DATA_IN) ? 1 : 0;
	eeprom_write(isp, NVRAM_SELECT);
	return bit;
}

static uint16_t eeprom_read_word(struct isp *isp, uint_t addr)
{
	const struct isp_map *map = isp->isp_chip->chip_map;
	/* Start bit 1 and opcode 10, then the address, all with the highest bit first. */
	uint_t bits = 3 + map->map_nv_bits;
	uint_t out = 6u << map->map_nv_bits | addr;
	uint_t value = 0, i;

	eeprom_write(isp, NVRAM_SELECT);
	while (bits--)
		eeprom_put_bit(isp, out >> bits & 1);
	for (i = 0; i < 16; i++)
		value = value << 1 | eeprom_get_bit(isp);
	eeprom_write(isp, 0);
	return (uint16_t)value;
}

static void isp_name_disabled(struct isp *isp)
{
	uint_t bus, id;

	for (bus = 0; bus < isp->isp_chip->chip_buses; bus++)
		for (id = 0; id < ISP_NTARGET; id++)
			if (!isp->isp_nv.bus[bus].target[id].enabled &&
			    id != isp->isp_nv.bus[bus].initiator)
				dev_err(isp->isp_dip, CE_NOTE,
					"bus %u: target %u is disabled in the card's NVRAM", bus, id);
}

/* Read the settings from the EEPROM. Use defaults if it is not valid. */
void isp_read_nvram(struct isp *isp)
{
	const struct isp_nv_limits *lim;
	uint8_t image[ISP_NVRAM_MAX_SIZE];
	enum isp_nv_result result;
	uint_t size, i;

	isp->isp_rev = isp_chip_revision(isp->isp_chip, isp_rd(isp, ISP_CONF0));
	lim = &isp->isp_rev->ir_limits;
	isp_nvram_defaults(lim, &isp->isp_nv);
	size = isp->isp_chip->chip_map->map_nv_size;
	for (i = 0; i < size / 2; i++) {
		uint16_t word = eeprom_read_word(isp, i);

		image[2 * i] = (uint8_t)word;
		image[2 * i + 1] = (uint8_t)(word >> 8);
	}
	result = isp_nvram_decode(image, size, isp->isp_chip->chip_nv_format, lim, &isp->isp_nv);
	if (result != ISP_NV_OK)
		dev_err(isp->isp_dip, CE_NOTE, "NVRAM: %s, using defaults", isp_nvram_reason(result));
	isp_name_disabled(isp);
}
