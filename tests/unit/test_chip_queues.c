/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: CHIP */
/* The emulated ISP1040: how commands end, device queues, recovery. */
#include "chip_driver.h"

static void test_outcomes(void **state)
{
	IspCommand c;
	IspStatus s;

	(void)state;
	tur(1, 3);
	ring();
	s = expect(1, 0x01);
	assert_int_equal(isp_get16(s.state_flags), 0x0100);
	assert_int_equal(isp_get16(s.status_flags), 0x0040);
	drain();

	/* A device at the initiator's own id cannot be selected. */
	f->present[3] = true;
	good(MB3(0x30, 3, 0, 0));
	tur(1, 3);
	ring();
	expect(1, 0x01);
	drain();
	good(MB3(0x30, 7, 0, 0));
	tur(1, 3);
	ring();
	expect(1, 0);
	drain();

	c = command(2, 1, 0x08, 1);
	flags(&c, ISP_CF_DATA_IN);
	segs(&c, 3, DATA, 512);
	put(&c);
	ring();
	s = expect(2, 0x15);
	assert_int_equal(isp_get32(s.residual), 1024);
	assert_int_equal(isp_get16(s.scsi_status), 0);
	drain();

	c = command(3, 1, 0x08, 2);
	flags(&c, ISP_CF_DATA_IN);
	segs(&c, 1, DATA, 512);
	put(&c);
	ring();
	s = expect(3, 0x07);
	assert_int_equal(isp_get16(s.state_flags), 0x5f00);
	drain();

	c = command(7, 1, 0x0a, 2);
	flags(&c, ISP_CF_DATA_OUT);
	segs(&c, 1, DATA, 512);
	memset(f->mem + DATA, 0x5a, 512);
	put(&c);
	ring();
	s = expect(7, 0x07);
	assert_int_equal(isp_get16(s.state_flags), 0x0700);
	assert_int_equal(isp_get32(s.residual), 512);
	assert_int_not_equal(f->disk[0], 0x5a);
	drain();

	c = command(4, 1, 0x08, 1);
	flags(&c, ISP_CF_DATA_OUT);
	segs(&c, 1, DATA, 512);
	put(&c);
	ring();
	expect(4, 0x02);
	drain();

	c = command(6, 1, 0x08, 1);
	flags(&c, ISP_CF_DATA_IN);
	segs(&c, 1, 0xd0000000, 512);
	put(&c);
	assert_int_equal(f->errors, 0);
	ring();
	s = expect(6, 0x02);
	assert_int_equal(isp_get32(s.residual), 512);
	assert_int_equal(isp_get16(s.state_flags), 0x0700);
	assert_int_equal(f->errors, 1);
	drain();

	f->status = 0x28;
	tur(5, 1);
	ring();
	assert_int_equal(isp_get16(expect(5, 0).scsi_status), 0x28);
	drain();
}

static void test_sense(void **state)
{
	IspCommand c = command(1, 1, 0, 0);
	IspStatus s;

	(void)state;
	f->status = 2;
	put(&c);
	ring();
	s = expect(1, 0);
	assert_int_equal(isp_get16(s.state_flags), 0x7700);
	assert_int_equal(isp_get16(s.sense_len), 18);
	assert_int_equal(s.sense[0], 0x70);
	drain();
	flags(&c, ISP_CF_NO_SENSE);
	put(&c);
	ring();
	s = expect(1, 0);
	assert_int_equal(isp_get16(s.state_flags), 0x5700);
	assert_int_equal(isp_get16(s.sense_len), 0);
	drain();
	good(MB3(0x38, 0x100, 0xc900, 0));	/* auto sense off for the target */
	tur(1, 1);
	ring();
	assert_int_equal(isp_get16(expect(1, 0).sense_len), 0);
	drain();
	good(MB3(0x38, 0x100, 0xcd00, 0));
	f->sense_len = 0;
	tur(1, 1);
	ring();
	expect(1, 0x1e);
	drain();
	f->sense_len = 96;			/* more than an entry can hold */
	tur(1, 1);
	ring();
	assert_int_equal(isp_get16(expect(1, 0).sense_len), 32);
	drain();
	c = command(1, 1, 0, 0);
	flags(&c, ISP_CF_EXTRA_SENSE);
	put(&c);
	ring();
	assert_int_equal(isp_get16(expect(1, 0).sense_len), 96);
	assert_int_equal(response()->h.type, ISP_ET_STATUS_CONT);
	assert_int_equal(response()->h.type, ISP_ET_STATUS_CONT);
	assert_null(response());
	drain();
	/* A check condition may stop the queue. */
	good(MB3(0x38, 0x100, 0xcf00, 0));
	tur(1, 1);
	tur(2, 1);
	ring();
	expect(1, 0);
	assert_null(response());
	drain();
	good(MB3(0x1a, 0x100, 0, 0));
	expect(2, 0);
	drain();
}

static void test_tags(void **state)
{
	IspCommand c = command(1, 1, 0, 0);

	(void)state;
	flags(&c, ISP_CF_NO_DISCONNECT);
	put(&c);
	c = command(2, 1, 0, 0);
	flags(&c, ISP_CF_TARGET_ROUTINE);
	put(&c);
	ring();
	expect(1, 0x18);
	expect(2, 0x19);
	drain();
	good(MB3(0x38, 0x100, 0xc500, 0));
	tur(3, 1);
	ring();
	expect(3, 0x1a);
	drain();
}

static void test_order(void **state)
{
	static const uint16_t kind[] = {
		ISP_CF_SIMPLE_TAG, ISP_CF_SIMPLE_TAG, 0, ISP_CF_SIMPLE_TAG, ISP_CF_ORDERED_TAG,
		ISP_CF_SIMPLE_TAG, ISP_CF_HEAD_TAG,
	};

	(void)state;
	f->hold = true;
	for (unsigned i = 0; i < 7; i++) {
		IspCommand c = command(i, 1, 0, 0);

		c.flags = isp_le16(kind[i]);
		put(&c);
	}
	ring();
	/* The head of the queue, then the simple ones, then an untagged one alone, ... */
	assert_int_equal(f->started, 3);
	for (unsigned i = 3; i <= 7; i++) {
		fake_end(f, f->m->active.first);
		fake_run(f);
		if (i >= 5)
			assert_int_equal(f->started, i - 1);
	}
	while (f->m->active.first) {
		fake_end(f, f->m->active.first);
		fake_run(f);
	}
	assert_int_equal(f->started, 7);
	assert_memory_equal(f->order, ((uint8_t[]){ 6, 0, 1, 2, 3, 4, 5 }), 7);
}

static void test_depth_and_throttle(void **state)
{
	(void)state;
	f->hold = true;
	good(MB3(0x39, 0x100, 4, 2));
	for (int i = 0; i < 5; i++)
		tur(i, 1);
	ring();
	assert_int_equal(f->started, 2);
	expect(4, 0x1c);
	drain();
	assert_int_equal(MB3(0x1d, 0x100, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(2)), 2);
	assert_int_equal(rd(MBOX(3)), 2);
	ack();
	good(MB3(0x19, 0x100, 0, 0));		/* stopped: a completion makes no room */
	fake_end(f, f->m->active.first);
	fake_run(f);
	expect(0, 0);
	drain();
	assert_int_equal(f->started, 2);
	good(MB3(0x1b, 0x100, 0, 0));		/* start one more by hand */
	assert_int_equal(f->started, 3);
	good(MB3(0x1a, 0x100, 0, 0));
	fake_end(f, f->m->active.first);
	fake_run(f);
	expect(1, 0);
	drain();
	assert_int_equal(f->started, 4);
	good(MB3(0x1c, 0x100, 0, 0));
	expect(2, 5);
	expect(3, 5);
	drain();
}

static void test_abort(void **state)
{
	(void)state;
	f->hold = true;
	good(MB3(0x39, 0x100, 4, 1));
	tur(0x10002, 1);
	tur(0x30004, 1);
	ring();
	assert_int_equal(MB3(0x15, 0x100, 9, 9), 0x4005);
	ack();
	assert_int_equal(MB3(0x15, 0x200, 1, 2), 0x4005);	/* another device */
	ack();
	good(MB3(0x15, 0x100, 3, 4));				/* waiting */
	assert_int_equal(isp_get16(expect(0x30004, 5).status_flags), 0x20);
	drain();
	f->deaf = true;
	good(MB3(0x15, 0x100, 2, 1));				/* running, halves swapped */
	assert_null(response());				/* not until the data has stopped */
	assert_int_equal(MB3(0x15, 0x100, 1, 2), 0x4005);
	ack();
	fake_stop(f, f->m->active.first);
	fake_run(f);
	expect(0x10002, 5);
	drain();
	tur(3, 1);						/* an abort needs no marker */
	ring();
	assert_int_equal(f->started, 2);
}

static void test_abort_device(void **state)
{
	(void)state;
	f->hold = true;
	tur(1, 1);
	tur(2, 2);
	ring();
	good(MB3(0x16, 0x100, 0, 0));
	expect(1, 5);
	assert_null(response());
	drain();
	tur(3, 1);
	ring();
	assert_int_equal(f->started, 2);
	marker(1, 0);
	assert_int_equal(f->started, 3);
}

static void test_target_reset(void **state)
{
	(void)state;
	f->hold = true;
	tur(1, 1);
	tur(2, 2);
	ring();
	good(MB3(0x17, 0x100, 1, 0));
	assert_int_equal(f->resets, 1);
	assert_int_equal(isp_get16(expect(1, 5).status_flags), 0x30);
	assert_null(response());
	drain();
	tur(3, 1);
	ring();
	assert_int_equal(f->started, 2);	/* held until a marker */
	marker(2, 1);				/* for another target */
	assert_int_equal(f->started, 2);
	marker(1, 1);
	assert_int_equal(f->started, 3);
	f->m->abort_event = true;
	assert_int_equal(MB3(0x17, 0x100, 1, 0), 0x4000);
	ack();
	assert_int_equal(rd(MBOX(0)), 0x8007);
	ack();
}

static void test_bus_reset(void **state)
{
	(void)state;
	f->hold = true;
	good(MB3(0x39, 0x100, 4, 1));
	tur(1, 1);
	tur(2, 1);
	tur(3, 2);
	ring();
	assert_int_equal(MB3(0x18, 0, 77, 0), 0x4000);	/* one bus: mb2 is ignored */
	ack();
	assert_int_equal(rd(MBOX(0)), 0x8001);
	ack();
	expect(2, 4);				/* had not started, so it ends first */
	assert_int_equal(isp_get16(expect(1, 4).status_flags), 8);
	expect(3, 4);
	assert_null(response());
	drain();
	assert_int_equal(f->resets, 1);
	tur(4, 1);
	ring();
	assert_int_equal(f->started, 2);
	assert_int_equal(MB3(0x1d, 0x100, 0, 0), 0x4000);
	assert_int_equal(rd(MBOX(1)), 2);
	ack();
	marker(0, 2);
	assert_int_equal(f->started, 3);
	/* Another initiator can reset the bus too. */
	isp_bus_was_reset(f->m, 0);
	fake_run(f);
	expect(4, 4);
	assert_int_equal(rd(MBOX(0)), 0x4000);	/* nothing yet: RISC_INT is set */
	drain();
	assert_int_equal(rd(MBOX(0)), 0x8001);
	ack();
}

static void test_timeout(void **state)
{
	IspCommand c = command(1, 1, 0, 0);

	(void)state;
	f->hold = true;
	tur(2, 1);				/* no timeout */
	ring();
	assert_false(f->ticking);
	c.timeout = isp_le16(3);
	put(&c);
	ring();
	for (int i = 0; i < 6; i++) {
		fake_tick(f);
		assert_null(response());
	}
	fake_tick(f);
	assert_int_equal(isp_get16(expect(1, 6).status_flags), 0x60);
	assert_null(response());
	assert_false(f->ticking);
	drain();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		R(test_outcomes), R(test_sense), R(test_tags), R(test_order),
		R(test_depth_and_throttle), R(test_abort), R(test_abort_device),
		R(test_target_reset), R(test_bus_reset), R(test_timeout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
