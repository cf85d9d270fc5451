# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test is: a function, the disks of its machine, and whether it provokes guest errors."""

import os


class Case:
    """One test. guest_errors: it provokes some (True), none (False), or that is open (None).

    sanitized: it is for the build with sanitizers, whatever the others run on.
    """

    def __init__(self, function, disks, device, guest_errors, sanitized):
        self.name = function.__name__
        self.function = function
        self.disks = disks
        self.device = device
        self.guest_errors = guest_errors
        self.sanitized = sanitized

    def __call__(self, machine, chip, folder):
        self.function(machine, chip, folder)

    def args(self, folder):
        """QEMU arguments for the disks; their images are made in the folder."""
        args = []
        for n, disk in enumerate(self.disks):
            disk = {'target': n, 'lun': 0, 'driver': 'scsi-hd', **disk}
            if 'blockdev' in disk:
                backend = disk['blockdev']
            else:
                path = os.path.join(folder, f'disk{n}')
                with open(path, 'wb') as f:
                    f.truncate(disk.get('size', 8 << 20))
                backend = f'driver=file,filename={path}'
            args += ['-blockdev', f'{backend},node-name=node{n}', '-device',
                     f'{disk["driver"]},id=disk{n},bus=isp0.0,scsi-id={disk["target"]},'
                     f'lun={disk["lun"]},drive=node{n}']
        return args


def suite():
    """A list of tests and the decorator that adds to it."""
    tests = []

    def case(disks=(), device='isp1040', guest_errors=False, sanitized=False):
        def add(function):
            tests.append(Case(function, disks, device, guest_errors, sanitized))
            return function
        return add
    return tests, case
