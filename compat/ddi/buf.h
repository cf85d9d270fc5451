/* SPDX-License-Identifier: GPL-2.0 */
/* Buffers of commands, for the SCSA framework. */
#ifndef _COMPAT_DDI_BUF_H
#define _COMPAT_DDI_BUF_H

#include <sys/buf.h>
#include <sys/param.h>

/* The address of data in several pieces: drivers only compare it with NULL before bp_mapin(9F). */
#define DDI_BUF_NOT_MAPPED	((caddr_t)PAGESIZE)

/* Undo bp_mapin(9F). @ours: the data is still the buffer's; else what was written to it is dropped. */
void ddi_buf_unmap(struct buf *bp, boolean_t ours);

#endif /* _COMPAT_DDI_BUF_H */
