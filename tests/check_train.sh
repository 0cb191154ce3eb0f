#!/bin/sh
# Retraining on ten synthetic bones, as a lab would do it: check_train.sh BUILD
#
# Only the way there is checked, with next to no training: files, folds, tables, and that the weights written
# can be used. Takes some minutes and 1.3 GB. KEEP=FOLDER leaves everything there.
. "$(dirname "$0")/shell.sh"

build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
dir=${KEEP:-$(mktemp -d)}
only= # all networks, or those named in ONLY
for kind in ${ONLY:-}; do
	only="$only --only $kind"
done
[ -n "${KEEP:-}" ] || trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/bones"
said=$dir/said

crossval() {
	OMP_NUM_THREADS=1 "$python" "$here/../tools/train/crossval.py" --images "$dir/bones" --build "$build" \
		--start "$here/../weights" --threads 1 --effort 0.004 $only "$@"
}

for i in 1 2 3 4 5 6 7 8 9 10; do
	[ -e "$dir/bones/b$i.nii" ] ||
		"$build/phantom" make --seed $((700000 + i)) --condition typical --size 420 \
			--nifti "$dir/bones/b$i.nii" --truth "$dir/t.csv" >/dev/null || exit 1
done
sed 's/\.nii,/,/' "$dir/t.csv" >"$dir/planes.csv"

# What a person may get wrong: one sentence, before anything is drawn or trained.
refuses() { # PATTERN TABLE
	if crossval --truth "$2" --out "$dir/no" >"$dir/no.txt" 2>&1; then
		return 1
	fi
	[ "$(wc -l <"$dir/no.txt")" -eq 1 ] && has "$dir/no.txt" "$1"
}
printf 'Image Name,Plane\nb1,100\n' >"$dir/bad1.csv"
printf 'Image Name,Growth Plate Index\nb1,100\nb99,100\n' >"$dir/bad2.csv"
head -n 5 "$dir/planes.csv" >"$dir/bad3.csv"
sed 's/$/,7/; 1s/,7$/,fold/' "$dir/planes.csv" >"$dir/bad4.csv"
ok "a missing column" refuses "needs the columns" "$dir/bad1.csv"
ok "a missing scan" refuses "no scan b99" "$dir/bad2.csv"
ok "four bones" refuses "holds no bone" "$dir/bad3.csv"
ok "fold 7" refuses "must hold 0 to 4" "$dir/bad4.csv"

ok "the plane in the views training draws" "$python" "$here/check_views.py"

crossval --truth "$dir/planes.csv" --out "$dir/weights" >"$dir/tables.txt" 2>&1
status=$?
ok "cross-validation" test $status -eq 0
[ $status -eq 0 ] || tail -n 5 "$dir/tables.txt"
ok "two tables of all bones" test "$(grep -c '^b10 ' "$dir/tables.txt")" -eq 2
ok "shares" has "$dir/tables.txt" "within 3"
ok "two bones in every fold" test \
	"$(cut -d, -f3 "$dir/weights-work/folds.csv" | sort | uniq -c | grep -c ' 2 [0-4]')" -eq 5
ok "twelve networks" test "$(ls "$dir/weights" | grep -c 'gppiw$')" -eq 12
"$build/phantom" picture --seed 700001 --out "$dir/bone.pgm" >/dev/null
ok "a picture with them" "$build/gppi" longaxis --weights "$dir/weights" "$dir/bone.pgm"
ok "a detection with them" "$build/gppi" detect --csv -o "$dir/new.csv" --weights "$dir/weights" "$dir/bones/b1.nii"
ok "what they are" has "$dir/weights/sv-regressor-0.gppiw" '"training"'
ok "not the old weights" sh -c "! cmp -s '$dir/weights/sv-regressor-3.gppiw' '$here/../weights/sv-regressor-3.gppiw'"
# A second run finds everything made and says the same.
ok "again" crossval --truth "$dir/planes.csv" --out "$dir/weights"

cat "$dir/tables.txt"
finish
