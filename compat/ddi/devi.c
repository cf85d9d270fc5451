// SPDX-License-Identifier: GPL-2.0
/* Instances: dev_info and soft state; ddi_get_instance(9F), ddi_soft_state(9F). */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/errno.h>
#include <sys/scsi/scsi.h>
#include <linux/export.h>

#include "../impl.h"

/**
 * scsa_ddi_get_instance() - ddi_get_instance(9F)
 * @dip: instance
 *
 * Context: any.
 * Return: its number, the lowest that was free when it attached.
 */
int scsa_ddi_get_instance(dev_info_t *dip)
{
	return dip->di_instance;
}
EXPORT_SYMBOL_GPL(scsa_ddi_get_instance);

/**
 * scsa_ddi_driver_name() - ddi_driver_name(9F)
 * @dip: instance
 *
 * Context: any.
 * Return: the name of its driver.
 */
const char *scsa_ddi_driver_name(dev_info_t *dip)
{
	return dip->di_name;
}
EXPORT_SYMBOL_GPL(scsa_ddi_driver_name);

/**
 * scsa_ddi_get_driver_private() - ddi_get_driver_private(9F)
 * @dip: instance
 *
 * Context: any.
 * Return: the pointer set last; scsi_hba_attach_setup(9F) sets the scsi_hba_tran.
 */
void *scsa_ddi_get_driver_private(dev_info_t *dip)
{
	return dip->di_private;
}
EXPORT_SYMBOL_GPL(scsa_ddi_get_driver_private);

/**
 * scsa_ddi_set_driver_private() - ddi_set_driver_private(9F)
 * @dip: instance
 * @data: the driver's
 *
 * Context: any.
 */
void scsa_ddi_set_driver_private(dev_info_t *dip, void *data)
{
	dip->di_private = data;
}
EXPORT_SYMBOL_GPL(scsa_ddi_set_driver_private);

/**
 * scsa_ddi_report_dev() - ddi_report_dev(9F): announce an attached device
 * @dip: instance
 *
 * Context: thread.
 */
void scsa_ddi_report_dev(dev_info_t *dip)
{
	dev_err(dip, CE_NOTE, "%s%d attached", dip->di_name, dip->di_instance);
}
EXPORT_SYMBOL_GPL(scsa_ddi_report_dev);

/*
 * Soft state: an array of pointers that grows. Readers take no lock, so an outgrown array stays
 * allocated until ddi_soft_state_fini(9F).
 */
struct soft_array {
	struct soft_array	*older;
	size_t			n;
	void			*items[];
};

struct soft_state {
	kmutex_t		lock;	/* held to change the array */
	size_t			size;
	struct soft_array	*array;
};

static struct soft_array *soft_array_alloc(size_t n)
{
	struct soft_array *a = kmem_zalloc(sizeof(*a) + n * sizeof(void *), KM_SLEEP);

	a->n = n;
	return a;
}

/**
 * scsa_ddi_soft_state_init() - ddi_soft_state_init(9F)
 * @statep: takes the state handle
 * @size: bytes of an item
 * @nitems: items expected, a hint
 *
 * Context: thread.
 * Return: 0, or EINVAL for a NULL pointer or a zero size.
 */
int scsa_ddi_soft_state_init(void **statep, size_t size, size_t nitems)
{
	struct soft_state *ss;

	if (!statep || !size)
		return EINVAL;
	ss = kmem_zalloc(sizeof(*ss), KM_SLEEP);
	mutex_init(&ss->lock, NULL, MUTEX_DRIVER, NULL);
	ss->size = size;
	ss->array = soft_array_alloc(MAX(nitems, 4));
	*statep = ss;
	return 0;
}
EXPORT_SYMBOL_GPL(scsa_ddi_soft_state_init);

/**
 * scsa_ddi_soft_state_zalloc() - ddi_soft_state_zalloc(9F)
 * @state: handle
 * @item: instance number
 *
 * Context: thread.
 * Return: DDI_SUCCESS, or DDI_FAILURE if the item exists or its number is negative.
 */
int scsa_ddi_soft_state_zalloc(void *state, int item)
{
	struct soft_state *ss = state;
	struct soft_array *a, *bigger;
	int rc = DDI_FAILURE;

	if (!ss || item < 0)
		return DDI_FAILURE;
	mutex_enter(&ss->lock);
	a = ss->array;
	if ((size_t)item >= a->n) {
		bigger = soft_array_alloc(MAX((size_t)item + 1, 2 * a->n));
		bcopy(a->items, bigger->items, a->n * sizeof(void *));
		bigger->older = a;
		membar_producer();
		/* Pairs with ddi_get_soft_state(9F). */
		smp_store_release(&ss->array, bigger);
		a = bigger;
	}
	if (!a->items[item]) {
		void *p = kmem_zalloc(ss->size, KM_SLEEP);

		/* Pairs with ddi_get_soft_state(9F). */
		smp_store_release(&a->items[item], p);
		rc = DDI_SUCCESS;
	}
	mutex_exit(&ss->lock);
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_ddi_soft_state_zalloc);

/**
 * scsa_ddi_get_soft_state() - ddi_get_soft_state(9F)
 * @state: handle
 * @item: instance number
 *
 * Context: any.
 * Return: the item, or NULL if there is none.
 */
void *scsa_ddi_get_soft_state(void *state, int item)
{
	struct soft_state *ss = state;
	struct soft_array *a;

	if (!ss || item < 0)
		return NULL;
	/* Both pair with ddi_soft_state_zalloc(9F). */
	a = smp_load_acquire(&ss->array);
	/* As above. */
	return (size_t)item < a->n ? smp_load_acquire(&a->items[item]) : NULL;
}
EXPORT_SYMBOL_GPL(scsa_ddi_get_soft_state);

/**
 * scsa_ddi_soft_state_free() - ddi_soft_state_free(9F)
 * @state: handle
 * @item: instance number; nothing happens if there is no such item
 *
 * Context: thread.
 */
void scsa_ddi_soft_state_free(void *state, int item)
{
	struct soft_state *ss = state;
	void *p = NULL;

	if (!ss || item < 0)
		return;
	mutex_enter(&ss->lock);
	if ((size_t)item < ss->array->n) {
		p = ss->array->items[item];
		ss->array->items[item] = NULL;
	}
	mutex_exit(&ss->lock);
	if (p)
		kmem_free(p, ss->size);
}
EXPORT_SYMBOL_GPL(scsa_ddi_soft_state_free);

/**
 * scsa_ddi_soft_state_fini() - ddi_soft_state_fini(9F)
 * @statep: handle, set to NULL; remaining items are freed
 *
 * Context: thread.
 */
void scsa_ddi_soft_state_fini(void **statep)
{
	struct soft_state *ss = statep ? *statep : NULL;
	struct soft_array *a;
	size_t i;

	if (!ss)
		return;
	for (i = 0; i < ss->array->n; i++)
		if (ss->array->items[i])
			kmem_free(ss->array->items[i], ss->size);
	while ((a = ss->array)) {
		ss->array = a->older;
		kmem_free(a, sizeof(*a) + a->n * sizeof(void *));
	}
	mutex_destroy(&ss->lock);
	kmem_free(ss, sizeof(*ss));
	*statep = NULL;
}
EXPORT_SYMBOL_GPL(scsa_ddi_soft_state_fini);
