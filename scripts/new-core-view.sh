#!/usr/bin/env bash
# Writes a view of the core to begin with: `new-core-view.sh NAME`. It is the view of thermal events under another name, with
# its lines in the lists of modules and views, and its test.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?usage: new-core-view.sh NAME}
[[ "$name" =~ ^[a-z][a-z0-9]*(-[a-z0-9]+)*$ ]] || { echo "NAME must be of lower-case letters, digits and -, such as disk-health" >&2; exit 1; }
snake=${name//-/_}
words=${name//-/ }
title=${words^}
pascal=$(sed -E 's/(^|-)([a-z0-9])/\U\2/g' <<<"$name")
files=(common/src backend/src/store backend/src/views frontend/src/views)
for folder in "${files[@]}"; do
  [ ! -e "$folder/$snake.rs" ] && [ ! -e "$folder/$snake" ] || { echo "$folder has a $snake already" >&2; exit 1; }
done

# What is counted stays thermal events until it is changed: their classification and their counter keep the name. The new
# names come last: they may have something thermal in them, too.
rename() {
  sed -e "s#classification::THERMAL#classification::\x01#; s#pattern(THERMAL)#pattern(\x01)#; s#== THERMAL#== \x01#" \
    -e "s#ThermalPlatform#\x02#g; s#mce%2Fthermal#\x03#g" \
    -e "s#Reports of processors that became too hot and slowed down, in#Events of#; s# Nothing became too hot\\.##" \
    -e "s#processors that became too hot\\.#to be told.#; s#processors that became too hot#events#" \
    -e "s#/api/v1/thermal#/api/v1/\x04#; s#Thermal events: #\x05: #; s#Thermal: #\x05: #; s#Thermal events#\x05: events#g" \
    -e "s#thermal event#event#g; s#Thermal#\x06#g; s#THERMAL#\x07#g; s#thermal#\x08#g" \
    -e "s#\x01#THERMAL#g; s#\x02#ThermalPlatform#g; s#\x03#mce%2Fthermal#g; s#\x04#$name#g; s#\x05#$title#g" \
    -e "s#\x06#$pascal#g; s#\x07#${snake^^}#g; s#\x08#$snake#g" "$@"
}
for folder in "${files[@]}"; do
  rename "$folder/thermal.rs" >"$folder/$snake.rs"
done

# What finds nothing to change is a mistake here.
change() { # change FILE SED-ARGUMENT...
  local file=$1 before; shift
  before=$(<"$file")
  sed -i "$@" "$file"
  [ "$before" != "$(<"$file")" ] || { echo "$file has nothing that fits: $*" >&2; exit 1; }
}
# A line behind the one of thermal events; rustfmt does not mind the order of modules that have attributes or documentation.
behind() { # behind FILE LINE NEW-LINE
  change "$1" "s#^\\( *\\)$2\$#&\n\\1$3#"
}
for list in common/src/lib.rs backend/src/store/mod.rs backend/src/views/mod.rs frontend/src/views/mod.rs; do
  behind "$list" "pub mod thermal;" "pub mod $snake;"
done
behind backend/src/reading.rs "pub use crate::store::thermal::thermal;" "pub use crate::store::$snake::$snake;"
behind backend/src/views/mod.rs "Box::new(thermal::Thermal)," "Box::new($snake::$pascal),"
behind frontend/src/views/mod.rs "Arc::new(thermal::Thermal)," "Arc::new($snake::$pascal),"
behind common/src/views.rs 'pub const THERMAL: .*' "/// To be told.\npub const ${snake^^}: ViewInfo = ViewInfo::new(\"$name\", \"$title\");"

tests=backend/tests/api/charts.rs
test=$(mktemp)
trap 'rm -f "$test"' EXIT
{ echo; sed -n '/^async fn thermal_events_agree/,/^}/p' "$tests" | rename; } >"$test"
change "$tests" -e "/^async fn thermal_events_agree/,/^}/{ /^}/r $test" -e "}"
behind "$tests" "use telemetrics_common::thermal::GetThermal;" "use telemetrics_common::$snake::Get$pascal;"
behind "$tests" "thermal_events_agree," "${snake}_events_agree,"
change backend/tests/api/server.rs "s#\"thermal\", \"population\"#\"thermal\", \"$name\", \"population\"#"
behind e2e/tests/views.spec.ts "\\[\"thermal\", .*" "[\"$name\", \"$title\", \"$title: events per week\"],"
cargo fmt --all
cat <<END
The view $name is there, as in: git status
Next, to write down what has changed of the API and of what the libraries make public, which the tests and make lint compare:
  INSTA_UPDATE=always scripts/with-postgres.sh cargo test --workspace
  cargo doc --workspace --no-deps && UPDATE_DOCS=1 node scripts/public-api.mjs
Then CONTRIBUTING.md tells what to change.
END
