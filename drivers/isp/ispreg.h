/* SPDX-License-Identifier: GPL-2.0 */
/* Registers of the ISP1020 ... ISP12160: 256 bytes, every one 16 bits wide. */
#ifndef _ISPREG_H
#define _ISPREG_H

#define ISP_REG_SIZE		0x100

/* Bus interface */
#define ISP_ID_LOW		0x00
#define ISP_CONF0		0x04
#define   CONF0_REV_MASK	0x000f
#define ISP_CONF1		0x06
#define   CONF1_BURST		0x0004
#define   CONF1_SXP_1040	0x0008	/* 1020, 1040: SXP at 0x80 instead of the RISC */
#define   CONF1_FIFO_NONE	0x0000
#define   CONF1_FIFO_64		0x0030
#define   CONF1_FIFO_MASK	0x0070
#define   CONF1_ARBITRATE	0x2000	/* between the DMA channels of two buses */
#define   CONF1_BANK_SXP0	0x0100	/* 1080 and newer */
#define   CONF1_BANK_DMA	0x0300
#define ISP_ICR			0x08
#define   ICR_SOFT_RESET	0x0001
#define   ICR_EN_ALL		0x0002
#define   ICR_EN_RISC		0x0004
#define ISP_ISR			0x0a
#define   ISR_RISC_INT		0x0004
#define ISP_SEMA		0x0c
#define   SEMA_LOCK		0x0001
#define ISP_NVRAM		0x0e
#define   NVRAM_CLOCK		0x0001
#define   NVRAM_SELECT		0x0002
#define   NVRAM_DATA_OUT	0x0004	/* to the EEPROM */
#define   NVRAM_DATA_IN		0x0008	/* from it */

/* DMA; 1080 and newer have them at these offsets + ISP_DMA_BANK_OFFSET in bank 3 */
#define ISP_CDMA_CONF		0x20
#define ISP_CDMA_CONTROL	0x22
#define ISP_DDMA_CONF		0x40
#define ISP_DDMA_CONTROL	0x42
#define   DMA_CONF_BURST	0x0002
#define   DMA_CONTROL_CLEAR	0x000a	/* clear channel and FIFO, reset interrupt */
#define ISP_DMA_BANK_OFFSET	0x60

/* Mailboxes: a write goes to the chip, a read returns what the chip wrote */
#define ISP_MBOX(n)		(0x70 + 2 * (n))
#define ISP_NMBOX		8
#define ISP_REQ_IN		ISP_MBOX(4)	/* write: request producer, the doorbell */
#define ISP_REQ_OUT		ISP_MBOX(4)	/* read: request consumer */
#define ISP_RSP_IN		ISP_MBOX(5)	/* read: response producer */
#define ISP_RSP_OUT		ISP_MBOX(5)	/* write: response consumer */

/* RISC */
#define ISP_PSR			0xa0
#define   PSR_ULTRA		0x0080
#define ISP_MTR			0xae
#define   MTR_NORMAL		0x1212
#define ISP_HCCR		0xc0
#define   HCCR_RESET_RISC	0x1000
#define   HCCR_PAUSE_RISC	0x2000
#define   HCCR_RELEASE_RISC	0x3000
#define   HCCR_SET_HOST_INT	0x5000
#define   HCCR_CLEAR_RISC_INT	0x7000
#define   HCCR_BIOS_OFF		0x9000
#define ISP_GPIO_DATA		0xcc
#define ISP_GPIO_ENABLE		0xce
#define   GPIO_TERMINATION	0x008f

/* SXP */
#define ISP_PINS_DIFF		0xf6
#define   PINS_DIFF_1040	0x0100
#define   PINS_MODE_MASK	0x1c00
#define   PINS_MODE_LVD		0x1000
#define   PINS_MODE_HVD		0x0800
#define   PINS_MODE_SE		0x0400

#endif /* _ISPREG_H */
