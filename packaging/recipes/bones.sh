# Sourced by the checks of recipes, with $build: many bones that cost little.
# make_bones FOLDER N: a001.nii ... are links to a few synthetic bones that have a plane; every seventh is packed.
make_bones() {
	mkdir -p "$1/.made" || return 1
	found=0
	for seed in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ $found -lt 3 ] || break
		"$build/phantom" make --seed $seed --size 64 --nifti "$1/.made/$found.nii" >/dev/null 2>&1 &&
			"$build/gppi" detect -q "$1/.made/$found.nii" >/dev/null 2>&1 && found=$((found + 1))
	done
	[ $found -eq 3 ] || return 1
	gzip -1 -c "$1/.made/0.nii" >"$1/.made/packed.nii.gz"
	for i in $(seq "$2"); do
		name=$(printf 'a%03d' "$i")
		if [ $((i % 7)) -eq 0 ]; then
			ln -s .made/packed.nii.gz "$1/$name.nii.gz"
		else
			ln -s ".made/$((i % 3)).nii" "$1/$name.nii"
		fi
	done
}
