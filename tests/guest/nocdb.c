// SPDX-License-Identifier: GPL-2.0
/*
 * A command without a CDB.
 *
 *	nocdb <bsg device>
 *
 * bsg is the only way to send one. Prints "refused" if it comes back with an error.
 */
#include <fcntl.h>
#include <linux/bsg.h>
#include <scsi/sg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>

int main(int argc, char **argv)
{
	unsigned char cdb[16] = { 0 }, sense[32];
	struct sg_io_v4 io = {
		.guard = 'Q',
		.protocol = BSG_PROTOCOL_SCSI,
		.subprotocol = BSG_SUB_PROTOCOL_SCSI_CMD,
		.request = (uintptr_t)cdb,
		.request_len = 0,
		.response = (uintptr_t)sense,
		.max_response_len = sizeof(sense),
		.timeout = 10000,
	};
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;

	if (fd < 0) {
		perror("open");
		return 1;
	}
	if (ioctl(fd, SG_IO, &io)) {
		perror("SG_IO");
		return 1;
	}
	puts(io.transport_status || io.device_status || io.driver_status ? "refused" : "accepted");
	return 0;
}
