# SPDX-License-Identifier: GPL-2.0
"""Hosts and neighbours that are not ideal: no I/O space, shared buses, little memory, a VM that stops."""

from checking import check, log_of, same
from devices import ISP, QLA1280, block, chips, generic, host_number
from images import blank_image, firmware
from qemu import Controller, Disk
from runner import grouper
from test_citizen import verified
from test_isp import used

GROUPS = []
group = grouper(GROUPS)


# The machine's I/O space is taken, so the card's I/O BAR gets no address. The card is behind a PCIe port,
# because only those report PCI errors.
NOIO = group('citizen-noio', lambda s: s.config(
    cmdline='pcie_ports=native reserve=0x1000,0xf000', modules=['qla1280'],
    controllers=[Controller('pcie-root-port', id='rp0', props={'hotplug': 'off'}),
                 Controller(id='isp0', props={'bus': 'rp0'})],
    disks=[Disk(bus=1, target=0, size='16M'), Disk(bus=1, target=1, size='16M')],
    files=[firmware(s.build)]))


def regions(vm):
    """What the driver of the card has claimed: its lines of /proc/ioports and of /proc/iomem."""
    return [int(n) for n in vm.guest('grep -c " isp$" /proc/ioports; grep -c " isp$" /proc/iomem',
                                     check=False).text.split()]


@NOIO.test
def peer_without_io_space(vm):
    """qla1280 works through the memory BAR."""
    QLA1280.load(vm)
    verified(vm, block(vm, 0), block(vm, 1))
    QLA1280.unload(vm)


@NOIO.test
def isp_without_io_space(vm):
    """isp claims and uses the memory BAR alone, also after a sleep, a host reset and a PCI error."""
    ISP.load(vm)
    same(regions(vm), [0, 1], 'regions in I/O space and in memory')
    verified(vm, block(vm, 0), block(vm, 1))
    vm.guest('echo platform > /sys/power/pm_test; '
             'echo 0 > /sys/module/suspend/parameters/pm_test_delay; '
             'echo freeze > /sys/power/state; echo none > /sys/power/pm_test')
    verified(vm, block(vm, 0))
    vm.guest(f'sg_reset -H {generic(vm, 0)}')
    verified(vm, block(vm, 0))
    vm.qmp('human-monitor-command', **{'command-line': 'pcie_aer_inject_error rp0 DLP'})
    vm.guest('for n in $(seq 300); do dmesg | grep -q "goes on after a PCI error" && break; '
             'sleep 0.1; done')
    check('goes on after a PCI error' in log_of(vm), 'no recovery')
    verified(vm, block(vm, 0), block(vm, 1))
    ISP.unload(vm)


@NOIO.test
def running_for_another(vm):
    """A chip that another driver has left running does no DMA until isp has stopped it."""
    ISP.load(vm)
    at, = chips(vm)
    bus = '/sys/bus/pci'
    vm.guest(f'echo {at} > {bus}/drivers/isp/unbind && modprobe hold points=isp:isp_init=3000')
    QLA1280.load(vm)
    verified(vm, block(vm, 0))
    # qla1280 lets its firmware go on.
    vm.guest(f'echo {at} > {bus}/drivers/qla1280/unbind && modprobe -r qla1280')
    command = f'$((0x$(od -An -tx1 -j4 -N1 {bus}/devices/{at}/config | tr -d " ") & 4))'
    found = vm.guest(f'(echo {at} > {bus}/drivers/isp/bind; touch /tmp/bound) > /dev/null 2>&1 & '
                     'until dmesg | grep -q "hold: isp:isp_init for"; do sleep 0.1; done; '
                     f'echo {command}; until [ -e /tmp/bound ]; do sleep 0.1; done; settle; echo {command}',
                     timeout=120).text.split()
    same(found, ['0', '4'], 'bus mastering before the start and after it')
    verified(vm, block(vm, 0))
    vm.guest('modprobe -r hold')
    ISP.unload(vm)


def without_address(vm, bar):
    """isp on a card whose BAR the kernel knows, but has no address for; it claims the other one."""
    vm.guest(f'modprobe noaddr vendor=0x1077 bar={bar} && modprobe -r noaddr')
    ISP.load(vm)
    same(regions(vm), [bar, 1 - bar], 'regions in I/O space and in memory')
    verified(vm, block(vm, 0), block(vm, 1))
    vm.guest(f'sg_reset -H {generic(vm, 0)}')
    verified(vm, block(vm, 0))
    ISP.unload(vm)


@NOIO.test
def io_bar_without_address(vm):
    """The same where the kernel keeps the BAR, as on boards that take the firmware's addresses."""
    without_address(vm, 0)


def late_disk(settings):
    """A port without I/O space, into which a card is plugged once the kernel runs, and its disk."""
    image = blank_image(settings.scratch('late-disk'))
    return settings.config(
        cmdline='pcie_ports=native pci=hpiosize=0 reserve=0x1000,0xf000',
        controllers=[Controller('pcie-root-port', id='rp0', props={'io-reserve': '0'})],
        extra=['-blockdev', f'driver=file,node-name=late,filename={image}',
               # The port's own hotplug, not ACPI's.
               '-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'])


HPIO = group('citizen-hpio', late_disk)


@HPIO.test
def plugged_without_io_space(vm):
    """A card behind a port that reserves no I/O space: isp claims and uses the memory BAR."""
    ISP.load(vm)
    vm.qmp('device_add', driver='isp1040', id='isp0', bus='rp0')
    vm.qmp('device_add', driver='scsi-hd', id='late-disk', bus='isp0.0', drive='late', **{'scsi-id': 0})
    vm.guest('for n in $(seq 300); do [ -e /sys/class/scsi_host/host* ] && break; sleep 0.1; done; '
             'for h in /sys/class/scsi_host/host*; do echo - - - > $h/scan; done; settle', timeout=200)
    same(regions(vm), [0, 1], f'{log_of(vm)}\nregions in I/O space and in memory')
    verified(vm, block(vm, 0))
    ISP.unload(vm)


SHARED = group('citizen-shared', lambda s: s.config(
    controllers=[Controller(id='isp0')], disks=[Disk(target=t, size='16M') for t in (0, 1)],
    modules=['qla1280'], files=[firmware(s.build)], trace=['isp_mailbox']))


@SHARED.test
def memory_bar_without_address(vm):
    """isp works through I/O space if the memory BAR has no address."""
    card, = chips(vm)
    without_address(vm, 1)
    vm.guest(f'echo 1 > /sys/bus/pci/devices/{card}/remove; echo 1 > /sys/bus/pci/rescan')


def mailboxes(vm):
    """The opcodes of all mailbox commands that the chip has seen."""
    with open(f'{vm.logs}/guest-errors', encoding='utf-8') as f:
        return [int(line.split()[2], 0) for line in f if line.startswith('isp_mailbox op')]


ABORT, ABORT_DEVICE, ABORT_TARGET, BUS_RESET = 0x15, 0x16, 0x17, 0x18
NO_RESET = ISP.having('bus_reset=0')


def lost_command(vm):
    """A write to target 0 is lost; verified I/O goes on when it is back."""
    vm.guest('for d in sda sdb; do echo 2 > /sys/block/$d/device/timeout; '
             'echo 2 > /sys/block/$d/device/eh_timeout; done')
    vm.fault('drop-completion,target=0,opcode=0x2a,after=20')
    verified(vm, block(vm, 0), block(vm, 1))


@SHARED.test
def bus_reset_0(vm):
    """With bus_reset=0 neither a start, error recovery, nor a request resets the bus; all else works."""
    before = len(mailboxes(vm))
    NO_RESET.load(vm)
    lost_command(vm)
    sent = mailboxes(vm)[before:]
    for opcode in (ABORT, ABORT_DEVICE, ABORT_TARGET):
        check(opcode in sent, f'{opcode:#x} is not among {sorted(set(sent))}')
    sg = generic(vm, 0)
    check(vm.guest(f'sg_reset -N -b {sg}', check=False).status, 'sg_reset -b')
    host = f'/sys/class/scsi_host/host{host_number(vm)}'
    check(vm.guest(f'echo 1 > {host}/bus_reset', check=False).status, 'bus_reset in sysfs')
    vm.guest(f'sg_reset -N -d {sg} && sg_reset -N -t {sg} && sg_reset -N -H {sg}')
    vm.fault('system-error,target=0')       # the chip is restarted
    verified(vm, block(vm, 0), block(vm, 1))
    same(mailboxes(vm)[before:].count(BUS_RESET), 0, 'bus resets')
    check('no bus reset' in log_of(vm), 'the log does not say why')
    ISP.unload(vm)


@SHARED.test
def bus_reset_1(vm):
    """By default there is one at start, and the last one before a restart of the chip."""
    before = len(mailboxes(vm))
    ISP.load(vm)
    same(mailboxes(vm)[before:].count(BUS_RESET), 1, 'bus resets at start')
    lost_command(vm)
    check(mailboxes(vm)[before:].count(BUS_RESET) > 1, 'recovery resets no bus')


def recoveries(vm):
    """Aborts and resets that the chip has seen."""
    return sum(n in (ABORT, ABORT_DEVICE, ABORT_TARGET, BUS_RESET) for n in mailboxes(vm))


def reserved(vm):
    """Another initiator has reserved target 0: each command fails once, at once, and the others work."""
    disk, before = block(vm, 0), recoveries(vm)
    vm.fault('complete,status=0x15,scsi-status=0x18,target=0,opcode=0x2a,count=0')
    vm.fault('complete,status=0,scsi-status=0x18,target=0,opcode=0,count=0')
    fired = vm.counters()['faults']
    said = vm.guest(f'dd if=/dev/zero of={disk} bs=4k count=1 oflag=direct 2>&1', check=False)
    check(said.status and 'Invalid exchange' in said.text, f'dd: {said.status} {said.text}')
    same(vm.counters()['faults'] - fired, 1, 'commands for one write')
    said = vm.guest(f'sg_turs -v {generic(vm, 0)} 2>&1', check=False)
    check('eservation conflict' in said.text, f'sg_turs: {said.status} {said.text}')
    same(vm.counters()['faults'] - fired, 2, 'commands for a write and a test')
    verified(vm, block(vm, 1))
    vm.guest(f'dd if={disk} of=/dev/null bs=4k count=1 iflag=direct')
    vm.fault('')
    verified(vm, disk)
    same(recoveries(vm), before, 'aborts and resets')


@SHARED.test
def reservation(vm):
    """RESERVATION CONFLICT reaches the user; isp sends nothing else, and no abort or reset."""
    reserved(vm)
    ISP.unload(vm)


@SHARED.test
def reservation_with_the_peer(vm):
    """qla1280 does the same."""
    QLA1280.load(vm)
    reserved(vm)
    QLA1280.unload(vm)


@SHARED.test
def large_requests(vm):
    """What requests of 2,048 segments needed is given back: their tags keep less than 1 MiB in all."""
    ISP.load(vm)
    name = block(vm, 0)[5:]
    # Pages of a file written in random order: hardly two of them adjoin.
    vm.guest('fio --name=m --filename=/dev/shm/scattered --rw=randwrite --bs=4k --size=8m '
             '--ioengine=psync --fallocate=none --randrepeat=1 >/dev/null')

    def load(kib):
        vm.guest(f'echo {kib} > /sys/block/{name}/queue/max_sectors_kb; '
                 f'fio --name=r --filename=/dev/{name} --rw=read --bs={kib}k --direct=1 --numjobs=24 '
                 f'--loops=4 --size=8m --iomem=mmapshared:/dev/shm/scattered >/dev/null',
                 timeout=200)
        return used(vm)['slab']

    before = load(256)
    iocbs = vm.counters()['iocbs']
    grown = load(8192) - before
    # An entry has seven segments.
    check(vm.counters()['iocbs'] - iocbs > 24 * 4 * 2000 / 7, 'the requests had fewer segments')
    check(grown < 1024, f'{grown} KiB more')
    vm.guest('rm /dev/shm/scattered')
    ISP.unload(vm)


# A swap disk, and one that is used for the first time when memory is short.
MEMORY = group('citizen-memory', lambda s: s.config(
    controllers=[Controller(id='isp0')], memory='224M',
    disks=[Disk(target=0, size='48M'), Disk(target=1, size='200M')]), before=ISP.load)


@MEMORY.test
def swap_under_resets(vm):
    """Memory is short, the swap is on the controller's disks, and resets come: nothing hangs or is lost."""
    disks = [block(vm, t) for t in (0, 1)]
    vm.guest(f'for d in {" ".join(disks)}; do mkswap $d >/dev/null || exit; done; swapon {disks[0]}; '
             'mount -o remount,size=300m /dev/shm 2>/dev/null || mount -t tmpfs -o size=300m t /dev/shm; '
             'echo 160 > /proc/sys/vm/min_free_kbytes')
    # More than the memory, and after a while more than the first disk holds.
    vm.guest(f"""cd /dev/shm
             (while [ ! -e /tmp/end ]; do sleep 5; for l in t b H; do
              [ -e /tmp/end ] || sg_reset -N -$l {generic(vm, 0)}; sleep 2; done; done) >/dev/null 2>&1 &
             for n in 1 2 3 4 5 6 7 8 9 10 11; do
              [ $n != 7 ] || swapon {disks[1]} || exit
              head -c 20971520 /dev/urandom > $n && sha256sum $n >> /tmp/sums || exit
             done
             sha256sum -c /tmp/sums >/dev/null || exit
             touch /tmp/end; wait""", timeout=300)
    swaps = vm.guest('sed 1d /proc/swaps').text.split()
    check(all(int(n) > 10000 for n in swaps[3::5]), f'not all swap was used: {swaps}')
    vm.guest('rm -f /dev/shm/*; swapoff -a; rm -f /tmp/end /tmp/sums')
