#!/bin/sh
# Draws training bones, trains every network and writes weights/: all.sh BUILDDIR WORKDIR
#
# About three hours on two cores. PYTHON names an interpreter with PyTorch (Debian's python3-torch will do).
# Synthetic bones take 2 MB each; the work folder needs about 2 GB.
set -eu

build=$1
work=$2
python=${PYTHON:-python3}
train=$(dirname "$0")
data=$work/data
ck=$work/checkpoints
mkdir -p "$data" "$ck"

# Seeds below 100000 are for training, from 100000 for choosing, from 200000 for the tables.
shard() { # NAME SEED COUNT CONDITION [OPTION]
	[ -e "$data/$1.csv" ] || "$build/phantom" dataset --out "$data/$1" --seed "$2" --count "$3" --condition "$4" ${5:-}
}
for i in 0 1 2 3 4 5; do
	shard "s$i-any" $((i * 100 + 1)) 100 any
	shard "s$i-typical" $((40001 + i * 100)) 50 typical
done
shard val-any 101001 40 any --no-jitter
shard val-typical 100001 40 typical --no-jitter

fit() { # KIND NAME OPTIONS...
	kind=$1
	name=$2
	shift 2
	[ -e "$ck/$name.json" ] || $python "$train/train.py" "$kind" --data "$data" --out "$ck/$name.pt" "$@"
}
fit cw-classifier cw-classifier --validate 'val*' --samples 100000 --batch 16 --rate 1.5e-3 --seed 4
fit sv-classifier sv-classifier --validate 'val*' --samples 50000 --batch 16 --rate 1.5e-3 --seed 3
# The five regressors share their first part and differ in the bones they are finished on.
fit sv-regressor base --validate 'val*' --samples 60000 --batch 16 --rate 2.5e-3 --seed 5
for fold in 0 1 2 3 4; do
	fit sv-regressor "sv-regressor-$fold" --start "$ck/base.pt" --fold $fold --samples 8000 \
		--batch 16 --rate 8e-4 --seed "1$fold"
done
$python "$train/release.py" --data "$data" --checkpoints "$ck" --out weights
