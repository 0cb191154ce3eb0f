#!/bin/sh
# A service under ThreadSanitizer: senders, drops, scans left in place, a PACS, reloads, a share that goes and comes
# back, a stop with work under way. GPPI is built with -fsanitize=thread (make check-tsan).
#   GPPI=build/tsan/gppi PLAIN=build/gppi PHANTOM=build/phantom tests/serve_tsan.sh
suppressions=$(cd "$(dirname "$0")" && pwd)/tsan.supp
export TSAN_OPTIONS="suppressions=$suppressions history_size=4 exitcode=66"
. "$(dirname "$0")/serve_setup.sh"

for n in 10 11; do python3 "$peer" clone whole s$n $n 80 200; done
port=$(python3 "$peer" port)
pacs_port=$(python3 "$peer" port)
mkdir drop share pacs
config() { # config LINE
	cat >gppi.conf <<-END
	[service]
	spool = $dir/spool
	results = $dir/results
	min_free = 1M
	workers = 2
	$1
	[send]
	host = 127.0.0.1
	port = $pacs_port
	called_title = PACS
	retry_max = 1
	[dicom]
	port = $port
	address = 127.0.0.1
	allow_ae = SCANNER
	complete = release
	quiet_time = 2
	[watch drop]
	folder = $dir/drop
	quiet_time = 1
	poll = 1
	[watch share]
	folder = $dir/share
	quiet_time = 1
	poll = 1
	leave_in_place = yes
	END
}
reload() {
	before=$(grep -c event=reloaded log)
	config "$1"
	kill -HUP "$service"
	within 60 sh -c "[ \$(grep -c event=reloaded log) -gt $before ]"
}
config 'queue = 30'
storescp -aet PACS --output-directory pacs "$pacs_port" >pacs.log 2>&1 &
pacs=$!
ok 'it starts' start
for n in 10 11; do storescu -to 120 -aet SCANNER -aec GPPI 127.0.0.1 "$port" +sd s$n >send$n 2>&1 & done
cp bone.nii drop/a.nii
cp bone.nii share/b.nii
head -c 1000 bone.nii >drop/cut.nii
ok 'a reload' reload 'queue = 20'
python3 "$peer" garbage "$port"
ok 'four results' within 900 results 4
mv drop away
sleep 3
mv away drop
ok 'another reload' reload 'job_timeout = 500'
cp bone.nii drop/c.nii
ok 'a drop of the share that came back' within 600 test -f results/c.nii/result.json
ok 'objects at the PACS' within 600 sh -c '[ $(ls pacs | wc -l) -ge 3 ]'
storescu -to 120 -aet SCANNER -aec GPPI 127.0.0.1 "$port" +sd s10 >again 2>&1 &
cp bone.nii drop/e.nii
sleep 1
ok 'it stops' stop
ok 'no race was seen' not has log ThreadSanitizer
[ ! -s log ] || grep -A 40 ThreadSanitizer log | head -n 200

finish
