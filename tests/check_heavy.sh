#!/bin/sh
# The heavy solutions with ONNX Runtime of PyPI: src/heavy against the numbers of its Python definition, and the program
# with networks that are not what they should be.
#   tests/check_heavy.sh BUILD [ORT]     ORT: library, folder or environment; else a virtual environment is made
. "$(dirname "$0")/shell.sh"
build=$(absolute "$1")
here=$(absolute "$(dirname "$0")")
probes=$here/heavy
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
	"$build/phantom" make --seed "${bone%:*}" --condition typical --size "${bone#*:}" --nifti "${bone%:*}.nii" \
		--truth truth.csv >/dev/null
done
loud=1
near() {
	awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; exit !(a != "" && d <= 20 && d >= -20) }' ||
		{ echo "$1, and not $2"; return 1; }
}
ok 'planes and answers as the Python definition has them' "$build/tests/check_heavy" "$ort" "$probes" .
cat "$said"

# The BM that comes with gppi: half-precision weights, images of 112 pixels.
weights=$(absolute "$here/../weights/heavy")
mkdir trained
cp "$weights"/*.json "$weights"/*.onnx trained
cp "$probes/trained.txt" trained/expected.txt
ok 'the BM of weights/heavy as well' "$build/tests/check_heavy" "$ort" trained .
cat "$said"
"$gppi" detect -q --csv --model bm --second-opinion "$weights" --ort "$ort" 500002.nii >bm.csv
ok 'finds the plate in a whole bone' near "$(sed -n 2p bm.csv | cut -d, -f2)" "$(sed -n 's/^500002.nii,//p' truth.csv)"

opinion() { "$gppi" detect -q --json --second-opinion "${1:-.}" --when always --ort "$ort" 500002.nii >out 2>err; }
field() { python3 -c "import json; r = json.load(open('out')); print($1)"; }
ok 'all solutions in JSON' opinion "$probes"
ok 'five of them' same "$(field 'len(r["second_opinion"]["solutions"])')" 5
ok 'what agreement would be worth' python3 "$here/../tools/validate/agree.py" --solution ek truth.csv out
ok 'of one bone' has "$said" '^all             1 bones,   1 right'
own=$(field 'r["gppi"]')
ok 'and the memory of each' same "$(field 'sum(o["memory"] > 5e7 for o in r["second_opinion"]["solutions"])')" 5
ok 'no say in the status' same "$(field 'len(r["review"])')" \
	"$("$gppi" detect -q --json 500002.nii >out && field 'len(r["review"])')"

# Probes are not trained: their planes lie anywhere but within 3 slices of the program's.
doubt() { "$gppi" detect -q --json --second-opinion "$probes" --disagree "$1" --ort "$ort" 500002.nii >out 2>err; }
ok 'disagreement asked for' doubt 3
ok 'is a reason for a review' same "$(field 'r["status"], '\
'[w for w in r["review"] if "second opinion: ek has the plane in slice" in w] != []')" "REVIEW True"
ok 'and moves no plane' same "$(field 'r["gppi"]')" "$own"
ok 'a wide limit' doubt 1000
ok 'is kept by all' same "$(field 'sum("second opinion" in w for w in r["review"])')" 0

cp "$probes"/ek* .
ok 'a network that was changed' eval "printf x | dd of=ek-0.onnx bs=1 seek=2000 conv=notrunc 2>/dev/null; ! opinion"
ok 'is told of' has err 'its SHA-256 differs'
ok 'and the plane stands' same "$(field 'r["gppi"]')" "$own"
digest() {
	sed "s/\"sha256\": \"[0-9a-f]*\"/\"sha256\": \"$(sha256sum ek-0.onnx | cut -d' ' -f1)\"/" "$probes/ek.json" \
		>ek.json
}
cp "$probes/mh-0.onnx" ek-0.onnx
digest
ok 'the network of another solution' not opinion
ok 'is told of, too' has err 'another size than the solution'
ok 'and the plane stands again' same "$(field 'r["gppi"]')" "$own"
head -c 1000 "$probes/ek-0.onnx" >ek-0.onnx
digest
ok 'a network cut short' not opinion
ok 'is told of, as well' has err 'not a usable ONNX model'
export PYTHONDONTWRITEBYTECODE=1
tools=$(absolute "$here/../tools")
ok 'targets that networks agree on' python3 "$here/check_distill.py"
distil() {
	python3 "$tools/train/distill.py" --images "$1" --heavy "$probes" --ort "$ort" --build "$build" \
		--start "$here/../weights" --out new
}
ok 'probes agree on next to nothing' not distil .
ok 'which is told' has "$said" 'of 3 bones have a plane that networks agree on'
ok 'and is no training' has "$said" 'too few to learn from'
ok 'planes of all networks' same "$(sed -n 1p new-work/planes.csv | tr -d '\r') $(wc -l <new-work/planes.csv)" \
	'Image Name,Growth Plate Index,networks,gppi,bm,cw-native,ek,mh,sn 4'
mkdir empty
ok 'an empty folder' not distil empty
ok 'is told of in a sentence' has "$said" 'has no \*.nii'
if command -v strace >/dev/null; then
	cp "$probes"/ek* .
	ok 'nothing is connected to' eval "strace -f -e trace=connect -o calls" \
		"'$gppi' detect -q --second-opinion . --when always --ort '$ort' 500002.nii &&" \
		"! grep -q AF_INET calls"
fi
finish
