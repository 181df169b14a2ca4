# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the suites model and mutants share. Sourced after tests/lib.sh.

# The files under test, as build.rs names them.
model_files() {
	sed -n 's/^const FILES: .* = \[\(.*\)\];$/\1/p' "$ROOT/tests/model/build.rs" |
		grep -o '[a-z_]*' | sed 's/$/.rs/' | grep . || die "tests/model/build.rs names no files"
}

# What determines what the models find, as one word: model_key SOURCE LOCKFILE
model_key() {
	local files file
	mapfile -t files < <(find "$ROOT/tests/model" -type f | LC_ALL=C sort)
	for file in $(model_files); do files+=("$1/$file"); done
	{ rustc -vV && cargo -V; } | key "${files[@]}" "$2"
}
