# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the suites share. A suite begins with
#
#     . "$(dirname "$(readlink -f "$0")")/../lib.sh"
#
# and prints its findings with pass, fail, skip and check. See scripts/test.

# shellcheck source=scripts/lib.sh
[ -n "${ROOT:-}" ] || . "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../scripts/lib.sh"

FAILED=0
pass() { printf 'ok - %s\n' "$1"; }
skip() { printf 'ok - %s # SKIP %s\n' "$1" "$2"; }
# fail WHAT [TEXT]: the text, of any length, follows as a comment.
fail() {
	FAILED=$((FAILED + 1))
	printf 'not ok - %s\n' "$1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | tail -n 60 | sed 's/^/# /'
}
# check WHAT COMMAND...: passes when COMMAND does; its output is shown only if not.
check() {
	local what=$1 out
	shift
	if out=$("$@" 2>&1 </dev/null); then pass "$what"; else fail "$what" "$out"; fi
}
# same WHAT EXPECTED FOUND
same() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "$(printf 'expected: %s\nfound:    %s' "$2" "$3")"
	fi
}
finish() { [ "$FAILED" -eq 0 ]; }

# Passes carry over to later runs where their content determines them: everything that
# they depend on goes into a key. Failures are never kept.
PASSED=$CACHE/passed
# key FILE... <TEXT: a word for the text and for the files, in their order: what is in
# them and their names, but not where they are.
key() { { cat; sha256sum "$@" | sed 's|  .*/|  |'; } | sha256sum | cut -c1-32; }
# pass_as KEY WHAT: passes, and is remembered.
pass_as() {
	mkdir -p "$PASSED"
	printf '%s\n' "$2" >"$PASSED/$1.$BASHPID"
	mv "$PASSED/$1.$BASHPID" "$PASSED/$1"
	pass "$2"
}
# passed_before KEY: passes as it did, if it did.
passed_before() { [ -s "$PASSED/$1" ] && pass "$(cat "$PASSED/$1") (as before)"; }

# Calls FUNCTION with each line of stdin, as many at a time as there are processors;
# what each prints comes in the order of the lines. SLOT is the number of the processor.
# If UNTIL_FAILURE is set, no line is begun after a failure: parallel FUNCTION
parallel() {
	local dir next=1 total
	dir=$(mktemp -d "$SCRATCH/parallel.XXXXXX")
	cat -n >"$dir/lines"
	total=$(wc -l <"$dir/lines")
	: >"$dir/lock"
	while read -r _; do
		while [ -e "$dir/$next.failed" ]; do
			cat "$dir/$next"
			FAILED=$((FAILED + $(cat "$dir/$next.failed")))
			next=$((next + 1))
		done
	done < <(parallel_workers "$1" "$dir")
	if [ "$next" -le "$total" ] && [ ! -e "$dir/stop" ]; then fail "$1 ended early"; fi
	rm -rf "$dir"
}
parallel_workers() {
	local jobs
	jobs=${BUFFLINK_JOBS:-$(nproc)}
	exec 3<"$2/lines"
	for ((SLOT = 0; SLOT < jobs; SLOT++)); do parallel_worker "$@" & done
	wait
}
parallel_line() {
	set -e # A process substitution may have lost it.
	FAILED=0
	"$1" "$2"
	echo "$FAILED" >"$3"
}
parallel_worker() {
	local i line
	exec 4<"$2/lock"
	while [ ! -e "$2/stop" ]; do
		# One at a time reads, as the lines are read in pieces.
		flock 4
		read -r i line <&3 || break
		flock -u 4
		parallel_line "$1" "$line" "$2/$i.count" </dev/null >"$2/$i" 2>&1 3<&- 4<&- &
		wait "$!" || true
		if [ ! -s "$2/$i.count" ]; then
			printf 'not ok - %s %s ended early\n' "$1" "$line" >>"$2/$i"
			echo 1 >"$2/$i.count"
		fi
		if [ -n "${UNTIL_FAILURE:-}" ] && [ "$(cat "$2/$i.count")" -gt 0 ]; then : >"$2/stop"; fi
		mv "$2/$i.count" "$2/$i.failed"
		echo "$i"
	done
}

# A directory that is gone when the suite ends.
scratch_dir() {
	mkdir -p "$CACHE"
	SCRATCH=$(mktemp -d "$CACHE/tmp.suite.XXXXXX")
	trap 'rm -rf "$SCRATCH"' EXIT
}

# The series in the tree. Work that is not exported is left where it is and tested.
prepare_tree() {
	[ -z "${BUFFLINK_PREPARED:-}" ] || return 0
	"$ROOT/scripts/tools"
	if [ -e "$TREE/.git" ] && {
		[ -n "$(uncommitted "$TREE")" ] ||
			[ "$(git -C "$TREE" rev-parse HEAD)" != "$(git -C "$TREE" rev-parse -q --verify "$APPLIED" || git -C "$TREE" rev-parse base)" ]
	}; then
		notice "$TREE has work that is not in patches/." "That work is tested, not the patches."
	else
		"$ROOT/scripts/apply" >/dev/null
	fi
}

# The results in a log of the kernel or of a kselftest, as lines of ours, one for
# each test that has none below it. kunit.py does the parsing: what crashed, did
# not end, or was announced and never came, it finds. ktap PREFIX LOG
ktap() {
	local prefix=$1 log=$2 json
	if ! grep -qE '(K?TAP version|^1\.\.[0-9])' "$log"; then
		fail "$prefix: no test results" "$(tail -n 40 "$log")"
		return
	fi
	json=$log.json
	python3 "$TREE/tools/testing/kunit/kunit.py" parse --json="$json" "$log" >"$log.parsed" 2>&1 || true
	python3 - "$prefix" "$json" >"$log.lines" <<'PYTHON' || true
import json, sys

def leaves(group, path):
    for case in group.get("test_cases", []):
        name = ": ".join(path + [case["name"]])
        if case["status"] == "PASS":
            yield "ok - " + name
        elif case["status"] == "SKIP":
            yield "ok - " + name + " # SKIP"
        else:
            yield "not ok - " + name + " (" + case["status"].lower() + ")"
    for sub in group.get("sub_groups", []):
        yield from leaves(sub, path + [sub["name"]])

with open(sys.argv[2]) as file:
    for line in leaves(json.load(file), [sys.argv[1]]):
        print(line)
PYTHON
	cat "$log.lines"
	if grep -q '^not ok' "$log.lines"; then
		FAILED=$((FAILED + 1))
		grep -vE '^\[[0-9:]+\] \[PASSED\]' "$log.parsed" | tail -n 60 | sed 's/^/# /'
	elif [ ! -s "$log.lines" ]; then
		fail "$prefix: no test results" "$(tail -n 40 "$log.parsed")"
	fi
}

# Runs TAP of a program in the guest through ktap, and its way to end as a test of
# its own: guest_tap PREFIX OPTIONS-OF-VM... -- COMMAND...
guest_tap() {
	local prefix=$1 status=0
	shift
	"$ROOT/scripts/vm" --log "$SCRATCH/kernel.log" "$@" >"$SCRATCH/output" 2>"$SCRATCH/errors" || status=$?
	ktap "$prefix" "$SCRATCH/output"
	# 4 is kselftest's own word for "skipped".
	if [ "$status" -eq 0 ] || [ "$status" -eq 4 ]; then
		pass "$prefix: ran without a complaint of the kernel"
	else
		fail "$prefix: ended with status $status" "$(tail -n 50 "$SCRATCH/errors")"
	fi
}

# KUnit at boot: kunit ARCH [OPTIONS-OF-VM...]
kunit() {
	local arch=$1 status=0
	shift
	"$ROOT/scripts/vm" --arch "$arch" --append 'kunit.enable=1 kunit.autorun=1' --memory 1G \
		--log "$SCRATCH/kernel.log" "$@" -- true 2>"$SCRATCH/errors" || status=$?
	if [ ! -s "$SCRATCH/kernel.log" ]; then
		fail "$arch: no kernel to boot" "$(tail -n 50 "$SCRATCH/errors")"
		return
	fi
	ktap "$arch" "$SCRATCH/kernel.log"
	if [ "$status" -eq 0 ]; then
		pass "$arch: booted without a complaint of the kernel"
	else
		fail "$arch: ended with status $status" "$(tail -n 50 "$SCRATCH/errors")"
	fi
}

# The session of the README of 1999: session ARCH [OPTIONS-OF-VM...]
session() {
	local arch=$1 status=0
	shift
	"$ROOT/scripts/vm" --arch "$arch" "$@" -- "$ROOT/tests/session.sh" 2>"$SCRATCH/errors" || status=$?
	if [ "$status" -eq 0 ]; then
		pass "the session ended well"
	else
		fail "the session ended with status $status" "$(cat "$SCRATCH/errors")"
	fi
}

# The programs of tools/testing/selftests/bufflink in a build directory, all or
# those that SELFTESTS names: selftest BUILD OPTIONS-OF-VM...
selftest() {
	local programs=$1/kselftest/bufflink program found=''
	shift
	for program in "$programs"/*; do
		[[ -f $program && -x $program && " ${SELFTESTS:-${program##*/}} " = *" ${program##*/} "* ]] || continue
		found=1
		guest_tap "${program##*/}" "$@" -- env -C "$programs" "$program"
	done
	[ -n "$found" ] || fail "there is no selftest in $programs"
}

# KUnit, the session and the selftests in an emulated machine, with a configuration
# that checks what the others do not or on another architecture, and slower for it:
# checked ARCH CONFIG
checked() {
	local arch=$1 config=$2 build options
	if ! build=$("$ROOT/scripts/build" --arch "$arch" --config "$config" 2>"$SCRATCH/errors"); then
		fail "$arch, $config: it builds" "$(cat "$SCRATCH/errors")"
		return
	fi
	pass "$arch, $config: it builds"
	architecture "$arch"
	options=(--config "$config" --memory 2G --kernel "$build/$IMAGE")
	kunit "$arch" "${options[@]}"
	session "$arch" "${options[@]}"
	SELFTESTS='device_test stress_test' selftest "$build" --arch "$arch" --timeout 1800 "${options[@]}"
}

# Directories with objects that commits touch, as targets of make: objects BASE TIP.
# The kernel crate needs none: "prepare" compiles it.
objects() {
	local file dir
	git -C "${3:-$TREE}" diff --name-only --diff-filter=d "$1" "$2" | while read -r file; do
		case $file in
		rust/* | include/* | tools/* | scripts/* | Documentation/*) ;;
		*.c | *.rs | */Makefile | */Kconfig)
			dir=$(dirname "$file")
			# A directory that only holds directories has nothing to build.
			if [ -f "${3:-$TREE}/$dir/Makefile" ] && [ "$dir" != samples ]; then printf '%s/\n' "$dir"; fi ;;
		esac
	done | sort -u
}
