#!/usr/bin/env bash
# Makes sure that what the build, the demonstration and the tests need from the system is there:
#   prepare.sh postgres chromium gcc …
# As root on a Debian or Ubuntu machine it installs what is missing and says so; otherwise it prints the one command.
set -euo pipefail

have_postgres() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
have_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
have_gcc() { command -v gcc >/dev/null; }
have_pdftotext() { command -v pdftotext >/dev/null; }

package_of() {
  case "$1" in
    postgres) echo postgresql ;;
    chromium) echo chromium ;;
    gcc) echo build-essential ;;
    pdftotext) echo poppler-utils ;;
    *) echo "prepare.sh: unknown need: $1" >&2; exit 2 ;;
  esac
}

missing=()
for need in "$@"; do
  package=$(package_of "$need")
  "have_$need" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

command_line="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "prepare: installing ${missing[*]} by the system's package manager"
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $command_line >/dev/null
else
  echo "prepare: missing: ${missing[*]}. Install with:" >&2
  echo "    sudo $command_line" >&2
  exit 1
fi
