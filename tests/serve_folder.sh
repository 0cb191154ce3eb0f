# What all tests of the service share; sourced: the program, and a folder $dir to work in. Processes in $service and
# $pacs are ended with the test.
. "$(dirname "$0")/shell.sh"

gppi=$(absolute "${GPPI:-build/gppi}")
plain=$(absolute "${PLAIN:-$gppi}") # a build without a sanitizer, to choose a bone
phantom=$(absolute "${PHANTOM:-build/phantom}")
here=$(absolute "$(dirname "$0")")

# many small files, each synced: memory is faster than a disk
if [ -d /dev/shm ] && [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
dir=$(mktemp -d) || exit 1
service=
pacs=
clean() {
	chmod -R u+rwx "$dir" 2>/dev/null
	for process in $service $pacs; do kill -9 "$process" 2>/dev/null; done
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 1

said=out
evidence() { tail -n 12 log 2>/dev/null; }
results() { [ "$(ls results/*/result.json 2>/dev/null | wc -l)" -ge "$1" ]; }
