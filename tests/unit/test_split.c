/* SOURCES: compat/pure/split.c */
// SPDX-License-Identifier: GPL-2.0
/* Each opcode that may be split, opcodes that may not, and the arithmetic of parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "split.h"

#define DISK	0x00

struct cdb {
	uint8_t		b[32];
	unsigned int	len;
};

static const struct opcode {
	const char	*name;
	unsigned int	len;
	uint8_t		op, byte1;
	uint16_t	service;
} splittable[] = {
	{ "READ(6)", 6, 0x08, 0, 0 }, { "WRITE(6)", 6, 0x0a, 0, 0 },
	{ "READ(10)", 10, 0x28, 0x18, 0 }, { "WRITE(10)", 10, 0x2a, 0x08, 0 },
	{ "READ(12)", 12, 0xa8, 0x10, 0 }, { "WRITE(12)", 12, 0xaa, 0, 0 },
	{ "READ(16)", 16, 0x88, 0x18, 0 }, { "WRITE(16)", 16, 0x8a, 0, 0 },
	{ "READ(32)", 32, 0x7f, 0, 0x0009 }, { "WRITE(32)", 32, 0x7f, 0, 0x000b },
	{ "WRITE AND VERIFY(10)", 10, 0x2e, 0x02, 0 },
	{ "WRITE AND VERIFY(12)", 12, 0xae, 0, 0 },
	{ "WRITE AND VERIFY(16)", 16, 0x8e, 0, 0 },
	{ "VERIFY(10)", 10, 0x2f, 0x02, 0 }, { "VERIFY(12)", 12, 0xaf, 0x02, 0 },
	{ "VERIFY(16)", 16, 0x8f, 0x12, 0 },
};

#define N_SPLITTABLE (sizeof(splittable) / sizeof(splittable[0]))

static void put(uint8_t *p, unsigned int n, uint64_t v)
{
	while (n--) {
		p[n] = v;
		v >>= 8;
	}
}

static uint64_t get(const uint8_t *p, unsigned int n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

/* Where LBA and length are, taken from the standards' tables and not from split.c. */
static void set_range(struct cdb *c, uint64_t lba, uint64_t blocks)
{
	switch (c->len) {
	case 6:
		put(&c->b[1], 3, (get(&c->b[1], 3) & 0xe00000) | lba);
		c->b[4] = blocks;
		break;
	case 10:
		put(&c->b[2], 4, lba);
		put(&c->b[7], 2, blocks);
		break;
	case 12:
		put(&c->b[2], 4, lba);
		put(&c->b[6], 4, blocks);
		break;
	case 16:
		put(&c->b[2], 8, lba);
		put(&c->b[10], 4, blocks);
		break;
	case 32:
		put(&c->b[12], 8, lba);
		put(&c->b[28], 4, blocks);
		break;
	}
}

/* Set everything that splitting must keep: flags, group number, control byte. */
static struct cdb make(const struct opcode *o, uint64_t lba, uint64_t blocks)
{
	struct cdb c = { .len = o->len };

	c.b[0] = o->op;
	c.b[1] = o->byte1;
	switch (o->len) {
	case 6:
		c.b[1] |= 0xa0;
		c.b[5] = 0x04;
		break;
	case 10:
		c.b[6] = 0x1f;
		c.b[9] = 0x04;
		break;
	case 12:
		c.b[10] = 0x15;
		c.b[11] = 0x04;
		break;
	case 16:
		c.b[14] = 0x2a;
		c.b[15] = 0x04;
		break;
	case 32:
		c.b[1] = 0x04;
		c.b[6] = 0x1f;
		c.b[7] = 0x18;
		put(&c.b[8], 2, o->service);
		c.b[10] = 0x18;
		put(&c.b[20], 4, 0x11223344);
		break;
	}
	set_range(&c, lba, blocks);
	return c;
}

static enum split_class parse(const struct cdb *c, uint64_t bufflen, uint32_t block_size,
			      struct split_cdb *s)
{
	return split_parse(c->b, c->len, bufflen, block_size, DISK, false, s);
}

static void each_opcode(void **state)
{
	static const uint32_t sizes[] = { 512, 520, 2048, 4096 };
	struct split_cdb s;
	unsigned int i, j;

	for (i = 0; i < N_SPLITTABLE; i++) {
		struct cdb c = make(&splittable[i], 0x12345, 200), part, want;

		for (j = 0; j < 4; j++) {
			assert_int_equal(parse(&c, 200ULL * sizes[j], sizes[j], &s), SPLIT_OK);
			assert_int_equal(s.lba, 0x12345);
			assert_int_equal(s.blocks, 200);
			part = c;
			assert_int_equal(split_rewrite(&s, part.b, 50ULL * sizes[j],
						       70ULL * sizes[j]), 0);
			want = c;
			set_range(&want, 0x12345 + 50, 70);
			assert_memory_equal(part.b, want.b, 32);
		}
	}
}

static void length_must_match_buffer(void **state)
{
	struct split_cdb s;
	unsigned int i;

	for (i = 0; i < N_SPLITTABLE; i++) {
		struct cdb c = make(&splittable[i], 7, 16);

		assert_int_equal(parse(&c, 16 * 512 - 1, 512, &s), SPLIT_MISMATCH);
		assert_int_equal(parse(&c, 17 * 512, 512, &s), SPLIT_MISMATCH);
		assert_int_equal(parse(&c, 16 * 512, 4096, &s), SPLIT_MISMATCH);
		assert_int_equal(parse(&c, 16 * 512, 0, &s), SPLIT_MISMATCH);
		assert_int_equal(parse(&c, 0, 512, &s), SPLIT_MISMATCH);
	}
}

static void no_blocks(void **state)
{
	struct split_cdb s;
	unsigned int i;

	/* In READ(6) a length of 0 means 256 blocks; in all others, none. */
	for (i = 0; i < N_SPLITTABLE; i++) {
		struct cdb c = make(&splittable[i], 7, 0);

		assert_int_equal(parse(&c, c.len == 6 ? 256 * 512 : 0, 512, &s),
				 c.len == 6 ? SPLIT_OK : SPLIT_MISMATCH);
	}
}

static void read_6_of_256(void **state)
{
	struct cdb c = make(&splittable[0], 0x1fff00, 0), part = c;
	struct split_cdb s;

	assert_int_equal(parse(&c, 256 * 512, 512, &s), SPLIT_OK);
	assert_int_equal(s.blocks, 256);
	assert_int_equal(split_rewrite(&s, part.b, 0, 256 * 512), 0);
	assert_memory_equal(part.b, c.b, 6);
	assert_int_equal(split_rewrite(&s, part.b, 255 * 512, 512), 0);
	assert_int_equal(get(&part.b[1], 3), 0xa00000 | 0x1fffff);
	assert_int_equal(part.b[4], 1);
}

static void lba_limits(void **state)
{
	static const uint64_t last[] = { 0x1fffff, 0xffffffff, 0xffffffff, UINT64_MAX, UINT64_MAX };
	static const unsigned int op[] = { 0, 2, 4, 6, 8 };
	struct split_cdb s;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		struct cdb c = make(&splittable[op[i]], last[i] - 9, 10);

		assert_int_equal(parse(&c, 10 * 512, 512, &s), SPLIT_OK);
		c = make(&splittable[op[i]], last[i] - 8, 10);
		assert_int_equal(parse(&c, 10 * 512, 512, &s), SPLIT_RANGE);
	}
}

static void never_split(void **state)
{
	static const struct cdb no[] = {
		{ { 0x89 }, 16 },				/* COMPARE AND WRITE */
		{ { 0x41, 0, 0, 0, 0, 0, 0, 0, 16 }, 10 },	/* WRITE SAME(10) */
		{ { 0x93 }, 16 },				/* WRITE SAME(16) */
		{ { 0x9c }, 16 },				/* WRITE ATOMIC(16) */
		{ { 0x42 }, 10 },				/* UNMAP */
		{ { 0x53 }, 10 },				/* XDWRITEREAD(10) */
		{ { 0x8b }, 16 },				/* ORWRITE(16) */
		{ { 0x3e }, 10 }, { { 0x3f }, 10 },		/* READ, WRITE LONG */
		{ { 0x3b }, 10 }, { { 0x3c }, 10 },		/* WRITE, READ BUFFER */
		{ { 0x83 }, 16 },				/* EXTENDED COPY */
		{ { 0x12 }, 6 }, { { 0x1a }, 6 }, { { 0x25 }, 10 }, { { 0xa0 }, 12 },
		{ { 0x2f, 0x00, 0, 0, 0, 0, 0, 0, 16 }, 10 },	/* VERIFY without data */
		{ { 0x2f, 0x06, 0, 0, 0, 0, 0, 0, 16 }, 10 },	/* VERIFY of one block */
		{ { 0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0, 0x0d }, 32 }, /* WRITE SAME(32) */
		{ { 0x7f, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x09 }, 32 }, /* wrong length */
		{ { 0x28, 0, 0, 0, 0, 0, 0, 0, 16 }, 9 },	/* truncated */
		{ { 0 }, 0 },
	};
	struct split_cdb s;
	unsigned int i, j;

	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_int_equal(parse(&no[i], 16 * 512, 512, &s), SPLIT_NOT_BLOCKS);
	/* Protection information has reference tags of its own. */
	for (i = 0; i < N_SPLITTABLE; i++) {
		for (j = 1; j < 8; j++) {
			struct cdb c = make(&splittable[i], 7, 16);

			if (c.len == 6)
				continue;
			c.b[c.len == 32 ? 10 : 1] |= j << 5;
			assert_int_equal(parse(&c, 16 * 512, 512, &s), SPLIT_NOT_BLOCKS);
			/* Except for the LUN; a CDB of 32 bytes has none. */
			assert_int_equal(split_parse(c.b, c.len, 16 * 512, 512, DISK, true, &s),
					 c.len == 32 ? SPLIT_NOT_BLOCKS : SPLIT_OK);
		}
	}
}

/* Linked commands depend on their neighbours, and relative addresses on the command before. */
static void linked_or_relative(void **state)
{
	struct split_cdb s;
	unsigned int i;

	for (i = 0; i < N_SPLITTABLE; i++) {
		struct cdb c = make(&splittable[i], 7, 16);

		assert_int_equal(parse(&c, 16 * 512, 512, &s), SPLIT_OK);
		c.b[c.len == 32 ? 1 : c.len - 1] |= 0x01;
		assert_int_equal(parse(&c, 16 * 512, 512, &s), SPLIT_NOT_BLOCKS);
		/* In a READ(6) this bit belongs to the LBA, in a READ(32) it is LINK. */
		c = make(&splittable[i], 7, 16);
		if (c.len == 6 || c.len == 32)
			continue;
		c.b[1] |= 0x01;
		assert_int_equal(parse(&c, 16 * 512, 512, &s), SPLIT_NOT_BLOCKS);
	}
}

/* Each part addresses the LUN of the whole. */
static void lun_in_cdb(void **state)
{
	struct split_cdb s;
	unsigned int i;

	for (i = 0; i < N_SPLITTABLE; i++) {
		struct cdb c = make(&splittable[i], 7, 16), part;

		if (c.len == 32)
			continue;
		c.b[1] |= 5 << 5;
		assert_int_equal(split_parse(c.b, c.len, 16 * 512, 512, DISK, true, &s), SPLIT_OK);
		assert_int_equal(s.lba, 7);
		part = c;
		assert_int_equal(split_rewrite(&s, part.b, 4 * 512, 2 * 512), 0);
		assert_int_equal(part.b[1], c.b[1]);
		set_range(&c, 11, 2);
		assert_memory_equal(part.b, c.b, c.len);
	}
}

static void device_types(void **state)
{
	struct cdb c = make(&splittable[2], 7, 16);
	struct split_cdb s;
	unsigned int type;

	for (type = 0; type < 32; type++) {
		bool block = type == 0x00 || type == 0x05 || type == 0x07 || type == 0x0e ||
			     type == 0x14;

		assert_int_equal(split_parse(c.b, c.len, 16 * 512, 512, type, false,
					     &s),
				 block ? SPLIT_OK : SPLIT_DEVICE);
	}
}

static void parts_are_whole_blocks(void **state)
{
	struct cdb c = make(&splittable[2], 7, 16), part;
	struct split_cdb s;

	assert_int_equal(parse(&c, 16 * 512, 512, &s), SPLIT_OK);
	part = c;
	assert_int_equal(split_rewrite(&s, part.b, 0, 511), -EINVAL);
	assert_int_equal(split_rewrite(&s, part.b, 1, 512), -EINVAL);
	assert_int_equal(split_rewrite(&s, part.b, 0, 0), -EINVAL);
	assert_int_equal(split_rewrite(&s, part.b, 16 * 512, 512), -EINVAL);
	assert_int_equal(split_rewrite(&s, part.b, 15 * 512, 1024), -EINVAL);
	assert_memory_equal(part.b, c.b, 32);
}

/* Only reads where the medium or the other side decides the length. */
static void reads_that_vary(void **state)
{
	static const struct { uint8_t type, opcode; bool varies; } cases[] = {
		{ 0x01, 0x08, true }, { 0x01, 0x0f, true }, { 0x01, 0x14, true },
		{ 0x01, 0x81, true }, { 0x01, 0x88, true }, { 0x03, 0x08, true },
		{ 0x09, 0x08, true }, { 0x09, 0x28, true }, { 0x09, 0xa8, true },
		{ 0x00, 0x08, false }, { 0x00, 0x28, false }, { 0x00, 0x88, false },
		{ 0x05, 0x28, false }, { 0x01, 0x0a, false }, { 0x01, 0x12, false },
		{ 0x00, 0x25, false }, { 0x00, 0x41, false }, { 0x00, 0x55, false },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(split_read_varies(&cases[i].opcode, 1, cases[i].type),
				 cases[i].varies);
	assert_false(split_read_varies(&cases[0].opcode, 0, cases[0].type));
}

/* Sense that means the command was carried out; deferred errors belong to another command. */
static void sense_warnings(void **state)
{
	uint8_t sense[18] = { 0 };
	unsigned int code, key, status;

	for (status = 0; status < 0x100; status++)
		assert_int_equal(split_carried_out(status, sense, 0), status == 0x00 || status == 0x04);

	for (code = 0; code < 0x100; code++) {
		for (key = 0; key < 0x10; key++) {
			bool current = (code & 0x7f) == 0x70 || (code & 0x7f) == 0x72;

			sense[0] = code;
			/* The other byte says NO SENSE, which must not count. */
			sense[1] = (code & 0x7f) == 0x72 ? key : 0;
			/* Filemark, EOM and ILI are not part of the key. */
			sense[2] = (code & 0x7f) == 0x72 ? 0 : 0xe0 | key;
			assert_int_equal(split_carried_out(0x02, sense, sizeof(sense)),
					 current && key <= 1);
		}
	}
	sense[0] = 0x70;
	sense[2] = 1;
	assert_false(split_carried_out(0x02, sense, 0));
	assert_false(split_carried_out(0x02, sense, 2));
	assert_true(split_carried_out(0x02, sense, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_opcode),
		cmocka_unit_test(length_must_match_buffer),
		cmocka_unit_test(no_blocks),
		cmocka_unit_test(read_6_of_256),
		cmocka_unit_test(lba_limits),
		cmocka_unit_test(never_split),
		cmocka_unit_test(linked_or_relative),
		cmocka_unit_test(lun_in_cdb),
		cmocka_unit_test(device_types),
		cmocka_unit_test(parts_are_whole_blocks),
		cmocka_unit_test(reads_that_vary),
		cmocka_unit_test(sense_warnings),
	};

	return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
