/* SPDX-License-Identifier: GPL-2.0 */
/* What the RAM disk HBA's Linux glue offers its Solaris side. */
#ifndef _RAMHBA_H
#define _RAMHBA_H

#include <linux/types.h>

/* Play the DMA engine: copy between a bus address and @data. */
void ramhba_copy(uint64_t bus_addr, void *data, size_t len, bool to_memory);

/* Carry out late what the property "lose" keeps. Returns the number of commands. */
unsigned int ramhba_late(void);

/* Take the media out of all targets, or put others in. */
void ramhba_change(bool in);

/* May an allocation of this thread start I/O to free memory? */
bool ramhba_may_start_io(void);

int _init(void);
int _fini(void);

#endif /* _RAMHBA_H */
