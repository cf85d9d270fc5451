# SPDX-License-Identifier: GPL-2.0-or-later
"""A test: a function, the disks of its machine, and whether it provokes guest errors."""

import os


class Case:
    """One test. guest_errors: it provokes some (True), none (False), or either is fine (None).

    sanitized: it runs on the build with sanitizers, whatever the others run on.
    args: additional QEMU arguments.
    """

    def __init__(self, function, disks, device, guest_errors, sanitized, args):
        self.name = function.__name__
        self.function = function
        self.disks = disks
        self.device = device
        self.guest_errors = guest_errors
        self.sanitized = sanitized
        self.more = list(args)

    def __call__(self, machine, chip, folder):
        self.function(machine, chip, folder)

    def args(self, folder):
        """QEMU arguments for the disks; their images are created in the folder."""
        args = list(self.more)
        for n, disk in enumerate(self.disks):
            disk = {'target': n, 'lun': 0, 'channel': 0, 'driver': 'scsi-hd', **disk}
            if 'blockdev' in disk:
                backend = disk['blockdev']
            elif 'file' in disk:
                backend = disk['file'](folder)
            else:
                path = os.path.join(folder, f'disk{n}')
                with open(path, 'wb') as f:
                    f.truncate(disk.get('size', 8 << 20))
                backend = f'driver=file,filename={path}'
            args += ['-blockdev', f'{backend},node-name=node{n}', '-device',
                     f'{disk["driver"]},id=disk{n},bus=isp0.0,scsi-id={disk["target"]},'
                     f'lun={disk["lun"]},channel={disk["channel"]},drive=node{n}']
        return args


def fails_once(event):
    """A disk of ones whose block 8 fails once; QEMU stops, and retries the access on cont."""
    def image(folder):
        path = os.path.join(folder, 'fails')
        with open(path, 'wb') as f:
            f.write(b'\x01\x00' * (1 << 19))
        return ('driver=raw,file.driver=blkdebug,file.image.driver=file,'
                f'file.image.filename={path},file.inject-error.0.event={event},'
                'file.inject-error.0.sector=8,file.inject-error.0.errno=5,'
                'file.inject-error.0.once=on')
    return {'driver': 'scsi-hd,rerror=stop,werror=stop', 'file': image}


def suite():
    """A list of tests, and the decorator that adds to it."""
    tests = []

    def case(disks=(), device='isp1040', guest_errors=False, sanitized=False,
             args=()):
        def add(function):
            tests.append(Case(function, disks, device, guest_errors, sanitized, args))
            return function
        return add
    return tests, case
