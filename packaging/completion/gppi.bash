# bash completion of gppi. Commands, options and what they take are read from `gppi help`, at the moment when
# somebody asks: an option that the program knows is known here.
_gppi()
{
	local program=${COMP_WORDS[0]} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command='' text takes i
	COMPREPLY=()

	# --option=value comes as three words
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] && continue
		command=${COMP_WORDS[i]}
		break
	done
	text=$("$program" help ${command:+"$command"} 2>/dev/null)
	if [[ -z $command || $command == help ]]; then
		text=$("$program" help 2>/dev/null)
		COMPREPLY=($(compgen -W "$(sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' <<<"$text")" -- "$cur"))
		[[ $command == help || $cur != -* ]] && return
	fi

	# what the option before takes: the word behind it in the help, if any
	takes=
	if [[ $prev =~ ^(-[a-z]|--[a-z][a-z-]*)$ ]]; then
		takes=$(sed -n "s/^ .*$prev\(, --[a-z-]*\)\{0,1\} \([^ ][^ ]*\).*/\2/p" <<<"$text" | head -n 1)
	fi
	case $takes in
	'') ;;
	*'|'*)
		COMPREPLY=($(compgen -W "${takes//|/ }" -- "$cur"))
		return ;;
	DIR)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	*FILE* | *.csv)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	*)
		compopt +o default +o bashdefault 2>/dev/null # a number or a name
		return ;;
	esac

	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$(grep -o -- '--[a-z][a-z-]*' <<<"$text" | sort -u)" -- "$cur"))
	fi
}
complete -o default -o bashdefault -F _gppi gppi
