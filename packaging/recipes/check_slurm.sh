#!/bin/sh
# The recipe with a Slurm of its own: slurmctld, slurmd and munged on free ports, in a folder that goes afterwards.
# Tasks are killed, the node is drained and goes down.    packaging/recipes/check_slurm.sh build     (make check-slurm)
# As root: slurmd starts tasks as the users they belong to.
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/shell.sh"
build=$(cd "${1:-build}" && pwd) || exit 1
recipe=$top/packaging/recipes/slurm
. "$top/packaging/recipes/bones.sh"
dir=$(mktemp -d /tmp/slurm.XXXXXX) || exit 1
ctld='' slurmd='' munged=''
clean() {
	scancel -u "$(id -un)" 2>/dev/null
	for process in $slurmd $ctld $munged; do kill "$process" 2>/dev/null; done
	sleep 1
	# tasks that a stopped slurmd left behind
	for process in $(grep -la "$dir" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3); do
		[ "$process" = $$ ] || kill -9 "$process" 2>/dev/null
	done
	[ -n "${KEEP:-}" ] || rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 1
chmod 755 "$dir"
evidence() { tail -n 5 "$dir"/*.log "$dir"/out/log/*.log 2>/dev/null; sinfo 2>&1; squeue 2>&1 | head -5; }

# ---- a cluster of one node ----
port() { python3 "$top/tests/serve_peer.py" port; }
mkdir munge state spool bin
ln -s "$build/gppi" bin/gppi
export PATH="$dir/bin:/usr/sbin:$PATH" SLURM_CONF="$dir/slurm.conf"
head -c 64 /dev/urandom >munge/key
chmod 600 munge/key
munged --force --foreground --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
	--log-file="$dir/munge.log" --seed-file="$dir/munge/seed" >munged.out 2>&1 &
munged=$!
cat >slurm.conf <<CONF
ClusterName=check
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$(port)
SlurmdPort=$(port)
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
SlurmUser=root
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/ctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/ctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
KillWait=2
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000
PartitionName=all Nodes=$(hostname -s) Default=YES MaxTime=INFINITE State=UP
CONF
node=$(hostname -s)
start_node() { slurmd -D >>slurmd.out 2>&1 & slurmd=$!; }
state() { sinfo -h -o %t | grep -q "$1"; }
ok 'munge answers' within 20 sh -c "munge --socket='$dir/munge/socket' -n | unmunge --socket='$dir/munge/socket'"
slurmctld -D >ctld.out 2>&1 &
ctld=$!
start_node
ok 'the node is idle' within 40 state idle

# ---- 200 bones in 20 tasks ----
make_bones "$dir/share" 200 || exit 1
(cd share && ls) >list.txt
echo nothing/there.nii >>list.txt
(cd share && gppi detect --list ../list.txt --csv ../whole.csv >/dev/null 2>&1)
ok 'one run on one machine' same "$(wc -l <whole.csv)" 202

running() { squeue -h -t R -o %F_%K -n "$(squeue -h -o %j | grep -v merge | head -n 1)" | head -n "$1"; }
rows_in_progress() { ls out/shards/*.part >/dev/null 2>&1; }
none_left() { [ -z "$(squeue -h)" ]; }
ok 'submitted' sh -c "'$recipe/gppi-array' -n 20 share list.txt out >submit.log 2>&1"
ok 'a second time it is refused' sh -c "! '$recipe/gppi-array' out 2>again.log && grep -q 'still running' again.log"
killed=0
while [ $killed -lt 3 ] && ! none_left; do
	rows_in_progress || { sleep 0.1; continue; }
	for task in $(running 1); do
		scancel --signal=KILL --full "$task" 2>/dev/null && killed=$((killed + 1)) && echo "$task" >>killed
	done
	sleep 1
done
ok 'three tasks are killed' same "$(sort -u killed | wc -l)" 3
scontrol update nodename="$node" state=drain reason=check
ok 'the node drains' within 60 state drain
ok 'what ran is finished, the others wait' within 120 sh -c \
	'[ -z "$(squeue -h -t R,CG)" ] && [ -n "$(squeue -h -t PD)" ]'
scontrol update nodename="$node" state=resume
ok 'it is back' within 30 sh -c '[ -n "$(squeue -h -t R)" ]'
# a power cut: no process of the node survives
kill -9 "$slurmd"
for process in $(grep -la "slurmstepd\|$dir" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3); do
	case $(cat "/proc/$process/cmdline" 2>/dev/null | tr '\0' ' ') in
	slurmstepd:* | *shard.sh* | gppi\ detect*) kill -9 "$process" 2>/dev/null ;;
	esac
done
scontrol update nodename="$node" state=down reason=check
ok 'the node is down' within 10 state down
start_node
scontrol update nodename="$node" state=resume
ok 'all jobs end' within 400 none_left
ok 'not all is there' sh -c '[ "$(ls out/shards/*.csv | wc -l)" -lt 20 ] && [ "$(ls out/shards/*.csv | wc -l)" -ge 16 ]'
ok 'the merge job tells what is missing' sh -c \
	'grep -q "is in no table; run it again" out/log/merge-*.log && grep -q "missing\"" out/failed.csv'
before=$(ls -l --time-style=full-iso out/shards/*.csv)
ok 'one resubmission' sh -c "'$recipe/gppi-array' out >again.log 2>&1"
ok 'of what is missing' sh -c 'grep -q "shards [0-9,]* of 20" again.log && ! grep -q "shards 1,2,3,4,5" again.log'
ok 'all jobs end again' within 400 none_left
ok 'what was there is as it was' sh -c 'ls -l --time-style=full-iso out/shards/*.csv | grep -qF -e "$1"' sh \
	"$(echo "$before" | head -n 1)"
ok 'a row for every bone, and one for what is not there' same "$(wc -l <out/planes.csv)" 202
ok 'none twice' same "$(cut -d, -f1 out/planes.csv | sort | uniq -d)x" x
ok 'the same as one run' cmp out/planes.csv whole.csv
ok 'what failed is listed apart' sh -c \
	'[ "$(wc -l <out/failed.csv)" = 2 ] && grep -q "nothing/there.nii.*cannot be opened" out/failed.csv'
ok 'nothing half-written' sh -c '! ls out/shards/*.part 2>/dev/null'

# ---- failed ones again, from a copy on the node ----
mkdir share/nothing
cp -L share/a001.nii share/nothing/there.nii
sed -i 's/^local=0/local=1/' out/settings
ok 'failed ones are tried again' sh -c "'$recipe/gppi-array' -f out >again.log 2>&1"
ok 'all jobs end at last' within 200 none_left
ok 'now all have a plane' sh -c '[ "$(wc -l <out/failed.csv)" = 1 ] && [ "$(grep -c ",failed," out/planes.csv)" = 0 ]'
ok 'as given in the list' grep -q '^there,.*,nothing/there.nii,' out/planes.csv
ok 'no copy is left' sh -c '! ls -d /tmp/gppi.?????? 2>/dev/null'
finish
