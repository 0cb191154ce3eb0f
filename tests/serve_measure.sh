#!/bin/sh
# The service measures where it is told to: numbers in the result, as a table, in the report; tissues as DICOM
# Segmentation, kept and sent. Without the key it does not.
#   GPPI=build/gppi FIXTURE=build/tests/cli_fixture tests/serve_measure.sh
fixture=${FIXTURE:-build/tests/cli_fixture}
case $fixture in /*) ;; *) fixture=$PWD/$fixture ;; esac
. "$(dirname "$0")/serve_once.sh"

peer=$here/serve_peer.py
port=$(python3 "$peer" port)
pacs_port=$(python3 "$peer" port)
"$fixture" "$dir" || { echo 'FAIL fixture'; exit 1; }
dcmodify -nb -q -m 'PixelSpacing=0.04\0.04' series7/*.dcm series8/*.dcm >out 2>&1
mkdir pacs
config() { # config MEASURE OBJECTS
	cat >gppi.conf <<-END
	[service]
	spool = $dir/spool
	results = $dir/results
	weights = $dir/weights
	min_free = 1M
	measure = $1
	dicom_results = yes
	[send]
	host = localhost
	port = $pacs_port
	called_title = PACS
	objects = $2
	[dicom]
	port = $port
	address = 127.0.0.1
	allow_ae = SCANNER
	complete = release
	quiet_time = 2
	END
}
send() { storescu -aet SCANNER -aec GPPI 127.0.0.1 "$port" +sd "$1"; }
at_pacs() { # at_pacs CLASS N
	n=0
	for f in pacs/*; do
		! dcmdump +P SOPClassUID "$f" 2>/dev/null | grep -q "=$1 " || n=$((n + 1))
	done
	[ "$n" -eq "$2" ]
}
storescp -aet PACS --output-directory pacs "$pacs_port" >pacs.log 2>&1 &
pacs=$!

config maybe seg
ok 'the key is yes or no' sh -c "! '$gppi' serve --check-config gppi.conf >out 2>&1 && grep -q measure out"
config yes 'sr seg'
ok 'it starts' start
ok 'a series comes' send series7
ok 'and has a result' within 60 results 1
result=$(dirname results/*/result.json)
# the same bone, measured by the command
"$gppi" measure --weights weights --json -o alone.json series7
"$gppi" measure --weights weights --csv -o alone.csv series7
numbers() {
	python3 -c 'import json, sys; '\
'print(json.dumps(json.loads(open(sys.argv[1]).readline())["measures"], sort_keys=True))' "$1"
}
ok 'with the numbers of gppi measure' same "$(numbers "$result/result.json")" "$(numbers alone.json)"
ok 'which are those of a bone' python3 -c 'import json; m = json.loads(open("alone.json").readline())["measures"]; '\
'assert m["tt_ar_mm2"] > 0.1 and m["ct_ar_mm2"] < m["tt_ar_mm2"], m'
columns() {
	sed 's/,[^,]*$//' "$1" |
		python3 -c 'import csv, sys; r = list(csv.reader(sys.stdin)); print(r[0][1:40], r[1][1:40])'
}
ok 'a table of its own' same "$(columns "$result/bone-1-measures.csv")" "$(columns alone.csv)"
ok 'the picture shows VOI and growth plate' same "$(python3 -c 'import struct, sys; '\
'd = open(sys.argv[1], "rb").read(); i = max(d.find(b"\xff\xc0"), d.find(b"\xff\xc2")); '\
'print(struct.unpack(">H", d[i + 5:i + 7])[0])' "$result/bone-1.jpg")" 2030
ok 'the page has the numbers' within 20 sh -c 'grep -q "\"measured\":" results/*.html'
ok 'a segmentation' sh -c "dciodvfy $result/bone-1-segments.dcm >out 2>&1; ! grep -q ^Error out"
ok 'a report with numbers' sh -c \
	"dsrdump +Pl $result/bone-1-report.dcm 2>/dev/null | grep -q 'Total cross-sectional area'"
ok 'the segmentation is sent' within 30 at_pacs SegmentationStorage 1
ok 'the report as well' within 30 at_pacs EnhancedSRStorage 1
ok 'what is not asked for is not' at_pacs SecondaryCaptureImageStorage 0
ok 'no sandbox was in the way' not has log 'event=\(sandbox\|not_measured\|no_dicom\)'
stop

config no 'sr sc kos'
ok 'without measuring' start
ok 'another series comes' send series8
ok 'and has a result, too' within 60 results 2
other=$(dirname "$(ls -t results/*/result.json | head -n 1)")
ok 'without numbers' not has "$other/result.json" '"measures"'
ok 'nor a segmentation' [ ! -e "$other/bone-1-segments.dcm" ]
finish
