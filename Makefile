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
#   make lint     clang-tidy and cppcheck
#   make check-arm    the int8 kernels for aarch64, cross-compiled and emulated
#   make check-vnni   the kernels of AVX-VNNI processors on one with AVX512-VNNI, and their speed
#   make check-asan   the unit tests under the address and undefined behaviour sanitizers
#   make check-tsan   a service with senders, drops and reloads under ThreadSanitizer
#   make check-valgrind   detections and kernels under valgrind
#   make check-page   the study page in a browser (installs Chromium)
#   make check-import check-train    tools/import and retraining (PYTHON with PyTorch; check-import: h5py)
#   make check-readers    voxels and spacing as ITK, aimio, SimpleITK, nibabel and others read them (PyPI)
#   make campaign-serve    the service under kill -9, a full disk and odd senders (half an hour)
#   make campaign-agreement    BONES=200: the search against every slice, on every instruction set (half an hour)
#   make check-recipes    packaging/recipes with the real programs (installs Orthanc)
#   make check-unit   the sandbox of the systemd unit (systemd-analyze)
#   make fuzz     FUZZ_SECONDS=60: every reader of scans against garbled files (clang)
#   make campaign-fuzz    the same for FUZZ_MINUTES=30 of processor time each; goes on where it was stopped
#   make mutants  do the tests notice small faults? One at a time, in a copy (half an hour)
#   make fuzz-net    what comes over the network, to receiver and sender, for FUZZ_MINUTES each
#   make train    trains all networks on synthetic bones (a day; START=weights: goes on from these); make validate: tables
#   make clean

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
override CFLAGS := -std=c11 $(OPT) $(WARN) -Wstrict-prototypes -Wmissing-prototypes -fPIC -pthread \
            -ffp-contract=off $(HARDEN) $(SAN) $(CFLAGS)
override CXXFLAGS := -std=c++17 $(OPT) $(WARN) -fPIC -pthread $(HARDEN) $(SAN) $(CXXFLAGS)
override LDFLAGS += -pie -Wl,-z,relro,-z,now -pthread $(SAN)
LIBS     := -lcmr -ldcmsr -ldcmtls -ldcmnet -ldcmdata -ldcmimgle -ldcmimage -ldcmjpeg -ldcmjpls -loflog -lofstd \
            -ljpeg -lpng -ltiff -ljansson -linih -lisal -lseccomp -lutf8proc -lstdc++ -lm

target    := $(shell $(CC) -dumpmachine)
x86       := $(filter x86_64-%,$(target))
arm       := $(filter aarch64-%,$(target))
windows   := $(filter %-mingw32,$(target))
foreign   := $(if $(x86),,src/net/x86/% %_avx2.c %_sha.c) $(if $(arm),,src/net/arm/%) $(if $(windows),%_posix.c,%_windows.c)
lib_src   := $(filter-out src/cli/% $(foreign),$(wildcard src/*/*.c src/*/*/*.c src/*/*.cc src/*/*/*.cc))
cli_src   := $(filter-out $(foreign),$(wildcard src/cli/*.c))
tool_src  := $(wildcard tools/phantom/*.c tools/phantom/*.cc) tools/train/samples.c
test_src  := $(wildcard tests/test_*.c)
obj = $(patsubst %,$(BUILD)/obj/%.o,$(1))
ifneq ($(windows),)
include packaging/windows/windows.mk
endif

.PHONY: all
all: $(BUILD)/gppi

$(BUILD)/gppi: $(call obj,$(cli_src)) $(BUILD)/libgppi.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libgppi.a: $(call obj,$(lib_src) src/report/page_assets.S) $(BUILD)/obj/builtin_weights.o
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/phantom: $(call obj,$(tool_src)) $(BUILD)/libgppi.a
	$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

# Training slices from a lab's own scans (tools/train).
$(BUILD)/prepare: $(call obj,tools/train/prepare.c tools/train/samples.c) $(BUILD)/libgppi.a
	$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

# Where the bone lies in long-axis pictures: tools/train/real_pictures.py.
$(BUILD)/locate_pictures: $(call obj,tools/train/locate_pictures.c) $(BUILD)/libgppi.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# What one network answers to raw images: tools/import is checked with it.
$(BUILD)/run_net: $(call obj,tools/import/run_net.c) $(BUILD)/libgppi.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# Synthetic bones against their truth: the tables of weights/README.md.
bones := $(filter-out %/main.c.o,$(call obj,$(tool_src))) $(BUILD)/libgppi.a
$(BUILD)/validate: $(call obj,tools/validate/validate.c tools/validate/turned.c) $(bones)
	$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

# What every model believes of them, for tools/train/fit.py.
$(BUILD)/beliefs: $(call obj,tools/validate/beliefs.c) $(bones)
	$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

# The weights are packed into the program; the list is renewed when a file comes or goes.
weights := $(sort $(wildcard weights/*.gppiw))
.PHONY: FORCE
$(BUILD)/obj/builtin_weights.S: FORCE
	@mkdir -p $(@D)
	@sh src/net/builtin.sh $(weights) > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(BUILD)/obj/builtin_weights.o: $(BUILD)/obj/builtin_weights.S $(weights)
	$(CC) -Isrc -c -o $@ $<

# Only files named for an instruction set are compiled for it; base/cpu.h says when they may run.
ifneq ($(x86),)
$(BUILD)/obj/%_avx2.c.o: override CFLAGS += -mavx2
$(BUILD)/obj/%_avxvnni.c.o: override CFLAGS += -mavx2 -mavxvnni
$(BUILD)/obj/%_avx512vnni.c.o: override CFLAGS += -mavx512f -mavx512bw -mavx512vl -mavx512vnni
$(BUILD)/obj/%_sha.c.o: override CFLAGS += -msha -mssse3 -msse4.1
endif
ifneq ($(arm),)
$(BUILD)/obj/%_neondot.c.o: override CFLAGS += -march=armv8.2-a+dotprod
# gcc would move all loads of a loop to its start, and spill them.
$(BUILD)/obj/src/net/arm/conv_%.c.o: override CFLAGS += $(if $(findstring clang,$(CC)),,-fno-schedule-insns)
endif

$(BUILD)/obj/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The study page's HTML, CSS and JavaScript are packed into the program.
$(BUILD)/obj/src/report/page_assets.S.o: src/report/page_assets.S $(wildcard src/report/page/*)
	@mkdir -p $(@D)
	$(CC) -Isrc -c -o $@ $<

$(BUILD)/obj/%.cc.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

# Tests link everything but the two main files.
$(BUILD)/tests/%: $(BUILD)/obj/tests/%.c.o $(filter-out %/main.c.o,$(call obj,$(tool_src))) $(BUILD)/libgppi.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka -lz $(LIBS)

$(BUILD)/tests/test_kernels_conv $(BUILD)/tests/test_kernels_pool: $(if $(x86),$(call obj,$(wildcard tests/emulated/*.c)))

# Objects of tests are kept, so that a second `make check` compiles nothing.
.SECONDARY:

test_bin := $(patsubst tests/%.c,$(BUILD)/tests/%,$(test_src))

.PHONY: deps demo demo-run check check-run check-asan
deps:
	packaging/deps.sh build test

# Heavy, by hand: training from nothing, and the tables of weights/README.md.
.PHONY: train validate
train: $(BUILD)/phantom
	tools/train/all.sh $(BUILD) $(BUILD)/train $(START)

validate: $(BUILD)/validate
	$(BUILD)/validate --both-engines

# Two steps: nothing is compiled before the packages are there, with `make -j` either.
demo: deps
	$(MAKE) demo-run

demo-run: $(BUILD)/gppi $(BUILD)/phantom
	tools/demo.sh $(BUILD)

check: deps
	$(MAKE) check-run

# What the compiler made of the kernels can be told of optimised objects only.
loops := $(if $(x86),$(if $(filter -O2 -O3,$(OPT)),tests/kernel_loops.sh))
check-run: $(BUILD)/gppi $(BUILD)/phantom $(BUILD)/tests/cli_fixture $(BUILD)/tests/cli_formats $(test_bin)
	GPPI=$(BUILD)/gppi PHANTOM=$(BUILD)/phantom FIXTURE=$(BUILD)/tests/cli_fixture FORMATS=$(BUILD)/tests/cli_formats LIBS="$(LIBS)" \
		OBJECTS="$(call obj,$(wildcard src/net/x86/conv_*.c))" \
		tests/run.sh $(test_bin) $(loops) tests/cli.sh tests/cli_formats.sh \
		tests/cli_dicom.sh tests/serve.sh tests/serve_start.sh tests/serve_drops.sh tests/serve_net.sh tests/serve_worker.sh tests/packaging.sh

# The study page as a person uses it, in a headless Chromium; screenshots stay in $(BUILD)/page_check.
.PHONY: check-page
check-page: $(BUILD)/gppi $(BUILD)/phantom
	packaging/deps.sh page
	tools/page_check/run.sh $(BUILD)

# PYTHON names an interpreter with PyTorch, and h5py for the first (Debian: python3-torch, python3-h5py).
PYTHON ?= python3
.PHONY: check-import check-train check-readers
# Other programs' readers: packages of PyPI, named in the script.
check-readers: $(BUILD)/gppi $(addprefix $(BUILD)/tests/,test_scan_isq test_scan_aim cli_formats)
	$(PYTHON) tools/validate/readers.py $(BUILD)

check-import: $(BUILD)/run_net
	$(PYTHON) tests/check_import.py $(BUILD)

check-train: $(BUILD)/gppi $(BUILD)/prepare $(BUILD)/phantom
	PYTHON=$(PYTHON) tests/check_train.sh $(BUILD)

asan := BUILD=$(BUILD)/asan OPT="-O1 -g" \
        SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
check-asan: deps
	$(MAKE) $(asan) check-asan-run

.PHONY: check-asan-run
check-asan-run: $(BUILD)/gppi $(BUILD)/phantom $(test_bin)
	GPPI=$(BUILD)/gppi PHANTOM=$(BUILD)/phantom tests/run.sh $(test_bin)

# Data races between the service's threads; dcmtk and the like are not built for it (tests/tsan.supp).
.PHONY: check-tsan check-tsan-run
tsan := BUILD=$(BUILD)/tsan OPT="-O1 -g" SAN="-fsanitize=thread -fno-omit-frame-pointer"
check-tsan: deps $(BUILD)/gppi $(BUILD)/phantom
	$(MAKE) $(tsan) check-tsan-run PLAIN=$(BUILD)/gppi PHANTOM=$(BUILD)/phantom

check-tsan-run: $(BUILD)/gppi
	GPPI=$(BUILD)/gppi PLAIN=$(PLAIN) PHANTOM=$(PHANTOM) TEST_TIMEOUT=1800 tests/run.sh tests/serve_tsan.sh

# Definedness and leaks, at the level valgrind knows (AVX2): whole detections, and the kernels against each other.
.PHONY: check-valgrind
valgrind = valgrind -q --error-exitcode=9 --suppressions=tests/valgrind.supp --leak-check=full --errors-for-leak-kinds=definite
check-valgrind: $(BUILD)/gppi $(BUILD)/phantom $(BUILD)/tests/test_kernels_pool $(BUILD)/tests/test_net_levels
	packaging/deps.sh valgrind
	rm -rf $(BUILD)/valgrind && mkdir -p $(BUILD)/valgrind
	$(BUILD)/phantom make --seed 500005 --condition typical --size 320 --nifti $(BUILD)/valgrind/femur.nii --dicom $(BUILD)/valgrind/femur
	gzip -1k $(BUILD)/valgrind/femur.nii
	for scan in femur.nii femur.nii.gz femur; do $(valgrind) $(BUILD)/gppi detect $(BUILD)/valgrind/$$scan || exit 1; done
	JSIMD_FORCENONE=1 $(valgrind) $(BUILD)/gppi detect --qc $(BUILD)/valgrind/qc --report $(BUILD)/valgrind/page.html $(BUILD)/valgrind/femur.nii
	$(valgrind) $(BUILD)/tests/test_kernels_pool
	$(valgrind) $(BUILD)/tests/test_net_levels

# Only the kernels: the libraries of everything else are not there for aarch64. The first processor
# has no dot products, the second one has.
arm_cc ?= aarch64-linux-gnu-gcc
.PHONY: check-arm check-arm-run
check-arm:
	packaging/deps.sh arm
	$(MAKE) BUILD=$(BUILD)/arm CC=$(arm_cc) CPPFLAGS=-Itests/standin check-arm-run

arm_src := $(filter src/base/cpu.c src/base/err.c src/base/printable.c src/net/kernels.c src/net/ref/% src/net/simd/% src/net/arm/%,$(lib_src))
$(BUILD)/arm_%: $(call obj,$(arm_src)) $(BUILD)/obj/tests/%.c.o
	$(CC) -static -pthread -o $@ $^

check-arm-run: $(addprefix $(BUILD)/arm_test_,kernels_conv kernels_pool cpu)
	for cpu in cortex-a53 max; do for test in $^; do qemu-aarch64 -cpu $$cpu $$test || exit 1; done; done
	OBJDUMP=aarch64-linux-gnu-objdump OBJECTS="$(call obj,$(wildcard src/net/arm/conv_*.c))" tests/kernel_loops.sh

# Few machines have AVX-VNNI; those with AVX512-VNNI have the same instruction in another encoding. With it
# the kernels that were written for 256 bits run for real: those of AVX-VNNI and the narrow ones of AVX512-VNNI.
.PHONY: check-vnni check-vnni-run
check-vnni: deps
	$(MAKE) BUILD=$(BUILD)/vnni CPPFLAGS=-DCPU_TRIAL check-vnni-run

vnni_tests := $(addprefix $(BUILD)/tests/test_,kernels_conv net net_ops net_levels plane_networks)
$(BUILD)/obj/%_avxvnni.c.o: override CFLAGS += $(if $(findstring CPU_TRIAL,$(CPPFLAGS)),-mavx512f -mavx512vl)
check-vnni-run: $(BUILD)/gppi $(vnni_tests)
	grep -q avx512_vnni /proc/cpuinfo || { echo "check-vnni: this processor has no AVX512-VNNI" >&2; exit 1; }
	tests/run.sh $(vnni_tests)
	$(BUILD)/gppi bench --cpu avxvnni
	$(BUILD)/gppi bench --cpu avx512vnni

# Seeds are the files of the unit tests; findings stay in $(BUILD)/fuzzing. One reader: make fuzz READERS=isq
FUZZ_SECONDS ?= 60
READERS ?= nifti isq aim metaimage nrrd vox vgi tiff pictures dicom folder restart any walk pdu
fuzz_obj := $(call obj,$(filter-out %_windows.c,$(wildcard src/scan/*.c src/scan/*.cc src/picture/*.c src/base/*.c src/serve/receive/pdu*.c)) \
	tests/fuzz/fuzz_walk.cc tests/fuzz/fuzz_pdu.c)
fuzz_seeds := $(filter $(addprefix $(BUILD)/tests/test_,scan_% restart gunzip dicom_walk),$(test_bin))
fuzz_flags = CC=clang CXX=clang++ BUILD=$(BUILD)/fuzzing OPT="-O1 -g" \
	SAN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined"
fuzz_make = $(MAKE) $(fuzz_flags) fuzz-build
.PHONY: fuzz campaign-fuzz fuzz-build
fuzz: $(fuzz_seeds)
	$(fuzz_make)
	tests/fuzz/run.sh $(BUILD) $(FUZZ_SECONDS) $(READERS)

# FUZZ_MINUTES of processor time for each reader, in turn and in the background of whatever else runs; goes on
# where it was stopped.
FUZZ_MINUTES ?= 30
campaign-fuzz: $(fuzz_seeds)
	$(fuzz_make)
	tests/fuzz/seeds.sh write $(BUILD)
	nice -n 19 tools/campaign/fuzz.py --build $(BUILD) --minutes $(FUZZ_MINUTES) $(READERS)

# The network: FUZZ_MINUTES for PDUs, for data sets before dcmtk, and for the service as receiver and as sender.
.PHONY: fuzz-net fuzz-net-run
fuzz-net: $(fuzz_seeds)
	$(MAKE) $(fuzz_flags) $(BUILD)/fuzzing/fuzz_walk $(BUILD)/fuzzing/fuzz_pdu
	$(MAKE) $(asan) $(BUILD)/asan/gppi $(BUILD)/asan/send_loop
	nice -n 19 tests/fuzz/run.sh $(BUILD) $$(($(FUZZ_MINUTES) * 60)) pdu walk
	nice -n 19 tools/campaign/netfuzz.py receiver --minutes $(FUZZ_MINUTES) --program $(BUILD)/asan/gppi
	nice -n 19 tools/campaign/netfuzz.py sender --minutes $(FUZZ_MINUTES) --program $(BUILD)/asan/send_loop

$(BUILD)/send_loop: $(call obj,tests/fuzz/send_loop.c) $(BUILD)/libgppi.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

fuzz-build: $(patsubst %,$(BUILD)/fuzz_%,$(READERS))

$(BUILD)/fuzz_%: tests/fuzz/fuzz_reader.c $(fuzz_obj)
	$(CC) $(CPPFLAGS) $(CFLAGS) -DREADER=$* -c -o $@.o $<
	$(CXX) $(LDFLAGS) -fsanitize=fuzzer -o $@ $@.o $(fuzz_obj) $(LIBS)

# The service for long: KILLS, SERIES; the unit's exposure, 10 times what systemd-analyze prints.
SERIES ?= 200
KILLS  ?= 50
.PHONY: campaign-serve check-recipes check-unit
campaign-serve: $(BUILD)/gppi $(BUILD)/phantom
	packaging/deps.sh test campaign
	tools/campaign/serve.py --gppi $(BUILD)/gppi --phantom $(BUILD)/phantom --series $(SERIES) --kills $(KILLS)

# BONES synthetic bones: the same plane as from every slice, and the same answer with every instruction set?
BONES ?= 200
.PHONY: campaign-agreement
campaign-agreement: $(BUILD)/gppi $(BUILD)/phantom
	tools/campaign/agreement.py --gppi $(BUILD)/gppi --phantom $(BUILD)/phantom --bones $(BONES)

check-recipes: $(BUILD)/gppi $(BUILD)/phantom
	packaging/deps.sh test recipes
	packaging/recipes/check.sh $(BUILD)

# Small faults in a copy of the sources; see tools/mutants/table.txt. A part: make mutants MUTANTS=result.c
.PHONY: mutants
mutants: deps
	tools/mutants/run.py --tree $(BUILD)/mutants $(MUTANTS)

check-unit:
	packaging/deps.sh unit
	systemd-analyze security --offline=yes --threshold=25 packaging/systemd/gppi.service

# clang-tidy at the level of .clang-tidy; cppcheck: warning, performance, portability.
lint_simd := $(if $(x86),$(wildcard src/*/*_avx*.c src/*/*/*_avx*.c tests/*/*_avx*.c))
lint_arm := $(wildcard src/net/arm/*.c)
arm_headers := /usr/aarch64-linux-gnu/include
lint_windows := $(wildcard src/*/*_windows.c src/*/*/*_windows.c)
windows_headers := /usr/x86_64-w64-mingw32/include
lint_c  := $(filter-out $(lint_simd) $(lint_arm) %_windows.c,$(wildcard src/*/*.c src/*/*/*.c tools/*/*.c tests/*.c))
lint_cc := $(wildcard src/*/*.cc src/*/*/*.cc tools/*/*.cc)
lint_flags := -Iinclude -Isrc -Itools -D_FILE_OFFSET_BITS=64
# $(call tidy,FILES,FLAGS), one file a process: some checkers of clang-tidy 14 remember names such as va_start
# from a process's first file, and no longer know them in its second one.
tidy = printf '%s\n' $(1) | xargs -P 2 -n 1 sh -c 'clang-tidy --quiet "$$@" -- $(2) $(lint_flags)' tidy
.PHONY: lint
lint:
	packaging/deps.sh build test lint
	$(call tidy,$(lint_c),-std=c11)
	[ -z "$(lint_simd)" ] || $(call tidy,$(lint_simd),-std=c11 \
		-mavx2 -mavxvnni -mavx512f -mavx512bw -mavx512vl -mavx512vnni)
	[ ! -d $(arm_headers) ] || $(call tidy,$(lint_arm),-std=c11 \
		--target=aarch64-linux-gnu -isystem $(arm_headers) -march=armv8.2-a+dotprod)
	[ ! -d $(windows_headers) ] || $(call tidy,$(lint_windows),-std=gnu11 --target=x86_64-w64-mingw32 \
		-isystem $(windows_headers))
	$(call tidy,$(lint_cc),-std=c++17)
	cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem $(lint_flags) $(lint_c) $(lint_simd) $(lint_arm) $(lint_cc)

# The program and what belongs to it; install-dev: the library and its header.
.PHONY: install install-program install-dev uninstall
bindir = $(DESTDIR)$(PREFIX)/bin
libdir = $(DESTDIR)$(PREFIX)/lib
incdir = $(DESTDIR)$(PREFIX)/include/gppi
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
docdir = $(DESTDIR)$(PREFIX)/share/doc/gppi
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir = $(DESTDIR)$(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
unitdir = $(DESTDIR)$(PREFIX)/lib/systemd/system
confdir = $(DESTDIR)$(PREFIX)/share/gppi
slicerdir = $(libdir)/gppi/slicer
install: install-program install-dev

# Slicer takes every program in a module path for a module: gppi gets a folder of its own.
install-program: $(BUILD)/gppi
	install -d $(bindir) $(mandir) $(docdir) $(bashdir) $(zshdir) $(unitdir) $(confdir) $(slicerdir)
	install -m 755 $(BUILD)/gppi $(bindir)/gppi
	install -m 644 packaging/gppi.1 $(mandir)/gppi.1
	install -m 644 packaging/THIRD-PARTY $(docdir)/THIRD-PARTY
	install -m 644 packaging/doc/security.md $(docdir)/security.md
	install -m 644 packaging/completion/gppi.bash $(bashdir)/gppi
	install -m 644 packaging/completion/_gppi $(zshdir)/_gppi
	install -m 644 packaging/gppi.conf $(confdir)/gppi.conf
	sed 's|/usr/local|$(PREFIX)|' packaging/systemd/gppi.service > $(unitdir)/gppi.service
	ln -sf ../../../bin/gppi $(slicerdir)/gppi
	$(BUILD)/gppi detect --xml > $(slicerdir)/gppi.xml

install-dev: $(BUILD)/libgppi.a
	install -d $(libdir)/pkgconfig $(incdir)
	install -m 644 $(BUILD)/libgppi.a $(libdir)/libgppi.a
	install -m 644 $(wildcard include/gppi/*.h) $(incdir)
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIBS)|' packaging/gppi.pc.in \
		> $(libdir)/pkgconfig/gppi.pc

uninstall:
	rm -f $(bindir)/gppi $(libdir)/libgppi.a $(mandir)/gppi.1 $(libdir)/pkgconfig/gppi.pc $(docdir)/security.md
	rm -f $(confdir)/gppi.conf $(unitdir)/gppi.service $(docdir)/THIRD-PARTY $(bashdir)/gppi $(zshdir)/_gppi
	rm -f $(slicerdir)/gppi $(slicerdir)/gppi.xml
	rm -f $(patsubst include/gppi/%,$(incdir)/%,$(wildcard include/gppi/*.h))
	for dir in $(incdir) $(slicerdir) $(libdir)/gppi $(docdir) $(confdir); do if [ -d $$dir ]; then rmdir $$dir; fi; done

# Packages land in $(BUILD)/deb and $(BUILD)/tarball. SUITES: where the tarball is tried.
SUITES ?= bookworm trixie
.PHONY: deb tarball check-deb check-tarball
deb:
	packaging/deps.sh build deb
	packaging/deb.sh $(BUILD) $(VERSION)

# Finds its libraries in ../lib/gppi; the old kind of path counts for the libraries of libraries, too.
$(BUILD)/relocatable/gppi: $(call obj,$(cli_src)) $(BUILD)/libgppi.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/../lib/gppi' -Wl,--disable-new-dtags -o $@ $^ $(LIBS)

tarball: $(BUILD)/relocatable/gppi $(BUILD)/gppi
	packaging/tarball.sh $(BUILD) $(VERSION)

check-deb: $(BUILD)/gppi $(BUILD)/phantom
	packaging/deps.sh build deb chroot
	packaging/deb.sh $(BUILD) $(VERSION)
	packaging/check/deb.sh $(BUILD) $(VERSION)

check-tarball: tarball $(BUILD)/phantom
	packaging/deps.sh chroot
	packaging/check/tarball.sh $(BUILD) $(VERSION) $(SUITES)

# The libraries come from Debian's source packages, once; without dcmtk: make windows DICOM=no
.PHONY: windows check-windows
windows: $(BUILD)/tests/cli_formats
	packaging/deps.sh build windows
	packaging/windows/build.sh $(BUILD)/windows $(VERSION) $<

check-windows: windows $(BUILD)/gppi $(BUILD)/tests/cli_fixture
	packaging/deps.sh test
	packaging/windows/check.sh $(BUILD)/windows $(VERSION) $(BUILD)

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
