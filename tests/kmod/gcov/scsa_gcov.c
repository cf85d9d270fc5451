// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps which lines of our modules have run, on a kernel that has no gcov of its own.
 *
 * The modules are built with -fprofile-arcs, and with -fprofile-info-section so that no constructor
 * has to run. The compiler describes each function in a variable __gcov_.<name>, which leads to the
 * description of its file. When a module has left its exit function, this one turns what each file has
 * counted into the format of a .gcda file. debugfs shows them: "name size", a newline, so many bytes.
 *
 * The modules need __gcov_merge_add(), so modprobe loads this one first.
 */
#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

/* How gcc lays out what it has counted, and the tags of a .gcda file. */
#if __GNUC__ < 12
#error "scsa_gcov knows gcc from 12 on"
#elif __GNUC__ < 14
#define GCOV_KINDS	8
#elif __GNUC__ < 15
#define GCOV_KINDS	9
#else
#define GCOV_KINDS	10
#endif

#define GCOV_MAGIC	0x67636461
#define GCOV_FUNCTION	0x01000000
#define GCOV_COUNTERS(kind) (0x01a10000 + ((kind) << 17))

struct gcov_counters {
	u32		gc_number;
	s64		*gc_values;
};

struct gcov_file;

struct gcov_function {
	const struct gcov_file	*gf_file;
	u32		gf_id;
	u32		gf_lines;	/* checksums */
	u32		gf_graph;
	struct gcov_counters	gf_counters[];	/* one for each kind that the file has */
};

struct gcov_file {
	u32		gi_version;
	void		*gi_next;
	u32		gi_stamp;
	u32		gi_checksum;
	const char	*gi_name;
	void		*gi_merge[GCOV_KINDS];	/* functions; NULL: nothing of this kind */
	u32		gi_functions;
	const struct gcov_function *const *gi_function;
};

/* All files so far. Modules go one at a time, so the notifier needs no lock. */
static struct debugfs_blob_wrapper gcov_kept;
static size_t gcov_room;

/* For the modules to refer to; the host adds up. */
void __gcov_merge_add(s64 *values, unsigned int number);
void __gcov_merge_add(s64 *values, unsigned int number)
{
}
EXPORT_SYMBOL(__gcov_merge_add);

static void gcov_put(const void *data, size_t len)
{
	if (gcov_kept.size + len > gcov_room) {
		size_t room = max_t(size_t, 2 * gcov_room, 1 << 20);
		void *more = vmalloc(room);

		if (WARN_ON_ONCE(!more))
			return;
		if (gcov_kept.data)
			memcpy(more, gcov_kept.data, gcov_kept.size);
		vfree(gcov_kept.data);
		gcov_kept.data = more;
		gcov_room = room;
	}
	memcpy(gcov_kept.data + gcov_kept.size, data, len);
	gcov_kept.size += len;
}

static void gcov_put_words(const u32 *words, size_t number)
{
	gcov_put(words, number * sizeof(*words));
}

static void gcov_put_function(const struct gcov_file *file, const struct gcov_function *f)
{
	const struct gcov_counters *c = f->gf_counters;
	u32 head[] = { GCOV_FUNCTION, 12, f->gf_id, f->gf_lines, f->gf_graph };
	int kind;

	gcov_put_words(head, ARRAY_SIZE(head));
	for (kind = 0; kind < GCOV_KINDS; kind++) {
		if (!file->gi_merge[kind])
			continue;
		gcov_put_words((u32[]){ GCOV_COUNTERS(kind), c->gc_number * sizeof(s64) }, 2);
		gcov_put(c->gc_values, c->gc_number * sizeof(s64));
		c++;
	}
}

static void gcov_put_file(const struct gcov_file *file)
{
	u32 head[] = { GCOV_MAGIC, file->gi_version, file->gi_stamp, file->gi_checksum };
	char size[16];
	size_t begin;
	u32 i;

	gcov_put(file->gi_name, strlen(file->gi_name));
	gcov_put(" 0000000000\n", 12);
	begin = gcov_kept.size;
	gcov_put_words(head, ARRAY_SIZE(head));
	for (i = 0; i < file->gi_functions; i++) {
		/* Of an inline function that several files have, one file has the counters. */
		if (file->gi_function[i] && file->gi_function[i]->gf_file == file)
			gcov_put_function(file, file->gi_function[i]);
	}
	snprintf(size, sizeof(size), "%010zu", gcov_kept.size - begin);
	memcpy(gcov_kept.data + begin - 11, size, 10);
}

static int gcov_notify(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *module = data;
	struct mod_kallsyms *known = rcu_dereference_protected(module->kallsyms, true);
	const struct gcov_file *file = NULL;
	unsigned int i;

	if (state != MODULE_STATE_GOING)
		return NOTIFY_OK;
	for (i = 0; i < known->num_symtab; i++) {
		const struct gcov_function *f = (void *)(uintptr_t)known->symtab[i].st_value;

		/* The symbols of a file are together. */
		if (strstarts(known->strtab + known->symtab[i].st_name, "__gcov_.") && f->gf_file != file) {
			file = f->gf_file;
			gcov_put_file(file);
		}
	}
	return NOTIFY_OK;
}

static struct notifier_block gcov_notifier = { .notifier_call = gcov_notify };

static int __init scsa_gcov_init(void)
{
	int rc = register_module_notifier(&gcov_notifier);

	if (rc)
		return rc;
	debugfs_create_blob("scsa_gcov", 0400, NULL, &gcov_kept);
	/* "modprobe -r isp" must leave it in place. */
	__module_get(THIS_MODULE);
	return 0;
}
module_init(scsa_gcov_init);

MODULE_DESCRIPTION("Keeps which lines of modules have run, for make coverage");
MODULE_LICENSE("GPL");
