// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for libFuzzer where only coverage is measured: runs a fuzz target on the files named on
 * the command line, then on random bytes that are the same each time.
 */
#include <stdint.h>
#include <stdio.h>

#define RANDOM_INPUTS	2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	static uint8_t data[4096];
	uint32_t seed = 1;
	size_t size, i;
	int n;

	for (n = 1; n < argc; n++) {
		FILE *f = fopen(argv[n], "rb");

		if (!f) {
			perror(argv[n]);
			return 1;
		}
		size = fread(data, 1, sizeof(data), f);
		fclose(f);
		LLVMFuzzerTestOneInput(data, size);
	}
	for (n = 0; n < RANDOM_INPUTS; n++) {
		size = n * sizeof(data) / RANDOM_INPUTS;
		for (i = 0; i < size; i++) {
			seed = seed * 1664525 + 1013904223;
			data[i] = seed >> 24;
		}
		LLVMFuzzerTestOneInput(data, size);
	}
	return 0;
}
