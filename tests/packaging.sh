#!/bin/sh
# What is easily forgotten when a library, a command or an option is added: licences, completion, versions.
#   GPPI=build/gppi LIBS="-lpng ..." tests/packaging.sh      from the top of the source tree
. "$(dirname "$0")/shell.sh"

gppi=$(absolute "${GPPI:-build/gppi}")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
list=$dir/list
said=$dir/said

# has_word WORD FILE: between blanks or line ends
has_word() { tr ' ' '\n' <"$2" | grep -qxF -- "$1"; }

# ---- licences: what the Makefile asks for, and what the loader then brings ----
third=packaging/THIRD-PARTY
asked=$(for flag in ${LIBS:-}; do case $flag in -l*) echo "lib${flag#-l}" ;; esac; done | sed 's/^libpng$/libpng16/')
loaded=$(ldd "$gppi" | awk '$1 !~ /^linux-vdso/ { print $1 }' | sed 's|.*/||; s/\.so.*//')
ok 'libraries are asked for' [ -n "$asked" ]
ok 'libraries are loaded' [ -n "$loaded" ]
for library in $(printf '%s\n' $asked $loaded | sort -u); do
	ok "$library is named in $third" has_word "$library" "$third"
done
# every project by its name in the copyright file too
awk 'BEGIN { RS = ""; FS = "\n" } $4 ~ /^ lib/ { print $1 }' $third >"$list"
ok 'there are projects' [ -s "$list" ]
while read -r project; do
	ok "$project is named in packaging/debian/copyright" grep -qwF "$project" packaging/debian/copyright
done <"$list"

# ---- one version ----
version=$(sed -n 's/^#define GPPI_VERSION "\(.*\)"/\1/p' include/gppi/gppi.h)
ok 'version of the program' same "$("$gppi" --version | head -n 1)" "gppi $version"
ok 'version in the changelog' same "$(sed -n '1s/^gppi (\([^)]*\)).*/\1/p' packaging/debian/changelog)" "$version"
ok 'version in the manual' same "$(sed -n '1s/.*"gppi \([^"]*\)".*/\1/p' packaging/gppi.1)" "$version"

# ---- what compiling needs is said twice ----
needs() {
	sed 's/([^)]*)//g' | tr ', ' '\n\n' |
		grep -vxE 'debhelper-compat|dh-sequence-.*|make|gcc|g\+\+|libc6-dev|' | sort | xargs
}
ok 'Build-Depends are those of deps.sh' same "$(packaging/deps.sh --list build | needs)" \
	"$(sed -n '/^Build-Depends:/,/^[^ ]*:/p' packaging/debian/control |
		sed 's/^Build-Depends://; /^[^ ]*:/d' | needs)"

ok 'version in the citation' same "$(sed -n 's/^version: //p' packaging/CITATION.cff)" "$version"

# ---- documents ----
ok 'the README is read aloud in three minutes' [ "$(sed 's/([^)]*)//g; s/[|#*`!-]//g' README.md | wc -w)" -le 420 ]
for document in README.md packaging/doc/*.md packaging/recipes/README.md weights/README.md tools/*/README.md; do
	for link in $(grep -o '](\([^)#]*\)' "$document" | sed 's/](//' | grep -v '^[a-z]*:' | sort -u); do
		ok "$document leads to $link" [ -e "$(dirname "$document")/$link" ]
	done
done

# ---- weights: those of the list, no other ----
ok 'weights are those of the list' sh -c 'cd weights && sha256sum --quiet -c SHA256SUMS'
ok 'the list has all weights' same "$(ls weights | grep -E 'gppi[wf]$|f32$' | sort | xargs)" \
	"$(cut -c67- weights/SHA256SUMS | sort | xargs)"
for file in weights/*.gppiw; do
	ok "$file has its float copy" [ -s "${file%w}f" ]
done
ok 'the program has 8 MB at most' [ "$(strip -o "$dir/stripped" "$gppi" && stat -c %s "$dir/stripped")" -le 8388608 ]

# ---- completion ----
# words LINE...: what bash would offer for the last word
words() {
	bash -c '. packaging/completion/gppi.bash
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_gppi
		printf "%s\n" "${COMPREPLY[@]}"' words "$gppi" "$@"
}
offers() { word=$1; shift; words "$@" | grep -qxF -- "$word"; }
commands=$(sed -n 's/^\t{ "\([a-z]*\)", cmd_.*/\1/p' src/cli/main.c)
ok 'there are commands' [ -n "$commands" ]
for command in $commands help; do
	ok "completion of $command" offers "$command" ''
done
for command in $commands; do
	offered=$(words "$command" --)
	# as the program's own table has them; the version is asked of the program, the others are Slicer's business
	for option in $(sed -n 's/[^{]*{ "\([a-z-]*\)", \([a-z]*_argument\|&\|NULL, &\)[^}]*}/--\1 /gp' \
		"src/cli/$command.c" "src/cli/${command}_args.c" 2>/dev/null | grep -o -- '--[a-z-]*'); do
		case $option in
		--version | --markups | --returnparameterfile | --processinformationaddress) continue ;;
		esac
		ok "completion of $command $option" has_word "$option" /dev/stdin <<-LIST
			$offered
		LIST
	done
done
# ---- manual and documents have every command and option of the help ----
sed 's/\\-/-/g' packaging/gppi.1 packaging/doc/*.md >"$dir/manual"
sed 's/\\-/-/g' packaging/gppi.1 >"$dir/page"
for command in $commands; do
	ok "$command is in the manual" grep -qw -- "$command" "$dir/manual"
	for option in $("$gppi" help "$command" | grep -o -- '--[a-z][a-z-]*' | sort -u); do
		ok "$option of $command is in the manual" grep -q -- "$option\>" "$dir/manual"
	done
	# those that a line of the help begins with are in the command's own section, or in that of all
	awk -v own=".SS gppi $command" '/^\.S[SH]/ { on = $0 == own || $0 == ".SS Everywhere" } on' "$dir/page" \
		>"$dir/section"
	for option in $("$gppi" help "$command" |
		grep -o '^ *\(-[a-zA-Z], \)\?--[a-z][a-z-]*\(, --[a-z-]*\)*' |
		grep -o -- '--[a-z][a-z-]*' | sort -u); do
		ok "$option is in the section of $command" grep -q -- "$option\>" "$dir/section"
	done
done
ok 'values of an option' same "$(words detect --engine '' | xargs)" 'int8 fp32'
ok 'values after =' same "$(words detect --engine = f | xargs)" fp32
ok 'a number is not completed' [ -z "$(words detect --threads '')" ]
ok 'no unknown option' [ -z "$(words detect --frob)" ]
ok 'zsh knows its command' grep -qx '#compdef gppi' packaging/completion/_gppi

finish
