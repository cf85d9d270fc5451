// SPDX-License-Identifier: GPL-2.0
/* compat/os of the simulator: memory, registers, configuration space, interrupts, firmware, messages. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define KM_NOSLEEP	1
#define REG_NS		300
#define REG_BASE	0x10000000ul
#define IRQ_NS		1000
#define NOBODY_CARED	2000	/* interrupts in a row that no handler claims */

struct sim_config sim_config;
unsigned int sim_warnings;
unsigned int linux_wide_windows = 1;

/* ---- memory ---- */

#define KMEM_LARGE	(1u << 20)

static unsigned int kmem_count;

static void *kmem_new(size_t size, int flags, bool zero)
{
	void *p;

	if (!(flags & KM_NOSLEEP))
		sim_must_sleep_well("kmem_alloc");
	sim_point();
	if ((flags & KM_NOSLEEP) && sim_chance(sim_config.nosleep_fails))
		return NULL;
	kmem_count++;
	/* What may be mapped for the device lies at the same place of a page in each run. */
	if (size >= SIM_BLOCK && size < KMEM_LARGE) {
		p = aligned_alloc(4096, (size + 4095) & ~(size_t)4095);
		return zero ? memset(p, 0, size) : p;
	}
	size += !size;
	return zero ? calloc(1, size) : malloc(size);
}

void *scsa_kmem_alloc(size_t size, int flags)
{
	void *p = kmem_new(size, flags, false);

	return p ? memset(p, 0xa5, size) : NULL;
}

/* calloc() does not touch what is as large as a RAM disk. */
void *scsa_kmem_zalloc(size_t size, int flags)
{
	return kmem_new(size, flags, true);
}

void scsa_kmem_free(void *p, size_t size)
{
	if (!p)
		return;
	kmem_count--;
	free(p);
}

/* ---- registers and configuration space ---- */

static uint8_t dev_config[256];
static unsigned int dev_naccs;

#define CONFIG_COMMAND	4
#define MASTER		4

/* Bus mastering: a bit in configuration space. */
void sim_dma_master(bool on)
{
	dev_config[CONFIG_COMMAND] = (uint8_t)((dev_config[CONFIG_COMMAND] & ~MASTER) | (on ? MASTER : 0));
}

bool sim_dma_is_master(void)
{
	return dev_config[CONFIG_COMMAND] & MASTER;
}

static struct scsa_acc *dev_acc(enum sim_acc_kind kind, size_t len)
{
	struct scsa_acc *acc = calloc(1, sizeof(*acc));

	acc->kind = kind;
	acc->base = kind == SIM_ACC_REGS ? REG_BASE : 0;
	acc->len = len;
	dev_naccs++;
	return acc;
}

int scsa_regs_map_setup(struct dev_info *dip, unsigned int rnumber, char **addrp, long long offset,
			long long len, bool big_endian, struct scsa_acc **handlep)
{
	if (offset || len > 256)
		return SCSA_FAILURE;
	*handlep = dev_acc(SIM_ACC_REGS, 256);
	*addrp = (char *)REG_BASE;
	return SCSA_SUCCESS;
}

void scsa_regs_map_free(struct scsa_acc **handlep)
{
	free(*handlep);
	*handlep = NULL;
	dev_naccs--;
}

static uintptr_t dev_register(const struct scsa_acc *acc, const void *addr, size_t size)
{
	uintptr_t offset = (uintptr_t)addr - acc->base;

	if (offset >= acc->len || size > acc->len - offset)
		sim_fail("register access outside the map");
	sim_point();
	sim_now += REG_NS;
	return offset;
}

uint16_t scsa_get16(struct scsa_acc *acc, const void *addr)
{
	uintptr_t offset = dev_register(acc, addr, 2);
	uint16_t value;

	if (acc->kind == SIM_ACC_REGS)
		return (uint16_t)sim_chip_read((uint32_t)offset, 2);
	memcpy(&value, addr, 2);
	return value;
}

void scsa_put16(struct scsa_acc *acc, void *addr, uint16_t value)
{
	uintptr_t offset = dev_register(acc, addr, 2);

	if (acc->kind == SIM_ACC_REGS)
		sim_chip_write((uint32_t)offset, value, 2);
	else
		memcpy(addr, &value, 2);
}

int scsa_check_acc_handle(struct scsa_acc *acc)
{
	return linux_device_gone(NULL) ? SCSA_FAILURE : SCSA_SUCCESS;
}

bool linux_device_gone(struct dev_info *dip)
{
	return sim_chip_config_gone();
}

int scsa_pci_config_setup(struct dev_info *dip, struct scsa_acc **handlep)
{
	*handlep = dev_acc(SIM_ACC_CONFIG, 256);
	return SCSA_SUCCESS;
}

void scsa_pci_config_teardown(struct scsa_acc **handlep)
{
	scsa_regs_map_free(handlep);
}

#define CONFIG_ACCESS(bits)									\
	uint##bits##_t scsa_pci_config_get##bits(struct scsa_acc *acc, long offset)		\
	{											\
		uint##bits##_t value = (uint##bits##_t)-1;					\
												\
		sim_point();									\
		if (!sim_chip_config_gone())							\
			memcpy(&value, dev_config + offset, bits / 8);				\
		return value;									\
	}											\
	void scsa_pci_config_put##bits(struct scsa_acc *acc, long offset, uint##bits##_t value)	\
	{											\
		sim_point();									\
		if (sim_chip_config_gone())							\
			return;									\
		memcpy(dev_config + offset, &value, bits / 8);					\
	}
CONFIG_ACCESS(8)
CONFIG_ACCESS(16)
CONFIG_ACCESS(32)

void scsa_membar_producer(void)
{
}

void scsa_membar_consumer(void)
{
}

/* ---- the interrupt ---- */

struct scsa_intr {
	struct dev_info		*dip;
	scsa_intr_handler_t	handler;
	void			*arg1, *arg2;
	bool			enabled, running, ended;
	unsigned int		unclaimed;
};

static struct scsa_intr *intr_one;
static bool intr_line;

void sim_line(bool level)
{
	intr_line = level;
	if (level && intr_one)
		sim_wake(intr_one, true);
}

/* A processor that does nothing else than take this interrupt. */
static void intr_cpu(void *arg)
{
	struct scsa_intr *ih = arg;

	while (ih->enabled) {
		if (!intr_line || ih->unclaimed > NOBODY_CARED) {
			sim_block(ih, 0);
			continue;
		}
		ih->running = true;
		if (ih->handler(ih->arg1, ih->arg2) == 1)
			ih->unclaimed = 0;
		else if (ih->unclaimed++ == NOBODY_CARED)
			sim_trace("no handler claimed the interrupt: the line is disabled");
		ih->running = false;
		sim_pass(IRQ_NS + sim_rand(IRQ_NS));
	}
	ih->ended = true;
	sim_wake(&ih->ended, true);
}

int scsa_intr_alloc(struct dev_info *dip, struct scsa_intr **handles, int type, int inum, int count,
		    int *actualp, int behavior)
{
	if (type != 1 || inum || count != 1 || intr_one)
		return SCSA_FAILURE;
	intr_one = calloc(1, sizeof(*intr_one));
	intr_one->dip = dip;
	handles[0] = intr_one;
	*actualp = 1;
	return SCSA_SUCCESS;
}

int scsa_intr_free(struct scsa_intr *ih)
{
	if (ih->handler)
		return SCSA_FAILURE;
	free(ih);
	intr_one = NULL;
	return SCSA_SUCCESS;
}

int scsa_intr_get_pri(struct scsa_intr *ih, unsigned int *prip)
{
	*prip = ih->dip->di_pri;
	return SCSA_SUCCESS;
}

int scsa_intr_add_handler(struct scsa_intr *ih, scsa_intr_handler_t handler, void *arg1, void *arg2)
{
	if (ih->handler)
		return SCSA_FAILURE;
	ih->handler = handler;
	ih->arg1 = arg1;
	ih->arg2 = arg2;
	return SCSA_SUCCESS;
}

int scsa_intr_remove_handler(struct scsa_intr *ih)
{
	if (ih->enabled)
		return SCSA_FAILURE;
	ih->handler = NULL;
	return SCSA_SUCCESS;
}

int scsa_intr_enable(struct scsa_intr *ih)
{
	ih->enabled = true;
	ih->ended = false;
	sim_spawn("irq", ih->dip->di_pri == SCSA_PRI_THREAD ? SIM_THREAD : SIM_HARDIRQ, intr_cpu, ih);
	sim_point();
	return SCSA_SUCCESS;
}

int scsa_intr_disable(struct scsa_intr *ih)
{
	if (!ih->enabled)
		return SCSA_FAILURE;
	sim_must_sleep_well("ddi_intr_disable");
	ih->enabled = false;
	sim_wake(ih, true);
	while (!ih->ended)
		sim_block(&ih->ended, 0);
	return SCSA_SUCCESS;
}

/* ---- firmware ---- */

struct scsa_firmware {
	uint8_t	image[6 + 2 * 16];
};

/* The smallest image that driver and chip accept: a length and a sum. */
int scsa_firmware_open(const char *drv_name, const char *image, struct scsa_firmware **fhp)
{
	struct scsa_firmware *fh;
	uint8_t *words;

	sim_must_sleep_well("firmware_open");
	if (!sim_config.firmware)
		return ENOENT;
	fh = calloc(1, sizeof(*fh));
	fh->image[5] = 0x10;
	words = fh->image + 6;
	words[6] = 16;
	words[8] = (uint8_t)-16;
	words[9] = 0xff;
	*fhp = fh;
	return 0;
}

void scsa_firmware_close(struct scsa_firmware *fh)
{
	free(fh);
}

long scsa_firmware_get_size(struct scsa_firmware *fh)
{
	return sizeof(fh->image);
}

int scsa_firmware_read(struct scsa_firmware *fh, long long offset, void *buf, size_t len)
{
	memcpy(buf, fh->image + offset, len);
	return 0;
}

/* ---- messages and the rest ---- */

static bool dev_offline;		/* the controller */
static uint32_t dev_lost;		/* targets */

static void dev_note_offline(const char *text)
{
	unsigned int bus, target;

	if (sscanf(text, "bus %u: target %u keeps losing commands, all its I/O fails", &bus, &target) == 2)
		dev_lost |= 1u << (bus * SIM_TARGETS + target);
	else if (strstr(text, "all I/O fails"))
		dev_offline = true;
	else if (strstr(text, "runs again") || !strcmp(text, "restarted"))
		dev_offline = false;
}

void sim_resumed(bool well)
{
	dev_offline = !well;
}

bool sim_says_offline(unsigned int bus, unsigned int target)
{
	return dev_offline || dev_lost & 1u << (bus * SIM_TARGETS + target);
}

static void dev_message(int level, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (level == 2)
		sim_warnings++;
	if (strstr(text, "lost an interrupt") && !sim_chip_may_be_quiet())
		sim_fail("the driver has lost an interrupt");
	dev_note_offline(text);
	if (level == 3)
		sim_fail("panic: %s", fmt);
	sim_trace("%s: %s", level == 2 ? "WARNING" : "note", text);
}

void scsa_dev_err(struct dev_info *dip, int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dev_message(level, fmt, ap);
	va_end(ap);
}

void scsa_cmn_err(int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dev_message(level, fmt, ap);
	va_end(ap);
}

void scsa_assert_failed(const char *file, int line, const char *fmt, ...)
{
	sim_fail("assertion failed: %s, %s:%d", fmt, file, line);
}

bool linux_ratelimit(void)
{
	return true;
}

void linux_misuse(const char *function, const char *what, void *caller)
{
	sim_fail("misuse of %s: %s", function, what);
}

void linux_minor_remove(struct dev_info *dip, const char *name)
{
}

void *linux_kstat_show(const char *name, struct kstat *ksp,
		       void (*print)(struct kstat *ksp, struct seq_file *m))
{
	return ksp;
}

void linux_kstat_hide(void *file)
{
}

void linux_seq_printf(struct seq_file *m, const char *fmt, ...)
{
}

int linux_minor_create(struct dev_info *dip, const char *name, unsigned int minor,
		       const struct linux_minor_ops *ops)
{
	return -ENODEV;
}

void sim_os_begin(struct dev_info *dip)
{
	memset(dev_config, 0, sizeof(dev_config));
	memset(dip, 0, sizeof(*dip));
	intr_line = false;
	sim_warnings = 0;
	dev_offline = false;
	dev_lost = 0;
	sim_dma_begin();
}

void sim_os_end(void)
{
	if (intr_one)
		sim_fail("the interrupt is left allocated");
	if (dev_naccs)
		sim_fail("%u register maps are left", dev_naccs);
	sim_dma_end();
}

unsigned int sim_kmem_count(void)
{
	return kmem_count;
}
