# Sourced by the other scripts: where the tools are, and which versions.
TRUNK_VERSION=0.21.14
WASM_BINDGEN_VERSION=0.2.130 # the same as the crate in Cargo.toml
BINARYEN_VERSION=132.0.0
TOOLS="${TELEMETRICS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/telemetrics}"
export PATH="$TOOLS/bin:$PATH"
CHROMIUM="$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)"
export CHROMIUM
