/* SPDX-License-Identifier: GPL-2.0 */
/* Machine parameters. */
#ifndef _SYS_PARAM_H
#define _SYS_PARAM_H

#include <sys/types.h>
#include <asm/page.h>

#define PAGESIZE	PAGE_SIZE
#define PAGEOFFSET	(PAGESIZE - 1)
#define PAGEMASK	(~(uintptr_t)PAGEOFFSET)
#define MAXPATHLEN	1024
#define MAXNAMELEN	256
#define SCSI_MAXNAMELEN	MAXNAMELEN

#endif /* _SYS_PARAM_H */
