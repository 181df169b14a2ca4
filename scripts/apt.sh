# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages of another suite of Debian than the machine's, to be unpacked, not
# installed: apt with lists and a cache of its own. The machine's are left alone.
# Where the archive is comes from the machine's configuration. Sourced after lib.sh:
#
#     apt_lists DIR ADVICE SUITE...    before all else; keeps everything in DIR
#     APT_ARCH=ARCH apt_lists ...      for another architecture, of which nothing is installed
#     private_apt ... madison NAME
#
# ADVICE is what to do instead where there is no such archive. It returns 1 when the
# lists cannot be had, or are not what the archive has signed.

apt_lists() {
	local dir=$1 advice=$2 uri keyring suite
	shift 2
	command -v apt-get >/dev/null || die "this system has no apt-get; $advice"
	APT_OPTIONS=(-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts="$dir/parts"
		-o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache")
	[ -z "${APT_ARCH:-}" ] || APT_OPTIONS+=(-o APT::Architecture="$APT_ARCH"
		-o APT::Architectures="$APT_ARCH" -o Dir::State::status=/dev/null)
	mkdir -p "$dir/parts" "$dir/lists/partial" "$dir/cache/archives/partial"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -f "$keyring" ] ||
		die "no Debian archive keyring to verify with (package debian-archive-keyring); or $advice"
	# The archive itself, not the one of security updates.
	# shellcheck disable=SC2016  # apt's own placeholder
	uri=$(apt-get indextargets --format '$(REPO_URI)' | grep -E '/debian/?$' | sort -u | head -n 1)
	[ -n "$uri" ] || die "apt of this machine knows no Debian archive; $advice"
	for suite in "$@"; do
		printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$uri" "$suite"
	done >"$dir/sources.list.new"
	if ! cmp -s "$dir/sources.list.new" "$dir/sources.list" ||
		[ -z "$(find "$dir/lists" -maxdepth 1 -name '*Packages*' -mtime -1 -print -quit)" ]; then
		mv "$dir/sources.list.new" "$dir/sources.list"
		say "reading the lists of packages"
		quietly "$CACHE/log/$ME-update.log" private_apt update || return
		find "$dir/lists" -maxdepth 1 -name '*Packages*' -exec touch {} +
	fi
}

private_apt() { apt-get -q "${APT_OPTIONS[@]}" -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"; }

# The versions that there are of a package, the newest first.
madison() { apt-cache "${APT_OPTIONS[@]}" madison "$1" 2>/dev/null | awk '{ print $3 }' | sort -rVu; }
