// SPDX-License-Identifier: GPL-2.0
/* How the RAM disk HBA and its disks misbehave: one property for each way, all off by default. */
#include <sys/atomic.h>
#include <sys/pci.h>

#include "ramhba_impl.h"

/* How a READ or a WRITE ends with the property "recovered". */
static const struct ramhba_ending {
	uchar_t		re_status;
	uchar_t		re_code;	/* 1: the error is a deferred one */
	uchar_t		re_key;
	uchar_t		re_asc;
	boolean_t	re_moves;	/* all its data */
} ramhba_endings[] = {
	[1] = { STATUS_CHECK, 0, KEY_RECOVERABLE_ERROR, 0x17, B_TRUE },
	[2] = { STATUS_CHECK, 0, KEY_NO_SENSE, 0, B_TRUE },
	[3] = { STATUS_MET, 0, 0, 0, B_TRUE },
	[4] = { STATUS_CHECK, 1, KEY_RECOVERABLE_ERROR, 0x17, B_FALSE },
};

static uint32_t get_be32(const uchar_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Is the device a bus master? A real device that is not could not move data. */
boolean_t ramhba_is_master(struct ramhba *rh)
{
	if (pci_config_get16(rh->rh_config, PCI_CONF_COMM) & PCI_COMM_ME)
		return B_TRUE;
	if (atomic_inc_uint_nv(&rh->rh_unmoved) == 1)
		dev_err(rh->rh_dip, CE_NOTE, "bus mastering is off, no data moved");
	return B_FALSE;
}

/* Returns false if the CDB is neither a READ nor a WRITE. */
boolean_t ramhba_parse(const uchar_t *cdb, struct ramhba_io *io)
{
	switch (cdb[0]) {
	case SCMD_READ_G1:
	case SCMD_WRITE_G1:
		io->io_lba = get_be32(&cdb[2]);
		io->io_blocks = cdb[7] << 8 | cdb[8];
		break;
	case SCMD_READ_G4:
	case SCMD_WRITE_G4:
		io->io_lba = (uint64_t)get_be32(&cdb[2]) << 32 | get_be32(&cdb[6]);
		io->io_blocks = get_be32(&cdb[10]);
		break;
	default:
		return B_FALSE;
	}
	io->io_read = cdb[0] == SCMD_READ_G1 || cdb[0] == SCMD_READ_G4 ? B_TRUE : B_FALSE;
	return B_TRUE;
}

static boolean_t touches(const struct ramhba_io *io, uint64_t block)
{
	return io->io_lba <= block && block - io->io_lba < io->io_blocks ? B_TRUE : B_FALSE;
}

/* Does the target refuse the command: its tag, with "untagged" 2, or any more commands, with "full"? */
boolean_t ramhba_refuses(struct ramhba *rh, struct scsi_pkt *pkt)
{
	struct ramhba_io io;

	if (rh->rh_untagged == 2 && (pkt->pkt_flags & FLAG_TAGMASK)) {
		pkt->pkt_reason = CMD_TAG_REJECT;
		pkt->pkt_state = STATE_GOT_BUS | STATE_GOT_TARGET;
		return B_TRUE;
	}
	if (!rh->rh_full || !ramhba_parse(pkt->pkt_cdbp, &io) ||
	    atomic_inc_uint_nv(&rh->rh_moves) % rh->rh_full)
		return B_FALSE;
	*pkt->pkt_scbp = STATUS_QFULL;
	return B_TRUE;
}

/* Property "lose": should this command be kept? With rc_forever, also from aborts and resets. */
static boolean_t loses(const struct ramhba *rh, struct scsi_pkt *pkt)
{
	struct ramhba_io io;

	if (!rh->rh_lose || !ramhba_parse(pkt->pkt_cdbp, &io) || !touches(&io, RAMHBA_LOST))
		return B_FALSE;
	to_cmd(pkt)->rc_forever = rh->rh_lose == 1 || (rh->rh_lose == 4 && io.io_read);
	if (rh->rh_lose == 1)
		return io.io_read && io.io_lba == RAMHBA_LOST;
	return B_TRUE;
}

/* Keep a command if the property "lose" says so. */
boolean_t ramhba_keep(struct ramhba *rh, struct scsi_pkt *pkt)
{
	struct ramhba_cmd *cmd = to_cmd(pkt);

	if (!loses(rh, pkt))
		return B_FALSE;
	mutex_enter(&rh->rh_mutex);
	cmd->rc_next = rh->rh_kept;
	rh->rh_kept = cmd;
	mutex_exit(&rh->rh_mutex);
	return B_TRUE;
}

/*
 * Take commands out of those kept: @target's, or every target's if -1; with @pkt, only that one.
 * With @all, also those that no abort and no reset returns.
 */
struct ramhba_cmd *ramhba_take_kept(struct ramhba *rh, int target, struct scsi_pkt *pkt, boolean_t all)
{
	struct ramhba_cmd **link, *cmd, *taken = NULL;

	mutex_enter(&rh->rh_mutex);
	link = &rh->rh_kept;
	while ((cmd = *link)) {
		if ((pkt && cmd->rc_pkt != pkt) || (cmd->rc_forever && !all) ||
		    (target >= 0 && cmd->rc_pkt->pkt_address.a_target != target)) {
			link = &cmd->rc_next;
			continue;
		}
		*link = cmd->rc_next;
		cmd->rc_next = taken;
		taken = cmd;
	}
	mutex_exit(&rh->rh_mutex);
	return taken;
}

/* Return kept commands without carrying them out. Returns how many there were. */
uint_t ramhba_end_kept(struct ramhba *rh, int target, struct scsi_pkt *pkt, uchar_t reason,
		       uint_t statistics)
{
	struct ramhba_cmd *cmd, *next;
	uint_t n = 0;

	for (cmd = ramhba_take_kept(rh, target, pkt, B_FALSE); cmd; cmd = next, n++) {
		next = cmd->rc_next;
		cmd->rc_pkt->pkt_reason = reason;
		cmd->rc_pkt->pkt_statistics |= statistics;
		cmd->rc_pkt->pkt_state = STATE_GOT_BUS | STATE_GOT_TARGET | STATE_SENT_CMD;
		cmd->rc_pkt->pkt_resid = ramhba_count(cmd->rc_pkt);
		ramhba_complete(rh, cmd->rc_pkt);
	}
	return n;
}

/* Call the callbacks of a target that has been reset; of all if @target is -1. */
void ramhba_notify_reset(struct ramhba *rh, int target)
{
	int t;

	mutex_enter(&rh->rh_mutex);
	for (t = 0; t < RAMHBA_TARGETS; t++)
		if (target < 0 || target == t)
			scsi_hba_reset_notify_callback(&rh->rh_mutex, &rh->rh_notify[t]);
	mutex_exit(&rh->rh_mutex);
}

/* Property "recovered": set status and sense. Returns false if no data moves. */
static boolean_t recover(struct ramhba *rh, struct scsi_pkt *pkt)
{
	const struct ramhba_ending *end = &ramhba_endings[rh->rh_recovered];
	struct scsi_arq_status *arq = (struct scsi_arq_status *)pkt->pkt_scbp;

	if (end->re_status == STATUS_CHECK) {
		ramhba_sense(pkt, end->re_key, end->re_asc);
		arq->sts_sensedata.es_code = end->re_code;
	} else {
		*pkt->pkt_scbp = end->re_status;
	}
	return end->re_moves;
}

/* How many bytes a READ or a WRITE moves; sets status and sense if a property changes them. */
size_t ramhba_length(struct ramhba *rh, struct scsi_pkt *pkt, const struct ramhba_io *io)
{
	size_t len = io->io_blocks * rh->rh_block;

	if (rh->rh_shorten && touches(io, RAMHBA_SHORT))
		return rh->rh_shorten == 1 ? 0 : rh->rh_block;
	if (rh->rh_recovered && io->io_lba && io->io_lba % 64 == 0 && !recover(rh, pkt))
		return 0;
	return len;
}

/* Property "overrun": does the CDB ask for more than is mapped? */
boolean_t ramhba_overruns(struct ramhba *rh, struct scsi_pkt *pkt)
{
	const uchar_t *cdb = pkt->pkt_cdbp;
	struct ramhba_io io;
	size_t want = 0;

	if (!rh->rh_overrun)
		return B_FALSE;
	if (ramhba_parse(cdb, &io))
		want = io.io_blocks * rh->rh_block;
	else if (cdb[0] == SCMD_WRITE_BUFFER)
		want = cdb[6] << 16 | cdb[7] << 8 | cdb[8];
	else if (cdb[0] == SCMD_READ_CAPACITY)
		want = 8;
	return want > ramhba_count(pkt) ? B_TRUE : B_FALSE;
}
