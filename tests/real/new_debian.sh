#!/bin/sh
# new_debian.sh SUITE MIRROR FOLDER COMMAND [PATH...]: COMMAND in a copy of FOLDER/sideman on a new Debian SUITE.
# Run it by `unshare --mount --propagation private`: what is mounted here goes when this ends, however it ends.
# FOLDER: has sideman/ and pip.conf; gets debootstrap.log and what COMMAND leaves as demo.*.
# PATH: what pip needs of this machine; it is there too, at the same place.
set -eu
suite=$1 mirror=$2 folder=$3 command=$4
shift 4
root=$folder/root
mkdir "$root"
# In memory, since dpkg waits for the disk after each file.
mount -t tmpfs tmpfs "$root"
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
  "$suite" "$root" "$mirror" >"$folder/debootstrap.log" 2>&1 || {
  tail -n 20 "$folder/debootstrap.log"
  exit 1
}
for path in /etc/resolv.conf /etc/hosts "$@"; do
  mkdir -p "$(dirname "$root$path")"
  if [ -d "$path" ]; then
    mkdir -p "$root$path"
  else
    touch "$root$path"
  fi
  mount --bind "$path" "$root$path"
  mount -o remount,bind,ro "$root$path"
done
mount -t proc proc "$root/proc"
cp "$folder/pip.conf" "$root/etc/pip.conf"
cp -R "$folder/sideman" "$root/srv/sideman"
chroot "$root" /bin/sh -c "cd /srv/sideman
$command"
cp "$root"/srv/sideman/demo.* "$folder/"
