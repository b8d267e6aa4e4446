#!/usr/bin/env bash
# Builds the dashboard into dist/ and compresses it there, unless nothing has changed since the last time.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

# What the dashboard is made of; a hash of it lies beside the result.
sources=(.cargo/config.toml frontend common styles index.html Trunk.toml Cargo.toml Cargo.lock scripts/build-dashboard.sh scripts/styles.sh scripts/precompress.mjs scripts/env.sh)
hash=$(find "${sources[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
stamp=target/dashboard.hash
if [ -f dist/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ]; then exit 0; fi

echo "[build] the dashboard (WebAssembly), a few minutes the first time"
NO_COLOR=true trunk build --release
node scripts/precompress.mjs dist
mkdir -p target
echo "$hash" >"$stamp"
