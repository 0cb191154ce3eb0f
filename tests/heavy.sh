#!/bin/sh
# gppi detect --second-opinion where something is missing or wrong: one sentence, and the program's own plane stands.
# Needs no ONNX Runtime; with it: tests/check_heavy.sh.
#   GPPI=build/gppi PHANTOM=build/phantom tests/heavy.sh
. "$(dirname "$0")/shell.sh"
gppi=$(absolute "${GPPI:-build/gppi}")
phantom=$(absolute "${PHANTOM:-build/phantom}")
probes=$(absolute "$(dirname "$0")/heavy")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset GPPI_ORT

"$phantom" make --seed 500005 --condition typical --size 320 --nifti femur.nii >/dev/null
"$gppi" detect -q femur.nii >alone || exit 1

# refused SENTENCE OPTION...: exit status 1, the plane as without it, and this is said once
refused() {
	sentence=$1
	shift
	"$gppi" detect -q "$@" femur.nii >out 2>err
	[ $? -eq 1 ] && cmp alone out && [ "$(wc -l <err)" -eq 1 ] && has err "$sentence"
}
usage() {
	sentence=$1
	shift
	"$gppi" detect -q "$@" femur.nii >out 2>err
	[ $? -eq 2 ] && [ ! -s out ] && has err "$sentence"
}

ok 'no ONNX Runtime' refused '/nowhere/ort: there is no ONNX Runtime here' --second-opinion "$probes" --ort /nowhere/ort
ok 'an empty folder for it' refused 'this folder has no libonnxruntime' --second-opinion "$probes" --ort .
ok 'no library' refused 'femur.nii: cannot be loaded as ONNX Runtime' --second-opinion "$probes" --ort femur.nii
ok 'no networks' refused '\.: no heavy networks here' --second-opinion .
cp "$probes"/bm* .
ok 'a broken manifest' eval 'echo "{" >bm.json && refused "bm.json: not a manifest in JSON" --second-opinion .'
spoil() { sed "$1" "$probes/bm.json" >bm.json; }
ok 'another solution' eval 'spoil s/\"bm\"/\"sn\"/ && refused "is not what the file is called" --second-opinion .'
ok 'a network elsewhere' eval 'spoil s,bm-0,../bm-0, &&' \
	'refused "not the name of a .onnx file in its folder" --second-opinion .'
ok 'no digest' eval 'spoil s/sha256/sha1/ && refused "not 64 hexadecimal digits" --second-opinion .'
ok 'a huge stride' eval "spoil 's/\"solution\"/\"stride\": 100000, \"solution\"/' &&" \
	"refused 'whole number from 1 to 64' --second-opinion ."
ok 'an unknown device' usage 'a device is auto, cpu' --second-opinion "$probes" --device gpu
ok 'a network alone without its folder' usage 'needs its networks' --model bm
ok 'an unknown network' usage 'bm or cw-native, not "dm"' --model dm
ok 'options without a folder' usage 'belong to --second-opinion' --when always
ok 'disagreement of nobody' usage 'belong to --second-opinion' --disagree 3
ok 'no distance' usage 'number of slices from 0.1 to 1000, not "0"' --second-opinion "$probes" --disagree 0
ok 'disagreement on doubtful bones only' usage 'about bones without a review' --second-opinion "$probes" \
	--disagree 3 --when review
ok 'disagreement with no plane' usage "gppi's own plane" --second-opinion "$probes" --disagree 3 --model bm
ok 'a network alone that cannot run' eval \
	'! "$gppi" detect -q --model bm --second-opinion "$probes" --ort /nowhere femur.nii >out 2>err && [ ! -s out ]'
ok 'null in JSON where none was asked' eval \
	'"$gppi" detect -q --json femur.nii >out && has out "\"second_opinion\":null"'
finish
