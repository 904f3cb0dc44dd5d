#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# C is as clang-format leaves it.
. "$(dirname "$(realpath "$0")")/lib.sh"
need clang-format
# Releases differ; the sources are as this one leaves them.
readonly release=14
clang-format --version | grep -q "version $release\." || {
	echo "clang-format is not release $release"
	exit 77
}

mapfile -t sources < <(c_files)
clang-format --dry-run "${sources[@]}" 2>&1 | sed -n 's/: warning: code should be clang-formatted.*//p' |
	broken "clang-format -i is needed"
finish
