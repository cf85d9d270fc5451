// SPDX-License-Identifier: GPL-2.0
/* Kernel statistics: kstat_create(9F). Each named kstat is shown as a file in debugfs. */
#include <sys/ddi.h>
#include <sys/sunddi.h>
#include <sys/kstat.h>
#include <linux/export.h>

#include "../impl.h"

static void copy_name(char *to, const char *from)
{
	strscpy(to, from ? from : "", KSTAT_STRLEN);
}

/**
 * scsa_kstat_create() - kstat_create(9F)
 * @module: driver
 * @instance: its instance
 * @name: name of the statistics; NULL: @module
 * @class: stored but not used
 * @type: KSTAT_TYPE_NAMED; KSTAT_TYPE_RAW is kept but not shown
 * @ndata: number of entries, or of bytes for KSTAT_TYPE_RAW
 * @flags: KSTAT_FLAG_VIRTUAL: the caller sets ks_data
 *
 * Context: thread.
 * Return: the kstat, or NULL if @type is another one or @ndata is above 65536.
 */
kstat_t *scsa_kstat_create(const char *module, int instance, const char *name, const char *class,
			   uchar_t type, ulong_t ndata, uchar_t flags)
{
	size_t entry = type == KSTAT_TYPE_NAMED ? sizeof(kstat_named_t) : 1;
	kstat_t *ksp;

	if ((type != KSTAT_TYPE_NAMED && type != KSTAT_TYPE_RAW) || ndata > 65536)
		return NULL;
	ksp = kmem_zalloc(sizeof(*ksp), KM_SLEEP);
	copy_name(ksp->ks_module, module);
	copy_name(ksp->ks_name, name ? name : module);
	copy_name(ksp->ks_class, class);
	ksp->ks_instance = instance;
	ksp->ks_type = type;
	ksp->ks_flags = flags;
	ksp->ks_ndata = ndata;
	ksp->ks_data_size = ndata * entry;
	if (!(flags & KSTAT_FLAG_VIRTUAL))
		ksp->ks_data = kmem_zalloc(ksp->ks_data_size, KM_SLEEP);
	return ksp;
}
EXPORT_SYMBOL_GPL(scsa_kstat_create);

static void print_entry(const kstat_named_t *knp, struct seq_file *m)
{
	switch (knp->data_type) {
	case KSTAT_DATA_CHAR:
		linux_seq_printf(m, "%s %.16s\n", knp->name, knp->value.c);
		break;
	case KSTAT_DATA_INT32:
		linux_seq_printf(m, "%s %d\n", knp->name, knp->value.i32);
		break;
	case KSTAT_DATA_UINT32:
		linux_seq_printf(m, "%s %u\n", knp->name, knp->value.ui32);
		break;
	case KSTAT_DATA_INT64:
		linux_seq_printf(m, "%s %lld\n", knp->name, (long long)knp->value.i64);
		break;
	case KSTAT_DATA_STRING:
		linux_seq_printf(m, "%s %s\n", knp->name, KSTAT_NAMED_STR_PTR(knp) ?
				 KSTAT_NAMED_STR_PTR(knp) : "");
		break;
	default:
		linux_seq_printf(m, "%s %llu\n", knp->name, (unsigned long long)knp->value.ui64);
		break;
	}
}

static void kstat_print(kstat_t *ksp, struct seq_file *m)
{
	kstat_named_t *knp = ksp->ks_data;
	uint_t i;

	/* A virtual kstat whose owner has not set ks_data. */
	if (!knp)
		return;
	if (ksp->ks_lock)
		mutex_enter(ksp->ks_lock);
	if (!ksp->ks_update || ksp->ks_update(ksp, KSTAT_READ) == 0)
		for (i = 0; i < ksp->ks_ndata; i++)
			print_entry(&knp[i], m);
	if (ksp->ks_lock)
		mutex_exit(ksp->ks_lock);
}

/**
 * scsa_kstat_install() - kstat_install(9F): make the statistics visible
 * @ksp: kstat
 *
 * Context: thread.
 */
void scsa_kstat_install(kstat_t *ksp)
{
	char file[3 * KSTAT_STRLEN];

	if (ksp->ks_type != KSTAT_TYPE_NAMED)
		return;
	snprintf(file, sizeof(file), "%s%d-%s", ksp->ks_module, ksp->ks_instance, ksp->ks_name);
	ksp->ks_file = linux_kstat_show(file, ksp, kstat_print);
}
EXPORT_SYMBOL_GPL(scsa_kstat_install);

/**
 * scsa_kstat_delete() - kstat_delete(9F)
 * @ksp: kstat; no reader uses it after return
 *
 * Context: thread, not holding ks_lock.
 */
void scsa_kstat_delete(kstat_t *ksp)
{
	linux_kstat_hide(ksp->ks_file);
	if (!(ksp->ks_flags & KSTAT_FLAG_VIRTUAL))
		kmem_free(ksp->ks_data, ksp->ks_data_size);
	kmem_free(ksp, sizeof(*ksp));
}
EXPORT_SYMBOL_GPL(scsa_kstat_delete);

/**
 * scsa_kstat_named_init() - kstat_named_init(9F)
 * @knp: entry
 * @name: name of the entry
 * @data_type: KSTAT_DATA_*
 *
 * Context: any.
 */
void scsa_kstat_named_init(kstat_named_t *knp, const char *name, uchar_t data_type)
{
	bzero(knp, sizeof(*knp));
	copy_name(knp->name, name);
	knp->data_type = data_type;
}
EXPORT_SYMBOL_GPL(scsa_kstat_named_init);

/**
 * scsa_kstat_named_setstr() - kstat_named_setstr(9F): let an entry point to a string
 * @knp: entry of the type KSTAT_DATA_STRING
 * @text: the string, which must live as long as the kstat or its next kstat_named_setstr(9F); or NULL
 *
 * Context: any.
 */
void scsa_kstat_named_setstr(kstat_named_t *knp, const char *text)
{
	if (knp->data_type != KSTAT_DATA_STRING) {
		MISUSE("kstat_named_setstr", "not a string");
		return;
	}
	KSTAT_NAMED_STR_PTR(knp) = (char *)text;
	KSTAT_NAMED_STR_BUFLEN(knp) = text ? strlen(text) + 1 : 0;
}
EXPORT_SYMBOL_GPL(scsa_kstat_named_setstr);
