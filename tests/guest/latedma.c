// SPDX-License-Identifier: GPL-2.0
/*
  * A read that the HBA loses, whose data arrives after the kernel has given up on it.
 *
 *	latedma <disk> <block> reuse|keep <file>
 *
  * Reads the block by direct I/O, which must fail. The memory then gets another use. "reuse" frees
  * the page and takes 64 MiB, which includes the page if the kernel may hand it out again; "keep"
  * goes on using the page. Writing 1 to the file makes the data arrive. No byte may change.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK	512
#define PAGE	4096
#define MUCH	(64 << 20)
#define PATTERN	0xa5

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static unsigned char *take(size_t size)
{
	unsigned char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	memset(p, PATTERN, size);
	return p;
}

int main(int argc, char **argv)
{
	unsigned char *page, *memory;
	size_t size = PAGE, i;
	cpu_set_t one;
	int disk, file;

	if (argc != 5)
		return 2;
	/* The CPU that frees a page keeps it and hands it out first, so stay on one CPU. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	disk = open(argv[1], O_RDONLY | O_DIRECT);
	file = open(argv[4], O_WRONLY);
	if (disk < 0 || file < 0)
		die("open");
	memory = page = take(PAGE);
	if (pread(disk, page, BLOCK, atol(argv[2]) * BLOCK) >= 0) {
		puts("the read did not fail");
		return 1;
	}
	if (!strcmp(argv[3], "reuse")) {
		munmap(page, PAGE);
		size = MUCH;
		memory = take(size);
	} else {
		memset(page, PATTERN, PAGE);
	}
	if (write(file, "1", 1) != 1)
		die(argv[4]);
	for (i = 0; i < size; i++) {
		if (memory[i] != PATTERN) {
			printf("byte %zu of %zu was overwritten\n", i, size);
			return 1;
		}
	}
	puts("intact");
	return 0;
}
