/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QLogic ISP model: the serial EEPROM.
 */
#include <string.h>

#include "isp_priv.h"

/*
 * Serial EEPROM, Microwire: a start bit, two bits of opcode, the address, then data, one bit per
 * rising clock edge while selected.
 */

enum { EE_START, EE_COMMAND, EE_READ, EE_WRITE, EE_DONE };

static uint16_t isp_nvram_word(const IspModel *m, unsigned word)
{
    word %= m->chip->nvram_bytes / 2u;
    return m->nvram[2 * word] | m->nvram[2 * word + 1] << 8;
}

static void isp_nvram_store(IspModel *m, unsigned word, uint16_t value)
{
    word %= m->chip->nvram_bytes / 2u;
    m->nvram[2 * word] = value & 0xff;
    m->nvram[2 * word + 1] = value >> 8;
}

static void isp_eeprom_command(IspModel *m)
{
    IspEeprom *e = &m->eeprom;
    unsigned bits = m->chip->nvram_addr_bits;

    e->addr = e->shift & ((1u << bits) - 1);
    e->opcode = e->shift >> bits & 3;
    e->bits = 0;
    e->shift = 0;
    switch (e->opcode) {
    case 2:
        e->shift = isp_nvram_word(m, e->addr);
        e->out = 0;             /* a dummy zero precedes the data */
        e->phase = EE_READ;
        return;
    case 1:
        e->phase = EE_WRITE;
        return;
    case 3:
        if (e->write_enabled) {
            isp_nvram_store(m, e->addr, 0xffff);
        }
        break;
    default:
        /* The top address bits say which: 11 write enable, 00 write disable. */
        if (e->addr >> (bits - 2) == 3) {
            e->write_enabled = true;
        } else if (e->addr >> (bits - 2) == 0) {
            e->write_enabled = false;
        }
        break;
    }
    e->phase = EE_DONE;
}

static void isp_eeprom_clock(IspModel *m, bool in)
{
    IspEeprom *e = &m->eeprom;

    switch (e->phase) {
    case EE_START:
        if (in) {
            e->phase = EE_COMMAND;
            e->bits = 0;
            e->shift = 0;
        }
        break;
    case EE_COMMAND:
        e->shift = e->shift << 1 | in;
        if (++e->bits == 2u + m->chip->nvram_addr_bits) {
            isp_eeprom_command(m);
        }
        break;
    case EE_READ:
        e->out = e->shift >> 15 & 1;
        e->shift <<= 1;
        if (++e->bits == 16) {
            e->bits = 0;
            e->shift = isp_nvram_word(m, ++e->addr);
        }
        break;
    case EE_WRITE:
        e->shift = e->shift << 1 | in;
        if (++e->bits == 16) {
            if (e->write_enabled) {
                isp_nvram_store(m, e->addr, e->shift);
            }
            e->phase = EE_DONE;
        }
        break;
    default:
        break;
    }
}

void isp_eeprom_write(IspModel *m, uint16_t value)
{
    IspEeprom *e = &m->eeprom;
    bool rising = value & ~e->lines & ISP_NVRAM_CLOCK;

    if (!(value & ISP_NVRAM_SELECT)) {
        e->phase = EE_START;
        e->out = 1;             /* not driven */
    } else if (rising) {
        isp_eeprom_clock(m, value & ISP_NVRAM_DI);
    }
    e->lines = value & (ISP_NVRAM_CLOCK | ISP_NVRAM_SELECT | ISP_NVRAM_DI);
}

void isp_default_nvram(const IspChip *chip, uint8_t *image)
{
    uint8_t sum = 0;

    memset(image, 0, chip->nvram_bytes);
    chip->fill_nvram(chip, image);
    for (int i = 0; i < chip->nvram_bytes - 1; i++) {
        sum += image[i];
    }
    image[chip->nvram_bytes - 1] = -sum;
}
