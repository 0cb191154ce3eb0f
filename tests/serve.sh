#!/bin/sh
# The service from outside: senders, refusals, a kill in the middle, watch folders, duplicates, a full disk.
#   GPPI=build/gppi PHANTOM=build/phantom tests/serve.sh
set -u

absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
gppi=$(absolute "${GPPI:-build/gppi}")
phantom=$(absolute "${PHANTOM:-build/phantom}")
peer=$(absolute "$(dirname "$0")/serve_peer.py")

# many small files, each synced: memory is faster than a disk
if [ -d /dev/shm ] && [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
dir=$(mktemp -d) || exit 1
service=
clean() {
	[ -z "$service" ] || kill -9 "$service" 2>/dev/null
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 1

passed=0
failed=0
ok() {
	name=$1
	shift
	"$@" >trial 2>&1
	status=$?
	[ ! -s trial ] || mv trial out # what has() looks at
	if [ $status -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $name"
		tail -n 5 out
		tail -n 12 log 2>/dev/null
	fi
}
not() { ! "$@"; }
has() { grep -q -- "$2" "$1"; }
# until SECONDS CONDITION...
until_() {
	tries=$(($1 * 5))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done
}

# ---- a small bone, and copies of it under other UIDs ----
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
	rm -rf whole base bone.nii
	"$phantom" make --seed $seed --size 64 --dicom whole --nifti bone.nii >/dev/null 2>&1
	python3 "$peer" clone whole base 0 80 200
	"$gppi" detect base bone.nii >/dev/null 2>&1 && break
done
for n in 10 11 12 13 14; do python3 "$peer" clone whole s$n $n 80 200; done
port=$(python3 "$peer" port)
mkdir drop

config() { # config MIN_FREE ALLOWED
	cat >gppi.conf <<-END
	[service]
	spool = $dir/spool
	results = $dir/results
	min_free = $1
	[dicom]
	port = $port
	address = 127.0.0.1
	allow_ae = $2
	complete = release
	quiet_time = 2
	abort_wait = 2
	idle_timeout = 3
	[watch drop]
	folder = $dir/drop
	quiet_time = 1
	poll = 1
	END
}
config 1M SCANNER
start() {
	"$gppi" serve --config gppi.conf 2>>log &
	service=$!
	until_ 20 echoscu -aet SCANNER -aec GPPI 127.0.0.1 "$port"
}
send() { storescu -aet SCANNER -aec GPPI 127.0.0.1 "$port" +sd "$1"; }
counted() { # counted NAME N: the status says N by now
	"$gppi" serve --status --json --config gppi.conf >status 2>/dev/null &&
		python3 -c 'import json,sys; sys.exit(json.load(open("status"))["since_start"][sys.argv[1]] < int(sys.argv[2]))' "$1" "$2"
}
results() { [ "$(ls results/*.json 2>/dev/null | wc -l)" -ge "$1" ]; }
reload() { # reload CONFIG...
	before=$(grep -c event=reloaded log)
	config "$@"
	kill -HUP "$service"
	until_ 10 sh -c "[ \$(grep -c event=reloaded log) -gt $before ]"
}

# ---- configuration ----
ok 'the configuration is fine' "$gppi" serve --check-config gppi.conf
sed 's/quiet_time = 2/quiet_tme = 2/' gppi.conf >wrong.conf
ok 'a wrong name is refused' not "$gppi" serve --check-config --config wrong.conf
ok 'with file and line' has out '^gppi: wrong.conf:10: there is no "quiet_tme" in \[dicom\]'
sed 's/= 1M/= 1Q/' gppi.conf >wrong.conf
ok 'a wrong value is refused' not "$gppi" serve --check-config --config wrong.conf
ok 'with its line' has out 'wrong.conf:4: min_free'
ok 'no status before the first start' not "$gppi" serve --status --config gppi.conf

# ---- the receiver ----
ok 'it starts and answers C-ECHO' start
ok 'only one per spool' not "$gppi" serve --config gppi.conf
ok 'which is said' has out 'another gppi serve'
ok 'a stranger is rejected' not echoscu -aet STRANGER -aec GPPI 127.0.0.1 "$port"
ok 'a wrong title of ours too' not echoscu -aet SCANNER -aec OTHER 127.0.0.1 "$port"
ok 'garbage is hung up on' python3 "$peer" garbage "$port"
ok 'and hurts nobody' echoscu -aet SCANNER -aec GPPI 127.0.0.1 "$port"
send s10 >send10 2>&1 &
first=$!
send s11 >send11 2>&1 &
second=$!
ok 'one of two senders at a time' wait $first
ok 'the other' wait $second
ok 'two results' until_ 30 results 2

# ---- kill -9 while a series arrives and another one is under way ----
send s12 >send12 2>&1 &
sender=$!
sleep 0.5
kill -9 "$service"
wait "$service" 2>/dev/null
wait $sender
ok 'it starts again' start
ok 'the sender tries again' send s12
ok 'three results' until_ 30 results 3
ok 'a series that comes again' send s10
ok 'is recognised' until_ 20 counted duplicates 1

# ---- disk full ----
reload 4000T SCANNER
storescu -v -aet SCANNER -aec GPPI 127.0.0.1 "$port" s13/*1.dcm >refused 2>&1
ok 'no space: objects are refused as out of resources' has refused 'OutOfResources'
ok 'and counted' until_ 20 counted objects_refused 1
reload 1M 'SCANNER NEW'
ok 'space again, and a new title' storescu -aet NEW -aec GPPI 127.0.0.1 "$port" +sd s13
ok 'four results' until_ 30 results 4

# ---- watch folder ----
cp bone.nii drop/bone.nii.part
head -c 100000 bone.nii >drop/cut.nii
: >drop/empty.nii
ln -s /etc/hostname drop/link.nii
cp s14/* drop/
mv drop/bone.nii.part drop/bone.nii
cp bone.nii drop/later.nii.part
ok 'six results' until_ 30 results 6
ok 'three in quarantine' until_ 20 sh -c '[ $(ls drop/quarantine/*.txt | wc -l) -eq 3 ]'
ok 'the cut file, with its reason' has drop/quarantine/cut.nii.txt 'cut.nii'
ok 'the empty one' has drop/quarantine/empty.nii.txt 'empty'
ok 'the link, not what it points to' has drop/quarantine/link.nii.txt 'link'
ok 'it is still a link' test -L drop/quarantine/link.nii/link.nii
ok 'an unfinished copy is left alone' test -f drop/later.nii.part
ok 'the drop was moved out' test -f drop/done/bone.nii/bone.nii

# ---- the end ----
ok 'status for people' "$gppi" serve --status --config gppi.conf
ok 'says that it runs' has out '^running'
kill -TERM "$service"
ok 'it stops as asked' wait "$service"
service=
ok 'status says so' not "$gppi" serve --status --config gppi.conf
ok 'every series one whole result' python3 "$peer" check results spool drop
series=$(sed 's/[^ ]*[a-z][^ ]*//g' out | wc -w)
ok 'all five series' [ "$series" -eq 5 ]
ok 'no name of a patient in the log' not has log phantom

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
