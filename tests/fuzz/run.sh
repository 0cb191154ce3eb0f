#!/bin/sh
# Runs the fuzz targets, each for some seconds: run.sh BUILD SECONDS READER...
set -eu

build=$1
seconds=$2
shift 2
here=$(cd "$build/fuzzing" && pwd)
seeds=$here/seeds
failed=

mkdir -p "$seeds"
for test in "$build"/tests/test_scan_*; do
	case $test in *.*) continue ;; esac
	SEEDS=$seeds "$test" >/dev/null 2>&1 || true
done

# kinds READER: the seeds it begins with, by their suffixes
kinds() {
	case $1 in
	nifti) echo nii gz ;;
	isq) echo isq ISQ ;;
	metaimage) echo mha mhd ;;
	nrrd) echo nrrd nhdr ;;
	tiff) echo tif ;;
	pictures) echo png jpg bmp pgm tif ;;
	any) echo dcm nii gz isq aim mha nrrd vox ;;
	*) echo "$1" ;;
	esac
}

for reader in "$@"; do
	corpus=$here/corpus-$reader
	mkdir -p "$corpus"
	folders=
	for kind in $(kinds "$reader"); do
		[ ! -d "$seeds/$kind" ] || folders="$folders $seeds/$kind"
	done
	echo "== $reader"
	# shellcheck disable=SC2086
	"$here/fuzz_$reader" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=20000 \
		-print_final_stats=1 -artifact_prefix="$here/$reader-" "$corpus" $folders \
		>"$here/$reader.log" 2>&1 || failed="$failed $reader"
	sed -n 's/^stat::number_of_executed_units: */   runs /p; /^SUMMARY/p' "$here/$reader.log"
done

[ -z "$failed" ] || { echo "failed:$failed (see $here/*.log)"; exit 1; }
