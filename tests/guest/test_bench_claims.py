# SPDX-License-Identifier: GPL-2.0
"""What we claim about the hot path independently of the machine: counts, not times."""

import re

import kmem
from checking import check, same
from devices import ISP, block, host_number
from qemu import Controller, Disk
from runner import grouper

GROUPS = []
group = grouper(GROUPS)

# Commands take this much of the guest's time. If the chip ran as fast as the host allows, chance would
# decide how many of them share an interrupt.
SERVICE = 'delay-completion,ms=2,count=0'


def null_disks(*targets, **values):
    """Disks that store nothing."""
    return lambda s: s.config(controllers=[Controller()],
                              disks=[Disk(target=t, null='16G') for t in targets], **values)


CLAIMS = group('claims', null_disks(0))


def random_reads(vm, depth, batch, ios):
    """4 KiB random reads in batches, and nothing else."""
    vm.guest(f'fio --name=r --filename={block(vm, 0)} --rw=randread --bs=4k --direct=1 '
             f'--ioengine=libaio --iodepth={depth} --iodepth_batch_submit={batch} '
             f'--iodepth_batch_complete_min={batch} --number_ios={ios} --size=1G --norandommap '
             '--randrepeat=1', timeout=300)


def accesses_per_io(vm, depth, batch, ios=4000):
    """Register accesses for each I/O, as the chip counts them."""
    ISP.load(vm)
    vm.fault(SERVICE if depth > 1 else '')
    before = vm.counters()
    random_reads(vm, depth, batch, ios)
    after = vm.counters()
    vm.fault('')
    ISP.unload(vm)
    commands = after['commands'] - before['commands']
    check(commands >= ios, f'{commands} commands for {ios} I/Os')
    found = sum(after[n] - before[n] for n in ('reg-reads', 'reg-writes')) / commands
    print(f'# depth {depth}, batches of {batch}: {found:.2f} register accesses per I/O')
    return found


@CLAIMS.test
def registers_at_depth_1(vm):
    """Doorbell, producer, interrupt clear, producer again; one access to spare."""
    found = accesses_per_io(vm, 1, 1)
    check(2 < found <= 5, f'{found:.2f} register accesses per I/O')


@CLAIMS.test
def registers_at_depth_32(vm):
    """One doorbell for a batch, one interrupt for commands that complete together."""
    found = accesses_per_io(vm, 32, 8)
    check(found <= 0.5, f'{found:.2f} register accesses per I/O')


@CLAIMS.test
def no_allocation_in_steady_state(vm):
    """Once every tag has been used, our modules allocate no memory, whatever the workload."""
    ISP.load(vm)
    work = (f'fio --name=r --filename={block(vm, 0)} --rw=randrw --direct=1 --ioengine=libaio '
            '--iodepth=64 --size=1G --norandommap --randrepeat=1 ')
    rounds, sites, tags = [], {}, 512
    # A command allocates when its tag is first used, and when it has more segments than ever before.
    # Chance decides when a tag is first used, so the last one may take long to appear.
    while len(rounds) < 40 and (not rounds or rounds[-1]):
        found = kmem.allocations(vm, work + '--number_ios=6000 --bsrange=64k-128k')
        rounds.append(0)
        for (module, function), (count, _) in found.items():
            if module in ('isp', 'scsa'):
                rounds[-1] += count
                sites[function] = sites.get(function, 0) + count
    ISP.unload(vm)
    print(f'# allocations of isp and scsa in rounds of 6000 I/Os: {rounds}')
    # Otherwise nothing was counted at all.
    check(rounds[0], 'the first use of commands has allocated nothing')
    check(not rounds[-1], f'allocations without end: {sites}')
    # A list may be enlarged twice: 128 KiB may lie in single pages.
    for function, count in sites.items():
        check(count <= 2 * tags, f'{function}: {count} allocations for {tags} tags')


@CLAIMS.test
def completed_where_it_came_from(vm):
    """In the interrupt on the interrupt's CPU; on another CPU where rq_affinity wants it."""
    ISP.load(vm)
    disk = block(vm, 0)
    vm.guest(f'echo 2 > /sys/block/{disk[5:]}/queue/rq_affinity; '
             'irq=$(sed -n "s/^ *\\([0-9]*\\):.*isp.*/\\1/p" /proc/interrupts); '
             'echo 1 > /proc/irq/$irq/smp_affinity; '
             # The new affinity takes effect at the next interrupt.
             f'dd if={disk} of=/dev/null bs=4k count=4 iflag=direct 2>/dev/null')
    for cpu, context in ((0, 'h'), (1, 's')):
        trace = vm.guest('cd /sys/kernel/tracing; echo > trace; '
                         'echo 1 > events/block/block_rq_complete/enable; '
                         f'taskset -c {cpu} dd if={disk} of=/dev/null bs=4k count=32 iflag=direct '
                         '2>/dev/null; echo 0 > events/block/block_rq_complete/enable; '
                         'cat trace').text
        found = re.findall(r'\[(\d+)\] \S\S(\S).*block_rq_complete: \S+ R', trace)
        same({(c, x.lower()) for c, x in found}, {(f'{cpu:03}', context)},
             f'CPUs and contexts, from CPU {cpu}:\n{trace}\n')
        check(len(found) >= 32, f'{len(found)} completions')
    ISP.unload(vm)


# One CPU: two that submit at the same time would race before the driver sees their commands.
FULL = group('ring-full', null_disks(0, 1, cpus=1, memory='2G',
                                     trace=['scsi_disk_dma_command_READ']))


def isp_counters(vm):
    """The driver's own counters."""
    text = vm.guest('cat /sys/kernel/debug/scsa/isp*-counters').text
    return {m[1]: int(m[2]) for m in re.finditer(r'^\s*(\w+)[ \t:]+(\d+)\s*$', text, re.M)}


def sectors_read(vm, since):
    """The sectors that the disks were asked for, in that order; and where the log ends now."""
    with open(vm._log_path(), encoding='utf-8', errors='replace') as f:
        f.seek(since)
        text = f.read()
    return [int(m) for m in re.findall(r'scsi_disk_dma_command_READ.*?sector (\d+)', text)], \
        since + len(text.encode())


def dispatches(vm):
    """Sectors in the order in which the driver was given commands and accepted them.

    A command refused because the ring is full comes again; the block layer may let others pass it.
    """
    text = vm.guest('cd /sys/kernel/tracing; echo 0 > events/scsi/scsi_dispatch_cmd_start/enable; '
                    "sed -n 's/.* id=\\([0-9]*\\).*READ_1[06] lba=\\([0-9]*\\) .*/\\1 \\2/p' trace; "
                    'echo > trace').text
    last = {}
    for line in text.splitlines():
        last.pop(line, None)
        last[line] = int(line.split()[1])
    return list(last.values())


@FULL.test
def waits_and_goes_out_in_order(vm):
    """256 commands of 128 segments, a ring for three of them: all complete in order, no busy loop."""
    ISP.load(vm, 'reqring=64')
    disks = [block(vm, t) for t in (0, 1)]
    for disk in disks:
        vm.guest(f'cd /sys/block/{disk[5:]}/queue; echo none > scheduler; echo 2 > nomerges; '
                 'echo 512 > max_sectors_kb')
    # Pages of a file written in random order: hardly two of them adjoin.
    vm.guest('fio --name=m --filename=/dev/shm/scattered --rw=randwrite --bs=4k --size=64m '
             '--ioengine=psync --fallocate=none --randrepeat=1')
    same(vm.guest(f'cat /sys/bus/scsi/devices/{host_number(vm)}:*/queue_depth').text.split(),
         ['128', '128'], 'queue depths')
    _, mark = sectors_read(vm, 0)
    vm.guest('cd /sys/kernel/tracing; echo 8192 > buffer_size_kb; echo > trace; '
             'echo 1 > events/scsi/scsi_dispatch_cmd_start/enable')
    before, counted = vm.counters(), isp_counters(vm)
    jobs = ' '.join(f'--name=t{n} --filename={d}' for n, d in enumerate(disks))
    vm.guest('fio --rw=read --bs=512k --direct=1 --ioengine=libaio --iodepth=128 --size=128m '
             f'--iodepth_batch_submit=128 --iodepth_batch_complete_min=128 '
             f'--iomem=mmapshared:/dev/shm/scattered {jobs}', timeout=300)
    dispatched = dispatches(vm)
    after, full = vm.counters(), isp_counters(vm)['ring_full'] - counted['ring_full']
    commands = after['commands'] - before['commands']
    entries = (after['iocbs'] - before['iocbs']) / commands
    sectors, _ = sectors_read(vm, mark)
    ISP.unload(vm)
    print(f'# {commands} commands of {entries:.1f} entries, {full} found the ring full')
    check(entries > 15, f'{entries:.1f} entries to a command: too few segments')
    check(full > 2, f'the ring was full only {full} times')
    check(full < 3 * commands, f'{full} refusals for {commands} commands: a busy loop')
    check(sectors == dispatched, 'the disks saw the commands in another order than the driver: '
          f'{[x for x in zip(dispatched, sectors) if x[0] != x[1]][:4]}')
