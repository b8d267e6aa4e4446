#!/usr/bin/env bash
# Installs what a build (`setup.sh build`) or the tests (`setup.sh test`) need and this machine lacks.
# Tools go to a cache outside the checkout, pinned by version; a second run only looks.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

say() { printf '\033[1m[setup]\033[0m %s\n' "$*"; }
fail() { printf '[setup] %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

apt_install() { # apt_install WHAT PACKAGE...
  local what=$1; shift
  local as_root=()
  if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
  if ! have apt-get || { [ ${#as_root[@]} != 0 ] && ! sudo -n true 2>/dev/null; }; then
    fail "$what is missing: install it, on Debian/Ubuntu with 'sudo apt-get install $*'"
  fi
  say "installing $what with apt-get (about a minute)"
  "${as_root[@]}" apt-get update -qq >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# cargo_tool CRATE BINARY VERSION LEVEL [OPTIONS]: builds it with little optimisation, which takes minutes instead of a quarter of
# an hour.
cargo_tool() {
  local crate=$1 binary=$2 version=$3 level=$4; shift 4
  if [ "$("$TOOLS/bin/$binary" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1)" = "$version" ]; then return; fi
  say "building $crate $version (a few minutes, once per machine)"
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL="$level" \
    CARGO_TARGET_DIR="$TOOLS/target" \
    cargo install --quiet --root "$TOOLS" --version "=$version" "$@" "$crate"
  rm -rf "$TOOLS/target"
}

npm_tool() { # npm_tool PACKAGE BINARY VERSION
  local package=$1 binary=$2 version=$3
  if [ -x "$TOOLS/bin/$binary" ] && [ "$(cat "$TOOLS/$package.version" 2>/dev/null)" = "$version" ]; then return; fi
  say "installing $package $version with npm"
  npm install --silent --no-fund --no-audit --prefix "$TOOLS/npm" "$package@$version" >/dev/null
  mkdir -p "$TOOLS/bin"
  ln -sf "../npm/node_modules/.bin/$binary" "$TOOLS/bin/$binary"
  echo "$version" >"$TOOLS/$package.version"
}

setup_build() {
  have cargo || fail "Rust is missing: install it from https://rustup.rs"
  have cc || fail "a C compiler is missing: install one, on Debian/Ubuntu with 'sudo apt-get install gcc libc6-dev'"
  have npm || fail "Node.js with npm is missing: install it, on Debian/Ubuntu with 'sudo apt-get install nodejs npm'"
  if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
    have rustup || fail "the wasm32-unknown-unknown target is missing: install it with your Rust toolchain"
    say "adding the wasm32-unknown-unknown target"
    rustup target add wasm32-unknown-unknown
  fi
  mkdir -p "$TOOLS/bin"
  # Without what it would look for updates and fetch tools by: all that it runs is here. It hardly computes itself.
  cargo_tool trunk trunk "$TRUNK_VERSION" 0 --locked --no-default-features
  # Its lock file pins an older wasm-bindgen family than the crate it must match.
  cargo_tool wasm-bindgen-cli wasm-bindgen "$WASM_BINDGEN_VERSION" 1
  npm_tool binaryen wasm-opt "$BINARYEN_VERSION"
}

setup_test() {
  setup_build
  [ -n "$CHROMIUM" ] || apt_install "Chromium" chromium
  if ! have c++; then apt_install "a C++ compiler, for fuzzing" g++; fi
  if ! have chromedriver; then apt_install "chromedriver" chromium-driver; fi
  if [ -z "${TEST_POSTGRES_URL:-}" ] && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! have initdb; then
    apt_install "PostgreSQL" postgresql
  fi
  if ! have pgbouncer && [ ! -x /usr/sbin/pgbouncer ]; then
    (apt_install "PgBouncer" pgbouncer) || say "the tests that go through PgBouncer are skipped"
  fi
  if ! cmp -s e2e/package-lock.json e2e/node_modules/.installed 2>/dev/null; then
    say "installing the browser tests' packages with npm"
    (cd e2e && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-fund --no-audit)
    cp e2e/package-lock.json e2e/node_modules/.installed
  fi
}

case "${1:-}" in
  build) setup_build ;;
  test) setup_test ;;
  *) fail "usage: setup.sh build|test" ;;
esac
