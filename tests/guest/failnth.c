// SPDX-License-Identifier: GPL-2.0
/*
  * Walk failed allocations through an operation: fail the 1st, then the 2nd ... until the operation
  * has no allocation left to fail. Runs in the guest on a kernel with fault injection; writing N to
  * /proc/self/fail-nth makes the kernel fail the Nth allocation of this task, and no other.
 *
 *	failnth bind <driver folder in sysfs> <device> <seconds>
 *	failnth scan <SCSI host number> <device> <seconds>
 *	failnth read|write <block device> <bytes>
 *	failnth sg <sg device> <bytes>
 *
  * A scan is for one device, "0:0:0". If <seconds> is not 0, every allocation fails for that long,
  * then every second one for as long, every fourth ... A bind makes over a thousand allocations.
 *
  * Prints "<operation> <cases> <cases that ended with an error>". Exits with status 1 and a reason
  * if a case neither succeeds completely nor ends with an error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BLOCK	512

static int nth_fd;

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(1);
}

static void fail_nth(int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", n);

	if (pwrite(nth_fd, text, length, 0) != length)
		die("fail-nth: %m");
}

/* Was the Nth allocation reached? Also disarms the injection. */
static int failed_one(void)
{
	char text[16] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) <= 0)
		die("fail-nth: %m");
	fail_nth(0);
	return atoi(text) == 0;
}

static int open_it(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		die("%s: %m", path);
	return fd;
}

static void write_text(const char *folder, const char *name, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open_it(path, O_WRONLY);
	if (write(fd, text, strlen(text)) < 0)
		die("%s to %s: %m", text, path);
	close(fd);
}

/* The step to the next allocation to fail. */
static int stride(time_t begun, int seconds)
{
	return 1 << (seconds ? (time(NULL) - begun) / seconds : 0);
}

static int bind_walk(const char *driver, const char *device, int seconds)
{
	char path[512], bound[512];
	int n, cases = 0, errors = 0, reached;
	time_t begun = time(NULL);

	snprintf(path, sizeof(path), "%s/bind", driver);
	snprintf(bound, sizeof(bound), "%s/%s", driver, device);
	for (n = 1; ; n += stride(begun, seconds)) {
		int fd = open_it(path, O_WRONLY), bad;

		fail_nth(n);
		bad = write(fd, device, strlen(device)) < 0;
		reached = failed_one();
		close(fd);
		if (bad == !access(bound, F_OK))
			die("allocation %d: bind says %s, but the device is %sbound", n,
			    bad ? "error" : "success", bad ? "" : "not ");
		if (!bad)
			write_text(driver, "unbind", device);
		if (!access(bound, F_OK))
			die("allocation %d: the device is still bound", n);
		errors += bad;
		if (!reached) {
			if (bad)
				die("bind fails with no allocation failed");
			break;
		}
		cases++;
		if (system("[ -z \"$(ls /sys/class/scsi_host)\" ]"))
			die("allocation %d: a SCSI host is left", n);
	}
	printf("bind of %d %d %d\n", n - 1, cases, errors);
	return 0;
}

static int scan_walk(const char *host, const char *device, int seconds)
{
	char path[512], found[512], address[32];
	int n, cases = 0, errors = 0, reached;
	time_t begun = time(NULL);

	snprintf(path, sizeof(path), "/sys/class/scsi_host/host%s/scan", host);
	snprintf(found, sizeof(found), "/sys/bus/scsi/devices/%s:%s", host, device);
	snprintf(address, sizeof(address), "%s", device);
	for (n = 0; address[n]; n++)
		if (address[n] == ':')
			address[n] = ' ';
	for (n = 1; ; n += stride(begun, seconds)) {
		int fd, bad, there;

		if (!access(found, F_OK))
			write_text(found, "delete", "1");
		fd = open_it(path, O_WRONLY);
		fail_nth(n);
		bad = write(fd, address, strlen(address)) < 0;
		reached = failed_one();
		close(fd);
		there = !access(found, F_OK);
		if (!reached) {
			if (bad || !there)
				die("scan finds nothing with no allocation failed");
			break;
		}
		cases++;
		errors += bad || !there;
	}
	printf("scan of %d %d %d\n", n - 1, cases, errors);
	return 0;
}

/* READ(10) or WRITE(10) by SG_IO from block 0. Returns 0, or -1 if it ended with an error. */
static int sg_io(int fd, unsigned char *data, int bytes, int out)
{
	unsigned char cdb[10] = { out ? 0x2a : 0x28 }, sense[64];
	int blocks = bytes / BLOCK;
	struct sg_io_hdr h = {
		.interface_id = 'S',
		.dxfer_direction = out ? SG_DXFER_TO_DEV : SG_DXFER_FROM_DEV,
		.cmd_len = sizeof(cdb), .cmdp = cdb,
		.mx_sb_len = sizeof(sense), .sbp = sense,
		.dxfer_len = bytes, .dxferp = data, .timeout = 60000,
	};

	cdb[7] = blocks >> 8;
	cdb[8] = blocks;
	if (ioctl(fd, SG_IO, &h) < 0)
		return -1;
	return (h.info & SG_INFO_OK_MASK) == SG_INFO_OK && !h.resid ? 0 : -1;
}

static int transfer(const char *op, int fd, unsigned char *data, int bytes, int out)
{
	ssize_t n;

	if (!strcmp(op, "sg"))
		return sg_io(fd, data, bytes, out);
	n = out ? pwrite(fd, data, bytes, 0) : pread(fd, data, bytes, 0);
	return n == bytes ? 0 : -1;
}

/* A transfer that reports success has moved all its data, and the next transfer works. */
static int io_walk(const char *op, const char *device, int bytes)
{
	int fd = open_it(device, O_RDWR | (strcmp(op, "sg") ? O_DIRECT : 0));
	unsigned char *data, *want;
	int n, i, bad, reached, errors = 0, out = !strcmp(op, "write");

	if (posix_memalign((void **)&data, 4096, bytes) || posix_memalign((void **)&want, 4096, bytes))
		die("no memory");
	memset(data, 0, bytes);
	memset(want, 0, bytes);
	if (mlockall(MCL_CURRENT))
		die("mlockall: %m");
	for (n = 1; ; n++) {
		for (i = 0; i < bytes; i++)
			want[i] = i * 7 + i / 251 + n * 13;
		if (!out && transfer(op, fd, want, bytes, 1))
			die("allocation %d: a plain write fails: %m", n);
		memcpy(data, want, bytes);
		if (!out)
			memset(data, 0xa5, bytes);
		fail_nth(n);
		bad = transfer(op, fd, data, bytes, out);
		reached = failed_one();
		errors += !!bad;
		if (bad && !reached)
			die("an error with no allocation failed");
		if (!bad && out)
			memset(data, 0xa5, bytes);
		if (!bad && out && transfer(op, fd, data, bytes, 0))
			die("allocation %d: a plain read fails: %m", n);
		if (!bad && memcmp(data, want, bytes))
			die("allocation %d: wrong data", n);
		if (!reached)
			break;
	}
	printf("%s %d %d\n", op, n - 1, errors);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		die("usage: failnth bind|scan|read|write|sg <where> <device or bytes> [<seconds>]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	nth_fd = open_it("/proc/self/fail-nth", O_RDWR);
	if (!strcmp(argv[1], "bind"))
		return bind_walk(argv[2], argv[3], argc > 4 ? atoi(argv[4]) : 0);
	if (!strcmp(argv[1], "scan"))
		return scan_walk(argv[2], argv[3], argc > 4 ? atoi(argv[4]) : 0);
	return io_walk(argv[1], argv[2], atoi(argv[3]));
}
