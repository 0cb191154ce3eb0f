#!/bin/sh
# Installs the Debian packages gppi needs, and only those that are missing.
#
#   packaging/deps.sh [--list] [GROUP...]     groups: runtime build test lint clang arm unit valgrind page windows
#                                             deb chroot campaign recipes slurm snakemake
#                                             (default: build test)
#
# --list prints the packages of the groups and installs nothing.
set -eu

# What the finished program is linked with, or loads.
runtime='libdcmtk17 libopenblas0 libjpeg62-turbo libpng16-16 libtiff6 libjansson4 libinih1 libisal2 libseccomp2 '\
'libutf8proc2'
# What compiling needs; the -dev packages bring the libraries above.
build='make gcc g++ libc6-dev libdcmtk-dev libopenblas-dev libjpeg62-turbo-dev libpng-dev libtiff-dev libjansson-dev '\
'libinih-dev libisal-dev libseccomp-dev libutf8proc-dev zlib1g-dev libstb-dev fonts-dejavu-core'
# What the tests need besides.
test='pkg-config libcmocka-dev dcmtk dicom3tools python3'
# What `make lint` needs besides.
lint='clang-tidy cppcheck'
# What `make check-clang` and `make fuzz` need besides.
clang='clang'
# What `make check-page` needs.
page='chromium chromium-driver python3-selenium'
# What `make check-valgrind` needs besides.
valgrind='valgrind libc6-dbg'
# What `make check-unit` needs besides.
unit='systemd'
# What `make campaign-serve` needs besides.
campaign='faketime'
# What `make check-recipes` needs besides.
recipes='orthanc'
# What `make check-slurm` and `make check-snakemake` need besides.
slurm='slurmctld slurmd slurm-client munge'
snakemake='snakemake procps'
# What `make deb` needs besides.
deb='debhelper dpkg-dev fakeroot lintian'
# What `make check-deb` and `make check-tarball` need besides.
chroot='debootstrap debian-archive-keyring dcmtk'
# What `make windows` and `make check-windows` need besides.
windows='gcc-mingw-w64-x86-64-posix g++-mingw-w64-x86-64-posix libz-mingw-w64-dev cmake nasm wine wine64 dpkg-dev '\
'zip unzip man-db bsdextrautils'
# What `make check-arm` needs besides.
arm='gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user'

why() {
	case $1 in
	make | gcc | g++ | libc6-dev) echo 'compiler and tools' ;;
	libdcmtk*) echo 'reads and receives DICOM' ;;
	dcmtk) echo 'sends DICOM in the tests, and reads what was written' ;;
	dicom3tools) echo 'judges DICOM results in the tests' ;;
	libinih*) echo 'reads the configuration of the service' ;;
	libopenblas*) echo 'matrix products of the fp32 engine' ;;
	libstb-dev | fonts-dejavu-core) echo 'text in pictures' ;;
	libjpeg*) echo 'reads and writes pictures' ;;
	libpng*) echo 'reads pictures' ;;
	libtiff*) echo 'reads slices and stacks of slices' ;;
	libjansson*) echo 'writes JSON' ;;
	libisal*) echo 'reads compressed files fast' ;;
	libutf8proc*) echo 'compares names in tables' ;;
	libseccomp*) echo 'filters system calls of worker processes' ;;
	zlib1g*) echo 'packs synthetic scans' ;;
	pkg-config) echo 'says how the library is linked' ;;
	libcmocka-dev) echo 'unit tests' ;;
	faketime) echo 'sets the clock in the campaign' ;;
	slurm* | munge) echo 'runs arrays of jobs in the check of its recipe' ;;
	snakemake | procps) echo 'runs the rules of its recipe' ;;
	orthanc) echo 'sends to gppi in the check of the recipes' ;;
	python3) echo 'checks JSON in the tests' ;;
	clang-tidy | cppcheck) echo 'static analysis' ;;
	clang) echo 'the other compiler' ;;
	*mingw-w64*) echo 'compiles for Windows' ;;
	cmake | nasm) echo 'build libraries for Windows' ;;
	wine*) echo 'runs them here, while they are built and in the check' ;;
	gcc-aarch64* | libc6-dev-arm64-cross) echo 'compiles kernels for aarch64' ;;
	qemu-user) echo 'runs them here' ;;
	debhelper | dpkg-dev | fakeroot) echo 'builds the Debian package' ;;
	lintian) echo 'judges the Debian package' ;;
	debootstrap | debian-archive-keyring) echo 'makes clean Debian systems to install in' ;;
	chromium* | python3-selenium) echo 'opens the study page for its check' ;;
	*) echo 'needed' ;;
	esac
}

list=no
packages=
for group in "$@"; do
	case $group in
	--list) list=yes ;;
	runtime) packages="$packages $runtime" ;;
	build) packages="$packages $build" ;;
	test) packages="$packages $test" ;;
	lint) packages="$packages $lint" ;;
	clang) packages="$packages $clang" ;;
	arm) packages="$packages $arm" ;;
	unit) packages="$packages $unit" ;;
	valgrind) packages="$packages $valgrind" ;;
	campaign) packages="$packages $campaign" ;;
	recipes) packages="$packages $recipes" ;;
	slurm) packages="$packages $slurm" ;;
	snakemake) packages="$packages $snakemake" ;;
	windows) packages="$packages $windows" ;;
	page) packages="$packages $page" ;;
	deb) packages="$packages $deb" ;;
	chroot) packages="$packages $chroot" ;;
	*)
		echo "deps.sh: there is no group \"$group\"; choose from runtime build test lint clang arm unit\
 valgrind page windows deb chroot campaign recipes slurm snakemake" >&2
		exit 2
		;;
	esac
done
[ -n "$packages" ] || packages="$build $test"

if [ $list = yes ]; then
	printf '%s\n' $packages
	exit 0
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	echo "deps.sh: this system has no apt-get; install what corresponds to these Debian packages:"
	printf '  %s\n' $packages
	echo "deps.sh: going on in the hope that they are there"
	exit 0
fi

missing=
for package in $packages; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=absent
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo 'These Debian packages are missing and will be installed with apt-get:'
for package in $missing; do
	printf '  %-22s %s\n' "$package" "$(why "$package")"
done

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps.sh: installing needs root: run 'apt-get install$missing' as root, then make again" >&2
		exit 1
	fi
	as_root=sudo
fi
$as_root apt-get update
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
