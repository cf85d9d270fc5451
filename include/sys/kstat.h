/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel statistics: kstat_create(9F). Named kstats appear as files below
 * /sys/kernel/debug/scsa/<module><instance>-<name>, one "name value" line for each entry.
 */
#ifndef _SYS_KSTAT_H
#define _SYS_KSTAT_H

#include <sys/types.h>

#define KSTAT_STRLEN		31

#define KSTAT_TYPE_RAW		0
#define KSTAT_TYPE_NAMED	1
#define KSTAT_TYPE_INTR		2
#define KSTAT_TYPE_IO		3
#define KSTAT_TYPE_TIMER	4

#define KSTAT_FLAG_VIRTUAL	0x01
#define KSTAT_FLAG_WRITABLE	0x04
#define KSTAT_FLAG_PERSISTENT	0x08

#define KSTAT_DATA_CHAR		0
#define KSTAT_DATA_INT32	1
#define KSTAT_DATA_UINT32	2
#define KSTAT_DATA_INT64	3
#define KSTAT_DATA_UINT64	4
#define KSTAT_DATA_STRING	9
#ifdef CONFIG_64BIT
#define KSTAT_DATA_LONG		KSTAT_DATA_INT64
#define KSTAT_DATA_ULONG	KSTAT_DATA_UINT64
#else
#define KSTAT_DATA_LONG		KSTAT_DATA_INT32
#define KSTAT_DATA_ULONG	KSTAT_DATA_UINT32
#endif
#define KSTAT_DATA_LONGLONG	KSTAT_DATA_INT64
#define KSTAT_DATA_ULONGLONG	KSTAT_DATA_UINT64

typedef struct kstat_named {
	char		name[KSTAT_STRLEN];
	uchar_t		data_type;
	union {
		char		c[16];
		int32_t		i32;
		uint32_t	ui32;
		int64_t		i64;
		uint64_t	ui64;
		long		l;
		ulong_t		ul;
		longlong_t	ll;
		u_longlong_t	ull;
		struct {
			union {
				char		*ptr;
				char		__pad[8];
			} addr;
			uint32_t	len;	/* with the null */
		} str;
	} value;
} kstat_named_t;

#define KSTAT_NAMED_STR_PTR(knp)	((knp)->value.str.addr.ptr)
#define KSTAT_NAMED_STR_BUFLEN(knp)	((knp)->value.str.len)

typedef struct kstat {
	char		ks_module[KSTAT_STRLEN];
	int		ks_instance;
	char		ks_name[KSTAT_STRLEN];
	char		ks_class[KSTAT_STRLEN];
	uchar_t		ks_type;
	uchar_t		ks_flags;
	void		*ks_data;
	uint_t		ks_ndata;
	size_t		ks_data_size;
	int		(*ks_update)(struct kstat *ksp, int rw);
	void		*ks_private;
	void		*ks_lock;
	void		*ks_file;	/* the framework's: its file in debugfs */
} kstat_t;

#define KSTAT_READ	0
#define KSTAT_WRITE	1

kstat_t *scsa_kstat_create(const char *module, int instance, const char *name, const char *class,
			   uchar_t type, ulong_t ndata, uchar_t flags);
void scsa_kstat_install(kstat_t *ksp);
void scsa_kstat_delete(kstat_t *ksp);
void scsa_kstat_named_init(kstat_named_t *knp, const char *name, uchar_t data_type);
void scsa_kstat_named_setstr(kstat_named_t *knp, const char *text);
#define kstat_named_setstr	scsa_kstat_named_setstr
#define kstat_create		scsa_kstat_create
#define kstat_install		scsa_kstat_install
#define kstat_delete		scsa_kstat_delete
#define kstat_named_init	scsa_kstat_named_init

#endif /* _SYS_KSTAT_H */
