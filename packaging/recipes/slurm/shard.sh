#!/bin/sh
# One task of the array: shard.sh OUT. A table that is there is whole; one that was broken off is gone on with.
set -eu
out=$1
i=$SLURM_ARRAY_TASK_ID
. "$out/settings"
table=$out/shards/$i.csv
[ ! -e "$table" ] || exit 0
cd "$root"

# A header is no use without its data, which the list does not name.
if [ "$local" = 1 ] && ! grep -qiE '\.(mhd|nhdr|vgi)"' "$out/list.csv"; then
	copy=$(mktemp -d "${TMPDIR:-/tmp}/gppi.XXXXXX")
	trap 'rm -rf "$copy"' EXIT
	trap 'exit 143' INT TERM
	# rows of the list: "path","name",voxel,bytes,shard; what cannot be copied is told by gppi
	gppi list "$out/list.csv" --shards "$shards" | sed -n "s/\",.*,$i\$//p" | sed -n 's/^"//; s/""/"/g; p' |
		tar -chf - --verbatim-files-from -T - 2>/dev/null | tar -C "$copy" -xf - || true
	cd "$copy"
fi

# Status 1: some bones failed, which the table tells.
# shellcheck disable=SC2086
gppi detect --list "$out/list.csv" --shard "$i/$shards" --threads "${SLURM_CPUS_PER_TASK:-1}" --csv="$table" \
	--resume --quiet --no-progress $args >/dev/null || [ -e "$table" ]
