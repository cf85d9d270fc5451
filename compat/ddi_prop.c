// SPDX-License-Identifier: GPL-2.0
/*
 * Properties of an instance: ddi_prop_get_int(9F), ddi_prop_lookup_int_array(9F).
 *
 * They are set while the instance is made and in attach(9E), and looked up there and in LUN
 * creation; a mutex suffices.
 */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/errno.h>
#include <linux/export.h>

#include "impl.h"

static size_t prop_size(const char *name, uint_t nelements)
{
	return sizeof(struct scsa_prop) + nelements * sizeof(int) + strlen(name) + 1;
}

static struct scsa_prop **find(dev_info_t *dip, const char *name)
{
	struct scsa_prop **p;

	for (p = &dip->di_props; *p && strcmp((*p)->name, name); p = &(*p)->next)
		;
	return p;
}

/* Set or replace; 0 or DDI_PROP_NO_MEMORY. Not concurrent with look-ups of the same instance. */
int scsa_prop_update_ints(dev_info_t *dip, const char *name, const int *values, uint_t nelements)
{
	struct scsa_prop *new = kmem_zalloc(prop_size(name, nelements), KM_NOSLEEP);
	struct scsa_prop **p = find(dip, name), *old = *p;

	if (!new)
		return DDI_PROP_NO_MEMORY;
	new->nelements = nelements;
	bcopy(values, new->values, nelements * sizeof(int));
	new->name = strcpy((char *)&new->values[nelements], name);
	new->next = old ? old->next : NULL;
	*p = new;
	if (old)
		kmem_free(old, prop_size(old->name, old->nelements));
	return 0;
}

void scsa_prop_remove_all(dev_info_t *dip)
{
	struct scsa_prop *p;

	while ((p = dip->di_props)) {
		dip->di_props = p->next;
		kmem_free(p, prop_size(p->name, p->nelements));
	}
}

/**
 * scsa_ddi_prop_get_int() - ddi_prop_get_int(9F)
 * @match_dev: ignored, properties belong to the instance
 * @dip: instance
 * @flags: ignored, there is no parent to ask
 * @name: property
 * @defvalue: value if it does not exist
 *
 * Context: thread.
 * Return: its first value or @defvalue.
 */
int scsa_ddi_prop_get_int(dev_t match_dev, dev_info_t *dip, uint_t flags, const char *name,
			  int defvalue)
{
	struct scsa_prop *p = *find(dip, name);

	return p && p->nelements ? p->values[0] : defvalue;
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_get_int);

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
	return *find(dip, name) != NULL;
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_exists);

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
 * Return: DDI_PROP_SUCCESS or DDI_PROP_NOT_FOUND.
 */
int scsa_ddi_prop_lookup_int_array(dev_t match_dev, dev_info_t *dip, uint_t flags,
				   const char *name, int **datap, uint_t *nelementsp)
{
	struct scsa_prop *p = *find(dip, name);

	if (!p)
		return DDI_PROP_NOT_FOUND;
	*datap = kmem_alloc(p->nelements * sizeof(int), KM_SLEEP);
	bcopy(p->values, *datap, p->nelements * sizeof(int));
	*nelementsp = p->nelements;
	return DDI_PROP_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_lookup_int_array);

/**
 * scsa_ddi_prop_free() - ddi_prop_free(9F)
 * @data: from scsa_ddi_prop_lookup_int_array()
 *
 * Context: thread.
 */
void scsa_ddi_prop_free(void *data)
{
	kmem_free(data, 0);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_free);

/**
 * scsa_ddi_prop_update_int() - ddi_prop_update_int(9F)
 * @dev: ignored
 * @dip: instance, in its attach(9E)
 * @name: property to set or replace
 * @value: value
 *
 * Context: thread.
 * Return: DDI_PROP_SUCCESS or DDI_PROP_NO_MEMORY.
 */
int scsa_ddi_prop_update_int(dev_t dev, dev_info_t *dip, const char *name, int value)
{
	return scsa_prop_update_ints(dip, name, &value, 1);
}
EXPORT_SYMBOL_GPL(scsa_ddi_prop_update_int);
