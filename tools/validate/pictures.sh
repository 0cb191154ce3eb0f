#!/bin/sh
# gppi longaxis against known planes: pictures.sh GPPI PHANTOM [COUNT [FIRST_SEED]]
#
# Draws COUNT synthetic bones of any condition, two long-axis pictures each (constant x and y), and asks for
# their plane, both pictures together and each alone. Or, with pictures of one's own:
#   pictures.sh GPPI --labels labels.csv FOLDER      columns: file, row of the plane, bone
set -eu
gppi=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "$2" = --labels ]; then
	labels=$3
	folder=$4
else
	folder=$work
	labels=$work/labels.csv
	for i in $(seq 0 $((${3:-24} - 1))); do
		seed=$((${4:-150001} + i))
		for axis in x y; do
			"$2" picture --seed $seed --axis $axis --out "$work/$seed.$axis.pgm" --truth "$work/truth.csv"
		done
	done
	awk -F, 'NR == 1 { print "file,gppi,bone" } NR > 1 { split($1, n, "."); print $1 "," $2 "," n[1] }' \
		"$work/truth.csv" > "$labels"
fi
# bone, truth, answer of its pictures together; and of each alone
cut -d, -f3 "$labels" | tail -n +2 | sort -u | while read -r bone; do
	truth=$(awk -F, -v b="$bone" '$3 == b { print $2; exit }' "$labels")
	set --
	for file in $(awk -F, -v b="$bone" '$3 == b { print $1 }' "$labels"); do
		set -- "$@" "$folder/$file"
	done
	echo "together $bone $truth $("$gppi" longaxis --together "$@" | awk '{ print $2 }')"
	"$gppi" longaxis "$@" | while read -r name row rest; do echo "alone $name $truth $row"; done
done > "$work/rows" || true
awk 'NF < 4 || $4 == "-" { none[$1]++; next }
	{ e = $4 - $3; n[$1]++; sum[$1] += e; abs[$1] += e < 0 ? -e : e; near[$1] += e <= 3 && e >= -3
	  if ($1 == "together") print $2 ": " $4 ", truth " $3 ", error " e }
	END { for (k in n) printf "%s: %d answers, %d without, bias %+.2f, MAE %.2f, within 3: %.0f %%\n",
		k, n[k], none[k], sum[k] / n[k], abs[k] / n[k], 100 * near[k] / n[k] }' "$work/rows"
