/* SPDX-License-Identifier: GPL-2.0 */
/* Driver configuration: dev_ops(9S) and what drivers expect beside it. */
#ifndef _SYS_CONF_H
#define _SYS_CONF_H

#include <sys/devops.h>

#endif /* _SYS_CONF_H */
