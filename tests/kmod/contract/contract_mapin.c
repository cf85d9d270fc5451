// SPDX-License-Identifier: GPL-2.0
/* Clauses of bp_mapin(9F): the data of a buffer in several pieces gets one address. */
#include <sys/errno.h>
#include <sys/param.h>
#include <sys/scsi/scsi.h>

#include "contract.h"
#include "contract_buf.h"
#include "contract_check.h"

/* A buffer that the CPU cannot address yet, as one of a command with several pieces is. */
static boolean_t mapin_buf(struct contract_buf *f, uint_t pieces, uint_t len, int flags)
{
	size_t i;

	bzero(f, sizeof(*f));
	f->bp = getrbuf(KM_SLEEP);
	if (contract_sgl_alloc(&f->s, pieces, len))
		return B_FALSE;
	for (i = 0; i < f->s.len; i++)
		*contract_sgl_byte(&f->s, i) = contract_buf_byte(i);
	f->bp->b_flags = B_PHYS | flags;
	f->bp->b_bcount = f->s.len;
	f->bp->b_sgl = f->s.sgl;
	f->bp->b_nents = f->s.nents;
	return B_TRUE;
}

static boolean_t mapin_shows(const struct contract_buf *f, size_t first)
{
	size_t i;

	for (i = 0; i < f->bp->b_bcount; i++)
		if ((uint8_t)f->bp->b_un.b_addr[i] != contract_buf_byte(first + i))
			return B_FALSE;
	return B_TRUE;
}

/* Pages are mapped: what either side writes is seen by the other at once. */
static const char *mapin_pages(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_buf f;

	if (!mapin_buf(&f, 5, PAGESIZE, 0)) {
		why = "no memory";
		goto out;
	}
	f.bp->b_sgl_first = PAGESIZE + 512;
	f.bp->b_bcount = 3 * PAGESIZE;
	bp_mapin(f.bp);
	CHECK((f.bp->b_flags & B_REMAPPED) && mapin_shows(&f, PAGESIZE + 512));
	f.bp->b_un.b_addr[PAGESIZE] = 0x5a;
	CHECK(*contract_sgl_byte(&f.s, 2 * PAGESIZE + 512) == 0x5a);
	*contract_sgl_byte(&f.s, 3 * PAGESIZE) = 0xa5;
	CHECK((uint8_t)f.bp->b_un.b_addr[2 * PAGESIZE - 512] == 0xa5);
	bp_mapout(f.bp);
	CHECK(!(f.bp->b_flags & B_REMAPPED) && f.bp->b_un.b_addr);
	/* A second time, and once too often. */
	bp_mapin(f.bp);
	bp_mapin(f.bp);
	CHECK((uint8_t)f.bp->b_un.b_addr[PAGESIZE] == 0x5a);
out:
	bp_mapout(f.bp);
	bp_mapout(f.bp);
	contract_buf_drop(&f);
	return why;
}

/* Pieces with gaps are copied. What is written reaches a read's pieces at bp_mapout(9F). */
static const char *mapin_gaps(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_buf f;

	if (!mapin_buf(&f, 9, 512, B_READ)) {
		why = "no memory";
		goto out;
	}
	bp_mapin(f.bp);
	CHECK((f.bp->b_flags & B_REMAPPED) && mapin_shows(&f, 0));
	f.bp->b_un.b_addr[8 * 512 + 1] = 0x5a;
	bp_mapout(f.bp);
	CHECK(*contract_sgl_byte(&f.s, 8 * 512 + 1) == 0x5a);
	/* A write's data is only read. */
	f.bp->b_flags &= ~B_READ;
	bp_mapin(f.bp);
	f.bp->b_un.b_addr[0] = (char)(contract_buf_byte(0) + 1);
	bp_mapout(f.bp);
	CHECK(*contract_sgl_byte(&f.s, 0) == contract_buf_byte(0));
out:
	bp_mapout(f.bp);
	contract_buf_drop(&f);
	return why;
}

/* Under a spin lock, which the manual does not ask for, but which drivers do. */
static const char *mapin_atomic(dev_info_t *dip)
{
	const char *why = NULL;
	struct contract_buf f;
	kmutex_t lock;

	mutex_init(&lock, NULL, MUTEX_DRIVER, DDI_INTR_PRI(6));
	if (!mapin_buf(&f, 4, PAGESIZE, B_READ)) {
		why = "no memory";
		goto out;
	}
	mutex_enter(&lock);
	bp_mapin(f.bp);
	if (!(f.bp->b_flags & B_REMAPPED) || !mapin_shows(&f, 0))
		why = "data at the address";
	else
		f.bp->b_un.b_addr[f.bp->b_bcount - 1] = 0x77;
	bp_mapout(f.bp);
	mutex_exit(&lock);
	if (!why && *contract_sgl_byte(&f.s, f.s.len - 1) != 0x77)
		why = "data written back";
out:
	mutex_destroy(&lock);
	contract_buf_drop(&f);
	return why;
}

/* A buffer in one piece has its address, which stays as it is. */
static const char *mapin_one_piece(dev_info_t *dip)
{
	const char *why = NULL;
	char data[16];
	struct buf *bp = getrbuf(KM_SLEEP);

	bp->b_un.b_addr = data;
	bp->b_bcount = sizeof(data);
	bp_mapin(bp);
	CHECK(bp->b_un.b_addr == data && !(bp->b_flags & B_REMAPPED));
	bp_mapout(bp);
	CHECK(bp->b_un.b_addr == data);
out:
	freerbuf(bp);
	return why;
}

static const struct contract_test tests[] = {
	{ "bp_mapin.pages", mapin_pages },
	{ "bp_mapin.gaps", mapin_gaps },
	{ "bp_mapin.atomic", mapin_atomic },
	{ "bp_mapin.one_piece", mapin_one_piece },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
