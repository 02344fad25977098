#!/usr/bin/env bash
# Debian packages that some tests use: a one-node SLURM and headless Chromium.
# Without root or apt, nothing is installed and those tests say that they were skipped.
set -euo pipefail
packages=(slurmctld slurmd slurm-client munge chromium iproute2)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed (no root or no apt): ${missing[*]}"
    exit 0
fi
# keep the packages' own services from starting
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    trap 'rm -f $policy' EXIT
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
