# SPDX-License-Identifier: GPL-2.0-or-later
# A thin way into meson and tools/. Each target does what its name says.

BUILD := build
ASAN := build-asan
FUZZ := build-fuzz
FUZZ_SECONDS ?= 30
FIGURES ?= data/figures
OUT := out
# Which Debian libvirt is built for: this machine's own. Which kernel a HOS image gets: lab, small and built in
# minutes, or deb, Debian's full configuration, which takes hours.
RELEASE ?= $(shell . /etc/os-release && echo $$VERSION_CODENAME)
KERNEL ?= lab
LAYERS := tools unit asan vm fuzz image libvirt-trixie lab

.PHONY: all run run-hos stop packages check $(LAYERS:%=check-%) check-libvirt check-libvirt-bookworm check-relay check-compositors kernel kernel-deb libvirt hos dkms
.PHONY: bench bench-report format install clean

all: $(BUILD)/build.ninja
	@meson compile -C $(BUILD)

# Two VMs, two terminals, one desktop. SHOW=1 opens a live view, see tools/run.
run:
	@tools/run

stop:
	@tools/run --stop

# What the tests need besides the compiler: they start real VMs, compositors and linters.
packages:
	@tools/setup

# Every layer, also after one has failed; the last line counts. What the lab boots is built beside the others.
check:
	@tools/check-all tools unit asan vm lab:libvirt-trixie --beside image libvirt-trixie --beside fuzz

check-tools: packages
	@tools/check --self-test && tools/check

check-unit: packages all
	@tools/test-meson $(BUILD) unit --no-suite hostile --no-suite compositors

# The unit tests again, and the programs that read hostile bytes against guests that write them.
check-asan: packages $(ASAN)/build.ninja
	@meson compile -C $(ASAN) && tools/test-meson $(ASAN) asan --no-suite compositors --timeout-multiplier 3

check-fuzz: packages $(FUZZ)/build.ninja
	@meson compile -C $(FUZZ) fuzzers && tools/test-fuzz $(FUZZ) $(FUZZ_SECONDS)

check-vm: packages all $(ASAN)/build.ninja
	@meson compile -C $(ASAN) && tests/vm/run

# Frames on KDE's and GNOME's compositors, where they are installed: packages kwin-wayland, gnome-shell.
check-compositors: packages all
	@tools/test-meson $(BUILD) compositors --suite compositors

# libvirt's own tests with the Smack driver in it, for both Debian releases.
check-libvirt: check-libvirt-bookworm check-libvirt-trixie

check-libvirt-bookworm check-libvirt-trixie: check-libvirt-%: packages
	@libvirt/build --test $* $(OUT)/libvirt-tests-$*

# What the lab boots, put into the cache.
check-image: packages
	@dir=$$(mktemp -d) && images/hos/build --kernel lab "$$dir/hos"; status=$$?; rm -rf "$$dir"; exit $$status

# The host operating system on an emulated machine with virtualization, tested from inside; LAB=10-boot.sh for a part.
check-lab: packages all
	@tests/lab/run $(LAB)

# vmos_relay on two kernels that look for its faults. Each takes a quarter of an hour to build: not part of check.
check-relay: packages all
	@for kind in kasan kcsan; do \
		rm -rf $(OUT)/kernel-$$kind && mkdir -p $(OUT) && images/kernel/build $$kind $(OUT)/kernel-$$kind && \
		tests/lab/smack $(BUILD) $(OUT)/kernel-$$kind/vmlinuz $(BUILD)/tests/lab/relay 60 || exit 1; \
	done

# What a host operating system is made of. Each comes from the cache where nothing has changed.
kernel: packages
	@images/kernel/build lab $(OUT)/kernel-lab

kernel-deb: packages
	@images/kernel/build deb $(OUT)/kernel-deb

libvirt: packages
	@libvirt/build $(RELEASE) $(OUT)/libvirt-$(RELEASE)

hos: packages
	@images/hos/build --kernel $(KERNEL) $(OUT)/hos

# Our modules for other machines than a template's and the HOS, tried on the kernels of both Debian releases.
dkms: packages
	@rm -rf $(OUT)/dkms && images/dkms/build $(OUT)/dkms

# The host operating system in a window, on an emulated machine.
run-hos: hos
	@tools/run-hos $(OUT)/hos

# Only figures on standard output: make bench >run.json
bench:
	@$(MAKE) --no-print-directory packages all >&2
	@tests/bench/run

bench-%:
	@$(MAKE) --no-print-directory packages all >&2
	@tests/bench/run $*

# Draws the tables and pictures of a saved run: make bench-report RUN=run.json
bench-report:
	@tests/bench/report $(RUN) $(FIGURES)

format:
	@tools/check --format

install: all
	@meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) $(ASAN) $(FUZZ)

$(BUILD)/build.ninja:
	@tools/setup build
	@meson setup $(BUILD)

# With sanitizers, at -O1, gcc takes more values for possible than there are: of lengths it warns only.
$(ASAN)/build.ninja:
	@tools/setup build
	@meson setup $(ASAN) -Doptimization=1 -Dc_args=-Wno-error=format-truncation -Db_sanitize=address,undefined -Db_lundef=false

$(FUZZ)/build.ninja:
	@tools/setup build test
	@CC=clang meson setup $(FUZZ) -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
