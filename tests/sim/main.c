// SPDX-License-Identifier: GPL-2.0
/* Schedules from one seed on, until one fails, or their number or time is over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim.h"

static double main_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* "3,7-9": these events do not happen. */
static void main_drop(const char *list)
{
	char *p = (char *)list;

	while (*p) {
		unsigned long first = strtoul(p, &p, 10), last = *p == '-' ? strtoul(p + 1, &p, 10) : first;

		for (unsigned long i = first; i <= last && i < SIM_EVENTS; i++)
			sim_replay.drop[i] = true;
		if (*p && *p++ != ',')
			exit(2);
	}
}

static void main_option(const char *option)
{
	if (!strcmp(option, "trace"))
		sim_tracing = true;
	else if (!strncmp(option, "drop=", 5))
		main_drop(option + 5);
	else if (!strncmp(option, "shuffle=", 8))
		sim_replay.shuffle = (unsigned int)atoi(option + 8);
	else
		exit(2);
}

/* sim SEED SECONDS SCHEDULES [trace] [drop=LIST] [shuffle=N]: 0 seconds or schedules set no limit. */
int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1, n = 0;
	double seconds = argc > 2 ? atof(argv[2]) : 10, start = main_seconds();
	uint64_t most = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;

	for (int i = 4; i < argc; i++)
		main_option(argv[i]);
	sim_catch_crashes();
	while ((!most || n < most) && (seconds <= 0 || main_seconds() - start < seconds))
		sim_run(seed + n++, sim_schedule, NULL);
	printf("ok - %llu schedules from seed %llu, %.0f each second: ", (unsigned long long)n,
	       (unsigned long long)seed, (double)n / (main_seconds() - start));
	printf("%llu requests (%llu good), %llu polled, %llu failed attaches, %llu resets, %llu sleeps, %llu unplugged, %llu panics\n",
	       (unsigned long long)sim_total.requests, (unsigned long long)sim_total.good,
	       (unsigned long long)sim_total.polled, (unsigned long long)sim_total.attach_failed,
	       (unsigned long long)sim_total.resets, (unsigned long long)sim_total.suspends,
	       (unsigned long long)sim_total.unplugs, (unsigned long long)sim_total.panics);
	return 0;
}
