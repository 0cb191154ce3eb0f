# Clean Debian systems for the checks of packages; sourced by packaging/check/*.sh. Needs root and debootstrap.
. "$(dirname "$0")/../../tests/shell.sh"
loud=yes

stop() { echo "$1" >&2; exit 1; }

# again "$0" "$@": begins once more in a mount namespace of its own, so that nothing stays mounted
again() {
	[ "$(id -u)" -eq 0 ] || stop "$1: making a clean system needs root"
	[ -n "${CHECK_OWN_MOUNTS:-}" ] || CHECK_OWN_MOUNTS=1 exec unshare --mount "$@"
}

# Lines "URI codename component" of the Debian archives this machine's apt uses.
archives() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' | sort -u
}

# system DIR SUITE [VARIANT]: a fresh system in DIR. MIRROR=URI takes packages from there instead of where this
# machine's apt does. What debootstrap made is kept beside DIR and copied.
system() {
	base=$(dirname "$1")/base-$2
	mirror=${MIRROR:-$(archives | sed -n "s| $2 main\$||p" | head -n 1)}
	mirror=${mirror:-$(archives | sed -n 's|^\([^ ]*/debian/*\) .* main$|\1|p' | head -n 1)}
	[ -n "$mirror" ] || stop 'no Debian archive is known; name one: MIRROR=URI make ...'
	if [ ! -e "$base/complete" ]; then
		rm -rf "$base"
		mkdir -p "$base"
		debootstrap --variant=minbase "$2" "$base/root" "$mirror" >"$base/log" 2>&1 ||
			{ tail -n 5 "$base/log" >&2; stop "debootstrap of $2 failed; all of it: $base/log"; }
		touch "$base/complete"
	fi
	rm -rf --one-file-system "$1"
	cp -a "$base/root" "$1"
	# with its updates, where this machine has them
	{ echo "deb $mirror $2 main"; archives | sed -n "s|^\([^ ]*\) \($2-[a-z]*\) main\$|deb \1 \2 main|p"; } \
		>"$1/etc/apt/sources.list"
	mount -t proc proc "$1/proc"
	mount -t tmpfs tmpfs "$1/dev"
	for device in null zero random urandom; do
		touch "$1/dev/$device"
		mount --bind "/dev/$device" "$1/dev/$device"
	done
	mkdir "$1/dev/shm"
	ln -s /proc/self/fd "$1/dev/fd"
	# as on a machine that boots: services are not started from inside
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod +x "$1/usr/sbin/policy-rc.d"
}

# inside COMMAND...: in the system $root
inside() {
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}

# A synthetic bone in $work/scan: femur.nii, femur-dicom, and femur-implicit, whose elements have no types written
# beside them, so that only DICOM's data dictionary tells them. Answers of the program in BUILD as $truth. Kept for
# the next check.
draw() {
	if [ ! "$work/scan/complete" -nt "$1/phantom" ]; then
		rm -rf "$work/scan"
		mkdir -p "$work/scan/femur-implicit"
		"$1/phantom" make --seed 500005 --condition typical --size 320 --nifti "$work/scan/femur.nii" \
			--dicom "$work/scan/femur-dicom" >/dev/null || stop 'the phantom was not drawn'
		for file in "$work"/scan/femur-dicom/*; do
			dcmconv +ti "$file" "$work/scan/femur-implicit/$(basename "$file")" || stop 'dcmconv failed'
		done
		touch "$work/scan/complete"
	fi
	truth=$(cd "$work/scan" && "$1/gppi" detect -q $scans)
	echo "$truth"
}
scans='femur.nii femur-dicom femur-implicit'
answers() { same "$(inside sh -c "cd /scan && $1 detect -q $scans")" "$truth"; }
