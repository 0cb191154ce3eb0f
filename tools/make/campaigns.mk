# What runs for long and by hand: training, tables, fuzzing, mutants, the service under trouble.

# Training slices from a lab's own scans (tools/train).
$(BUILD)/prepare: $(call obj,tools/train/prepare.c tools/train/samples.c) $(BUILD)/all.a
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

# Where the bone lies in long-axis pictures: tools/train/real_pictures.py.
$(BUILD)/locate_pictures: $(call obj,tools/train/locate_pictures.c) $(BUILD)/all.a
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# What one network answers to raw images: tools/import is checked with it.
$(BUILD)/run_net: $(call obj,tools/import/run_net.c) $(BUILD)/all.a
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# Synthetic bones against their truth: the tables of weights/README.md.
bones := $(filter-out %/main.c.o,$(call obj,$(tool_src))) $(BUILD)/all.a
$(BUILD)/validate: $(call obj,tools/validate/validate.c tools/validate/turned.c) $(bones)
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

# Their tissues against what is measured: the table of packaging/doc/measure-accuracy.md.
$(BUILD)/measures: $(call obj,tools/validate/measures.c tools/validate/errors.c) $(bones)
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

$(BUILD)/plates: $(call obj,tools/validate/plates.c tools/validate/errors.c) $(bones)
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

# What every model believes of them, for tools/train/fit.py.
$(BUILD)/beliefs: $(call obj,tools/validate/beliefs.c) $(bones)
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

# What the network of the growth plate learns from.
$(BUILD)/plate_samples: $(call obj,tools/train/plate_samples.c) $(bones)
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lz $(LIBS)

# Heavy, by hand: training from nothing, and the tables of weights/README.md.
.PHONY: train train-plate validate
train: $(BUILD)/phantom $(BUILD)/beliefs
	tools/train/all.sh $(BUILD) $(BUILD)/train $(START)

train-plate: $(BUILD)/plate_samples
	$(PYTHON) tools/train/plate.py --program $< --work $(BUILD)/train-plate --out weights/growth-plate.f32

validate: $(BUILD)/validate
	$(BUILD)/validate --both-engines

# Seeds are the files of the unit tests; findings stay in $(BUILD)/fuzzing. One reader: make fuzz READERS=isq
FUZZ_SECONDS ?= 60
READERS ?= nifti isq aim metaimage nrrd vox vgi tiff pictures dicom folder restart any walk pdu onnx
fuzz_obj := $(call obj,$(filter-out %_windows.c,$(wildcard src/scan/*.c src/scan/*.cc src/picture/*.c src/base/*.c \
	src/serve/receive/pdu*.c src/net/onnx_check.c)) \
	tests/fuzz/fuzz_walk.cc tests/fuzz/fuzz_pdu.c tests/fuzz/fuzz_onnx.c)
fuzz_seeds := $(filter $(addprefix $(BUILD)/tests/test_,scan_% restart gunzip dicom_walk%),$(test_bin))
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

# The network: FUZZ_MINUTES of processor time for PDUs, for data sets before dcmtk, and for the service as receiver and
# as sender. Goes on where it was stopped.
.PHONY: fuzz-net fuzz-net-run
fuzz-net: $(fuzz_seeds)
	$(MAKE) $(fuzz_flags) $(BUILD)/fuzzing/fuzz_walk $(BUILD)/fuzzing/fuzz_pdu
	$(MAKE) $(asan) $(BUILD)/asan/gppi $(BUILD)/asan/send_loop
	tests/fuzz/seeds.sh write $(BUILD)
	nice -n 19 tools/campaign/fuzz.py --build $(BUILD) --minutes $(FUZZ_MINUTES) pdu walk
	nice -n 19 tools/campaign/netfuzz.py receiver --minutes $(FUZZ_MINUTES) --ledger $(BUILD)/fuzzing \
		--program $(BUILD)/asan/gppi
	nice -n 19 tools/campaign/netfuzz.py sender --minutes $(FUZZ_MINUTES) --ledger $(BUILD)/fuzzing \
		--program $(BUILD)/asan/send_loop

$(BUILD)/send_loop: $(call obj,tests/fuzz/send_loop.c) $(BUILD)/all.a
	$(link)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

fuzz-build: $(patsubst %,$(BUILD)/fuzz_%,$(READERS))

$(BUILD)/fuzz_%: tests/fuzz/fuzz_reader.c $(fuzz_obj)
	$(link)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -DREADER=$* -c -o $@.o $<
	$(Q)$(CXX) $(LDFLAGS) -fsanitize=fuzzer -o $@ $@.o $(fuzz_obj) $(LIBS)

# The service for long: KILLS, SERIES.
SERIES ?= 200
KILLS  ?= 50
.PHONY: campaign-serve
campaign-serve: $(BUILD)/gppi $(BUILD)/phantom
	packaging/deps.sh test campaign
	tools/campaign/serve.py --gppi $(BUILD)/gppi --phantom $(BUILD)/phantom --series $(SERIES) --kills $(KILLS)

# Inputs and peers that cost more than they are worth.
.PHONY: campaign-costly
campaign-costly: $(BUILD)/gppi
	packaging/deps.sh test
	tools/campaign/costly.py --gppi $(BUILD)/gppi

# BONES synthetic bones: the same plane as from every slice, and the same answer with every instruction set? And as
# before: BEFORE, another build's program, where both are given WEIGHTS.
BONES ?= 200
BEFORE ?=
WEIGHTS ?=
.PHONY: campaign-agreement
campaign-agreement: $(BUILD)/gppi $(BUILD)/phantom
	tools/campaign/agreement.py --gppi $(BUILD)/gppi --phantom $(BUILD)/phantom --bones $(BONES) \
		$(if $(BEFORE),--before $(BEFORE)) $(if $(WEIGHTS),--weights $(WEIGHTS))

# Small faults in a copy of the sources; see tools/mutants/table.txt. A part: make mutants MUTANTS=result.c
.PHONY: mutants
mutants: deps
	tools/mutants/run.py --tree $(BUILD)/mutants $(MUTANTS)
