/* SPDX-License-Identifier: GPL-2.0 */
/* What the card's EEPROM says, decoded; see isp_nvram.c. */
#ifndef _ISP_NVRAM_H
#define _ISP_NVRAM_H

#include "isptypes.h"

#define ISP_NVRAM_1040_SIZE	128
#define ISP_NVRAM_1080_SIZE	256
#define ISP_NVRAM_MAX_SIZE	256
#define ISP_NBUS		2
#define ISP_NTARGET		16	/* on a bus */

enum isp_nv_format {
	ISP_NV_1040,		/* 1020, 1040 */
	ISP_NV_1080,		/* 1080, 1240, 1280 */
	ISP_NV_12160,		/* 10160, 12160: like the 1080, but target records have PPR */
};

struct isp_nv_target {
	uint16_t	flags;		/* MBT_* */
	uint8_t		throttle;	/* commands the device gets at once */
	uint8_t		period;		/* 4 ns */
	uint8_t		offset;
	boolean_t	enabled;
	uint8_t		ppr_options;
	uint8_t		ppr_width;	/* 0: 8 bits, 1: 16 bits */
};

struct isp_nv_bus {
	uint8_t		initiator;
	boolean_t	reset_disabled;
	uint8_t		reset_delay;	/* seconds */
	uint8_t		retries;
	uint8_t		retry_delay;
	uint8_t		async_setup;
	boolean_t	negate_req_ack;
	boolean_t	negate_data;
	uint16_t	selection_timeout;	/* ms */
	uint16_t	queue_depth;
	struct isp_nv_target target[ISP_NTARGET];
};

struct isp_nvram {
	uint8_t		tag_age;
	boolean_t	burst;
	boolean_t	fast_memory;
	boolean_t	slow_clock;	/* 1020, 1040: not the clock that Ultra needs */
	uint8_t		fifo;		/* CONF1 6:4, 1080 and newer */
	uint8_t		termination;	/* GPIO bits, 1080 and newer */
	struct isp_nv_bus bus[ISP_NBUS];
};

/* What a chip can do; the EEPROM cannot ask for more. */
struct isp_nv_limits {
	uint8_t		async_min;
	uint8_t		async_max;
	uint8_t		period_min;
	uint8_t		offset_max;
	uint8_t		ppr_options;	/* 0: no PPR */
};

enum isp_nv_result {
	ISP_NV_OK,
	ISP_NV_SIZE,
	ISP_NV_SIGNATURE,
	ISP_NV_VERSION,
	ISP_NV_CHECKSUM,
};

void isp_nvram_defaults(const struct isp_nv_limits *lim, struct isp_nvram *nv);
enum isp_nv_result isp_nvram_decode(const uint8_t *image, uint_t size, enum isp_nv_format format,
				    const struct isp_nv_limits *lim, struct isp_nvram *nv);
const char *isp_nvram_reason(enum isp_nv_result result);

#endif /* _ISP_NVRAM_H */
