/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between scsa.ko and its drivers: what the Linux side of scsa.ko exports to them, in types
 * that mean the same on both sides. A second seam, compat/impl.h, is inside scsa.ko.
 *
 * The Solaris headers in <sys/...> map the manual pages' names to these symbols and describe the
 * contracts. All symbols here are exported and have the prefix scsa_, so that no other porting
 * layer in the same kernel can collide with them. linux/ and os/ provide them. <sys/...> declares
 * what scsi/ and ddi/ export. Lint checks this rule.
 */
#ifndef _SCSA_ABI_H
#define _SCSA_ABI_H

#include <linux/types.h>
#include <linux/stdarg.h>
#include <linux/lockdep_types.h>

struct dev_info;
struct modlinkage;
struct scsa_acc;
struct scsa_intr;
struct scsa_softint;
struct scsa_firmware;

/* <sys/modctl.h> */
int scsa_mod_install(struct modlinkage *modlp);
int scsa_mod_remove(struct modlinkage *modlp);

/* <sys/cmn_err.h> */
__printf(2, 3) void scsa_cmn_err(int level, const char *fmt, ...);
__printf(2, 0) void scsa_vcmn_err(int level, const char *fmt, va_list ap);
__printf(3, 4) void scsa_dev_err(struct dev_info *dip, int level, const char *fmt, ...);
__printf(3, 4) void scsa_assert_failed(const char *file, int line, const char *fmt, ...);

/* <sys/cpuvar.h> */
int scsa_ncpus(void);
int scsa_cpu_id(void);

/* User space: <sys/sunddi.h> */
struct cred;
int scsa_ddi_copyin(const void *from, void *to, size_t len, int mode);
int scsa_ddi_copyout(const void *from, void *to, size_t len, int mode);
int scsa_drv_priv(struct cred *cr);

/* <sys/kmem.h> */
void *scsa_kmem_alloc(size_t size, int flags);
void *scsa_kmem_zalloc(size_t size, int flags);
void scsa_kmem_free(void *p, size_t size);

/*
 * Locks are embedded in driver structures, so their size is part of the ABI. The debug and
 * real-time variants of the kernel's locks are larger.
 */
#if defined(CONFIG_DEBUG_LOCK_ALLOC) || defined(CONFIG_DEBUG_MUTEXES) || \
	defined(CONFIG_DEBUG_SPINLOCK) || defined(CONFIG_DEBUG_RWSEMS) || \
	defined(CONFIG_PREEMPT_RT)
#define SCSA_LOCK_WORDS		40
#else
#define SCSA_LOCK_WORDS		10
#endif

struct scsa_kmutex { unsigned long space[SCSA_LOCK_WORDS]; };
struct scsa_kcondvar { unsigned long space[SCSA_LOCK_WORDS]; };
struct scsa_ksema { unsigned long space[SCSA_LOCK_WORDS]; };
struct scsa_krwlock { unsigned long space[SCSA_LOCK_WORDS + 2]; };

/* <sys/mutex.h> */
void scsa_mutex_init(struct scsa_kmutex *mp, const char *name, int type, void *arg,
		     struct lock_class_key *key);
void scsa_mutex_destroy(struct scsa_kmutex *mp);
void scsa_mutex_enter(struct scsa_kmutex *mp);
int scsa_mutex_tryenter(struct scsa_kmutex *mp);
void scsa_mutex_exit(struct scsa_kmutex *mp);
int scsa_mutex_owned(const struct scsa_kmutex *mp);

/* <sys/condvar.h> */
void scsa_cv_init(struct scsa_kcondvar *cvp, const char *name, int type, void *arg,
		  struct lock_class_key *key);
void scsa_cv_destroy(struct scsa_kcondvar *cvp);
void scsa_cv_signal(struct scsa_kcondvar *cvp);
void scsa_cv_broadcast(struct scsa_kcondvar *cvp);
void scsa_cv_wait(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp);
int scsa_cv_wait_sig(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp);
long scsa_cv_timedwait(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long abs_ticks);
long scsa_cv_reltimedwait(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long delta,
			  int resolution);
long scsa_cv_timedwait_sig(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long abs_ticks);
long scsa_cv_reltimedwait_sig(struct scsa_kcondvar *cvp, struct scsa_kmutex *mp, long delta,
			      int resolution);

/* <sys/rwlock.h> */
enum { SCSA_RW_WRITER, SCSA_RW_READER };
void scsa_rw_init(struct scsa_krwlock *rwlp, const char *name, int type, void *arg);
void scsa_rw_destroy(struct scsa_krwlock *rwlp);
void scsa_rw_enter(struct scsa_krwlock *rwlp, int how);
int scsa_rw_tryenter(struct scsa_krwlock *rwlp, int how);
void scsa_rw_exit(struct scsa_krwlock *rwlp);
void scsa_rw_downgrade(struct scsa_krwlock *rwlp);
int scsa_rw_tryupgrade(struct scsa_krwlock *rwlp);
int scsa_rw_read_locked(struct scsa_krwlock *rwlp);
int scsa_rw_write_held(struct scsa_krwlock *rwlp);

/* <sys/semaphore.h> */
void scsa_sema_init(struct scsa_ksema *sp, unsigned int val, const char *name, int type, void *arg);
void scsa_sema_destroy(struct scsa_ksema *sp);
void scsa_sema_p(struct scsa_ksema *sp);
int scsa_sema_p_sig(struct scsa_ksema *sp);
int scsa_sema_tryp(struct scsa_ksema *sp);
void scsa_sema_v(struct scsa_ksema *sp);

/* <sys/id32.h> */
uint32_t scsa_id32_alloc(void *ptr, int kmflag);
void *scsa_id32_lookup(uint32_t id);
void scsa_id32_free(uint32_t id);

/* <sys/thread.h> */
struct scsa_kthread { uint64_t t_did; };
struct scsa_kthread *scsa_thread_create(void (*func)(void *), void *arg);
void scsa_thread_exit(void);
void scsa_thread_join(uint64_t did);
struct scsa_kthread *scsa_curthread(void);

/* <sys/time.h>, <sys/callo.h> */
extern const int scsa_hz;
long scsa_ddi_get_lbolt(void);
long long scsa_gethrtime(void);
long scsa_ddi_get_time(void);
long scsa_drv_usectohz(long usec);
long scsa_drv_hztousec(long ticks);
void scsa_drv_usecwait(long usec);
void scsa_delay(long ticks);
void *scsa_timeout(void (*func)(void *), void *arg, long ticks);
long scsa_untimeout(void *id);

/* Registers and configuration space, <sys/sunddi.h> */
int scsa_regs_map_setup(struct dev_info *dip, unsigned int rnumber, char **addrp, long long offset,
			long long len, bool big_endian, struct scsa_acc **handlep);
void scsa_regs_map_free(struct scsa_acc **handlep);
int scsa_dev_regsize(struct dev_info *dip, unsigned int rnumber, long *sizep);
int scsa_dev_nregs(struct dev_info *dip, int *countp);
uint8_t scsa_get8(struct scsa_acc *acc, const void *addr);
uint16_t scsa_get16(struct scsa_acc *acc, const void *addr);
uint32_t scsa_get32(struct scsa_acc *acc, const void *addr);
uint64_t scsa_get64(struct scsa_acc *acc, const void *addr);
void scsa_put64(struct scsa_acc *acc, void *addr, uint64_t value);
void scsa_rep_get8(struct scsa_acc *acc, void *host, const void *addr, size_t count,
		   unsigned int flags);
void scsa_rep_put8(struct scsa_acc *acc, const void *host, void *addr, size_t count,
		   unsigned int flags);
void scsa_rep_get16(struct scsa_acc *acc, void *host, const void *addr, size_t count,
		   unsigned int flags);
void scsa_rep_put16(struct scsa_acc *acc, const void *host, void *addr, size_t count,
		   unsigned int flags);
void scsa_rep_get32(struct scsa_acc *acc, void *host, const void *addr, size_t count,
		   unsigned int flags);
void scsa_rep_put32(struct scsa_acc *acc, const void *host, void *addr, size_t count,
		   unsigned int flags);
void scsa_rep_get64(struct scsa_acc *acc, void *host, const void *addr, size_t count,
		   unsigned int flags);
void scsa_rep_put64(struct scsa_acc *acc, const void *host, void *addr, size_t count,
		   unsigned int flags);
int scsa_check_acc_handle(struct scsa_acc *acc);
void scsa_put8(struct scsa_acc *acc, void *addr, uint8_t value);
void scsa_put16(struct scsa_acc *acc, void *addr, uint16_t value);
void scsa_put32(struct scsa_acc *acc, void *addr, uint32_t value);
int scsa_pci_config_setup(struct dev_info *dip, struct scsa_acc **handlep);
void scsa_pci_config_teardown(struct scsa_acc **handlep);
uint8_t scsa_pci_config_get8(struct scsa_acc *acc, long offset);
uint16_t scsa_pci_config_get16(struct scsa_acc *acc, long offset);
uint32_t scsa_pci_config_get32(struct scsa_acc *acc, long offset);
void scsa_pci_config_put8(struct scsa_acc *acc, long offset, uint8_t value);
void scsa_pci_config_put16(struct scsa_acc *acc, long offset, uint16_t value);
void scsa_pci_config_put32(struct scsa_acc *acc, long offset, uint32_t value);
uint64_t scsa_pci_config_get64(struct scsa_acc *acc, long offset);
void scsa_pci_config_put64(struct scsa_acc *acc, long offset, uint64_t value);
int scsa_pci_cap_locate(struct scsa_acc *acc, unsigned int id, bool extended, uint16_t *basep);
int scsa_slaveonly(struct dev_info *dip);
void scsa_membar_enter(void);
void scsa_membar_producer(void);
void scsa_membar_consumer(void);

/* <sys/ddi_intr.h> */
typedef unsigned int (*scsa_intr_handler_t)(char *arg1, char *arg2);
int scsa_intr_get_supported_types(struct dev_info *dip, int *typesp);
int scsa_intr_get_nintrs(struct dev_info *dip, int type, int *countp);
int scsa_intr_alloc(struct dev_info *dip, struct scsa_intr **handles, int type, int inum,
		    int count, int *actualp, int behavior);
int scsa_intr_free(struct scsa_intr *ih);
int scsa_intr_get_pri(struct scsa_intr *ih, unsigned int *prip);
int scsa_intr_get_cap(struct scsa_intr *ih, int *flagsp);
int scsa_intr_add_handler(struct scsa_intr *ih, scsa_intr_handler_t handler, void *arg1, void *arg2);
int scsa_intr_remove_handler(struct scsa_intr *ih);
int scsa_intr_enable(struct scsa_intr *ih);
int scsa_intr_disable(struct scsa_intr *ih);
int scsa_intr_block_enable(struct scsa_intr **handles, int count);
int scsa_intr_block_disable(struct scsa_intr **handles, int count);
typedef unsigned int (*scsa_old_handler_t)(char *arg);
int scsa_get_iblock_cookie(struct dev_info *dip, unsigned int inumber, void **cookiep);
int scsa_intr_hilevel(struct dev_info *dip, unsigned int inumber);
int scsa_add_intr(struct dev_info *dip, unsigned int inumber, void **cookiep,
		  unsigned int *idevice, scsa_old_handler_t handler, void *arg);
void scsa_remove_intr(struct dev_info *dip, unsigned int inumber, void *cookie);
int scsa_softint_add(struct dev_info *dip, struct scsa_softint **sip, int pri,
		     scsa_intr_handler_t handler, void *arg1);
int scsa_softint_trigger(struct scsa_softint *si, void *arg2);
int scsa_softint_remove(struct scsa_softint *si);
int scsa_softint_get_pri(struct scsa_softint *si, unsigned int *prip);
int scsa_get_soft_iblock_cookie(struct dev_info *dip, int preference, void **cookiep);
int scsa_add_softintr(struct dev_info *dip, int preference, struct scsa_softint **sip,
		      void **cookiep, unsigned int *idevice, scsa_old_handler_t handler, void *arg);

/*
 * <sys/scsi/impl/transport.h>, for tran_spi(): how a parallel bus moves the data of a target. The values
 * are those of the messages SDTR, WDTR and PPR.
 */
struct scsa_spi {
	uint8_t	period;		/* transfer period factor */
	uint8_t	offset;		/* 0: asynchronous */
	bool	wide;
	bool	dt;		/* double transitions, and what is only possible with them: */
	bool	iu;		/* information units */
	bool	qas;		/* quick arbitration and selection */
	uint8_t	signal;		/* SCSA_SPI_SE ...; only of SCSA_SPI_LIMITS */
};

enum { SCSA_SPI_UNKNOWN = 1, SCSA_SPI_SE, SCSA_SPI_LVD, SCSA_SPI_HVD };

enum scsa_spi_op {
	SCSA_SPI_SET,		/* negotiate at most this */
	SCSA_SPI_AGREED,	/* what was agreed */
	SCSA_SPI_LIMITS,	/* the most that may be negotiated */
};

/* <sys/firmload.h> */
int scsa_firmware_open(const char *drv_name, const char *image, struct scsa_firmware **fhp);
void scsa_firmware_close(struct scsa_firmware *fh);
long scsa_firmware_get_size(struct scsa_firmware *fh);
int scsa_firmware_read(struct scsa_firmware *fh, long long offset, void *buf, size_t len);

#endif /* _SCSA_ABI_H */
