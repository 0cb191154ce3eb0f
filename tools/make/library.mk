# The library for other programs: what include/gppi declares, what that needs, and no other name.

# Functions of the public headers. Each must be there; the linker takes the rest from all.a as it is needed, so that
# service, benchmark and program stay out.
declared := s/^[a-z].*[ *]\(gppi_[a-z0-9_]*\)(.*/\1/p
public := $(sort $(shell sed -n '$(declared)' include/gppi/*.h))
wanted := $(public:%=-Wl,-u,%)
SOVERSION := 0
soname := libgppi.so.$(SOVERSION)
OBJCOPY ?= objcopy

# No dcmtk networking, no sandbox, no configuration files: the service needs these, the library does not.
LIB_LIBS := $(filter-out -ldcmtls -ldcmnet -linih -lseccomp,$(LIBS))

.PHONY: library
library: $(BUILD)/libgppi.a $(BUILD)/libgppi.so

# One object whose other symbols are local: a host may have a sha256_init() of its own. Groups are dissolved, since
# the linker would otherwise throw away ours for the host's copy of the same C++ template.
$(BUILD)/libgppi.a: $(BUILD)/all.a
	$(call say,AR,$@)
	$(Q)$(CC) -r -nostdlib -Wl,--force-group-allocation $(wanted) -o $(BUILD)/obj/libgppi.o $<
	$(Q)$(OBJCOPY) --wildcard --keep-global-symbol='gppi_*' $(BUILD)/obj/libgppi.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(BUILD)/obj/libgppi.o

$(BUILD)/libgppi.so: $(BUILD)/$(soname)
	$(Q)ln -sf $(soname) $@

$(BUILD)/$(soname): $(BUILD)/all.a tools/make/libgppi.map
	$(link)
	$(Q)$(CC) -shared $(filter-out -pie,$(LDFLAGS)) -Wl,-soname,$(soname) \
		-Wl,--version-script=tools/make/libgppi.map -Wl,-z,defs -Wl,--as-needed $(wanted) -o $@ $< $(LIB_LIBS)

# As a program outside of this tree is built: flags from pkg-config, which is told of the build folder.
$(BUILD)/gppi.pc: packaging/gppi.pc.in $(BUILD)/flags
	@sed -e 's|@LIBDIR@|$(abspath $(BUILD))|; s|@INCLUDEDIR@|$(abspath include)|' \
		-e 's|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIB_LIBS)|' $< > $@

pkg_config := PKG_CONFIG_PATH=$(BUILD) pkg-config
$(BUILD)/example: packaging/examples/planes.c $(BUILD)/libgppi.so $(BUILD)/gppi.pc
	$(link)
	$(Q)$(CC) $(SAN) -o $@ $< $$($(pkg_config) --cflags --libs gppi) -Wl,-rpath,'$$ORIGIN'

# Hosts of tests/library.sh.
$(BUILD)/tests/host_shared: tests/host.c $(BUILD)/libgppi.so $(BUILD)/gppi.pc
	@mkdir -p $(@D)
	$(link)
	$(Q)$(CC) -o $@ $< $$($(pkg_config) --cflags --libs gppi) -Wl,-rpath,'$$ORIGIN/..'

$(BUILD)/tests/host_static: tests/host.c $(BUILD)/libgppi.a
	@mkdir -p $(@D)
	$(link)
	$(Q)$(CC) -Iinclude -o $@ $^ $(LIB_LIBS) -pthread
