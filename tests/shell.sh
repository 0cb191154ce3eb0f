# What tests in shell share; sourced. They count what holds, and end with finish.
set -u

passed=0
failed=0
said=said   # the file that keeps what the last check said that said anything; in the folder of that moment
loud=       # not empty: a line for what holds, too
evidence() { :; } # what else to show where a check fails

# ok WHAT COMMAND...: the command holds. It runs in this shell, and may set variables.
ok() {
	claim=$1
	shift
	"$@" >"$said.now" 2>&1
	held=$?
	[ ! -s "$said.now" ] || mv "$said.now" "$said"
	if [ $held -eq 0 ]; then
		passed=$((passed + 1))
		[ -z "$loud" ] || echo "ok   $claim"
	else
		failed=$((failed + 1))
		echo "FAIL $claim"
		[ ! -e "$said" ] || tail -n 15 "$said" | sed 's/^/     /'
		evidence
	fi
}

# finish: the line that tests/run.sh reads; true where all held
finish() { echo "$passed passed, $failed failed"; [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]; }

absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
not() { ! "$@"; }
has() { grep -q -e "$2" "$1"; }
same() { [ -n "$1" ] && [ "$1" = "$2" ] || { echo "\"$1\" is not \"$2\""; return 1; }; }

# within SECONDS COMMAND...: holds by then
within() {
	tries=$(($1 * 5))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done
}
