// SPDX-License-Identifier: GPL-2.0
/*
 * Reset notification: scsi_hba_reset_notify_setup(9F), ..._callback(9F), ..._tear_down(9F). A callback
 * round calls all functions on a list. So a driver keeps a list for each target if it wants to tell only
 * those that a reset concerns.
 */
#include <sys/scsi/scsi.h>
#include <sys/thread.h>
#include <linux/export.h>

#include "../impl.h"

/* All members are under the HBA driver's lock. */
struct scsi_reset_notify_entry {
	struct scsi_reset_notify_entry	*next;
	struct scsi_address		ap;
	void				(*callback)(caddr_t arg);
	caddr_t				arg;
	boolean_t			due;	/* must be called in this round */
	boolean_t			gone;	/* off the list; @caller frees it */
	kthread_t			*caller;	/* thread running the callback */
};

static boolean_t same_address(const struct scsi_address *a, const struct scsi_address *b)
{
	return a->a_target == b->a_target && a->a_lun == b->a_lun ? B_TRUE : B_FALSE;
}

/*
 * Free an entry that is off the list. Its function may be running, and the canceller may free the
 * argument afterwards. So wait, unless the function itself cancels or the canceller may not sleep.
 * @mutex is held; it is dropped while waiting.
 */
static void entry_free(struct scsi_reset_notify_entry *e, kmutex_t *mutex)
{
	while (e->caller && e->caller != curthread) {
		mutex_exit(mutex);
		if (!linux_may_sleep()) {
			mutex_enter(mutex);
			break;
		}
		delay(1);
		mutex_enter(mutex);
	}
	if (e->caller)
		e->gone = B_TRUE;
	else
		kmem_free(e, sizeof(*e));
}

static struct scsi_reset_notify_entry *entry_alloc(const struct scsi_address *ap,
						   void (*callback)(caddr_t), caddr_t arg)
{
	struct scsi_reset_notify_entry *e;

	e = kmem_zalloc(sizeof(*e), linux_may_sleep() ? KM_SLEEP : KM_NOSLEEP);
	if (!e)
		return NULL;
	e->ap = *ap;
	e->callback = callback;
	e->arg = arg;
	return e;
}

/**
 * scsa_scsi_hba_reset_notify_setup() - scsi_hba_reset_notify_setup(9F): body of a
 *	tran_reset_notify(9E)
 * @ap: address that registers or cancels
 * @flag: SCSI_RESET_NOTIFY or SCSI_RESET_CANCEL
 * @callback: function to call after a reset
 * @arg: its argument
 * @mutex: the driver's lock for @listp, not held
 * @listp: the driver's list
 *
 * An address has one function: a new one replaces the old. In a thread the old one no longer runs
 * on return, unless it is the caller.
 *
 * Context: any with an atomic driver's lock, else thread.
 * Return: DDI_SUCCESS, or DDI_FAILURE if there is nothing to cancel, or no memory in a context that may not
 *	sleep.
 */
int scsa_scsi_hba_reset_notify_setup(struct scsi_address *ap, int flag, void (*callback)(caddr_t),
				     caddr_t arg, kmutex_t *mutex,
				     struct scsi_reset_notify_entry **listp)
{
	struct scsi_reset_notify_entry *new = NULL, **p, *old;

	if (flag != SCSI_RESET_NOTIFY && flag != SCSI_RESET_CANCEL)
		return DDI_FAILURE;
	if (flag == SCSI_RESET_NOTIFY) {
		new = callback ? entry_alloc(ap, callback, arg) : NULL;
		if (!new)
			return DDI_FAILURE;
	}
	mutex_enter(mutex);
	for (p = listp; *p && !same_address(&(*p)->ap, ap); p = &(*p)->next)
		;
	old = *p;
	if (old)
		*p = old->next;
	if (new) {
		new->next = *listp;
		*listp = new;
	}
	if (old)
		entry_free(old, mutex);
	mutex_exit(mutex);
	return new || old ? DDI_SUCCESS : DDI_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_reset_notify_setup);

static struct scsi_reset_notify_entry *first_due(struct scsi_reset_notify_entry *e)
{
	while (e && (!e->due || e->caller))
		e = e->next;
	return e;
}

/**
 * scsa_scsi_hba_reset_notify_callback() - scsi_hba_reset_notify_callback(9F)
 * @mutex: the driver's lock for @listp, held; dropped around each callback
 * @listp: the driver's list
 *
 * The functions may register and cancel. If another call is running a function, that call runs it
 * once more; this call skips it.
 *
 * Context: any in which @mutex may be held.
 */
void scsa_scsi_hba_reset_notify_callback(kmutex_t *mutex, struct scsi_reset_notify_entry **listp)
{
	struct scsi_reset_notify_entry *e;

	for (e = *listp; e; e = e->next)
		e->due = B_TRUE;
	while ((e = first_due(*listp))) {
		e->due = B_FALSE;
		e->caller = curthread;
		mutex_exit(mutex);
		e->callback(e->arg);
		mutex_enter(mutex);
		e->caller = NULL;
		if (e->gone)
			kmem_free(e, sizeof(*e));
	}
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_reset_notify_callback);

/**
 * scsa_scsi_hba_reset_notify_tear_down() - scsi_hba_reset_notify_tear_down(9F)
 * @list: the driver's list
 *
 * Context: thread, from detach(9E).
 */
void scsa_scsi_hba_reset_notify_tear_down(struct scsi_reset_notify_entry *list)
{
	struct scsi_reset_notify_entry *e;

	while ((e = list)) {
		list = e->next;
		kmem_free(e, sizeof(*e));
	}
}
EXPORT_SYMBOL_GPL(scsa_scsi_hba_reset_notify_tear_down);
