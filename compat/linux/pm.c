// SPDX-License-Identifier: GPL-2.0
/*
 * Stopping a device and starting it again: system sleep, PCI error recovery, host reset.
 *
 * To an HBA driver all three look alike. After detach(9E) with DDI_SUSPEND it has returned every
 * packet and its device does nothing. attach(9E) with DDI_RESUME initializes the device as if it
 * had just been found.
 */
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm.h>

#include <scsi/scsi_host.h>

#include <scsa/scsa.h>

#include "../impl.h"
#include "host.h"
#include "../linux_impl.h"

/* How long a host reset waits for PCI error recovery. */
#define SLOT_RESET_MS	60000

/*
 * Let requests through, unless an administrator or PCI error recovery still holds them back.
 * host->state_lock is held.
 */
void linux_unblock(struct scsa_host *host)
{
	if (!host->quiesced && !host->quiescing && !host->recovering)
		scsi_unblock_requests(host->shost);
}

static void set_recovering(struct scsa_host *host, bool recovering)
{
	mutex_lock(&host->state_lock);
	WRITE_ONCE(host->recovering, recovering);
	if (recovering)
		scsi_block_requests(host->shost);
	else
		linux_unblock(host);
	mutex_unlock(&host->state_lock);
}

/*
 * host->state_lock is held. While the device is stopped, memory reclaim must not wait for its disks:
 * here and in pm_resume() the HBA driver allocates without starting I/O.
 */
static int pm_suspend(struct scsa_host *host)
{
	int rc;

	if (host->suspended)
		return 0;
	if (linux_driver_of(host->dip)->no_suspend)
		return -EOPNOTSUPP;
	if (host->wq)
		flush_work(&host->work);
	rc = linux_noio(scsa_suspend(host->dip));
	if (rc)
		return -EBUSY;
	host->suspended = true;
	/* Another kernel may run the device before DDI_RESUME: see struct scsa_driver. */
	if (linux_driver_of(host->dip)->own_master)
		linux_dma_stop(host->dip);
	return 0;
}

/* host->state_lock is held. */
static int pm_resume(struct scsa_host *host)
{
	int rc;

	if (!host->suspended)
		return 0;
	rc = linux_noio(scsa_resume(host->dip));
	if (rc)
		return -EIO;
	host->suspended = false;
	return 0;
}

static int with_host_lock(struct scsa_host *host, int (*step)(struct scsa_host *host))
{
	int rc;

	mutex_lock(&host->state_lock);
	rc = step(host);
	mutex_unlock(&host->state_lock);
	return rc;
}

/* Stop and start the HBA, or retry a start that failed. Thread. 0 or a negative errno. */
int linux_host_restart(struct scsa_host *host)
{
	unsigned int ms;
	int rc;

	/* While the PCI core recovers the device, we must not start it. */
	for (ms = 0; ms < SLOT_RESET_MS && READ_ONCE(host->recovering); ms += 100)
		msleep(100);
	mutex_lock(&host->state_lock);
	host->recoveries++;
	rc = host->gone ? -ENODEV : host->recovering ? -EBUSY : pm_suspend(host);
	if (!rc && !linux_resume_dma(host))
		rc = -EBUSY;
	if (!rc)
		rc = pm_resume(host);
	mutex_unlock(&host->state_lock);
	return rc;
}

/* Called before the host's other devices go to sleep: on a quiesced bus they would wait forever. */
static int linux_prepare(struct device *dev)
{
	struct dev_info *dip = dev_get_drvdata(dev);

	if (!READ_ONCE(dip->di_host->quiesced) && !READ_ONCE(dip->di_host->quiescing))
		return 0;
	dev_err(dev, "%s%d: the bus is quiesced, so the system cannot sleep; write 0 to bus_quiesced\n",
		dip->di_name, dip->di_instance);
	return -EBUSY;
}

/* The midlayer's devices already sleep: no command is outstanding, and none will come. */
static int linux_suspend(struct device *dev)
{
	struct dev_info *dip = dev_get_drvdata(dev);
	int rc = with_host_lock(dip->di_host, pm_suspend);

	if (rc)
		dev_err(dev, "%s cannot be suspended\n", dip->di_name);
	return rc;
}

static int linux_resume(struct device *dev)
{
	struct dev_info *dip = dev_get_drvdata(dev);
	int rc = with_host_lock(dip->di_host, pm_resume);

	if (rc)
		dev_err(dev, "%s did not resume, all I/O fails; try a host reset (sg_reset -H)\n",
			dip->di_name);
	return rc;
}

const struct dev_pm_ops linux_pm_ops = {
	.prepare = linux_prepare,
	SYSTEM_SLEEP_PM_OPS(linux_suspend, linux_resume)
};

/* Stop the device before its slot is reset. False, with a line in the log, if that fails. */
static bool stopped_for_reset(struct pci_dev *pdev)
{
	struct dev_info *dip = pci_get_drvdata(pdev);

	if (!with_host_lock(dip->di_host, pm_suspend))
		return true;
	dev_err(&pdev->dev, "%s cannot be stopped after a PCI error\n", dip->di_name);
	set_recovering(dip->di_host, false);
	return false;
}

/*
 * A PCI error. Unless the link still works, neither register accesses nor DMA do. The commands
 * return to the midlayer, which keeps them until the slot reset is over.
 */
static pci_ers_result_t linux_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct dev_info *dip = pci_get_drvdata(pdev);

	if (state == pci_channel_io_normal)
		return PCI_ERS_RESULT_CAN_RECOVER;
	set_recovering(dip->di_host, true);
	if (!stopped_for_reset(pdev))
		return PCI_ERS_RESULT_DISCONNECT;
	if (state != pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_NEED_RESET;
	set_recovering(dip->di_host, false);
	return PCI_ERS_RESULT_DISCONNECT;
}

static pci_ers_result_t linux_slot_reset(struct pci_dev *pdev)
{
	struct dev_info *dip = pci_get_drvdata(pdev);

	/* The slot of a device that still ran may be reset as well, because of its neighbour. */
	if (!stopped_for_reset(pdev))
		return PCI_ERS_RESULT_DISCONNECT;
	/* A resume from system sleep has consumed the state that probe saved. */
	pdev->state_saved = true;
	pci_restore_state(pdev);
	pci_save_state(pdev);
	if (!with_host_lock(dip->di_host, pm_resume))
		return PCI_ERS_RESULT_RECOVERED;
	dev_err(&pdev->dev, "%s did not restart after a PCI error, all I/O fails; load the driver again\n",
		dip->di_name);
	set_recovering(dip->di_host, false);
	return PCI_ERS_RESULT_DISCONNECT;
}

static void linux_error_resume(struct pci_dev *pdev)
{
	struct dev_info *dip = pci_get_drvdata(pdev);

	pci_info(pdev, "%s goes on after a PCI error\n", dip->di_name);
	set_recovering(dip->di_host, false);
}

const struct pci_error_handlers linux_err_handlers = {
	.error_detected = linux_error_detected,
	.slot_reset = linux_slot_reset,
	.resume = linux_error_resume,
};
