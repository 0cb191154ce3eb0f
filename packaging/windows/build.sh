#!/bin/sh
# Builds gppi.exe for Windows on x86-64 with its libraries, and packs them: see `make windows`.
#
#   packaging/windows/build.sh DIR VERSION FORMATS      FORMATS: build/tests/cli_formats, which draws the sample
#
# DICOM=no leaves dcmtk out, which takes longest: such a program says so of compressed DICOM files.
set -eu
unset MAKEFLAGS MFLAGS

dir=$(mkdir -p "$1" && cd "$1" && pwd)
version=$2
formats=$(cd "$(dirname "$3")" && pwd)/$(basename "$3")
cd "$(dirname "$0")/../.."
dicom=${DICOM:-yes}
host=x86_64-w64-mingw32

libraries='jpeg png tiff jansson isal utf8proc openblas'
[ "$dicom" = no ] || libraries="$libraries dcmtk"
packaging/windows/libs.sh "$dir" $libraries
mkdir -p "$dir/prefix/include/stb"
cp /usr/include/stb/stb_truetype.h "$dir/prefix/include/stb"
rm -f "$dir/gppi/all.a" "$dir/gppi/gppi.exe" # they may have been without DICOM
make -j"${JOBS:-1}" CC=$host-gcc-posix CXX=$host-g++-posix AR=$host-ar WINDRES=$host-windres DICOM="$dicom" \
	BUILD="$dir/gppi" OPT="${OPT:--O3}" WINDOWS_PREFIX="$dir/prefix" "$dir/gppi/gppi.exe"

packaging/windows/zip.sh "$dir" "$version" "$formats"
