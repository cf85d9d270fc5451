/* SPDX-License-Identifier: GPL-2.0 */
/* The HBA drivers that a schedule may load. */
#ifndef SIM_DRIVERS_H
#define SIM_DRIVERS_H

#include "sim.h"

struct sim_driver {
	const char	*name;
	int		(*init)(void), (*fini)(void);
	/* Set the properties, and what the driver's glue says. 0 or an error. */
	int		(*setup)(struct dev_info *dip, uint64_t *dice, bool calm);
	unsigned int	targets;	/* disks on each bus */
	uint32_t	base;		/* first block that requests use */
	bool		suspends;
	bool		loses;		/* commands may never come back */
};

extern const struct sim_driver sim_isp, sim_ramhba;
unsigned int sim_driver_buses(const struct sim_driver *drv);
/* The RAM disk HBA carries out late what it has kept. */
void sim_ramhba_late(void);

#endif
