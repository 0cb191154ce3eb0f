#!/bin/sh
# README.md for a package, on standard output: links lead to the documents there, those to what only the sources have
# go.
#   packaging/readme.sh PREFIX      PREFIX: of the documents, seen from where the file will lie, such as share/doc/gppi/
set -eu

sed -e '/^!\[/d' -e 's/\[\([^]]*\)\](\(weights\/README.md\|Makefile\))/\1/g' \
	-e "s|](packaging/doc/|]($1|g" -e "s|](packaging/|]($1|g" README.md
