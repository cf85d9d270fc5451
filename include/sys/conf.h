/* SPDX-License-Identifier: GPL-2.0 */
/* Driver configuration: cb_ops(9S), and what else drivers expect of this header. */
#ifndef _SYS_CONF_H
#define _SYS_CONF_H

#include <sys/devops.h>
#include <sys/cred.h>
#include <sys/buf.h>

#define CB_REV		1

/* Flags of cb_ops(9S). None has an effect here. */
#define D_NEW		0x00
#define D_HOTPLUG	0x04
#define D_MTSAFE	0x20
#define D_MP		D_MTSAFE
#define D_DEVMAP	0x100
#define D_64BIT		0x200

struct aio_req;
struct as;
struct pollhead;
struct streamtab;
struct uio;
typedef struct scsa_devmap *devmap_cookie_t;

/*
 * Entry points of a driver's minor nodes. Only open, close and ioctl are called, and only for
 * character nodes. The other members exist for positional initialisers.
 */
struct cb_ops {
	int	(*cb_open)(dev_t *devp, int flag, int otyp, cred_t *credp);
	int	(*cb_close)(dev_t dev, int flag, int otyp, cred_t *credp);
	int	(*cb_strategy)(struct buf *bp);
	int	(*cb_print)(dev_t dev, char *str);
	int	(*cb_dump)(dev_t dev, caddr_t addr, daddr_t blkno, int nblk);
	int	(*cb_read)(dev_t dev, struct uio *uiop, cred_t *credp);
	int	(*cb_write)(dev_t dev, struct uio *uiop, cred_t *credp);
	int	(*cb_ioctl)(dev_t dev, int cmd, intptr_t arg, int mode, cred_t *credp, int *rvalp);
	int	(*cb_devmap)(dev_t dev, devmap_cookie_t dhp, offset_t off, size_t len,
			     size_t *maplenp, uint_t model);
	int	(*cb_mmap)(dev_t dev, off_t off, int prot);
	int	(*cb_segmap)(dev_t dev, off_t off, struct as *asp, caddr_t *addrp, off_t len,
			     uint_t prot, uint_t maxprot, uint_t flags, cred_t *credp);
	int	(*cb_chpoll)(dev_t dev, short events, int anyyet, short *reventsp,
			     struct pollhead **phpp);
	int	(*cb_prop_op)(dev_t dev, dev_info_t *dip, ddi_prop_op_t op, int flags, char *name,
			      caddr_t valuep, int *lengthp);
	struct streamtab *cb_str;
	int	cb_flag;
	int	cb_rev;
	int	(*cb_aread)(dev_t dev, struct aio_req *aiop, cred_t *credp);
	int	(*cb_awrite)(dev_t dev, struct aio_req *aiop, cred_t *credp);
};

int scsa_nochpoll(dev_t dev, short events, int anyyet, short *reventsp, struct pollhead **phpp);
#define nochpoll	scsa_nochpoll

#endif /* _SYS_CONF_H */
