# SPDX-License-Identifier: GPL-2.0
# The commands for users: build, install, try and test. Kbuild is the kernel's view of the same tree.

KERNEL  ?= default
BUILD   := $(CURDIR)/build
VM      := $(CURDIR)/tools/vm/vm --build $(BUILD) --kernel $(KERNEL)
JOBS    ?= $(shell nproc)

# `make modules` builds for the kernel given by KDIR (its build folder) or KVER (one that is installed,
# or else a Debian kernel, fetched below build/); otherwise for the running kernel; otherwise for the
# guest's.
ifeq ($(KDIR),)
KDIR    := $(wildcard /lib/modules/$(or $(KVER),$(shell uname -r))/build)
endif

# Objects must not land among the sources, so kbuild sees a farm of links to them.
FARMED  := Kbuild include compat drivers $(wildcard tests/kmod) tools/packaging/debian/changelog

.DEFAULT_GOAL := help
.PHONY: help modules guest-modules counting-modules install uninstall need-headers demo check check-unit check-fuzz \
	check-qtest check-guest check-debug check-readme check-build check-build-emulator \
	check-build-debug check-sim sim check-tools check-all check-dist check-kernels check-chips check-kernels-build \
	check-newest check-counts check-packaging check-vfio coverage deb soak fuzz-device bench bench-faults lint \
	vm qemu kernel deps deps-check clean distclean tags

help:
	@echo 'Two commands do everything, set-up included (as root on Debian 12 or 13):'
	@echo '  make demo         build all, move data through the driver in a virtual machine'
	@echo '  make check        every test; the last line is the result'
	@echo
	@echo 'On a machine with a card:'
	@echo '  make modules      scsa.ko and isp.ko for the running kernel, into build/modules/'
	@echo '                    (KDIR=<kernel build folder> or KVER=6.1: for another kernel)'
	@echo '  make install      put them into /lib/modules (as root)'
	@echo '  make uninstall    remove them'
	@echo '  make deb          a Debian package that builds them for each kernel (build/deb)'
	@echo
	@echo 'In the virtual machine:'
	@echo '  make vm           a shell in the guest, modules loaded, disks present'
	@echo '  make qemu         the emulator with the devices isp1020 to isp12160 (build/qemu)'
	@echo '  make kernel       fetch the guest kernel (KERNEL=6.12, 7.3, 6.12-rt ...; debug, kcsan: built here)'
	@echo '  make guest-modules  the modules for the guest kernel'
	@echo
	@echo 'Test levels, from cheap to dear:'
	@echo '  make lint         no warning from our files (W=1, sparse), checkpatch, scripts'
	@echo '  make check-tools  the cache, the runner of tests, without a machine'
	@echo '  make check-unit   pure code in a process, with sanitizers'
	@echo '  make check-fuzz   the same code under libFuzzer, for a bounded time'
	@echo '  make check-sim    driver and chip in a process, ten thousand schedules in virtual time'
	@echo '  make check-qtest  the emulated controller alone'
	@echo '  make check-guest  drivers and disks in the guest (TESTS=<pattern> for some)'
	@echo '  make check-debug  the same and more on a kernel built to check (KERNEL=kcsan: for races)'
	@echo '  make check-kernels  build for each supported kernel, boot it, run a short form'
	@echo '  make check-chips  isp on each emulated chip: two in full, the others and one of them strict and in short (an hour)'
	@echo '  make check-vfio   a card passed through to a machine in the machine (five minutes)'
	@echo '  make coverage     what of the pure code, the chip model and the modules no test runs'
	@echo '  make soak         half an hour of verified load in split requests (SOAK=<seconds>)'
	@echo '  make fuzz-device  half an hour of a chip that returns random bytes (FUZZ=<seconds> SEED=)'
	@echo '  make sim          a minute of further schedules (SIM=<seconds> SEED=, TRACE=1 SCHEDULES=1)'
	@echo '  make check-readme the commands that README.md shows'
	@echo '  make check-all    all levels complete, on each kernel; takes hours'
	@echo '  make check-dist   all of that and the package on fresh Debian 12 and 13, with debootstrap (as root); hours'
	@echo
	@echo '  make bench        isp against qla1280 on the same emulated chip (not a test)'
	@echo '  make bench-faults the same two when that chip misbehaves (half an hour, not a test)'
	@echo
	@echo '  make deps         install missing Debian build packages (as root)'
	@echo '  make clean        remove what was built, keep what was fetched'
	@echo '  make distclean    remove build/'

deps:
	@tools/deps build

deps-check:
	@tools/deps build check

# build/modules/<release>: $(call build_modules,<kernel build folder>,<output>,<make arguments>)
define build_modules
	@mkdir -p $(2)
	@find $(2) -xtype l -delete; find $(FARMED) -type f | while read -r f; do \
		[ -L $(2)/$$f ] || { mkdir -p $$(dirname $(2)/$$f); ln -s $(CURDIR)/$$f $(2)/$$f; }; done
	@$(MAKE) --no-print-directory -j$(JOBS) -C $(1) M=$(2) $(3) modules
endef

# The release that modules_install uses; Debian's "make kernelrelease" says something else.
release = $(shell sed -n 's/^.*UTS_RELEASE "\([^"]*\)".*/\1/p' $(1)/include/generated/utsrelease.h)

modules:
ifneq ($(KDIR),)
	$(call build_modules,$(KDIR),$(BUILD)/modules/$(call release,$(KDIR)))
else
	@$(MAKE) --no-print-directory guest-modules $(if $(KVER),KERNEL=$(KVER))
endif

# No BTF: newer headers need pahole for it. -Werror: a warning would show only in the first build.
guest-modules: kernel
	$(call build_modules,$(shell $(VM) kernel headers),$(BUILD)/modules/$(shell $(VM) kernel),SCSA_TESTS=m \
		KCFLAGS=-Werror CONFIG_DEBUG_INFO_BTF_MODULES=)

# The modules that tests/coverage runs; each counts which of its lines have run.
COUNTING := -fprofile-arcs -ftest-coverage -fprofile-info-section -fno-tree-loop-im

counting-modules: kernel
	$(call build_modules,$(shell $(VM) kernel headers),$(BUILD)/coverage/modules,SCSA_TESTS=m \
		COUNTING='$(COUNTING)' KCFLAGS='$(COUNTING)' CONFIG_DEBUG_INFO_BTF_MODULES=)

need-headers:
	@test -n "$(KDIR)" || { echo 'no kernel headers for $(or $(KVER),$(shell uname -r)) here; \
install its linux-headers package or give KDIR' >&2; exit 1; }

install: need-headers modules
	$(MAKE) -C $(KDIR) M=$(BUILD)/modules/$(call release,$(KDIR)) INSTALL_MOD_DIR=updates modules_install
	depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) -a $(call release,$(KDIR))

uninstall: need-headers
	rm -f $(foreach m,compat/scsa drivers/isp/isp,\
		$(INSTALL_MOD_PATH)/lib/modules/$(call release,$(KDIR))/updates/$(m).ko*)
	depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) -a $(call release,$(KDIR))

kernel:
	@$(VM) kernel >/dev/null

qemu:
	@tools/qemu/build

vm: deps kernel qemu guest-modules
	@$(VM) shell --label vm --controller isp1040 --module isp \
		--disk target=0,size=256M --disk target=1,size=256M --disk target=1,lun=3,size=64M $(VMFLAGS)

demo: deps
	@echo '== emulator (the first time takes minutes)'
	@$(MAKE) --no-print-directory qemu
	@echo '== modules for the guest kernel'
	@$(MAKE) --no-print-directory guest-modules
	@tests/guest/demo --build $(BUILD) --kernel $(KERNEL)

check: deps-check
	@tests/check build lint tools unit sim fuzz qtest guest kernels-build newest counts debug readme

# Everything on every kernel; takes hours. tests/README.md says what check leaves out and why.
check-all: LEVELS ?= lint tools unit sim fuzz qtest guest guest@6.12 kernels counts debug debug@kcsan readme
check-all: deps-check
	@tests/check --complete --record build $(LEVELS)

check-dist:
	@tests/dist bookworm,trixie demo check check-kernels check-packaging check-vfio

# Build what the levels need, so that their times are only those of the tests.
check-build: kernel
	@$(MAKE) --no-print-directory -j2 check-build-emulator check-build-debug

check-build-emulator:
	@tools/qemu/build --asan

check-build-debug:
	@$(VM) kernel --kernel debug >/dev/null

check-tools:
	@tests/tools

check-unit:
	@$(MAKE) --no-print-directory -C tests/unit check BUILD=$(BUILD)/unit

check-fuzz:
	@$(MAKE) --no-print-directory -k -j$(JOBS) -C tests/fuzz check BUILD=$(BUILD)/fuzz

check-sim:
	@$(MAKE) --no-print-directory -C tests/sim check BUILD=$(BUILD)/sim

sim:
	@$(MAKE) --no-print-directory -C tests/sim sim BUILD=$(BUILD)/sim

check-qtest:
	@tools/qemu/build --asan
	@tests/qtest/run

check-guest: qemu guest-modules
	@tests/guest/run --build $(BUILD) --kernel $(KERNEL) $(TESTS)

# Runs on a kernel of this tree's own, which tools/vm builds the first time.
check-debug: CHECKING = $(if $(filter kcsan,$(KERNEL)),kcsan,debug)
check-debug: qemu
	@$(MAKE) --no-print-directory guest-modules KERNEL=$(CHECKING)
	@tests/guest/run --build $(BUILD) --kernel $(CHECKING) $(TESTS)

check-kernels: qemu
	@tests/kernels --build $(BUILD) --record

check-chips: qemu guest-modules
	@$(MAKE) --no-print-directory guest-modules KERNEL=debug
	@tests/chips --build $(BUILD) --record

check-kernels-build:
	@tests/kernels --build $(BUILD) --only-build

check-newest: qemu
	@tests/kernels --build $(BUILD) --newest

# Counts for an I/O that must not grow; tests/bench/run --set-limits after a change that is meant.
check-counts: qemu guest-modules
	@tests/bench/run --build $(BUILD) --kernel $(KERNEL) --limits

# A card in a machine in a machine.
check-vfio: qemu guest-modules
	@tests/vfio/run

deb:
	@tools/deps deb
	@tools/packaging/deb $(BUILD)/deb

check-packaging: deps
	@tests/packaging

# Seconds. COVERAGE=--readme puts the table into tests/README.md.
coverage:
	@tests/coverage --build $(BUILD) $(COVERAGE)

soak: qemu guest-modules
	@SOAK=$(or $(SOAK),1800) tests/guest/run --build $(BUILD) --kernel $(KERNEL) split.verify_load

fuzz-device: qemu guest-modules
	@FUZZ=$(or $(FUZZ),1800) tests/guest/run --build $(BUILD) --kernel $(KERNEL) faults-mutate.mutations

check-readme: qemu kernel
	@tests/readme $(BUILD)

bench: deps qemu guest-modules
	@tests/bench/run --build $(BUILD) --kernel $(KERNEL)

bench-faults: deps qemu guest-modules
	@tests/bench/faults --build $(BUILD) --kernel $(KERNEL)

lint: kernel
	@tests/lint $(BUILD) $(shell $(VM) kernel headers)

tags:
	ctags -R include compat drivers tools/qemu

clean:
	rm -rf $(addprefix $(BUILD)/,modules lint unit fuzz sim coverage vm)

distclean:
	rm -rf $(BUILD)
