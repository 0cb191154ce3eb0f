#!/bin/sh
# The service from outside: senders, refusals, a kill in the middle, watch folders, duplicates, a full disk.
#   GPPI=build/gppi PHANTOM=build/phantom tests/serve.sh
. "$(dirname "$0")/serve_setup.sh"

for n in 10 11 12 13 14 15; do python3 "$peer" clone whole s$n $n 80 200; done
size=$((($(wc -c <bone.nii) + 7) / 8)) # an eighth of it
port=$(python3 "$peer" port)
pacs_port=$(python3 "$peer" port)
mkdir drop pacs

secure= # lines of [send]
config() { # config MIN_FREE ALLOWED
	cat >gppi.conf <<-END
	[service]
	spool = $dir/spool
	results = $dir/results
	min_free = $1
	[send]
	host = localhost
	port = $pacs_port
	called_title = PACS
	retry_max = 1
	$secure
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
	max_size = 60M
	END
}
config 1M SCANNER
send() { storescu -aet SCANNER -aec GPPI 127.0.0.1 "$port" +sd "$1"; }
waiting() { ls spool/send/waiting 2>/dev/null | wc -l; }
stored() { [ "$(ls pacs | wc -l)" -ge "$1" ]; } # by Debian's storescp: one file for each instance UID
start_pacs() {
	storescp -aet PACS --output-directory pacs "$@" "$pacs_port" >pacs.log 2>&1 &
	pacs=$!
	within 10 echoscu -aec PACS 127.0.0.1 "$pacs_port"
}
stop_pacs() {
	kill "$pacs"
	wait "$pacs" 2>/dev/null
	pacs=
}
reload() { # reload CONFIG...
	before=$(grep -c event=reloaded log)
	config "$@"
	kill -HUP "$service"
	within 10 sh -c "[ \$(grep -c event=reloaded log) -gt $before ]"
}

# ---- configuration ----
ok 'the configuration is fine' "$gppi" serve --check-config gppi.conf
sed 's/quiet_time = 2/quiet_tme = 2/' gppi.conf >wrong.conf
ok 'a wrong name is refused' not "$gppi" serve --check-config --config wrong.conf
ok 'with file and line' has out '^gppi: wrong.conf:16: there is no "quiet_tme" in \[dicom\]'
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
ok 'two results' within 30 results 2
ok 'no PACS: report, key object and picture of each wait' within 10 sh -c '[ $(ls spool/send/waiting | wc -l) -eq 6 ]'
ok 'and are tried again' within 20 counted send_retries 1

# ---- kill -9 while a series arrives and another one is under way ----
send s12 >send12 2>&1 &
sender=$!
sleep 0.5
kill -9 "$service"
wait "$service" 2>/dev/null
wait $sender
ok 'it starts again' start
ok 'the sender tries again' send s12
ok 'three results' within 30 results 3
ok 'a series that comes again' send s10
ok 'is recognised' within 20 counted duplicates 1

# ---- sending on: what waited outlives the kill; a PACS that refuses; one that comes and goes ----
ok 'nine objects wait now' within 10 sh -c '[ $(ls spool/send/waiting | wc -l) -eq 9 ]'
start_pacs --refuse
ok 'refused associations are tried again' within 20 has log 'event=send_later.* rejects the association'
ok 'and lose nothing' [ "$(waiting)" -eq 9 ]
stop_pacs
python3 "$peer" pacs "$pacs_port" pacs.txt 88.22=A700*2 88.22=C123*1 88.59=drop*1 &
pacs=$!
ok 'a PACS that is full, breaks off and dislikes one: eight arrive' within 60 sh -c '[ $(grep -c 0000 pacs.txt) -ge 8 ]'
ok 'the disliked one is put aside' within 20 counted send_failed 1
ok 'with the reason' sh -c 'grep -q C123 spool/send/refused/*-report@*.dcm.txt'
ok 'none twice' sh -c '[ -z "$(grep 0000 pacs.txt | sort | uniq -d)" ]'
ok 'what was cut off came with the same UID' sh -c \
	'[ $(grep -c "$(sed -n "s/ drop//p" pacs.txt) 0000" pacs.txt) -eq 1 ]'
stop_pacs
mv spool/send/refused/*.dcm spool/send/waiting/
rm spool/send/refused/*
ok 'a PACS' start_pacs
ok 'another series' send s15
ok 'gets the next three, and the one moved back' within 60 stored 4
ok 'nothing waits' within 10 sh -c '[ $(ls spool/send/waiting | wc -l) -eq 0 ]'
for file in pacs/*; do dciodvfy "$file"; done >verdict 2>&1
ok 'whole objects' sh -c '! grep "^Error" verdict | grep -v "Illegal root"' # of the copies' own UIDs

# ---- the PACS wants TLS from now on, with certificates on both sides ----
if command -v openssl >/dev/null; then
	for name in pacs gppi; do
		openssl req -x509 -newkey rsa:2048 -nodes -keyout $name.key -out $name.pem -days 30 -subj "/CN=$name" \
			2>/dev/null
	done
	stop_pacs
	storescp -aet PACS --output-directory pacs +tls pacs.key pacs.pem +cf gppi.pem "$pacs_port" >pacs.log 2>&1 &
	pacs=$!
	# the tabs of a here-document would be those of a line that goes on
	secure=$(printf '%s\n' 'tls = yes' "tls_certificate = $dir/gppi.pem" "tls_key = $dir/gppi.key" \
		"tls_ca = $dir/gppi.pem")
	retries=$(grep -c event=send_later log)
	config 1M SCANNER
	ok 'TLS is understood' "$gppi" serve --check-config gppi.conf
fi

# ---- disk full ----
reload 4000T SCANNER
storescu -v -aet SCANNER -aec GPPI 127.0.0.1 "$port" s13/*1.dcm >refused 2>&1
ok 'no space: objects are refused as out of resources' has refused 'OutOfResources'
ok 'and counted' within 20 counted objects_refused 1
reload 1M 'SCANNER NEW'
ok 'space again, and a new title' storescu -aet NEW -aec GPPI 127.0.0.1 "$port" +sd s13
ok 'five results' within 30 results 5
if [ "$secure" ]; then
	ok 'a PACS that another authority signed gets nothing' within 20 sh -c \
		"[ \$(grep -c event=send_later log) -gt $retries ]"
	ok 'as nothing' [ "$(waiting)" -eq 3 ]
	secure=$(echo "$secure" | sed "s|tls_ca = .*|tls_ca = $dir/pacs.pem|")
	ok 'with the right one' reload 1M 'SCANNER NEW'
	ok 'it gets the objects' within 20 stored 7
fi

# ---- watch folder ----
cp bone.nii drop/bone.nii.part
head -c 100000 bone.nii >drop/cut.nii
: >drop/empty.nii
ln -s /etc/hostname drop/link.nii
cp s14/* drop/
mv drop/bone.nii.part drop/bone.nii
cp bone.nii drop/later.nii.part
truncate -s 70M drop/huge.nii
cp bone.nii drop/secret.nii
mkdir drop/folder drop/hollow drop/aside
cp bone.nii drop/folder/
cp bone.nii drop/aside/
ln -s "$dir/bone.nii" drop/folder/outside.nii
chmod 0 drop/secret.nii
chmod 500 drop/aside # cannot be moved
for part in 1 2 3 4 5 6 7 8; do # 4 s in the making
	tail -c +$(((part - 1) * size + 1)) bone.nii | head -c $size >>drop/slow.nii
	sleep 0.5
done
ok 'eight results' within 40 results 8
ok 'one that grew slowly is read whole' within 20 cmp bone.nii drop/done/slow.nii/data/slow.nii
ok 'six in quarantine' within 20 sh -c '[ $(ls drop/quarantine/*/reason.txt | wc -l) -eq 6 ]'
ok 'the huge one, unread' has drop/quarantine/huge.nii/reason.txt 'max_size'
ok 'the unreadable one' has drop/quarantine/secret.nii/reason.txt 'cannot be read; check its permissions'
ok 'a folder with a link out of it' has drop/quarantine/folder/reason.txt 'link'
ok 'what cannot be moved is said, and keeps nobody' has log 'event=watch_failed.*aside.*cannot be moved'
ok 'an empty folder is left to be filled' test -d drop/hollow
ok 'the cut file, with its reason' has drop/quarantine/cut.nii/reason.txt 'cut.nii'
ok 'the empty one' has drop/quarantine/empty.nii/reason.txt 'empty'
ok 'the link, not what it points to' has drop/quarantine/link.nii/reason.txt 'link'
ok 'it is still a link' test -L drop/quarantine/link.nii/data/link.nii
ok 'an unfinished copy is left alone' test -f drop/later.nii.part
ok 'the drop was moved out' test -f drop/done/bone.nii/data/bone.nii
ok 'all DICOM results are at the PACS' within 30 stored 10

# ---- study pages: one for the study of these series, one for the month of the drops ----
on_page() { [ "$(grep -c 'class="bone"' $1)" -eq "$2" ]; }
ok 'the page has all six series' within 20 on_page 'results/study-*.html' 6
ok 'that of the drops the bone and the failures' within 20 on_page 'results/watch-drop-*.html' 8
ok 'no third page' [ "$(ls results/*.html | wc -l)" -eq 2 ]
kill -9 "$service"
wait "$service" 2>/dev/null
rm results/study-*.html
ok 'after a kill' start
ok 'the page is made again' within 20 on_page 'results/study-*.html' 6

# ---- the end ----
ok 'status for people' "$gppi" serve --status --config gppi.conf
ok 'says that it runs' has out '^running'
kill -TERM "$service"
ok 'it stops as asked' wait "$service"
service=
ok 'status says so' not "$gppi" serve --status --config gppi.conf
ok 'every series one whole result' python3 "$peer" check results spool drop
series=$(sed 's/[^ ]*[a-z][^ ]*//g' out | wc -w)
ok 'all six series' [ "$series" -eq 6 ]
ok 'no name of a patient in the log' not has log phantom

finish
