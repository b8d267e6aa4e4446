#!/usr/bin/env bash
# Begins a view of one's own and a view of the core, as `make new-view` and `make new-core-view` do, and looks whether all is
# there and nothing keeps the name of what it was made from.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh
root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { printf '[scaffold] %s\n' "$*" >&2; exit 1; }
# What comes in must be nothing.
nothing() { # nothing WHAT
  local left; left=$(cat)
  [ -z "$left" ] || fail "$1 is left:"$'\n'"$left"
}

echo "[scaffold] a view of one's own"
scripts/new-view.sh disk-health "$folder/own" >/dev/null
cd "$folder/own"
ls README.md common/src/lib.rs server/src/hook.rs server/tests/disk_health.rs dashboard/src/page.rs e2e/disk-health.spec.ts >/dev/null
(grep -rniE 'boot' --exclude=index.html --exclude='*lock*' . || true) | nothing "the example's name"
(grep -rniE 'boot[-_ ]?time' . || true) | nothing "the example's name"
# The paths that Trunk builds by, which cargo does not read.
grep -ohE '[^"]*/(frontend/assets|scripts)/[^"]+' index.html Trunk.toml | xargs ls >/dev/null
# Of all that is in it only the three small crates are new since the example was compiled.
CARGO_TARGET_DIR="$root/target" "$root/scripts/with-postgres.sh" cargo test --workspace --tests --quiet

echo "[scaffold] a view of the core"
mkdir "$folder/core"
cd "$root"
git ls-files -z --cached --others --exclude-standard | tar -cf - --null --ignore-failed-read -T - 2>/dev/null | tar -xf - -C "$folder/core"
cd "$folder/core"
git init --quiet
git add --all
# Its formatting reads all of it. To compile it would take the core's crates once more, and minutes.
scripts/new-core-view.sh disk-health >/dev/null
git add --all --intent-to-add
cat >"$folder/expected" <<'END'
backend/src/reading.rs
backend/src/store/disk_health.rs
backend/src/store/mod.rs
backend/src/views/disk_health.rs
backend/src/views/mod.rs
backend/tests/api/charts.rs
backend/tests/api/server.rs
common/src/disk_health.rs
common/src/lib.rs
common/src/views.rs
e2e/tests/views.spec.ts
frontend/src/views/disk_health.rs
frontend/src/views/mod.rs
END
git diff --name-only | sort | diff "$folder/expected" - || fail "those are not the files that a view of the core has"
for list in common/src/lib.rs backend/src/store/mod.rs backend/src/views/mod.rs frontend/src/views/mod.rs; do
  [ "$(grep -c 'thermal' "$list")" = "$(grep -c 'disk_health' "$list")" ] || fail "$list does not name the new view"
done
# But for what is counted, which stays; and the test that lists all views.
git diff --unified=0 -- . ':!backend/tests/api/server.rs' | sed -n '/^+++/d; s/^+//p' \
  | sed -E 's/(classification::|pattern\(|== )THERMAL//g; s/ThermalPlatform|mce%2Fthermal//g' \
  | (grep -niE 'thermal|too hot' || true) | nothing "the name of the view of thermal events"
