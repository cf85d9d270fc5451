/* SPDX-License-Identifier: GPL-2.0 */
/* buf(9S) and the functions that work on it. */
#ifndef _SYS_BUF_H
#define _SYS_BUF_H

#include <sys/types.h>

typedef short o_dev_t;

struct buf {
	int		b_flags;
	struct buf	*b_forw;
	struct buf	*b_back;
	struct buf	*av_forw;
	struct buf	*av_back;
	o_dev_t		b_dev;		/* obsolete: see b_edev */
	size_t		b_bcount;	/* bytes requested */
	union {
		caddr_t	b_addr;
	} b_un;
	daddr_t		b_blkno;
	diskaddr_t	b_lblkno;
	size_t		b_resid;	/* bytes not transferred */
	size_t		b_bufsize;
	int		(*b_iodone)(struct buf *bp);
	int		b_error;
	void		*b_private;
	dev_t		b_edev;

	/* The framework's own: the data of a SCSI command that the buf was made from. */
	void		*b_sgl;		/* struct scatterlist, or NULL: b_un.b_addr */
	uint_t		b_nents;
	size_t		b_sgl_first;	/* bytes of the list before the buffer */
	void		*b_map;		/* what bp_mapin(9F) has made */
	bool		b_of_cmd;	/* of a command: unmapped when that ends */
	bool		b_mapped;	/* a handle has mapped the list; the next one maps a copy */
	uint_t		b_granular;	/* logical block size for windows; 0: the attributes' */
};

typedef struct buf buf_t;

#define B_BUSY		0x0001
#define B_DONE		0x0002
#define B_ERROR		0x0004
#define B_PAGEIO	0x0010
#define B_PHYS		0x0020
#define B_READ		0x0040
#define B_WANTED	0x0080
#define B_WRITE		0x0100	/* an argument, never tested: a write is "not B_READ" */
#define B_ASYNC		0x0400
#define B_REMAPPED	0x4000
#define B_SHADOW	0x200000
#define B_FAILFAST	0x1000000
#define B_STARTED	0x2000000
#define B_ABRWRITE	0x4000000

/**
 * bioerror() - record or clear the error of a buffer
 * @bp: the buffer
 * @error: errno, or 0 to clear B_ERROR and b_error
 *
 * Context: any. See bioerror(9F).
 */
static inline void bioerror(struct buf *bp, int error)
{
	if (error)
		bp->b_flags |= B_ERROR;
	else
		bp->b_flags &= ~B_ERROR;
	bp->b_error = error;
}

/**
 * geterror() - the error of a buffer
 * @bp: the buffer
 *
 * Context: any. Return: b_error, or EIO if that is 0, if B_ERROR is set, else 0. See geterror(9F).
 */
static inline int geterror(struct buf *bp)
{
	if (!(bp->b_flags & B_ERROR))
		return 0;
	return bp->b_error ? bp->b_error : EIO;
}

struct buf *scsa_getrbuf(int kmflag);
void scsa_freerbuf(struct buf *bp);
void scsa_bp_mapin(struct buf *bp);
void scsa_bp_mapout(struct buf *bp);
#define bp_mapin	scsa_bp_mapin
#define bp_mapout	scsa_bp_mapout
#define getrbuf		scsa_getrbuf
#define freerbuf	scsa_freerbuf

#endif /* _SYS_BUF_H */
