/* SPDX-License-Identifier: GPL-2.0 */
/* Credentials: Linux' own, opaque to drivers; see drv_priv(9F). */
#ifndef _SYS_CRED_H
#define _SYS_CRED_H

typedef struct cred cred_t;

#endif /* _SYS_CRED_H */
