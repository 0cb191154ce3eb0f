#!/bin/sh
# Each job has a process of its own: what becomes of the job when that crashes, is killed, wants too much or hangs, and
# that the service goes on.
#   GPPI=build/gppi PHANTOM=build/phantom tests/serve_worker.sh
. "$(dirname "$0")/serve_once.sh"

for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
	"$phantom" make --seed $seed --size 64 --nifti bone.nii >/dev/null 2>&1
	"$gppi" detect bone.nii >/dev/null 2>&1 && break
done
mkdir drop
config() { # config JOB_MEMORY JOB_TIMEOUT
	cat >gppi.conf <<-END
	[service]
	spool = $dir/spool
	results = $dir/results
	min_free = 1M
	job_memory = $1
	job_timeout = $2
	[watch drop]
	folder = $dir/drop
	quiet_time = 1
	poll = 1
	END
}
# the worker of the service, where there is one
worker() { cat /proc/"$service"/task/*/children 2>/dev/null; }
# signal NAME: to the first worker that has limited itself
signal() {
	tries=3000
	while [ $tries -gt 0 ]; do
		child=$(worker)
		[ -z "$child" ] || ! grep -q "^NoNewPrivs:.*1" "/proc/${child% }/status" 2>/dev/null ||
			{ kill -"$1" $child && return; }
		tries=$((tries - 1))
		sleep 0.01
	done
	return 1
}
gone() { ! kill -0 "$1" 2>/dev/null; }
here() { cp bone.nii drop/.part && mv drop/.part "drop/$1.nii"; }

config 8G 60
ok 'it starts' start
here good
ok 'a result' within 30 has log 'event=done key=good.nii bones=1'
ok 'no worker is left' [ -z "$(worker)" ]
ok 'by a process that limited itself' not has log event=sandbox
ok 'and said nothing that the service does not know' not has log 'event=worker '

# ---- a fault in a library ----
here crash
ok 'its worker crashes' signal SEGV
ok 'the job is in quarantine' within 20 test -f drop/quarantine/crash.nii/reason.txt
ok 'with the reason' has drop/quarantine/crash.nii/reason.txt \
	'crash.nii: the worker that read it ended with SIGSEGV; it is damaged'
ok 'the service is the same' kill -0 "$service"
here next
ok 'and does the next one' within 30 has log 'event=done key=next.nii'

# ---- the system kills it for want of memory: nothing is known of the data ----
here killed
ok 'a worker is killed' signal KILL
ok 'the job is tried again' within 20 has log 'event=retry key=killed.nii .*was killed, perhaps for want of memory'
ok 'and done' within 30 has log 'event=done key=killed.nii'

# ---- a stop of all processes, as by Ctrl-C or systemd: workers leave it to the service ----
for stop in TERM INT HUP QUIT; do
	here "told-$stop"
	ok "a worker gets SIG$stop" signal $stop
	ok 'and goes on' within 30 has log "event=done key=told-$stop.nii"
done
ok 'none is tried again' not has log 'event=retry key=told'

# ---- a stop, and a kill of the service ----
here late
ok 'a worker hangs' signal STOP
kill "$service"
ok 'a stop does not wait for it' within 8 gone "$service"
wait "$service"
ok 'which is none that failed' [ $? -eq 0 ]
ok 'nor leaves it there' within 5 gone "$child"
cat log >>log.before; : >log
ok 'after the next start' start
ok 'the job is done' within 30 has log 'event=done key=late.nii'
here kept
ok 'another worker hangs' signal STOP
kill -9 "$service"
wait "$service" 2>/dev/null
ok 'it ends with a service that is killed' within 5 gone "$child"
: >log

# ---- limits ----
ok 'it starts once more' start
ok 'what was under way is done' within 30 has log 'event=done key=kept.nii'
stop
config 8G 3
ok 'with a time limit' start
here long
ok 'a job that takes longer' signal STOP
ok 'goes to quarantine' within 20 test -f drop/quarantine/long.nii/reason.txt
ok 'with the reason' has drop/quarantine/long.nii/reason.txt 'job_timeout'
ok 'its worker is gone' within 5 gone "$child"
stop
config 24M 60
ok 'with little memory' start
here large
ok 'a job that wants more' within 60 test -f drop/quarantine/large.nii/reason.txt
ok 'goes to quarantine when it was tried three times' [ "$(grep -c 'event=retry key=large.nii' log)" -eq 3 ]
ok 'with the reason' has drop/quarantine/large.nii/reason.txt 'memory'
stop

ok 'nobody else can use a worker' not "$gppi" serve --worker </dev/null
finish
