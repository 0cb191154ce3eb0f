#!/bin/sh
# make check-tarball: the relocatable tarball in clean Debian systems in which nothing else was installed.
#   packaging/check/tarball.sh BUILD VERSION SUITE...      root; MIRROR=URI, else the archive apt uses
. "$(dirname "$0")/system.sh"
again "$0" "$@"
build=$(readlink -f "$1")
version=$2
shift 2
name=gppi-$version-linux-$(uname -m)
work=$build/check
said=$work/log
mkdir -p "$work"
draw "$build"

for suite in "$@"; do
	root=$work/$suite
	system "$root" "$suite"
	mkdir -p "$root/scan"
	mount --bind "$work/scan" "$root/scan"
	echo "== $suite, glibc $(inside dpkg-query -W -f '${Version}' libc6)"
	ok 'neither dcmtk nor OpenBLAS is there' sh -c \
		"! ls $root/usr/lib/*/libdcmdata* $root/usr/lib/*/libopenblas* $root/usr/share/libdcmtk*"
	ok 'unpacks' tar --no-same-owner -C "$root/opt" -xf "$build/tarball/$name.tar.gz"
	mv "$root/opt/$name" "$root/opt/gppi"
	ok '--version' same "$(inside /opt/gppi/bin/gppi --version | head -n 1)" "gppi $version"
	ok 'every library is found' sh -c "libraries=\$(LC_ALL=C chroot $root ldd /opt/gppi/bin/gppi) && \
! echo \"\$libraries\" | grep 'not found'"
	ok 'detects NIfTI, DICOM and implicit DICOM' answers /opt/gppi/bin/gppi
	ok 'fp32 on OpenBLAS' inside /opt/gppi/bin/gppi detect -q --engine fp32 /scan/femur.nii
	ok 'writes DICOM results' inside sh -c \
		'cd /tmp && /opt/gppi/bin/gppi detect -q --dicom-results results /scan/femur-dicom'
	ok 'dcmtk reads the report' dsrdump "$root/tmp/results/femur-dicom-report.dcm"
	inside ln -s /opt/gppi/bin/gppi /usr/local/bin/gppi
	ok 'through a link' same "$(inside gppi --version | head -n 1)" "gppi $version"
	inside rm /usr/local/bin/gppi
	inside mkdir '/srv/a b'
	inside mv /opt/gppi '/srv/a b'
	ok 'from elsewhere' same "$(inside '/srv/a b/gppi/bin/gppi' detect -q /scan/femur-implicit)" \
		"$(echo "$truth" | tail -n 1)"
	inside mv '/srv/a b/gppi' /opt/gppi
	inside install -d /var/lib/gppi
	ok 'sample configuration' inside /opt/gppi/bin/gppi serve --check-config /opt/gppi/share/gppi/gppi.conf
	ok 'module of Slicer' same "$(inside /opt/gppi/lib/gppi/slicer/gppi --xml)" \
		"$(cat "$root/opt/gppi/lib/gppi/slicer/gppi.xml")"
	ok 'licences, manual, unit' inside ls /opt/gppi/LICENSE /opt/gppi/README.md /opt/gppi/INSTALL \
		/opt/gppi/share/man/man1/gppi.1 /opt/gppi/share/doc/gppi/THIRD-PARTY \
		/opt/gppi/share/doc/gppi/LIBRARIES /opt/gppi/lib/systemd/system/gppi.service
	ok 'a licence for each library' sh -c "cd $root/opt/gppi && for so in lib/gppi/*.so*; do
		package=\$(sed -n \"s/^\$(basename \$so)  \\([^ ]*\\) .*/\\1/p\" share/doc/gppi/LIBRARIES)
		test -s share/doc/gppi/licences/\$package || { echo \$so; exit 1; }; done"
	umount -R "$root/scan" "$root/proc" "$root/dev"
	rm -rf --one-file-system "$root"
done
finish
