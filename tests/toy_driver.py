# SPDX-License-Identifier: GPL-2.0
"""A driver for tests of tools/port: no more of one than the tool looks at."""

TOY = {
    'toy.h': '#define TOY_LOCK(t)\t(&(t)->lock)\ntypedef struct toy { kmutex_t lock; int depth; } toy_t;\n',
    'toy.c': """
        #include <sys/scsi/scsi.h>
        #include <sys/toybus.h>
        #include "toy.h"
        #include "toyreg.h"
        extern int toy_unheard_of;
        static int toy_abort(struct scsi_address *ap, struct scsi_pkt *pkt) { return (0); }
        static void toy_grow(toy_t *t) { kmem_free(kmem_alloc(t->depth, KM_SLEEP), t->depth); }
        static uint_t toy_intr(caddr_t arg)
        {
            toy_t *t = (toy_t *)arg;
            mutex_enter(&t->lock);
            mutex_exit(&t->lock);
            return (DDI_INTR_CLAIMED);
        }
        static void toy_setup(dev_info_t *dip, toy_t *t, scsi_hba_tran_t *tran, int (*cb)())
        {
            int depth = ddi_prop_get_int(DDI_DEV_T_ANY, dip, 0, "toy-depth", 16), other;
            /* toy_comment(); */
            mutex_init(&t->lock, NULL, MUTEX_DRIVER, NULL);
            (void) ddi_add_intr(dip, 0, NULL, NULL, toy_intr, (caddr_t)t);
            tran->tran_init_pkt = toy_init_pkt;
            tran->tran_abort = toy_abort;
            tran->tran_toyed = NULL;
            (void) ndi_devi_alloc(dip, "x", 0, NULL);
            (void) ddi_pathname(dip, "x");
            (void) ddi_log_sysevent(dip, "a", "b", "c", NULL, NULL, DDI_NOSLEEP);
            toy_missing(depth, TOY_MISSING, "toy_string()");
        #if 0
            toy_never();
        #endif
            mutex_enter(TOY_LOCK(t));
            UNLOCKED_LIST(other);
            mutex_enter(&t->lock);
            toy_grow(t);
            mutex_exit(&t->lock);
        }
        """,
    'aliases': 'toy "pci1000,30"\n'}
