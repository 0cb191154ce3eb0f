# Lint, sanitizers, valgrind, other processors, and checks that need more than the build does.

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

# The heavy networks: ONNX Runtime of PyPI, or ORT.
.PHONY: check-heavy
check-heavy: $(BUILD)/gppi $(BUILD)/phantom $(BUILD)/tests/check_heavy
	tests/check_heavy.sh $(BUILD) $(ORT)

# Checkpoints in and out of tools/heavy (PYTHON with PyTorch).
.PHONY: check-heavy-models
check-heavy-models:
	$(PYTHON) tests/check_heavy_models.py

asan := BUILD=$(BUILD)/asan OPT="-O1 -g" \
        SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
.PHONY: check-asan check-asan-run
check-asan: deps
	$(MAKE) $(asan) check-asan-run

check-asan-run: $(BUILD)/gppi $(BUILD)/phantom $(test_bin)
	GPPI=$(BUILD)/gppi PHANTOM=$(BUILD)/phantom tests/run.sh $(test_bin)

# The other compiler: no warnings, and the unit tests.
.PHONY: check-clang check-clang-run
check-clang:
	packaging/deps.sh build test clang
	$(MAKE) BUILD=$(BUILD)/clang CC=clang CXX=clang++ CFLAGS=-Werror CXXFLAGS=-Werror check-clang-run

check-clang-run: $(BUILD)/gppi $(BUILD)/phantom $(test_bin)
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
valgrind = valgrind -q --error-exitcode=9 --suppressions=tests/valgrind.supp --leak-check=full \
	--errors-for-leak-kinds=definite
check-valgrind: $(BUILD)/gppi $(BUILD)/phantom $(BUILD)/tests/test_kernels_pool $(BUILD)/tests/test_net_levels
	packaging/deps.sh valgrind
	rm -rf $(BUILD)/valgrind && mkdir -p $(BUILD)/valgrind
	$(BUILD)/phantom make --seed 500005 --condition typical --size 320 --nifti $(BUILD)/valgrind/femur.nii \
		--dicom $(BUILD)/valgrind/femur
	gzip -1k $(BUILD)/valgrind/femur.nii
	for scan in femur.nii femur.nii.gz femur; do \
		$(valgrind) $(BUILD)/gppi detect $(BUILD)/valgrind/$$scan || exit 1; done
	JSIMD_FORCENONE=1 $(valgrind) $(BUILD)/gppi detect --qc $(BUILD)/valgrind/qc \
		--report $(BUILD)/valgrind/page.html $(BUILD)/valgrind/femur.nii
	$(valgrind) $(BUILD)/tests/test_kernels_pool
	$(valgrind) $(BUILD)/tests/test_net_levels

# Only the kernels: the libraries of everything else are not there for aarch64. The first processor
# has no dot products, the second one has.
arm_cc ?= aarch64-linux-gnu-gcc
.PHONY: check-arm check-arm-run
check-arm:
	packaging/deps.sh arm
	$(MAKE) BUILD=$(BUILD)/arm CC=$(arm_cc) CPPFLAGS=-Itests/standin check-arm-run

arm_src := $(filter src/base/cpu.c src/base/err.c src/base/printable.c src/net/int8/kernels.c src/net/int8/ref/% \
	src/net/int8/simd/% src/net/int8/arm/%,$(lib_src))
$(BUILD)/arm_%: $(call obj,$(arm_src)) $(BUILD)/obj/tests/%.c.o
	$(link)
	$(Q)$(CC) -static -pthread -o $@ $^

check-arm-run: $(addprefix $(BUILD)/arm_test_,kernels_conv kernels_pool cpu)
	for cpu in cortex-a53 max; do for test in $^; do qemu-aarch64 -cpu $$cpu $$test || exit 1; done; done
	OBJDUMP=aarch64-linux-gnu-objdump OBJECTS="$(call obj,$(wildcard src/net/int8/arm/conv_*.c))" \
		tests/kernel_loops.sh

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

# Set-ups of packaging/recipes; the unit's exposure, 10 times what systemd-analyze prints.
.PHONY: check-recipes check-slurm check-snakemake check-scale check-unit
check-recipes: $(BUILD)/gppi $(BUILD)/phantom
	packaging/deps.sh test recipes
	packaging/recipes/check.sh $(BUILD)

check-slurm: $(BUILD)/gppi $(BUILD)/phantom
	packaging/deps.sh test slurm
	packaging/recipes/check_slurm.sh $(BUILD)

check-snakemake: $(BUILD)/gppi $(BUILD)/phantom
	packaging/deps.sh test snakemake
	packaging/recipes/check_snakemake.sh $(BUILD)

# Two tasks of a list, measured and simulated.
check-scale: $(BUILD)/gppi $(BUILD)/phantom
	tools/scale_model.py --check $(BUILD)

check-unit:
	packaging/deps.sh unit
	systemd-analyze security --offline=yes --threshold=25 packaging/systemd/gppi.service

# clang-tidy at the level of .clang-tidy; cppcheck: warning, performance, portability.
lint_simd := $(if $(x86),$(wildcard src/*/*/*/*_amx.c src/*/*_avx*.c src/*/*/*_avx*.c src/*/*/*/*_avx*.c \
	tests/*/*_avx*.c))
lint_arm := $(wildcard src/net/int8/arm/*.c)
arm_headers := /usr/aarch64-linux-gnu/include
lint_windows := $(wildcard src/*/*_windows.c src/*/*/*_windows.c)
windows_headers := /usr/x86_64-w64-mingw32/include
lint_c  := $(filter-out $(lint_simd) $(lint_arm) %_windows.c,$(wildcard src/*/*.c src/*/*/*.c src/*/*/*/*.c \
	tools/*/*.c tests/*.c))
lint_cc := $(wildcard src/*/*.cc src/*/*/*.cc tools/*/*.cc)
lint_flags := -Iinclude -Isrc -Itools -D_FILE_OFFSET_BITS=64
# $(call tidy,FILES,FLAGS), one file a process: some checkers of clang-tidy 14 remember names such as va_start
# from a process's first file, and no longer know them in its second one.
tidy = printf '%s\n' $(1) | xargs -P 2 -n 1 sh -c 'clang-tidy --quiet "$$@" -- $(2) $(lint_flags)' tidy
.PHONY: lint check-house
# Rooms include downwards, files have 400 lines and lines 120 columns at most, nothing stands twice.
check-house:
	tools/lint/house.py

lint: check-house
	packaging/deps.sh build test lint
	$(call tidy,$(lint_c),-std=c11)
	[ -z "$(lint_simd)" ] || $(call tidy,$(lint_simd),-std=c11 \
		-mavx2 -mavxvnni -mavx512f -mavx512bw -mavx512vl -mavx512vnni -mamx-tile -mamx-int8)
	[ ! -d $(arm_headers) ] || $(call tidy,$(lint_arm),-std=c11 \
		--target=aarch64-linux-gnu -isystem $(arm_headers) -march=armv8.2-a+dotprod)
	[ ! -d $(windows_headers) ] || $(call tidy,$(lint_windows),-std=gnu11 --target=x86_64-w64-mingw32 \
		-isystem $(windows_headers))
	$(call tidy,$(lint_cc),-std=c++17)
	cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem $(lint_flags) $(lint_c) $(lint_simd) $(lint_arm) $(lint_cc)
