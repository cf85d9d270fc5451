// SPDX-License-Identifier: GPL-2.0
/* The caller of ioctl(9E): ddi_copyin(9F), drv_priv(9F). And CPUs: <sys/cpuvar.h>. */
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../impl.h"

#define FKIOCTL	0x80000000u	/* <sys/file.h> */

/**
 * scsa_ddi_copyin() - ddi_copyin(9F)
 * @from: address in the memory of ioctl(9E)'s caller; a kernel address if @mode has FKIOCTL
 * @to: driver's memory
 * @len: bytes
 * @mode: mode that ioctl(9E) was given
 *
 * Context: thread.
 * Return: 0, or -1 for a bad address.
 */
int scsa_ddi_copyin(const void *from, void *to, size_t len, int mode)
{
	if (mode & FKIOCTL) {
		memcpy(to, from, len);
		return 0;
	}
	return copy_from_user(to, (const void __user __force *)from, len) ? -1 : 0;
}
EXPORT_SYMBOL_GPL(scsa_ddi_copyin);

/**
 * scsa_ddi_copyout() - ddi_copyout(9F)
 * @from: driver's memory
 * @to: address in the memory of ioctl(9E)'s caller; a kernel address if @mode has FKIOCTL
 * @len: bytes
 * @mode: mode that ioctl(9E) was given
 *
 * Context: thread.
 * Return: 0, or -1 for a bad address.
 */
int scsa_ddi_copyout(const void *from, void *to, size_t len, int mode)
{
	if (mode & FKIOCTL) {
		memcpy(to, from, len);
		return 0;
	}
	return copy_to_user((void __user __force *)to, from, len) ? -1 : 0;
}
EXPORT_SYMBOL_GPL(scsa_ddi_copyout);

/**
 * scsa_drv_priv() - drv_priv(9F)
 * @cr: ignored; the caller is the current task
 *
 * Context: thread.
 * Return: 0 if the caller may administer the system, else EPERM.
 */
int scsa_drv_priv(struct cred *cr)
{
	return capable(CAP_SYS_ADMIN) ? 0 : EPERM;
}
EXPORT_SYMBOL_GPL(scsa_drv_priv);

/**
 * scsa_ncpus() - ncpus of <sys/cpuvar.h>
 *
 * Context: any.
 * Return: the number of CPUs that are online.
 */
int scsa_ncpus(void)
{
	return num_online_cpus();
}
EXPORT_SYMBOL_GPL(scsa_ncpus);

/**
 * scsa_cpu_id() - CPU->cpu_id of <sys/cpuvar.h>
 *
 * Context: any.
 * Return: the CPU that the caller runs on, or ran on at the time of the call.
 */
int scsa_cpu_id(void)
{
	return raw_smp_processor_id();
}
EXPORT_SYMBOL_GPL(scsa_cpu_id);
