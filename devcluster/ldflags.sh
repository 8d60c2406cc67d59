#!/bin/sh
# Prints the linker flags that stamp devcluster's Kubernetes version, which the
# API server reports at /version, from the version pinned in go.mod.
set -eu
cd "$(dirname "$0")"
version=$(awk '$1 == "k8s.io/kubernetes" || $2 == "k8s.io/kubernetes" { print $NF; exit }' go.mod)
major=${version#v}
minor=${major#*.}
flags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  flags="$flags -X $package.gitVersion=$version -X $package.gitMajor=${major%%.*} -X $package.gitMinor=${minor%%.*}"
  flags="$flags -X $package.gitTreeState=clean -X $package.gitCommit=$version"
done
echo "$flags"
