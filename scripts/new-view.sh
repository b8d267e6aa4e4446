#!/usr/bin/env bash
# Writes a workspace with a view of one's own to begin with: `new-view.sh NAME DIR`. It is the tested example under another
# name, with the paths to this checkout.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?usage: new-view.sh NAME DIR}
folder=${2:?usage: new-view.sh NAME DIR}
[[ "$name" =~ ^[a-z][a-z0-9]*(-[a-z0-9]+)*$ ]] || { echo "NAME must be of lower-case letters, digits and -, such as disk-health" >&2; exit 1; }
[ ! -e "$folder" ] || { echo "$folder is there already" >&2; exit 1; }
mkdir -p "$(dirname "$folder")"
folder="$(cd "$(dirname "$folder")" && pwd)/$(basename "$folder")"
libraries=$(realpath --relative-to="$folder" .)

snake=${name//-/_}
words=${name//-/ }
title=${words^}
pascal=$(sed -E 's/(^|-)([a-z0-9])/\U\2/g' <<<"$name")

# What is kept by git, not what a build has left.
git ls-files --cached --others --exclude-standard examples/custom-view | while read -r file; do
  case "$file" in */README.md) continue ;; esac
  target="$folder/${file#examples/custom-view/}"
  target="${target//boot-time/$name}"
  target="${target//boot_time/$snake}"
  mkdir -p "$(dirname "$target")"
  sed -e "s#\"\\.\\./\\.\\./\\(common\\|backend\\|frontend\\|scripts\\)#\"$libraries/\\1#g" \
    -e "s#org\\.example/boot/time#org.example/$name/sample#g; s#org\\.example%2Fboot%2Ftime#org.example%2F$name%2Fsample#g" \
    -e "s#org\\\\.example\\\\/boot\\\\/time#org\\\\.example\\\\/$name\\\\/sample#g" \
    -e "s#Boot time#$title#g; s#BootTime#$pascal#g; s#BOOT_TIME#${snake^^}#g; s#boot_time#$snake#g; s#boot-time#$name#g" \
    "$file" >"$target"
done
cat >"$folder/README.md" <<END
# $title

A telemetrics with a view of its own. In this folder, with the tools of \`make setup\` in $libraries on the PATH:

    trunk build --release
    cargo run --release -p $name-server -- serve
    cargo test

$libraries/docs/extending.md tells what a view may do.
END
# New names sort otherwise.
(cd "$folder" && cargo fmt --all)
echo "$folder is there. Next: cd $folder && cargo test"
