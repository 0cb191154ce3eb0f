# What leaves the build folder: make install, Debian package, tarball, Windows.

# The program and what belongs to it; install-dev: the library, its headers and an example. STRIP= keeps debug symbols.
STRIP  ?= -s
LIBDIR ?= $(PREFIX)/lib
bindir = $(DESTDIR)$(PREFIX)/bin
libdir = $(DESTDIR)$(LIBDIR)
incdir = $(DESTDIR)$(PREFIX)/include/gppi
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
docdir = $(DESTDIR)$(PREFIX)/share/doc/gppi
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir = $(DESTDIR)$(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
unitdir = $(DESTDIR)$(PREFIX)/lib/systemd/system
confdir = $(DESTDIR)$(PREFIX)/share/gppi
owndir = $(DESTDIR)$(PREFIX)/lib/gppi
slicerdir = $(owndir)/slicer
heavy_weights = $(wildcard weights/heavy/*.onnx weights/heavy/*.json)

.PHONY: install install-program install-dev uninstall
install: install-program install-dev

# Slicer takes every program in a module path for a module: gppi gets a folder of its own.
install-program: $(BUILD)/gppi
	install -d $(confdir)/float $(confdir)/heavy $(bindir) $(mandir) $(docdir) $(bashdir) $(zshdir) $(unitdir) \
		$(confdir) $(slicerdir)
	install $(STRIP) -m 755 $(BUILD)/gppi $(bindir)/gppi
	install -m 644 $(wildcard weights/*.gppif) $(confdir)/float
	install -m 644 $(heavy_weights) $(confdir)/heavy
	install -m 644 packaging/gppi.1 $(mandir)/gppi.1
	install -m 644 packaging/THIRD-PARTY packaging/CITATION.cff $(wildcard packaging/doc/*.md) $(docdir)
	install -m 644 $(FONT_LICENCE) $(docdir)/DejaVu.txt
	install -m 644 packaging/completion/gppi.bash $(bashdir)/gppi
	install -m 644 packaging/completion/_gppi $(zshdir)/_gppi
	install -m 644 packaging/gppi.conf $(confdir)/gppi.conf
	sed 's|/usr/local|$(PREFIX)|' packaging/systemd/gppi.service > $(unitdir)/gppi.service
	ln -sf ../../../bin/gppi $(slicerdir)/gppi
	$(BUILD)/gppi detect --xml > $(slicerdir)/gppi.xml

install-dev: library
	install -d $(libdir)/pkgconfig $(incdir) $(docdir)/examples
	install -m 644 $(BUILD)/libgppi.a $(libdir)/libgppi.a
	install -m 644 $(BUILD)/$(soname) $(libdir)/libgppi.so.$(VERSION)
	ln -sf libgppi.so.$(VERSION) $(libdir)/$(soname)
	ln -sf $(soname) $(libdir)/libgppi.so
	install -m 644 $(wildcard include/gppi/*.h) $(incdir)
	install -m 644 $(wildcard packaging/examples/*.c) $(docdir)/examples
	sed -e 's|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(PREFIX)/include|' \
		-e 's|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIB_LIBS)|' packaging/gppi.pc.in > $(libdir)/pkgconfig/gppi.pc

uninstall:
	rm -f $(bindir)/gppi $(mandir)/gppi.1 $(bashdir)/gppi $(zshdir)/_gppi $(confdir)/gppi.conf \
		$(unitdir)/gppi.service
	rm -f $(addprefix $(docdir)/,THIRD-PARTY CITATION.cff DejaVu.txt $(notdir $(wildcard packaging/doc/*.md)))
	rm -f $(addprefix $(docdir)/examples/,$(notdir $(wildcard packaging/examples/*.c)))
	rm -f $(addprefix $(confdir)/float/,$(notdir $(wildcard weights/*.gppif))) \
		$(addprefix $(confdir)/heavy/,$(notdir $(heavy_weights)))
	rm -f $(slicerdir)/gppi $(slicerdir)/gppi.xml $(libdir)/pkgconfig/gppi.pc
	rm -f $(addprefix $(libdir)/,libgppi.a libgppi.so $(soname) libgppi.so.$(VERSION))
	rm -f $(patsubst include/gppi/%,$(incdir)/%,$(wildcard include/gppi/*.h))
	for dir in $(incdir) $(slicerdir) $(owndir) $(docdir)/examples $(docdir) $(confdir)/float $(confdir)/heavy \
		$(confdir); do \
		if [ -d $$dir ]; then rmdir $$dir; fi; \
	done

# Packages land in $(BUILD)/deb and $(BUILD)/tarball. SUITES: where the tarball is tried.
SUITES ?= bookworm trixie
.PHONY: deb tarball check-deb check-tarball
deb:
	packaging/deps.sh build deb
	packaging/deb.sh $(BUILD) $(VERSION)

# Finds its libraries in ../lib/gppi; the old kind of path counts for the libraries of libraries, too.
$(BUILD)/relocatable/gppi: $(call obj,$(cli_src)) $(BUILD)/all.a
	@mkdir -p $(@D)
	$(link)
	$(Q)$(CC) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/../lib/gppi' -Wl,--disable-new-dtags -o $@ $^ $(LIBS)

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
