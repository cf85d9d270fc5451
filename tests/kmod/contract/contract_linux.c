// SPDX-License-Identifier: GPL-2.0
/* Linux glue of the contract tests: KTAP in the kernel log, memory, and the device's view of it. */
#include <linux/delay.h>
#include <linux/dma-map-ops.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/preempt.h>
#include <linux/scatterlist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include <scsa/scsa.h>

#include "contract.h"

static bool peek = true;
module_param(peek, bool, 0444);
MODULE_PARM_DESC(peek, "play the device: bus addresses are physical addresses here");

static bool thread;
module_param(thread, bool, 0444);
MODULE_PARM_DESC(thread, "use the thread model");
static bool oneshot;
module_param(oneshot, bool, 0444);
MODULE_PARM_DESC(oneshot, "share the ISP1040's interrupt line with an IRQF_ONESHOT handler");

static unsigned int number;
const char *const contract_skip = "skipped";

static void run_tests(struct dev_info *dip, const struct contract_test *tests)
{
	for (; tests->name; tests++) {
		const char *why = tests->run(dip);

		if (why == contract_skip) {
			pr_info("contract: ok %u %s # SKIP\n", ++number, tests->name);
			continue;
		}
		if (why)
			pr_info("contract: # does not hold: %s\n", why);
		pr_info("contract: %s %u %s\n", why ? "not ok" : "ok", ++number, tests->name);
	}
}

void contract_run(struct dev_info *dip, enum contract_place place)
{
	const struct contract_suite *const *suite;

	number = 0;
	pr_info("contract: KTAP version 1\n");
	for (suite = contract_suites_begin; suite < contract_suites_end; suite++)
		if ((*suite)->place == place)
			run_tests(dip, (*suite)->tests);
	pr_info("contract: 1..%u\n", number);
}

static int by_address(const void *a, const void *b)
{
	unsigned long x = page_to_pfn(*(struct page **)a), y = page_to_pfn(*(struct page **)b);

	return x < y ? -1 : x > y;
}

int contract_sgl_alloc(struct scsa_sgl *s, unsigned int n, unsigned int len)
{
	struct sg_table *table = kzalloc(sizeof(*table), GFP_KERNEL);
	struct scatterlist *sg;
	struct page **pages;
	unsigned int i;

	if (!table || sg_alloc_table(table, n, GFP_KERNEL)) {
		kfree(table);
		return -ENOMEM;
	}
	pages = kvcalloc(2 * n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		goto fail;
	/* Sort the pages by address and use every second one, so that no two can be merged. */
	for (i = 0; i < 2 * n; i++) {
		pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!pages[i])
			goto fail;
	}
	sort(pages, 2 * n, sizeof(*pages), by_address, NULL);
	for_each_sg(table->sgl, sg, n, i)
		sg_set_page(sg, pages[2 * i], len, 0);
	s->sgl = table->sgl;
	s->nents = n;
	s->len = (size_t)n * len;
	s->private = table;
	for (i = 0; i < n; i++)
		__free_page(pages[2 * i + 1]);
	kvfree(pages);
	return 0;

fail:
	for (i = 0; pages && i < 2 * n && pages[i]; i++)
		__free_page(pages[i]);
	kvfree(pages);
	sg_free_table(table);
	kfree(table);
	return -ENOMEM;
}

void contract_sgl_free(struct scsa_sgl *s)
{
	struct sg_table *table = s->private;
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(table->sgl, sg, s->nents, i)
		__free_page(sg_page(sg));
	sg_free_table(table);
	kfree(table);
}

uint8_t *contract_sgl_byte(struct scsa_sgl *s, size_t offset)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(s->sgl, sg, s->nents, i) {
		if (offset < sg->length)
			return (uint8_t *)sg_virt(sg) + offset;
		offset -= sg->length;
	}
	return NULL;
}

void *contract_vmalloc(size_t len)
{
	return vzalloc(len);
}

void contract_vfree(void *p)
{
	vfree(p);
}

bool contract_is_thread(void)
{
	return in_task();
}

bool contract_interrupts_off(void)
{
	return irqs_disabled();
}

bool contract_in_thread_model(void)
{
	return thread;
}

void contract_signal(bool on)
{
	if (on)
		set_thread_flag(TIF_SIGPENDING);
	else
		clear_thread_flag(TIF_SIGPENDING);
}

uint8_t contract_peek(uint64_t bus_addr)
{
	return READ_ONCE(*(uint8_t *)phys_to_virt(bus_addr));
}

void contract_poke(uint64_t bus_addr, uint8_t value)
{
	WRITE_ONCE(*(uint8_t *)phys_to_virt(bus_addr), value);
}

static const struct pci_device_id contract_ids[] = {
	{ PCI_DEVICE(0x1b36, 0x0005) },
	{ PCI_DEVICE(0x1077, 0x1020) },
	{ }
};
MODULE_DEVICE_TABLE(pci, contract_ids);

bool contract_maps_directly(struct dev_info *dip)
{
	struct pci_dev *pdev = pci_get_device(contract_ids[0].vendor, contract_ids[0].device, NULL);
	struct page *page = alloc_page(GFP_KERNEL | GFP_DMA);
	bool directly = false;
	dma_addr_t addr;

	if (!page || !pdev)
		goto out;
	addr = dma_map_page(&pdev->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	if (!dma_mapping_error(&pdev->dev, addr)) {
		directly = addr == page_to_phys(page);
		dma_unmap_page(&pdev->dev, addr, PAGE_SIZE, DMA_TO_DEVICE);
	}
out:
	if (page)
		__free_page(page);
	pci_dev_put(pdev);
	return directly;
}

void contract_device_gone(bool gone)
{
	struct pci_dev *pdev = pci_get_device(contract_ids[0].vendor, contract_ids[0].device, NULL);

	if (!pdev)
		return;
	pdev->error_state = gone ? pci_channel_io_perm_failure : pci_channel_io_normal;
	pci_dev_put(pdev);
}

void *contract_pages(size_t len)
{
	return alloc_pages_exact(len, GFP_KERNEL | __GFP_ZERO);
}

void *contract_pages_low(size_t len)
{
	return alloc_pages_exact(len, GFP_KERNEL | GFP_DMA | __GFP_ZERO);
}

void contract_pages_free(void *p, size_t len)
{
	if (p)
		free_pages_exact(p, len);
}

int contract_sgl_of(struct scsa_sgl *s, void *p, size_t len)
{
	struct scatterlist *sg = kmalloc(sizeof(*sg), GFP_KERNEL);

	if (!sg)
		return -ENOMEM;
	sg_init_one(sg, p, len);
	s->sgl = sg;
	s->nents = 1;
	s->len = len;
	return 0;
}

int contract_sgl_mixed(struct scsa_sgl *s, void *first, size_t len, void *pages, unsigned int n)
{
	struct scatterlist *sg = kmalloc_array(n + 1, sizeof(*sg), GFP_KERNEL);
	unsigned int i;

	if (!sg)
		return -ENOMEM;
	sg_init_table(sg, n + 1);
	sg_set_buf(sg, first, len);
	for (i = 0; i < n; i++)
		sg_set_buf(&sg[i + 1], pages + i * PAGE_SIZE, 512);
	s->sgl = sg;
	s->nents = n + 1;
	s->len = len + n * 512;
	return 0;
}

void contract_sgl_put(struct scsa_sgl *s)
{
	kfree(s->sgl);
	s->sgl = NULL;
}

size_t contract_max_mapping(struct dev_info *dip)
{
	struct pci_dev *pdev = pci_get_device(contract_ids[0].vendor, contract_ids[0].device, NULL);
	size_t most = pdev ? dma_max_mapping_size(&pdev->dev) : 0;

	pci_dev_put(pdev);
	return most;
}

int contract_set_wide(unsigned int sets)
{
	struct file *file = filp_open("/sys/module/scsa/parameters/wide_windows", O_WRONLY, 0);
	char text[12];
	loff_t pos = 0;
	int n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = scnprintf(text, sizeof(text), "%u", sets);
	n = kernel_write(file, text, n, &pos) == n ? 0 : -EIO;
	contract_close(file);
	return n;
}

bool contract_has_high_memory(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	bool high = page && page_to_phys(page) > U32_MAX;

	if (page)
		__free_page(page);
	return high;
}

void contract_set_mask(unsigned int bits)
{
	struct pci_dev *pdev = pci_get_device(contract_ids[0].vendor, contract_ids[0].device, NULL);

	if (!pdev)
		return;
	if (dma_set_mask(&pdev->dev, DMA_BIT_MASK(bits)))
		pr_warn("contract: no %u bit mask\n", bits);
	pci_dev_put(pdev);
}

static void *open_node(const char *name, int how)
{
	char path[64];
	struct file *file;

	snprintf(path, sizeof(path), "/dev/%s", name);
	file = filp_open(path, how, 0);
	return IS_ERR(file) ? NULL : file;
}

void *contract_open(const char *name)
{
	return open_node(name, O_RDWR);
}

void *contract_open_alone(const char *name)
{
	return open_node(name, O_WRONLY | O_EXCL | O_NONBLOCK);
}

/* A user task drops the last reference only when it leaves the kernel; a kernel thread, now. */
struct close_work {
	struct work_struct	work;
	struct file		*file;
};

static void do_close(struct work_struct *work)
{
	__fput_sync(container_of(work, struct close_work, work)->file);
}

void contract_close(void *file)
{
	struct close_work w = { .file = file };

	if (!file)
		return;
	INIT_WORK_ONSTACK(&w.work, do_close);
	schedule_work(&w.work);
	flush_work(&w.work);
	destroy_work_on_stack(&w.work);
}

long contract_ioctl(void *file, unsigned int cmd, unsigned long arg)
{
	return ((struct file *)file)->f_op->unlocked_ioctl(file, cmd, arg);
}

long contract_ioctl_user(void *file, unsigned int cmd, int *value)
{
	unsigned long addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, 0);
	long rc = -ENOMEM;

	if (IS_ERR_VALUE(addr))
		return rc;
	rc = -EFAULT;
	if (!put_user(*value, (int __user *)addr))
		rc = contract_ioctl(file, cmd, addr);
	if (get_user(*value, (int __user *)addr))
		rc = -EFAULT;
	vm_munmap(addr, PAGE_SIZE);
	return rc;
}

long contract_read_kstat(const char *name, char *text, size_t len)
{
	unsigned long addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, 0);
	char path[96];
	struct file *file;
	loff_t pos = 0;
	long rc;

	if (IS_ERR_VALUE(addr))
		return addr;
	snprintf(path, sizeof(path), "/sys/kernel/debug/scsa/%s", name);
	file = filp_open(path, O_RDONLY, 0);
	rc = PTR_ERR_OR_ZERO(file);
	if (rc)
		goto unmap;
	rc = file->f_op->read(file, (char __user *)addr, min_t(size_t, len - 1, PAGE_SIZE), &pos);
	if (rc > 0 && copy_from_user(text, (char __user *)addr, rc))
		rc = -EFAULT;
	text[rc > 0 ? rc : 0] = 0;
	contract_close(file);
unmap:
	vm_munmap(addr, PAGE_SIZE);
	return rc;
}

bool contract_can_peek(struct dev_info *dip)
{
	return peek;
}


static struct scsa_driver contract_driver = {
	.name = "contract",
	.owner = THIS_MODULE,
	.id_table = contract_ids,
	.model = SCSA_MODEL_ATOMIC,
	.init = contract_init,
	.fini = contract_fini,
};

/* Another device on the same interrupt line, which never interrupts. */
static struct pci_dev *neighbour;

static irqreturn_t neighbour_handler(int irq, void *data)
{
	return IRQ_NONE;
}

static int neighbour_move_in(void)
{
	int rc;

	neighbour = pci_get_device(contract_ids[1].vendor, contract_ids[1].device, NULL);
	if (!neighbour)
		return -ENODEV;
	rc = pci_enable_device(neighbour);
	if (rc)
		goto put;
	rc = request_threaded_irq(neighbour->irq, NULL, neighbour_handler, IRQF_SHARED | IRQF_ONESHOT,
				  "neighbour", &neighbour);
	if (!rc)
		return 0;
	pci_disable_device(neighbour);
put:
	pci_dev_put(neighbour);
	return rc;
}

static void neighbour_move_out(void)
{
	free_irq(neighbour->irq, &neighbour);
	pci_disable_device(neighbour);
	pci_dev_put(neighbour);
}

static int __init contract_load(void)
{
	int rc;

	if (contract_on_host())
		return contract_host_run();
	if (thread)
		contract_driver.model = SCSA_MODEL_THREAD;
	rc = oneshot ? neighbour_move_in() : 0;
	if (rc)
		return rc;
	rc = scsa_driver_init(&contract_driver);
	if (rc && oneshot)
		neighbour_move_out();
	return rc;
}
module_init(contract_load);

static void __exit contract_unload(void)
{
	int calls = READ_ONCE(contract_calls_left);

	if (contract_on_host()) {
		contract_host_end();
		return;
	}
	msleep(100);
	if (READ_ONCE(contract_calls_left) != calls)
		pr_warn("contract: a function that waits for resources is called after attach(9E)\n");
	scsa_driver_fini(&contract_driver);
	if (oneshot)
		neighbour_move_out();
}
module_exit(contract_unload);

MODULE_DESCRIPTION("Tests of the SCSA and DDI contract");
MODULE_LICENSE("GPL");
SCSA_IMPORT_NAMESPACE();
