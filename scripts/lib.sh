# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What the scripts of Bufflink share. Sourced, never run:
#
#     . "$(dirname "$(readlink -f "$0")")/lib.sh"
#
# Progress goes to stderr, results go to stdout. All state is kept under
# BUFFLINK_CACHE; the checkout itself is never built in.

set -euo pipefail

# The kernel that the series is made for, in the forms it comes in.
readonly BASE_VERSION=7.2.9 BASE_PACKAGE='7.2.9-1~bpo13+1'
readonly BASE_COMMIT=5fce161649b4d779d1b76d9fcd52dc77779774b8

ROOT=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
CACHE=${BUFFLINK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bufflink}
PATCHES=${BUFFLINK_PATCHES:-$ROOT/patches}
TREE=${BUFFLINK_TREE:-$CACHE/tree}
VENV=$CACHE/venv
ME=$(basename "$0")
readonly ROOT CACHE PATCHES VENV ME

# The distribution's compilers come before any other that PATH may know (a
# rustup toolchain, for one, rarely has the source of the core library), and
# tools that scripts/tools built itself come before both.
PATH=$CACHE/tools/bin:/usr/bin:/bin:/usr/sbin:/sbin:$PATH
export PATH

say() { printf '%s\n' "$ME: $*" >&2; }
die() { say "$*"; exit 1; }

# A message that is not to be overlooked.
notice() {
	{
		printf '\n%s\n' '**********************************************************************'
		printf '** %s\n' "$@"
		printf '%s\n\n' '**********************************************************************'
	} >&2
}

# --help: the comment at the head of the script, from "Usage:" on.
usage() { sed -n '/^# Usage:/,/^$/{/^#/s/^# \{0,1\}//p;}' "$0"; }
usage_error() { say "$*"; usage >&2; exit 2; }

# Takes the lock NAME until the script ends, or until unlock NAME.
declare -A LOCKS=()
lock() {
	local name=$1 fd
	mkdir -p "$CACHE/locks"
	exec {fd}>"$CACHE/locks/$name"
	if ! flock -n "$fd"; then
		say "waiting for another run to release $name"
		flock "$fd"
	fi
	LOCKS[$name]=$fd
}
unlock() { local fd=${LOCKS[$1]}; exec {fd}>&-; unset "LOCKS[$1]"; }

# Runs a command with its output in LOG alone; shows the end of it on failure.
quietly() {
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 40 "$log" >&2
		say "failed: $* (whole log: $log)"
		return 1
	fi
}

# git that does not depend on whoever runs it: no user or system configuration.
plain_git() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_COUNT=0 \
		git -c core.autocrlf=false -c gc.auto=0 -c maintenance.auto=false \
		-c advice.detachedHead=false "$@"
}

# The commit that was last applied to, or exported from, a worktree.
readonly APPLIED=refs/worktree/bufflink/applied

# 7.2.9, from the Makefile of a tree.
kernel_version() {
	awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { p = $3 }
	     $1 == "SUBLEVEL" { s = $3; print v "." p "." s; exit }' "$1/Makefile"
}

# What is in no commit of a tree, a line a file. The .gitignore of Debian's
# source hides every file that is new; those two lines of it do not count here.
uncommitted() {
	git -C "$1" status --porcelain --untracked-files=normal
	if grep -qsxF '/*' "$1/.gitignore"; then
		git -C "$1" ls-files --others \
			--exclude-from=<(grep -vxF -e '/*' -e '!/debian/' "$1/.gitignore") | sed 's/^/?? /'
	fi
}

# Names of the patches, in order. Fails when there is none.
series() {
	local list=() p
	for p in "$PATCHES"/[0-9][0-9][0-9][0-9]-*.patch; do
		[ -e "$p" ] && list+=("$p")
	done
	if [ ${#list[@]} -eq 0 ]; then
		die "there is no patch in $PATCHES: nothing to apply"
	fi
	printf '%s\n' "${list[@]}"
}

# sparse_worktree BASE DIR PATCH...: a worktree of BASE with no more than the files
# that the patches name: a second instead of a whole kernel tree. git needs SPARSE
# to work in it.
SPARSE=(-c core.sparseCheckout=true -c core.sparseCheckoutCone=false)
sparse_worktree() {
	local base=$1 dir=$2 info
	shift 2
	plain_git -C "$base" worktree add -q --no-checkout --detach "$dir" HEAD
	info=$(git -C "$dir" rev-parse --path-format=absolute --git-path info/sparse-checkout)
	mkdir -p "$(dirname "$info")"
	sed -n 's/^--- a\///p; s/^+++ b\///p; s/^rename from //p; s/^rename to //p' "$@" |
		sed 's/[][*?\\!#]/\\&/g; s/^/\//' | LC_ALL=C sort -u >"$info"
	plain_git -C "$dir" "${SPARSE[@]}" read-tree -m -u HEAD
}

# Picks the compilers and sets TOOLCHAIN (one line that names them all) and the
# environment that the kernel's make reads. The clang that shares its LLVM with
# rustc is preferred: only then can the helpers be inlined.
toolchain() {
	local v
	v=$(rustc -vV 2>/dev/null | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p') || true
	if [ -n "$v" ] && command -v "clang-$v" >/dev/null && command -v "ld.lld-$v" >/dev/null; then
		LLVM=-$v
	else
		v=$(compgen -c clang- | sed -n 's/^clang-\([0-9]*\)$/\1/p' | sort -rn | head -n 1)
		if [ -n "$v" ] && command -v "ld.lld-$v" >/dev/null; then LLVM=-$v; else LLVM=1; fi
	fi
	[ "$LLVM" = 1 ] && v='' || v=$LLVM
	LIBCLANG_PATH=${LIBCLANG_PATH:-$("llvm-config$v" --libdir 2>/dev/null || true)}
	TOOLCHAIN=$(rustc --version; "clang$v" --version | head -n 1; bindgen --version)
	export LLVM LIBCLANG_PATH
	export KBUILD_BUILD_USER=bufflink KBUILD_BUILD_HOST=localhost
	export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
	unset ARCH CROSS_COMPILE KBUILD_OUTPUT MAKEFLAGS MFLAGS KCFLAGS
}

# What is to be known of an architecture. KARCH is what the kernel's make calls it,
# IMAGE the kernel in a build directory. What this machine cannot run has a TRIPLE,
# as compilers call it, and in QEMU a CONSOLE.
architecture() {
	KARCH=$1 TRIPLE='' CONSOLE=''
	case $1 in
	um) IMAGE=linux ;;
	x86_64) IMAGE=arch/x86/boot/bzImage ;;
	arm64) IMAGE=arch/arm64/boot/Image TRIPLE=aarch64-linux-gnu CONSOLE=ttyAMA0 ;;
	riscv64) KARCH=riscv IMAGE=arch/riscv/boot/Image TRIPLE=riscv64-linux-gnu CONSOLE=ttyS0 ;;
	*) usage_error "unknown architecture $1" ;;
	esac
}

# The kernel's make. LOCALVERSION is set and empty, so that a commit does not
# change the release and rebuild what prints it.
kmake() { make -j"${BUFFLINK_JOBS:-$(nproc)}" LOCALVERSION= "$@"; }

# Seconds as a person reads them.
duration() {
	if [ "$1" -lt 60 ]; then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}
