// SPDX-License-Identifier: GPL-2.0
/*
 * Names that published drivers use, in a file compiled as theirs are (compat/published.kbuild): it has
 * a struct list_head and function pointers without parameters. Most names are in contract_census.c.
 */
#include <sys/byteorder.h>
#include <sys/cdio.h>
#include <sys/disp.h>
#include <sys/dkbad.h>
#include <sys/dkio.h>
#include <sys/dktp/fdisk.h>
#include <sys/fs/dv_node.h>
#include <sys/inttypes.h>
#include <sys/kmem_impl.h>
#include <sys/list.h>
#include <sys/mhd.h>
#include <sys/pci.h>
#include <sys/policy.h>
#include <sys/scsi/scsi.h>
#include <sys/scsi/targets/sddef.h>
#include <sys/sdt.h>
#include <sys/vtoc.h>

#include "contract.h"
#include "contract_check.h"

struct list_head {
	struct list_head	*next;
};

/* Fields of a CDB are where the command's group has them. */
static const char *cdb_fields(dev_info_t *dip)
{
	union scsi_cdb cdb = { .cdb_opaque = { 0xa, 0x3f, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };
	const char *why = NULL;

	CHECK(sizeof(cdb) == 16 && cdb.scc_cmd == SCMD_WRITE && cdb.scc_lun == 1);
	CHECK(GETG0ADDR(&cdb) == 0x1f0203 && GETG0COUNT(&cdb) == 4);
	CHECK(GETG1ADDR(&cdb) == 0x02030405 && GETG1COUNT(&cdb) == 0x0708);
	CHECK(GETG5ADDR(&cdb) == 0x02030405 && GETG5COUNT(&cdb) == 0x06070809);
	CHECK(GETG4ADDR(&cdb) == 0x02030405 && GETG4ADDRTL(&cdb) == 0x06070809);
	CHECK(GETG4LONGADDR(&cdb) == 0x0203040506070809ULL && GETG4COUNT(&cdb) == 0x0a0b0c0d);
	CHECK(cdb.cdb_un.sg.scsi[0] == 2 && cdb.g0_addr2 == 0x1f && cdb.g1_count0 == 8);
out:
	return why;
}

/* Data that targets and drivers exchange has its fields at the offsets of the standard. */
static const char *layouts(dev_info_t *dip)
{
	struct scsi_descr_sense_hdr sense = { .ds_class = CLASS_EXTENDED_SENSE,
					      .ds_code = CODE_FMT_DESCR_CURRENT };
	struct scsi_information_sense_descr info = { .isd_valid = 1 };
	struct mode_page page = { .code = SD_MODE_SENSE_PAGE4_CODE, .ps = 1 };
	const char *why = NULL;

	CHECK(MODE_HEADER_LENGTH == 4 && MODE_HEADER_LENGTH_G1 == 8 && MODE_BLK_DESC_LENGTH == 8);
	CHECK(offsetof(struct mode_format, data_bytes_sect) == 12);
	CHECK(offsetof(struct mode_geometry, heads) == 5 &&
	      offsetof(struct mode_geometry, rpm) == 20 && sizeof(struct mode_geometry) == 24);
	CHECK(*(uchar_t *)&page == 0x84 && *(uchar_t *)&sense == 0x72 && sizeof(sense) == 8);
	CHECK(SCSI_IS_DESCR_SENSE(&sense) && offsetof(struct scsi_descr_sense_hdr, ds_add_code) == 2);
	CHECK(((uchar_t *)&info)[2] == 0x80 && offsetof(struct scsi_information_sense_descr, isd_information) == 4);
	CHECK(sizeof(struct scsi_capacity) == 8 && sizeof(struct scsi_capacity_16) == 32);
	CHECK(PCI_REG_BUS_G(0x82051af4u) == 5 && PCI_REG_DEV_G(0x82051af4u) == 3 &&
	      PCI_REG_FUNC_G(0x82051af4u) == 2 && PCI_REG_REG_G(0x82051af4u) == 0xf4 &&
	      PCI_REG_ADDR_G(0x82051af4u) == 2);
	CHECK(UINT16_MAX == (uint16_t)-1 && UINT64_MAX == (uint64_t)-1 && INT64_MIN < -INT64_MAX);
	CHECK(DKIOCINFO == 0x403 && V_NUMPAR == 16 && sizeof(struct dk_geom) == 2 * 21);
out:
	return why;
}

/* What cannot work here says so in the way that the manual page has for failure. */
static const char *refusals(dev_info_t *dip)
{
	dev_info_t *child = dip;
	const char *why = NULL;
	char name[MAXNAMELEN], **compatible, *nodename;
	int n = 1, circ = 0;
	dev_t dev = 0;

	ndi_devi_enter(dip, &circ);
	CHECK(ndi_devi_alloc(dip, "disk", DEVI_SID_NODEID, &child) != NDI_SUCCESS && !child);
	CHECK(ndi_devi_online(dip, NDI_ONLINE_ATTACH) != NDI_SUCCESS);
	CHECK(ndi_devi_offline(dip, NDI_DEVI_REMOVE) != NDI_SUCCESS);
	CHECK(ndi_busop_bus_config(dip, 0, BUS_CONFIG_ALL, NULL, &child, 0) != NDI_SUCCESS);
	CHECK(ndi_prop_update_int(DDI_DEV_T_NONE, NULL, "lun", 0) != DDI_PROP_SUCCESS);
	CHECK(ndi_prop_update_string(DDI_DEV_T_NONE, NULL, "a", "b") != DDI_PROP_SUCCESS);
	/* tran_tgt_init(9E) of some drivers accepts no other nodes. */
	CHECK(ndi_dev_is_persistent_node(NULL) && ndi_merge_node(NULL, NULL) != DDI_SUCCESS);
	CHECK(!i_ddi_devi_attached(dip) && !*ddi_deviname(dip, name) && !ddi_get_child(dip));
	ndi_devi_exit(dip, circ);
	CHECK(devfs_clean(dip, name, DV_CLEAN_FORCE) == 0);
	scsi_hba_nodename_compatible_get(NULL, NULL, DTYPE_DIRECT, NULL, &nodename, &compatible, &n);
	CHECK(!nodename && !compatible && n == 0 && !scsi_hba_iport_unit_address(dip));
	scsi_hba_nodename_compatible_free(nodename, compatible);
	CHECK(scsi_hba_open(&dev, FREAD, 0, NULL) == 0 && scsi_hba_close(dev, FREAD, 0, NULL) == 0);
	CHECK(scsi_hba_ioctl(dev, DKIOCINFO, 0, FREAD, NULL, &n) == ENOTTY);
	CHECK(!ddi_in_panic() && scsi_pkt_size() >= (int)offsetof(struct scsi_pkt, pkt_stmp));
	DTRACE_PROBE2(contract__refused, dev_info_t *, dip, int, n);
out:
	return why;
}

static const struct contract_test tests[] = {
	{ "published.cdb_fields", cdb_fields },
	{ "published.layouts", layouts },
	{ "published.refusals", refusals },
	{ NULL, NULL }
};
CONTRACT_SUITE(CONTRACT_ON_TESTDEV, tests);
