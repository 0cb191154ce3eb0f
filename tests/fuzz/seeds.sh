#!/bin/sh
# What the fuzz targets begin with.
#   seeds.sh write BUILD     the small files of the unit tests, by kind, into BUILD/fuzzing/seeds
#   seeds.sh kinds READER    the kinds a reader begins with
set -eu

# parts NAME LETTER FILE...: files of one folder, as fuzz_folder() takes them apart
parts() {
	name=$1
	shift
	while [ $# -gt 1 ]; do
		printf '\n@@%s' "$1"
		cat "$2"
		shift 2
	done >"$seeds/folder/$name"
}

# first N KIND: some of a kind, always the same ones
first() {
	[ ! -d "$seeds/$2" ] || find "$seeds/$2" -type f | LC_ALL=C sort | head -n "$1"
}

# Transfer syntaxes that the tests do not write, of files with several slices, by dcmtk's programs.
write_syntaxes() {
	k=0
	for file in $(first 999 dcm); do
		[ $k -lt 3 ] || break
		dcmdump +P NumberOfFrames "$file" | grep -q IS || continue
		dcmconv +ti "$file" "$seeds/dcm/implicit$k" || continue
		dcmconv +te "$file" "$seeds/dcm/explicit$k" || true
		dcmconv +td "$file" "$seeds/dcm/deflated$k" || true
		dcmcjpeg +el "$file" "$seeds/dcm/lossless$k" || true
		dcmcjpeg +eb +be "$file" "$seeds/dcm/baseline$k" || true
		dcmcjpeg +ee +bt "$file" "$seeds/dcm/extended$k" || true
		dcmcjpeg +ep +bt "$file" "$seeds/dcm/progressive$k" || true
		k=$((k + 1))
	done >/dev/null 2>&1
}

write_folders() {
	mkdir -p "$seeds/folder"
	picture=$(find "$seeds/png" -type f -size -2 | LC_ALL=C sort | head -n 1)
	raw=$(first 1 raw)
	other=$seeds/folder.part
	k=0
	for log in $(first 99 log); do
		k=$((k + 1))
		parts log$k l "$log" p "$picture"
	done
	for kind in png jpg bmp pgm tif; do
		for file in $(first 3 $kind); do
			k=$((k + 1))
			parts picture$k p "$file"
		done
	done
	for file in $(first 99 vgi); do
		k=$((k + 1))
		sed 's/^Name = .*/Name = r.raw/' "$file" >"$other"
		parts vgi$k h "$other" r "$raw"
	done
	for file in $(first 99 mhd) $(first 99 nhdr); do
		k=$((k + 1))
		sed 's/^ElementDataFile = .*/ElementDataFile = r.raw/; s/^data *file: .*/data file: r.raw/' "$file" \
			>"$other"
		case $file in */mhd/*) parts mhd$k m "$other" r "$raw" ;; *) parts nhdr$k n "$other" r "$raw" ;; esac
	done
	# slices of one series have one size
	find "$seeds/dcm" -type f -printf '%s %p\n' | LC_ALL=C sort -k1,1n -k2 |
		awk '{ n = $1 == size ? n + 1 : 1; size = $1; list = n == 1 ? $2 : list " " $2; '\
'if (n == 3) print list }' |
		while read -r a b c; do
			parts "series$(basename "$a")" d "$a" d "$b" d "$c"
		done
	rm -f "$other"
}

case $1 in
write)
	seeds=$(cd "$2" && pwd)/fuzzing/seeds
	mkdir -p "$seeds"
	for test in "$2"/tests/test_scan_* "$2"/tests/test_restart "$2"/tests/test_gunzip \
		"$2"/tests/test_dicom_walk*; do
		case $test in *.*) continue ;; esac
		SEEDS=$seeds "$test" >/dev/null 2>&1 || true
	done
	python3 "$(dirname "$0")/../../tools/campaign/netfuzz.py" seeds "$seeds/pdu"
	! command -v dcmcjpeg >/dev/null || write_syntaxes
	write_folders
	mkdir -p "$seeds/onnx"
	cp "$(dirname "$0")"/../heavy/[ems]*.onnx "$(dirname "$0")"/../heavy/cw-0.onnx "$seeds/onnx"
	;;
kinds)
	case $2 in
	nifti) echo nii gz ;;
	isq) echo isq ISQ ;;
	metaimage) echo mha mhd ;;
	nrrd) echo nrrd nhdr ;;
	tiff) echo tif ;;
	pictures) echo png jpg bmp pgm tif ;;
	dicom | walk) echo dcm ;;
	restart) echo gz ;;
	any) echo nii gz isq aim mha nrrd vox tif ;;
	*) echo "$2" ;;
	esac
	;;
esac
