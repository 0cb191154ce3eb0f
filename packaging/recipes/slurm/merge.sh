#!/bin/sh
# After the array: merge.sh OUT [FOLDER-OF-RECIPE]. Fails where bones failed or are missing: see OUT/failed.csv.
out=$1
if gppi merge --list "$out/list.csv" --failed "$out/failed.csv" -o "$out/planes.csv" "$out"/shards/*.csv; then
	exit 0
fi
echo "some bones failed or are missing: $out/failed.csv; go on with: \
${2:+$2/}gppi-array $out (-f: try failed ones again)"
exit 1
