#!/usr/bin/env bash
# Cross-builds both programs into bin/dist with SHA-256 sums: package.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$1
out=bin/dist
rm -rf "$out" && mkdir -p "$out"
for target in linux/amd64 linux/arm64 windows/amd64; do
  os=${target%/*} arch=${target#*/} suffix=
  [ "$os" = windows ] && suffix=.exe
  for program in edge hub; do
    echo "package: $program $version for $target"
    CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -ldflags "-s -w -X main.version=$version" \
      -o "$out/jaanch-$program-$version-$os-$arch$suffix" "./cmd/$program"
  done
done
(cd "$out" && sha256sum -- * > SHA256SUMS && cat SHA256SUMS)
