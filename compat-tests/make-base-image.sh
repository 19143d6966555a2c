#!/usr/bin/env bash
# Makes a Debian base image for the compatibility tests where no image registry can be reached.
# Usage: make-base-image.sh IMAGE-NAME [SUITE]
# Needs root, Docker and debootstrap. debootstrap's own default mirror is used unless DEBIAN_MIRROR names another.
set -euo pipefail

image=${1:?usage: make-base-image.sh IMAGE-NAME [SUITE]}
suite=${2:-bookworm}

if ! command -v debootstrap >/dev/null; then
  echo "debootstrap is missing: apt-get install debootstrap" >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo "debootstrap needs root: run 'sudo $0 $image $suite' once, the image is kept" >&2
  exit 1
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$root.log" 2>&1 || {
  tail -n 20 "$root.log" >&2
  exit 1
}
rm -f "$root.log"
rm -rf "$root"/var/cache/apt/archives/*.deb
tar -C "$root" -c . | docker import --change 'CMD ["/bin/bash"]' - "$image" >/dev/null
echo "made $image from Debian packages ($suite)"
