/* SPDX-License-Identifier: GPL-2.0 */
/* Contract tests: each shows one clause of the manual pages and is named after it. */
#ifndef _CONTRACT_H
#define _CONTRACT_H

#include <linux/types.h>

struct dev_info;
struct scsa_sgl;
struct cb_ops;

/* What a test returns where the machine cannot provoke its case. */
extern const char *const contract_skip;

/* A test returns NULL, contract_skip, or the condition that did not hold. */
struct contract_test {
	const char	*name;
	const char	*(*run)(struct dev_info *dip);
};

/* What the tests of a suite run on. */
enum contract_place {
	CONTRACT_ON_TESTDEV,	/* a device without an HBA, pci-testdev */
	CONTRACT_ON_CHIP,	/* an ISP1040 */
	CONTRACT_ON_LUN,	/* a logical unit of a working HBA; see struct contract_lun */
};

struct contract_suite {
	enum contract_place		place;
	const struct contract_test	*tests;	/* end with an empty entry */
};

/* Register the tests of a file. Suites run in the order of their files' names. */
#define CONTRACT_SUITE(on, list)						\
	static const struct contract_suite contract_suite = { on, list };	\
	static const struct contract_suite *const contract_registered		\
		__attribute__((used, section(".contract_suites"))) = &contract_suite

/* The linker script suites.lds names both ends. */
extern const struct contract_suite *const contract_suites_begin[], *const contract_suites_end[];

/* Counts calls of a function that must not be called after attach(9E) has failed. */
extern int contract_calls_left;
/* cb_ops of the driver that the tests live in. */
extern struct cb_ops contract_cb_ops;

/* Run every suite for @place, and print the results as KTAP. */
void contract_run(struct dev_info *dip, enum contract_place place);

/* The usual length of a piece. */
#define PIECE	4096

/* Memory in @n separate pieces of @len bytes each, as a scatterlist; pieces never adjoin. */
struct scsa_sgl {
	void		*sgl;
	unsigned int	nents;
	size_t		len;
	void		*private;
};

int contract_sgl_alloc(struct scsa_sgl *s, unsigned int n, unsigned int len);
void contract_sgl_free(struct scsa_sgl *s);
/* Byte @offset as the CPU sees it. */
uint8_t *contract_sgl_byte(struct scsa_sgl *s, size_t offset);
/* Memory in one piece, and a scatterlist with one entry for it. */
void *contract_pages(size_t len);
/* The same below 16 MiB. */
void *contract_pages_low(size_t len);
void contract_pages_free(void *p, size_t len);
int contract_sgl_of(struct scsa_sgl *s, void *p, size_t len);
/* The first piece, then the first 512 bytes of each of @n pages. */
int contract_sgl_mixed(struct scsa_sgl *s, void *first, size_t len, void *pages, unsigned int n);
void contract_sgl_put(struct scsa_sgl *s);
/* The largest piece that the device can map. */
size_t contract_max_mapping(struct dev_info *dip);
void *contract_vmalloc(size_t len);
void contract_vfree(void *p);
bool contract_is_thread(void);
bool contract_in_thread_model(void);
bool contract_interrupts_off(void);
/* Make a signal pending for this task, or clear it. */
void contract_signal(bool on);
/* Make the device look unplugged, or plugged in again. */
void contract_device_gone(bool gone);
/* Set how many sets of cookies a window may have; see dma_plan_widen(). */
int contract_set_wide(unsigned int sets);
/* Is there memory above 4 GiB? Then the pieces of contract_sgl_alloc() are there. */
bool contract_has_high_memory(void);
/* Set the device's own mask: what it reaches without help. */
void contract_set_mask(unsigned int bits);
/* Open a file of /dev; returns NULL on failure. Closing NULL does nothing. */
void *contract_open(const char *name);
/* Open it for writing only, exclusive and non-blocking. */
void *contract_open_alone(const char *name);
void contract_close(void *file);
/* Read what a kstat shows; returns bytes, or a negative errno. */
long contract_read_kstat(const char *name, char *text, size_t len);
/* ioctl(2) with that argument; the second form passes the address of a user's copy of @value. */
long contract_ioctl(void *file, unsigned int cmd, unsigned long arg);
long contract_ioctl_user(void *file, unsigned int cmd, int *value);

/* The device's view of a bus address; valid only without an IOMMU. */
uint8_t contract_peek(uint64_t bus_addr);
void contract_poke(uint64_t bus_addr, uint8_t value);
/* No IOMMU and no forced bouncing: the bus address of memory is its physical address. */
bool contract_maps_directly(struct dev_info *dip);
bool contract_can_peek(struct dev_info *dip);

/* Use up the machine's DMA resources, and release them. */
bool contract_can_hog(void);
int contract_hog(struct dev_info *dip);
void contract_unhog(struct dev_info *dip);

/* The logical unit on which to play a target driver, and its HBA. */
struct contract_lun {
	unsigned int	target, lun;
	int		absent;		/* a target that is not there; -1: do not probe one */
	unsigned int	segs;		/* pages that a command can carry */
	int		initiator;	/* the HBA's "initiator-id" */
	unsigned int	rounds;
};

bool contract_on_host(void);
int contract_host_run(void);
void contract_host_end(void);
void contract_target_run(struct dev_info *dip, struct contract_lun *lun);
/* A polled command whose completion the chip loses. */
const char *contract_poll_lost(struct dev_info *dip, struct contract_lun *lun);
/* Run a function in a soft interrupt of CPU 0. Call from a thread. */
void contract_in_softirq(void (*func)(void *arg), void *arg);
/* Prepare a write for when the kernel panics; send it after the panic; or drop it. */
const char *contract_panic_prepare(struct dev_info *dip, struct contract_lun *lun);
const char *contract_panic_write(void);
void contract_panic_forget(void);

int contract_init(void);
int contract_fini(void);

#endif /* _CONTRACT_H */
