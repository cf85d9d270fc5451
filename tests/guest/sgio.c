// SPDX-License-Identifier: GPL-2.0
/*
 * One command by SG_IO, with a buffer anywhere in memory, and what came back.
 *
 *	sgio [-b] [-d] [-r|-w] [-s len,len...] [-o offset] [-f file] <device> [<CDB byte in hex>...]
 *
 * -b: the device is one of bsg, which takes version 4 of the interface; -d: direct I/O. -r: read to the
 * file; -w: write from it. -s: lengths of the buffer's pieces, each between guard bytes; the first one is
 * that many bytes (-o) into a page. Without a CDB its length is 0.
 * Prints the results, or how the system call failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bsg.h>
#include <scsi/sg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE		4096
#define GUARD_LEN	61
#define GUARD_BYTE	0x5a
#define UNREAD_BYTE	0xee
#define PIECES		64
#define TIMEOUT_MS	60000

struct request {
	struct iovec	piece[PIECES];
	unsigned int	pieces;
	size_t		total;
	size_t		offset;
	unsigned char	*area;		/* pieces and guard bytes */
	size_t		area_len;
	unsigned char	cdb[32];
	unsigned int	cdb_len;
	unsigned char	sense[64];
	bool		bsg, direct, reads, writes;
	const char	*file;
};

struct result {
	unsigned int	status, host, sense_len;
	int		resid;
	bool		direct;
};

static void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void parse_lengths(struct request *r, char *text)
{
	char *word;

	for (word = strtok(text, ","); word && r->pieces < PIECES; word = strtok(NULL, ",")) {
		r->piece[r->pieces].iov_len = strtoul(word, NULL, 0);
		r->total += r->piece[r->pieces++].iov_len;
	}
}

static void parse(struct request *r, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+bdrws:o:f:")) != -1) {
		switch (c) {
		case 'b':
			r->bsg = true;
			break;
		case 'd':
			r->direct = true;
			break;
		case 'r':
			r->reads = true;
			break;
		case 'w':
			r->writes = true;
			break;
		case 's':
			parse_lengths(r, optarg);
			break;
		case 'o':
			r->offset = strtoul(optarg, NULL, 0);
			break;
		case 'f':
			r->file = optarg;
			break;
		default:
			exit(2);
		}
	}
}

static void lay_out(struct request *r)
{
	unsigned char *at;
	unsigned int i;

	r->area_len = PAGE + r->offset + r->total + (r->pieces + 1) * GUARD_LEN;
	if (posix_memalign((void **)&r->area, PAGE, r->area_len))
		die("memory");
	memset(r->area, GUARD_BYTE, r->area_len);
	at = r->area + PAGE + r->offset;
	for (i = 0; i < r->pieces; i++) {
		r->piece[i].iov_base = at;
		memset(at, UNREAD_BYTE, r->piece[i].iov_len);
		at += r->piece[i].iov_len + GUARD_LEN;
	}
}

/* Move the pieces to or from the file. */
static void transfer(const struct request *r, bool from_file)
{
	int fd = open(r->file, from_file ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	if (fd < 0)
		die(r->file);
	n = from_file ? readv(fd, r->piece, r->pieces) : writev(fd, r->piece, r->pieces);
	if (n != (ssize_t)r->total)
		die(r->file);
	close(fd);
}

/* Bytes around the pieces that are not guard bytes any more. */
static size_t spoilt(const struct request *r)
{
	const unsigned char *p = r->area, *end = r->area + r->area_len;
	unsigned int i = 0;
	size_t n = 0;

	while (p < end) {
		if (i < r->pieces && p == r->piece[i].iov_base) {
			p += r->piece[i++].iov_len;
			continue;
		}
		n += *p++ != GUARD_BYTE;
	}
	return n;
}

static void send_v3(struct request *r, int fd, struct result *res)
{
	struct sg_io_hdr io = {
		.interface_id = 'S',
		.dxfer_direction = r->reads ? SG_DXFER_FROM_DEV : r->writes ? SG_DXFER_TO_DEV :
									  SG_DXFER_NONE,
		.cmdp = r->cdb,
		.cmd_len = r->cdb_len,
		.sbp = r->sense,
		.mx_sb_len = sizeof(r->sense),
		.dxferp = r->pieces > 1 ? (void *)r->piece : r->piece[0].iov_base,
		.iovec_count = r->pieces > 1 ? r->pieces : 0,
		.dxfer_len = r->total,
		.flags = r->direct ? SG_FLAG_DIRECT_IO : 0,
		.timeout = TIMEOUT_MS,
	};

	if (ioctl(fd, SG_IO, &io))
		die("SG_IO");
	*res = (struct result){ io.status, io.host_status, io.sb_len_wr, io.resid,
				(io.info & SG_INFO_DIRECT_IO_MASK) == SG_INFO_DIRECT_IO };
}

static void send_v4(struct request *r, int fd, struct result *res)
{
	struct sg_io_v4 io = {
		.guard = 'Q',
		.protocol = BSG_PROTOCOL_SCSI,
		.subprotocol = BSG_SUB_PROTOCOL_SCSI_CMD,
		.request = (uintptr_t)r->cdb,
		.request_len = r->cdb_len,
		.response = (uintptr_t)r->sense,
		.max_response_len = sizeof(r->sense),
		.timeout = TIMEOUT_MS,
	};

	if (r->reads) {
		io.din_xferp = (uintptr_t)r->piece[0].iov_base;
		io.din_xfer_len = r->total;
	} else if (r->writes) {
		io.dout_xferp = (uintptr_t)r->piece[0].iov_base;
		io.dout_xfer_len = r->total;
	}
	if (ioctl(fd, SG_IO, &io))
		die("SG_IO");
	*res = (struct result){ io.device_status, io.transport_status, io.response_len,
				r->writes ? io.dout_resid : io.din_resid, false };
}

static void report(const struct request *r, const struct result *res)
{
	unsigned int i;

	printf("status %#x host %#x resid %d spoilt %zu direct %d sense ", res->status, res->host,
	       res->resid, spoilt(r), res->direct);
	for (i = 0; i < res->sense_len && i < sizeof(r->sense); i++)
		printf("%02x", r->sense[i]);
	puts("");
}

int main(int argc, char **argv)
{
	struct request r = { 0 };
	struct result res;
	int fd;

	parse(&r, argc, argv);
	fd = optind < argc ? open(argv[optind++], O_RDWR | O_NONBLOCK) : -1;
	if (fd < 0)
		die("open");
	while (optind < argc && r.cdb_len < sizeof(r.cdb))
		r.cdb[r.cdb_len++] = strtoul(argv[optind++], NULL, 16);
	lay_out(&r);
	if (r.writes)
		transfer(&r, true);
	if (r.bsg)
		send_v4(&r, fd, &res);
	else
		send_v3(&r, fd, &res);
	if (r.reads && r.file)
		transfer(&r, false);
	report(&r, &res);
	return 0;
}
