# What tests share that start the service with gppi.conf and stop it, and no more; sourced.
. "$(dirname "$0")/serve_folder.sh"

start() {
	"$gppi" serve --config gppi.conf 2>>log &
	service=$!
	within 20 has log event=started
}
# what it said is kept in log.before
stop() {
	kill "$service"
	wait "$service" 2>/dev/null
	service=
	cat log >>log.before
	: >log
}
