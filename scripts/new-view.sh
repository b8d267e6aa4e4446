#!/usr/bin/env bash
# Writes a workspace with a view of one's own to begin with: `new-view.sh NAME DIR`. It is the tested example under another
# name, with the paths to this checkout; what the example calls boots are samples there.
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

# The new names come last: they may have a boot in them, too.
names=(
  -e "s#\"\\.\\./\\.\\./\\(common\\|backend\\|frontend\\|scripts\\)#\"\x01/\\1#g"
  -e "s#org\\.example/boot/time#org.example/\x02/sample#g; s#org\\.example%2Fboot%2Ftime#org.example%2F\x02%2Fsample#g"
  -e "s#boot-time#\x02#g; s#boot_time#\x03#g; s#BOOT_TIME#\x04#g; s#BootTime#\x05#g; s#Boot times\\?#\x06#g; s#boot times\\?#\x07#g"
)
samples=(-e "s#boot#sample#g; s#Boot#Sample#g; s#BOOT#SAMPLE#g")
filled_in=(
  -e "s#\x01#$libraries#g; s#\x02#$name#g; s#\x03#$snake#g; s#\x04#${snake^^}#g; s#\x05#$pascal#g; s#\x06#$title#g; s#\x07#$words#g"
)

# What is kept by git, not what a build has left.
git ls-files --cached --others --exclude-standard examples/custom-view | while read -r file; do
  case "$file" in
    */README.md) continue ;;
    # What is called boot there is the core's notice that the dashboard is loading, or other people's.
    */index.html | *.lock | */package-lock.json) rules=("${names[@]}" "${filled_in[@]}") ;;
    *) rules=("${names[@]}" "${samples[@]}" "${filled_in[@]}") ;;
  esac
  target="$folder/${file#examples/custom-view/}"
  target="${target//boot-time/$name}"
  target="${target//boot_time/$snake}"
  mkdir -p "$(dirname "$target")"
  sed "${rules[@]}" "$file" >"$target"
done
# How the core is compiled.
mkdir -p "$folder/.cargo"
cp .cargo/config.toml "$folder/.cargo/"
cat >"$folder/README.md" <<END
# $title

A telemetrics with a view of its own. In this folder, with the tools of \`make setup\` in $libraries on the PATH:

    trunk build --release
    cargo run --release -p $name-server -- serve
    $libraries/scripts/with-postgres.sh cargo test
    # In a browser, after \`trunk build --release\` and \`cargo build\`:
    (cd e2e && npm ci && CHROMIUM=\$(command -v chromium) npx playwright test)

$libraries/docs/extending.md tells what a view may do.
END
# New names sort otherwise.
(cd "$folder" && cargo fmt --all)
echo "$folder is there. Next: cd $folder && $libraries/scripts/with-postgres.sh cargo test"
