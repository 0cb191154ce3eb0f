# What the tests of the program from outside share; sourced by tests/cli*.sh. Needs GPPI and FIXTURE or their defaults.
. "$(dirname "$0")/shell.sh"

gppi=$(absolute "${GPPI:-build/gppi}")
fixture=$(absolute "${FIXTURE:-build/tests/cli_fixture}")

# enter [PROGRAM]: into a folder of its own, with what the fixture and PROGRAM write; relative paths end here
enter() {
	dir=$(mktemp -d) || exit 1
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 1' INT TERM
	cd "$dir" || exit 1
	"$fixture" "$dir" && { [ $# -eq 0 ] || "$1" "$dir"; } ||
		{ echo "FAIL fixture"; echo "0 passed, 1 failed"; exit 1; }
	: >out
	: >err
}

evidence() {
	echo "  out: $(head -c 600 out)"
	echo "  err: $(head -c 600 err)"
}

# run STATUS ARGS...: runs the program into out and err; true when it ends with STATUS
run() {
	want=$1
	shift
	"$gppi" "$@" >out 2>err
	status=$?
	[ $status -eq "$want" ] || { echo "  status $status, not $want: gppi $*"; return 1; }
}

lines() { [ "$(wc -l <"$1")" -eq "$2" ]; }
detect() { want=$1; shift; run "$want" detect --weights weights "$@"; }

# check PYTHON...: on the JSON Lines in out, as list j; several words are one expression
check() {
	python3 - "$*" <<-'PY'
	import json, sys
	j = [json.loads(line) for line in open("out")]
	assert eval(sys.argv[1]), (sys.argv[1], j)
	PY
}

# one_sentence FILE: err is one line that names FILE
one_sentence() { lines err 1 && has err "^gppi: .*$1.*[a-z]"; }
# usage error: nothing on out, one sentence with a hint
usage() { run 2 "$@" && [ ! -s out ] && lines err 1 && has err 'see .gppi.*--help'; }
