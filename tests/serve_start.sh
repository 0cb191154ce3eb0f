#!/bin/sh
# Starts of the service with each thing missing: a sentence and exit status 1, never a crash; a watch folder that is
# not there is waited for. And what --check-config finds on disk.
#   GPPI=build/gppi PHANTOM=build/phantom tests/serve_start.sh
. "$(dirname "$0")/serve_setup.sh"

# write_config [WORD=VALUE]...: of spool, results, weights, watch, certificate, port
write_config() {
	spool=$dir/spool results=$dir/results weights='' watch=$dir/drop certificate='' port=$free_port
	for word in "$@"; do eval "${word%%=*}=\${word#*=}"; done
	{
		printf '[service]\nspool = %s\nresults = %s\n' "$spool" "$results"
		[ -z "$weights" ] || echo "weights = $weights"
		printf '[dicom]\nport = %s\naddress = 127.0.0.1\nallow_ae = SCANNER\n' "$port"
		[ -z "$certificate" ] || printf 'tls_certificate = %s\ntls_key = %s\n' "$certificate" "$certificate"
		printf '[watch drop]\nfolder = %s\nquiet_time = 1\npoll = 1\n' "$watch"
	} >gppi.conf
}
# refuses SENTENCE: a start ends with status 1 and this sentence on its last line, within 10 s
refuses() {
	timeout 10 $limit "$gppi" serve --config gppi.conf >said 2>&1
	status=$?
	tail -n 1 said | grep -q -e "$1" && [ $status -eq 1 ] || { cat said; echo "status $status"; return 1; }
}
check_finds() {
	not $limit "$gppi" serve --check-config gppi.conf >said 2>&1 && grep -q -e "$1" said || { cat said; return 1; }
}
# both WHAT SENTENCE: start and --check-config say it
both() {
	ok "$1: the start says so" refuses "$2"
	ok "$1: so does --check-config" check_finds "$2"
}

free_port=$(python3 "$peer" port)
mkdir drop closed
write_config
ok 'all is there' "$gppi" serve --check-config gppi.conf
ok 'and looked at only' not test -e spool

write_config "spool=$dir/none/spool"
both 'no folder for the spool' "none/spool.*made"
touch file
write_config "spool=$dir/file"
both 'the spool is a file' "$dir/file"
write_config "results=$dir/none/results"
both 'no folder for results' 'none/results.*made'
write_config "weights=$dir/none"
both 'no weights' "$dir/none"
mkdir empty
write_config "weights=$dir/empty"
both 'weights without networks' "$dir/empty"
write_config "watch=$dir/file"
both 'the watch folder is a file' "$dir/file"
write_config "certificate=$dir/none.pem"
both 'no TLS files' "$dir/none.pem"
write_config "certificate=$dir/file"
both 'TLS files that are none' "$dir/file"
chmod 500 closed
write_config "spool=$dir/closed/spool"
both 'a spool that cannot be made' 'closed'
write_config "results=$dir/closed/results"
both 'results that cannot be made' 'closed'
write_config "watch=$dir/closed"
both 'a watch folder that cannot be written to' "$dir/closed"
mkdir used
chmod 500 used
write_config "results=$dir/used"
both 'results that cannot be written' "$dir/used"
write_config "results=$dir/drop/results"
both 'results in the watch folder' 'cannot lie in the folder of'
python3 - "$free_port" <<'END' &
import socket, sys, time
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    time.sleep(60)
END
holder=$!
within 10 python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$free_port"
write_config
ok 'the port is taken' refuses "port $free_port of 127.0.0.1 cannot be listened on"
kill "$holder"
wait "$holder" 2>/dev/null
mkfifo pipe
ok 'a configuration that is a pipe' sh -c "timeout 5 '$gppi' serve --check-config pipe >said 2>&1; [ \$? -eq 1 ]"

# ---- what a failed start leaves is no obstacle; a watch folder may come later, go and come back ----
write_config "watch=$dir/share/drop"
ok 'a watch folder that is not there is no mistake' "$gppi" serve --check-config gppi.conf
ok 'but said' has out 'not there now; the service would wait for it'
ok 'the service starts without it' start
ok 'and says so' within 10 has log 'event=watch_failed.*share/drop: this watch folder is not there'
mkdir -p share/drop
cp "$bone" share/drop/first.nii
ok 'once it is there it is used' within 20 test -f results/first.nii/result.json
ok 'which is said, too' has log 'event=watch_works_again'
mv share away
sleep 2
mkdir -p share/drop
cp "$bone" share/drop/second.nii
ok 'another folder in its place' within 20 test -f results/second.nii/result.json
rm -rf share
sleep 2
cp "$bone" away/drop/third.nii
mv away share
ok 'the first one again, with what came meanwhile' within 20 test -f results/third.nii/result.json
rm -rf share/drop/*
sleep 2
cp "$bone" share/drop/fourth.nii
ok 'its rooms removed by somebody who tidied: made anew' within 20 test -f results/fourth.nii/result.json

# ---- one service for a watch folder ----
write_config "spool=$dir/spool2" "watch=$dir/share/drop" port=0
ok 'a second service on the same watch folder' refuses 'another gppi serve uses this watch folder'
ok 'the first one goes on' test -d /proc/"$service"
stop
ok 'stops within 5 s' [ "$stopped" -le 5 ]

finish
