# What the checks of gppi measure share. To be read by them.
. "$(dirname "$0")/shell.sh"
phantom=$(absolute "${PHANTOM:-build/phantom}")
gppi=$(absolute "${GPPI:-build/gppi}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

measure() { "$gppi" measure --threads 2 "$@"; }
# value FILE NAME: of a measure in JSON
value() { python3 -c 'import json, sys; v = json.load(open(sys.argv[1]))["measures"][sys.argv[2]]; print("null" if v is None else "%.7g" % v)' "$1" "$2"; }
is() { same "$(value "$1" "$2")" "$3"; }

refuses() { # WHAT IT SAYS, COMMAND...
	says=$1
	shift
	"$@" >out 2>err && return 1
	has err "$says"
}
near() { # FILE NAME VALUE PERCENT
	python3 -c 'import sys; a, b, p = map(float, sys.argv[1:]); assert abs(a - b) <= p / 100 * b, (a, b)' "$(value "$1" "$2")" "$3" "$4"
}
