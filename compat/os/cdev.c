// SPDX-License-Identifier: GPL-2.0
/*
 * Minor nodes as character devices: ddi_create_minor_node(9F).
 *
 * A node may be open when its instance goes away. From then on its entry points are not called, but
 * the node itself lives until the last file is closed.
 */
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "../impl.h"

struct linux_minor {
	struct linux_minor	*next;		/* of the instance, under minors_lock */
	struct miscdevice	misc;
	struct kref		ref;		/* the instance's, and each open file's */
	struct rw_semaphore	calls;		/* read: entry points run; write: end them */
	struct mutex		open_lock;	/* opens, and the open(9E) or close(9E) for it */
	const struct linux_minor_ops *ops;
	struct dev_info		*dip;		/* NULL when removed */
	unsigned int		opens;
	unsigned int		minor;
	const char		*name;		/* the last part of misc.name */
};

static DEFINE_MUTEX(minors_lock);

static void minor_free(struct kref *ref)
{
	struct linux_minor *m = container_of(ref, struct linux_minor, ref);

	kfree(m->misc.name);
	kfree(m);
}

/* O_EXCL is set only while the file is being opened. */
static int flags_of(const struct file *file)
{
	return (file->f_mode & FMODE_READ ? SCSA_MINOR_READ : 0) |
	       (file->f_mode & FMODE_WRITE ? SCSA_MINOR_WRITE : 0) |
	       (file->f_flags & O_NONBLOCK ? SCSA_MINOR_NONBLOCK : 0) |
	       (file->f_flags & O_EXCL ? SCSA_MINOR_EXCL : 0);
}

/* The caller holds misc_mtx, so the node cannot be removed before we have a reference. */
static int minor_open(struct inode *inode, struct file *file)
{
	struct linux_minor *m = container_of(file->private_data, struct linux_minor, misc);
	int rc = ENXIO;

	kref_get(&m->ref);
	down_read(&m->calls);
	mutex_lock(&m->open_lock);
	if (m->dip)
		rc = m->ops->open(m->dip, m->minor, flags_of(file), (void *)current_cred());
	if (!rc)
		m->opens++;
	mutex_unlock(&m->open_lock);
	up_read(&m->calls);
	if (rc)
		kref_put(&m->ref, minor_free);
	else
		file->private_data = m;
	return -rc;
}

/* Only the last close of the node calls close(9E). */
static int minor_release(struct inode *inode, struct file *file)
{
	struct linux_minor *m = file->private_data;

	down_read(&m->calls);
	mutex_lock(&m->open_lock);
	if (--m->opens == 0 && m->dip)
		m->ops->close(m->dip, m->minor, flags_of(file), (void *)current_cred());
	mutex_unlock(&m->open_lock);
	up_read(&m->calls);
	kref_put(&m->ref, minor_free);
	return 0;
}

static long do_ioctl(struct file *file, unsigned int cmd, unsigned long arg, int model)
{
	struct linux_minor *m = file->private_data;
	int rc = ENXIO, rval = 0;

	down_read(&m->calls);
	if (m->dip)
		rc = m->ops->ioctl(m->dip, m->minor, flags_of(file) | model, cmd, arg,
				   (void *)current_cred(), &rval);
	up_read(&m->calls);
	return rc ? -rc : rval;
}

static long minor_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return do_ioctl(file, cmd, arg, IS_ENABLED(CONFIG_64BIT) ? SCSA_MINOR_LP64 : SCSA_MINOR_ILP32);
}

#ifdef CONFIG_COMPAT
static long minor_compat_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return do_ioctl(file, cmd, (unsigned long)compat_ptr(arg), SCSA_MINOR_ILP32);
}
#endif

static const struct file_operations minor_fops = {
	.owner		= THIS_MODULE,
	.open		= minor_open,
	.release	= minor_release,
	.unlocked_ioctl	= minor_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= minor_compat_ioctl,
#endif
};

int linux_minor_create(struct dev_info *dip, const char *name, unsigned int minor,
		       const struct linux_minor_ops *ops)
{
	struct linux_minor *m, *other;
	int prefix, rc = -ENOMEM;

	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return rc;
	kref_init(&m->ref);
	init_rwsem(&m->calls);
	mutex_init(&m->open_lock);
	m->ops = ops;
	m->dip = dip;
	m->minor = minor;
	m->misc.minor = MISC_DYNAMIC_MINOR;
	m->misc.fops = &minor_fops;
	m->misc.parent = dip->di_dev;
	m->misc.mode = 0600;
	m->misc.name = kasprintf(GFP_KERNEL, "%s%d:%s", dip->di_name, dip->di_instance, name);
	if (!m->misc.name)
		goto fail;
	prefix = strlen(m->misc.name) - strlen(name);
	m->name = m->misc.name + prefix;
	mutex_lock(&minors_lock);
	for (other = dip->di_minors; other; other = other->next)
		if (strcmp(other->name, name) == 0)
			break;
	rc = other ? -EEXIST : misc_register(&m->misc);
	if (!rc) {
		m->next = dip->di_minors;
		dip->di_minors = m;
	}
	mutex_unlock(&minors_lock);
	if (!rc)
		return 0;
fail:
	kref_put(&m->ref, minor_free);
	return rc;
}

/* Remove a node. On return no file calls the instance through it. */
static void remove_one(struct linux_minor *m)
{
	misc_deregister(&m->misc);
	down_write(&m->calls);
	if (m->opens)
		m->ops->close(m->dip, m->minor, SCSA_MINOR_READ, (void *)current_cred());
	m->dip = NULL;
	up_write(&m->calls);
	kref_put(&m->ref, minor_free);
}

void linux_minor_remove(struct dev_info *dip, const char *name)
{
	struct linux_minor **p = &dip->di_minors, *m;

	mutex_lock(&minors_lock);
	while ((m = *p)) {
		if (name && strcmp(m->name, name) != 0) {
			p = &m->next;
			continue;
		}
		*p = m->next;
		remove_one(m);
	}
	mutex_unlock(&minors_lock);
}
