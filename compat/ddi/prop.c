// SPDX-License-Identifier: GPL-2.0
/*
 * Properties of an instance: ddi_prop_get_int(9F), ddi_prop_lookup(9F), ddi_prop_update(9F).
 *
 * The node's own properties come from the PCI device and the module's parameters and stay as long
 * as the node. A driver's property hides the node's property of the same name until it is removed.
 */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/errno.h>
#include <linux/export.h>

#include "../impl.h"

enum prop_type { PROP_INT, PROP_INT64, PROP_BYTE, PROP_STRING, PROP_RAW };

struct scsa_prop {
	struct scsa_prop	*next;
	enum prop_type		type;
	boolean_t		node;		/* the node's, not the driver's */
	uint_t			nelements;	/* strings follow one another */
	size_t			len;		/* of the value */
	size_t			size;		/* of this structure */
	const char		*name;		/* behind the value */
	uint64_t		value[];
};

static size_t element_size(enum prop_type type)
{
	switch (type) {
	case PROP_INT:
		return sizeof(int);
	case PROP_INT64:
		return sizeof(int64_t);
	default:
		return 1;
	}
}

void scsa_prop_init(dev_info_t *dip)
{
	mutex_init(&dip->di_prop_lock, NULL, MUTEX_DRIVER, NULL);
}

/* The property of that name; @node chooses between the node's and the driver's. */
static struct scsa_prop **find_own(dev_info_t *dip, const char *name, boolean_t node)
{
	struct scsa_prop **p;

	for (p = &dip->di_props; *p; p = &(*p)->next)
		if ((*p)->node == node && strcmp((*p)->name, name) == 0)
			break;
	return p;
}

static struct scsa_prop *prop_find(dev_info_t *dip, const char *name)
{
	struct scsa_prop *p = *find_own(dip, name, B_FALSE);

	return p ? p : *find_own(dip, name, B_TRUE);
}

static void unlink_prop(struct scsa_prop **p)
{
	struct scsa_prop *old = *p;

	*p = old->next;
	kmem_free(old, old->size);
}

/* Set or replace. */
static int prop_update(dev_info_t *dip, const char *name, boolean_t node, enum prop_type type,
		       const void *value, size_t len, uint_t nelements)
{
	struct scsa_prop *new, **p;
	size_t size;
	char *copy;

	if (!dip || !name || !*name || (len && !value) || len > 0x100000)
		return DDI_PROP_INVAL_ARG;
	size = sizeof(*new) + P2ROUNDUP(len, sizeof(uint64_t)) + strlen(name) + 1;
	new = kmem_zalloc(size, linux_may_sleep() ? KM_SLEEP : KM_NOSLEEP);
	if (!new)
		return DDI_PROP_NO_MEMORY;
	new->type = type;
	new->node = node;
	new->nelements = nelements;
	new->len = len;
	new->size = size;
	bcopy(value, new->value, len);
	copy = (char *)new->value + P2ROUNDUP(len, sizeof(uint64_t));
	bcopy(name, copy, strlen(name) + 1);
	new->name = copy;
	mutex_enter(&dip->di_prop_lock);
	p = find_own(dip, name, node);
	if (*p)
		unlink_prop(p);
	new->next = dip->di_props;
	dip->di_props = new;
	mutex_exit(&dip->di_prop_lock);
	return DDI_PROP_SUCCESS;
}

int scsa_prop_update_ints(dev_info_t *dip, const char *name, const int *values, uint_t nelements)
{
	return prop_update(dip, name, B_TRUE, PROP_INT, values, nelements * sizeof(int), nelements);
}

void scsa_prop_fini(dev_info_t *dip)
{
	while (dip->di_props)
		unlink_prop(&dip->di_props);
	mutex_destroy(&dip->di_prop_lock);
}

static int check_name(dev_info_t *dip, const char *name)
{
	return dip && name && *name ? DDI_PROP_SUCCESS : DDI_PROP_INVAL_ARG;
}

/* The first number of a property; 1 if it has no value, as for booleans on Solaris. */
static int64_t get_number(dev_info_t *dip, const char *name, int64_t defvalue)
{
	int64_t value = defvalue;
	struct scsa_prop *p;

	if (check_name(dip, name))
		return defvalue;
	mutex_enter(&dip->di_prop_lock);
	p = prop_find(dip, name);
	if (p && !p->len)
		value = 1;
	else if (p && (p->type == PROP_INT || (p->type == PROP_RAW && p->len == sizeof(int))))
		value = *(int *)p->value;
	else if (p && p->type == PROP_INT64)
		value = *(int64_t *)p->value;
	mutex_exit(&dip->di_prop_lock);
	return value;
}

/**
 * scsa_ddi_prop_get_int() - ddi_prop_get_int(9F), ddi_getprop(9F)
 * @match_dev: ignored; properties belong to the instance
 * @dip: instance
 * @flags: ignored; there is no parent to ask
 * @name: property
 * @defvalue: value if it does not exist or is not a number
 *
 * Context: thread.
 * Return: its first value or @defvalue; 1 if it exists without a value.
 */
int scsa_ddi_prop_get_int(dev_t match_dev, dev_info_t *dip, uint_t flags, const char *name,
			  int defvalue)
{
	return (int)get_number(dip, name, defvalue);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_get_int);

/**
 * scsa_ddi_prop_get_int64() - ddi_prop_get_int64(9F)
 * @match_dev: ignored
 * @dip: instance
 * @flags: ignored
 * @name: property
 * @defvalue: value if it does not exist or is not a number
 *
 * Context: thread.
 * Return: as scsa_ddi_prop_get_int().
 */
int64_t scsa_ddi_prop_get_int64(dev_t match_dev, dev_info_t *dip, uint_t flags, const char *name,
				int64_t defvalue)
{
	return get_number(dip, name, defvalue);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_get_int64);

/**
 * scsa_ddi_prop_exists() - ddi_prop_exists(9F)
 * @match_dev: ignored
 * @dip: instance
 * @flags: ignored
 * @name: property
 *
 * Context: thread.
 * Return: 1 if it exists, else 0.
 */
int scsa_ddi_prop_exists(dev_t match_dev, dev_info_t *dip, uint_t flags, const char *name)
{
	int exists;

	if (check_name(dip, name))
		return 0;
	mutex_enter(&dip->di_prop_lock);
	exists = prop_find(dip, name) != NULL;
	mutex_exit(&dip->di_prop_lock);
	return exists;
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_exists);

/* Copy the value, if it is of @type, and leave @extra bytes for each element in front of it. */
static int prop_lookup(dev_info_t *dip, const char *name, enum prop_type type, size_t extra,
		       void **datap, size_t *lenp, uint_t *nelementsp)
{
	int rc = check_name(dip, name);
	struct scsa_prop *p;

	if (rc)
		return rc;
	mutex_enter(&dip->di_prop_lock);
	p = prop_find(dip, name);
	if (!p)
		rc = DDI_PROP_NOT_FOUND;
	else if (p->type != type && type != PROP_RAW &&
		 (p->type != PROP_RAW || type == PROP_STRING || p->len % element_size(type)))
		rc = DDI_PROP_CANNOT_DECODE;
	else if (!p->len && type != PROP_RAW)
		rc = DDI_PROP_END_OF_DATA;
	if (!rc) {
		/* The pointers of a string array go in front. */
		extra *= p->nelements;
		*datap = kmem_alloc(extra + p->len, KM_SLEEP);
		bcopy(p->value, (caddr_t)*datap + extra, p->len);
		*lenp = p->len;
		*nelementsp = p->type == PROP_RAW ? p->len / element_size(type) : p->nelements;
	}
	mutex_exit(&dip->di_prop_lock);
	return rc;
}

/**
 * scsa_ddi_prop_lookup_int_array() - ddi_prop_lookup_int_array(9F)
 * @match_dev: ignored
 * @dip: instance
 * @flags: ignored
 * @name: property
 * @datap: takes a copy of the values, for scsa_ddi_prop_free()
 * @nelementsp: takes their number
 *
 * Context: thread.
 * Return: DDI_PROP_SUCCESS, DDI_PROP_NOT_FOUND, DDI_PROP_CANNOT_DECODE if it is of another type,
 * DDI_PROP_END_OF_DATA if it has no value, DDI_PROP_INVAL_ARG.
 */
int scsa_ddi_prop_lookup_int_array(dev_t match_dev, dev_info_t *dip, uint_t flags,
				   const char *name, int **datap, uint_t *nelementsp)
{
	size_t len;

	return prop_lookup(dip, name, PROP_INT, 0, (void **)datap, &len, nelementsp);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_lookup_int_array);

/**
 * scsa_ddi_prop_lookup_int64_array() - ddi_prop_lookup_int64_array(9F)
 * @match_dev: ignored
 * @dip: instance
 * @flags: ignored
 * @name: property
 * @datap: takes a copy of the values, for scsa_ddi_prop_free()
 * @nelementsp: takes their number
 *
 * Context: thread.
 * Return: as scsa_ddi_prop_lookup_int_array().
 */
int scsa_ddi_prop_lookup_int64_array(dev_t match_dev, dev_info_t *dip, uint_t flags,
				     const char *name, int64_t **datap, uint_t *nelementsp)
{
	size_t len;

	return prop_lookup(dip, name, PROP_INT64, 0, (void **)datap, &len, nelementsp);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_lookup_int64_array);

/**
 * scsa_ddi_prop_lookup_byte_array() - ddi_prop_lookup_byte_array(9F)
 * @match_dev: ignored
 * @dip: instance
 * @flags: ignored
 * @name: property
 * @datap: takes a copy of the values, for scsa_ddi_prop_free()
 * @nelementsp: takes their number
 *
 * Context: thread.
 * Return: as scsa_ddi_prop_lookup_int_array().
 */
int scsa_ddi_prop_lookup_byte_array(dev_t match_dev, dev_info_t *dip, uint_t flags,
				    const char *name, uchar_t **datap, uint_t *nelementsp)
{
	size_t len;

	return prop_lookup(dip, name, PROP_BYTE, 0, (void **)datap, &len, nelementsp);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_lookup_byte_array);

/**
 * scsa_ddi_prop_lookup_string() - ddi_prop_lookup_string(9F)
 * @match_dev: ignored
 * @dip: instance
 * @flags: ignored
 * @name: property
 * @datap: takes a copy of the first string, for scsa_ddi_prop_free()
 *
 * Context: thread.
 * Return: as scsa_ddi_prop_lookup_int_array().
 */
int scsa_ddi_prop_lookup_string(dev_t match_dev, dev_info_t *dip, uint_t flags, const char *name,
				char **datap)
{
	uint_t n;
	size_t len;

	return prop_lookup(dip, name, PROP_STRING, 0, (void **)datap, &len, &n);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_lookup_string);

/**
 * scsa_ddi_prop_lookup_string_array() - ddi_prop_lookup_string_array(9F)
 * @match_dev: ignored
 * @dip: instance
 * @flags: ignored
 * @name: property
 * @datap: takes pointers to copies of the strings; one scsa_ddi_prop_free() frees all
 * @nelementsp: takes their number
 *
 * Context: thread.
 * Return: as scsa_ddi_prop_lookup_int_array().
 */
int scsa_ddi_prop_lookup_string_array(dev_t match_dev, dev_info_t *dip, uint_t flags,
				      const char *name, char ***datap, uint_t *nelementsp)
{
	char **strings, *s;
	size_t len;
	uint_t i;
	int rc;

	rc = prop_lookup(dip, name, PROP_STRING, sizeof(char *), (void **)&strings, &len,
			 nelementsp);
	if (rc)
		return rc;
	s = (char *)(strings + *nelementsp);
	for (i = 0; i < *nelementsp; i++) {
		strings[i] = s;
		s += strlen(s) + 1;
	}
	*datap = strings;
	return DDI_PROP_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_lookup_string_array);

/**
 * scsa_ddi_prop_free() - ddi_prop_free(9F)
 * @data: from one of the functions above
 *
 * Context: thread.
 */
void scsa_ddi_prop_free(void *data)
{
	kmem_free(data, 0);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_free);

/**
 * scsa_ddi_prop_update_array() - ddi_prop_update_int_array(9F), ..._int64_array(), ..._byte_array()
 * @dev: any but DDI_DEV_T_ANY, else ignored
 * @dip: instance
 * @name: property of the driver to set or replace
 * @size: bytes of an element: the size of an int, an int64_t or a byte
 * @values: values
 * @nelements: their number
 *
 * Context: thread.
 * Return: DDI_PROP_SUCCESS, DDI_PROP_NO_MEMORY, DDI_PROP_INVAL_ARG.
 */
int scsa_ddi_prop_update_array(dev_t dev, dev_info_t *dip, const char *name, size_t size,
			       const void *values, uint_t nelements)
{
	enum prop_type type = size == sizeof(int) ? PROP_INT :
			      size == sizeof(int64_t) ? PROP_INT64 : PROP_BYTE;

	if (dev == DDI_DEV_T_ANY)
		return DDI_PROP_INVAL_ARG;
	return prop_update(dip, name, B_FALSE, type, values, size * nelements, nelements);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_update_array);

/**
 * scsa_ddi_prop_update_string_array() - ddi_prop_update_string_array(9F)
 * @dev: any but DDI_DEV_T_ANY, else ignored
 * @dip: instance
 * @name: property of the driver to set or replace
 * @strings: values
 * @nelements: their number
 *
 * Context: thread.
 * Return: DDI_PROP_SUCCESS, DDI_PROP_NO_MEMORY, DDI_PROP_INVAL_ARG.
 */
int scsa_ddi_prop_update_string_array(dev_t dev, dev_info_t *dip, const char *name,
				      char **strings, uint_t nelements)
{
	size_t len = 0, n;
	caddr_t value;
	uint_t i;
	int rc;

	if (dev == DDI_DEV_T_ANY || !nelements || !strings)
		return DDI_PROP_INVAL_ARG;
	for (i = 0; i < nelements; i++) {
		if (!strings[i])
			return DDI_PROP_INVAL_ARG;
		len += strlen(strings[i]) + 1;
	}
	value = kmem_alloc(len, KM_SLEEP);
	for (i = 0, len = 0; i < nelements; i++) {
		n = strlen(strings[i]) + 1;
		bcopy(strings[i], value + len, n);
		len += n;
	}
	rc = prop_update(dip, name, B_FALSE, PROP_STRING, value, len, nelements);
	kmem_free(value, len);
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_update_string_array);

/**
 * scsa_ddi_prop_create() - ddi_prop_create(9F), ddi_prop_modify(9F)
 * @dev: any but DDI_DEV_T_ANY, else ignored
 * @dip: instance
 * @flags: ignored
 * @name: property of the driver to set or replace
 * @value: bytes, read back as ints or bytes
 * @length: their number; 0 for a property without a value
 *
 * Context: thread.
 * Return: DDI_PROP_SUCCESS, DDI_PROP_NO_MEMORY, DDI_PROP_INVAL_ARG.
 */
int scsa_ddi_prop_create(dev_t dev, dev_info_t *dip, int flags, const char *name,
			 const void *value, int length)
{
	if (dev == DDI_DEV_T_ANY || length < 0)
		return DDI_PROP_INVAL_ARG;
	return prop_update(dip, name, B_FALSE, PROP_RAW, value, length, length);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_create);

/**
 * scsa_ddi_prop_remove() - ddi_prop_remove(9F)
 * @dev: ignored
 * @dip: instance
 * @name: property that the driver has set
 *
 * Context: thread.
 * Return: DDI_PROP_SUCCESS, DDI_PROP_NOT_FOUND, DDI_PROP_INVAL_ARG.
 */
int scsa_ddi_prop_remove(dev_t dev, dev_info_t *dip, const char *name)
{
	int rc = check_name(dip, name);
	struct scsa_prop **p;

	if (rc)
		return rc;
	mutex_enter(&dip->di_prop_lock);
	p = find_own(dip, name, B_FALSE);
	if (*p)
		unlink_prop(p);
	else
		rc = DDI_PROP_NOT_FOUND;
	mutex_exit(&dip->di_prop_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_remove);

/**
 * scsa_ddi_prop_remove_all() - ddi_prop_remove_all(9F): remove all that the driver has set
 * @dip: instance
 *
 * Context: thread.
 */
void scsa_ddi_prop_remove_all(dev_info_t *dip)
{
	struct scsa_prop **p = &dip->di_props;

	mutex_enter(&dip->di_prop_lock);
	while (*p)
		if ((*p)->node)
			p = &(*p)->next;
		else
			unlink_prop(p);
	mutex_exit(&dip->di_prop_lock);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_remove_all);

/**
 * scsa_ddi_prop_op() - ddi_prop_op(9F)
 * @dev: ignored
 * @dip: instance
 * @op: PROP_EXISTS, PROP_LEN, PROP_LEN_AND_VAL_BUF or PROP_LEN_AND_VAL_ALLOC
 * @flags: ignored
 * @name: property
 * @valuep: for PROP_LEN_AND_VAL_BUF the buffer; for PROP_LEN_AND_VAL_ALLOC the address of a pointer
 *	that takes allocated memory, which the caller frees by kmem_free(9F) with the length
 * @lengthp: holds the buffer's length; takes the value's length
 *
 * Context: thread.
 * Return: DDI_PROP_SUCCESS, DDI_PROP_NOT_FOUND, DDI_PROP_BUF_TOO_SMALL, DDI_PROP_INVAL_ARG.
 */
int scsa_ddi_prop_op(dev_t dev, dev_info_t *dip, ddi_prop_op_t op, int flags, char *name,
		     caddr_t valuep, int *lengthp)
{
	size_t len = 0;
	void *data;
	uint_t n;
	int rc, room = 0;

	if (op != PROP_EXISTS && !lengthp)
		return DDI_PROP_INVAL_ARG;
	rc = prop_lookup(dip, name, PROP_RAW, 0, &data, &len, &n);
	if (rc)
		return rc;
	if (lengthp) {
		room = *lengthp;
		*lengthp = (int)len;
	}
	if (op == PROP_LEN_AND_VAL_ALLOC) {
		*(void **)valuep = data;
		return DDI_PROP_SUCCESS;
	}
	if (op == PROP_LEN_AND_VAL_BUF && room < (int)len)
		rc = DDI_PROP_BUF_TOO_SMALL;
	else if (op == PROP_LEN_AND_VAL_BUF)
		bcopy(data, valuep, len);
	kmem_free(data, len);
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_op);
