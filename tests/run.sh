#!/bin/sh
# Runs test programs and adds up their tests: run.sh PROGRAM...
# Knows cmocka's closing lines, and "N passed, N failed" of the shell tests.
set -u

limit=${TEST_TIMEOUT:-600} # seconds for one program
passed=0
failed=0
broken=
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Sum of the numbers on all lines that match a pattern with one group.
sum() {
	sed -n "s/$1/\\1/p" "$log" | awk '{ n += $1 } END { print n + 0 }'
}

for program in "$@"; do
	echo "== $program"
	timeout "$limit" "$program" >"$log" 2>&1
	status=$?
	case $program in
	*.sh)
		good=$(sum '^\([0-9]*\) passed, [0-9]* failed$')
		bad=$(sum '^[0-9]* passed, \([0-9]*\) failed$')
		;;
	*)
		good=$(sum '^\[  PASSED  \] \([0-9]*\) test(s)\.*$')
		bad=$(sum '^\[  FAILED  \] [^0-9]*\([0-9][0-9]*\) test(s), listed below:$')
		;;
	esac
	# a crash, a time-out, or a program without a single test must not pass unseen
	if [ "$bad" -eq 0 ] && { [ $status -ne 0 ] || [ "$good" -eq 0 ]; }; then
		bad=1
		[ $status -eq 124 ] && echo "stopped after $limit seconds" >>"$log"
		echo "ended with status $status" >>"$log"
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	if [ "$bad" -gt 0 ]; then
		broken="$broken $program"
		cat "$log"
	else
		echo "   $good passed"
		sed -n 's/^skipped/   &/p' "$log"
	fi
done

[ -z "$broken" ] || echo "failed:$broken"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
