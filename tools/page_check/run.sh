#!/bin/sh
# make check-page: six synthetic bones and a file that is none, their study page, and what a person does
# with it in a headless Chromium. run.sh BUILDDIR
set -eu

build=$1
dir=$build/page_check
here=$(dirname "$0")
mkdir -p "$dir"
seed=500005 # no bone of training or validation
for condition in typical osteoporotic young noisy tilt crop; do
	[ -f "$dir/$condition.nii" ] ||
		"$build/phantom" make --seed $seed --condition $condition --nifti "$dir/$condition.nii"
	seed=$((seed + 1))
done
echo 'no scan' >"$dir/no<b>scan.nii"
"$build/gppi" detect -q --csv --report "$dir/six.html" "$dir"/[a-m]*.nii "$dir"/n*.nii "$dir"/[o-z]*.nii \
	>"$dir/six.csv" || [ $? -eq 1 ]

# Debian's interpreter, which python3-selenium belongs to.
/usr/bin/python3 "$here/check.py" "$dir"
