/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_LINUX_STRING_H
#define SIM_LINUX_STRING_H

#include <string.h>
#include <linux/types.h>

/* The longest part of @from that fits; the callers do not look at the result. */
static inline void strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

#endif
