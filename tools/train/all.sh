#!/bin/sh
# Draws training bones, trains every network and writes weights/: all.sh BUILDDIR WORKDIR
#
# About a day on two cores. PYTHON names an interpreter with PyTorch (Debian's python3-torch will do).
# Synthetic bones take 4 MB each; the work folder needs about 56 GB.
set -eu

build=$1
work=$2
python=${PYTHON:-python3}
train=$(dirname "$0")
data=$work/data
ck=$work/checkpoints
mkdir -p "$data" "$ck"

# Seeds below 100000 are for training, from 100000 for choosing, from 200000 for the tables.
shard() { # NAME SEED COUNT OPTIONS...
	prefix=$data/$1
	seed=$2
	count=$3
	shift 3
	[ -e "$prefix.csv" ] || "$build/phantom" dataset --out "$prefix" --seed "$seed" --count "$count" "$@"
}
for i in 0 1 2 3 4 5 6 7 8 9 10 11 20 21 22 23 30 31 32 33 34 50 51 60 62 64 65 67 68 70 \
	82 86 88 91 94 96 99 103 105 111 113 119 121; do
	shard "s$i" $((i * 100 + 1)) 80 --condition any
done
for i in 83 84 85 87 89 93 95 97 101 102 104 106 108 110 112 114 116 118 120 126 127 136 137; do
	shard "s$i" $((i * 100 + 1)) 80 --condition wide
done
for i in 61 81 92 100 109 117 122 123 128 129 132 133; do
	shard "s$i" $((i * 100 + 1)) 80 --condition young
done
for i in 63 80 90 98 107 115 124 125 130 131 134 135; do
	shard "s$i" $((i * 100 + 1)) 80 --condition tilt
done
for i in $(seq 140 239); do
	case $((i % 10)) in
	1 | 4 | 7) condition=wide ;;
	2) condition=young ;;
	5) condition=tilt ;;
	9) condition=crop ;;
	*) condition=any ;;
	esac
	shard "s$i" $((i * 100 + 1)) 80 --condition $condition
done
shard s66 6601 60 --condition young
shard s69 6901 40 --condition tilt
# Volumes without a growth plate, so that the networks learn to say so.
shard s-head 30001 24 --kind head
shard s-shaft 30101 24 --kind shaft
shard s-plant 30201 12 --kind plant
shard s-noise 30301 8 --kind noise
shard s-empty 30401 8 --kind empty
shard s-head2 30501 20 --kind head
shard s-shaft2 30601 20 --kind shaft
shard val 101001 40 --condition any --no-jitter
shard val-wide 101101 40 --condition wide --no-jitter

fit() { # KIND NAME OPTIONS...
	kind=$1
	name=$2
	shift 2
	[ -e "$ck/$name.json" ] || $python "$train/train.py" "$kind" --data "$data" --out "$ck/$name.pt" "$@"
}
fit longaxis longaxis --validate 'val*' --samples 250000 --batch 8 --rate 1e-3 --seed 11 --workers 1
fit picture picture --validate 'val*' --start "$ck/longaxis.pt" --samples 100000 --batch 8 --rate 1e-3 --seed 1 --workers 1
fit cw-classifier cw-classifier --validate 'val*' --samples 120000 --batch 16 --rate 1.5e-3 --seed 4
fit sv-classifier sv-classifier --validate 'val*' --samples 50000 --batch 16 --rate 1.5e-3 --seed 3
# The five regressors share their first part and differ in the bones they are finished on.
fit sv-regressor base --validate 'val*' --samples 92000 --batch 8 --rate 2e-3 --seed 5
for fold in 0 1 2 3 4; do
	fit sv-regressor "sv-regressor-$fold" --start "$ck/base.pt" --fold $fold --samples 2000 \
		--batch 8 --rate 8e-4 --seed "1$fold"
done
# A wider one, for the inner halves of the slices.
fit sv-inner sv-inner --validate 'val*' --samples 160000 --batch 16 --rate 2e-3 --seed 63 --workers 1
$python "$train/release.py" --data "$data" --checkpoints "$ck" --out weights
