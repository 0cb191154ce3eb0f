# What tests of the service share; sourced. A folder $dir, a small bone $bone that gives a plane, ports.
. "$(dirname "$0")/serve_folder.sh"

peer=$here/serve_peer.py

# ---- a small bone ----
bone=$dir/bone.nii
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
	rm -rf whole base bone.nii
	"$phantom" make --seed $seed --size 64 --dicom whole --nifti bone.nii >/dev/null 2>&1
	python3 "$peer" clone whole base 0 80 200
	"$plain" detect base bone.nii >/dev/null 2>&1 && break
done

# root reads and writes what nobody may, unless it gives up that right
limit=
[ "$(id -u)" -ne 0 ] || limit='setpriv --bounding-set=-dac_override,-dac_read_search'
# with gppi.conf; its port in $port, 0: none
start() {
	started=$(grep -c event=started log 2>/dev/null)
	$limit "$gppi" serve --config gppi.conf 2>>log &
	service=$!
	within 20 sh -c "[ \"\$(grep -c event=started log)\" -gt ${started:-0} ]"
}
# stopped: how many seconds it took
stop() {
	begun=$(date +%s)
	kill -TERM "$service"
	wait "$service"
	outcome=$?
	stopped=$(($(date +%s) - begun))
	service=
	return $outcome
}
kill_hard() {
	kill -9 "$service"
	wait "$service" 2>/dev/null
	service=
}
counted() { # counted NAME N: the status says N by now
	"$gppi" serve --status --json --config gppi.conf >status 2>/dev/null &&
		python3 -c 'import json,sys; '\
'sys.exit(json.load(open("status"))["since_start"][sys.argv[1]] < int(sys.argv[2]))' "$1" "$2"
}
