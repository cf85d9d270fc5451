// SPDX-License-Identifier: GPL-2.0
/* Clauses of ddi_rep_get8(9F), pci_config_get8(9F), ddi_strtol(9F), id32_alloc() and clocks. */
#include <sys/conf.h>
#include <sys/cpuvar.h>
#include <sys/ddi.h>
#include <sys/devops.h>
#include <sys/errno.h>
#include <sys/id32.h>
#include <sys/modctl.h>
#include <sys/sunddi.h>

#include "contract_buf.h"
#include "contract_check.h"

static ddi_dma_attr_t attr = {
	DMA_ATTR_V0, 0, 0xffffffffULL, 0xffffffffULL, 64, 1, 1, 0xffffffffULL, 0xffffffffULL, 1, 1, 0
};

static const char *acc_rep(dev_info_t *dip)
{
	uint8_t host[32], back[32];
	ddi_acc_handle_t acc = NULL;
	ddi_dma_handle_t h = NULL;
	const char *why = NULL;
	caddr_t mem;
	size_t len;
	int i;

	for (i = 0; i < 32; i++)
		host[i] = (uint8_t)(i + 1);
	CHECK(ddi_dma_alloc_handle(dip, &attr, DDI_DMA_SLEEP, NULL, &h) == DDI_SUCCESS);
	CHECK(ddi_dma_mem_alloc(h, 64, &contract_acc_attr, DDI_DMA_CONSISTENT, DDI_DMA_SLEEP, NULL,
				&mem, &len, &acc) == DDI_SUCCESS);
	CHECK(ddi_check_acc_handle(acc) == DDI_SUCCESS);
	ddi_put64(acc, (uint64_t *)mem, 0x1122334455667788ULL);
	CHECK(ddi_get64(acc, (uint64_t *)mem) == 0x1122334455667788ULL);
	CHECK(ddi_get32(acc, (uint32_t *)mem) == 0x55667788);
	bzero(mem, 64);
	/* Memory on the host's side need not be aligned. */
	ddi_rep_put32(acc, (uint32_t *)(host + 1), (uint32_t *)mem, 4, DDI_DEV_AUTOINCR);
	CHECK(bcmp(mem, host + 1, 16) == 0 && mem[16] == 0);
	ddi_rep_get16(acc, (uint16_t *)(back + 1), (uint16_t *)mem, 8, DDI_DEV_AUTOINCR);
	CHECK(bcmp(back + 1, host + 1, 16) == 0);
	/* Without DDI_DEV_AUTOINCR every access is to the same register. */
	bzero(mem, 64);
	ddi_rep_put8(acc, host, (uint8_t *)mem, 8, DDI_DEV_NO_AUTOINCR);
	CHECK(mem[0] == 8 && mem[1] == 0);
	ddi_rep_get64(acc, (uint64_t *)back, (uint64_t *)mem, 2, DDI_DEV_NO_AUTOINCR);
	CHECK(back[0] == 8 && back[8] == 8 && back[1] == 0);
out:
	if (acc)
		ddi_dma_mem_free(&acc);
	if (h)
		ddi_dma_free_handle(&h);
	return why;
}

static const char *config(dev_info_t *dip)
{
	ddi_acc_handle_t h = NULL;
	const char *why = NULL;
	uint64_t both;
	uint32_t base;
	uint16_t cap;

	CHECK(ddi_slaveonly(dip) == DDI_FAILURE);
	CHECK(pci_config_setup(dip, &h) == DDI_SUCCESS);
	CHECK(ddi_check_acc_handle(h) == DDI_SUCCESS);
	CHECK(pci_config_get64(h, PCI_CONF_VENID) ==
	      ((uint64_t)pci_config_get32(h, PCI_CONF_COMM) << 32 |
	       pci_config_get32(h, PCI_CONF_VENID)));
	/* A written value stays: software owns the interrupt line register. */
	base = pci_config_get8(h, PCI_CONF_ILINE);
	pci_config_put8(h, PCI_CONF_ILINE, 0x5a);
	CHECK(pci_config_get8(h, PCI_CONF_ILINE) == 0x5a);
	pci_config_put8(h, PCI_CONF_ILINE, (uint8_t)base);
	/* The same in 64 bits at once; the interrupt line is in the upper half. */
	both = pci_config_get64(h, PCI_CONF_ILINE - 4);
	pci_config_put64(h, PCI_CONF_ILINE - 4, both ^ (0x5aULL << 32));
	CHECK(pci_config_get64(h, PCI_CONF_ILINE - 4) == (both ^ (0x5aULL << 32)));
	pci_config_put64(h, PCI_CONF_ILINE - 4, both);
	CHECK(pci_config_get8(h, PCI_CONF_ILINE) == base);
	/* There is no register at an odd offset or out of range. */
	CHECK(pci_config_get32(h, 1) == PCI_EINVAL32);
	CHECK(pci_config_get16(h, 0x10000) == PCI_EINVAL16);
	CHECK(pci_lcap_locate(h, 0x7f, &cap) == DDI_FAILURE);
	CHECK(pci_xcap_locate(h, 0x7f, &cap) == DDI_FAILURE);
	CHECK(ddi_check_acc_handle(NULL) == DDI_FAILURE);
out:
	if (h)
		pci_config_teardown(&h);
	return why ? why : h ? "teardown left the handle" : NULL;
}

static const char *strtol_errors(dev_info_t *dip)
{
	const char *why = NULL, *text = " -0x1fz";
	u_longlong_t ull;
	longlong_t ll;
	char *end;
	long n;
	ulong_t u;

	CHECK(ddi_strtol(text, &end, 0, &n) == 0 && n == -31 && *end == 'z');
	CHECK(ddi_strtol("017", NULL, 0, &n) == 0 && n == 15);
	CHECK(ddi_strtol("017", NULL, 10, &n) == 0 && n == 17);
	CHECK(ddi_strtol("0x", &end, 0, &n) == 0 && n == 0 && *end == 'x');
	text = "xyz";
	n = 42;
	CHECK(ddi_strtol(text, &end, 10, &n) == EINVAL && end == text && n == 42);
	CHECK(ddi_strtol("1", NULL, 37, &n) == EINVAL && ddi_strtol("1", NULL, 1, &n) == EINVAL);
	CHECK(ddi_strtoll("9223372036854775807", NULL, 10, &ll) == 0 &&
	      ll == 0x7fffffffffffffffLL);
	CHECK(ddi_strtoll("9223372036854775808", NULL, 10, &ll) == ERANGE);
	CHECK(ddi_strtoll("-9223372036854775808", NULL, 10, &ll) == 0 && ll < 0);
	CHECK(ddi_strtoll("-9223372036854775809", NULL, 10, &ll) == ERANGE);
	CHECK(ddi_strtoull("18446744073709551615", NULL, 10, &ull) == 0 && ull == ~0ULL);
	CHECK(ddi_strtoull("18446744073709551616", NULL, 10, &ull) == ERANGE);
	CHECK(ddi_strtoul("zz", NULL, 36, &u) == 0 && u == 35 * 36 + 35);
	CHECK(ddi_ffs(0) == 0 && ddi_ffs(0x8000) == 16 && ddi_fls(0) == 0 && ddi_fls(0x81) == 8);
out:
	return why;
}

static const char *id32(dev_info_t *dip)
{
	const char *why = NULL;
	uint32_t a, b, c;
	int x, y;

	a = id32_alloc(&x, KM_SLEEP);
	b = id32_alloc(&y, KM_NOSLEEP);
	CHECK(a && b && a != b);
	CHECK(id32_lookup(a) == &x && id32_lookup(b) == &y);
	id32_free(a);
	CHECK(id32_lookup(a) == NULL && id32_lookup(0) == NULL);
	/* A stale id does no harm, and new ids do not equal it for a long time. */
	id32_free(a);
	c = id32_alloc(&x, KM_SLEEP);
	CHECK(c != a);
	id32_free(c);
	CHECK(id32_alloc(NULL, KM_SLEEP) == 0);
out:
	id32_free(b);
	return why;
}

static const char *clocks(dev_info_t *dip)
{
	hrtime_t start = gethrtime();
	const char *why = NULL;
	int64_t ticks = ddi_get_lbolt64();

	delay(drv_usectohz(20000));
	CHECK(gethrtime() - start >= 10000000 && ddi_get_lbolt64() - ticks > 0);
	CHECK(drv_hztousec(drv_usectohz(1000000)) == 1000000);
	CHECK(drv_usectohz(1) == 1 && drv_usectohz(0) == 0);
	/* After 2020, before 2100. */
	CHECK(ddi_get_time() > 1577836800L && ddi_get_time() < 4102444800L);
out:
	return why;
}

/* Entry points that a driver takes from the DDI, and what it asks about CPUs. */
static const char *defaults(dev_info_t *dip)
{
	struct modldrv drv = { .drv_linkinfo = "a driver" };
	struct modlinkage linkage = { MODREV_1, { &drv, NULL } };
	struct modlinkage empty = { MODREV_1, { NULL } };
	const char *why = NULL;
	struct modinfo info;
	void *result;

	CHECK(scsa_nodev() == ENXIO && scsa_nulldev() == 0 && nochpoll(0, 0, 0, NULL, NULL) == ENXIO);
	CHECK(ddi_no_info(dip, DDI_INFO_DEVT2INSTANCE, NULL, &result) == DDI_FAILURE);
	CHECK(ddi_quiesce_not_needed(dip) == DDI_SUCCESS);
	CHECK(ddi_quiesce_not_supported(dip) == DDI_FAILURE);
	CHECK(mod_info(&linkage, &info) != 0 && info.mi_name == drv.drv_linkinfo);
	CHECK(mod_info(&empty, &info) == 0);
	CHECK(ncpus >= 1 && CPU->cpu_id >= 0 && CPU->cpu_seqid < ncpus);
out:
	return why;
}

static const struct contract_test tests[] = {
	{ "acc_handle.rep", acc_rep },
	{ "pci_config.capabilities", config },
	{ "strtol", strtol_errors },
	{ "id32", id32 },
	{ "clocks", clocks },
	{ "defaults", defaults },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
