# gppi: growth plate plane index of mouse femur micro-CT scans.
#
#   make          build/gppi
#   make demo     install what is missing, build, detect two synthetic scans
#   make check    install what is missing, build, run every test
#   make deps     install what is missing (Debian packages)
#   make install  PREFIX=/usr/local DESTDIR=      (and make uninstall)
#   make deb      a Debian package; make tarball: a program that brings its libraries along
#   make check-deb check-tarball    both in clean Debian systems (root, debootstrap)
#   make windows  gppi.exe and what belongs to it as a zip (mingw-w64); make check-windows tries it under Wine
#   make lint     clang-tidy and cppcheck, and the rules of tools/lint/house.py
#   make check-arm    the int8 kernels for aarch64, cross-compiled and emulated
#   make check-vnni   the kernels of AVX-VNNI processors on one with AVX512-VNNI, and their speed
#   make check-asan   the unit tests under the address and undefined behaviour sanitizers
#   make check-clang  the unit tests as clang builds them
#   make check-tsan   a service with senders, drops and reloads under ThreadSanitizer
#   make check-valgrind   detections and kernels under valgrind
#   make check-page   the study page in a browser (installs Chromium)
#   make check-import check-train    tools/import and retraining (PYTHON with PyTorch; check-import: h5py)
#   make check-heavy      the heavy networks, with ONNX Runtime of PyPI (ORT=PATH: another one)
#   make check-readers    voxels and spacing as ITK, aimio, SimpleITK, nibabel and others read them (PyPI)
#   make campaign-serve    the service under kill -9, a full disk and odd senders (half an hour)
#   make campaign-costly    small files that ask for hours or gigabytes, peers that keep it waiting (ten minutes)
#   make campaign-agreement    BONES=200: the search against every slice, on every instruction set (half an hour)
#   make check-recipes    packaging/recipes with the real programs (installs Orthanc)
#   make check-slurm check-snakemake    200 bones with killed jobs (install Slurm, Snakemake); make check-scale: the
#                     simulation of tools/scale_model.py beside a measured run
#   make check-unit   the sandbox of the systemd unit (systemd-analyze)
#   make fuzz     FUZZ_SECONDS=60: every reader of scans against garbled files (clang)
#   make campaign-fuzz    the same for FUZZ_MINUTES=30 of processor time each; goes on where it was stopped
#   make mutants  do the tests notice small faults? One at a time, in a copy (half an hour)
#   make fuzz-net    what comes over the network, to receiver and sender, for FUZZ_MINUTES each
#   make train    trains all networks on synthetic bones (hours; START=weights: goes on from these); make validate:
#                 tables
#   make train-plate    trains the network that finds the growth plate for gppi measure (an hour)
#   make library  libgppi.a and libgppi.so for other programs
#   make clean
# V=1 shows the commands. The rest of the rules: tools/make.

PREFIX ?= /usr/local
BUILD  ?= build
CC     ?= gcc
CXX    ?= g++
OPT    ?= -O3 -g
WARN   := -Wall -Wextra -Wshadow -Wundef -Wvla
VERSION := $(shell sed -n 's/^\#define GPPI_VERSION "\(.*\)"/\1/p' include/gppi/gppi.h)

# Hardening; FORTIFY_SOURCE needs optimisation and gets in the way of the sanitizers.
HARDEN := -fstack-protector-strong
ifeq ($(strip $(SAN))$(findstring -O0,$(OPT)),)
HARDEN += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

# `override`, so that flags given on the command line add to these.
override CPPFLAGS += -Iinclude -Isrc -Itools -D_FILE_OFFSET_BITS=64 -MMD -MP
override CFLAGS := -std=c11 $(OPT) $(WARN) -Werror=implicit-function-declaration -Wstrict-prototypes \
            -Wmissing-prototypes -fPIC -fvisibility=hidden -pthread -ffp-contract=off $(HARDEN) $(SAN) $(CFLAGS)
override CXXFLAGS := -std=c++17 $(OPT) $(WARN) -fPIC -fvisibility=hidden -pthread $(HARDEN) $(SAN) $(CXXFLAGS)
# Unique symbols could not be made local in libgppi.a; clang makes none.
override CXXFLAGS += $(if $(findstring clang,$(CXX)),,-fno-gnu-unique)
override LDFLAGS += -pie -Wl,-z,relro,-z,now -pthread $(SAN)
LIBS     := -lcmr -ldcmsr -ldcmtls -ldcmnet -ldcmdata -ldcmimgle -ldcmimage -ldcmjpeg -ldcmjpls -loflog -lofstd \
            -ljpeg -lpng -ltiff -ljansson -linih -lisal -lseccomp -lutf8proc -lstdc++ -lm

target    := $(shell $(CC) -dumpmachine)
x86       := $(filter x86_64-%,$(target))
arm       := $(filter aarch64-%,$(target))
windows   := $(filter %-mingw32,$(target))
foreign   := $(if $(x86),,src/net/int8/x86/% %_avx2.c %_avx512.c %_sha.c) $(if $(arm),,src/net/int8/arm/%) \
             $(if $(windows),%_posix.c,%_windows.c)
lib_src   := $(filter-out src/cli/% $(foreign),$(wildcard src/*/*.c src/*/*/*.c src/*/*/*/*.c src/*/*.cc src/*/*/*.cc))
cli_src   := $(filter-out $(foreign),$(wildcard src/cli/*.c))
tool_src  := $(wildcard tools/phantom/*.c tools/phantom/*.cc) tools/train/samples.c
test_src  := $(wildcard tests/test_*.c)
obj = $(patsubst %,$(BUILD)/obj/%.o,$(1))
ifneq ($(windows),)
include packaging/windows/windows.mk
endif

# One short line a file; V=1: the commands. $(call say,WHAT,FILE) begins a recipe, $(Q) hides its commands.
Q   := $(if $(V),,@)
say  = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-5s %s\n' '$(1)' \
       '$(patsubst $(BUILD)/%,%,$(2))')
link = $(call say,LINK,$@)

.PHONY: all FORCE
all: $(BUILD)/gppi

# Other compilers or flags than last time: everything is built again.
prefix := $(PREFIX)
flags := $(CC) $(CXX) $(CPPFLAGS) $(CFLAGS) $(CXXFLAGS) $(LDFLAGS) $(LIBS)
$(BUILD)/flags $(BUILD)/prefix: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$($(@F)))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$($(@F)))' > $@

$(BUILD)/gppi: $(call obj,$(cli_src)) $(BUILD)/all.a | $(BUILD)/float
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# Everything but the main files, for program, tests and tools; users of the library get less: see library.mk.
$(BUILD)/all.a: $(call obj,$(lib_src) src/report/page_assets.S src/report/font_file.S src/measure/plate_weights.S) \
		$(BUILD)/obj/builtin_weights.o
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/phantom: $(call obj,$(tool_src)) $(BUILD)/all.a
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

# The weights are packed into the program; the list is renewed when a file comes or goes.
weights := $(sort $(wildcard weights/*.gppiw))
$(BUILD)/obj/builtin_weights.S: FORCE
	@mkdir -p $(@D)
	@sh src/net/builtin.sh $(weights) > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# Their float copies, for the fp32 engine, are found beside program and tests.
float_links := $(BUILD)/float $(BUILD)/tests/float
$(float_links): FORCE
	@mkdir -p $(@D) && ln -sfn $(abspath weights) $@

$(BUILD)/obj/builtin_weights.o: $(BUILD)/obj/builtin_weights.S $(weights)
	$(call say,CC,$<)
	$(Q)$(CC) -Isrc -c -o $@ $<

# Only files named for an instruction set are compiled for it; base/cpu.h says when they may run.
ifneq ($(x86),)
$(BUILD)/obj/%_avx2.c.o: override CFLAGS += -mavx2
$(BUILD)/obj/%_avxvnni.c.o: override CFLAGS += -mavx2 -mavxvnni
$(BUILD)/obj/%_avx512.c.o: override CFLAGS += -mavx512f -mavx512bw -mavx512vl
$(BUILD)/obj/%_avx512vnni.c.o: override CFLAGS += -mavx512f -mavx512bw -mavx512vl -mavx512vnni
$(BUILD)/obj/%_amx.c.o: override CFLAGS += -mavx512f -mavx512bw -mavx512vl -mamx-tile -mamx-int8
$(BUILD)/obj/%_sha.c.o: override CFLAGS += -msha -mssse3 -msse4.1
endif
ifneq ($(arm),)
$(BUILD)/obj/%_neondot.c.o: override CFLAGS += -march=armv8.2-a+dotprod
# gcc would move all loads of a loop to its start, and spill them.
$(BUILD)/obj/src/net/int8/arm/conv_%.c.o: override CFLAGS += $(if $(findstring clang,$(CC)),,-fno-schedule-insns)
endif

$(BUILD)/obj/%.c.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Where float copies of the networks are installed.
$(BUILD)/obj/src/net/fp32/floats.c.o: $(BUILD)/prefix
$(BUILD)/obj/src/net/fp32/floats.c.o: override CPPFLAGS += -DGPPI_DATA='"$(PREFIX)/share/gppi"'

# The study page's HTML, CSS and JavaScript are packed into the program.
$(BUILD)/obj/src/report/page_assets.S.o: src/report/page_assets.S $(wildcard src/report/page/*)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -Isrc -c -o $@ $<

# The font of pictures, too.
FONT ?= /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
FONT_LICENCE ?= /usr/share/doc/fonts-dejavu-core/copyright
$(BUILD)/obj/src/report/font_file.S.o: src/report/font_file.S $(FONT)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -Isrc '-DFONT="$(FONT)"' -c -o $@ $<

# The weights of the network that finds the growth plate, too.
$(BUILD)/obj/src/measure/plate_weights.S.o: src/measure/plate_weights.S weights/growth-plate.f32
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -Isrc -c -o $@ $<

$(BUILD)/obj/%.cc.o: %.cc $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

# Tests link everything but the two main files.
$(BUILD)/tests/%: $(BUILD)/obj/tests/%.c.o $(filter-out %/main.c.o,$(call obj,$(tool_src))) $(BUILD)/all.a | \
		$(BUILD)/tests/float
	@mkdir -p $(@D)
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka -lz $(LIBS)

$(BUILD)/tests/test_kernels_conv $(BUILD)/tests/test_kernels_pool: \
		$(if $(x86),$(call obj,$(wildcard tests/emulated/*.c)))

# Objects of tests are kept, so that a second `make check` compiles nothing.
.SECONDARY:

test_bin := $(patsubst tests/%.c,$(BUILD)/tests/%,$(test_src))

.PHONY: deps demo demo-run check check-run
deps:
	packaging/deps.sh build test

# Two steps: nothing is compiled before the packages are there, with `make -j` either.
demo: deps
	$(MAKE) demo-run

demo-run: $(BUILD)/gppi $(BUILD)/phantom
	tools/demo.sh $(BUILD)

check: deps
	$(MAKE) check-run

# What the compiler made of the kernels can be told of optimised objects only.
loops := $(if $(x86),$(if $(filter -O2 -O3,$(OPT)),tests/kernel_loops.sh))
lib_tests := $(BUILD)/libgppi.a $(addprefix $(BUILD)/,example tests/host_shared tests/host_static)
check-run: $(BUILD)/gppi $(BUILD)/phantom $(BUILD)/tests/cli_fixture $(BUILD)/tests/cli_formats $(test_bin) $(lib_tests)
	GPPI=$(BUILD)/gppi PHANTOM=$(BUILD)/phantom FIXTURE=$(BUILD)/tests/cli_fixture \
		FORMATS=$(BUILD)/tests/cli_formats LIBS="$(LIBS)" BUILD=$(BUILD) \
		OBJECTS="$(call obj,$(wildcard src/net/int8/x86/conv_*.c))" \
		tests/run.sh $(test_bin) $(loops) tests/cli.sh tests/cli_bones.sh tests/measure.sh \
		tests/measure_scans.sh tests/measure_bones.sh tests/heavy.sh tests/cli_formats.sh tests/cli_scale.sh \
		tests/cli_dicom.sh tests/serve.sh tests/serve_start.sh tests/serve_drops.sh tests/serve_net.sh \
		tests/serve_worker.sh tests/serve_measure.sh tests/serve_lone.sh tests/library.sh tests/packaging.sh

include tools/make/library.mk tools/make/checks.mk tools/make/campaigns.mk tools/make/packages.mk

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
