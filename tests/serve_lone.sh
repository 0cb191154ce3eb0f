#!/bin/sh
# Exporters that give each slice a series of its own: over the network and in a watch folder such slices of one study
# are one job, as they are in a folder that is given to `gppi detect`.
#   GPPI=build/gppi PHANTOM=build/phantom tests/serve_lone.sh
. "$(dirname "$0")/serve_setup.sh"

port=$(python3 "$peer" port)
mkdir drop
config() { # config COMPLETE QUIET
	cat >gppi.conf <<-END
	[service]
	spool = $dir/spool
	results = $dir/results
	min_free = 1M
	page = no
	qc = no
	[dicom]
	port = $port
	address = 127.0.0.1
	allow_ae = SCANNER
	complete = $1
	quiet_time = $2
	abort_wait = 2
	[watch drop]
	folder = $dir/drop
	quiet_time = 1
	poll = 1
	END
}
send() { storescu -aet SCANNER -aec GPPI 127.0.0.1 "$port" "$@"; }

# Slices of `base` under a study, and series for each slice or for all, of the number given; UIDs keep their length.
cat >own.py <<'END'
import os, sys
def put(data, tag, number):
    at = data.index(tag)
    end = at + 8 + int.from_bytes(data[at + 6 : at + 8], "little")
    text = data[at + 8 : end].rstrip(b"\0")
    text = text[:-6] + b"%06d" % number
    return data[:at + 8] + text.ljust(end - at - 8, b"\0") + data[end:], text.decode()
new, study, series = sys.argv[1], int(sys.argv[2]), sys.argv[3]
wanted = sys.argv[4:]
os.makedirs(new, exist_ok=True)
for i, name in enumerate(sorted(os.listdir("base"))):
    if wanted and str(i) not in wanted:
        continue
    data = open("base/" + name, "rb").read()
    data, uid = put(data, b"\x20\x00\x0d\x00UI", study)
    data, of = put(data, b"\x20\x00\x0e\x00UI", study * 1000 + (i if series == "each" else int(series)))
    data, _ = put(data, b"\x08\x00\x18\x00UI", study * 1000 + i)
    # the same UID in the head of the file
    meta = data.index(b"\x02\x00\x03\x00UI")
    size = int.from_bytes(data[meta + 6 : meta + 8], "little")
    at = data.index(b"\x08\x00\x18\x00UI")
    data = data[:meta + 8] + data[at + 8 : at + 8 + size] + data[meta + 8 + size:]
    open(f"{new}/{i:04d}.dcm", "wb").write(data)
print(uid, of)
END
number=$(ls base | wc -l)
plane() {
	python3 -c 'import json, sys; r = json.loads(open(sys.argv[1]).readline()); print(r["gppi"], r["voi"])' "$1"
}
same() { [ "$1" = "$2" ]; }

"$plain" detect --json base >base.json 2>/dev/null
python3 own.py each 101 each >uids
study=$(cut -d ' ' -f 1 uids)
config quiet 2
ok 'it starts' start
ok 'a study of single slices is sent' send +sd each
ok 'they are one job, with a result' within 60 test -f "results/$study/result.json"
ok 'of all slices, with the plane of the whole series' same "$(plane "results/$study/result.json")" "$(plane base.json)"
ok 'and nothing else' [ "$(ls results | grep -c '^[12]')" -eq 1 -a -z "$(ls spool/quarantine)" ]
ok 'it is said' has log "event=joined study=$study slices=$number"
ok 'they come again' send +sd each
ok 'and are known' within 20 counted duplicates 1
ok 'nothing is left' [ -z "$(ls spool/incoming spool/queue spool/work | grep -v :)" ]

# ---- slices that make no scan: one sentence for all ----
study=$(python3 own.py gaps 102 each 0 1 2 3 7 8 20 21 22 40 | cut -d ' ' -f 1)
ok 'slices with gaps' send +sd gaps
ok 'are in quarantine' within 20 test -f "spool/quarantine/$study/reason.txt"
ok 'as one' [ "$(ls spool/quarantine | wc -l)" -eq 1 ]
ok 'with one sentence' has "spool/quarantine/$study/reason.txt" '10 single slices, each a series of its own'
ok 'and all data' [ "$(ls "spool/quarantine/$study/data" | wc -l)" -eq 10 ]

# ---- series that were cut behind their first slice: these are no scan of two slices; the rest joins its own ----
python3 own.py first 103 1 0 >/dev/null
python3 own.py first 103 2 150 >/dev/null
ok 'first slices of two series' send +sd first
ok 'make none' within 20 sh -c '[ $(ls -d spool/quarantine/* | wc -l) -eq 2 ]'
own=$(python3 own.py rest 103 1 $(seq 1 $((number - 1))) | cut -d ' ' -f 2)
ok 'the rest of one of them' send +sd rest
ok 'has a result' within 60 test -f "results/$own/result.json"
ok 'with its first slice' same "$(plane "results/$own/result.json")" "$(plane base.json)"
ok 'which is in quarantine no longer' sh -c '[ $(ls spool/quarantine/*/data | grep -c dcm) -eq 11 ]'

# ---- an association for each slice, where its release completes a series; a kill between them ----
ok 'it stops' stop
config release 3
study=$(python3 own.py apart 104 each | cut -d ' ' -f 1)
ok 'it starts' start
for slice in 0 1 2 3 4; do send apart/000$slice.dcm && rm apart/000$slice.dcm; done >/dev/null 2>&1
kill_hard
ok 'after a kill' start
ok 'the others' send +sd apart
ok 'all make one result' within 60 test -f "results/$study/result.json"
ok 'with the same plane' same "$(plane "results/$study/result.json")" "$(plane base.json)"

# ---- one slice that comes when the others were refused, for it is missing ----
study=$(python3 own.py late 106 each | cut -d ' ' -f 1)
mkdir last
mv late/0005.dcm last/
ok 'all slices but one' send +sd late
ok 'make no scan' within 60 test -f "spool/quarantine/$study/reason.txt"
ok 'the last one' send +sd last
ok 'joins them' within 60 has log "event=joined study=$study slices=1"
ok 'for a result' within 60 test -f "results/$study/result.json"
ok 'of all' same "$(plane "results/$study/result.json")" "$(plane base.json)"

# ---- loose files in a watch folder ----
study=$(python3 own.py loose 105 each | cut -d ' ' -f 1)
cp loose/* drop/
ok 'loose files do so, too' within 60 test -f "results/$study/result.json"
ok 'with the same plane' same "$(plane "results/$study/result.json")" "$(plane base.json)"
ok 'none is in quarantine' [ -z "$(ls drop/quarantine)" ]
ok 'it stops' stop

finish
