#!/bin/sh
# The recipes with the real programs, on ports and folders of their own, and with hostile values in the files.
#   packaging/recipes/check.sh build     (make check-recipes)
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/shell.sh"
build=$(cd "${1:-build}" && pwd) || exit 1
peer=$top/tests/serve_peer.py
recipes=$top/packaging/recipes
dir=$(mktemp -d) || exit 1
processes=
clean() {
	for process in $processes; do kill -9 "$process" 2>/dev/null; done
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 1

evidence() { tail -n 5 ./*.log 2>/dev/null; }
count() { [ "$(ls "$2" 2>/dev/null | grep -c "$3")" -eq "$1" ]; }

# ---- series: three good ones, of which two try to break out ----
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
	rm -rf whole s10
	"$build/phantom" make --seed $seed --size 64 --dicom whole --nifti bone.nii >/dev/null 2>&1
	python3 "$peer" clone whole s100 100 80 200
	"$build/gppi" detect s100 bone.nii >/dev/null 2>&1 && break
done
# 90 and more: their UIDs begin with 1, as Orthanc and dcmtk want it
python3 "$peer" clone whole s101 101 80 200
python3 "$peer" clone whole s102 102 80 200
dcmodify -nb -m "PatientName=\$(touch $dir/pwned)" -m "PatientID=\`touch $dir/pwned\`;touch $dir/pwned" s101/* \
	2>/dev/null
dcmodify -nb -m "StudyInstanceUID=../../../../../../../../..$dir/out" -m "PatientName=../../x|touch $dir/pwned" \
	s102/* 2>/dev/null
ok 'hostile files are hostile' sh -c "dcmdump s102/* | grep -q '\.\./\.\.'"

# ---- storescp into a watch folder ----
mkdir scans
port=$(python3 "$peer" port)
sed -e "s|/var/lib/gppi|$dir/1|; s|/srv/scans/dicom|$dir/scans|; s|quiet_time = 30|quiet_time = 1|" \
	"$recipes/storescp/gppi.conf" >1.conf
mkdir 1
"$build/gppi" serve --config 1.conf 2>1.log &
processes="$processes $!"
# the very line of the unit
line=$(sed -n 's/^ExecStart=//p' "$recipes/storescp/storescp-gppi.service" |
	sed "s|/srv/scans/dicom|$dir/scans|; s|11112|$port|")
$line 2>storescp.log &
storescp=$!
processes="$processes $storescp"
ok 'storescp listens' within 10 echoscu -aec GPPI 127.0.0.1 "$port"
for n in 100 101 102; do ok "storescp takes s$n" storescu -aec GPPI 127.0.0.1 "$port" +sd s$n; done
ok 'three results' within 60 sh -c '[ $(ls 1/results/*/result.json | wc -l) -eq 3 ]'
ok 'none in quarantine' count 0 scans/quarantine .
ok 'all files are in done' within 10 sh -c '[ $(find scans/done -name "*.dcm" | wc -l) -eq 600 ]'
ok 'nothing has broken out' sh -c '! [ -e pwned ] && ! [ -e out ]'

# ---- Orthanc to gppi and back ----
web=$(python3 "$peer" port)
orthanc=$(python3 "$peer" port)
gppi=$(python3 "$peer" port)
mkdir 2 db
sed -e "s|/var/lib/gppi|$dir/2|; s|^port = 11112|port = $gppi|; s|^port = 4242|port = $orthanc|" \
	"$recipes/orthanc/gppi.conf" >2.conf
echo 'retry_max = 2' >>2.conf
python3 - "$recipes/orthanc" "$dir" "$web" "$orthanc" "$gppi" >orthanc.json <<'END'
import json, sys
recipe, folder, web, port, gppi = sys.argv[1:]
config = json.load(open(recipe + "/orthanc.json"))
config["LuaScripts"] = [recipe + "/gppi.lua"]
config["DicomModalities"]["gppi"][2] = int(gppi)
config["StableAge"] = 2
config.update(StorageDirectory=folder + "/db", IndexDirectory=folder + "/db", HttpPort=int(web), DicomPort=int(port),
              DicomAet="ORTHANC", RemoteAccessAllowed=False, AuthenticationEnabled=False)
print(json.dumps(config))
END
start_orthanc() {
	Orthanc orthanc.json 2>>orthanc.log &
	server=$!
	processes="$processes $server"
	within 30 echoscu -aec ORTHANC 127.0.0.1 "$orthanc"
}
rest() {
	python3 -c 'import sys, urllib.request; '\
'print(urllib.request.urlopen("http://127.0.0.1:" + sys.argv[1]).read().decode())' "$web/$1"
}
modality() { # modality NAME COUNT: so many series of it are in Orthanc
	rest 'series?expand' | python3 -c 'import json, sys; sys.exit(sum(s["MainDicomTags"]["Modality"] == sys.argv[1]
		for s in json.load(sys.stdin)) != int(sys.argv[2]))' "$1" "$2"
}
failures() { rest 'jobs?expand' | grep -q '"State" : "Failure"'; }
ok 'Orthanc starts' start_orthanc
ok 'it takes a series while gppi is away' storescu -aec ORTHANC 127.0.0.1 "$orthanc" +sd s100
ok 'and cannot pass it on' within 60 failures
kill "$server"
wait "$server" 2>/dev/null
"$build/gppi" serve --config 2.conf 2>2.log &
service=$!
processes="$processes $service"
ok 'Orthanc starts again' start_orthanc
ok 'and now passes it on' within 60 sh -c '[ $(ls 2/results/*/result.json | wc -l) -eq 1 ]'
for n in 101 102; do ok "it takes s$n" storescu -aec ORTHANC 127.0.0.1 "$orthanc" +sd s$n; done
ok 'three results' within 60 sh -c '[ $(ls 2/results/*/result.json | wc -l) -eq 3 ]'
ok 'two reports are back' within 60 modality SR 2
ok 'two key objects' within 20 modality KO 2
ok 'two pictures' within 20 modality OT 2
ok 'of the one whose study has no proper UID there can be none' grep -q event=no_dicom 2.log
sleep 6 # longer than StableAge: is anything sent round in circles?
ok 'no more than the three series came' sh -c '[ $(grep -c event=complete 2.log) -eq 3 ]'
ok 'nothing in quarantine' count 0 2/spool/quarantine .
ok 'nothing refused' count 0 2/spool/send/refused .
ok 'nothing has broken out' sh -c '! [ -e pwned ] && ! [ -e out ]'

# ---- the same over TLS, both ways: each knows the other's certificate ----
kill "$server" "$service"
wait "$server" "$service" 2>/dev/null
for name in orthanc gppi; do
	openssl req -x509 -newkey rsa:2048 -nodes -keyout $name.key -out $name.pem -days 30 -subj "/CN=$name" \
		2>/dev/null
done
chmod 600 ./*.key
python3 - "$dir" <<'END'
import json, sys
folder = sys.argv[1]
config = json.load(open("orthanc.json"))
config["DicomModalities"]["gppi"] = {"AET": "GPPI", "Host": "127.0.0.1", "Port": config["DicomModalities"]["gppi"][2],
                                     "UseDicomTls": True}
config.update(DicomTlsEnabled=True, DicomTlsCertificate=folder + "/orthanc.pem",
              DicomTlsPrivateKey=folder + "/orthanc.key", DicomTlsTrustedCertificates=folder + "/gppi.pem")
json.dump(config, open("orthanc.json", "w"))
END
sed -i "s|^\[send\]|tls_certificate = $dir/gppi.pem\ntls_key = $dir/gppi.key\ntls_ca = $dir/orthanc.pem\n&\ntls = yes\n\
tls_certificate = $dir/gppi.pem\ntls_key = $dir/gppi.key\ntls_ca = $dir/orthanc.pem|" 2.conf
python3 "$peer" clone whole s103 103 80 200
"$build/gppi" serve --config 2.conf 2>tls.log &
processes="$processes $!"
ok 'gppi starts with TLS' within 20 grep -q event=started tls.log
Orthanc orthanc.json 2>>orthanc.log &
server=$!
processes="$processes $server"
secure="+tls gppi.key gppi.pem +cf orthanc.pem"
ok 'Orthanc with TLS' within 30 echoscu $secure -aec ORTHANC 127.0.0.1 "$orthanc"
ok 'which takes nothing without it' not echoscu -aec ORTHANC 127.0.0.1 "$orthanc"
ok 'nor does gppi' not echoscu -aet ORTHANC -aec GPPI 127.0.0.1 "$gppi"
ok 'storescu with TLS' storescu $secure -aec ORTHANC 127.0.0.1 "$orthanc" +sd s103
ok 'the fourth result' within 60 sh -c '[ $(ls 2/results/*/result.json | wc -l) -eq 4 ]'
ok 'its report is back' within 60 modality SR 3
ok 'nothing was sent in vain' sh -c '! grep -q event=send_later tls.log'

# ---- a share with ISQ files, read-only: a whole header and voxels of nothing stand for one, a NIfTI for a bone ----
mkdir -p 3 "share/D0000123/M0000456"
cp bone.nii "share/D0000123/M0000456/C0001234.nii"
python3 - "share/D0000123/M0000456/C0001234.ISQ;1" <<'END'
import struct, sys
head = bytearray(512)
head[0:16] = b"CTDATA-HEADER_V1"
struct.pack_into("<5i", head, 16, 3, 0, 0, 0, 0)
struct.pack_into("<3i", head, 44, 64, 64, 40)
struct.pack_into("<3i", head, 56, 640, 640, 400)
with open(sys.argv[1], "wb") as f:
    f.write(head + bytes(2 * 64 * 64 * 40))
END
chmod -R a-w share
find share -printf '%P %s %m %T@\n' | sort >before
sed -e "s|/var/lib/gppi|$dir/3|; s|/srv/microct|$dir/share|; s|quiet_time = 120|quiet_time = 1|; \
s|poll = 60|poll = 1|" "$recipes/share/gppi.conf" >3.conf
"$build/gppi" serve --config 3.conf 2>3.log &
processes="$processes $!"
ok 'the scan in the share has its result' within 60 test -f 3/results/D0000123_M0000456_C0001234.nii/result.json
ok 'the empty ISQ its reason' within 60 test -f '3/spool/quarantine/D0000123_M0000456_C0001234.ISQ_1/reason.txt'
find share -printf '%P %s %m %T@\n' | sort >after
ok 'the share is as it was' cmp before after
chmod -R u+w share

finish
