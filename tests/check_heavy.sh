#!/bin/sh
# The heavy solutions with ONNX Runtime of PyPI: src/heavy against the numbers of its Python definition, and the program
# with networks that are not what they should be.
#   tests/check_heavy.sh BUILD [ORT]     ORT: library, folder or environment; else a virtual environment is made
. "$(dirname "$0")/shell.sh"
build=$(absolute "$1")
probes=$(absolute "$(dirname "$0")/heavy")
ort=${2:-}
if [ -z "$ort" ]; then
	ort=$build/ort
	[ -d "$ort/lib" ] || { python3 -m venv "$ort" && "$ort/bin/pip" install --quiet onnxruntime==1.28.0; } || exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
gppi=$build/gppi

for bone in 500001:200 500002:213 500003:250; do
	"$build/phantom" make --seed "${bone%:*}" --condition typical --size "${bone#*:}" --nifti "${bone%:*}.nii" >/dev/null
done
loud=1
ok 'planes and answers as the Python definition has them' "$build/tests/check_heavy" "$ort" "$probes" .
cat "$said"

opinion() { "$gppi" detect -q --json --second-opinion "${1:-.}" --when always --ort "$ort" 500002.nii >out 2>err; }
field() { python3 -c "import json; r = json.load(open('out')); print($1)"; }
ok 'all solutions in JSON' opinion "$probes"
ok 'five of them' same "$(field 'len(r["second_opinion"]["solutions"])')" 5
own=$(field 'r["gppi"]')
ok 'and the memory of each' same "$(field 'sum(o["memory"] > 5e7 for o in r["second_opinion"]["solutions"])')" 5
ok 'no say in the status' same "$(field 'len(r["review"])')" "$("$gppi" detect -q --json 500002.nii >out && field 'len(r["review"])')"

# Probes are not trained: their planes lie anywhere but within 3 slices of the program's.
doubt() { "$gppi" detect -q --json --second-opinion "$probes" --disagree "$1" --ort "$ort" 500002.nii >out 2>err; }
ok 'disagreement asked for' doubt 3
ok 'is a reason for a review' same "$(field 'r["status"], [w for w in r["review"] if "second opinion: ek has the plane in slice" in w] != []')" "REVIEW True"
ok 'and moves no plane' same "$(field 'r["gppi"]')" "$own"
ok 'a wide limit' doubt 1000
ok 'is kept by all' same "$(field 'r["status"]')" ok

cp "$probes"/ek* .
ok 'a network that was changed' eval "printf x | dd of=ek-0.onnx bs=1 seek=2000 conv=notrunc 2>/dev/null; ! opinion"
ok 'is told of' has err 'its SHA-256 differs'
ok 'and the plane stands' same "$(field 'r["gppi"]')" "$own"
digest() { sed "s/\"sha256\": \"[0-9a-f]*\"/\"sha256\": \"$(sha256sum ek-0.onnx | cut -d' ' -f1)\"/" "$probes/ek.json" >ek.json; }
cp "$probes/mh-0.onnx" ek-0.onnx
digest
ok 'the network of another solution' not opinion
ok 'is told of, too' has err 'another size than the solution'
ok 'and the plane stands again' same "$(field 'r["gppi"]')" "$own"
head -c 1000 "$probes/ek-0.onnx" >ek-0.onnx
digest
ok 'a network cut short' not opinion
ok 'is told of, as well' has err 'not a usable ONNX model'
if command -v strace >/dev/null; then
	cp "$probes"/ek* .
	ok 'nothing is connected to' eval "strace -f -e trace=connect -o calls '$gppi' detect -q --second-opinion . --when always --ort '$ort' 500002.nii && ! grep -q AF_INET calls"
fi
finish
