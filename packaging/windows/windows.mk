# What the Makefile does otherwise when the compiler is mingw-w64's (packaging/windows/build.sh calls it).
# WINDOWS_PREFIX is the folder of the libraries (libs.sh); DICOM=no leaves dcmtk out.
DICOM ?= yes
override CPPFLAGS += -I$(WINDOWS_PREFIX)/include -D__USE_MINGW_ANSI_STDIO=1 -DUTF8PROC_STATIC \
                     -D_POSIX_THREAD_SAFE_FUNCTIONS=200112L

# gnu11, since strict C hides strdup() and others. The stack is aligned to 16 bytes only, which gcc forgets when
# it spills vectors of 32 and 64 there: the assembler writes moves that take any address. The Linux build checks
# the formats of printf, which this compiler takes for Microsoft's.
windows_flags = -Wa,-muse-unaligned-vector-move -Wno-format -Wno-attributes
override CFLAGS := $(filter-out -fPIC -fvisibility=hidden -std=c11 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2,$(CFLAGS)) \
                   -std=gnu11 $(windows_flags)
override CXXFLAGS := $(filter-out -fPIC -fvisibility=hidden -fno-gnu-unique -std=c++17 -U_FORTIFY_SOURCE \
                     -D_FORTIFY_SOURCE=2,$(CXXFLAGS)) -std=gnu++17 $(windows_flags)
override LDFLAGS := -static -L$(WINDOWS_PREFIX)/lib -Wl,--high-entropy-va,--nxcompat,--dynamicbase $(SAN)

# No service: it lives on Unix sockets, signals and folders that outlast a power cut.
foreign += src/serve/% src/cli/serve.c
dcmtk   := -lcmr -ldcmsr -ldcmjpls -ldcmtkcharls -ldcmjpeg -lijg8 -lijg12 -lijg16 -ldcmimage -ldcmimgle -ldcmdata \
           -loflog -lofstd -liphlpapi -lws2_32 -lnetapi32
LIBS    := $(if $(filter no,$(DICOM)),,$(dcmtk)) -lopenblas -ltiff -ljpeg -lpng -lz -ljansson -lisal -lutf8proc \
           -lstdc++ -lssp -lm
foreign += $(if $(filter no,$(DICOM)),%.cc,%_none_windows.c)
lib_src := $(filter-out $(foreign),$(lib_src))
cli_src := $(filter-out $(foreign),$(cli_src))

$(BUILD)/gppi.exe: $(call obj,$(cli_src)) $(BUILD)/obj/gppi.rc.o $(BUILD)/all.a
	$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/obj/gppi.rc.o: packaging/windows/gppi.rc packaging/windows/gppi.manifest
	@mkdir -p $(@D)
	$(WINDRES) -DVERSION='\"$(VERSION)\"' -Ipackaging/windows -o $@ $<
