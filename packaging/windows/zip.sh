#!/bin/sh
# Packs DIR/gppi/gppi.exe as DIR/gppi-VERSION-windows-x64.zip.
#   packaging/windows/zip.sh DIR VERSION FORMATS      FORMATS: build/tests/cli_formats, which draws the sample
set -eu

dir=$1
version=$2
formats=$3
name=gppi-$version-windows-x64
top=$dir/$name
here=$(dirname "$0")

crlf() { sed 's/$/\r/'; }

rm -rf "$top" "$dir/$name.zip"
mkdir -p "$top/licences" "$top/samples" "$top/float" "$top/heavy" "$top/doc"
for doc in packaging/doc/*.md; do
	crlf <"$doc" >"$top/doc/$(basename "$doc")"
done
cp weights/*.gppif "$top/float"
cp weights/heavy/*.onnx weights/heavy/*.json "$top/heavy"
x86_64-w64-mingw32-strip -o "$top/gppi.exe" "$dir/gppi/gppi.exe"

sample=$(mktemp -d)
trap 'rm -rf "$sample"' EXIT
"$formats" "$sample"
gzip -9nc "$sample"/grey-nifti.nii >"$top/samples/bone.nii.gz"

sed "s/@VERSION@/$version/" "$here/README.txt" | crlf >"$top/README.txt"
crlf <"$here/gppi-detect.cmd" >"$top/gppi-detect.cmd"
MANWIDTH=100 man -E UTF-8 packaging/gppi.1 | col -bx | crlf >"$top/gppi.txt"
crlf <LICENSE >"$top/LICENSE.txt"
crlf </usr/share/doc/fonts-dejavu-core/copyright >"$top/licences/DejaVu.txt"
[ ! -e packaging/THIRD-PARTY ] || crlf <packaging/THIRD-PARTY >"$top/THIRD-PARTY.txt"

# ---- what is linked in ----
{
	echo "gppi.exe is linked with these libraries, built from the sources of these Debian packages, \
which are in Debian's"
	echo 'archive, and for good on snapshot.debian.org under these names and versions. '\
'Nothing in it is under the GPL'
	echo "but the compiler's own library, whose runtime exception allows any use. THIRD-PARTY.txt says what each is"
	echo 'for, and names others that only gppi for Linux uses.'
	echo
	for source in "$dir"/src/*/; do
		package=$(basename "$source")
		[ -e "$source/debian/copyright" ] || continue
		echo "$package $(dpkg-parsechangelog -l "$source/debian/changelog" -S Version)"
		cp "$source/debian/copyright" "$top/licences/$package.txt"
	done
	for package in libz-mingw-w64-dev mingw-w64-x86-64-dev gcc-mingw-w64-x86-64-posix-runtime; do
		dpkg-query -W -f '${source:Package} ${source:Version}\n' "$package"
		cp "/usr/share/doc/$package/copyright" "$top/licences/$package.txt"
	done
} | crlf >"$top/LIBRARIES.txt"

(cd "$dir" && zip -qr -9 -X "$name.zip" "$name")
ls -l "$dir/$name.zip"
