# SPDX-License-Identifier: GPL-2.0
"""A C file that uses each name of tests/census as its manual page declares it; the lint compiles it.

Calls are by these prototypes, not by those of our headers. So a name that has gone, another type of
an argument or of the result, and a function that is not exported are errors of the build.
"""

import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# As in the sections 9F and 9S, or as the header of illumos has it where there is no page.
PROTOTYPES = '''
void ASSERT(int)
uint16_t BE_16(uint16_t)
uint32_t BE_32(uint32_t)
uint8_t BE_8(uint8_t)
int DDI_FM_EREPORT_CAP(int)
int DDI_FM_ERRCB_CAP(int)
int DEVI_BUSY_OWNED(dev_info_t *)
uint_t GETG0ADDR(union scsi_cdb *)
uint_t GETG1ADDR(union scsi_cdb *)
minor_t INST2DEVCTL(minor_t)
minor_t INST2SCSI(minor_t)
int MAX(int, int)
int MIN(int, int)
minor_t MINOR2INST(minor_t)
uint64_t P2ROUNDUP(uint64_t, uint64_t)
uint_t PCI_REG_ADDR_G(uint_t)
uint_t PCI_REG_BUS_G(uint_t)
uint_t PCI_REG_DEV_G(uint_t)
uint_t PCI_REG_FUNC_G(uint_t)
uint_t PCI_REG_REG_G(uint_t)
clock_t SEC_TO_TICK(clock_t)
void VERIFY(int)
void atomic_add_16(volatile uint16_t *, int16_t)
void atomic_and_32(volatile uint32_t *, uint32_t)
void atomic_dec_32(volatile uint32_t *)
void atomic_inc_32(volatile uint32_t *)
void bcopy(const void *, void *, size_t)
void bioerror(struct buf *, int)
void bp_mapin(struct buf *)
void bzero(void *, size_t)
void cmn_err(int, char *)
void cv_broadcast(kcondvar_t *)
void cv_destroy(kcondvar_t *)
void cv_init(kcondvar_t *, char *, kcv_type_t, void *)
clock_t cv_reltimedwait(kcondvar_t *, kmutex_t *, clock_t, time_res_t)
void cv_signal(kcondvar_t *)
clock_t cv_timedwait(kcondvar_t *, kmutex_t *, clock_t)
clock_t cv_timedwait_sig(kcondvar_t *, kmutex_t *, clock_t)
void cv_wait(kcondvar_t *, kmutex_t *)
int cv_wait_sig(kcondvar_t *, kmutex_t *)
int ddi_add_intr(dev_info_t *, uint_t, ddi_iblock_cookie_t *, ddi_idevice_cookie_t *, intr_t, caddr_t)
int ddi_add_softintr(dev_info_t *, int, ddi_softintr_t *, ddi_iblock_cookie_t *, ddi_idevice_cookie_t *, intr_t, caddr_t)
int ddi_copyin(const void *, void *, size_t, int)
int ddi_copyout(const void *, void *, size_t, int)
int ddi_create_minor_node(dev_info_t *, const char *, int, minor_t, const char *, int)
int ddi_dev_nregs(dev_info_t *, int *)
int ddi_dev_regsize(dev_info_t *, uint_t, off_t *)
char * ddi_deviname(dev_info_t *, char *)
int ddi_dma_addr_bind_handle(ddi_dma_handle_t, struct as *, caddr_t, size_t, uint_t, wait_t, caddr_t, ddi_dma_cookie_t *, uint_t *)
int ddi_dma_alloc_handle(dev_info_t *, ddi_dma_attr_t *, wait_t, caddr_t, ddi_dma_handle_t *)
int ddi_dma_buf_bind_handle(ddi_dma_handle_t, struct buf *, uint_t, wait_t, caddr_t, ddi_dma_cookie_t *, uint_t *)
void ddi_dma_free_handle(ddi_dma_handle_t *)
int ddi_dma_getwin(ddi_dma_handle_t, uint_t, off_t *, size_t *, ddi_dma_cookie_t *, uint_t *)
int ddi_dma_mem_alloc(ddi_dma_handle_t, size_t, ddi_device_acc_attr_t *, uint_t, wait_t, caddr_t, caddr_t *, size_t *, ddi_acc_handle_t *)
void ddi_dma_mem_free(ddi_acc_handle_t *)
void ddi_dma_nextcookie(ddi_dma_handle_t, ddi_dma_cookie_t *)
int ddi_dma_numwin(ddi_dma_handle_t, uint_t *)
int ddi_dma_sync(ddi_dma_handle_t, off_t, size_t, uint_t)
int ddi_dma_unbind_handle(ddi_dma_handle_t)
const char * ddi_driver_name(dev_info_t *)
void ddi_fm_acc_err_clear(ddi_acc_handle_t, int)
void ddi_fm_acc_err_get(ddi_acc_handle_t, ddi_fm_error_t *, int)
void ddi_fm_dma_err_get(ddi_dma_handle_t, ddi_fm_error_t *, int)
void ddi_fm_ereport_post(dev_info_t *, const char *, uint64_t, int)
void ddi_fm_fini(dev_info_t *)
void ddi_fm_handler_register(dev_info_t *, ddi_err_func_t, void *)
void ddi_fm_handler_unregister(dev_info_t *)
void ddi_fm_init(dev_info_t *, int *, ddi_iblock_cookie_t *)
void ddi_fm_service_impact(dev_info_t *, int)
uint16_t ddi_get16(ddi_acc_handle_t, uint16_t *)
uint32_t ddi_get32(ddi_acc_handle_t, uint32_t *)
uint8_t ddi_get8(ddi_acc_handle_t, uint8_t *)
dev_info_t * ddi_get_child(dev_info_t *)
void * ddi_get_driver_private(dev_info_t *)
int ddi_get_iblock_cookie(dev_info_t *, uint_t, ddi_iblock_cookie_t *)
int ddi_get_instance(dev_info_t *)
clock_t ddi_get_lbolt(void)
dev_info_t * ddi_get_next_sibling(dev_info_t *)
int ddi_get_soft_iblock_cookie(dev_info_t *, int, ddi_iblock_cookie_t *)
void * ddi_get_soft_state(void *, int)
time_t ddi_get_time(void)
int ddi_getlongprop(dev_t, dev_info_t *, int, char *, caddr_t, int *)
int ddi_in_panic(void)
int ddi_intr_add_handler(ddi_intr_handle_t, ddi_intr_handler_t *, void *, void *)
int ddi_intr_alloc(dev_info_t *, ddi_intr_handle_t *, int, int, int, int *, int)
int ddi_intr_block_disable(ddi_intr_handle_t *, int)
int ddi_intr_block_enable(ddi_intr_handle_t *, int)
int ddi_intr_disable(ddi_intr_handle_t)
int ddi_intr_enable(ddi_intr_handle_t)
int ddi_intr_free(ddi_intr_handle_t)
int ddi_intr_get_cap(ddi_intr_handle_t, int *)
uint_t ddi_intr_get_hilevel_pri(void)
int ddi_intr_get_navail(dev_info_t *, int, int *)
int ddi_intr_get_nintrs(dev_info_t *, int, int *)
int ddi_intr_get_pri(ddi_intr_handle_t, uint_t *)
int ddi_intr_get_supported_types(dev_info_t *, int *)
int ddi_intr_hilevel(dev_info_t *, uint_t)
int ddi_intr_remove_handler(ddi_intr_handle_t)
int ddi_log_sysevent(dev_info_t *, char *, char *, char *, nvlist_t *, sysevent_id_t *, int)
uint_t ddi_model_convert_from(uint_t)
void ddi_prop_free(void *)
int ddi_prop_get_int(dev_t, dev_info_t *, uint_t, char *, int)
int ddi_prop_lookup_int_array(dev_t, dev_info_t *, uint_t, char *, int **, uint_t *)
int ddi_prop_lookup_string(dev_t, dev_info_t *, uint_t, char *, char **)
void ddi_prop_remove_all(dev_info_t *)
void ddi_put16(ddi_acc_handle_t, uint16_t *, uint16_t)
void ddi_put32(ddi_acc_handle_t, uint32_t *, uint32_t)
void ddi_put8(ddi_acc_handle_t, uint8_t *, uint8_t)
void ddi_regs_map_free(ddi_acc_handle_t *)
int ddi_regs_map_setup(dev_info_t *, uint_t, caddr_t *, offset_t, offset_t, ddi_device_acc_attr_t *, ddi_acc_handle_t *)
void ddi_remove_intr(dev_info_t *, uint_t, ddi_iblock_cookie_t)
void ddi_remove_minor_node(dev_info_t *, char *)
void ddi_remove_softintr(ddi_softintr_t)
void ddi_rep_put32(ddi_acc_handle_t, uint32_t *, uint32_t *, size_t, uint_t)
void ddi_report_dev(dev_info_t *)
void ddi_set_driver_private(dev_info_t *, void *)
int ddi_slaveonly(dev_info_t *)
void ddi_soft_state_fini(void **)
void ddi_soft_state_free(void *, int)
int ddi_soft_state_init(void **, size_t, size_t)
int ddi_soft_state_zalloc(void *, int)
int ddi_strtol(const char *, char **, int, long *)
ddi_taskq_t * ddi_taskq_create(dev_info_t *, const char *, int, pri_t, uint_t)
void ddi_taskq_destroy(ddi_taskq_t *)
int ddi_taskq_dispatch(ddi_taskq_t *, func_t, void *, uint_t)
void ddi_taskq_resume(ddi_taskq_t *)
void ddi_taskq_suspend(ddi_taskq_t *)
void ddi_taskq_wait(ddi_taskq_t *)
void ddi_trigger_softintr(ddi_softintr_t)
void delay(clock_t)
void dev_err(dev_info_t *, int, char *)
int devfs_clean(dev_info_t *, char *, uint_t)
clock_t drv_hztousec(clock_t)
int drv_priv(cred_t *)
clock_t drv_usectohz(clock_t)
void drv_usecwait(clock_t)
uint64_t fm_ena_generate(uint64_t, uchar_t)
minor_t getminor(dev_t)
int i_ddi_devi_attached(dev_info_t *)
void * kmem_alloc(size_t, int)
void * kmem_cache_alloc(kmem_cache_t *, int)
kmem_cache_t * kmem_cache_create(char *, size_t, size_t, make_t, unmake_t, func_t, void *, void *, int)
void kmem_cache_destroy(kmem_cache_t *)
void kmem_cache_free(kmem_cache_t *, void *)
void kmem_free(void *, size_t)
void * kmem_zalloc(size_t, int)
void list_create(list_t *, size_t, size_t)
void * list_head(list_t *)
void list_insert_tail(list_t *, void *)
int list_is_empty(list_t *)
int list_link_active(list_node_t *)
void * list_next(list_t *, void *)
void list_remove(list_t *, void *)
void * list_remove_head(list_t *)
void membar_consumer(void)
void membar_producer(void)
int memcmp(const void *, const void *, size_t)
void * memcpy(void *, const void *, size_t)
void * memset(void *, int, size_t)
int min(int, int)
int mod_info(struct modlinkage *, struct modinfo *)
int mod_install(struct modlinkage *)
int mod_remove(struct modlinkage *)
void mutex_destroy(kmutex_t *)
void mutex_enter(kmutex_t *)
void mutex_exit(kmutex_t *)
void mutex_init(kmutex_t *, char *, kmutex_type_t, void *)
int mutex_owned(kmutex_t *)
int ndi_busop_bus_config(dev_info_t *, uint_t, ddi_bus_config_op_t, void *, dev_info_t **, clock_t)
int ndi_dev_is_persistent_node(dev_info_t *)
int ndi_devi_alloc(dev_info_t *, char *, pnode_t, dev_info_t **)
void ndi_devi_enter(dev_info_t *, int *)
void ndi_devi_exit(dev_info_t *, int)
int ndi_devi_free(dev_info_t *)
int ndi_devi_offline(dev_info_t *, uint_t)
int ndi_devi_online(dev_info_t *, uint_t)
int ndi_merge_node(dev_info_t *, name_t)
void ndi_prop_remove_all(dev_info_t *)
int ndi_prop_update_int(dev_t, dev_info_t *, char *, int)
int ndi_prop_update_string(dev_t, dev_info_t *, char *, char *)
int ndi_prop_update_string_array(dev_t, dev_info_t *, char *, char **, uint_t)
uint16_t pci_config_get16(ddi_acc_handle_t, off_t)
uint32_t pci_config_get32(ddi_acc_handle_t, off_t)
uint8_t pci_config_get8(ddi_acc_handle_t, off_t)
void pci_config_put16(ddi_acc_handle_t, off_t, uint16_t)
void pci_config_put8(ddi_acc_handle_t, off_t, uint8_t)
int pci_config_setup(dev_info_t *, ddi_acc_handle_t *)
void pci_config_teardown(ddi_acc_handle_t *)
void pci_ereport_post(dev_info_t *, ddi_fm_error_t *, uint16_t *)
void pci_ereport_setup(dev_info_t *)
void pci_ereport_teardown(dev_info_t *)
struct buf * scsi_alloc_consistent_buf(struct scsi_address *, struct buf *, size_t, uint_t, wait_t, caddr_t)
void scsi_destroy_pkt(struct scsi_pkt *)
void scsi_free_consistent_buf(struct buf *)
int scsi_hba_attach_setup(dev_info_t *, ddi_dma_attr_t *, scsi_hba_tran_t *, int)
int scsi_hba_close(dev_t, int, int, cred_t *)
int scsi_hba_detach(dev_info_t *)
void scsi_hba_fini(struct modlinkage *)
int scsi_hba_init(struct modlinkage *)
int scsi_hba_ioctl(dev_t, int, intptr_t, int, cred_t *, int *)
char * scsi_hba_iport_unit_address(dev_info_t *)
int scsi_hba_lookup_capstr(char *)
void scsi_hba_nodename_compatible_free(char *, char **)
void scsi_hba_nodename_compatible_get(struct scsi_inquiry *, char *, int, char *, char **, char ***, int *)
int scsi_hba_open(dev_t *, int, int, cred_t *)
struct scsi_pkt * scsi_hba_pkt_alloc(dev_info_t *, struct scsi_address *, int, int, int, int, wait_t, caddr_t)
void scsi_hba_pkt_comp(struct scsi_pkt *)
void scsi_hba_pkt_free(struct scsi_address *, struct scsi_pkt *)
int scsi_hba_probe(struct scsi_device *, wait_t)
scsi_hba_tran_t * scsi_hba_tran_alloc(dev_info_t *, int)
void scsi_hba_tran_free(scsi_hba_tran_t *)
struct scsi_pkt * scsi_init_pkt(struct scsi_address *, struct scsi_pkt *, struct buf *, int, int, int, int, wait_t, caddr_t)
int scsi_poll(struct scsi_pkt *)
void scsi_size_clean(dev_info_t *)
void scsi_unprobe(struct scsi_device *)
int secpolicy_sys_config(const cred_t *, boolean_t)
int snprintf(char *, size_t, const char *)
int sprintf(char *, const char *)
int strcmp(const char *, const char *)
char * strcpy(char *, const char *)
size_t strlcpy(char *, const char *, size_t)
size_t strlen(const char *)
char * strrchr(const char *, int)
kthread_t * thread_create(caddr_t, size_t, func_t, void *, size_t, proc_t *, int, pri_t)
timeout_id_t timeout(func_t, void *, clock_t)
clock_t untimeout(timeout_id_t)
void vcmn_err(int, const char *, va_list)
'''

# The types of functions that are arguments.
TYPES = '''
typedef int (*wait_t)(caddr_t);
typedef uint_t (*intr_t)(caddr_t);
typedef void (*func_t)(void *);
typedef int (*make_t)(void *, void *, int);
typedef void (*unmake_t)(void *, void *);
typedef int (*name_t)(dev_info_t *, char *, int);
'''

# Macros that take names and types.
STATEMENTS = {'offsetof': '(void)offsetof(struct scsi_pkt, pkt_comp)', 'DTRACE_PROBE': 'DTRACE_PROBE(a)',
              'DTRACE_PROBE1': 'DTRACE_PROBE1(a, int, 0)', 'DTRACE_PROBE2': 'DTRACE_PROBE2(a, int, 0, int, 1)',
              'DTRACE_PROBE4': 'DTRACE_PROBE4(a, int, 0, int, 1, int, 2, int, 3)'}
# Drivers take their addresses only.
OBJECTS = ('mod_driverops', 'p0')
# A member belongs to the structure whose prefix it has, or to one of these.
OWNERS = (
    ('pkt_', 'struct scsi_pkt'), ('tran_', 'scsi_hba_tran_t'), ('sd_', 'struct scsi_device'),
    ('sts_rqpkt_', 'struct scsi_arq_status'), ('sts_sensedata', 'struct scsi_arq_status'),
    ('sts_status', 'struct scsi_arq_status'), ('sts_', 'struct scsi_status'),
    ('es_', 'struct scsi_extended_sense'), ('inq_', 'struct scsi_inquiry'),
    ('dmac_', 'ddi_dma_cookie_t'), ('dma_attr_', 'ddi_dma_attr_t'),
    ('devacc_attr_', 'ddi_device_acc_attr_t'), ('devo_', 'struct dev_ops'), ('cb_', 'struct cb_ops'),
    ('ks_', 'kstat_t'), ('b_', 'struct buf'), ('a_', 'struct scsi_address'), ('drv_', 'struct modldrv'),
    ('ml_', 'struct modlinkage'), ('fme_', 'ddi_fm_error_t'), ('pci_phys_', 'pci_regspec_t'),
    ('ds_', 'struct scsi_descr_sense_hdr'), ('isd_', 'struct scsi_information_sense_descr'),
    ('cyl_', 'struct mode_geometry'), ('cpu_', 'cpu_t'))
MEMBERS = {
    'b_addr': ('struct buf', 'b_un.b_addr'), 'cdb_un': ('union scsi_cdb', 'cdb_un.sg'),
    'scc_cmd': ('union scsi_cdb', 'scc_cmd'), 'sg': ('union scsi_cdb', 'cdb_un.sg'),
    'scsi': ('union scsi_cdb', 'cdb_un.sg.scsi'), 'bdesc_length': ('struct mode_header', 'bdesc_length'),
    'length': ('struct mode_header', 'length'), 'capacity': ('struct scsi_capacity', 'capacity'),
    'lbasize': ('struct scsi_capacity', 'lbasize'), 'code': ('struct mode_page', 'code'),
    'mode_page': ('struct mode_format', 'mode_page'), 'heads': ('struct mode_geometry', 'heads'),
    'rpm': ('struct mode_geometry', 'rpm'), 'sect_track': ('struct mode_format', 'sect_track'),
    'data_bytes_sect': ('struct mode_format', 'data_bytes_sect')}


def prototypes():
    """{name: (result, types of the arguments)}"""
    found = {}
    for result, name, args in re.findall(r'^(.+?) (\w+)\((.*)\)$', PROTOTYPES, re.M):
        found[name] = (result, [] if args == 'void' else args.split(', '))
    return found


def function(name, result, args):
    """A function that makes the call; it is global, so that the call stays in the module."""
    params = ', '.join(f'{t} a{i}' for i, t in enumerate(args)) or 'void'
    head = f'{result} names_{name}({params})'
    call = f'{name}({", ".join(f"a{i}" for i in range(len(args)))})'
    return f'{head};\n{head}\n{{\n\t{"" if result == "void" else "return "}{call};\n}}\n'


def member(name):
    """A function that reads a member; None if its owner is unknown."""
    owner = MEMBERS.get(name) or next(((o, name) for p, o in OWNERS if name.startswith(p)), None)
    if not owner:
        return None
    head = f'void names_of_{name}({owner[0]} *p)'
    return f'{head};\n{head}\n{{\n\t(void)p->{owner[1]};\n}}\n'


def source(rows):
    """(text of the C file, complaints) for (kind, name) rows."""
    known, statements, complaints = prototypes(), [], []
    out = ['// SPDX-License-Identifier: GPL-2.0', '/* Written by tests/names.py: do not edit. */']
    out += [f'#include <{name}>' for kind, name in rows if kind == 'header']
    # vcmn_err(9F) gets a format that is an argument of ours.
    out += [TYPES, '#pragma GCC diagnostic ignored "-Wsuggest-attribute=format"', '']
    values = [name for kind, name in rows if kind == 'constant']
    types = [name if kind == 'type' else f'{kind} {name}' for kind, name in rows
             if kind in ('type', 'struct', 'union', 'enum')]
    for kind, name in rows:
        if kind == 'function' and name in STATEMENTS:
            statements.append(STATEMENTS[name])
        elif kind == 'function' and name not in known:
            complaints.append(f'{name}(): tests/names.py needs the prototype of its manual page')
        elif kind == 'function':
            out.append(function(name, *known[name]))
        elif kind == 'member' and not member(name):
            complaints.append(f'{name}: tests/names.py needs the structure that it is a member of')
        elif kind == 'member':
            out.append(member(name))
    body = [f'\t(void){"&" if name in OBJECTS else ""}({name});' for name in values] + [f'\t(void)({name} *)NULL;' for name in types]
    body += [f'\t{text};' for text in statements]
    out += ['void names_values(void);', 'void names_values(void)', '{', *body, '}', '']
    return '\n'.join(out), complaints


def used(folder=os.path.join(TOP, 'tests/census')):
    """(kind, name) of all lists."""
    rows = set()
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding='utf-8') as f:
            rows |= {tuple(line.split()) for line in f if line[0] != '#'}
    return sorted(rows)
