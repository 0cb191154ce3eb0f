#!/bin/sh
# Builds the libraries of gppi for Windows from Debian's source packages, with Debian's patches.
#
#   packaging/windows/libs.sh DIR [LIBRARY...]
#
# Sources come to DIR/src, results to DIR/prefix; a library that is there already is left alone. Without names
# all are built. zlib is a Debian package for mingw-w64 already.
set -eu

dir=$(mkdir -p "$1" && cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
host=x86_64-w64-mingw32
prefix=$dir/prefix
mkdir -p "$dir/src" "$dir/build" "$prefix/lib" "$prefix/include"

# See windows.mk for the first flag: vectors on the stack.
export WINDOWS_PREFIX="$prefix"
export WINDOWS_CFLAGS='-Wa,-muse-unaligned-vector-move -D__USE_MINGW_ANSI_STDIO=1'
export WINEPREFIX="$dir/wine" WINEDEBUG=-all
CC=$host-gcc-posix
JOBS=${JOBS:-1}

# The lists of source packages, beside those of the system, from the same places as its binary packages.
sources() {
	export APT_CONFIG="$dir/apt.conf"
	[ ! -e "$dir/apt/ready" ] || return 0
	mkdir -p "$dir/apt/parts" "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -e "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$dir/apt/parts/${file##*/}"
	done
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -e "$file" ] || sed -n 's/^deb /deb-src /p' "$file" >"$dir/apt/parts/$(basename "$file" .list).list"
	done
	cat >"$APT_CONFIG" <<-END
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$dir/apt/parts";
		Dir::State::Lists "$dir/apt/lists";
		Dir::Cache "$dir/apt/cache";
		APT::Sandbox::User "root";
	END
	apt-get update
	touch "$dir/apt/ready"
}

# source_of PACKAGE: unpacks it, patched, to DIR/src/PACKAGE. A mirror that just replaced the newest version may
# still have the one before.
source_of() {
	[ ! -d "$dir/src/$1" ] || return 0
	sources
	cd "$dir/src"
	for version in $(apt-cache showsrc "$1" | sed -n 's/^Version: //p' | sort -Vru); do
		! apt-get source --download-only "$1=$version" || break
	done
	dpkg-source --no-check -x "$(ls -t "$1"_*.dsc | head -n 1)" "$dir/src/$1.new"
	mv "$dir/src/$1.new" "$dir/src/$1"
}

# with_cmake SOURCE OPTION...: configures in DIR/build/SOURCE and goes there
with_cmake() {
	name=$1
	shift
	mkdir -p "$dir/build/$name"
	cd "$dir/build/$name"
	cmake "$dir/src/$name" -DCMAKE_TOOLCHAIN_FILE="$here/toolchain.cmake" -DCMAKE_INSTALL_PREFIX="$prefix" \
		-DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF '-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG' \
		'-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG' "$@"
}

build_jpeg() {
	source_of libjpeg-turbo
	with_cmake libjpeg-turbo -DENABLE_SHARED=OFF -DWITH_TURBOJPEG=OFF -DREQUIRE_SIMD=ON
	make -j"$JOBS" jpeg-static
	cp libjpeg.a "$prefix/lib/"
	cd "$dir/src/libjpeg-turbo"
	cp jpeglib.h jmorecfg.h jerror.h "$dir/build/libjpeg-turbo/jconfig.h" "$prefix/include/"
}

build_png() {
	source_of libpng1.6
	with_cmake libpng1.6 -DPNG_SHARED=OFF -DPNG_TESTS=OFF
	make -j"$JOBS" png_static
	cp libpng16.a "$prefix/lib/libpng.a"
	cp "$dir/src/libpng1.6/png.h" "$dir/src/libpng1.6/pngconf.h" pnglibconf.h "$prefix/include/"
}

# What scans in TIFF files use: none, LZW, Deflate, PackBits, JPEG.
build_tiff() {
	source_of tiff
	with_cmake tiff -Djpeg=ON -Dzlib=ON -Djbig=OFF -Dlerc=OFF -Dlibdeflate=OFF -Dlzma=OFF -Dwebp=OFF -Dzstd=OFF \
		-Dcxx=OFF -DJPEG_LIBRARY="$prefix/lib/libjpeg.a" -DJPEG_INCLUDE_DIR="$prefix/include"
	make -j"$JOBS" tiff
	cp libtiff/libtiff.a "$prefix/lib/"
	cp libtiff/tiffconf.h "$dir/src/tiff/libtiff/tiff.h" "$dir/src/tiff/libtiff/tiffio.h" \
		"$dir/src/tiff/libtiff/tiffvers.h" "$prefix/include/"
}

build_jansson() {
	source_of jansson
	with_cmake jansson -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF
	make -j"$JOBS" jansson
	cp lib/libjansson.a "$prefix/lib/"
	cp include/*.h "$prefix/include/"
}

build_isal() {
	source_of libisal
	cd "$dir/src/libisal"
	make -f Makefile.unx -j"$JOBS" arch=mingw units='igzip crc' CC="$CC -Wa,-muse-unaligned-vector-move" AS=nasm lib
	cp bin/isa-l.a "$prefix/lib/libisal.a"
	mkdir -p "$prefix/include/isa-l"
	cp include/*.h "$prefix/include/isa-l/"
}

build_utf8proc() {
	source_of utf8proc
	with_cmake utf8proc
	make -j"$JOBS" utf8proc
	cp libutf8proc*.a "$prefix/lib/libutf8proc.a"
	cp "$dir/src/utf8proc/utf8proc.h" "$prefix/include/"
}

# One thread in each call, many callers at once; single precision is all that the fp32 engine asks for, a check
# that need not be fast: one kind of kernels, which every processor of Windows 10 runs.
build_openblas() {
	source_of openblas
	cd "$dir/src/openblas"
	make -j"$JOBS" libs CC="$CC -Wa,-muse-unaligned-vector-move" HOSTCC=gcc AR=$host-ar RANLIB=$host-ranlib \
		OSNAME=WINNT BINARY=64 TARGET=NEHALEM NO_LAPACK=1 ONLY_CBLAS=1 NOFORTRAN=1 \
		USE_THREAD=0 USE_LOCKING=1 BUILD_SINGLE=1 NUM_THREADS=64 CROSS=1 CROSS_SUFFIX=$host-
	cp libopenblas_*-r*.a "$prefix/lib/libopenblas.a"
	sed 's/common/openblas_config/g' cblas.h >"$prefix/include/cblas.h"
	{
		awk 'NF { print $1, "OPENBLAS_" $2, $3 }' config.h
		cat openblas_config_template.h
	} >"$prefix/include/openblas_config.h"
}

# Headers take most of the time: many files are compiled as one, but for the parts that do not bear it.
# WINE_CPP_RUNTIME: its programs are linked statically.
build_dcmtk() {
	source_of dcmtk
	with_cmake dcmtk -DBUILD_APPS=OFF -DDCMTK_ENABLE_CXX11=ON -DDCMTK_DEFAULT_DICT=builtin \
		-DDCMTK_ENABLE_PRIVATE_TAGS=ON -DDCMTK_WITH_ZLIB=ON -DDCMTK_WITH_TIFF=OFF -DDCMTK_WITH_PNG=OFF \
		-DDCMTK_WITH_XML=OFF -DDCMTK_WITH_OPENSSL=OFF -DDCMTK_WITH_SNDFILE=OFF -DDCMTK_WITH_ICONV=OFF \
		-DDCMTK_WITH_ICU=OFF -DDCMTK_WITH_WRAP=OFF -DDCMTK_WITH_OPENJPEG=OFF -DDCMTK_WITH_DOXYGEN=OFF \
		-DCMAKE_INSTALL_DATADIC=share '-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG' -DWINE_CPP_RUNTIME='C:\windows'
	for part in ijg8 ijg12 ijg16 dcmtkcharls dcmjpeg oflog; do make -j"$JOBS" $part/fast; done
	cmake -DCMAKE_UNITY_BUILD=ON .
	for part in ofstd dcmdata dcmimgle dcmimage dcmjpls dcmsr cmr; do make -j"$JOBS" $part/fast; done
	cp lib/*.a "$prefix/lib/"
	mkdir -p "$prefix/include/dcmtk"
	cp -r config/include/dcmtk/* "$prefix/include/dcmtk/"
	for module in ofstd oflog dcmdata dcmimgle dcmimage dcmjpeg dcmjpls dcmsr; do
		cp -r "$dir/src/dcmtk/$module/include/dcmtk/"* "$prefix/include/dcmtk/"
	done
}

[ $# -gt 0 ] || set -- jpeg png tiff jansson isal utf8proc openblas dcmtk
for library in "$@"; do
	if [ ! -e "$dir/build/$library.done" ]; then
		echo "Building $library for Windows ..."
		set +e # a subshell in a condition would go on after errors
		(
			set -e
			build_"$library"
		) >"$dir/build/$library.log" 2>&1
		status=$?
		set -e
		if [ $status -ne 0 ]; then
			tail -n 20 "$dir/build/$library.log"
			echo "libs.sh: $library could not be built; $dir/build/$library.log says why" >&2
			exit 1
		fi
		touch "$dir/build/$library.done"
	fi
done
