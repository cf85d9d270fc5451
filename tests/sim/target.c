// SPDX-License-Identifier: GPL-2.0
/* A target driver beside the midlayer: polled commands, which need no interrupt and no sleep. */
#include <sys/scsi/scsi.h>

#include "target.h"
#include "../../compat/scsi/target.h"

#define TARGET_SECONDS	10

struct target_io {
	struct scsi_pkt	*pkt;
	struct buf	*bp;
};

uint8_t *target_io_data(struct target_io *io)
{
	return (uint8_t *)io->bp->b_un.b_addr;
}

struct target_io *target_io_new(struct scsa_lun *lun, bool write, uint32_t lba, uint32_t blocks,
				uint32_t stamp)
{
	/* When the kernel panics, no other CPU is left that could give anything back. */
	int (*wait)(caddr_t) = linux_in_panic() ? NULL_FUNC : SLEEP_FUNC;
	struct scsi_address *ap = &lun->sd.sd_address;
	struct target_io *io = kmem_zalloc(sizeof(*io), KM_SLEEP);

	io->bp = scsi_alloc_consistent_buf(ap, NULL, blocks * SIM_BLOCK, write ? B_WRITE : B_READ,
					   wait, NULL);
	if (!io->bp)
		goto fail;
	for (uint32_t i = 0; write && i < blocks; i++)
		sim_pattern(target_io_data(io) + i * SIM_BLOCK, lba + i, stamp);
	io->pkt = scsi_init_pkt(ap, NULL, io->bp, CDB_GROUP1, sizeof(struct scsi_arq_status), 0,
				PKT_CONSISTENT, wait, NULL);
	if (!io->pkt)
		goto fail;
	io->pkt->pkt_cdbp[0] = write ? SCMD_WRITE_G1 : SCMD_READ_G1;
	io->pkt->pkt_cdbp[4] = (uchar_t)(lba >> 8);
	io->pkt->pkt_cdbp[5] = (uchar_t)lba;
	io->pkt->pkt_cdbp[8] = (uchar_t)blocks;
	io->pkt->pkt_time = TARGET_SECONDS;
	io->pkt->pkt_flags = FLAG_NOINTR;
	return io;

fail:
	scsi_free_consistent_buf(io->bp);
	kmem_free(io, sizeof(*io));
	return NULL;
}

enum target_end target_io_poll(struct target_io *io)
{
	int rc = scsi_transport(io->pkt);

	if (rc == TRAN_BUSY)
		return TARGET_BUSY;
	if (rc != TRAN_ACCEPT || io->pkt->pkt_reason != CMD_CMPLT ||
	    *io->pkt->pkt_scbp != STATUS_GOOD || io->pkt->pkt_resid)
		return TARGET_FAILED;
	return TARGET_GOOD;
}

void target_io_free(struct target_io *io)
{
	scsi_destroy_pkt(io->pkt);
	scsi_free_consistent_buf(io->bp);
	kmem_free(io, sizeof(*io));
}
