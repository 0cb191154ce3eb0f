#!/bin/sh
# make demo: a synthetic scan as NIfTI and as DICOM, detected both ways. demo.sh BUILDDIR
set -eu

build=$1
dir=$build/demo
seed=500005 # no bone of training or validation

rm -rf "$dir"
mkdir -p "$dir"
echo "Drawing a synthetic femur (seed $seed) as NIfTI and as a DICOM series in $dir ..."
"$build/phantom" make --seed $seed --condition typical --nifti "$dir/femur.nii" --dicom "$dir/femur-dicom" \
	--truth "$dir/truth.csv"

echo "Detecting both ..."
"$build/gppi" detect "$dir/femur.nii" "$dir/femur-dicom"
"$build/gppi" detect -q --csv -o "$dir/nifti.csv" --qc "$dir" "$dir/femur.nii"
"$build/gppi" detect -q --csv -o "$dir/dicom.csv" "$dir/femur-dicom"
mv "$dir/femur.jpg" "$dir/qc.jpg"

index() { sed -n 2p "$1" | cut -d, -f2; }
nifti=$(index "$dir/nifti.csv")
dicom=$(index "$dir/dicom.csv")
truth=$(index "$dir/truth.csv")


# By a published network, where ONNX Runtime is at hand (GPPI_ORT, or the system's).
second="none: no ONNX Runtime here, packaging/doc/heavy.md tells how to get it"
if "$build/gppi" detect -q --json="$dir/second.json" --second-opinion weights/heavy --when always "$dir/femur.nii" \
	>/dev/null 2>&1; then
	second=$(sed -n 's/.*"solution":"bm","plane":\([0-9.]*\).*/\1/p' "$dir/second.json")
fi

echo
echo "GPPI of the NIfTI file    $nifti"
echo "GPPI of the DICOM series  $dicom"
echo "second opinion, BM        $second"
echo "known truth               $truth"
echo "QC picture                $dir/qc.jpg"
if [ "$nifti" != "$dicom" ]; then
	echo "demo: the two differ, and should not" >&2
	exit 1
fi
awk -v a="$nifti" -v b="$truth" 'BEGIN { d = a - b; exit !(d <= 5 && d >= -5) }' || {
	echo "demo: more than 5 planes from the truth" >&2
	exit 1
}
