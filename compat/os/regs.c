// SPDX-License-Identifier: GPL-2.0
/*
 * Access handles: device registers and PCI configuration space; see ddi_regs_map_setup(9F),
 * ddi_get16(9F), pci_config_setup(9F).
 */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "acc.h"

/* The BAR for an entry of the "reg" property. Entry 1 is the first implemented BAR. -1 if none. */
static int reg_to_bar(struct pci_dev *pdev, unsigned int rnumber)
{
	unsigned int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		if (pci_resource_len(pdev, bar) && --rnumber == 0)
			return bar;
	return -1;
}

/**
 * scsa_dev_nregs() - ddi_dev_nregs(9F)
 * @dip: instance
 * @countp: takes the number of register sets, including configuration space
 *
 * Context: any.
 * Return: SCSA_SUCCESS.
 */
int scsa_dev_nregs(struct dev_info *dip, int *countp)
{
	struct pci_dev *pdev = dip->di_pdev;
	unsigned int bar;

	*countp = 1;
	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		if (pci_resource_len(pdev, bar))
			++*countp;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_dev_nregs);

/**
 * scsa_dev_regsize() - ddi_dev_regsize(9F)
 * @dip: instance
 * @rnumber: register set
 * @sizep: takes its size in bytes
 *
 * Context: any.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if there is no such set.
 */
int scsa_dev_regsize(struct dev_info *dip, unsigned int rnumber, long *sizep)
{
	struct pci_dev *pdev = dip->di_pdev;
	int bar;

	if (rnumber == 0) {
		*sizep = pdev->cfg_size;
		return SCSA_SUCCESS;
	}
	bar = reg_to_bar(pdev, rnumber);
	if (bar < 0)
		return SCSA_FAILURE;
	*sizep = pci_resource_len(pdev, bar);
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_dev_regsize);

/**
 * scsa_regs_map_setup() - ddi_regs_map_setup(9F)
 * @dip: instance
 * @rnumber: register set; 0, configuration space, cannot be mapped
 * @addrp: takes the base address, for scsa_get16() and the other accessors
 * @offset: first byte of the set to map
 * @len: bytes to map; 0 with @offset 0 maps all
 * @big_endian: the device's registers are big-endian
 * @handlep: takes the access handle
 *
 * Context: thread.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE, also if the machine has no address for this set.
 */
int scsa_regs_map_setup(struct dev_info *dip, unsigned int rnumber, char **addrp, long long offset,
			long long len, bool big_endian, struct scsa_acc **handlep)
{
	struct pci_dev *pdev = dip->di_pdev;
	int bar = reg_to_bar(pdev, rnumber);
	struct scsa_acc *acc;
	resource_size_t size;

	/* A BAR that has no address still has its entry, so that the numbers of the others stay. */
	if (bar < 0 || !(dip->di_bars & BIT(bar)))
		return SCSA_FAILURE;
	size = pci_resource_len(pdev, bar);
	if (offset < 0 || len < 0 || offset >= size || len > size - offset)
		return SCSA_FAILURE;
	acc = kzalloc(sizeof(*acc), GFP_KERNEL);
	if (!acc)
		return SCSA_FAILURE;
	acc->iomem = pci_iomap_range(pdev, bar, offset, len);
	if (!acc->iomem) {
		kfree(acc);
		return SCSA_FAILURE;
	}
	acc->kind = (pci_resource_flags(pdev, bar) & IORESOURCE_IO) ? ACC_IO_SPACE : ACC_MEMORY_SPACE;
	acc->swap = big_endian;
	acc->base = (uintptr_t)acc->iomem;
	acc->len = len ? len : size - offset;
	acc->pdev = pdev;
	*addrp = (char __force *)acc->iomem;
	*handlep = acc;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_regs_map_setup);

/**
 * scsa_regs_map_free() - ddi_regs_map_free(9F)
 * @handlep: handle of scsa_regs_map_setup(), set to NULL
 *
 * Context: thread.
 */
void scsa_regs_map_free(struct scsa_acc **handlep)
{
	struct scsa_acc *acc = *handlep;

	if (WARN_ON(!acc || acc->kind > ACC_IO_SPACE))
		return;
	pci_iounmap(acc->pdev, acc->iomem);
	kfree(acc);
	*handlep = NULL;
}
EXPORT_SYMBOL_GPL(scsa_regs_map_free);

/* An access outside the mapping is a driver bug that would oops or hit other registers. */
static __always_inline bool acc_in_range(const struct scsa_acc *acc, const void *addr, size_t size)
{
	if (WARN_ONCE(!acc, "scsa: access without a handle\n"))
		return false;
	return !WARN_ONCE(acc->len < size || (uintptr_t)addr - acc->base > acc->len - size,
			  "scsa: access at offset %#lx of a %zu byte mapping\n",
			  (unsigned long)((uintptr_t)addr - acc->base), acc->len);
}

/* I/O ports are at most 32 bits wide. */
static u64 io_read64(const void __iomem *addr)
{
	u32 low = ioread32(addr);

	return (u64)ioread32(addr + 4) << 32 | low;
}

static void io_write64(u64 value, void __iomem *addr)
{
	iowrite32(lower_32_bits(value), addr);
	iowrite32(upper_32_bits(value), addr + 4);
}

#define DEFINE_ACCESSORS(bits, mem_read, mem_write, io_read, io_write, swab)		\
/**											\
 * scsa_get##bits() - ddi_get##bits(9F)							\
 * @acc: access handle									\
 * @addr: address in its range								\
 *											\
 * Context: any.									\
 * Return: the value in host byte order; all ones outside the range.			\
 */											\
uint##bits##_t scsa_get##bits(struct scsa_acc *acc, const void *addr)			\
{											\
	uint##bits##_t value;								\
											\
	if (!acc_in_range(acc, addr, bits / 8))						\
		return (uint##bits##_t)~0;						\
	if (likely(acc->kind == ACC_MEMORY_SPACE))					\
		value = mem_read((const void __iomem __force *)addr);			\
	else if (acc->kind == ACC_COHERENT)						\
		value = READ_ONCE(*(const uint##bits##_t *)addr);			\
	else										\
		value = io_read((const void __iomem __force *)addr);			\
	return acc->swap ? swab(value) : value;						\
}											\
EXPORT_SYMBOL_GPL(scsa_get##bits);							\
											\
/**											\
 * scsa_put##bits() - ddi_put##bits(9F)							\
 * @acc: access handle									\
 * @addr: address in its range								\
 * @value: value in host byte order							\
 *											\
 * The device sees earlier writes to memory before it sees one to a register.		\
 *											\
 * Context: any.									\
 */											\
void scsa_put##bits(struct scsa_acc *acc, void *addr, uint##bits##_t value)		\
{											\
	if (!acc_in_range(acc, addr, bits / 8))						\
		return;									\
	if (acc->swap)									\
		value = swab(value);							\
	if (likely(acc->kind == ACC_MEMORY_SPACE))					\
		mem_write(value, (void __iomem __force *)addr);				\
	else if (acc->kind == ACC_COHERENT)						\
		WRITE_ONCE(*(uint##bits##_t *)addr, value);				\
	else										\
		io_write(value, (void __iomem __force *)addr);				\
}											\
EXPORT_SYMBOL_GPL(scsa_put##bits);							\
											\
/**											\
 * scsa_rep_get##bits() - ddi_rep_get##bits(9F)						\
 * @acc: access handle									\
 * @host: memory to read to								\
 * @addr: address in the handle's range							\
 * @count: number of values								\
 * @flags: DDI_DEV_AUTOINCR (1), or DDI_DEV_NO_AUTOINCR (0) to read @addr each time	\
 *											\
 * Context: any.									\
 */											\
void scsa_rep_get##bits(struct scsa_acc *acc, void *host, const void *addr,		\
			size_t count, unsigned int flags)				\
{											\
	size_t i;									\
											\
	for (i = 0; i < count; i++) {							\
		const char *p = (const char *)addr + (flags & 1 ? i * (bits / 8) : 0);	\
		uint##bits##_t value = scsa_get##bits(acc, p);				\
											\
		memcpy((uint##bits##_t *)host + i, &value, bits / 8);			\
	}										\
}											\
EXPORT_SYMBOL_GPL(scsa_rep_get##bits);							\
											\
/**											\
 * scsa_rep_put##bits() - ddi_rep_put##bits(9F)						\
 * @acc: access handle									\
 * @host: memory to write from								\
 * @addr: address in the handle's range							\
 * @count: number of values								\
 * @flags: as for scsa_rep_get##bits()							\
 *											\
 * Context: any.									\
 */											\
void scsa_rep_put##bits(struct scsa_acc *acc, const void *host, void *addr,		\
			size_t count, unsigned int flags)				\
{											\
	size_t i;									\
											\
	for (i = 0; i < count; i++) {							\
		char *p = (char *)addr + (flags & 1 ? i * (bits / 8) : 0);		\
		uint##bits##_t value;							\
											\
		memcpy(&value, (const uint##bits##_t *)host + i, bits / 8);		\
		scsa_put##bits(acc, p, value);						\
	}										\
}											\
EXPORT_SYMBOL_GPL(scsa_rep_put##bits)

#define swab8(x) (x)
DEFINE_ACCESSORS(8, readb, writeb, ioread8, iowrite8, swab8);
DEFINE_ACCESSORS(16, readw, writew, ioread16, iowrite16, swab16);
DEFINE_ACCESSORS(32, readl, writel, ioread32, iowrite32, swab32);
DEFINE_ACCESSORS(64, readq, writeq, io_read64, io_write64, swab64);

/* Unplugged, or isolated by PCI error recovery. */
static bool is_gone(struct pci_dev *pdev)
{
	return pci_channel_offline(pdev) || !pci_device_is_present(pdev);
}

bool linux_device_gone(struct dev_info *dip)
{
	return is_gone(dip->di_pdev);
}

/**
 * scsa_check_acc_handle() - ddi_check_acc_handle(9F)
 * @acc: access handle
 *
 * Context: any.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if the device behind it no longer answers.
 */
int scsa_check_acc_handle(struct scsa_acc *acc)
{
	if (!acc)
		return SCSA_FAILURE;
	if (acc->kind == ACC_COHERENT)
		return SCSA_SUCCESS;
	return is_gone(acc->pdev) ? SCSA_FAILURE : SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_check_acc_handle);

/**
 * scsa_pci_config_setup() - pci_config_setup(9F)
 * @dip: instance
 * @handlep: takes the handle for scsa_pci_config_get16() and the other accessors
 *
 * Context: thread.
 * Return: SCSA_SUCCESS or SCSA_FAILURE.
 */
int scsa_pci_config_setup(struct dev_info *dip, struct scsa_acc **handlep)
{
	struct scsa_acc *acc = kzalloc(sizeof(*acc), GFP_KERNEL);

	if (!acc)
		return SCSA_FAILURE;
	acc->kind = ACC_CONFIG;
	acc->pdev = dip->di_pdev;
	*handlep = acc;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_pci_config_setup);

/**
 * scsa_pci_config_teardown() - pci_config_teardown(9F)
 * @handlep: handle of scsa_pci_config_setup(), set to NULL
 *
 * Context: thread.
 */
void scsa_pci_config_teardown(struct scsa_acc **handlep)
{
	if (WARN_ON(!*handlep || (*handlep)->kind != ACC_CONFIG))
		return;
	kfree(*handlep);
	*handlep = NULL;
}
EXPORT_SYMBOL_GPL(scsa_pci_config_teardown);

static bool is_config(const struct scsa_acc *acc)
{
	return !WARN_ONCE(!acc || acc->kind != ACC_CONFIG,
			  "scsa: not a handle of pci_config_setup()\n");
}

#define DEFINE_CONFIG(bits, ctype, read, write)						\
/**											\
 * scsa_pci_config_get##bits() - pci_config_get##bits(9F)				\
 * @acc: handle of scsa_pci_config_setup()						\
 * @offset: offset in configuration space						\
 *											\
 * Context: any.									\
 * Return: the value; all ones if the device does not answer.				\
 */											\
uint##bits##_t scsa_pci_config_get##bits(struct scsa_acc *acc, long offset)		\
{											\
	ctype value;									\
											\
	if (!is_config(acc) || read(acc->pdev, offset, &value))				\
		return (uint##bits##_t)~0;						\
	return value;									\
}											\
EXPORT_SYMBOL_GPL(scsa_pci_config_get##bits);						\
											\
/**											\
 * scsa_pci_config_put##bits() - pci_config_put##bits(9F)				\
 * @acc: handle of scsa_pci_config_setup()						\
 * @offset: offset in configuration space						\
 * @value: value to write								\
 *											\
 * Context: any.									\
 */											\
void scsa_pci_config_put##bits(struct scsa_acc *acc, long offset, uint##bits##_t value)	\
{											\
	if (is_config(acc))								\
		write(acc->pdev, offset, value);					\
}											\
EXPORT_SYMBOL_GPL(scsa_pci_config_put##bits)

DEFINE_CONFIG(8, u8, pci_read_config_byte, pci_write_config_byte);
DEFINE_CONFIG(16, u16, pci_read_config_word, pci_write_config_word);
DEFINE_CONFIG(32, u32, pci_read_config_dword, pci_write_config_dword);

/**
 * scsa_pci_config_get64() - pci_config_get64(9F)
 * @acc: handle of scsa_pci_config_setup()
 * @offset: offset in configuration space
 *
 * Context: any.
 * Return: the value, read in two halves; all ones if the device does not answer.
 */
uint64_t scsa_pci_config_get64(struct scsa_acc *acc, long offset)
{
	u32 low = scsa_pci_config_get32(acc, offset);

	return (u64)scsa_pci_config_get32(acc, offset + 4) << 32 | low;
}
EXPORT_SYMBOL_GPL(scsa_pci_config_get64);

/**
 * scsa_pci_config_put64() - pci_config_put64(9F)
 * @acc: handle of scsa_pci_config_setup()
 * @offset: offset in configuration space
 * @value: value to write, in two halves
 *
 * Context: any.
 */
void scsa_pci_config_put64(struct scsa_acc *acc, long offset, uint64_t value)
{
	scsa_pci_config_put32(acc, offset, lower_32_bits(value));
	scsa_pci_config_put32(acc, offset + 4, upper_32_bits(value));
}
EXPORT_SYMBOL_GPL(scsa_pci_config_put64);

/**
 * scsa_pci_cap_locate() - pci_lcap_locate(9F), pci_xcap_locate(9F)
 * @acc: handle of scsa_pci_config_setup()
 * @id: capability
 * @extended: look in PCI Express' extended configuration space
 * @basep: takes its offset
 *
 * Context: any.
 * Return: SCSA_SUCCESS, or SCSA_FAILURE if the device has no such capability.
 */
int scsa_pci_cap_locate(struct scsa_acc *acc, unsigned int id, bool extended, uint16_t *basep)
{
	unsigned int base;

	if (!is_config(acc))
		return SCSA_FAILURE;
	base = extended ? pci_find_ext_capability(acc->pdev, id) :
			  pci_find_capability(acc->pdev, id);
	if (!base)
		return SCSA_FAILURE;
	*basep = base;
	return SCSA_SUCCESS;
}
EXPORT_SYMBOL_GPL(scsa_pci_cap_locate);

/**
 * scsa_slaveonly() - ddi_slaveonly(9F)
 * @dip: instance
 *
 * Context: any.
 * Return: SCSA_FAILURE: any PCI slot lets a device be a bus master.
 */
int scsa_slaveonly(struct dev_info *dip)
{
	return SCSA_FAILURE;
}
EXPORT_SYMBOL_GPL(scsa_slaveonly);

/**
 * scsa_membar_producer() - membar_producer(9F): order stores before it ahead of stores after it
 *
 * Context: any.
 */
void scsa_membar_producer(void)
{
	dma_wmb();
}
EXPORT_SYMBOL_GPL(scsa_membar_producer);

/**
 * scsa_membar_consumer() - membar_consumer(9F): order loads before it ahead of loads after it
 *
 * Context: any.
 */
void scsa_membar_consumer(void)
{
	dma_rmb();
}
EXPORT_SYMBOL_GPL(scsa_membar_consumer);

/**
 * scsa_membar_enter() - membar_enter(9F), membar_exit(9F): order loads and stores
 *
 * Context: any.
 */
void scsa_membar_enter(void)
{
	mb();	/* pairs with a barrier of the driver's own */
}
EXPORT_SYMBOL_GPL(scsa_membar_enter);
