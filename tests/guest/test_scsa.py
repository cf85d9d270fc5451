# SPDX-License-Identifier: GPL-2.0
"""scsa.ko without isp: the contract clause by clause, and a RAM disk HBA in both models."""

import re

from checking import check, errors_in_log, ktap_results, log_of, same
from devices import ISP, block, devices, generic, host_number, reboot
from io_tests import fio
from qemu import Controller, Disk
from ramhba import RAMHBA, ramhba_group, ramhba_machine
from runner import Group, Suite, bound, not_built

GROUPS = []

BATCHES = 'atomic=1 batch=1 maxsegs=1'
BATCH = ramhba_group('scsa-batch', BATCHES, segs=1)
GROUPS += [
    ramhba_group('scsa-thread', ''),
    ramhba_group('scsa-atomic', 'atomic=1'),
    ramhba_group('scsa-sync', 'sync=1'),
    ramhba_group('scsa-one-cookie', 'maxsegs=1', segs=1),
    BATCH,
    ramhba_group('scsa-setup-pkt', 'setup=1'),
    ramhba_group('scsa-setup-pkt-atomic', 'setup=1 atomic=1'),
    ramhba_group('scsa-setup-pkt-one-cookie', 'setup=1 maxsegs=1', segs=1),
]


@BATCH.test
def refused_last(vm):
    """A batch whose last command is refused: tran_commit must still be called for those before it."""
    # The previous test has unloaded it.
    RAMHBA.load(vm, BATCHES)
    sg, host = generic(vm, 0), f'/sys/class/scsi_host/host{host_number(vm)}'
    vm.guest('head -c 1048576 /dev/zero > /tmp/on; dmesg -C')
    # The midlayer sends what it has held back in one batch, the latest command first.
    vm.guest(f'echo 1 > {host}/bus_quiesced; '
             f'sg_raw -s 1048576 -i /tmp/on {sg} 3b 02 00 00 00 00 10 00 00 00 & sleep 1; '
             f'sg_raw -t 60 {sg} 00 00 00 00 00 00 & sleep 1; echo 0 > {host}/bus_quiesced; wait')
    log = log_of(vm)
    check('opcode 0x3b with 1048576 bytes' in log, f'it is not refused:\n{log}')
    check('reset' not in log, f'the other one was not looked at:\n{log}')


QUIET = Group('scsa-quiet', lambda s: s.config(extra=['-device', 'pci-testdev', '-no-shutdown']),
              needs=not_built('ramhba'), before=RAMHBA.load)
GROUPS.append(QUIET)


def quiet_bus(vm):
    """Quiesce the bus, with a disk that needs its cache flushed before it loses power."""
    host = f'/sys/class/scsi_host/host{host_number(vm)}'
    vm.guest(f'for t in /sys/class/scsi_disk/*; do echo temporary write back > $t/cache_type; done; '
             f'dmesg -C; echo 1 > {host}/bus_quiesced')
    return host


@QUIET.test
def no_system_sleep(vm):
    """While the bus is quiet the system refuses to sleep, as that would wait for its disks."""
    host = quiet_bus(vm)
    vm.guest('! timeout 60 sh -c "echo freeze > /sys/power/state"', timeout=120)
    log = log_of(vm)
    check('ramhba0: the bus is quiesced' in log, f'no reason:\n{log}')
    same(vm.guest(f'cat {host}/bus_quiesced; echo 0 > {host}/bus_quiesced').text.strip(), '1', 'quiet')
    fio(vm, block(vm, 0), 1)


@QUIET.test
def no_obstacle_to_a_reboot(vm):
    """A reboot makes the bus work again, because the disks' caches must be flushed."""
    quiet_bus(vm)
    reboot(vm)
    RAMHBA.load(vm)
    fio(vm, block(vm, 0), 1)


LUNS = Suite()


@LUNS.test
def clone_and_probe(vm):
    """Each LUN has its own tran_tgt_private; a LUN that tran_tgt_probe rejects is hidden."""
    same(set(devices(vm)), {(0, 0)}, 'devices')
    fio(vm, block(vm, 0), 32)


@LUNS.test
def tgt_free(vm, driver):
    """tran_tgt_free is called once for each tran_tgt_init that succeeded."""
    driver.unload(vm)
    driver.load(vm)
    same([x for x in errors_in_log(vm) if 'Asking for cache data failed' not in x], [],
         'error lines in the kernel log')
    vm.guest('! dmesg | grep -E "not freed|never came back"')


@LUNS.test
def lost_packet(vm):
    """A packet that never comes back does no harm, even after its driver has unloaded."""
    disk = block(vm, 0)
    vm.guest(f'echo 1 > /sys/block/{disk[5:]}/device/eh_timeout; '
             f'echo 1 > /sys/block/{disk[5:]}/device/timeout; '
             f'! dd if={disk} of=/dev/null bs=512 count=1 skip=4242 iflag=direct', timeout=200)
    RAMHBA.unload(vm)
    log = log_of(vm)
    check(re.search(r'has gone with [1-9]\d* commands that never came back', log), log[-2000:])
    check(re.search(r'[1-9]\d* DMA handles were not freed', log), log[-2000:])


def lun_group(name, params):
    """A transport structure for each LUN, with a driver that hides one and loses a command."""
    driver = RAMHBA.having('clone=1 lose=1 ' + params)
    group = ramhba_machine(name, driver)
    LUNS.bind(group, driver=driver)
    GROUPS.append(group)


lun_group('scsa-luns', '')
lun_group('scsa-luns-setup-pkt', 'setup=1')

# What published drivers do and their glue says; see struct scsa_driver.
HABITS = Group('scsa-habits', lambda s: s.config(extra=['-device', 'pci-testdev']),
               needs=not_built('ramhba'), machine='pci-testdev {}')
GROUPS.append(HABITS)


def again(vm, params):
    vm.guest('modprobe -r ramhba; dmesg -C')
    RAMHBA.load(vm, params)


def complaints(vm):
    """What ramhba has to say about the framework."""
    return [line for line in log_of(vm).splitlines()
            if re.search('long status area|may start I/O|packets are left|misuse', line)]


@HABITS.test
def refused_tags(vm):
    """A LUN whose driver refuses tagged-qing gets packets without tags; one at a time, if it queues none."""
    for untagged, deep in ((1, False), (3, True)):
        again(vm, f'untagged={untagged}')
        disk = block(vm, 0)
        fio(vm, disk, 8)
        kind, depth = vm.guest(f'cd /sys/block/{disk[5:]}/device; cat queue_type queue_depth').text.split()
        same((kind, int(depth) > 1), ('none', deep), f'queue with untagged={untagged}, depth {depth}')


@HABITS.test
def initiator_ids(vm):
    """An adapter whose initiator id is 0 or none has a target 0; only an id above 0 is left out."""
    for initiator, targets in ((0, {(0, 0), (1, 0)}), (-1, {(0, 0), (1, 0)}), (1, {(0, 0)})):
        again(vm, f'initiator={initiator}')
        same(set(devices(vm)), targets, f'devices with initiator id {initiator}')


@HABITS.test
def learned_limits(vm):
    """Attributes that appear only at the first bind decide how large the block layer's requests are."""
    sizes = []
    for template in (0, 1):
        again(vm, f'maxsegs=16 template={template}')
        sizes.append(vm.guest(f'cat /sys/block/{block(vm, 0)[5:]}/queue/max_sectors_kb').text.strip())
    same(sizes[1], sizes[0], 'max_sectors_kb with a template')


@HABITS.test
def late_is_not_lost(vm):
    """A driver without aborts, whose late commands only need time: no error handling begins."""
    again(vm, 'lose=1 late_secs=300')
    disk = block(vm, 0)
    vm.guest(f'echo 1 > /sys/block/{disk[5:]}/device/timeout; '
             f'dd if={disk} of=/dev/null bs=512 count=1 skip=4242 iflag=direct & sleep 5; '
             'echo 1 > /sys/module/ramhba/parameters/late; wait $!', timeout=120)
    check('reset' not in log_of(vm) and 'abort' not in log_of(vm), log_of(vm))


@HABITS.test
def recovery_without_io(vm):
    """tran_abort(9E) and tran_reset(9E) allocate memory without waiting for the disks."""
    again(vm, 'lose=2')
    disk = block(vm, 0)
    vm.guest(f'echo 1 > /sys/block/{disk[5:]}/device/timeout; '
             f'dd if={disk} of=/dev/null bs=512 count=1 skip=4242 iflag=direct', timeout=120,
             check=False)
    check('LUN reset' in log_of(vm), 'no reset:\n' + log_of(vm))
    same(complaints(vm), [], 'complaints')


@HABITS.test
def suspend_that_does_nothing(vm):
    """If the glue says that suspend does nothing, there is no host reset to report as done."""
    again(vm, 'idle_suspend=1')
    vm.guest(f'! sg_reset -N -H {generic(vm, 0)}', timeout=120)
    check('host reset failed' in log_of(vm), log_of(vm))
    fio(vm, block(vm, 0), 1)


@HABITS.test
def plain_status_area(vm):
    """If the glue says so, packets have a plain scsi_arq_status(9S), and sense still arrives."""
    again(vm, 'short_status=1')
    said = vm.guest(f'sg_raw {generic(vm, 0)} 4d 00 00 00 00 00 00 00 00 00 2>&1', check=False).text
    check('Illegal Request' in said, said)
    same(complaints(vm), [], 'complaints')


@HABITS.test
def detach_that_forgets(vm):
    """Without scsi_hba_detach(9F) in detach(9E) nothing is left either."""
    again(vm, 'leave=1 setup=1')
    fio(vm, block(vm, 0), 8)
    again(vm, 'leave=1')
    vm.guest('modprobe -r ramhba')
    same(complaints(vm), [], 'complaints')


@HABITS.test
def other_interface(vm):
    """A driver built with other headers than scsa.ko does not load, and the log says why."""
    vm.guest('modprobe -r ramhba; dmesg -C; ! modprobe ramhba interface=0')
    check('built for version 0 of the interface' in log_of(vm), log_of(vm))
    again(vm, '')
    fio(vm, block(vm, 0), 1)


REFUSES = Group('scsa-refuses', lambda s: s.config(extra=['-device', 'pci-testdev']),
                needs=not_built('ramhba'), breaks=True)
GROUPS.append(REFUSES)


@REFUSES.test
def detach(vm):
    """A driver that refuses to detach keeps its code: its timeouts go on, and it cannot be unloaded."""
    RAMHBA.load(vm, 'leave=2')
    address = vm.guest('basename $(ls -d /sys/bus/pci/drivers/ramhba/*:*)').text.strip()
    vm.guest(f'echo {address} > /sys/bus/pci/drivers/ramhba/unbind; ! rmmod ramhba; sleep 3')
    check(log_of(vm).count('still here') > 1, log_of(vm))


TYPES = Group('scsa-types', lambda s: s.config(extra=['-device', 'pci-testdev']),
              needs=not_built('ramhba'), machine='pci-testdev {}')
GROUPS.append(TYPES)


def read_of_1_mib(vm, dtype):
    """One passthrough READ(10) too large for one cookie per command; return what the log says."""
    vm.guest('modprobe -r ramhba; dmesg -C')
    RAMHBA.load(vm, f'maxsegs=1 dtype={dtype}')
    vm.guest('head -c 1048576 /dev/urandom > /tmp/on')
    sg = generic(vm, 0)
    if dtype == 0:
        vm.guest(f'sg_dd if=/tmp/on of={sg} bs=512 bpt=1')
    result = vm.guest(f'sg_raw -r 1048576 -o /tmp/back {sg} 28 00 00 00 00 00 00 08 00 00 2>&1',
                      check=False)
    return result, log_of(vm)


for _name, _type in (('tape', 1), ('printer', 2), ('processor', 3), ('changer', 8)):
    def never_split(vm, dtype=_type):
        """A request that is not addressed by block is refused, not split."""
        result, log = read_of_1_mib(vm, dtype)
        check('Illegal Request' in result.text, f'sg_raw said:\n{result.text}')
        check(re.search(r'opcode 0x28 with 1048576 bytes', log), f'no line in the log:\n{log}')
    never_split.__name__ = _name + '_is_never_split'
    TYPES.test(never_split)

for _name, _type in (('disk', 0), ('zoned_disk', 0x14)):
    def split_in_order(vm, dtype=_type):
        """The same request is split for a disk, zoned by the host or not."""
        result, log = read_of_1_mib(vm, dtype)
        same(result.status, 0, f'status of sg_raw ({result.text})')
        same(vm.guest('cat /sys/class/scsi_device/*:0:0/device/scsa/split_requests').text.split()[0],
             '1', 'requests split')
        if dtype == 0:
            vm.guest('cmp /tmp/on /tmp/back')
    split_in_order.__name__ = _name + '_is_split'
    TYPES.test(split_in_order)


def clauses(vm, params):
    """The contract tests of tests/kmod/contract; each KTAP line is a test."""
    vm.guest(f'modprobe scsa_contract {params}; modprobe -r scsa_contract', timeout=300)
    found = ktap_results(vm)
    check(not vm.guest('dmesg --notime | grep "is called after attach" || true').text.strip(),
          'callback.not_after_detach: it is called')
    if 'misuse.bad_bind' in dict(found):
        # Each kind of misuse has one line.
        warned = vm.guest('dmesg --notime | grep -E "^scsa: (ddi_dma|scsi_).*called from"').text.split('\n')
        same(sorted(set(warned)), sorted(warned), 'warnings')
        check(len(warned) > 24, 'too few warnings:\n' + '\n'.join(warned))
    if 'fm.ereport' in dict(found):
        posted = vm.guest('dmesg --notime | grep -o "ereport.io.*\\|service .*"').text
        same(posted.strip().split('\n'),
             ['ereport.io.device.no_response ena=0x1231 version=0x0 text="abc" '
              'large=0x10000000000', 'service degraded'] +
             re.findall('ereport.io.pci.nr .*', posted), 'ereports')
    return found


def contract_group(name, params='', device='pci-testdev', **machine):
    """The contract tests on one kind of machine, with parameters of their module."""
    group = Group(name, lambda s: s.config(extra=['-device', device], **machine),
                  needs=not_built('scsa_contract'), machine=f'{device} {machine}')
    group.test(bound(clauses, params=params))
    GROUPS.append(group)


contract_group('contract')
contract_group('contract-swiotlb', 'hog=1', cmdline='swiotlb=force')
contract_group('contract-iommu', 'peek=0', iommu=True)
# With memory above 4 GiB, which the kernel allocates first.
contract_group('contract-high', memory='3G')
contract_group('contract-thread', 'thread=1')
contract_group('contract-intr', device='isp1040')
contract_group('contract-intr-thread', 'thread=1', device='isp1040')
contract_group('contract-intr-oneshot', 'thread=1 oneshot=1', device='isp1040')

# Slots whose interrupts the chip set routes to one line.
LINE = Group('contract-intr-line', lambda s: s.config(
    controllers=[Controller(id='isp0', props={'addr': '0x11'}),
                 Controller(id='isp1', props={'addr': '0x15'})], disks=[Disk(bus=0, size='64M')]),
             needs=not_built('scsa_contract'), before=ISP.load)
GROUPS.append(LINE)


@LINE.test
def shared_with_the_other_model(vm):
    """An interrupt thread and a driver of the atomic model on one line, at the same time."""
    irqs = vm.guest('cat /sys/bus/pci/drivers/isp/*:*/irq').text.split()
    check(len(irqs) == 2 and irqs[0] == irqs[1], f'interrupts {irqs}')
    vm.guest('echo 0000:00:15.0 > /sys/bus/pci/drivers/isp/unbind')
    disk = block(vm, 0)
    vm.guest(f'(fio --name=x --filename={disk} '
             '--rw=randread --bs=4k --direct=1 --iodepth=4 --ioengine=libaio --time_based '
             '--runtime=600 > /tmp/fio 2>&1; echo over >> /tmp/fio) & '
             'modprobe scsa_contract thread=1; modprobe -r scsa_contract', timeout=300)
    moved = vm.guest(f'cat /sys/block/{disk[5:]}/stat; sleep 1; cat /sys/block/{disk[5:]}/stat; killall fio; '
                     'while [ ! -e /tmp/fio ] || ! grep -q over /tmp/fio; do sleep 0.1; done').text
    before, after = (int(line.split()[0]) for line in moved.strip().split('\n'))
    check(after > before, 'the other driver has no interrupts any more')
    same(errors_in_log(vm), [], 'error lines in the kernel log')
    return ktap_results(vm)
