#!/bin/sh
# The service in a network that means harm, or is only unlucky: PDUs and objects that dcmtk would stumble over, as
# receiver and as sender, a name server that never answers, old TLS, private keys that everybody can read.
#   GPPI=build/gppi tests/serve_net.sh
. "$(dirname "$0")/serve_once.sh"

hostile=$here/serve_hostile.py

port=$(python3 "$here/serve_peer.py" port)
pacs_port=$(python3 "$here/serve_peer.py" port)
config() { # config LINE...: lines of [dicom] and behind it
	cat >gppi.conf <<-END
	[service]
	spool = $dir/spool
	results = $dir/results
	min_free = 1M
	strict = ${strict:-no}
	[dicom]
	port = $port
	address = 127.0.0.1
	allow_ae = SCANNER
	complete = release
	quiet_time = 2
	idle_timeout = 5
	END
	[ $# -eq 0 ] || printf '%s\n' "$@" >>gppi.conf
}
alive() { kill -0 "$service"; }

# ---- the receiver ----
config
ok 'it starts' start
ok 'PDUs of several unequal parts are stored byte for byte' python3 "$hostile" parts "$port" spool
ok 'what is not in order ends its association only' python3 "$hostile" shapes "$port"
ok 'the log says why' has log 'event=association_over.* how="a command set of more than 64 kB"'
ok 'also of a request' has log 'event=refused.* why="an association that is cut"'
ok '10,000 sequences within each other are refused' python3 "$hostile" nested "$port"
ok 'with the reason' has log 'event=object_refused.*sequences nested too deeply'
ok 'by the process that was started' alive
ok 'with little memory' awk '/^VmHWM:/ { exit $2 > 100000 }' "/proc/$service/status"
stop

# ---- the sender ----
mkdir -p spool/send/waiting
python3 "$hostile" object spool/send/waiting/one.dcm
config '[send]' 'host = 127.0.0.1' "port = $pacs_port" 'called_title = PACS' 'timeout = 5' 'retry_max = 1'
ok 'something waits to be sent' start
for shape in parts data command association; do
	case $shape in
	data) reason=02 why='breaks off (data that no command announced)' ;;
	command) reason=06 why='breaks off (a command set of more than 64 kB)' ;;
	parts) reason=06 why='breaks off (a command set with elements that do not belong there)' ;;
	*) reason=06 why='answers with an association that is cut' ;;
	esac
	ok "a PACS that answers with wrong $shape" python3 "$hostile" pacs "$pacs_port" $shape
	ok 'gets an A-ABORT' has out "^PDU 7 000002$reason"
	ok 'and the log has the reason' within 10 has log "event=send_later.*$why"
done
ok 'the process is the same' alive
ok 'the object still waits' test -f spool/send/waiting/one.dcm
rm spool/send/waiting/one.dcm
stop

ok 'a stop does not wait for a PACS that drops what it gets' python3 "$hostile" deaf "$gppi"
ok 'nor does the service for whoever reads its log' python3 "$hostile" unread "$gppi"

# ---- a name server that never answers ----
if unshare -rmn true 2>/dev/null; then
	ok 'no association waits for the name of its peer, no stop for that of the PACS' \
		unshare -rmn python3 "$hostile" names "$gppi"
	grep '^skipped' out
else
	echo 'skipped: a silent name server (this system permits no namespaces)'
fi

# ---- TLS ----
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=gppi 2>/dev/null
	chmod 644 key.pem
	tls=$(printf '%s\n' "tls_certificate = $dir/cert.pem" "tls_key = $dir/key.pem")
	strict=yes
	config "$tls"
	ok 'strict: a key that everybody can read' not "$gppi" serve --config gppi.conf
	ok 'is refused' has out 'key.pem: others can read or change this private key; .*chmod'
	strict=no
	config "$tls"
	ok 'otherwise it starts' start
	ok 'with a warning' has log 'event=key_exposed.*key.pem: others can read'
	client() { openssl s_client -connect 127.0.0.1:"$port" "$@" </dev/null; }
	ok 'TLS 1.2' client -tls1_2
	ok 'with a strong suite' has out 'Cipher is [EC]*DHE-RSA-AES[0-9]*-GCM'
	ok 'TLS 1.3' client -tls1_3
	for old in '-tls1' '-tls1_1'; do
		ok "$old is refused" not client $old -cipher 'ALL:@SECLEVEL=0'
		ok 'by the service' has out 'alert protocol version'
	done
	for weak in AES128-SHA AES256-SHA256 AES128-GCM-SHA256 ECDHE-RSA-AES128-SHA NULL ADH 3DES; do
		ok "$weak is refused" not client -tls1_2 -cipher "$weak:@SECLEVEL=0"
	done
	ok 'a sender with TLS' echoscu +tla -ic -aet SCANNER -aec GPPI 127.0.0.1 "$port"
	python3 "$hostile" object one.dcm
	ok 'that stores' storescu +tla -ic -aet SCANNER -aec GPPI 127.0.0.1 "$port" one.dcm
	chmod 640 key.pem
	stop
	strict=yes
	config "$tls"
	ok 'strict: a key that a group shares is fine' start
	stop
else
	echo 'skipped: TLS (there is no openssl)'
fi

finish
