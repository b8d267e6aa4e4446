#!/usr/bin/env bash
# Writes a view of the core to begin with: `new-core-view.sh NAME`. It is the view of thermal events under another name, with
# its lines in the lists of modules and views.
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

# What is counted stays thermal events until it is changed: their classification and their counter keep the name.
for folder in "${files[@]}"; do
  sed -e "s#classification::THERMAL#classification::\x01#; s#pattern(THERMAL)#pattern(\x01)#; s#ThermalPlatform#\x02#g; s#mce%2Fthermal#\x03#g" \
    -e "s#/api/v1/thermal#/api/v1/$name#; s#THERMAL#${snake^^}#g; s#Thermal events: #$title: #; s#Thermal: #$title: #; s#Thermal events#$title: events#g" \
    -e "s#Thermal#$pascal#g; s#thermal::thermal#$snake::$snake#g; s#fn thermal#fn $snake#; s#::thermal::#::$snake::#g" \
    -e "s#\x01#THERMAL#g; s#\x02#ThermalPlatform#g; s#\x03#mce%2Fthermal#g" \
    "$folder/thermal.rs" >"$folder/$snake.rs"
done

# A line behind the one of thermal events; rustfmt does not mind the order of modules that have attributes or documentation.
behind() {
  sed -i "s#^\\( *\\)$2\$#&\n\\1$3#" "$1"
}
for list in common/src/lib.rs backend/src/store/mod.rs backend/src/views/mod.rs frontend/src/views/mod.rs; do
  behind "$list" "pub mod thermal;" "pub mod $snake;"
done
behind backend/src/views/mod.rs "Box::new(thermal::Thermal)," "Box::new($snake::$pascal),"
behind frontend/src/views/mod.rs "Arc::new(thermal::Thermal)," "Arc::new($snake::$pascal),"
behind common/src/views.rs 'pub const THERMAL: .*' "/// To be told.\npub const ${snake^^}: ViewInfo = ViewInfo::new(\"$name\", \"$title\");"
sed -i "s#\"thermal\", \"population\"#\"thermal\", \"$name\", \"population\"#" backend/tests/api/server.rs
sed -i "s#^\\( *\\)\\[\"thermal\", .*#&\n\\1[\"$name\", \"$title\", \"$title: events per week\"],#" e2e/tests/views.spec.ts
cargo fmt --all
echo "The view $name is there, as in: git status"
echo "Next: INSTA_UPDATE=always scripts/with-postgres.sh cargo test --workspace; then CONTRIBUTING.md tells what to change."
