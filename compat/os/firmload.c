// SPDX-License-Identifier: GPL-2.0
/* Firmware images: firmload(9F) on request_firmware(). */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/firmware.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../impl.h"
#include "../linux_impl.h"

struct scsa_firmware {
	const struct firmware	*fw;
};

/* Instances that are in attach(9E). */
static DEFINE_MUTEX(attaching_lock);
static struct dev_info *attaching;

void linux_attach_begin(struct dev_info *dip)
{
	dip->di_attaching = current;
	mutex_lock(&attaching_lock);
	dip->di_next = attaching;
	attaching = dip;
	mutex_unlock(&attaching_lock);
}

void linux_attach_end(struct dev_info *dip)
{
	struct dev_info **p;

	mutex_lock(&attaching_lock);
	for (p = &attaching; *p != dip; p = &(*p)->di_next)
		;
	*p = dip->di_next;
	mutex_unlock(&attaching_lock);
}

/* The device of driver @name whose attach(9E) runs in this task, or NULL. */
static struct device *attaching_dev(const char *name)
{
	struct dev_info *dip;
	struct device *dev = NULL;

	mutex_lock(&attaching_lock);
	for (dip = attaching; dip; dip = dip->di_next)
		if (dip->di_attaching == current && !strcmp(dip->di_name, name))
			dev = dip->di_dev;
	mutex_unlock(&attaching_lock);
	return dev;
}

/**
 * scsa_firmware_open() - firmware_open(9F)
 * @drv_name: the calling driver, which must be in its attach(9E)
 * @image: file below /lib/firmware
 * @fhp: takes the handle
 *
 * Context: thread.
 * Return: 0 or a positive errno. A missing file is not logged.
 */
int scsa_firmware_open(const char *drv_name, const char *image, struct scsa_firmware **fhp)
{
	struct scsa_firmware *fh;
	int rc;

	fh = kzalloc(sizeof(*fh), GFP_KERNEL);
	if (!fh)
		return ENOMEM;
	rc = firmware_request_nowarn(&fh->fw, image, attaching_dev(drv_name));
	if (rc) {
		kfree(fh);
		return -rc;
	}
	*fhp = fh;
	return 0;
}
EXPORT_SYMBOL_GPL(scsa_firmware_open);

/**
 * scsa_firmware_close() - firmware_close(9F)
 * @fh: handle
 *
 * Context: thread.
 */
void scsa_firmware_close(struct scsa_firmware *fh)
{
	release_firmware(fh->fw);
	kfree(fh);
}
EXPORT_SYMBOL_GPL(scsa_firmware_close);

/**
 * scsa_firmware_get_size() - firmware_get_size(9F)
 * @fh: handle
 *
 * Context: any.
 * Return: bytes in the image.
 */
long scsa_firmware_get_size(struct scsa_firmware *fh)
{
	return fh->fw->size;
}
EXPORT_SYMBOL_GPL(scsa_firmware_get_size);

/**
 * scsa_firmware_read() - firmware_read(9F)
 * @fh: handle
 * @offset: first byte
 * @buf: takes the bytes
 * @len: their number
 *
 * Context: any.
 * Return: 0, or EINVAL if the range is not inside the image.
 */
int scsa_firmware_read(struct scsa_firmware *fh, long long offset, void *buf, size_t len)
{
	if (offset < 0 || offset > fh->fw->size || len > fh->fw->size - offset)
		return EINVAL;
	memcpy(buf, fh->fw->data + offset, len);
	return 0;
}
EXPORT_SYMBOL_GPL(scsa_firmware_read);
