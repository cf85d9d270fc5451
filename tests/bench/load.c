// SPDX-License-Identifier: GPL-2.0
/*
  * A fixed number of direct I/Os, the same each time: the bench counts their guest instructions.
  * It calls the kernel's asynchronous I/O directly, so it needs no library in the guest.
 *
 *	load <device> read|write|randread|randwrite <bytes of one> <depth> <I/Os>
 *
 * I/Os come in batches of <depth>, each submitted with one system call and awaited with one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/fs.h>

#define MAX_DEPTH	256
#define WARM_UP		512UL	/* batches: enough to use every tag and fill every cache */

static struct iocb iocbs[MAX_DEPTH];
static struct iocb *list[MAX_DEPTH];
static struct io_event events[MAX_DEPTH];
static bool at_random;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The same blocks on each run. */
static unsigned long long place(unsigned long n, unsigned long long blocks)
{
	return (at_random ? n * 2654435761ULL : n) % blocks;
}

static void batch(aio_context_t context, unsigned long first, long depth, unsigned long size,
		  unsigned long long blocks)
{
	long i, done;

	for (i = 0; i < depth; i++)
		iocbs[i].aio_offset = place(first + i, blocks) * size;
	if (syscall(SYS_io_submit, context, depth, list) != depth)
		die("io_submit");
	done = syscall(SYS_io_getevents, context, depth, depth, events, NULL);
	if (done != depth)
		die("io_getevents");
	for (i = 0; i < depth; i++) {
		if (events[i].res != (long long)size) {
			fprintf(stderr, "load: an I/O gave %lld\n", events[i].res);
			exit(1);
		}
	}
}

/* The host stops the machine in both marks to read its counters: after warm-up, and at the end. */
__attribute__((noinline)) void begin_mark(void)
{
	asm volatile("nop");
}

__attribute__((noinline)) void end_mark(void)
{
	asm volatile("nop; nop");
}

int main(int argc, char **argv)
{
	unsigned long long bytes;
	aio_context_t context = 0;
	unsigned long size, ios, n;
	const char *work;
	long depth, i;
	void *buffer;
	int fd;

	if (argc != 6)
		return 2;
	at_random = !strncmp(argv[2], "rand", 4);
	work = argv[2] + (at_random ? 4 : 0);
	size = strtoul(argv[3], NULL, 0);
	depth = strtol(argv[4], NULL, 0);
	ios = strtoul(argv[5], NULL, 0);
	if (!size || depth < 1 || depth > MAX_DEPTH)
		return 2;
	fd = open(argv[1], O_RDWR | O_DIRECT);
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes))
		die(argv[1]);
	if (bytes < size || posix_memalign(&buffer, 4096, size * depth))
		die("memory");
	memset(buffer, 0, size * depth);
	if (syscall(SYS_io_setup, depth, &context))
		die("io_setup");
	for (i = 0; i < depth; i++) {
		list[i] = &iocbs[i];
		iocbs[i].aio_fildes = fd;
		iocbs[i].aio_lio_opcode = *work == 'w' ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
		iocbs[i].aio_buf = (unsigned long)buffer + i * size;
		iocbs[i].aio_nbytes = size;
	}
	for (n = 0; n < WARM_UP * depth; n += depth)
		batch(context, n, depth, size, bytes / size);
	begin_mark();
	for (n = 0; n < ios; n += depth)
		batch(context, n, depth, size, bytes / size);
	end_mark();
	return 0;
}
