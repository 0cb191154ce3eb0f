#!/bin/sh
# The recipe with Snakemake, of which one job is killed.
#   packaging/recipes/check_snakemake.sh build  (make check-snakemake)
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/shell.sh"
build=$(cd "${1:-build}" && pwd) || exit 1
recipe=$top/packaging/recipes/snakemake
. "$top/packaging/recipes/bones.sh"
dir=$(mktemp -d) || exit 1
work=''
trap 'kill $work 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 1
evidence() { tail -n 15 snakemake.log 2>/dev/null; }
mkdir bin tmp
ln -s "$build/gppi" bin/gppi
export PATH="$dir/bin:$PATH" HOME="$dir/tmp"

make_bones "$dir/share" 200 || exit 1
(cd share && ls) >list.txt
echo nothing.nii >>list.txt
(cd share && gppi detect --list ../list.txt --csv ../whole.csv >/dev/null 2>&1)
ok 'one run' same "$(wc -l <whole.csv)" 202

sed 's|^root:.*|root: share|; s|^shards:.*|shards: 20|; s|^retries:.*|retries: 0|' "$recipe/config.yaml" >config.yaml
make_all() {
	snakemake -s "$recipe/Snakefile" --configfile config.yaml -j 2 --rerun-incomplete "$@" >snakemake.log 2>&1
}
make_all --keep-going &
work=$!
ok 'rows come' within 120 sh -c 'cat shards/*.part 2>/dev/null | grep -q ",a[0-9]*.nii"'
killed=''
while [ -z "$killed" ] && kill -0 $work 2>/dev/null; do
	for process in $(pgrep -f "^gppi detect --list $dir/"); do
		kill -9 "$process" && killed=$process
		break
	done
	sleep 0.1
done
ok 'a job is killed' [ -n "$killed" ]
wait $work
ok 'the run fails' [ $? -ne 0 ]
ok 'for that one' same "$(ls shards/*.csv | wc -l)" 19
ok 'there is no table yet' not test -e planes.csv
ok 'once more' make_all
ok 'only that one' same "$(grep -c '^rule shard:' snakemake.log)" 1
ok 'the same as one run' cmp planes.csv whole.csv
ok 'what failed is listed apart' sh -c \
	'[ "$(wc -l <failed.csv)" = 2 ] && grep -q "nothing.nii.*cannot be opened" failed.csv'
ok 'nothing is left to do' make_all
ok 'is said' has snakemake.log 'Nothing to be done'
finish
