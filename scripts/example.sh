#!/usr/bin/env bash
# Builds and tests the example of a view of one's own, as its README says, in the browser too. It shares the compiled
# dependencies of this workspace.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh
CARGO_TARGET_DIR="$PWD/target"
export CARGO_TARGET_DIR
cd examples/custom-view

cargo fmt --all --check
echo "[example] building its dashboard (WebAssembly)"
NO_COLOR=true trunk build --release
echo "[example] compiling and testing the view"
# That compiles the program too, which the browser then sees.
../../scripts/with-postgres.sh cargo test --workspace --locked --quiet
if ! cmp -s e2e/package-lock.json e2e/node_modules/.installed 2>/dev/null; then
  (cd e2e && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-fund --no-audit)
  cp e2e/package-lock.json e2e/node_modules/.installed
fi
cd e2e && npx playwright test
