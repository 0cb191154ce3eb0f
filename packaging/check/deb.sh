#!/bin/sh
# make check-deb: the Debian package in a clean Debian 12: installed, used, upgraded, removed, purged.
#   packaging/check/deb.sh BUILD VERSION      root; MIRROR=URI, else the archive apt uses
. "$(dirname "$0")/system.sh"
again "$0" "$@"
build=$(readlink -f "$1")
version=$2
work=$build/check
said=$work/log
root=$work/deb
conf=/etc/gppi/gppi.conf
mkdir -p "$work"
draw "$build"

system "$root" bookworm
mkdir -p "$root/scan"
mount --bind "$work/scan" "$root/scan"
cp "$build/deb/gppi_${version}_"*.deb "$root/root/gppi.deb"

# The same program as a later version, with another sample configuration.
later=$version+later
dpkg-deb -R "$root/root/gppi.deb" "$work/later"
sed -i "s/^Version: .*/Version: $later/" "$work/later/DEBIAN/control"
echo '# a line of the later version' >>"$work/later$conf"
(cd "$work/later" && find usr etc lib -type f -exec md5sum {} + >DEBIAN/md5sums 2>/dev/null)
dpkg-deb --root-owner-group -Zgzip -b "$work/later" "$root/root/later.deb" >/dev/null
rm -rf "$work/later"

install() { inside apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"; }
absent() { for path in "$@"; do ! inside test -e "$path" || { echo "$path is there"; return 1; }; done; }

echo '== installation'
ok 'apt-get update' inside apt-get update
ok 'man, bash-completion, zsh' install man-db bash-completion zsh
ok 'apt install gppi.deb' install /root/gppi.deb
ok 'nothing is left half-configured' same "$(inside dpkg-query -W -f '${db:Status-Abbrev}' gppi)" 'ii '
ok '--version' same "$(inside gppi --version | head -n 1)" "gppi $version"
ok 'detects NIfTI, DICOM and implicit DICOM' answers gppi
ok 'manual page' sh -c "env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin MANWIDTH=100 LC_ALL=C.UTF-8 chroot $root man gppi |
	grep -q 'gppi - find the growth plate plane'"
ok 'the index of manuals knows it' inside whatis gppi
ok 'completion in bash' same "$(inside bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader gppi
	COMP_WORDS=(gppi detect --engine "") COMP_CWORD=3; _gppi; echo ${COMPREPLY[*]}')" 'int8 fp32'
ok 'completion in zsh' same "$(inside zsh -fc 'autoload -U compinit; compinit -u -D; echo $_comps[gppi]')" _gppi
ok 'module of Slicer' same "$(inside /usr/lib/gppi/slicer/gppi --xml)" "$(cat "$root/usr/lib/gppi/slicer/gppi.xml")"
ok 'licences' inside ls /usr/share/doc/gppi/copyright /usr/share/doc/gppi/THIRD-PARTY

echo '== service'
ok 'sample configuration' inside gppi serve --check-config $conf
ok 'systemd likes the unit' inside systemd-analyze verify --man=no /lib/systemd/system/gppi.service
ok 'it is not enabled' absent /etc/systemd/system/multi-user.target.wants/gppi.service
ok 'its user is a system user without a shell' inside sh -c \
	'getent passwd gppi | grep -q ":/var/lib/gppi:/usr/sbin/nologin$" && [ "$(id -u gppi)" -lt 1000 ]'
# what systemd would do: StateDirectory=, User=, ExecStart=
inside install -d -o gppi -g gppi -m 750 /var/lib/gppi
sed -i 's/^port = .*/port = 11923/; s/^quiet_time = .*/quiet_time = 1/' "$root$conf"
# not by inside: $! would be that of a shell
env -i PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 chroot "$root" setpriv --reuid=gppi --regid=gppi --clear-groups \
	--no-new-privs gppi serve --config $conf >"$work/serve.log" 2>&1 &
serve=$!
running() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do inside gppi serve --status --config $conf && return 0; sleep 1; done
	cat "$work/serve.log"
	return 1
}
answered() {
	for _ in $(seq 120); do ls "$root"/var/lib/gppi/results/*/result.json 2>/dev/null && return 0; sleep 1; done
	cat "$work/serve.log"
	return 1
}
ok 'runs as this user' running
ok 'takes a series' storescu -aet SCANNER -aec GPPI +sd localhost 11923 "$work/scan/femur-implicit"
ok 'and answers it' answered
ok 'with the plane' same \
	"$(sed -n 's/.*"gppi": *\([0-9]*\).*/\1/p' "$root"/var/lib/gppi/results/*/result.json | head -n 1)" \
	"$(echo "$truth" | awk 'NR == 3 { print $2 }')"
kill $serve
wait $serve
ok 'it stopped as asked' [ $? -eq 0 ]

echo '== upgrade'
echo '# an edit of the owner' >>"$root$conf"
edited=$(md5sum <"$root$conf")
results=$(cd "$root/var/lib/gppi" && find . -type f | sort | xargs -r md5sum)
ok 'apt install of a later version' install /root/later.deb
ok 'is the later one' same "$(inside dpkg-query -W -f '${Version}' gppi)" "$later"
ok 'edits of the configuration are kept' same "$(md5sum <"$root$conf")" "$edited"
ok 'the new sample lies beside it' grep -q 'later version' "$root$conf.dpkg-dist"
ok 'it is still not enabled' absent /etc/systemd/system/multi-user.target.wants/gppi.service

echo '== removal'
ok 'apt remove' inside apt-get remove -y gppi
ok 'program, unit and completion are gone' absent /usr/bin/gppi /lib/systemd/system/gppi.service \
	/usr/share/bash-completion/completions/gppi /usr/lib/gppi
ok 'the configuration is kept' same "$(md5sum <"$root$conf")" "$edited"
inside apt-get purge -y gppi >"$work/purge" 2>&1
ok 'apt purge' [ $? -eq 0 ]
ok 'it says what it leaves' grep -q 'scans and results in /var/lib/gppi were left' "$work/purge"
ok 'the configuration is gone' absent /etc/gppi
ok 'results are as they were' same "$(cd "$root/var/lib/gppi" && find . -type f | sort | xargs -r md5sum)" "$results"
ok 'and have their owner' same "$(inside stat -c %U /var/lib/gppi)" gppi
left() { inside find / -xdev -name '*gppi*' -not -path '/var/lib/gppi*' -not -path '/root/*'; }
ok 'nothing else is left' [ -z "$(left)" ]
ok 'installs again' install /root/gppi.deb
ok 'with the same user' same "$(inside stat -c %U /var/lib/gppi/results)" gppi

umount -R "$root/scan" "$root/proc" "$root/dev"
rm -rf --one-file-system "$root"
finish
