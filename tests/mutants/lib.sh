# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# How the faults of the lists beside this file are tried. Sourced by the suites
# mutants and mutants-kernel, after tests/lib.sh; see README.md.

# The lines of LIST; if BUFFLINK_MUTANTS is set, those whose name matches it.
listed() {
	grep -vE '^(#|$)' "$ROOT/tests/mutants/$1" | grep -E "^[^ ]*(${BUFFLINK_MUTANTS:-})" || true
}

# Puts the fault NAME into FILE: mutate NAME FILE SED. $SCRATCH/original is FILE without.
mutate() {
	local lines
	cp "$2" "$SCRATCH/original"
	sed -i "$3" "$2"
	lines=$(diff "$SCRATCH/original" "$2" | grep -c '^<') || true
	[ "$lines" -eq 1 ] || { fail "$1: changes $lines lines of ${2##*/}, not 1"; return 1; }
}

# The tests that ended as "ok" or "not ok", from what a test or a kernel said.
results() { sed -n "s/^\(\[[ 0-9.]*\]\)\{0,1\} *$1 [-0-9 ]*//p" "${@:2}"; }

# --- Faults of the lane, under the model checker ---

# Runs the models of a pattern on the files of a directory; their findings are in OUT.
# Each SLOT compiles in a directory of its own: run_models SOURCE PATTERN OUT
run_models() {
	BUFFLINK_SLOT=${SLOT:-0} BUFFLINK_SOURCE=$1 BUFFLINK_MODELS=$2 \
		"$ROOT/tests/suites/model" >"$3" 2>&1 </dev/null
}

# Tries a line of the list.
model_mutant() {
	local name killer file sed key SCRATCH=$SCRATCH/$SLOT
	read -r name killer file sed <<<"$1"
	local source=$SCRATCH/source out=$SCRATCH/out
	rm -rf "$SCRATCH"
	mkdir -p "$source"
	cp "${model_sources[@]}" "$source"
	mutate "$name" "$source/$file" "$sed" || return 0
	key=$(key "$ROOT/tests/suites/model" "$ROOT/tests/mutants/lib.sh" \
		<<<"mutant $1 $(model_key "$source" "$CACHE/model/0/crate/Cargo.lock")")
	if passed_before "$key"; then return; fi
	if BUFFLINK_JOBS=1 UNTIL_FAILURE=1 run_models "$source" "$killer" "$out"; then
		fail "$name: survives model ($killer)" "$(cat "$out")"
	elif ! grep -q '^not ok - model: ' "$out"; then
		fail "$name: does not compile" "$(cat "$out")"
	else
		pass_as "$key" "$name: killed by model ($(results 'not ok' "$out" | sed 's/^model: //;1!d'))"
	fi
}

model_mutants() {
	local before=$FAILED file model_sources=()
	for file in $(model_files); do model_sources+=("$TREE/rust/kernel/bufflink/$file"); done
	lock mutants-model
	# What fails without a fault proves nothing.
	check "the models hold without a fault" run_models "$TREE/rust/kernel/bufflink" \
		"$(listed model | awk '{ print $2 }' | sort -u | tr '\n' ' ')" /dev/stdout
	[ "$FAILED" -eq "$before" ] || return 0
	parallel model_mutant < <(listed model)
}

# --- Faults of the rest, in a kernel ---

# Brings the tree of the mutants, a worktree of the base, to what the series is now,
# with what is not committed. Only files that differ are touched.
sync_mutants_tree() {
	local file
	[ -e "$tree/.git" ] || plain_git -C "$TREE" worktree add -q --detach "$tree" base
	[ "$(git -C "$tree" rev-parse HEAD)" = "$(git -C "$TREE" rev-parse base)" ] ||
		plain_git -C "$tree" reset -q --hard "$(git -C "$TREE" rev-parse base)"
	{
		git -C "$TREE" diff --name-only base
		uncommitted "$TREE" | sed -n 's/^?? //p'
		git -C "$tree" diff --name-only
		uncommitted "$tree" | sed -n 's/^?? //p'
	} | sort -u | while read -r file; do
		case $file in */) continue ;; esac
		if [ ! -f "$TREE/$file" ]; then
			rm -f "$tree/$file"
		elif ! cmp -s "$TREE/$file" "$tree/$file"; then
			mkdir -p "$(dirname "$tree/$file")"
			cp "$TREE/$file" "$tree/$file"
		fi
	done
}

build_mutant() { "$ROOT/scripts/build" --tree "$tree" --config mutants "$@"; }

# Runs a killer, one or several of its tests or all; what it and the kernel said is in
# $SCRATCH/out and $SCRATCH/log. run_killer KILLER [TEST...]
run_killer() {
	local killer=$1 append=() command=(true) cpus=2 test
	shift
	if [ "$killer" = kunit ]; then
		append=(--append 'kunit.enable=1 kunit.autorun=1 kunit.filter_glob=*bufflink*')
	else
		command=(env -C "$build/kselftest/bufflink" "./${killer}_test")
		for test in "$@"; do
			if [ "$killer" = fifo ]; then command+=("*.$test"); else command+=(-t "$test"); fi
		done
	fi
	# See the suite selftest-um.
	if [ "$killer" = fifo ]; then cpus=1; fi
	"$ROOT/scripts/vm" --arch um --cpus "$cpus" --memory 1G --timeout 150 --kernel "$build/linux" \
		--log "$SCRATCH/log" "${append[@]}" -- "${command[@]}" >"$SCRATCH/out" 2>&1 &&
		[ -z "$(results 'not ok' "$SCRATCH/out" "$SCRATCH/log")" ] &&
		[ -n "$(results ok "$SCRATCH/out" "$SCRATCH/log")" ]
}
# The same before any fault is made: what fails then proves nothing.
run_well() { run_killer "$@" || { tail -n 30 "$SCRATCH/out"; return 1; }; }

# The killers of LINES, and the tests of each; those that have none are run as a whole.
killers() {
	awk '{
		split($2, part, ":")
		if (!(part[1] in tests)) tests[part[1]] = ""
		if (!part[2]) whole[part[1]] = 1
		else if (!seen[$2]++) tests[part[1]] = tests[part[1]] " " part[2]
	} END { for (killer in tests) print killer (killer in whole ? "" : tests[killer]) }' | sort
}

# kernel_mutants LINES: tries those lines of the list.
kernel_mutants() {
	local tree=$CACHE/tree-mutants build before=$FAILED tests name killer file sed found
	lock mutants
	sync_mutants_tree
	if ! build=$(build_mutant 2>"$SCRATCH/errors"); then
		fail "the kernel builds without a fault" "$(cat "$SCRATCH/errors")"
		return
	fi
	while read -r -a tests <&3; do
		check "${tests[0]} passes without a fault" run_well "${tests[@]}"
	done 3< <(killers <<<"$1")
	[ "$FAILED" -eq "$before" ] || return 0
	while read -r name killer file sed <&3; do
		name=${name#\*} tests=()
		case $killer in *:*) tests=("${killer#*:}") ;; esac
		case $file in */*) ;; *) file=rust/kernel/bufflink/$file ;; esac
		if mutate "$name" "$tree/$file" "$sed"; then
			if ! build_mutant kernel >/dev/null 2>"$SCRATCH/errors"; then
				fail "$name: does not compile" "$(cat "$SCRATCH/errors")"
			elif run_killer "${killer%%:*}" "${tests[@]}"; then
				fail "$name: survives $killer"
			else
				found=$(results 'not ok' "$SCRATCH/out" "$SCRATCH/log" | sed 's/ *#.*//;1!d')
				pass "$name: killed by ${killer%%:*} (${found:-the kernel did not end well})"
			fi
		fi
		cp "$SCRATCH/original" "$tree/$file"
	done 3<<<"$1"
}

# --- What nothing kills ---

# Says which faults survive, and why. Each must still be one that can be made.
survivors() {
	local line name _ file sed reason=''
	while read -r line; do
		case $line in
		'') reason='' ;;
		'#'*) reason+=${line#\#} ;;
		*)
			read -r name _ file sed <<<"$line"
			case $file in */*) ;; *) file=rust/kernel/bufflink/$file ;; esac
			cp "$TREE/$file" "$SCRATCH/survivor"
			if mutate "$name" "$SCRATCH/survivor" "$sed"; then printf '# %s: survives.%s\n' "$name" "$reason"; fi
			reason='' ;;
		esac
	done <"$ROOT/tests/mutants/survivors"
}
