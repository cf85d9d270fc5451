// SPDX-License-Identifier: GPL-2.0
/* Clauses of kstat_create(9F), list_create(9F), atomic_ops(9F). */
#include <sys/atomic.h>
#include <sys/ddi.h>
#include <sys/errno.h>
#include <sys/kstat.h>
#include <sys/list.h>
#include <sys/sunddi.h>

#include "contract.h"
#include "contract_check.h"

static int updates;

static int update(kstat_t *ksp, int rw)
{
	kstat_named_t *named = ksp->ks_data;

	updates++;
	named[0].value.ui64 = 77;
	return rw == KSTAT_READ ? 0 : EACCES;
}

/* Named kstats show the numbers at the time of reading, in a file that can be read. */
static const char *kstats(dev_info_t *dip)
{
	const char *why = NULL;
	kstat_named_t *named;
	char text[256];
	kstat_t *ksp;

	ksp = kstat_create("contract", 0, "numbers", "misc", KSTAT_TYPE_NAMED, 2, 0);
	CHECK(ksp && ksp->ks_data && ksp->ks_ndata == 2);
	named = ksp->ks_data;
	kstat_named_init(&named[0], "large", KSTAT_DATA_UINT64);
	kstat_named_init(&named[1], "small", KSTAT_DATA_INT32);
	named[1].value.i32 = -5;
	ksp->ks_update = update;
	kstat_install(ksp);
	CHECK(contract_read_kstat("contract0-numbers", text, sizeof(text)) > 0);
	CHECK(updates == 1 && strstr(text, "large") && strstr(text, "77"));
	CHECK(strstr(text, "small") && strstr(text, "-5"));
	kstat_delete(ksp);
	ksp = NULL;
	CHECK(contract_read_kstat("contract0-numbers", text, sizeof(text)) < 0);
	/* The driver owns the data of a virtual kstat. */
	ksp = kstat_create("contract", 0, "virtual", "misc", KSTAT_TYPE_NAMED, 1,
			   KSTAT_FLAG_VIRTUAL);
	CHECK(ksp && !ksp->ks_data);
out:
	if (ksp)
		kstat_delete(ksp);
	return why;
}

/* Strings are those of the last kstat_named_setstr(9F), and characters need no end. */
static const char *kstat_strings(dev_info_t *dip)
{
	const char *why = NULL;
	kstat_named_t *named;
	char text[256];
	kstat_t *ksp;

	ksp = kstat_create("contract", 1, NULL, "misc", KSTAT_TYPE_NAMED, 4, 0);
	CHECK(ksp);
	named = ksp->ks_data;
	kstat_named_init(&named[0], "words", KSTAT_DATA_STRING);
	kstat_named_init(&named[1], "chars", KSTAT_DATA_CHAR);
	kstat_named_init(&named[2], "long", KSTAT_DATA_LONG);
	kstat_named_init(&named[3], "ulong", KSTAT_DATA_ULONG);
	memset(named[1].value.c, 'c', sizeof(named[1].value.c));
	named[2].value.l = -6;
	named[3].value.ul = ~0UL;
	kstat_install(ksp);
	/* Nothing was set yet. */
	CHECK(contract_read_kstat("contract1-contract", text, sizeof(text)) > 0);
	CHECK(strstr(text, "words\040\nchars cccccccccccccccc\nlong -6\n"));
	snprintf(text, sizeof(text), "ulong %lu\n", ~0UL);
	kstat_named_setstr(&named[0], text);
	CHECK(KSTAT_NAMED_STR_PTR(&named[0]) == text &&
	      KSTAT_NAMED_STR_BUFLEN(&named[0]) == strlen(text) + 1);
	kstat_named_setstr(&named[0], "first");
	kstat_named_setstr(&named[0], "of several");
	CHECK(contract_read_kstat("contract1-contract", text, sizeof(text)) > 0);
	CHECK(strstr(text, "words of several\n") && !strstr(text, "first"));
	CHECK(strstr(text, sizeof(long) == 8 ? "ulong 18446744073709551615\n" : "ulong 4294967295\n"));
	kstat_named_setstr(&named[0], NULL);
	CHECK(KSTAT_NAMED_STR_BUFLEN(&named[0]) == 0);
	CHECK(contract_read_kstat("contract1-contract", text, sizeof(text)) > 0);
	CHECK(strstr(text, "words\040\n"));
out:
	if (ksp)
		kstat_delete(ksp);
	return why;
}

struct item {
	int		value;
	list_node_t	node;
};

static const char *lists(dev_info_t *dip)
{
	struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 };
	const char *why = NULL;
	list_t list, other;

	list_create(&list, sizeof(struct item), offsetof(struct item, node));
	list_create(&other, sizeof(struct item), offsetof(struct item, node));
	list_link_init(&a.node);
	CHECK(list_is_empty(&list) && !list_head(&list) && !list_tail(&list));
	CHECK(!list_link_active(&a.node));
	list_insert_tail(&list, &c);
	list_insert_head(&list, &a);
	list_insert_after(&list, &a, &b);
	CHECK(list_head(&list) == &a && list_next(&list, &a) == &b && list_next(&list, &b) == &c);
	CHECK(!list_next(&list, &c) && list_tail(&list) == &c && list_prev(&list, &c) == &b);
	CHECK(list_link_active(&b.node));
	list_remove(&list, &b);
	CHECK(!list_link_active(&b.node) && list_next(&list, &a) == &c);
	list_insert_before(&list, &c, &b);
	list_move_tail(&other, &list);
	CHECK(list_is_empty(&list) && list_head(&other) == &a);
	CHECK(list_remove_head(&other) == &a && list_remove_tail(&other) == &c);
	CHECK(list_remove_head(&other) == &b && !list_remove_head(&other));
	list_destroy(&list);
	list_destroy(&other);
out:
	return why;
}

static const char *atomics(dev_info_t *dip)
{
	const char *why = NULL;
	uint16_t w = 0xffff;
	uint32_t l = 5;
	uint64_t q = 0;
	uint8_t b = 1;
	void *p = &w;

	atomic_or_8(&b, 0x80);
	CHECK(b == 0x81);
	atomic_inc_16(&w);
	CHECK(w == 0);
	atomic_add_16(&w, -2);
	CHECK(w == 0xfffe);
	CHECK(atomic_cas_32(&l, 4, 9) == 5 && l == 5);
	CHECK(atomic_cas_32(&l, 5, 9) == 5 && l == 9);
	CHECK(atomic_add_64_nv(&q, -1) == ~0ULL && atomic_inc_64_nv(&q) == 0);
	CHECK(atomic_swap_8(&b, 2) == 0x81 && b == 2);
	CHECK(atomic_swap_16(&w, 3) == 0xfffe && w == 3);
	CHECK(atomic_swap_32(&l, 1) == 9 && l == 1);
	CHECK(atomic_swap_64(&q, ~0ULL) == 0 && q == ~0ULL);
	CHECK(atomic_cas_ptr(&p, &w, &l) == &w && p == &l);
out:
	return why;
}

static const struct contract_test tests[] = {
	{ "kstat", kstats },
	{ "kstat.strings", kstat_strings },
	{ "list", lists },
	{ "atomic", atomics },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
