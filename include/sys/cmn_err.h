/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages: cmn_err(9F), dev_err(9F).
 *
 * As on Solaris, a newline is added unless the level is CE_CONT. A leading '!', '^' or '?', which
 * selects console or log there, is accepted and dropped. CE_PANIC differs: it reports at emergency
 * level with a stack trace and returns, because a confused storage driver must not take a Linux
 * host down.
 */
#ifndef _SYS_CMN_ERR_H
#define _SYS_CMN_ERR_H

#include <sys/types.h>
#include <scsa/abi.h>

#define CE_CONT		0
#define CE_NOTE		1
#define CE_WARN		2
#define CE_PANIC	3
#define CE_IGNORE	4

#define cmn_err		scsa_cmn_err
#define vcmn_err	scsa_vcmn_err
#define dev_err		scsa_dev_err

#endif /* _SYS_CMN_ERR_H */
