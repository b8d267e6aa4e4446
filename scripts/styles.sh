#!/usr/bin/env bash
# Writes the core's style sheets as one, for which a browser asks once before it shows anything. Trunk runs this before it
# builds a page, the core's or one with views of one's own, and finds the sheet in target/ beside the page.
set -euo pipefail
cd "$(dirname "$0")/../styles"
# What comes later wins.
sheets=$(cat tokens.css base.css shell.css components.css feedback.css dialogs.css charts.css chart-places.css \
  chart-tables.css records.css filters.css details.css views.css crashes.css guilty.css never-guilty.css access.css \
  server.css print.css)
mkdir -p "$TRUNK_SOURCE_DIR/target"
sheet="$TRUNK_SOURCE_DIR/target/styles.css"
# Trunk may watch the folder: a sheet that is as it was is not written again.
[ "$(cat "$sheet" 2>/dev/null)" = "$sheets" ] || echo "$sheets" >"$sheet"
