/* SOURCES: drivers/isp/isp_nvram.c */
// SPDX-License-Identifier: GPL-2.0
/* EEPROM images of both layouts: good, damaged, and with settings out of range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "isp_nvram.h"
#include "ispmail.h"

static const struct isp_nv_limits ultra = {
	.async_min = 9, .async_max = 15, .period_min = 12, .offset_max = 8
};

static const struct isp_nv_limits ultra3 = {
	.async_min = 9, .async_max = 15, .period_min = 9, .offset_max = 14, .ppr_options = 2
};

static void seal(uint8_t *image, unsigned int size)
{
	uint8_t sum = 0;
	unsigned int i;

	for (i = 0; i < size - 1; i++)
		sum = (uint8_t)(sum + image[i]);
	image[size - 1] = (uint8_t)-sum;
}

static void make_1040(uint8_t *image)
{
	unsigned int t;

	memset(image, 0, ISP_NVRAM_1040_SIZE);
	memcpy(image, "ISP \7", 5);
	image[5] = 0x5b;
	image[6] = 2;
	image[7] = 1;
	image[8] = 3;
	image[9] = 0xfa;
	image[10] = 9;
	image[12] = 200;
	image[14] = 64;
	image[22] = 1;
	for (t = 0; t < ISP_NTARGET; t++) {
		image[28 + 6 * t] = 0xfd;
		image[29 + 6 * t] = (uint8_t)(t + 1);
		image[30 + 6 * t] = 25;
		image[31 + 6 * t] = 0x18;
	}
	seal(image, ISP_NVRAM_1040_SIZE);
}

static void make_12160(uint8_t *image)
{
	unsigned int b, t;

	memset(image, 0, ISP_NVRAM_1080_SIZE);
	memcpy(image, "ISP \1", 5);
	image[16] = 0x44;
	image[17] = 0x8c;
	image[18] = 1;
	for (b = 0; b < ISP_NBUS; b++) {
		uint8_t *p = image + 24 + 112 * b;

		p[0] = (uint8_t)(0x60 | (b ? 6 : 7));
		p[1] = 5;
		p[4] = 0x1a;
		p[6] = 250;
		p[9] = 1;
		for (t = 0; t < ISP_NTARGET; t++) {
			p[16 + 6 * t] = 0xfd;
			p[17 + 6 * t] = 16;
			p[18 + 6 * t] = 9;
			p[19 + 6 * t] = 0x2e;
			p[20 + 6 * t] = 0x92;
		}
	}
	seal(image, ISP_NVRAM_1080_SIZE);
}

static void good_1040(void **state)
{
	uint8_t image[ISP_NVRAM_1040_SIZE];
	struct isp_nvram nv;
	const struct isp_nv_bus *b = &nv.bus[0];

	make_1040(image);
	isp_nvram_defaults(&ultra, &nv);
	assert_int_equal(isp_nvram_decode(image, sizeof(image), ISP_NV_1040, &ultra, &nv), ISP_NV_OK);
	assert_int_equal(b->initiator, 5);
	assert_int_equal(b->reset_delay, 2);
	assert_int_equal(b->retries, 1);
	assert_int_equal(b->retry_delay, 3);
	assert_int_equal(b->async_setup, 10);
	assert_true(b->negate_req_ack && b->negate_data && nv.burst && nv.fast_memory);
	assert_int_equal(nv.tag_age, 9);
	assert_int_equal(b->selection_timeout, 200);
	assert_int_equal(b->queue_depth, 64);
	assert_false(b->reset_disabled);
	assert_int_equal(b->target[15].throttle, 16);
	assert_int_equal(b->target[0].period, 25);
	assert_int_equal(b->target[0].offset, 8);
	assert_true(b->target[0].enabled);
	assert_int_equal(b->target[0].flags, MBT_DISCONNECT | MBT_PARITY | MBT_WIDE | MBT_SYNC |
			 MBT_TAGGED | MBT_AUTO_SENSE | MBT_RENEGOTIATE);
}

static void good_12160(void **state)
{
	uint8_t image[ISP_NVRAM_1080_SIZE];
	struct isp_nvram nv;

	make_12160(image);
	isp_nvram_defaults(&ultra3, &nv);
	assert_int_equal(isp_nvram_decode(image, sizeof(image), ISP_NV_12160, &ultra3, &nv), ISP_NV_OK);
	assert_int_equal(nv.fifo, 4);
	assert_true(nv.burst && nv.fast_memory);
	assert_int_equal(nv.termination, 0x8c);
	assert_int_equal(nv.bus[0].initiator, 7);
	assert_int_equal(nv.bus[1].initiator, 6);
	assert_int_equal(nv.bus[1].queue_depth, 256);
	assert_int_equal(nv.bus[1].async_setup, 10);
	assert_true(nv.bus[1].negate_req_ack && !nv.bus[1].negate_data);
	assert_int_equal(nv.bus[1].target[3].offset, 14);
	assert_true(nv.bus[1].target[3].enabled);
	assert_true(nv.bus[1].target[3].flags & MBT_PPR);
	assert_int_equal(nv.bus[1].target[3].ppr_options, 2);
	assert_int_equal(nv.bus[1].target[3].ppr_width, 1);
}

/* A damaged image never changes a setting. */
static void damaged(void **state)
{
	uint8_t image[ISP_NVRAM_1040_SIZE];
	struct isp_nvram nv, defaults;
	unsigned int i;

	isp_nvram_defaults(&ultra, &defaults);
	nv = defaults;
	for (i = 0; i < sizeof(image); i++) {
		make_1040(image);
		image[i] ^= 0x10;
		assert_int_equal(isp_nvram_decode(image, sizeof(image), ISP_NV_1040, &ultra, &nv),
				 i < 4 ? ISP_NV_SIGNATURE : ISP_NV_CHECKSUM);
	}
	make_1040(image);
	image[4] = 1;
	seal(image, sizeof(image));
	assert_int_equal(isp_nvram_decode(image, sizeof(image), ISP_NV_1040, &ultra, &nv), ISP_NV_VERSION);
	assert_int_equal(isp_nvram_decode(image, 64, ISP_NV_1040, &ultra, &nv), ISP_NV_SIZE);
	assert_int_equal(isp_nvram_decode(image, sizeof(image), ISP_NV_1080, &ultra, &nv), ISP_NV_SIZE);
	assert_memory_equal(&nv, &defaults, sizeof(nv));
}

static void out_of_range(void **state)
{
	uint8_t image[ISP_NVRAM_1040_SIZE];
	struct isp_nvram nv;
	struct isp_nv_bus *b = &nv.bus[0];

	make_1040(image);
	image[7] = 200;				/* retries */
	image[9] = 0x02;			/* async setup 2, no bursts, no negation */
	image[10] = 0;				/* tag age */
	image[12] = image[13] = 0xff;		/* selection timeout */
	image[14] = image[15] = 0;		/* queue depth */
	image[28] = 0x02;			/* stop queue, and nothing else */
	image[29] = 0;				/* throttle */
	image[30] = 1;				/* faster than the chip */
	image[31] = 0x1f;			/* offset 15 */
	image[34] = 0xff;
	image[37] = 0x10;			/* synchronous with offset 0 */
	seal(image, sizeof(image));
	isp_nvram_defaults(&ultra, &nv);
	assert_int_equal(isp_nvram_decode(image, sizeof(image), ISP_NV_1040, &ultra, &nv), ISP_NV_OK);
	assert_int_equal(b->retries, 0);
	assert_int_equal(b->async_setup, 9);
	assert_true(!nv.burst && !b->negate_data && !b->negate_req_ack);
	assert_int_equal(nv.tag_age, 8);
	assert_int_equal(b->selection_timeout, 250);
	assert_int_equal(b->queue_depth, 256);
	assert_int_equal(b->target[0].flags, MBT_AUTO_SENSE | MBT_RENEGOTIATE);
	assert_int_equal(b->target[0].throttle, 32);
	assert_int_equal(b->target[0].period, 12);
	assert_int_equal(b->target[0].offset, 8);
	assert_false(b->target[1].flags & (MBT_SYNC | MBT_STOP_QUEUE | MBT_PPR));
	assert_true(b->target[1].enabled);
}

/* Whatever a target's flag byte says, the chip takes the flags made of it. */
static void every_flag_byte(void **state)
{
	uint8_t image[ISP_NVRAM_1040_SIZE];
	struct isp_nvram nv;
	unsigned int byte;

	for (byte = 0; byte < 256; byte++) {
		uint16_t flags;

		make_1040(image);
		image[28] = (uint8_t)byte;
		seal(image, sizeof(image));
		assert_int_equal(isp_nvram_decode(image, sizeof(image), ISP_NV_1040, &ultra, &nv),
				 ISP_NV_OK);
		flags = nv.bus[0].target[0].flags;
		assert_true(!(flags & MBT_TAGGED) || (flags & MBT_DISCONNECT));
		assert_int_equal(flags & MBT_DISCONNECT, (byte & 0x80) << 8);
		assert_int_equal(flags & (MBT_AUTO_SENSE | MBT_RENEGOTIATE | MBT_STOP_QUEUE),
				 MBT_AUTO_SENSE | MBT_RENEGOTIATE);
		assert_true(nv.bus[0].target[1].flags & MBT_TAGGED);
	}
}

static void defaults(void **state)
{
	struct isp_nvram nv;

	isp_nvram_defaults(&ultra3, &nv);
	assert_int_equal(nv.bus[1].initiator, 7);
	assert_int_equal(nv.bus[1].target[15].period, 9);
	assert_int_equal(nv.bus[1].target[15].offset, 14);
	assert_true(nv.bus[1].target[15].flags & MBT_PPR);
	isp_nvram_defaults(&ultra, &nv);
	assert_false(nv.bus[0].target[0].flags & (MBT_PPR | MBT_STOP_QUEUE));
	assert_true(nv.bus[0].target[0].flags & MBT_AUTO_SENSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_1040),
		cmocka_unit_test(good_12160),
		cmocka_unit_test(damaged),
		cmocka_unit_test(out_of_range),
		cmocka_unit_test(every_flag_byte),
		cmocka_unit_test(defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
