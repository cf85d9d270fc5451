// SPDX-License-Identifier: GPL-2.0
/*
 * A medium changer, by the kernel's ch driver.
 *
 *	changer <device> [<from type> <from unit> <to type> <to unit>]
 *
 * Moves a medium; the types are those of <linux/chio.h>: 1 slot, 3 drive. Prints the error number of the
 * move if it fails, then the elements of each type: 1 if full.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/chio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define ELEMENTS 64

static void show(int fd, const char *name, int type, int count)
{
	unsigned char flags[ELEMENTS];
	struct changer_element_status status = { .ces_type = type, .ces_data = flags };
	int i;

	if (count > ELEMENTS || ioctl(fd, CHIOGSTATUS, &status)) {
		printf("%s: error %d\n", name, errno);
		exit(1);
	}
	printf(" %s ", name);
	for (i = 0; i < count; i++)
		putchar(flags[i] & CESTATUS_FULL ? '1' : '0');
}

int main(int argc, char **argv)
{
	struct changer_params params;
	int fd = argc > 1 ? open(argv[1], O_RDWR) : -1;

	if (fd < 0 || ioctl(fd, CHIOGPARAMS, &params)) {
		perror("changer");
		return 1;
	}
	if (argc == 6) {
		struct changer_move move = {
			.cm_fromtype = atoi(argv[2]), .cm_fromunit = atoi(argv[3]),
			.cm_totype = atoi(argv[4]), .cm_tounit = atoi(argv[5]),
		};

		printf("error %d", ioctl(fd, CHIOMOVE, &move) ? errno : 0);
	}
	show(fd, "slots", CHET_ST, params.cp_nslots);
	show(fd, "drives", CHET_DT, params.cp_ndrives);
	puts("");
	return 0;
}
