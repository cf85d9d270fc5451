// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware: the image from /lib/firmware if there is one, else what a BIOS has left in the chip.
 *
 * The image has a header of six bytes: version (3), unused (1), load address (2). Then come RISC
 * words, little endian. Their sum is 0, and word 3 is their number.
 */
#include <sys/firmload.h>

#include "ispvar.h"

#define FW_HEADER		6
#define FW_START		0x1000
#define FW_MIN_WORDS		8
#define FW_MAX_WORDS		(0x10000 - FW_START)
#define FW_WORDS_IN_A_ROW	256	/* about 30 ms on a real card */
#define FW_DMA_WORDS		1024	/* per command; ROM firmware is known to take 2048 */

static int fw_bad_image(struct isp *isp, const char *why)
{
	dev_err(isp->isp_dip, CE_WARN, "firmware %s: %s", isp->isp_chip->chip_firmware, why);
	return DDI_FAILURE;
}

static uint16_t fw_word(const uint8_t *words, uint_t n)
{
	return (uint16_t)(words[2 * n] | words[2 * n + 1] << 8);
}

static int fw_check_image(struct isp *isp, const uint8_t *image, size_t size)
{
	const uint8_t *words = image + FW_HEADER;
	uint16_t sum = 0;
	uint_t nwords, n;

	if (size < FW_HEADER + 2 * FW_MIN_WORDS || (size & 1) ||
	    (size - FW_HEADER) / 2 > FW_MAX_WORDS)
		return fw_bad_image(isp, "impossible size");
	nwords = (uint_t)(size - FW_HEADER) / 2;
	if ((image[4] | image[5] << 8) != FW_START)
		return fw_bad_image(isp, "unknown load address");
	if (fw_word(words, 3) != nwords)
		return fw_bad_image(isp, "wrong length");
	for (n = 0; n < nwords; n++)
		sum = (uint16_t)(sum + fw_word(words, n));
	return sum ? fw_bad_image(isp, "wrong checksum") : DDI_SUCCESS;
}

/* Word by word: the only way that every ROM is known to support. */
static int fw_load_words(struct isp *isp, const uint8_t *words, uint_t nwords)
{
	uint_t n;

	for (n = 0; n < nwords; n++) {
		uint16_t mb[ISP_NMBOX] = {
			MBC_WRITE_WORD, (uint16_t)(FW_START + n), fw_word(words, n)
		};

		if (isp_mbcmd_run(isp, mb, B_FALSE) != DDI_SUCCESS)
			return DDI_FAILURE;
		/* The waits for answers are busy: let other work run. */
		if (!((n + 1) % FW_WORDS_IN_A_ROW))
			delay(1);
	}
	return DDI_SUCCESS;
}

/* By DMA, through the memory of the request ring. */
static int fw_load_dma(struct isp *isp, const uint8_t *words, uint_t nwords)
{
	uint_t chunk = MIN(FW_DMA_WORDS, (uint_t)isp->isp_req_mem.dm_size / 2);
	uint64_t bus = isp->isp_req_mem.dm_bus;
	uint_t n, count;

	for (n = 0; n < nwords; n += count) {
		uint16_t mb[ISP_NMBOX] = {
			MBC_LOAD_RAM, (uint16_t)(FW_START + n), (uint16_t)(bus >> 16), (uint16_t)bus
		};

		count = MIN(chunk, nwords - n);
		mb[4] = (uint16_t)count;
		/* The chip takes words low byte first, as they are in the image. */
		bcopy(words + 2 * n, isp->isp_req_mem.dm_addr, 2 * count);
		(void)ddi_dma_sync(isp->isp_req_mem.dm_handle, 0, 0, DDI_DMA_SYNC_FORDEV);
		if (isp_mbcmd_run(isp, mb, B_FALSE) != DDI_SUCCESS)
			return DDI_FAILURE;
	}
	return DDI_SUCCESS;
}

static int fw_load_image(struct isp *isp, const uint8_t *image, size_t size)
{
	uint_t nwords = (uint_t)(size - FW_HEADER) / 2;
	int rc;

	if (isp->isp_chip->chip_map->map_load_dma)
		rc = fw_load_dma(isp, image + FW_HEADER, nwords);
	else
		rc = fw_load_words(isp, image + FW_HEADER, nwords);
	return rc == DDI_SUCCESS ? rc : fw_bad_image(isp, "loading it failed");
}

/*
 * Read the image, once: a restart must not need a file that may be on one of our disks. A missing
 * file is not an error. Thread.
 */
int isp_fw_read(struct isp *isp)
{
	firmware_handle_t fh;
	off_t size;
	int rc = DDI_FAILURE;

	if (firmware_open(ddi_driver_name(isp->isp_dip), isp->isp_chip->chip_firmware, &fh))
		return DDI_SUCCESS;
	size = firmware_get_size(fh);
	if (size < FW_HEADER || size > FW_HEADER + 2 * FW_MAX_WORDS) {
		fw_bad_image(isp, "impossible size");
		goto close;
	}
	isp->isp_fw_image = kmem_alloc(size, KM_SLEEP);
	isp->isp_fw_size = size;
	if (firmware_read(fh, 0, isp->isp_fw_image, size))
		fw_bad_image(isp, "cannot be read");
	else
		rc = fw_check_image(isp, isp->isp_fw_image, size);
close:
	firmware_close(fh);
	return rc;
}

void isp_fw_free(struct isp *isp)
{
	if (isp->isp_fw_image)
		kmem_free(isp->isp_fw_image, isp->isp_fw_size);
	isp->isp_fw_image = NULL;
}

static int fw_verify(struct isp *isp)
{
	uint16_t mb[ISP_NMBOX] = { MBC_VERIFY_CHECKSUM, FW_START };

	return isp_mbcmd_run(isp, mb, B_FALSE);
}

static int fw_execute(struct isp *isp)
{
	uint16_t mb[ISP_NMBOX] = { MBC_EXECUTE, FW_START };

	return isp_mbcmd_run(isp, mb, B_FALSE);
}

/* Start the firmware in a chip that has just been reset. */
int isp_fw_start(struct isp *isp)
{
	uint16_t mb[ISP_NMBOX] = { MBC_ABOUT };

	if (isp->isp_fw_image &&
	    fw_load_image(isp, isp->isp_fw_image, isp->isp_fw_size) != DDI_SUCCESS)
		return DDI_FAILURE;
	if (fw_verify(isp) != DDI_SUCCESS) {
		if (isp->isp_fw_image)
			return fw_bad_image(isp, "the chip finds its checksum wrong");
		dev_err(isp->isp_dip, CE_WARN,
			"no firmware: install /lib/firmware/%s (Debian: firmware-qlogic)",
			isp->isp_chip->chip_firmware);
		return DDI_FAILURE;
	}
	if (fw_execute(isp) != DDI_SUCCESS || isp_mbcmd_run(isp, mb, B_FALSE) != DDI_SUCCESS)
		return fw_bad_image(isp, "does not start");
	bcopy(mb + 1, isp->isp_fw_version, sizeof(isp->isp_fw_version));
	return DDI_SUCCESS;
}
