/* SOURCES: drivers/isp/isp_nvram.c */
// SPDX-License-Identifier: GPL-2.0
/* Any EEPROM content: the result always stays within what the chip and the driver accept. */
#include <stdlib.h>

#include "isp_nvram.h"
#include "ispmail.h"

static void require(boolean_t condition)
{
	if (!condition)
		abort();
}

static void check_target(const struct isp_nv_limits *lim, const struct isp_nv_target *t)
{
	require(t->flags & MBT_AUTO_SENSE);
	require(!(t->flags & MBT_STOP_QUEUE));
	require(!(t->flags & MBT_PPR) || lim->ppr_options);
	require(t->throttle > 0);
	require(t->period >= lim->period_min);
	require(t->offset <= lim->offset_max);
	require(t->offset || !(t->flags & MBT_SYNC));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct isp_nv_limits limits[] = {
		{ .async_min = 6, .async_max = 6, .period_min = 25, .offset_max = 12 },
		{ .async_min = 9, .async_max = 15, .period_min = 10, .offset_max = 12 },
		{ .async_min = 9, .async_max = 15, .period_min = 9, .offset_max = 14, .ppr_options = 2 },
	};
	uint8_t image[ISP_NVRAM_MAX_SIZE + 1] = { 0 };
	enum isp_nv_format format;
	struct isp_nvram nv;
	uint_t len, i, t;
	uint8_t sum = 0;

	memcpy(image, data, MIN(size, sizeof(image)));
	format = (enum isp_nv_format)(image[ISP_NVRAM_MAX_SIZE] % 3);
	len = format == ISP_NV_1040 ? ISP_NVRAM_1040_SIZE : ISP_NVRAM_1080_SIZE;
	/* Let most inputs pass the signature and the checksum. */
	if (image[ISP_NVRAM_MAX_SIZE] & 0x10) {
		memcpy(image, "ISP ", 4);
		for (i = 0; i < len - 1; i++)
			sum = (uint8_t)(sum + image[i]);
		image[len - 1] = (uint8_t)-sum;
	}
	isp_nvram_defaults(&limits[format], &nv);
	(void)isp_nvram_reason(isp_nvram_decode(image, len, format, &limits[format], &nv));
	require(nv.tag_age > 0 && nv.fifo <= 4);
	for (i = 0; i < ISP_NBUS; i++) {
		const struct isp_nv_bus *b = &nv.bus[i];

		require(b->initiator < ISP_NTARGET);
		require(b->async_setup >= limits[format].async_min);
		require(b->selection_timeout > 0 && b->queue_depth > 0 && b->queue_depth <= 256);
		for (t = 0; t < ISP_NTARGET; t++)
			check_target(&limits[format], &b->target[t]);
	}
	return 0;
}
