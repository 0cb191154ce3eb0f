# What the checks of gppi measure share. To be read by them.
. "$(dirname "$0")/shell.sh"
phantom=$(absolute "${PHANTOM:-build/phantom}")
gppi=$(absolute "${GPPI:-build/gppi}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

measure() { "$gppi" measure --threads 2 "$@"; }
# value FILE NAME: of a measure in JSON
value() {
	python3 -c 'import json, sys; v = json.load(open(sys.argv[1]))["measures"][sys.argv[2]]; '\
'print("null" if v is None else "%.7g" % v)' "$1" "$2"
}
column() {
	python3 -c 'import csv, sys; print(*[r[sys.argv[2]] for r in csv.DictReader(open(sys.argv[1]))])' "$1" "$2"
}
is() { same "$(value "$1" "$2")" "$3"; }

# Every name that others rely on is there, and what is null has a reason.
complete() { # FILE
	python3 - "$1" <<'PY'
import json, sys
r = json.load(open(sys.argv[1]))
names = """tv_mm3 bv_mm3 bv_tv tb_th_mm tb_th_sd_mm tb_sp_mm tb_sp_sd_mm tb_n_per_mm bs_mm2 bs_bv_per_mm bs_tv_per_mm
    conn_d_per_mm3 da tt_ar_mm2 ct_ar_mm2 ma_ar_mm2 ct_ar_tt_ar ct_th_mm imin_mm4 imax_mm4 j_mm4 threshold
    threshold_unit""".split()
assert all(n in r["measures"] for n in names), set(names) - set(r["measures"])
assert all((v is None) == (n in r["reasons"]) for n, v in r["measures"].items()), r["reasons"]
assert "conventions" in r and all(r["reasons"].values())
PY
}

refuses() { # WHAT IT SAYS, COMMAND...
	says=$1
	shift
	"$@" >out 2>err && return 1
	has err "$says"
}
near() { # FILE NAME VALUE PERCENT
	python3 -c 'import sys; a, b, p = map(float, sys.argv[1:]); assert abs(a - b) <= p / 100 * b, (a, b)' \
		"$(value "$1" "$2")" "$3" "$4"
}
