#!/bin/sh
# Watch folders: names of every kind, kills, strays in the service's own rooms, jobs that vanish, files that are still
# being written, scans that are left in place.
#   GPPI=build/gppi PHANTOM=build/phantom tests/serve_drops.sh
. "$(dirname "$0")/serve_setup.sh"
work=drop/work # the room of jobs under way

config() { # config [LINES OF service]...
	{
		printf '[service]\nspool = %s/spool\nresults = %s/results\nmin_free = 1M\n' "$dir" "$dir"
		for line in "$@"; do echo "$line"; done
		printf '[watch drop]\nfolder = %s/drop\nquiet_time = 1\npoll = 1\n' "$dir"
		printf '[watch share]\nfolder = %s/share\nquiet_time = 1\npoll = 1\nleave_in_place = yes\n' "$dir"
	} >gppi.conf
}
mkdir drop share
config
quarantined() { # quarantined FOLDER SENTENCE
	grep -q -e "$2" "$1/reason.txt"
}
rooms_empty() {
	[ -z "$(ls -A drop/queue drop/work drop/incoming spool/queue spool/work spool/incoming | grep -v :)" ]
}

# ---- names: each has one result, and none meets another ----
python3 - "$bone" drop >names <<'END'
import os, sys
bone, drop = sys.argv[1:]
names = ["temp-7.nii", "temp-x", "a", "a.txt", "a.nii", "planes.csv", "study-1.html", "two words.nii", "quote\"'`.nii",
         "line\nend.nii", "100%s%n.nii", "-rf.nii", "кость.nii", "骨.nii", "Ünï.nii", "2024.03.01_m1.nii",
         "2024.03.02_m2.nii", "data", "state", "reason.txt", "queue.nii", "KEY-2.nii", "result.json",
         "n" * 251 + ".nii", "$(touch pwned).nii", "lock", "x.rec.Ab12Cd", "planes.csv.Backup",
         "planes.csv.until-7"]
data = open(bone, "rb").read()
for i, name in enumerate(names):
    with open(os.path.join(drop, name), "wb") as f:
        f.write(data)
print(len(names))
END
number=$(cat names)
ok 'it starts' start
ok 'names of every kind: each has a result' within 200 results "$number"
ok 'no more' [ "$(ls results/*/result.json | wc -l)" -eq "$number" ]
ok 'one row each' python3 -c '
import csv, sys
keys = [row["Key"] for row in csv.DictReader(open("results/planes.csv", newline=""))]
sys.exit(len(keys) != int(sys.argv[1]) or len(set(keys)) != len(keys))' "$number"
ok 'each its data, under its own name' python3 -c '
import os, sys
sys.exit(sum(len(os.listdir("drop/done/" + key + "/data"))
             for key in os.listdir("drop/done")) != int(sys.argv[1]))' "$number"
ok 'the table is one' [ "$(grep -c Key results/planes.csv)" -eq 1 ]
echo person >results/planes.csv.Mylist
kill_hard
ok 'after a kill' start
ok 'none is gone' [ "$(ls results/*/result.json | wc -l)" -eq "$number" ]
ok 'nor a file of a person' has results/planes.csv.Mylist person
ok 'nor on the page' within 60 sh -c "[ \$(grep -c 'class=\"bone\"' results/watch-drop-*.html) -eq $number ]"
ok 'nor any record' [ "$(ls spool/records/*.rec | wc -l)" -eq "$number" ]

# ---- the second bone of a holder, and a second drop of its name ----
"$phantom" make --seed 11 --holder 2 --size 640 --nifti drop/h.nii.part >/dev/null 2>&1
mv drop/h.nii.part drop/h.nii
ok 'a holder' within 120 test -f results/h.nii/bone-2.jpg
cp results/h.nii/bone-2.jpg second.jpg
cp "$bone" drop/h.nii
cp "$bone" drop/h.nii-2
ok 'another drop of its name, and one like the second bone' within 60 sh -c '[ $(ls -d results/h.nii* | wc -l) -eq 3 ]'
ok 'its picture is still its own' cmp second.jpg results/h.nii/bone-2.jpg

# ---- what belongs together ----
python3 - "$bone" drop <<'END'
import struct, sys
bone, drop = sys.argv[1:]
data = open(bone, "rb").read()
dims = struct.unpack("<3h", data[42:48])
kind, = struct.unpack("<h", data[70:72])
voxels = data[int(struct.unpack("<f", data[108:112])[0]):]
types = {2: "MET_UCHAR", 4: "MET_SHORT", 512: "MET_USHORT", 16: "MET_FLOAT"}
def header(name, of):
    with open(f"{drop}/{name}", "w") as f:
        f.write("ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
                f"DimSize = {dims[0]} {dims[1]} {dims[2]}\nElementSpacing = 0.01 0.01 0.01\n"
                f"ElementType = {types[kind]}\n"
                f"ElementDataFile = {of}\n")
open(f"{drop}/2025.01.02_other.nii", "wb").write(data)
open(f"{drop}/voxels.dat", "wb").write(voxels)
header("2025.01.01_m1.mhd", "voxels.dat")
header("2025.01.01_m2.mhd", "2025.01.01_m2.raw")
open("voxels", "wb").write(voxels)
END
sleep 3
ok 'a header waits for its data' test -f drop/2025.01.01_m2.mhd
mv voxels drop/2025.01.01_m2.raw
ok 'a header takes what it names' within 60 \
	test -f results/2025.01.01_m1.mhd/result.json -o -f results/file-2025.01.01_m1.mhd/result.json
ok 'and no other of a like name' within 60 \
	test -f results/file-2025.01.02_other.nii/result.json -a -f results/file-2025.01.01_m2.mhd/result.json
ok 'with its voxels' test -f drop/done/file-2025.01.01_m1.mhd/data/voxels.dat
ok 'nothing of it is in quarantine' sh -c '! ls drop/quarantine | grep -q 2025'

# ---- still being written: pauses longer than quiet_time ----
size=$(wc -c <bone.nii)
head -c $((size / 2)) bone.nii >drop/pause.nii
mkdir drop/slowly
head -c $((size / 2)) bone.nii >drop/slowly/bone.nii
sleep 4
ok 'half of a file waits for the rest' test -f drop/pause.nii
tail -c +$((size / 2 + 1)) bone.nii >>drop/pause.nii
tail -c +$((size / 2 + 1)) bone.nii >>drop/slowly/bone.nii
ok 'and is read whole' within 60 cmp bone.nii drop/done/pause.nii/data/pause.nii
ok 'so is one in a folder' within 60 cmp bone.nii drop/done/slowly/data/slowly/bone.nii
gzip -kc bone.nii >bone.nii.gz
size=$(wc -c <bone.nii.gz)
{
	head -c $((size / 2)) bone.nii.gz
	sleep 6
	tail -c +$((size / 2 + 1)) bone.nii.gz
} >drop/packed.nii.gz &
ok 'a packed one, whose size nobody knows, fails' within 60 quarantined drop/quarantine/packed.nii.gz 'cut'
wait $!
ok 'and is tried again when it has grown' within 60 test -f results/packed.nii.gz/result.json
ok 'nothing is left in quarantine' sh -c '! test -e drop/quarantine/packed.nii.gz'

# ---- too deep ----
deep=drop/deep
for level in $(seq 40); do deep=$deep/d; done
mkdir -p "$deep"
cp "$bone" "$deep/"
ok 'files deeper than anybody looks are said' within 60 quarantined drop/quarantine/deep 'deeper in each other'
cp "$bone" drop/after.nii
ok 'and keep nobody' within 60 test -f results/after.nii/result.json

# ---- strays in the rooms; jobs that vanish ----
ok 'it stops' stop
echo x >$work/Thumbs.db
echo x >$work/afile
ln -s /nowhere $work/dangling
echo x >drop/incoming/other
mkdir drop/queue/folder
echo x >drop/queue/folder/x
mkdir "$work/$(printf '%0150d' 7)"
ok 'strays in work/ and the other rooms: it starts' start
ok 'they are put away' within 30 sh -c '[ $(ls -d drop/quarantine/* | wc -l) -ge 6 ]'
ok 'with a reason' quarantined drop/quarantine/afile 'only the service puts things'
ok 'the link as a link' test -L drop/quarantine/dangling/data/dangling
ok 'what systems leave is left' test -f $work/Thumbs.db
rm $work/Thumbs.db
kill_hard
config 'queue = 3'
for n in 1 2 3; do
	mkdir -p drop/queue/gone$n/data
	cp "$bone" drop/queue/gone$n/data/
done
# deleted while they wait: the worker holds the first of them for a moment
chmod 500 $work
ok 'a work room that takes nothing' start
rm -rf drop/queue/gone*
chmod 700 $work
ok 'jobs whose data were deleted end' within 60 sh -c '[ $(grep -c "event=gone key=gone" log) -eq 3 ]'
cp "$bone" drop/next.nii
ok 'and make room' within 60 test -f results/next.nii/result.json

# ---- killed five times between a result and its record: it is no failure ----
ok 'it stops' stop
mkdir -p $work/out/data
cp "$bone" $work/out/data/out.nii
printf 'attempts 5\ncrashed 0\nlook 0\n' >$work/out/state
mkdir results/out
echo '{}' >results/out/result.json
printf '1 %s\n' "$(printf 'out.nii\0' | sha256sum | cut -c 1-64)" >results/out/.record
mkdir -p $work/bad/data $work/died/data
cp "$bone" $work/bad/data/
cp "$bone" $work/died/data/
printf 'attempts 5\ncrashed 0\nlook 0\n' >$work/bad/state
printf '!%s' "$dir/$work/died" >spool/reading/0
printf 'attempts 1\ncrashed 0\nlook 0\n' >$work/died/state
mkdir -p $work/pipe/data
cp "$bone" $work/pipe/data/
mkfifo $work/pipe/state $work/pipe/state.new $work/pipe/reason.txt
cp "$bone" drop/harmful.nii
printf '!%s' "$dir/drop/harmful.nii" >spool/reading/1
ok 'it starts' start
ok 'a job whose result is out is done' within 30 test -d drop/done/out
ok 'with its record' test -f spool/records/out.rec
ok 'one without is given up' quarantined drop/quarantine/bad 'ended 5 times'
ok 'one over which a thread crashed at once' quarantined drop/quarantine/died 'crashed over this'
ok 'so is a drop that was being looked at' quarantined drop/quarantine/harmful.nii 'crashed over this'
ok 'one with pipes for its notes has a result' within 60 test -f results/pipe/result.json
ok 'all rooms are empty' within 30 rooms_empty

# ---- left in place ----
mkdir -p share/D0001/M0001 share/D0001/slices
cp "$bone" "share/D0001/M0001/C 01.nii"
cp whole/* share/D0001/slices/
echo notes >share/D0001/notes.pdf
size=$(wc -c <bone.nii)
head -c $((size / 2)) bone.nii >share/growing.nii
find share -printf '%P %s %m %T@ %i\n' | sort >before
ok 'a volume deep in a share, a folder of slices' within 40 sh -c '[ $(ls -d results/D0001* | wc -l) -eq 2 ]'
find share -printf '%P %s %m %T@ %i\n' | sort >after
ok 'nothing has changed there' cmp before after
ok 'half a file waits' not test -e results/growing.nii
tail -c +$((size / 2 + 1)) bone.nii >>share/growing.nii
n=$(ls results/*/result.json | wc -l)
ok 'one of the same content is known' within 60 has log 'event=known key=growing.nii as=D0001_M0001_C_01.nii'
ok 'and has no second result' [ "$(ls results/*/result.json | wc -l)" -eq "$n" ]
cp share/growing.nii changed.nii
printf '\1' | dd of=changed.nii bs=1 seek=$((size - 1000)) conv=notrunc 2>/dev/null
cp changed.nii share/growing.nii
ok 'another content under the same name is another result' within 60 test -f results/growing.nii/result.json
touch "share/D0001/M0001/C 01.nii"
ok 'a new time alone is none' within 60 sh -c '[ $(grep -c "event=known" log) -ge 2 ]'
head -c 1000 bone.nii >share/cut.nii
ok 'one that stays too short fails' within 40 quarantined spool/quarantine/cut.nii 'cut'
ok 'in the spool, and unmoved' test -f share/cut.nii
kill_hard
taken=$(grep -c 'event=taken watch=share' log)
ok 'after a kill' start
sleep 3
ok 'all is remembered' [ "$(grep -c 'event=taken watch=share' log)" -eq "$taken" ]
mv share away
sleep 2
mv away share
sleep 3
ok 'also when the share was away' [ "$(grep -c 'event=taken watch=share' log)" -eq "$taken" ]
cp "$bone" share/cut.nii
ok 'what was cut and is whole now is known' within 60 has log 'event=known key=cut.nii'
ok 'and no longer a failure' not test -e spool/quarantine/cut.nii

# ---- a voxel size that the configuration tells, for one folder ----
sizes() { # sizes KEY UM SOURCE
	python3 -c 'import json, sys
r = json.loads(open("results/%s/result.json" % sys.argv[1]).readline())
sys.exit(r["spacing_um"] != [float(sys.argv[2])] * 3 or r["spacing_known"] != sys.argv[3])' "$@"
}
python3 - bone.nii unsized.nii <<'END'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
data[76:108] = struct.pack("<8f", 1, 0, 0, 0, 0, 0, 0, 0)  # pixdim
data[123] = 0  # units
data[252:256] = bytes(4)  # no qform, no sform
open(sys.argv[2], "wb").write(data)
END
cp unsized.nii drop/untold.nii
ok 'without a size' within 60 test -f results/untold.nii/result.json
ok 'one is assumed' sizes untold.nii 10 assumed
sed -i 's/^leave_in_place/voxel_um = 10\n&/' gppi.conf
kill -HUP "$service"
ok 'told after a reload' within 20 has log 'event=reloaded'
cp unsized.nii share/told.nii
printf '\3' | dd of=share/told.nii bs=1 seek=$((size - 2000)) conv=notrunc 2>/dev/null
ok 'with a size for this folder' within 60 test -f results/told.nii/result.json
ok 'it counts' sizes told.nii 10 given

# ---- rooms that somebody made into links ----
mkdir -p mine/harm/data mine/queue/harm/data
echo mine >mine/harm/data/file
mv drop/done drop/d
ln -s "$dir/mine" drop/done
cp "$bone" drop/harm
ok 'a room that is a link is told' within 20 has log 'watch_failed watch=drop what=.*drop/done: is a link'
ok 'what it leads to stays' has mine/harm/data/file mine
ok 'and nothing comes there' [ "$(ls mine)" = "$(printf 'harm\nqueue')" ]
kill_hard
ok 'it starts all the same' start
ok 'says it again' within 10 sh -c '[ $(grep -c "drop/done: is a link" log) -ge 2 ]'
ok 'and waits' test -f drop/harm
rm drop/done
mv drop/d drop/done
ok 'with the room it goes on' within 60 test -f results/harm/result.json
ok 'where it should' within 20 test -d drop/done/harm
kill_hard
rm drop/.gppi-lock
mkfifo drop/.gppi-lock
ok 'a pipe for its lock keeps nobody either' start
ok 'and is told' within 10 has log 'watch_failed watch=drop what=.*drop: cannot be written to'

ok 'it stops' stop
ok 'soon' [ "$stopped" -le 5 ]

finish
