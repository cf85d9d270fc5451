// SPDX-License-Identifier: GPL-2.0
/*
 * CDBs of more than 12 bytes go in EXTENDED COMMAND entries. No public driver is known to send these,
 * and there are chips that return them, answer them with an empty entry or lose them. So before the
 * framework may use such CDBs, the driver tries one that does no harm: TEST UNIT READY, padded, for
 * an id that is seldom used. If the firmware knows the entry, the command ends with a status entry,
 * whether the selection times out or a device answers in some way. A reset or a restart of the chip ends
 * the command too, and says nothing: then the driver tries again.
 */
#include "ispvar.h"

#define PROBE_CDB_LEN	16
#define PROBE_SECONDS	2
#define PROBE_USEC	500000		/* for the answer, after a selection timeout */
#define PROBE_FETCH_USEC 5000000	/* until the chip fetches it; markers before it may take time */
#define PROBE_TRIES	3		/* while something else ends them */
#define PROBE_POLL_USEC	10000

/* The highest id on bus 0 that the card's settings leave to targets. */
static uint8_t isp_probe_id(const struct isp *isp)
{
	const struct isp_nv_bus *bus = &isp->isp_nv.bus[0];
	uint8_t id = ISP_NTARGET - 1;

	while (id && (id == isp->isp_initiator[0] || !bus->target[id].enabled))
		id--;
	return id;
}

static boolean_t isp_probe_send(struct isp *isp)
{
	static const uint8_t cdb[PROBE_CDB_LEN];
	struct isp_iocb io = {
		.iocb_handle = PROBE_HANDLE,
		.iocb_cdb = cdb,
		.iocb_cdblen = PROBE_CDB_LEN,
		.iocb_timeout = PROBE_SECONDS,
		.iocb_entries = 1,
		.iocb_target = ISP_TARGET_BYTE(0, isp_probe_id(isp)),
		.iocb_a64 = isp->isp_a64,
	};
	boolean_t sent;

	mutex_enter(&isp->isp_lock);
	sent = isp->isp_state == ISP_RUN && isp_ring_put_one(isp, &io) ? B_TRUE : B_FALSE;
	isp->isp_probe = sent ? PROBE_SENT : PROBE_NONE;
	mutex_exit(&isp->isp_lock);
	return sent;
}

enum isp_waits_for {
	WAITS_FOR_NOTHING,	/* there is an answer, or the chip has failed */
	WAITS_FOR_FETCH,
	WAITS_FOR_ANSWER,
};

static enum isp_waits_for isp_probe_waits_for(struct isp *isp)
{
	enum isp_waits_for waits = WAITS_FOR_NOTHING;

	mutex_enter(&isp->isp_lock);
	if (isp->isp_probe == PROBE_SENT && isp->isp_state == ISP_RUN)
		waits = isp_ring_is_fetched(isp) ? WAITS_FOR_ANSWER : WAITS_FOR_FETCH;
	mutex_exit(&isp->isp_lock);
	return waits;
}

/* Wait while the probe waits for @what, at most @usec. */
static void isp_probe_wait_while(struct isp *isp, enum isp_waits_for what, clock_t usec)
{
	clock_t end = ddi_get_lbolt() + drv_usectohz(usec);

	while (isp_probe_waits_for(isp) == what && end - ddi_get_lbolt() > 0) {
		delay(drv_usectohz(PROBE_POLL_USEC));
		isp_poll(isp);
	}
}

static enum isp_probe isp_probe_wait(struct isp *isp)
{
	enum isp_probe answer;

	isp_probe_wait_while(isp, WAITS_FOR_FETCH, PROBE_FETCH_USEC);
	isp_probe_wait_while(isp, WAITS_FOR_ANSWER,
			     PROBE_USEC + isp->isp_nv.bus[0].selection_timeout * 1000L);
	mutex_enter(&isp->isp_lock);
	answer = isp->isp_probe;
	isp->isp_probe = PROBE_NONE;
	if (answer == PROBE_SENT && isp->isp_state != ISP_RUN)
		answer = PROBE_DISTURBED;
	else if (answer == PROBE_SENT && !isp_ring_is_fetched(isp))
		isp_chip_fail(isp, "the request ring stands still at an extended command");
	mutex_exit(&isp->isp_lock);
	return answer;
}

/* Find out how long CDBs may be. Attach, when the chip runs; nothing else sends commands yet. */
void isp_probe_extended(struct isp *isp)
{
	enum isp_probe answer = PROBE_DISTURBED;
	uint_t tries;

	for (tries = 0; answer == PROBE_DISTURBED && tries < PROBE_TRIES; tries++)
		if (isp_wait_running(isp) && isp_probe_send(isp))
			answer = isp_probe_wait(isp);
	isp->isp_max_cdb = answer == PROBE_CARRIED_OUT ? ISP_EXT_CDB_MAX : ISP_CDB_MAX;
	if (answer != PROBE_CARRIED_OUT)
		dev_err(isp->isp_dip, CE_NOTE,
			"firmware takes no CDBs of more than %u bytes (%s): no disk can be used beyond 2 TiB",
			ISP_CDB_MAX, answer == PROBE_REFUSED ? "it refuses them" :
			answer == PROBE_EMPTY ? "its answer is empty" : "no answer");
}
