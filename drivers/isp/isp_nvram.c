// SPDX-License-Identifier: GPL-2.0
/*
 * The card's settings: decoder of the EEPROM image. Nothing here touches hardware; isp_eeprom.c reads
 * the image. The decoder brings each value that the chip cannot take into range, so that a card
 * with odd BIOS settings still works.
 */
#include "isp_nvram.h"
#include "ispmail.h"

#define DEF_INITIATOR		7
#define DEF_RESET_DELAY		5
#define DEF_SELECTION_TIMEOUT	250
#define DEF_QUEUE_DEPTH		256
#define DEF_THROTTLE		32
#define DEF_TAG_AGE		8
#define DEF_FIFO		4	/* 128 bytes */
#define DEF_TERMINATION	0x8f	/* on, or as the board finds out by itself */
#define MAX_SELECTION_TIMEOUT	5000
#define MAX_RETRIES		10
#define MAX_QUEUE_DEPTH		256

/* Allow targets all that the chip can do; negotiation finds out what they can do. */
#define DEF_TARGET_FLAGS	(MBT_DISCONNECT | MBT_PARITY | MBT_WIDE | MBT_SYNC | MBT_TAGGED)

/*
 * This driver relies on renegotiation after errors, and on sense data with each check condition. It
 * does not expect a queue to stop on a check condition. The chip refuses tags where disconnection
 * is not allowed.
 */
static uint16_t nvram_target_flags(uint16_t flags)
{
	if (!(flags & MBT_DISCONNECT))
		flags &= ~MBT_TAGGED;
	return (flags | MBT_AUTO_SENSE | MBT_RENEGOTIATE) & ~MBT_STOP_QUEUE;
}

static void nvram_default_target(const struct isp_nv_limits *lim, struct isp_nv_target *t)
{
	bzero(t, sizeof(*t));
	t->flags = nvram_target_flags(DEF_TARGET_FLAGS | (lim->ppr_options ? MBT_PPR : 0));
	t->throttle = DEF_THROTTLE;
	t->period = lim->period_min;
	t->offset = lim->offset_max;
	t->enabled = B_TRUE;
	t->ppr_options = lim->ppr_options;
	t->ppr_width = lim->ppr_options ? 1 : 0;
}

/* Settings for a card without a valid EEPROM. */
void isp_nvram_defaults(const struct isp_nv_limits *lim, struct isp_nvram *nv)
{
	uint_t b, t;

	bzero(nv, sizeof(*nv));
	nv->tag_age = DEF_TAG_AGE;
	nv->burst = B_TRUE;
	nv->fifo = DEF_FIFO;
	nv->termination = DEF_TERMINATION;
	for (b = 0; b < ISP_NBUS; b++) {
		struct isp_nv_bus *bus = &nv->bus[b];

		bus->initiator = DEF_INITIATOR;
		bus->reset_delay = DEF_RESET_DELAY;
		bus->async_setup = lim->async_min;
		bus->negate_req_ack = B_TRUE;
		bus->negate_data = B_TRUE;
		bus->selection_timeout = DEF_SELECTION_TIMEOUT;
		bus->queue_depth = DEF_QUEUE_DEPTH;
		for (t = 0; t < ISP_NTARGET; t++)
			nvram_default_target(lim, &bus->target[t]);
	}
}

static uint16_t nvram_word(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static boolean_t nvram_bit(uint8_t value, uint_t n)
{
	return value >> n & 1 ? B_TRUE : B_FALSE;
}

static uint_t nvram_in_range(uint_t value, uint_t min, uint_t max, uint_t def)
{
	return value < min || value > max ? def : value;
}

static void nvram_decode_target(const uint8_t *p, enum isp_nv_format format,
				const struct isp_nv_limits *lim, struct isp_nv_target *t)
{
	bzero(t, sizeof(*t));
	t->flags = nvram_target_flags((uint16_t)(p[0] << 8));
	t->throttle = (uint8_t)nvram_in_range(p[1], 1, 255, DEF_THROTTLE);
	t->period = MAX(p[2], lim->period_min);
	if (format == ISP_NV_12160) {
		t->offset = p[3] & 0x1f;
		t->enabled = nvram_bit(p[3], 5);
		if (nvram_bit(p[4], 7) && lim->ppr_options) {
			t->flags |= MBT_PPR;
			t->ppr_options = p[4] & 0xf;
			t->ppr_width = (uint8_t)nvram_in_range(p[4] >> 4 & 3, 0, 1, 1);
		}
	} else {
		t->offset = p[3] & 0xf;
		t->enabled = nvram_bit(p[3], 4);
	}
	t->offset = MIN(t->offset, lim->offset_max);
	if (!t->offset)
		t->flags &= ~MBT_SYNC;
}

static void nvram_decode_timing(uint8_t async, const struct isp_nv_limits *lim,
				struct isp_nv_bus *bus)
{
	bus->async_setup = (uint8_t)nvram_in_range(async & 0xf, lim->async_min, lim->async_max,
						   lim->async_min);
	bus->negate_req_ack = nvram_bit(async, 4);
	bus->negate_data = nvram_bit(async, 5);
}

static void nvram_decode_limits(uint8_t retries, uint16_t selection, uint16_t depth,
				struct isp_nv_bus *bus)
{
	bus->retries = (uint8_t)nvram_in_range(retries, 0, MAX_RETRIES, 0);
	bus->selection_timeout = (uint16_t)nvram_in_range(selection, 1, MAX_SELECTION_TIMEOUT,
							  DEF_SELECTION_TIMEOUT);
	bus->queue_depth = (uint16_t)nvram_in_range(depth, 1, MAX_QUEUE_DEPTH, DEF_QUEUE_DEPTH);
}

static void nvram_decode_1040(const uint8_t *p, const struct isp_nv_limits *lim,
			      struct isp_nvram *nv)
{
	struct isp_nv_bus *bus = &nv->bus[0];
	uint_t t;

	bus->initiator = p[5] >> 4;
	bus->reset_delay = p[6];
	bus->retry_delay = p[8];
	nvram_decode_timing(p[9], lim, bus);
	nvram_decode_limits(p[7], nvram_word(p + 12), nvram_word(p + 14), bus);
	nv->burst = nvram_bit(p[9], 6) && nvram_bit(p[9], 7) ? B_TRUE : B_FALSE;
	nv->tag_age = (uint8_t)nvram_in_range(p[10], 1, 255, DEF_TAG_AGE);
	bus->reset_disabled = nvram_bit(p[11], 4);
	nv->slow_clock = nvram_bit(p[11], 3) ? B_FALSE : B_TRUE;
	nv->fast_memory = nvram_bit(p[22], 0);
	for (t = 0; t < ISP_NTARGET; t++)
		nvram_decode_target(p + 28 + 6 * t, ISP_NV_1040, lim, &bus->target[t]);
}

static void nvram_decode_1080(const uint8_t *p, enum isp_nv_format format,
			      const struct isp_nv_limits *lim, struct isp_nvram *nv)
{
	uint_t b, t;

	nv->burst = nvram_bit(p[16], 2);
	nv->fifo = (uint8_t)nvram_in_range(p[16] >> 4 & 7, 1, 4, DEF_FIFO);
	nv->termination = p[17] & 0x8f;
	nv->fast_memory = nvram_bit(p[18], 0);
	for (b = 0; b < ISP_NBUS; b++) {
		const uint8_t *q = p + 24 + 112 * b;
		struct isp_nv_bus *bus = &nv->bus[b];

		bus->initiator = q[0] & 0xf;
		bus->reset_disabled = nvram_bit(q[0], 4);
		bus->reset_delay = q[1];
		bus->retry_delay = q[3];
		nvram_decode_timing(q[4], lim, bus);
		nvram_decode_limits(q[2], nvram_word(q + 6), nvram_word(q + 8), bus);
		for (t = 0; t < ISP_NTARGET; t++)
			nvram_decode_target(q + 16 + 6 * t, format, lim, &bus->target[t]);
	}
}

/*
 * Decode an image. The caller has put the defaults into @nv, which only changes if the result is
 * ISP_NV_OK.
 */
enum isp_nv_result isp_nvram_decode(const uint8_t *image, uint_t size, enum isp_nv_format format,
				    const struct isp_nv_limits *lim, struct isp_nvram *nv)
{
	uint8_t sum = 0;
	uint_t i;

	if (size != (format == ISP_NV_1040 ? ISP_NVRAM_1040_SIZE : ISP_NVRAM_1080_SIZE))
		return ISP_NV_SIZE;
	if (image[0] != 'I' || image[1] != 'S' || image[2] != 'P' || image[3] != ' ')
		return ISP_NV_SIGNATURE;
	for (i = 0; i < size; i++)
		sum = (uint8_t)(sum + image[i]);
	if (sum)
		return ISP_NV_CHECKSUM;
	if (image[4] < (format == ISP_NV_1040 ? 2 : 1))
		return ISP_NV_VERSION;
	if (format == ISP_NV_1040)
		nvram_decode_1040(image, lim, nv);
	else
		nvram_decode_1080(image, format, lim, nv);
	return ISP_NV_OK;
}

const char *isp_nvram_reason(enum isp_nv_result result)
{
	switch (result) {
	case ISP_NV_OK:
		return "valid";
	case ISP_NV_SIZE:
		return "wrong size";
	case ISP_NV_SIGNATURE:
		return "no signature";
	case ISP_NV_VERSION:
		return "unknown version";
	case ISP_NV_CHECKSUM:
		return "bad checksum";
	}
	return "unknown";
}
