#!/bin/sh
# make tarball: BUILD/tarball/gppi-VERSION-linux-ARCH.tar.gz, the program with the libraries it needs; glibc and
# the compiler's own (libstdc++, libgcc_s) are those of the system.
#   packaging/tarball.sh BUILD VERSION
set -eu

build=$1
version=$2
name=gppi-$version-linux-$(uname -m)
top=$build/tarball/$name
doc=$top/share/doc/gppi
lib=$top/lib/gppi

rm -rf "$build/tarball"
mkdir -p "$build/tarball"
make -s BUILD="$build" DESTDIR= PREFIX="$top" install-program >/dev/null
strip -o "$top/bin/gppi" "$build/relocatable/gppi"
sed 's|/usr/local|/opt/gppi|' packaging/systemd/gppi.service >"$top/lib/systemd/system/gppi.service"
cp LICENSE "$top"
packaging/readme.sh share/doc/gppi/ >"$top/README.md"
mkdir "$doc/examples"
cp -R packaging/recipes/README.md packaging/recipes/orthanc packaging/recipes/storescp packaging/recipes/share \
	packaging/recipes/slurm packaging/recipes/snakemake packaging/recipes/nextflow "$doc/examples"

# ---- libraries: their package tells version, source and licence ----
system=$(awk 'BEGIN { RS = ""; FS = "\n" } $6 == " system" { print $4 }' packaging/THIRD-PARTY)
mkdir -p "$doc/licences"
{
	echo 'The libraries in lib/gppi are unchanged files of these Debian packages. '\
'The sources of each version are in'
	echo "Debian's archive, and for good on snapshot.debian.org under the name and version of the source package."
	echo
} >"$doc/LIBRARIES"

# package_of FILE: as dpkg knows it, with or without /usr
package_of() {
	{ dpkg-query -S "$1" || dpkg-query -S "${1#/usr}"; } 2>/dev/null | sed 's/:.*//; q'
}

# OpenBLAS is loaded when it is needed, so that ldd does not tell of it.
blas=$(ldconfig -p | awk '$1 == "libopenblas.so.0" { print $NF; exit }')
{
	echo "libopenblas.so.0 => $blas"
	ldd "$build/gppi" "$blas"
} | awk '$2 == "=>" { print $1, $3 }' | sort -u | while read -r soname path; do
	case " $(echo $system) " in *" ${soname%%.so*} "*) continue ;; esac
	package=$(package_of "$(readlink -f "$path")")
	if [ -z "$package" ] || [ ! -r "/usr/share/doc/$package/copyright" ]; then
		echo "tarball.sh: $path ($soname): no Debian package with a licence has it; the tarball needs one" >&2
		exit 1
	fi
	install -m 644 "$(readlink -f "$path")" "$lib/$soname"
	install -m 644 "/usr/share/doc/$package/copyright" "$doc/licences/$package"
	dpkg-query -W -f "$soname  \${Package} \${Version}  source \${source:Package} \${source:Version}\n" "$package" \
		>>"$doc/LIBRARIES"
done

# what those texts point at
grep -ohE '/usr/share/common-licenses/[A-Za-z]+(-[0-9]+(\.[0-9]+)?)?' "$doc"/licences/* | sort -u |
	while read -r text; do
		[ ! -f "$text" ] || install -m 644 "$text" "$doc/licences/common-$(basename "$text")"
	done

# ---- the DICOM data dictionary: src/cli/dictionary.c looks for it ----
for file in dicom.dic private.dic; do
	install -m 644 "$(ls /usr/share/libdcmtk*/$file | tail -n 1)" "$lib/$file"
done

# ---- what it asks of the system ----
newest() { objdump -T "$top/bin/gppi" "$lib"/*.so* | sed -n "s/.*($1_\([0-9.]*\)).*/\1/p" | sort -V | tail -n 1; }
sed "s/@VERSION@/$version/; s/@GLIBC@/$(newest GLIBC)/; s/@GLIBCXX@/GLIBCXX_$(newest GLIBCXX)/" \
	packaging/tarball/INSTALL >"$top/INSTALL"

# ---- every library is found inside, or is the system's ----
"$top/bin/gppi" --version >/dev/null
ldd "$top/bin/gppi" | awk '$2 == "=>" { print $1, $3 }' | while read -r soname path; do
	case " $(echo $system) " in *" ${soname%%.so*} "*) continue ;; esac
	case $path in "$PWD/$lib"/* | "$lib"/*) ;; *)
		case $(readlink -f "$path") in "$(readlink -f "$lib")"/*) ;; *)
			echo "tarball.sh: $soname is taken from $path, not from the tarball" >&2
			exit 1 ;;
		esac ;;
	esac
done

tar -C "$build/tarball" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-$(date +%s)}" \
	-cf - "$name" | gzip -9n >"$build/tarball/$name.tar.gz"
ls -l "$build/tarball/$name.tar.gz"
