#!/bin/sh
# Draws training bones, trains every network and quantises them: all.sh BUILDDIR WORKDIR [WEIGHTS]
#
# From nothing, or from the networks in the folder WEIGHTS with a few samples of what that takes. The weights are
# written to WORKDIR/weights. Stopped at any time, the same command goes on. PYTHON names an interpreter with PyTorch
# (Debian's python3-torch will do); REAL, if set, a file of real_pictures.py for the picture networks; EFFORT a factor
# on bones drawn and shown (default 1, at most 4; 0.002 tries the whole way in minutes). Bones take 4 MB each.
# Networks along the bone and those of slices train side by side, each on half of the processors.
set -eu

build=$1
work=$2
weights=${3:-}
python=${PYTHON:-python3}
train=$(dirname "$0")
effort=${EFFORT:-1}
awk -v e="$effort" 'BEGIN { exit !(e > 0 && e <= 4) }' || {
	echo "all.sh: EFFORT is a number above 0, at most 4" >&2
	exit 2
}
threads=$((($(nproc) + 1) / 2))
# An allocator that keeps freed blocks (Debian: libtcmalloc-minimal4), where installed: networks of slices take half as
# long.
heap=$(ldconfig -p | awk '/libtcmalloc_minimal/ && !found { found = $NF } END { print found }')
half=$(grep -q avx512_bf16 /proc/cpuinfo && echo --bfloat16 || true) # twice to three times as fast
data=$work/data
ck=$work/checkpoints
mkdir -p "$data" "$ck" "$work/synthetic" "$work/start" "$work/weights"

share() { # N: of it, by EFFORT, at least 1
	awk -v n="$1" -v e="$effort" 'BEGIN { n = int(n * e + 0.5); print n < 1 ? 1 : n }'
}

# Seeds below 100000 are for training, from 100000 for choosing, from 480000 on for the tables.
shard() { # NAME SEED COUNT OPTIONS...
	prefix=$data/$1
	seed=$2
	count=$(share "$3")
	shift 3
	[ -e "$prefix.csv" ] || "$build/phantom" dataset --out "$prefix" --seed "$seed" --count "$count" "$@"
}

# A folder that is gone on with must hold bones of these sources: their planes and their looks belong together.
same_bones() {
	sources=$(cat "$train"/../phantom/*.[ch]* "$train"/samples.c | sha256sum | cut -d ' ' -f 1)
	if ls "$data"/*.csv >/dev/null 2>&1 && [ "$sources" != "$(cat "$data/sources" 2>/dev/null)" ]; then
		echo "all.sh: $data holds bones that another version of tools/phantom drew; remove $work" >&2
		exit 1
	fi
	echo "$sources" >"$data/sources"
}

draw() {
	same_bones
	shard val 101001 32 --condition any --no-jitter
	# Volumes without a growth plate, so that the networks learn to say so.
	shard s-head 30001 12 --kind head
	shard s-shaft 30101 12 --kind shaft
	shard s-plant 30201 8 --kind plant
	shard s-noise 30301 4 --kind noise
	shard s-empty 30401 4 --kind empty
	shard s-head2 30501 12 --kind head
	shard s-shaft2 30601 12 --kind shaft
	shards=70
	[ -z "$weights" ] || shards=30
	for i in $(seq 0 $((shards - 1))); do
		case $((i % 8)) in
		1 | 7) condition=wide ;;
		3) condition=young ;;
		4) condition=adult ;;
		5) condition=typical ;;
		6) condition=tilt ;;
		*) condition=any ;;
		esac
		shard "s$i" $((i * 100 + 1)) 24 --condition $condition
	done
}

fit() { # KIND NAME START SAMPLES SAMPLES_GOING_ON BATCH RATE OPTIONS...
	kind=$1
	name=$2
	start=$3
	samples=$4
	rate=$7
	batch=$6
	if [ -n "$weights" ]; then
		samples=$5
		rate=6e-4
		start=$work/start/$name.pt
		[ -e "$start" ] ||
			$python "$train/unfold.py" "$weights/$name.gppiw" --data "$data" --pattern 'val*' --out "$start"
	fi
	shift 7
	[ -e "$ck/$name.json" ] || env ${heap:+LD_PRELOAD="$heap"} $python "$train/train.py" "$kind" --data "$data" \
		--validate 'val*' --out "$ck/$name.pt" --samples "$(share "$samples")" --batch "$batch" --rate "$rate" \
		--threads $threads ${start:+--start "$start"} $half "$@"
}

along() {
	# Two views of many bones first: a quarter of the work of the eight that a detection takes, which follow.
	[ -n "$weights" ] || fit longaxis two-views "" 40000 0 8 1.5e-3 --seed 40 --views 2 --workers 1
	fit longaxis longaxis "$ck/two-views.pt" 12000 9600 8 8e-4 --seed 41 --workers 1
	# Pictures: synthetic ones first; then, where there are labelled real ones, both.
	[ -z "${REAL:-}" ] || ck=$work/synthetic
	fit picture picture "$work/checkpoints/longaxis.pt" 8000 6400 8 1e-3 --seed 21 --workers 1
	ck=$work/checkpoints
	[ -z "${REAL:-}" ] || [ -e "$ck/picture.json" ] ||
		$python "$train/real_mix.py" --real "$REAL" --data "$data" --start "$work/synthetic/picture.pt" \
			--out "$ck/picture.pt" --samples "$(share 2000)" --threads $threads $half
}

slices() {
	fit cw-classifier cw-classifier "" 60000 16000 16 1.5e-3 --seed 43
	fit sv-classifier sv-classifier "" 36000 9600 16 1.5e-3 --seed 44
	# The five regressors share their first part and differ in the bones they are finished on.
	[ -n "$weights" ] || fit sv-regressor base "" 28000 0 8 2e-3 --seed 5
	for fold in 0 1 2 3 4; do
		fit sv-regressor "sv-regressor-$fold" "$ck/base.pt" 2500 2400 8 8e-4 --seed "5$fold" --fold $fold \
			--reports 4 # twenty took two fifths of the time
	done
	# A wider one, for the inner halves of the slices.
	fit sv-inner sv-inner "" 12000 9600 16 2e-3 --seed 42
}

case ${PART:-} in
along) along ;;
slices) slices ;;
*)
	draw
	# xargs waits for both, and an interrupt reaches both.
	printf '%s\n' along slices | xargs -P 2 -I {} env PART={} "$0" "$@"
	$python "$train/release.py" --data "$data" --checkpoints "$ck" --out "$work/weights"
	# What familiar bones look like to them.
	"$build/beliefs" 106001 80 all "$work/weights" >"$work/beliefs.jsonl"
	$python "$train/familiar.py" "$work/weights/longaxis-rows.gppiw" "$work/beliefs.jsonl"
	;;
esac
