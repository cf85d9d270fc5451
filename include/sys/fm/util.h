/* SPDX-License-Identifier: GPL-2.0 */
/* Error numeric associations (ENA): ereports with the same ENA have the same cause. */
#ifndef _SYS_FM_UTIL_H
#define _SYS_FM_UTIL_H

#include <sys/types.h>

uint64_t scsa_fm_ena_generate(uint64_t timestamp, uchar_t format);
#define fm_ena_generate		scsa_fm_ena_generate

#endif /* _SYS_FM_UTIL_H */
