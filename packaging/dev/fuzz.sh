#!/usr/bin/env bash
# Runs every fuzz target of the repository, one after the other, for the given time each (fuzz.sh 30s).
set -euo pipefail
cd "$(dirname "$0")/../.."
each=${1:-30s}
grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' internal | sort | while read -r file; do
  package=./$(dirname "$file")
  grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | sed 's/^func //' | while read -r target; do
    echo "fuzz: $package $target for $each"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$each" "$package"
  done
done
