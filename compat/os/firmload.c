// SPDX-License-Identifier: GPL-2.0
/* Firmware images: firmload(9F) on request_firmware(). */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/firmware.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../impl.h"
#include "../linux_impl.h"

struct scsa_firmware {
	const struct firmware	*fw;
};

/**
 * scsa_firmware_open() - firmware_open(9F)
 * @drv_name: the driver that asks, which must be in its attach(9E)
 * @image: file below /lib/firmware
 * @fhp: handle
 *
 * Context: thread.
 * Return: 0 or a positive errno; a missing file is not reported in the log.
 */
int scsa_firmware_open(const char *drv_name, const char *image, struct scsa_firmware **fhp)
{
	struct scsa_firmware *fh;
	int rc;

	fh = kzalloc(sizeof(*fh), GFP_KERNEL);
	if (!fh)
		return ENOMEM;
	rc = firmware_request_nowarn(&fh->fw, image, linux_attaching_dev(drv_name));
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
 * @len: how many
 *
 * Context: any.
 * Return: 0, EINVAL if the range is not inside the image.
 */
int scsa_firmware_read(struct scsa_firmware *fh, long long offset, void *buf, size_t len)
{
	if (offset < 0 || offset > fh->fw->size || len > fh->fw->size - offset)
		return EINVAL;
	memcpy(buf, fh->fw->data + offset, len);
	return 0;
}
EXPORT_SYMBOL_GPL(scsa_firmware_read);
