#!/usr/bin/env bash
# Runs a command with TEST_POSTGRES_URL set: as it is when it is set already, else to a private
# PostgreSQL, made from the installed binaries on a free loopback port and thrown away afterwards. Tests need not wait for
# the disk; who measures sets FSYNC=on.
set -euo pipefail

if [ -n "${TEST_POSTGRES_URL:-}" ]; then exec "$@"; fi

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
if [ -z "$bin" ] && command -v initdb >/dev/null; then bin=$(dirname "$(command -v initdb)"); fi
if [ -z "$bin" ]; then
  echo "PostgreSQL is missing: install it, on Debian/Ubuntu with 'sudo apt-get install postgresql'" >&2
  exit 1
fi

folder=$(mktemp -d)
as=()
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
  as=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups)
  chown nobody "$folder"
fi
cleanup() {
  (cd / && "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -s stop) || true
  rm -rf "$folder"
}
trap cleanup EXIT

# Retried, since another program may take the port between the look and the start.
for try in 1 2 3; do
  port=$((20000 + RANDOM % 20000))
  if [ ! -d "$folder/data" ]; then
    (cd / && "${as[@]}" "$bin/initdb" -D "$folder/data" -U test -A trust --no-sync -E UTF8 --locale=C >/dev/null)
  fi
  options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='' -c fsync=${FSYNC:-off} -c max_connections=300"
  if (cd / && "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -o "$options" -w -s start); then break; fi
  if [ "$try" = 3 ]; then cat "$folder/log" >&2; exit 1; fi
done

TEST_POSTGRES_URL="postgres://test@127.0.0.1:$port/postgres" "$@"
