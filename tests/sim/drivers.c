// SPDX-License-Identifier: GPL-2.0
/* The drivers' glue, in the place of isp_linux.c and ramhba_linux.c. */
#include <string.h>

#include "drivers.h"

int sim_isp_init(void);
int sim_isp_fini(void);
int sim_ramhba_init(void);
int sim_ramhba_fini(void);
unsigned int ramhba_late(void);

struct prop {
	const char	*name;
	int		value;
};

static int drv_props(struct dev_info *dip, const struct prop *props, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (scsa_prop_update_ints(dip, props[i].name, &props[i].value, 1))
			return -1;
	return 0;
}

#define DRV_PROPS(dip, props)	drv_props(dip, props, sizeof(props) / sizeof((props)[0]))

static int drv_isp_setup(struct dev_info *dip, uint64_t *dice, bool calm)
{
	const int reg[10] = { [5] = 0x02000010, [9] = 256 };
	int ring = sim_roll(dice, 2) ? 64 : 256;
	const struct prop props[] = {
		{ "device-id", sim_chip_device() }, { "a64", (int)sim_roll(dice, 2) - 1 },
		{ "ndatasegs", sim_roll(dice, 3) ? 0 : (int)(1 + sim_roll(dice, 20)) },
		{ "reqring", ring }, { "rspring", ring }, { "bus_reset", 1 },
		{ "reset_delay", 100 }, { "retry_delay", 1000 },
	};

	dip->di_name = "isp";
	dip->di_pri = SCSA_PRI_ATOMIC;
	dip->di_keep_packets = sim_roll(dice, 4) != 0;
	return scsa_prop_update_ints(dip, "reg", reg, 10) ? -1 : DRV_PROPS(dip, props);
}

static int drv_ramhba_setup(struct dev_info *dip, uint64_t *dice, bool calm)
{
	bool setup = sim_roll(dice, 2);
	int published = setup ? 0 : (int)sim_roll(dice, 4);
	/* A batch stays where it is if its task finds no memory. */
	bool batch = !sim_roll(dice, 3) && !sim_config.nosleep_fails;
	const struct prop props[] = {
		{ "setup-pkt", setup }, { "published", published },
		{ "maxsegs", (int)(1 + sim_roll(dice, sim_roll(dice, 2) ? 4 : 64)) },
		{ "maxxfer", sim_roll(dice, 3) ? INT32_MAX : 4096 << sim_roll(dice, 4) },
		{ "cookie", sim_roll(dice, 3) ? INT32_MAX : 4096 << sim_roll(dice, 3) },
		{ "sync", !sim_roll(dice, 4) }, { "batch", batch },
		{ "spi", 0x30 * (int)sim_roll(dice, 2) }, { "clone", !sim_roll(dice, 4) }, { "quiesce-waits", !sim_roll(dice, 2) },
		/* What published=3 answers itself looks like an overrun. */
		{ "overrun", published != 3 },
		/* With published=3 a command has memory that only the driver itself could free. */
		{ "lose", calm || published == 3 ? 0 : (int)sim_roll(dice, 5) },
		{ "recovered", calm ? 0 : (int)sim_roll(dice, 4) },
		{ "shorten", calm ? 0 : (int)sim_roll(dice, 3) },
		{ "full", calm ? 0 : (int)(20 * sim_roll(dice, 2)) },
		{ "untagged", calm ? 0 : (int)sim_roll(dice, 3) },
		{ "pri", sim_roll(dice, 2) ? SCSA_PRI_THREAD : SCSA_PRI_ATOMIC },
	};

	dip->di_name = "ramhba";
	dip->di_pri = (unsigned int)props[sizeof(props) / sizeof(props[0]) - 1].value;
	return DRV_PROPS(dip, props);
}

const struct sim_driver sim_isp = {
	.name = "isp", .init = sim_isp_init, .fini = sim_isp_fini, .setup = drv_isp_setup,
	.targets = 3, .suspends = true,
};

const struct sim_driver sim_ramhba = {
	.name = "ramhba", .init = sim_ramhba_init, .fini = sim_ramhba_fini,
	.setup = drv_ramhba_setup, .targets = 2, .base = 2048, .loses = true,
};

unsigned int sim_driver_buses(const struct sim_driver *drv)
{
	return drv == &sim_isp ? sim_chip_buses() : 1;
}

void sim_ramhba_late(void)
{
	/* It holds the lock of its list of instances. */
	sim_allow_locks(1);
	ramhba_late();
	sim_allow_locks(0);
}

/* ---- ramhba.h ---- */

void ramhba_copy(uint64_t bus_addr, void *data, size_t len, bool to_memory)
{
	sim_point();
	if (!sim_dma(bus_addr, data, (uint32_t)len, to_memory))
		sim_fail("the RAM disk HBA moves data without bus mastering");
}

bool ramhba_may_start_io(void)
{
	return sim_may_start_io();
}
