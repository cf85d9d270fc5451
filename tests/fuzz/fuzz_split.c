/* SOURCES: compat/pure/split.c */
// SPDX-License-Identifier: GPL-2.0
/* Any 32 bytes as a CDB with any buffer: a split is always allowed, and the parts add up. */
#include <stdlib.h>

#include "split.h"

struct input {
	uint8_t		cdb[32];
	uint8_t		cdblen;
	uint8_t		type;
	uint8_t		block;
	uint8_t		match;	/* 1: make the buffer agree with the CDB, 2: it has a LUN */
	uint32_t	bufflen;
	uint8_t		parts[16];
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Any status with sense of any length: only a check condition's sense matters. */
static void target_says(uint8_t status, const uint8_t *sense, unsigned int len)
{
	/* A copy of its own length, so that the sanitizer sees a read beyond it. */
	uint8_t *copy = malloc(len);
	bool done;

	require(copy || !len);
	if (len)
		memcpy(copy, sense, len);
	done = split_carried_out(status, copy, len);
	require(!done || status == 0x00 || status == 0x02 || status == 0x04);
	require(status != 0x00 || done);
	require(status != 0x02 || len > 1 || !done);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t blocks[] = { 512, 520, 2048, 4096, 0, 1 };
	struct split_cdb s, again;
	struct input in;
	uint64_t bufflen, done = 0;
	uint32_t block;
	unsigned int i = 0;
	uint8_t part[32];
	bool lun;

	/* No command, no data. */
	require(!split_read_varies(NULL, 0, size ? data[0] : 0));
	memset(&in, 0, sizeof(in));
	memcpy(&in, data, pure_min(size, sizeof(in)));
	in.cdblen %= 33;
	block = blocks[in.block % 6];
	bufflen = in.bufflen;
	lun = in.match & 2;
	target_says(in.block, in.cdb, in.cdblen);
	if (in.match & 1) {
		split_parse(in.cdb, in.cdblen, 0, block, in.type, lun, &s);
		if (split_parse(in.cdb, in.cdblen, 0, block, 0, lun, &s) == SPLIT_MISMATCH)
			bufflen = s.blocks * block;
	}
	if (split_parse(in.cdb, in.cdblen, bufflen, block, in.type, lun, &s) != SPLIT_OK)
		return 0;
	/* The CDB alone decides how much data there is. */
	require(!split_read_varies(in.cdb, in.cdblen, in.type));
	require(s.blocks * block == bufflen);
	require(s.lba + s.blocks - 1 >= s.lba);
	/* Sixteen parts at most: each takes some of the rest, the last takes all of it. */
	while (done < bufflen) {
		uint64_t left = (bufflen - done) / block;
		uint64_t n = i < 15 ? 1 + left * in.parts[i] / 300 : left;

		i++;
		memcpy(part, in.cdb, 32);
		require(split_rewrite(&s, part, done, n * block) == 0);
		require(part[0] == in.cdb[0]);
		require(split_parse(part, in.cdblen, n * block, block, in.type, lun, &again) == SPLIT_OK);
		require(again.lba == s.lba + done / block && again.blocks == n);
		done += n * block;
	}
	require(done == bufflen);
	/* Rewritten with the whole range, the CDB is the original. */
	require(split_rewrite(&s, part, 0, bufflen) == 0);
	require(memcmp(part, in.cdb, 32) == 0);
	return 0;
}
