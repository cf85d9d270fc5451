# SPDX-License-Identifier: GPL-2.0
"""Slab allocations in the guest, counted by call site."""

import re

EVENTS = ('kmalloc', 'kmalloc_node', 'kmem_cache_alloc', 'kmem_cache_alloc_node')
COUNT = 'hist:keys=call_site.sym:vals=hitcount,bytes_alloc:size=8192'
FOLDER = '/sys/kernel/tracing/events/kmem'


def allocations(vm, command, timeout=300):
    """Run a command; return {(module or '', function): (allocations, bytes)} of the whole guest."""
    events = ' '.join(EVENTS)
    out = vm.guest(f'cd {FOLDER}; for e in {events}; do [ ! -d $e ] || echo "{COUNT}" > $e/trigger; '
                   f'done; ( cd /; {command} ) > /dev/null; status=$?; for e in {events}; do '
                   f'[ -d $e ] || continue; cat $e/hist; echo "!{COUNT}" > $e/trigger; done; '
                   'exit $status', timeout=timeout).text
    found = {}
    for m in re.finditer(r'call_site: \[\w+\] (\S+)(?: \[(\w+)\])?\s*\} hitcount:\s+(\d+)\s+'
                         r'bytes_alloc:\s+(\d+)', out):
        key = m[2] or '', re.sub(r'\+0x.*', '', m[1])
        count, size = found.get(key, (0, 0))
        found[key] = count + int(m[3]), size + int(m[4])
    return found


def of_modules(found, *modules):
    """(allocations, bytes) that these modules requested themselves."""
    mine = [v for (module, _), v in found.items() if module in modules]
    return sum(v[0] for v in mine), sum(v[1] for v in mine)
