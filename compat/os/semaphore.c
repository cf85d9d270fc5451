// SPDX-License-Identifier: GPL-2.0
/* Semaphores: semaphore(9F). */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/semaphore.h>

#include "../impl.h"

struct ksema {
	struct semaphore		sema;
	atomic_t			waiters;	/* must be 0 in sema_destroy() */
};

static_assert(sizeof(struct ksema) <= sizeof(struct scsa_ksema));

static struct ksema *sema_impl(struct scsa_ksema *sp)
{
	return (struct ksema *)sp;
}

/**
 * scsa_sema_init() - sema_init(9F)
 * @sp: the semaphore
 * @val: its initial value
 * @name: ignored
 * @type: ignored
 * @arg: ignored
 *
 * Context: any.
 */
void scsa_sema_init(struct scsa_ksema *sp, unsigned int val, const char *name, int type, void *arg)
{
	sema_init(&sema_impl(sp)->sema, val);
	atomic_set(&sema_impl(sp)->waiters, 0);
}
EXPORT_SYMBOL_GPL(scsa_sema_init);

/**
 * scsa_sema_destroy() - sema_destroy(9F)
 * @sp: a semaphore without waiters
 *
 * Context: any.
 */
void scsa_sema_destroy(struct scsa_ksema *sp)
{
	WARN_ON(atomic_read(&sema_impl(sp)->waiters));
}
EXPORT_SYMBOL_GPL(scsa_sema_destroy);

/**
 * scsa_sema_p() - sema_p(9F): wait until the value is above zero and decrement it
 * @sp: the semaphore
 *
 * Context: thread.
 */
void scsa_sema_p(struct scsa_ksema *sp)
{
	atomic_inc(&sema_impl(sp)->waiters);
	down(&sema_impl(sp)->sema);
	atomic_dec(&sema_impl(sp)->waiters);
}
EXPORT_SYMBOL_GPL(scsa_sema_p);

/**
 * scsa_sema_p_sig() - sema_p_sig(9F): scsa_sema_p() that a signal can end
 * @sp: the semaphore
 *
 * Context: thread.
 * Return: 0 if the value was decremented, 1 if a signal came first.
 */
int scsa_sema_p_sig(struct scsa_ksema *sp)
{
	int rc;

	atomic_inc(&sema_impl(sp)->waiters);
	rc = down_interruptible(&sema_impl(sp)->sema);
	atomic_dec(&sema_impl(sp)->waiters);
	return rc ? 1 : 0;
}
EXPORT_SYMBOL_GPL(scsa_sema_p_sig);

/**
 * scsa_sema_tryp() - sema_tryp(9F)
 * @sp: the semaphore
 *
 * Context: any.
 * Return: non-zero if the value was decremented, 0 if it was zero.
 */
int scsa_sema_tryp(struct scsa_ksema *sp)
{
	return !down_trylock(&sema_impl(sp)->sema);
}
EXPORT_SYMBOL_GPL(scsa_sema_tryp);

/**
 * scsa_sema_v() - sema_v(9F): increment and wake a waiter
 * @sp: the semaphore
 *
 * Context: any.
 */
void scsa_sema_v(struct scsa_ksema *sp)
{
	up(&sema_impl(sp)->sema);
}
EXPORT_SYMBOL_GPL(scsa_sema_v);
