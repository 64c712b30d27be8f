#!/usr/bin/env bash
# Install the Debian packages that some tests need. Does nothing where all are there.
set -euo pipefail

packages=(chromium chromium-driver bubblewrap libseccomp2 fonts-dejavu-core shellcheck)
# Node may have come from elsewhere, newer than Debian's, and would clash with it.
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)
"${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)

if ! command -v apt-get >/dev/null || ! grep -qsx 'ID=debian' /etc/os-release; then
    echo "This is not Debian. Install, by your system's own means:"
    echo "  a Chromium or Chrome browser and the chromedriver of its version; bubblewrap (bwrap);"
    echo "  libseccomp; shellcheck; node and npm"
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "Installed already: ${packages[*]}"
    exit 0
fi

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update --quiet=2
"${as_root[@]}" apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}" </dev/null
