/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SOURCES: CHIP */
/* Any text as a fault of the emulated ISP1040: it is refused with a reason, or armed and listed. */
#include "tests/unit/isp_model_fake.h"

static void check_rule(const IspFaultRule *r)
{
	if (r->kind >= ISP_FAULT_KINDS || !r->every || r->target >= ISP_TARGETS ||
	    r->lun >= ISP_LUNS || r->byte >= ISP_ENTRY_SIZE || r->rate > 1000 ||
	    (r->byte >= 0 && r->byte + r->width > ISP_ENTRY_SIZE))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake *f = fake_new(ISP_CHIP_1040B);
	char *text = calloc(1, size + 1), *list = malloc(ISP_FAULT_LIST);
	char error[64] = "";

	memcpy(text, data, size);
	for (int turn = 0; turn < 2; turn++) {
		unsigned before = f->m->faults.n;

		if (!isp_fault_arm(f->m, text, error, sizeof(error))) {
			if (!*error || f->m->faults.n > before)
				abort();
			break;
		}
		fake_tick(f);
	}
	for (unsigned i = 0; i < f->m->faults.n; i++)
		check_rule(&f->m->faults.rule[i]);
	isp_fault_list(&f->m->faults, list);
	if (strlen(list) >= ISP_FAULT_LIST)
		abort();
	if (!isp_fault_arm(f->m, "", error, sizeof(error)) || f->m->faults.armed || f->m->gone)
		abort();
	free(text);
	free(list);
	fake_free(f);
	return 0;
}
