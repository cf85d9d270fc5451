/* SPDX-License-Identifier: GPL-2.0 */
/* SCSI messages that HBA drivers name. */
#ifndef _SYS_SCSI_GENERIC_MESSAGE_H
#define _SYS_SCSI_GENERIC_MESSAGE_H

#define MSG_ABORT		0x06
#define MSG_DEVICE_RESET	0x0c
#define MSG_ABORT_TAG		0x0d
#define MSG_CLEAR_QUEUE		0x0e
#define MSG_SIMPLE_QTAG		0x20
#define MSG_HEAD_QTAG		0x21
#define MSG_ORDERED_QTAG	0x22

#endif /* _SYS_SCSI_GENERIC_MESSAGE_H */
