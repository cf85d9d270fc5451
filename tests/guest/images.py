# SPDX-License-Identifier: GPL-2.0
"""Files on the host: images of firmware, EEPROMs and disks, and programs for the guest."""

import glob
import os
import random
import struct
import subprocess

from tree import TOP
from packages import Archive, PackageError, locked, unpack


def firmware_image(words):
    """A firmware file in the layout of qlogic/1040.bin; sets the words that a loader checks."""
    image = list(words)
    image[3] = len(image)
    image[-1] = -sum(image[:-1]) & 0xffff
    return struct.pack('<4BH', 4, 66, 0, 0, 0x1000) + struct.pack(f'<{len(image)}H', *image)


def synthetic_firmware():
    """An image without code."""
    image = [0] * 64
    image[0:2] = [0x0078, 0x1041]
    banner = b'SYNTHETIC TEST IMAGE  Firmware  Version 04.66 '
    for i in range(0, len(banner), 2):
        image[5 + i // 2] = banner[i] << 8 | banner[i + 1]
    return firmware_image(image)


def firmware(build, synthetic=False, name='1040'):
    """(guest path, host path) of qlogic/<name>.bin: Debian's if available, else synthetic."""
    guest = f'/lib/firmware/qlogic/{name}.bin'
    folder = os.path.join(build, 'firmware')
    made = os.path.join(folder, f'synthetic-{name}.bin')
    with locked(build):
        os.makedirs(folder, exist_ok=True)
        with open(made, 'wb') as f:
            f.write(synthetic_firmware())
        if synthetic:
            return guest, made
        tree = os.path.join(folder, 'firmware-qlogic')
        absent = os.path.join(folder, 'no-firmware-qlogic')

        def real():
            found = glob.glob(tree + '/**' + guest, recursive=True)
            return found[0] if found else None

        if not real() and not os.path.exists(absent):
            try:
                archive = Archive(build, 'non-free-firmware')
                version = archive.candidate('firmware-qlogic')
                if not version:
                    raise PackageError('not in the archive')
                unpack(archive.download({'firmware-qlogic': version}).values(), tree)
            except PackageError as e:
                print(f'# no firmware-qlogic ({str(e).splitlines()[0]}): synthetic image used')
                open(absent, 'w', encoding='utf-8').close()
        return guest, real() or made


def corrupt_firmware(build):
    """firmware() with a wrong checksum: a chip must refuse to run it."""
    guest, path = firmware(build, synthetic=True)
    with open(path, 'rb') as f:
        image = bytearray(f.read())
    image[40] ^= 1
    bad = os.path.join(os.path.dirname(path), 'corrupt-1040.bin')
    with open(bad, 'wb') as f:
        f.write(image)
    return guest, bad


def blank_image(path, size=16 << 20):
    """A sparse host file of zeros; return its path."""
    with open(path, 'wb') as f:
        f.truncate(size)
    return path


def nvram_image(path, initiator=7, valid=True, depth=256, flags=None, disabled=(),
                subvendor=0x1077, clock_60=True):
    """A host file with the 128 bytes of an ISP1040's EEPROM; flags: {target: its flag byte}."""
    image = bytearray(128)
    image[0:17] = struct.pack('<4s8B2HB', b'ISP ', 7, initiator << 4 | 0xb, 1, 0, 0, 0xf9, 8,
                              0x0b if clock_60 else 0x03, 250, depth, 0x17)
    for target in range(16):
        image[28 + 6 * target:32 + 6 * target] = bytes((
            (flags or {}).get(target, 0xfd), 16, 12, 0x08 if target in disabled else 0x18))
    image[18:22] = struct.pack('<2H', 0x1040, subvendor)
    image[127] = (-sum(image) - (not valid)) & 0xff
    with open(path, 'wb') as f:
        f.write(image)
    return path


def nvram_image_1080(path, initiators, ppr=0x92, disabled=()):
    """A host file with the 256 bytes of the EEPROM of an ISP1080 or later; an initiator id for each bus."""
    image = bytearray(256)
    image[0:5] = b'ISP \1'
    image[16:21] = 0x44, 0x0f, 0, 0, 0x20
    for bus, initiator in enumerate(initiators):
        at = 24 + 112 * bus
        image[at:at + 10] = struct.pack('<6B2H', 0x60 | initiator, 5, 0, 0, 0x39, 0, 250, 256)
        for target in range(16):
            image[at + 16 + 6 * target:at + 21 + 6 * target] = (
                0xfd, 16, 9, 0x0e if target in disabled else 0x2e, ppr)
    image[250:252] = 0x77, 0x10
    image[255] = -sum(image) & 0xff
    with open(path, 'wb') as f:
        f.write(image)
    return path


def program(settings, name):
    """Build a C program of this folder; return (guest path, host path)."""
    path = settings.scratch(name)
    if not os.path.exists(path):
        subprocess.run(['gcc', '-O2', '-static', '-o', path,
                        os.path.join(TOP, 'tests/guest', name + '.c')], check=True)
    return '/bin/' + name, path


def random_image(path, size, seed=1):
    """A host file of `size` random but repeatable bytes."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(random.Random(seed).randbytes(size))
    return path


def host_bytes(disk, offset=0, length=-1):
    """What the disk holds according to the host, by a path that shares nothing with the driver."""
    with open(disk.path, 'rb') as f:
        f.seek(offset)
        return f.read(length)
