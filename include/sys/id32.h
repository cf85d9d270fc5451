/* SPDX-License-Identifier: GPL-2.0 */
/* 32-bit names for pointers: id32_alloc(), id32_lookup(), id32_free(). No id is ever 0. */
#ifndef _SYS_ID32_H
#define _SYS_ID32_H

#include <sys/types.h>
#include <scsa/abi.h>

#define id32_alloc	scsa_id32_alloc
#define id32_lookup	scsa_id32_lookup
#define id32_free	scsa_id32_free

#endif /* _SYS_ID32_H */
