#!/bin/sh
# Runs the fuzz targets, each for some seconds: run.sh BUILD SECONDS READER...
set -eu

build=$1
seconds=$2
shift 2
here=$(cd "$build/fuzzing" && pwd)
script=$(dirname "$0")/seeds.sh
failed=

sh "$script" write "$build"

for reader in "$@"; do
	corpus=$here/corpus-$reader
	mkdir -p "$corpus"
	folders=
	for kind in $(sh "$script" kinds "$reader"); do
		[ ! -d "$here/seeds/$kind" ] || folders="$folders $here/seeds/$kind"
	done
	echo "== $reader"
	# shellcheck disable=SC2086
	"$here/fuzz_$reader" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1500 -malloc_limit_mb=400 \
		-max_len=20000 -print_final_stats=1 -artifact_prefix="$here/$reader-" "$corpus" $folders \
		>"$here/$reader.log" 2>&1 &
	wait $! || failed="$failed $reader"
	rm -rf "/dev/shm/gppi-fuzz-$!"
	sed -n 's/^stat::number_of_executed_units: */   runs /p; /^SUMMARY/p' "$here/$reader.log"
done

[ -z "$failed" ] || { echo "failed:$failed (see $here/*.log)"; exit 1; }
