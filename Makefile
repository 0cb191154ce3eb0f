# gppi: growth plate plane index of mouse femur micro-CT scans.
#
#   make          build/gppi
#   make demo     install what is missing, build, detect two synthetic scans
#   make check    install what is missing, build, run every test
#   make deps     install what is missing (Debian packages)
#   make install  PREFIX=/usr/local DESTDIR=
#   make lint     clang-tidy and cppcheck
#   make clean

PREFIX ?= /usr/local
BUILD  ?= build
CC     ?= gcc
CXX    ?= g++
OPT    ?= -O3 -g
WARN   := -Wall -Wextra -Wshadow -Wundef -Wvla
CPPFLAGS += -Iinclude -Isrc -Itools -D_FILE_OFFSET_BITS=64 -MMD -MP
CFLAGS   += -std=c11 $(OPT) $(WARN) -Wstrict-prototypes -Wmissing-prototypes -fPIC -pthread -ffp-contract=off $(SAN)
CXXFLAGS += -std=c++17 $(OPT) $(WARN) -fPIC -pthread $(SAN)
LDFLAGS  += -pthread $(SAN)
LIBS     := -ldcmdata -ldcmimgle -ldcmimage -ldcmjpeg -ldcmjpls -loflog -lofstd \
            -lopenblas -ljpeg -ljansson -lz -lstdc++ -lm

lib_src   := $(filter-out src/cli/%,$(wildcard src/*/*.c src/*/*/*.c src/*/*.cc))
cli_src   := $(wildcard src/cli/*.c)
tool_src  := $(wildcard tools/phantom/*.c tools/phantom/*.cc)
test_src  := $(wildcard tests/test_*.c)
obj = $(patsubst %,$(BUILD)/obj/%.o,$(1))

.PHONY: all
all: $(BUILD)/gppi

$(BUILD)/gppi: $(call obj,$(cli_src)) $(BUILD)/libgppi.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libgppi.a: $(call obj,$(lib_src)) $(BUILD)/obj/builtin_weights.o
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/phantom: $(call obj,$(tool_src)) $(BUILD)/libgppi.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# The weights are packed into the program; the list is renewed when a file comes or goes.
weights := $(sort $(wildcard weights/*.gppiw))
.PHONY: FORCE
$(BUILD)/obj/builtin_weights.s: FORCE
	@mkdir -p $(@D)
	@sh src/net/builtin.sh $(weights) > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(BUILD)/obj/builtin_weights.o: $(BUILD)/obj/builtin_weights.s $(weights)
	$(CC) -c -o $@ $<

$(BUILD)/obj/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/obj/%.cc.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

# Tests link everything but the two main files.
$(BUILD)/tests/%: $(BUILD)/obj/tests/%.c.o $(filter-out %/main.c.o,$(call obj,$(tool_src))) $(BUILD)/libgppi.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
