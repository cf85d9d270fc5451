// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts: ddi_intr_alloc(9F) and its family, and the older ddi_add_intr(9F).
 *
 * In the thread model handlers run in an interrupt thread, because Solaris handlers may block. In
 * the atomic model they run in the hard interrupt.
 */
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "../impl.h"
#include "../linux_compat.h"
#include "../linux_impl.h"

enum { DDI_INTR_TYPE_FIXED = 1, DDI_INTR_TYPE_MSI = 2, DDI_INTR_TYPE_MSIX = 4 };
enum { DDI_INTR_FLAG_LEVEL = 1, DDI_INTR_FLAG_EDGE = 2 };
enum { DDI_INTR_CLAIMED = 1 };
enum { DDI_INTR_NOTFOUND = 1 };

struct scsa_intr {
	struct scsa_intr	*next;		/* of the instance */
	struct dev_info		*dip;
	int			type;
	int			irq;
	scsa_intr_handler_t	handler;
	void			*arg1, *arg2;
	scsa_old_handler_t	old_handler;	/* of ddi_add_intr(9F), with @old_arg */
	void			*old_arg;
	bool			enabled;	/* cleared before the handler is removed */
};

static irqreturn_t call_handler(int irq, void *data)
{
	struct scsa_intr *ih = data;

	return ih->handler(ih->arg1, ih->arg2) == DDI_INTR_CLAIMED ? IRQ_HANDLED : IRQ_NONE;
}

/*
 * The thread model on an interrupt pin. The device asserts the line until the thread has served
 * it, so we keep the line off until then. IRQF_ONESHOT would do that, but all handlers on a line
 * must agree on it.
 */
static irqreturn_t wake_thread(int irq, void *data)
{
	struct scsa_intr *ih = data;

	/* CONFIG_DEBUG_SHIRQ calls this once more after the thread is gone. */
	if (!READ_ONCE(ih->enabled))
		return IRQ_NONE;
	disable_irq_nosync(irq);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t call_handler_line_off(int irq, void *data)
{
	irqreturn_t rc = call_handler(irq, data);

	enable_irq(irq);
	return rc;
}

static int request_line(struct scsa_intr *ih)
{
	const char *name = ih->dip->di_name;
	int rc;

	/* Mask the line immediately when it is disabled, not when it next interrupts. */
	irq_set_status_flags(ih->irq, IRQ_DISABLE_UNLAZY);
	rc = request_threaded_irq(ih->irq, wake_thread, call_handler_line_off,
				  IRQF_SHARED | IRQF_PROBE_SHARED, name, ih);
	/* The others use IRQF_ONESHOT. IRQF_PROBE_SHARED kept the first try out of the log. */
	if (rc == -EBUSY)
		rc = request_threaded_irq(ih->irq, wake_thread, call_handler_line_off,
					  IRQF_SHARED | IRQF_ONESHOT, name, ih);
	return rc;
}

/**
 * scsa_intr_get_supported_types() - ddi_intr_get_supported_types(9F)
 * @dip: instance
 * @typesp: takes a bit set of DDI_INTR_TYPE_*
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if the device has no interrupt.
 */
int scsa_intr_get_supported_types(struct dev_info *dip, int *typesp)
{
	struct pci_dev *pdev = dip->di_pdev;

	*typesp = (pdev->irq ? DDI_INTR_TYPE_FIXED : 0) |
		  (pdev->msi_cap ? DDI_INTR_TYPE_MSI : 0) |
		  (pdev->msix_cap ? DDI_INTR_TYPE_MSIX : 0);
	return *typesp ? SCSA_SUCCESS : SCSA_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_intr_get_supported_types);

/**
 * scsa_intr_get_nintrs() - ddi_intr_get_nintrs(9F), ddi_intr_get_navail(9F)
 * @dip: instance
 * @type: one DDI_INTR_TYPE_*
 * @countp: takes the number of interrupts of that type
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if there is none.
 */
int scsa_intr_get_nintrs(struct dev_info *dip, int type, int *countp)
{
	struct pci_dev *pdev = dip->di_pdev;

	switch (type) {
	case DDI_INTR_TYPE_FIXED:
		*countp = pdev->irq ? 1 : 0;
		break;
	case DDI_INTR_TYPE_MSI:
		*countp = pci_msi_vec_count(pdev);
		break;
	case DDI_INTR_TYPE_MSIX:
		*countp = pci_msix_vec_count(pdev);
		break;
	default:
		*countp = 0;
		break;
	}
	return *countp > 0 ? SCSA_SUCCESS : SCSA_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_intr_get_nintrs);

/**
 * scsa_intr_alloc() - ddi_intr_alloc(9F)
 * @dip: instance
 * @handles: array that takes the handles
 * @type: one DDI_INTR_TYPE_*; all of an instance's interrupts are of one type
 * @inum: first interrupt
 * @count: number of interrupts requested
 * @actualp: takes the number allocated
 * @behavior: DDI_INTR_ALLOC_STRICT (1) fails unless all are allocated
 *
 * Context: thread.
 * Return: SCSA_SUCCESS or SCSA_FAILURE.
 */
int scsa_intr_alloc(struct dev_info *dip, struct scsa_intr **handles, int type, int inum,
		    int count, int *actualp, int behavior)
{
	static const struct { int type; unsigned int flag; } flags[] = {
		{ DDI_INTR_TYPE_FIXED, PCI_IRQ_INTX },
		{ DDI_INTR_TYPE_MSI, PCI_IRQ_MSI },
		{ DDI_INTR_TYPE_MSIX, PCI_IRQ_MSIX },
	};
	struct pci_dev *pdev = dip->di_pdev;
	int i, got = -EINVAL;

	*actualp = 0;
	if (dip->di_intrs || inum || count < 1)
		return SCSA_FAILURE;
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].type == type)
			got = pci_alloc_irq_vectors(pdev, behavior ? count : 1, count,
						    flags[i].flag);
	if (got < 0)
		return SCSA_FAILURE;
	for (i = 0; i < got; i++) {
		struct scsa_intr *ih = kzalloc(sizeof(*ih), GFP_KERNEL);

		if (!ih)
			goto fail;
		ih->dip = dip;
		ih->type = type;
		ih->irq = pci_irq_vector(pdev, i);
		ih->next = dip->di_intrs;
		dip->di_intrs = ih;
		handles[i] = ih;
	}
	*actualp = got;
	return SCSA_SUCCESS;

fail:
	/* Freeing the last handle frees the vectors. */
	while (dip->di_intrs)
		scsa_intr_free(dip->di_intrs);
	if (!i)
		pci_free_irq_vectors(pdev);
	return SCSA_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_intr_alloc);

/**
 * scsa_intr_free() - ddi_intr_free(9F)
 * @ih: interrupt without a handler
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if it still has a handler.
 */
int scsa_intr_free(struct scsa_intr *ih)
{
	struct dev_info *dip = ih->dip;
	struct scsa_intr **p;

	if (ih->handler)
		return SCSA_FAILURE;
	for (p = &dip->di_intrs; *p; p = &(*p)->next)
		if (*p == ih) {
			*p = ih->next;
			break;
		}
	kfree(ih);
	if (!dip->di_intrs)
		pci_free_irq_vectors(dip->di_pdev);
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_intr_free);

/* Free interrupts that the driver left behind when it detached, or failed to attach or detach. */
void linux_intr_teardown(struct dev_info *dip)
{
	while (dip->di_intrs) {
		struct scsa_intr *ih = dip->di_intrs;

		scsa_intr_disable(ih);
		ih->handler = NULL;
		scsa_intr_free(ih);
	}
	linux_softint_teardown(dip);
}

/**
 * scsa_intr_get_pri() - ddi_intr_get_pri(9F)
 * @ih: interrupt
 * @prip: takes its priority, for DDI_INTR_PRI(9F) and mutex_init(9F)
 *
 * Context: any.
 * Return: SCSA_SUCCESS.
 */
int scsa_intr_get_pri(struct scsa_intr *ih, unsigned int *prip)
{
	*prip = ih->dip->di_pri;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_intr_get_pri);

/**
 * scsa_intr_get_cap() - ddi_intr_get_cap(9F)
 * @ih: interrupt
 * @flagsp: takes DDI_INTR_FLAG_*
 *
 * Context: any.
 * Return: SCSA_SUCCESS.
 */
int scsa_intr_get_cap(struct scsa_intr *ih, int *flagsp)
{
	*flagsp = ih->type == DDI_INTR_TYPE_FIXED ? DDI_INTR_FLAG_LEVEL : DDI_INTR_FLAG_EDGE;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_intr_get_cap);

/**
 * scsa_intr_add_handler() - ddi_intr_add_handler(9F)
 * @ih: interrupt, not enabled
 * @handler: function to call
 * @arg1: its first argument
 * @arg2: its second argument
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if it already has one.
 */
int scsa_intr_add_handler(struct scsa_intr *ih, scsa_intr_handler_t handler, void *arg1, void *arg2)
{
	if (ih->handler || !handler)
		return SCSA_FAILURE;
	ih->handler = handler;
	ih->arg1 = arg1;
	ih->arg2 = arg2;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_intr_add_handler);

/**
 * scsa_intr_remove_handler() - ddi_intr_remove_handler(9F)
 * @ih: interrupt, not enabled
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if the interrupt is enabled.
 */
int scsa_intr_remove_handler(struct scsa_intr *ih)
{
	if (ih->enabled)
		return SCSA_FAILURE;
	ih->handler = NULL;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_intr_remove_handler);

/**
 * scsa_intr_enable() - ddi_intr_enable(9F)
 * @ih: interrupt with a handler
 *
 * Context: thread. The handler may run before this returns.
 * Return: SCSA_SUCCESS or SCSA_FAILURE.
 */
int scsa_intr_enable(struct scsa_intr *ih)
{
	bool line = ih->type == DDI_INTR_TYPE_FIXED;
	const char *name = ih->dip->di_name;
	int rc;

	if (ih->enabled || !ih->handler)
		return SCSA_FAILURE;
	WRITE_ONCE(ih->enabled, true);
	if (ih->dip->di_pri == SCSA_PRI_ATOMIC)
		rc = request_irq(ih->irq, call_handler, line ? IRQF_SHARED : 0, name, ih);
	else if (line)
		rc = request_line(ih);
	else
		rc = request_threaded_irq(ih->irq, NULL, call_handler, IRQF_ONESHOT, name, ih);
	if (!rc)
		return SCSA_SUCCESS;
	ih->enabled = false;
	dev_err(ih->dip->di_dev, "cannot enable interrupt %d: %d\n", ih->irq, rc);
	return SCSA_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_intr_enable);

/**
 * scsa_intr_disable() - ddi_intr_disable(9F)
 * @ih: interrupt; its handler no longer runs on return
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if it was not enabled.
 */
int scsa_intr_disable(struct scsa_intr *ih)
{
	if (!ih->enabled)
		return SCSA_FAILURE;
	WRITE_ONCE(ih->enabled, false);
	free_irq(ih->irq, ih);
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_intr_disable);

/**
 * scsa_intr_block_enable() - ddi_intr_block_enable(9F)
 * @handles: interrupts with handlers
 * @count: their number
 *
 * Enables them one after the other, whether or not they have DDI_INTR_FLAG_BLOCK.
 *
 * Context: thread.
 * Return: SCSA_SUCCESS; or SCSA_FAILURE, with none enabled.
 */
int scsa_intr_block_enable(struct scsa_intr **handles, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (scsa_intr_enable(handles[i]))
			break;
	if (i == count)
		return SCSA_SUCCESS;
	while (--i >= 0)
		scsa_intr_disable(handles[i]);
	return SCSA_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_intr_block_enable);

/**
 * scsa_intr_block_disable() - ddi_intr_block_disable(9F)
 * @handles: interrupts
 * @count: their number
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if one was not enabled.
 */
int scsa_intr_block_disable(struct scsa_intr **handles, int count)
{
	int i, rc = SCSA_SUCCESS;

	for (i = 0; i < count; i++)
		if (scsa_intr_disable(handles[i]))
			rc = SCSA_FAILURE;
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_intr_block_disable);

/**
 * scsa_get_iblock_cookie() - ddi_get_iblock_cookie(9F)
 * @dip: instance
 * @inumber: interrupt; 0 is the only one
 * @cookiep: takes the cookie for mutex_init(9F)
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or DDI_INTR_NOTFOUND if there is no such interrupt.
 */
int scsa_get_iblock_cookie(struct dev_info *dip, unsigned int inumber, void **cookiep)
{
	struct pci_dev *pdev = dip->di_pdev;

	if (inumber || !pdev->irq)
		return DDI_INTR_NOTFOUND;
	*cookiep = (void *)(uintptr_t)dip->di_pri;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_get_iblock_cookie);

/**
 * scsa_intr_hilevel() - ddi_intr_hilevel(9F)
 * @dip: instance
 * @inumber: interrupt
 *
 * Context: any.
 * Return: 0: in both models a handler may take locks.
 */
int scsa_intr_hilevel(struct dev_info *dip, unsigned int inumber)
{
	return 0;
}
EXPORT_SYMBOL_GPL(scsa_intr_hilevel);

static unsigned int call_old_handler(char *arg1, char *arg2)
{
	struct scsa_intr *ih = (struct scsa_intr *)arg1;

	return ih->old_handler(ih->old_arg);
}

/**
 * scsa_add_intr() - ddi_add_intr(9F): add and enable a handler for the device's interrupt pin
 * @dip: instance
 * @inumber: interrupt; 0 is the only one
 * @cookiep: takes the cookie for mutex_init(9F); or NULL
 * @idevice: cleared if it is not NULL
 * @handler: function to call
 * @arg: its argument
 *
 * Context: thread. The handler may run before this returns.
 * Return: SCSA_SUCCESS, DDI_INTR_NOTFOUND if there is no such interrupt, or SCSA_FAILURE if it
 *	already has a handler or cannot be enabled.
 */
int scsa_add_intr(struct dev_info *dip, unsigned int inumber, void **cookiep,
		  unsigned int *idevice, scsa_old_handler_t handler, void *arg)
{
	struct scsa_intr *ih;
	void *cookie;
	int rc, n;

	rc = scsa_get_iblock_cookie(dip, inumber, &cookie);
	if (rc)
		return rc;
	if (!handler) {
		dev_warn(dip->di_dev, "ddi_add_intr() was called without a handler\n");
		return SCSA_FAILURE;
	}
	if (cookiep)
		*cookiep = cookie;
	if (idevice)
		*idevice = 0;
	rc = scsa_intr_alloc(dip, &ih, DDI_INTR_TYPE_FIXED, 0, 1, &n, 1);
	if (rc)
		return rc;
	ih->old_handler = handler;
	ih->old_arg = arg;
	scsa_intr_add_handler(ih, call_old_handler, ih, NULL);
	rc = scsa_intr_enable(ih);
	if (rc) {
		scsa_intr_remove_handler(ih);
		scsa_intr_free(ih);
	}
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_add_intr);

/**
 * scsa_remove_intr() - ddi_remove_intr(9F)
 * @dip: instance
 * @inumber: as for scsa_add_intr(); its handler no longer runs on return
 * @cookie: ignored
 *
 * Context: thread.
 */
void scsa_remove_intr(struct dev_info *dip, unsigned int inumber, void *cookie)
{
	struct scsa_intr *ih = dip->di_intrs;

	if (inumber || !ih || !ih->old_handler) {
		dev_warn(dip->di_dev, "ddi_remove_intr() was called for an interrupt that was not added\n");
		return;
	}
	scsa_intr_disable(ih);
	scsa_intr_remove_handler(ih);
	scsa_intr_free(ih);
}
EXPORT_SYMBOL_GPL(scsa_remove_intr);
