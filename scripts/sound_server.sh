#!/bin/sh
# Fetches PulseAudio as files for the tests of real devices, where the distribution has it: nothing is installed, no root.
# apt resolves, downloads and checks; the packages are unpacked under the cache folder. Never fails the setup: without a
# server the tests that need one say so and are skipped.
cache="${VOICE_PIPELINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/voice_pipeline}/sound_server"
[ -e "$cache/.complete" ] && exit 0
if command -v pulseaudio >/dev/null && command -v pactl >/dev/null; then exit 0; fi
give_up() { echo "setup: no sound server for the tests: $1. They are skipped; cure: sudo apt install pulseaudio pulseaudio-utils"; exit 0; }
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || give_up "this is no Debian or Ubuntu"
rm -rf "$cache" && mkdir -p "$cache/debs" "$cache/root" "$cache/lists/partial" || give_up "cannot write $cache"
# Containers come without package lists, and the system's are root's: then lists of our own.
own="-o Dir::State::lists=$cache/lists -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=true"
# What apt would install on this very machine, without what only media players need (70 of 95 MB).
missing() {
  LC_ALL=C apt-get $1 install --simulate --no-install-recommends pulseaudio pulseaudio-utils 2>/dev/null |
    awk '$1 == "Inst" && $2 !~ /^(libav|libsw|libx26|libvpx|libva|libvdpau|libjxl|libhwy|libcodec2|libshine|libsnappy|libtheora|libtwolame|libwebp|libxvid|libzvbi|libmfx|libgsm|libopenjp2|ocl-icd|libasound2-plugins|libgstreamer)/ {print $2}'
}
options=""
packages=$(missing "")
if [ -z "$packages" ]; then
  options="$own"
  apt-get $own update >"$cache/apt.log" 2>&1
  packages=$(missing "$own")
fi
[ -n "$packages" ] || give_up "apt knows no pulseaudio"
echo "setup: fetching PulseAudio into $cache (for the tests of real devices)"
(cd "$cache/debs" && apt-get $options download -qq $packages >>"$cache/apt.log" 2>&1) || give_up "the download failed, see $cache/apt.log"
for deb in "$cache"/debs/*.deb; do
  dpkg-deb -x "$deb" "$cache/root" || give_up "$deb does not unpack"
done
rm -rf "$cache/debs" "$cache/lists" "$cache/root/usr/share/doc" && touch "$cache/.complete"
exit 0
