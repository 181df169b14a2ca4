#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Usage: tests/session.sh [--show]
#
# The session of the README of 1999, in the kernel that runs: to be started as
# root inside the guest (scripts/vm). Every step that the README promises is a
# line "ok - ..." or "not ok - ...", and the exit status tells whether all went
# well.
#
#   --show  show the session instead, as a person would have typed it
#
# Environment: BUFFLINK_BUILD, the build directory of that kernel, with the
# samples in it; BUFFLINK_SCRATCH, an existing directory to work in (default: a
# new one below /tmp).

set -uo pipefail
PATH=/usr/sbin:/sbin:/usr/bin:/bin:$PATH

show=''
case ${1-} in
'') ;;
--show) show=1 ;;
--help | -h)
	sed -n '/^# Usage:/,/^$/{/^#/s/^# \{0,1\}//p;}' "$0"
	exit 0
	;;
*)
	echo "session.sh: what is $1? Try --help." >&2
	exit 2
	;;
esac

: "${BUFFLINK_BUILD:?must name the build directory of the running kernel}"
BUFFLINK_BUILD=$(readlink -f "$BUFFLINK_BUILD")
module=$BUFFLINK_BUILD/drivers/char/bufflink.ko

passed=0 failed=0
pass() {
	passed=$((passed + 1))
	[ -n "$show" ] || printf 'ok - %s\n' "$1"
}
fail() {
	failed=$((failed + 1))
	printf 'not ok - %s\n' "$1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}
skip() { [ -n "$show" ] || printf 'ok - %s # SKIP %s\n' "$1" "$2"; }

die() {
	fail "$@"
	exit 1
}

# A place of its own where a node can be made, and with nothing left in /dev,
# /lib/modules and /proc/sys that was not there before.
made='' mounted='' modprobe_was='' reader=''
scratch=${BUFFLINK_SCRATCH-}
if [ -z "$scratch" ]; then
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/bufflink-session.XXXXXX") || exit 1
	made=1
fi
cleanup() {
	[ -z "$reader" ] || kill "$reader" 2>/dev/null
	rmmod bufflink_test 2>/dev/null
	[ ! -f /dev/bufflink0 ] || rm /dev/bufflink0
	[ -z "$modprobe_was" ] || printf '%s\n' "$modprobe_was" >/proc/sys/kernel/modprobe
	cd /
	[ -z "$mounted" ] || umount "$scratch"
	[ -z "$made" ] || rmdir "$scratch"
}
trap cleanup EXIT
mount -t tmpfs bufflink-session "$scratch" && mounted=1
cd "$scratch" || exit 1

for f in samples/bufflink/bufflink_test.ko samples/bufflink/devtest; do
	[ -f "$BUFFLINK_BUILD/$f" ] || die "the samples are built" "$BUFFLINK_BUILD/$f is missing"
	cp "$BUFFLINK_BUILD/$f" .
done

say() { [ -z "$show" ] || printf '\n%s\n' "$*"; }
prompt() { [ -z "$show" ] || printf '# %s\n' "$*"; }
shown() { [ -z "$show" ] || [ -z "$1" ] || printf '%s\n' "$1" | cut -c1-78; }

# Runs a command line as if typed; leaves its output in $out, its status in $rc.
out='' rc=0
run() {
	prompt "$1"
	rc=0
	out=$(eval "$1" 2>&1) || rc=$?
	shown "$out"
}

# The same, and it must print exactly this, and succeed unless told otherwise.
expect() {
	local what=$1 command=$2 want=$3 want_rc=${4:-0}
	run "$command"
	if [ "$out" = "$want" ] && [ "$rc" = "$want_rc" ]; then
		pass "$what"
	else
		fail "$what" "command:  $command" "expected: status $want_rc: $want" "got:      status $rc: $out"
	fi
}

check() {
	local what=$1
	shift
	if "$@"; then pass "$what"; else fail "$what" "$*" "last output: $out"; fi
}

reader_sleeps() {
	[ "$(awk '$1 == "State:" { print $2 }' "/proc/$reader/status" 2>/dev/null)" = S ] && [ ! -s reader.out ]
}
reader_has_opened() { readlink "/proc/$reader"/fd/* 2>/dev/null | grep -q bufflink; }
# Starts "./devtest r N" and leaves its process in $reader, most likely asleep.
start_reader() {
	local i
	prompt "./devtest r $1 &"
	./devtest r "$1" >reader.out 2>&1 &
	reader=$!
	out=''
	for ((i = 0; i < 300; i++)); do
		if reader_has_opened && reader_sleeps; then break; fi
		sleep 0.1
	done
	sleep 0.3
}
# It must come back by itself within five seconds, and have printed this.
reader_prints() {
	local i
	for ((i = 0; i < 50; i++)); do
		[ ! -s reader.out ] || break
		sleep 0.1
	done
	kill "$reader" 2>/dev/null
	wait "$reader" 2>/dev/null
	reader=''
	out=$(cat reader.out)
	shown "$out"
	[ "$out" = "$1" ]
}

letters() { awk -v n="$1" 'BEGIN { while (i < n) printf "%c", 97 + i++ % 26 }'; }
last_minor() { dmesg | sed -n 's/.*bufflink_test: minor \([0-9]*\)$/\1/p' | tail -n 1; }
major() { awk '$2 == "bufflink" { print $1 }' /proc/devices; }
node_is() { [ "$(stat -c '%A %t %T' "$1" 2>/dev/null)" = "$2 $(printf '%x %x' "$(major)" "$3")" ]; }
stats_line() { ./devtest stats | awk -v what="$1" '$1 == what { print $2, $3 }'; }

# The device driver as a module: channels come first, the driver when somebody
# opens a node, as kmod and /etc/conf.modules did it in 1999.
if [ -f "$module" ] && [ -z "$(major)" ]; then
	say '--- The driver is a module, and not loaded. A channel does not mind.'
	cp "$module" .
	run 'insmod ./bufflink_test.ko text=early'
	check "a channel can be made before the driver is loaded" [ "$rc" = 0 ]
	check "it has minor 0" [ "$(last_minor)" = 0 ]
	check "there is no device yet" [ -z "$(major)" ]

	# modprobe with a configuration and modules of our own.
	release=$(uname -r)
	mkdir -p "root/lib/modules/$release"
	cp "$module" "root/lib/modules/$release/"
	: >"root/lib/modules/$release/modules.order"
	cp "$BUFFLINK_BUILD/modules.builtin" "$BUFFLINK_BUILD/modules.builtin.modinfo" \
		"root/lib/modules/$release/" 2>/dev/null
	depmod -b root "$release"
	printf '%s\n' 'alias char-major-120-* bufflink' 'options bufflink major=120' >modprobe.conf
	printf '#!/bin/sh\nexec /sbin/modprobe -d %s -C %s "$@"\n' \
		"$scratch/root" "$scratch/modprobe.conf" >modprobe
	chmod +x modprobe
	modprobe_was=$(cat /proc/sys/kernel/modprobe)
	echo "$scratch/modprobe" >/proc/sys/kernel/modprobe

	say '--- conf.modules: alias char-major-120-* bufflink; options bufflink major=120'
	run 'mknod ./old c 120 0'
	expect "opening the hand-made node 120:0 loads the module, and the data is waiting" \
		'./devtest -d ./old r 100' 'read 6 bytes: early\n'
	expect "major=120 gives the old number" 'grep bufflink /proc/devices' '120 bufflink'
	check "devtmpfs has made /dev/bufflink0, for root alone" node_is /dev/bufflink0 crw------- 0

	start_reader 40
	run 'rmmod bufflink'
	check "the driver cannot be unloaded while a device is open" [ "$rc" != 0 ]
	run './devtest w 3'
	check "the reader does not notice" reader_prints 'read 3 bytes: abc'

	expect "the driver can be unloaded while a channel lives" 'rmmod bufflink' ''
	check "the device is gone" [ ! -e /dev/bufflink0 ]
	expect "the driver can be loaded again" 'insmod ./bufflink.ko' ''
	run 'grep bufflink /proc/devices'
	check "it has a major number of its own" [ "$rc" = 0 ]
	expect "the channel is still there" './devtest w 5; ./devtest r 40' \
		$'wrote 5 bytes\nread 5 bytes: abcde'
	run 'rmmod bufflink_test'
elif [ -n "$(major)" ]; then
	skip "the driver is loaded on demand" "it is there already"
else
	die "there is a driver" "neither in the kernel nor as $module"
fi

say '--- The session of the README of 1999.'
run 'insmod ./bufflink_test.ko'
check "insmod ./bufflink_test.ko" [ "$rc" = 0 ]
run 'dmesg | grep bufflink_test | tail -n 1'
check "the kernel log has the minor it has picked, 0" [ "$(last_minor)" = 0 ]

run 'cat /proc/devices | grep bufflink'
check "/proc/devices has the major number against bufflink" [ -n "$(major)" ]
run "mknod ./bufflink0 c $(major) 0"
expect "a node made by hand works" './devtest -d ./bufflink0 r 0' 'read 0 bytes'
run 'ls -l /dev/bufflink0'
check "devtmpfs has made the same, for root alone" node_is /dev/bufflink0 crw------- 0

expect "w 8 writes 8 bytes" './devtest w 8' 'wrote 8 bytes'
expect "w 8 writes 8 bytes more" './devtest w 8' 'wrote 8 bytes'
expect "r 2 reads the first 2 immediately" './devtest r 2' 'read 2 bytes: ab'
expect "r 40 reads the remaining 14 immediately" './devtest r 40' 'read 14 bytes: cdefghabcdefgh'
start_reader 40
check "r 40 sleeps when nothing is left" reader_sleeps
expect "w 10 writes 10 bytes" './devtest w 10' 'wrote 10 bytes'
check "that wakes the reader, which gets the 10" reader_prints 'read 10 bytes: abcdefghij'

expect "what goes into the hand-made node comes out of the other" \
	'./devtest -d ./bufflink0 w 4; ./devtest r 40' $'wrote 4 bytes\nread 4 bytes: abcd'

say '--- "Play with devtest to convince yourself of the behaviour when an overflow occurs."'
start_reader 40
expect "the channel can be destroyed while a reader sleeps" 'rmmod bufflink_test' ''
check "the reader gets end of file" reader_prints 'read 0 bytes (end of file)'
check "the node has gone from /dev" [ ! -e /dev/bufflink0 ]
expect "and the one made by hand opens nothing" './devtest -d ./bufflink0 r 1' \
	'devtest: ./bufflink0: open: No such device or address' 1

run 'insmod ./bufflink_test.ko size=4096'
check "a small ring, with the same minor" [ "$(last_minor)" = 0 ]
expect "a 3000 has the kernel append what fits" './devtest a 3000' 'appended 3000 bytes'
expect "nothing is lost yet" './devtest poll' $'POLLIN: data to read'
expect "a 3000 more do not fit" './devtest a 3000' \
	'devtest: /sys/module/bufflink_test/parameters/append: write: No buffer space available' 1
expect "only what does not fit is lost: a 500 does" './devtest a 500' 'appended 500 bytes'
expect "the overflow flag is set" './devtest poll' $'POLLIN: data to read\nPOLLPRI: records were lost'
run './devtest stats'
check "three records were tried" [ "$(stats_line appended)" = '3 6500' ]
check "two of them are there" [ "$(stats_line unread)" = '2 3500' ]
check "one is lost, counted exactly" [ "$(stats_line lost)" = '1 3000' ]
check "for want of room" [ "$(stats_line full)" = '1 3000' ]
expect "reading goes on" './devtest r 4000' "read 3500 bytes: $(letters 3000)$(letters 500)"
expect "the flag stays" './devtest poll' $'POLLOUT: room to write\nPOLLPRI: records were lost'
run './devtest ack'
check "until it is acknowledged, with what was lost" \
	[ "$(awk '$1 == "unacked" { print $2, $3 }' <<<"$out")" = '1 3000' ]
expect "then it is clear" './devtest poll' 'POLLOUT: room to write'
expect "and all goes on" './devtest w 8; ./devtest r 40' $'wrote 8 bytes\nread 8 bytes: abcdefgh'
expect "rmmod bufflink_test" 'rmmod bufflink_test' ''

say '--- What is written to a node that has gone makes a file, which keeps the next node away.'
run 'echo x >>/dev/bufflink0'
run 'insmod ./bufflink_test.ko'
check "a file in the place of the node does not hinder the channel" [ "$rc" = 0 ]
check "the node cannot be made" [ -f /dev/bufflink0 ]
expect "devtest tells" './devtest r 40' 'devtest: /dev/bufflink0: not a device: remove it' 1
run 'rmmod bufflink_test; rm /dev/bufflink0; insmod ./bufflink_test.ko'
check "once it is removed the node is made again" node_is /dev/bufflink0 crw------- 0
run 'rmmod bufflink_test'

[ -z "$show" ] || printf '\n'
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
