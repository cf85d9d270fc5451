/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: a command's way through the layer, below events/scsa in tracefs. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM scsa

#if !defined(_COMPAT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _COMPAT_TRACE_H

#include <linux/tracepoint.h>

#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "../impl.h"

TRACE_EVENT(scsa_start,
	TP_PROTO(const struct scsi_device *sdev, const struct scsa_cmd *sc),
	TP_ARGS(sdev, sc),
	TP_STRUCT__entry(
		__field(unsigned int, host)
		__field(unsigned int, channel)
		__field(unsigned int, id)
		__field(unsigned int, lun)
		__field(const void *, cmd)
		__field(unsigned int, opcode)
		__field(unsigned int, len)
		__field(unsigned int, nents)
	),
	TP_fast_assign(
		__entry->host = sdev->host->host_no;
		__entry->channel = sdev->channel;
		__entry->id = sdev->id;
		__entry->lun = sdev->lun;
		__entry->cmd = sc;
		__entry->opcode = sc->sc_cdb[0];
		__entry->len = sc->sc_len;
		__entry->nents = sc->sc_nents;
	),
	TP_printk("host%u %u:%u:%u cmd %p opcode 0x%02x len %u segments %u", __entry->host,
		  __entry->channel, __entry->id, __entry->lun, __entry->cmd, __entry->opcode,
		  __entry->len, __entry->nents)
);

/* One of the commands that carry out a split request. */
TRACE_EVENT(scsa_part,
	TP_PROTO(const struct scsa_cmd *sc, u64 offset, u64 len),
	TP_ARGS(sc, offset, len),
	TP_STRUCT__entry(
		__field(const void *, cmd)
		__field(u64, offset)
		__field(u64, len)
	),
	TP_fast_assign(
		__entry->cmd = sc;
		__entry->offset = offset;
		__entry->len = len;
	),
	TP_printk("cmd %p offset %llu len %llu", __entry->cmd, __entry->offset, __entry->len)
);

TRACE_EVENT(scsa_done,
	TP_PROTO(const struct scsa_cmd *sc),
	TP_ARGS(sc),
	TP_STRUCT__entry(
		__field(const void *, cmd)
		__field(unsigned int, outcome)
		__field(unsigned int, status)
		__field(unsigned int, resid)
	),
	TP_fast_assign(
		__entry->cmd = sc;
		__entry->outcome = sc->sc_outcome;
		__entry->status = sc->sc_status;
		__entry->resid = sc->sc_resid;
	),
	TP_printk("cmd %p outcome %u status 0x%02x resid %u", __entry->cmd, __entry->outcome,
		  __entry->status, __entry->resid)
);

#endif /* _COMPAT_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
