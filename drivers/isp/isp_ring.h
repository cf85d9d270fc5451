/* SPDX-License-Identifier: GPL-2.0 */
/* Putting entries into the request ring. isp_lock is held. */
#ifndef _ISP_RING_H
#define _ISP_RING_H

#include "ispvar.h"

/* Entries known to be free; one entry stays unused to tell full from empty. */
static inline uint_t isp_room(const struct isp *isp)
{
	return isp->isp_req_len - 1 - (isp->isp_req_pos - isp->isp_req_out);
}

boolean_t isp_make_room(struct isp *isp, uint_t entries);

static inline boolean_t isp_have_room(struct isp *isp, uint_t entries)
{
	return isp_room(isp) >= entries || isp_make_room(isp, entries) ? B_TRUE : B_FALSE;
}

static inline void isp_advance(struct isp *isp, uint_t entries)
{
	isp->isp_req_in += entries;
	if (isp->isp_req_in >= isp->isp_req_len)
		isp->isp_req_in -= isp->isp_req_len;
	isp->isp_req_pos += entries;
	isp->isp_doorbell = B_TRUE;
}

#endif /* _ISP_RING_H */
