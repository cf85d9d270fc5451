# SPDX-License-Identifier: GPL-2.0
"""The guest's drivers, hosts and devices."""

import re
import time
from dataclasses import dataclass, replace

from checking import check, ktap_results


@dataclass
class Driver:
    """A driver for the emulated chip."""
    name: str
    ours: bool = False
    max_cdb: int = 32           # bytes; the midlayer refuses longer ones
    params: str = ''            # that load() gives it

    def load(self, vm, params=None):
        """modprobe, with other parameters if given, and wait for the disks."""
        params = self.params if params is None else params
        vm.guest(f'modprobe {self.name} {params} && settle', timeout=180)

    def having(self, params):
        """The same driver, loaded with these parameters."""
        return replace(self, params=params)

    def unload(self, vm):
        """Unload; fails if anything still holds the module."""
        vm.guest(f'modprobe -r {self.name}', timeout=120)


QLA1280 = Driver('qla1280', max_cdb=12)
ISP = Driver('isp', ours=True)


def chips(vm):
    """PCI addresses of the emulated chips."""
    return vm.guest('cd /sys/bus/pci/devices; grep -l 0x1077 */vendor | cut -d / -f 1').text.split()


def hosts(vm):
    """{number: driver} of the SCSI hosts in the guest."""
    out = vm.guest('cd /sys/class/scsi_host; for h in host*; do [ -e $h ] && '
                   'echo $h $(cat $h/proc_name); done; true').text
    return {int(h[4:]): ' '.join(name) for h, *name in map(str.split, out.splitlines())}


def host_number(vm):
    """Number of the only SCSI host in the guest that is not scsi_debug's."""
    found = hosts(vm)
    numbers = [number for number, driver in found.items() if driver != 'scsi_debug']
    check(len(numbers) == 1, f'one SCSI host expected: {found}')
    return numbers[0]


def stats(vm, host=None):
    """scsa's counters of one host."""
    host = host_number(vm) if host is None else host
    out = vm.guest(f'cat /sys/kernel/debug/scsa/host{host}/stats').text
    return {k: int(v) for k, v in re.findall(r'^(\w+) (\d+)$', out, re.M)}


def addresses(vm):
    """The (channel, id, LUN) of each device behind the only host."""
    out = vm.guest(f'cd /sys/bus/scsi/devices; ls -d {host_number(vm)}:*').text.split()
    return {tuple(map(int, address.split(':')[1:])) for address in out}


def devices(vm, host=None):
    """{(target, lun): (SCSI type, 'sda' or 'sr0' or '-', 'sg0')} behind one host.

    The targets of the second channel are numbered from 16.
    """
    host = host_number(vm) if host is None else host
    out = vm.guest(f'for d in /sys/bus/scsi/devices/{host}:*; do [ -e $d/type ] || continue; '
                   'echo ${d##*/} $(cat $d/type) $(ls $d/block 2>/dev/null || echo -) '
                   '$(ls $d/scsi_generic); done').text
    found = {}
    for line in out.splitlines():
        address, kind, block, sg = line.split()
        _, channel, target, lun = map(int, address.split(':'))
        found[16 * channel + target, lun] = (int(kind), block, sg)
    return found


def block(vm, target, lun=0):
    """/dev/sdX of a disk."""
    return '/dev/' + devices(vm)[target, lun][1]


def generic(vm, target, lun=0):
    """/dev/sgN of a device."""
    return '/dev/' + devices(vm)[target, lun][2]


def target_driver(vm, params):
    """Play a target driver on a disk, next to the midlayer; return the result of each clause."""
    vm.guest(f'modprobe scsa_contract host={host_number(vm)} {params} && '
             'modprobe -r scsa_contract', timeout=300)
    return ktap_results(vm)


def reboot(vm, while_down=lambda: None):
    """Reboot; call while_down() before the guest starts again. Needs a machine with -no-shutdown."""
    vm.guest('(sleep 0.5; reboot -f) > /dev/null 2>&1 &')
    deadline = vm.clock() + 60 * vm.kernel.slowness
    while vm.qmp('query-status')['status'] != 'shutdown':
        check(vm.clock() < deadline, 'no reboot')
        time.sleep(0.2)
    while_down()
    vm.qmp('set-action', reboot='reset', shutdown='poweroff')
    vm.qmp('system_reset')
    vm.qmp('cont')
    vm.wait_boot()
    vm.qmp('set-action', reboot='shutdown')
