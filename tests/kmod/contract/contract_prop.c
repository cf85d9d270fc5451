// SPDX-License-Identifier: GPL-2.0
/* Clauses of ddi_prop_lookup(9F), ddi_prop_update(9F), ddi_prop_op(9F). */
#include <sys/ddi.h>
#include <sys/sunddi.h>

#include "contract.h"
#include "contract_check.h"

#define ANY	DDI_DEV_T_ANY
#define NONE	DDI_DEV_T_NONE

static const char *prop_types(dev_info_t *dip)
{
	char a[] = "one", empty[] = "", c[] = "three", *three[] = { a, empty, c };
	const int ints[] = { 1, -2, 3 };
	const uchar_t bytes[] = { 9, 8, 7, 6, 5 };
	const char *why = NULL;
	char **strings = NULL, *string = NULL;
	int64_t *longs = NULL;
	uchar_t *b = NULL;
	int *i = NULL;
	uint_t n;

	CHECK(ddi_prop_update_int_array(NONE, dip, "ints", ints, 3) == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_update_int64(NONE, dip, "long", 1LL << 40) == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_update_byte_array(NONE, dip, "bytes", bytes, 5) == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_update_string_array(NONE, dip, "strings", three, 3) == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_lookup_int_array(ANY, dip, 0, "ints", &i, &n) == DDI_PROP_SUCCESS);
	CHECK(n == 3 && bcmp(i, ints, sizeof(ints)) == 0);
	CHECK(ddi_prop_get_int64(ANY, dip, 0, "long", 0) == 1LL << 40);
	CHECK(ddi_prop_lookup_int64_array(ANY, dip, 0, "long", &longs, &n) == DDI_PROP_SUCCESS);
	CHECK(n == 1 && longs[0] == 1LL << 40);
	CHECK(ddi_prop_lookup_byte_array(ANY, dip, 0, "bytes", &b, &n) == DDI_PROP_SUCCESS);
	CHECK(n == 5 && bcmp(b, bytes, 5) == 0);
	CHECK(ddi_prop_lookup_string(ANY, dip, 0, "strings", &string) == DDI_PROP_SUCCESS);
	CHECK(strcmp(string, "one") == 0);
	CHECK(ddi_prop_lookup_string_array(ANY, dip, 0, "strings", &strings, &n) ==
	      DDI_PROP_SUCCESS);
	CHECK(n == 3 && strcmp(strings[0], "one") == 0 && strings[1][0] == 0 &&
	      strcmp(strings[2], "three") == 0);
out:
	ddi_prop_free(strings);
	ddi_prop_free(string);
	ddi_prop_free(b);
	ddi_prop_free(longs);
	ddi_prop_free(i);
	ddi_prop_remove_all(dip);
	return why;
}

static const char *prop_errors(dev_info_t *dip)
{
	const char *why = NULL;
	char *none = NULL;
	char *s;
	uint_t n;
	int *i;

	CHECK(ddi_prop_update_string(NONE, dip, "text", "abc") == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_lookup_int_array(ANY, dip, 0, "text", &i, &n) == DDI_PROP_CANNOT_DECODE);
	CHECK(ddi_prop_get_int(ANY, dip, 0, "text", 42) == 42);
	CHECK(ddi_prop_lookup_string(ANY, dip, 0, "vendor-id", &s) == DDI_PROP_CANNOT_DECODE);
	CHECK(ddi_prop_lookup_string(ANY, dip, 0, "absent", &s) == DDI_PROP_NOT_FOUND);
	CHECK(ddi_prop_lookup_string(ANY, dip, 0, NULL, &s) == DDI_PROP_INVAL_ARG);
	CHECK(ddi_prop_update_int(ANY, dip, "mine", 1) == DDI_PROP_INVAL_ARG);
	CHECK(ddi_prop_update_int(NONE, dip, "", 1) == DDI_PROP_INVAL_ARG);
	CHECK(ddi_prop_update_string_array(NONE, dip, "mine", &none, 1) == DDI_PROP_INVAL_ARG);
	/* A property without a value is true. */
	CHECK(ddi_prop_create(NONE, dip, 0, "flag", NULL, 0) == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_exists(ANY, dip, 0, "flag") == 1);
	CHECK(ddi_prop_get_int(ANY, dip, 0, "flag", 0) == 1);
	CHECK(ddi_prop_lookup_int_array(ANY, dip, 0, "flag", &i, &n) == DDI_PROP_END_OF_DATA);
out:
	ddi_prop_remove_all(dip);
	return why;
}

static const char *prop_remove(dev_info_t *dip)
{
	const char *why = NULL;

	/* A driver's property hides the node's, and uncovers it when it is removed. */
	CHECK(ddi_prop_update_int(NONE, dip, "vendor-id", 7) == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_get_int(ANY, dip, 0, "vendor-id", 0) == 7);
	CHECK(ddi_prop_remove(NONE, dip, "vendor-id") == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_get_int(ANY, dip, 0, "vendor-id", 0) == 0x1b36);
	CHECK(ddi_prop_remove(NONE, dip, "vendor-id") == DDI_PROP_NOT_FOUND);
	CHECK(ddi_prop_update_int(NONE, dip, "mine", 7) == DDI_PROP_SUCCESS);
	ddi_prop_remove_all(dip);
	CHECK(!ddi_prop_exists(ANY, dip, 0, "mine") && ddi_prop_exists(ANY, dip, 0, "reg"));
out:
	ddi_prop_remove_all(dip);
	return why;
}

static const char *prop_op(dev_info_t *dip)
{
	const char *why = NULL;
	int value = 0, len = 0;
	char *copy = NULL, buf[8];

	CHECK(ddi_prop_create(NONE, dip, DDI_PROP_CANSLEEP, "old", "abcd", 5) == DDI_PROP_SUCCESS);
	CHECK(ddi_getproplen(ANY, dip, 0, "old", &len) == DDI_PROP_SUCCESS && len == 5);
	CHECK(ddi_getlongprop(ANY, dip, 0, "old", (caddr_t)&copy, &len) == DDI_PROP_SUCCESS);
	CHECK(len == 5 && strcmp(copy, "abcd") == 0);
	len = 4;
	CHECK(ddi_getlongprop_buf(ANY, dip, 0, "old", buf, &len) == DDI_PROP_BUF_TOO_SMALL);
	CHECK(len == 5);
	len = sizeof(buf);
	CHECK(ddi_getlongprop_buf(ANY, dip, 0, "old", buf, &len) == DDI_PROP_SUCCESS);
	CHECK(len == 5 && strcmp(buf, "abcd") == 0);
	CHECK(ddi_prop_op(ANY, dip, PROP_EXISTS, 0, "old", NULL, NULL) == DDI_PROP_SUCCESS);
	CHECK(ddi_prop_op(ANY, dip, PROP_EXISTS, 0, "new", NULL, NULL) == DDI_PROP_NOT_FOUND);
	value = -5;
	CHECK(ddi_prop_modify(NONE, dip, 0, "old", &value, sizeof(value)) == DDI_PROP_SUCCESS);
	CHECK(ddi_getprop(ANY, dip, 0, "old", 0) == -5);
out:
	if (copy)
		kmem_free(copy, 5);
	ddi_prop_remove_all(dip);
	return why;
}

static const struct contract_test tests[] = {
	{ "prop.types", prop_types },
	{ "prop.errors", prop_errors },
	{ "prop.remove", prop_remove },
	{ "prop_op", prop_op },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
