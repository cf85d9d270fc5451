/* SPDX-License-Identifier: GPL-2.0 */
/* The firmware's mailbox interface: commands, their results, asynchronous events. */
#ifndef _ISPMAIL_H
#define _ISPMAIL_H

#define MBC_NOP			0x00
#define MBC_LOAD_RAM		0x01
#define MBC_EXECUTE		0x02
#define MBC_WRITE_WORD		0x04
#define MBC_REGISTER_TEST	0x06
#define MBC_VERIFY_CHECKSUM	0x07
#define MBC_ABOUT		0x08
#define MBC_INIT_REQ		0x10
#define MBC_INIT_RSP		0x11
#define MBC_ABORT_COMMAND	0x15
#define MBC_ABORT_DEVICE	0x16
#define MBC_ABORT_TARGET	0x17
#define MBC_BUS_RESET		0x18
#define MBC_GET_STATUS		0x1f
#define MBC_GET_TARGET		0x28
#define MBC_SET_INITIATOR	0x30
#define MBC_SET_SEL_TIMEOUT	0x31
#define MBC_SET_RETRY		0x32
#define MBC_SET_TAG_AGE		0x33
#define MBC_SET_CLOCK		0x34
#define MBC_SET_NEGATION	0x35
#define MBC_SET_ASYNC_SETUP	0x36
#define MBC_SET_PCI_CONTROL	0x37
#define MBC_SET_TARGET		0x38
#define MBC_SET_DEVICE_QUEUE	0x39
#define MBC_SET_SYSTEM		0x45
#define MBC_SET_FEATURES	0x4a
#define MBC_LOAD_RAM_A64	0x50
#define MBC_INIT_REQ_A64	0x52
#define MBC_INIT_RSP_A64	0x53
#define MBC_SET_OVERRUN		0x5a

/* mb0 */
#define MBS_SELF_TEST		0x0004	/* after reset: busy */
#define MBS_DONE		0x4000	/* also the bit that tells a result from an event */
#define MBS_INVALID		0x4001
#define MBS_TEST_FAILED		0x4003
#define MBS_ERROR		0x4005
#define MBS_PARAM		0x4006
#define MBS_EVENT		0x8000

#define MBE_BUS_RESET		0x8001
#define MBE_SYSTEM_ERROR	0x8002
#define MBE_REQ_DMA		0x8003
#define MBE_RSP_DMA		0x8004
#define MBE_QUEUE_WAKEUP	0x8005
#define MBE_TIMEOUT_RESET	0x8006
#define MBE_DEVICE_RESET	0x8007
#define MBE_BUS_HUNG		0x800c
#define MBE_OVERRUN_RESET	0x800d
#define MBE_MODE_CHANGE		0x800e

#define MB_PRODUCT_ID1		0x4953	/* 'IS' in mb1 after reset */

/* The device word: mb1 of commands that concern a device */
#define MB_DEVICE(bus, id, lun)	((uint16_t)((bus) << 15 | (id) << 8 | (lun)))

/* MBC_SET_TARGET flags, mb2; the NVRAM's flag byte is their upper half */
#define MBT_DISCONNECT		0x8000
#define MBT_PARITY		0x4000
#define MBT_WIDE		0x2000
#define MBT_SYNC		0x1000
#define MBT_TAGGED		0x0800
#define MBT_AUTO_SENSE		0x0400
#define MBT_STOP_QUEUE		0x0200
#define MBT_RENEGOTIATE		0x0100
#define MBT_PPR			0x0020

/* MBC_SET_FEATURES, mb1 */
#define MBF_LVD_EVENTS		0x0002

/* MBC_SET_NEGATION */
#define MBN_REQ_ACK		0x0020
#define MBN_DATA		0x0010

struct isp_mbox_desc {
	uint8_t		mbd_opcode;
	uint8_t		mbd_in;		/* bit n: mbn is an argument */
	uint8_t		mbd_out;	/* bit n: mbn is a result */
	boolean_t	mbd_slow;
};

#endif /* _ISPMAIL_H */
