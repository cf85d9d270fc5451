// SPDX-License-Identifier: GPL-2.0
/* Fault management: ddi_fm_init(9F), ddi_fm_acc_err_get(9F), ddi_fm_ereport_post(9F), ... */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/ddifm.h>
#include <sys/fm/protocol.h>
#include <sys/fm/util.h>
#include <linux/export.h>

#include "../impl.h"

#define GRANTED	(DDI_FM_EREPORT_CAPABLE | DDI_FM_ACCCHK_CAPABLE | DDI_FM_DMACHK_CAPABLE)

/**
 * scsa_fm_init() - ddi_fm_init(9F)
 * @dip: instance
 * @capp: capabilities requested; takes those granted, never DDI_FM_ERRCB_CAPABLE
 * @cookiep: takes the priority of error handlers, or NULL
 *
 * Context: thread, from attach(9E).
 */
void scsa_fm_init(dev_info_t *dip, int *capp, ddi_iblock_cookie_t *cookiep)
{
	if (dip->di_fm_inited) {
		MISUSE("ddi_fm_init", "called twice");
		return;
	}
	*capp &= GRANTED;
	dip->di_fm_inited = B_TRUE;
	dip->di_fm_cap = *capp;
	if (cookiep)
		*cookiep = DDI_INTR_PRI(dip->di_pri);
}
EXPORT_SYMBOL_GPL(scsa_fm_init);

/**
 * scsa_fm_fini() - ddi_fm_fini(9F)
 * @dip: instance
 *
 * Context: thread.
 */
void scsa_fm_fini(dev_info_t *dip)
{
	dip->di_fm_inited = B_FALSE;
	dip->di_fm_cap = DDI_FM_NOT_CAPABLE;
	scsa_pci_ereport_teardown(dip);
}
EXPORT_SYMBOL_GPL(scsa_fm_fini);

/**
 * scsa_fm_capable() - ddi_fm_capable(9F)
 * @dip: instance
 *
 * Context: any.
 * Return: the capabilities granted, DDI_FM_NOT_CAPABLE before scsa_fm_init().
 */
int scsa_fm_capable(dev_info_t *dip)
{
	return dip->di_fm_cap;
}
EXPORT_SYMBOL_GPL(scsa_fm_capable);

/**
 * scsa_fm_handler_register() - ddi_fm_handler_register(9F): misuse, needs DDI_FM_ERRCB_CAPABLE
 * @dip: instance
 * @func: error handler
 * @arg: its argument
 *
 * Context: thread.
 */
void scsa_fm_handler_register(dev_info_t *dip, ddi_err_func_t func, void *arg)
{
	MISUSE("ddi_fm_handler_register", "without DDI_FM_ERRCB_CAPABLE");
}
EXPORT_SYMBOL_GPL(scsa_fm_handler_register);

/**
 * scsa_fm_handler_unregister() - ddi_fm_handler_unregister(9F)
 * @dip: instance
 *
 * Context: thread.
 */
void scsa_fm_handler_unregister(dev_info_t *dip)
{
	MISUSE("ddi_fm_handler_unregister", "without DDI_FM_ERRCB_CAPABLE");
}
EXPORT_SYMBOL_GPL(scsa_fm_handler_unregister);

static void fm_fill(ddi_fm_error_t *error, int version, int check)
{
	bzero(error, sizeof(*error));
	error->fme_version = version;
	error->fme_status = check == DDI_SUCCESS ? DDI_FM_OK : DDI_FM_FATAL;
	error->fme_flag = DDI_FM_ERR_UNEXPECTED;
	if (check != DDI_SUCCESS)
		error->fme_ena = scsa_fm_ena_generate(0, FM_ENA_FMT1);
}

/**
 * scsa_fm_acc_err_get() - ddi_fm_acc_err_get(9F)
 * @h: access handle
 * @error: takes its status: DDI_FM_FATAL if the device does not answer, else DDI_FM_OK
 * @version: DDI_FME_VERSION
 *
 * Context: any.
 */
void scsa_fm_acc_err_get(ddi_acc_handle_t h, ddi_fm_error_t *error, int version)
{
	fm_fill(error, version, ddi_check_acc_handle(h));
	error->fme_acc_handle = h;
}
EXPORT_SYMBOL_GPL(scsa_fm_acc_err_get);

/**
 * scsa_fm_acc_err_clear() - ddi_fm_acc_err_clear(9F): a no-op, because a handle stores no error
 * @h: access handle
 * @version: DDI_FME_VERSION
 *
 * Context: any.
 */
void scsa_fm_acc_err_clear(ddi_acc_handle_t h, int version)
{
}
EXPORT_SYMBOL_GPL(scsa_fm_acc_err_clear);

/**
 * scsa_fm_dma_err_get() - ddi_fm_dma_err_get(9F)
 * @h: DMA handle
 * @error: as for scsa_fm_acc_err_get()
 * @version: DDI_FME_VERSION
 *
 * Context: any.
 */
void scsa_fm_dma_err_get(ddi_dma_handle_t h, ddi_fm_error_t *error, int version)
{
	fm_fill(error, version, ddi_check_dma_handle(h));
	error->fme_dma_handle = h;
}
EXPORT_SYMBOL_GPL(scsa_fm_dma_err_get);

/**
 * scsa_fm_dma_err_clear() - ddi_fm_dma_err_clear(9F): a no-op, because a handle stores no error
 * @h: DMA handle
 * @version: DDI_FME_VERSION
 *
 * Context: any.
 */
void scsa_fm_dma_err_clear(ddi_dma_handle_t h, int version)
{
}
EXPORT_SYMBOL_GPL(scsa_fm_dma_err_clear);

/**
 * scsa_fm_service_impact() - ddi_fm_service_impact(9F): write a line to the log
 * @dip: instance
 * @impact: DDI_SERVICE_LOST, DDI_SERVICE_DEGRADED, DDI_SERVICE_UNAFFECTED or DDI_SERVICE_RESTORED
 *
 * Context: any.
 */
void scsa_fm_service_impact(dev_info_t *dip, int impact)
{
	if (!linux_ratelimit())
		return;
	switch (impact) {
	case DDI_SERVICE_LOST:
		dev_err(dip, CE_WARN, "service lost");
		break;
	case DDI_SERVICE_DEGRADED:
		dev_err(dip, CE_WARN, "service degraded");
		break;
	case DDI_SERVICE_UNAFFECTED:
		dev_err(dip, CE_NOTE, "service unaffected");
		break;
	case DDI_SERVICE_RESTORED:
		dev_err(dip, CE_NOTE, "service restored");
		break;
	default:
		MISUSE("ddi_fm_service_impact", "no such impact");
	}
}
EXPORT_SYMBOL_GPL(scsa_fm_service_impact);

struct line {
	size_t	len;
	char	text[256];
};

static __printf(2, 3) void add(struct line *line, const char *fmt, ...)
{
	size_t room = sizeof(line->text) - line->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line->text + line->len, room, fmt, ap);
	va_end(ap);
	line->len += MIN((size_t)n, room - 1);
}

/* Add one value of a payload. False if its type, and so its size, is unknown. */
static boolean_t add_value(struct line *line, const char *name, int type, va_list *ap)
{
	const char *s;

	switch (type) {
	case DATA_TYPE_BOOLEAN_VALUE:
	case DATA_TYPE_INT8:
	case DATA_TYPE_INT16:
	case DATA_TYPE_INT32:
		add(line, " %s=%d", name, va_arg(*ap, int));
		return B_TRUE;
	case DATA_TYPE_UINT8:
	case DATA_TYPE_UINT16:
	case DATA_TYPE_UINT32:
		add(line, " %s=0x%x", name, va_arg(*ap, uint_t));
		return B_TRUE;
	case DATA_TYPE_INT64:
		add(line, " %s=%lld", name, (longlong_t)va_arg(*ap, int64_t));
		return B_TRUE;
	case DATA_TYPE_UINT64:
		add(line, " %s=0x%llx", name, (u_longlong_t)va_arg(*ap, uint64_t));
		return B_TRUE;
	case DATA_TYPE_STRING:
		s = va_arg(*ap, const char *);
		add(line, " %s=\"%s\"", name, s ? s : "");
		return B_TRUE;
	default:
		return B_FALSE;
	}
}

/**
 * scsa_fm_ereport_post() - ddi_fm_ereport_post(9F): write a line to the log
 * @dip: instance
 * @class: what happened, for example DDI_FM_DEVICE "." DDI_FM_DEVICE_NO_RESPONSE
 * @ena: marks reports with the same cause; 0: no other report has this cause
 * @sleep_flag: ignored; the function never sleeps
 *
 * The payload follows as names, types and values; a NULL name ends it. The line stops before a
 * value that is neither a number nor a string, and after some 250 characters.
 *
 * Context: any.
 */
void scsa_fm_ereport_post(dev_info_t *dip, const char *class, uint64_t ena, int sleep_flag, ...)
{
	struct line line = { 0 };
	const char *name;
	va_list ap;

	if (!DDI_FM_EREPORT_CAP(dip->di_fm_cap) || !class || !linux_ratelimit())
		return;
	if (!ena)
		ena = scsa_fm_ena_generate(0, FM_ENA_FMT1);
	add(&line, "ereport.io.%s ena=0x%llx", class, (u_longlong_t)ena);
	va_start(ap, sleep_flag);
	while ((name = va_arg(ap, const char *)))
		if (!add_value(&line, name, va_arg(ap, int), &ap))
			break;
	va_end(ap);
	dev_err(dip, CE_WARN, "%s", line.text);
}
EXPORT_SYMBOL_GPL(scsa_fm_ereport_post);

/**
 * scsa_fm_ena_generate() - fm_ena_generate(9F)
 * @timestamp: time of the error; 0: now
 * @format: FM_ENA_FMT1
 *
 * Context: any.
 * Return: an ENA that no other error of the last hours has; never 0.
 */
uint64_t scsa_fm_ena_generate(uint64_t timestamp, uchar_t format)
{
	return (timestamp ? timestamp : (uint64_t)gethrtime()) << 4 | (format & 0xf);
}
EXPORT_SYMBOL_GPL(scsa_fm_ena_generate);

/**
 * scsa_pci_ereport_setup() - pci_ereport_setup(9F)
 * @dip: instance
 *
 * Context: thread.
 */
void scsa_pci_ereport_setup(dev_info_t *dip)
{
	if (!dip->di_fm_config)
		pci_config_setup(dip, &dip->di_fm_config);
}
EXPORT_SYMBOL_GPL(scsa_pci_ereport_setup);

/**
 * scsa_pci_ereport_teardown() - pci_ereport_teardown(9F)
 * @dip: instance
 *
 * Context: thread.
 */
void scsa_pci_ereport_teardown(dev_info_t *dip)
{
	if (dip->di_fm_config)
		pci_config_teardown(&dip->di_fm_config);
}
EXPORT_SYMBOL_GPL(scsa_pci_ereport_teardown);

static const struct {
	uint16_t	bit;		/* of the status register */
	const char	*class;
} pci_errors[] = {
	{ 0x8000, "pci.dpe" },		/* detected parity error */
	{ 0x4000, "pci.sserr" },	/* signaled system error */
	{ 0x2000, "pci.ma" },		/* received master abort */
	{ 0x1000, "pci.rta" },		/* received target abort */
	{ 0x0800, "pci.sta" },		/* signaled target abort */
	{ 0x0100, "pci.mdpe" },		/* master data parity error */
	{ }
};

/**
 * scsa_pci_ereport_post() - pci_ereport_post(9F): report and clear errors of the status register
 * @dip: instance, after scsa_pci_ereport_setup()
 * @error: fme_status takes DDI_FM_OK, DDI_FM_NONFATAL, DDI_FM_FATAL for a system error or a device
 *	that does not answer, or DDI_FM_UNKNOWN without setup
 * @statusp: takes the register, or NULL
 *
 * Context: any.
 */
void scsa_pci_ereport_post(dev_info_t *dip, ddi_fm_error_t *error, uint16_t *statusp)
{
	uint16_t status, found = 0;
	uint_t i;

	error->fme_status = DDI_FM_UNKNOWN;
	if (!dip->di_fm_config) {
		MISUSE("pci_ereport_post", "before pci_ereport_setup()");
		return;
	}
	status = pci_config_get16(dip->di_fm_config, PCI_CONF_STAT);
	if (statusp)
		*statusp = status;
	if (ddi_check_acc_handle(dip->di_fm_config) != DDI_SUCCESS) {
		error->fme_status = DDI_FM_FATAL;
		scsa_fm_ereport_post(dip, "pci.nr", error->fme_ena, DDI_NOSLEEP, NULL);
		return;
	}
	for (i = 0; pci_errors[i].bit; i++) {
		if (!(status & pci_errors[i].bit))
			continue;
		found |= pci_errors[i].bit;
		scsa_fm_ereport_post(dip, pci_errors[i].class, error->fme_ena, DDI_NOSLEEP,
				     "pci-status", DATA_TYPE_UINT16, status, NULL);
	}
	/* Writing 1 to a bit clears it. */
	if (found)
		pci_config_put16(dip->di_fm_config, PCI_CONF_STAT, found);
	error->fme_status = !found ? DDI_FM_OK : found & 0x4000 ? DDI_FM_FATAL : DDI_FM_NONFATAL;
}
EXPORT_SYMBOL_GPL(scsa_pci_ereport_post);
