#!/bin/sh
# make deb: builds the Debian package in BUILD/deb, from a copy of the sources, and lets lintian judge it.
#   packaging/deb.sh BUILD VERSION
set -eu

out=$1/deb
version=$2
tree=$out/gppi-$version

# what make was told is not for the package's own build
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL BUILD PREFIX DESTDIR CC CXX OPT SAN CFLAGS CXXFLAGS CPPFLAGS LDFLAGS

head=$(sed -n '1s/^gppi (\([^)]*\)).*/\1/p' packaging/debian/changelog)
if [ "$head" != "$version" ]; then
	echo "deb.sh: packaging/debian/changelog is about $head, the program is $version; add an entry" >&2
	exit 1
fi

rm -rf "$out"
mkdir -p "$tree"
cp -R LICENSE README.md Makefile include src packaging tools tests weights "$tree"
find "$tree" -name __pycache__ -prune -exec rm -r {} +
mv "$tree/packaging/debian" "$tree/debian"

(cd "$tree" && dpkg-buildpackage --build=binary --no-sign) >"$out/build.log" 2>&1 || {
	tail -n 30 "$out/build.log" >&2
	echo "deb.sh: the package could not be built; all of it: $out/build.log" >&2
	exit 1
}
rm -rf "$tree"
lintian --allow-root --fail-on error,warning "$out"/*.changes
echo
ls -l "$out"/*.deb
