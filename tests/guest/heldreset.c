// SPDX-License-Identifier: GPL-2.0
/*
  * Reset a SCSI device that went away while it was open. sg_reset(8) cannot: it opens the device.
 *
 *	heldreset <device> <file in sysfs> device|target|bus|host
 *
  * Opens the device, writes 1 to the file, which removes the device, and asks for the reset. Prints
  * "done", or why the reset was refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The C library's header lacks these. */
#ifndef SG_SCSI_RESET_TARGET
#define SG_SCSI_RESET_TARGET		4
#define SG_SCSI_RESET_NO_ESCALATE	0x100
#endif

static const struct {
	const char	*name;
	int		level;
} levels[] = {
	{ "device", SG_SCSI_RESET_DEVICE },
	{ "target", SG_SCSI_RESET_TARGET },
	{ "bus", SG_SCSI_RESET_BUS },
	{ "host", SG_SCSI_RESET_HOST },
};

int main(int argc, char **argv)
{
	int fd, file, level = -1;
	size_t i;

	for (i = 0; argc == 4 && i < sizeof(levels) / sizeof(*levels); i++)
		if (!strcmp(argv[3], levels[i].name))
			level = levels[i].level | SG_SCSI_RESET_NO_ESCALATE;
	if (level < 0)
		return 2;
	fd = open(argv[1], O_RDWR | O_NONBLOCK);
	file = open(argv[2], O_WRONLY);
	if (fd < 0 || file < 0 || write(file, "1", 1) != 1) {
		perror("heldreset");
		return 1;
	}
	puts(ioctl(fd, SG_SCSI_RESET, &level) ? strerror(errno) : "done");
	return 0;
}
