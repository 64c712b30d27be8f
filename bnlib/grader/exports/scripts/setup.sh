#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image that every submission is graded in.
#
# The checks hold the answers. They are readable by root alone; submissions run as a user that owns
# nothing and can read Python and its libraries.
set -euo pipefail
umask 022

AUTOGRADER=${AUTOGRADER:-/autograder}
SOURCE=$AUTOGRADER/source
VENV=$AUTOGRADER/venv
SUBMISSION_USER=bnlib-submission
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

# PYTHON_VERSION, such as 3.12: that of the machine where requirements.txt was written.
# shellcheck source=/dev/null
. "$SOURCE/settings.sh"

usable() {
    "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# ---------------------------------------------------------------- Python and libraries

apt-get update --quiet=2
apt-get install --quiet=2 --yes --no-install-recommends libseccomp2 </dev/null

python=
for version in "$PYTHON_VERSION" 3.13 3.12 3.11; do
    usable "python$version" ||
        apt-get install --quiet=2 --yes --no-install-recommends \
            "python$version" "python$version-venv" </dev/null >/dev/null 2>&1 || true
    if usable "python$version"; then
        python=python$version
        break
    fi
done
if [ -z "$python" ]; then
    echo "No Python 3.11 or newer can be installed here: choose a newer base image" \
        "(Ubuntu 22.04 or later) under Configure Autograder." >&2
    exit 1
fi

"$python" -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet --no-cache-dir --requirement "$SOURCE/requirements.txt"

# ---------------------------------------------------------------- bnlib, with the answers

packages=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
rm -rf "$packages/bnlib"
cp -R "$SOURCE/bnlib" "$packages/bnlib"
# Compiled once: every submission begins from this image.
"$VENV/bin/python" -m compileall -q "$packages/bnlib"
cat >"$VENV/bin/bnlib" <<END
#!$VENV/bin/python -P
from bnlib.commands import main

main()
END
chmod 0755 "$VENV/bin/bnlib"

# ---------------------------------------------------------------- who may read what

id "$SUBMISSION_USER" >/dev/null 2>&1 ||
    useradd --system --no-create-home --shell /usr/sbin/nologin "$SUBMISSION_USER"

mkdir -p "$AUTOGRADER/results" "$AUTOGRADER/submission"
for key in "$packages/bnlib" "$SOURCE" "$AUTOGRADER/results" "$AUTOGRADER/submission"; do
    chown -R root:root "$key"
    chmod 0700 "$key"
done
chmod 0711 "$AUTOGRADER"

# What was meant is tried: the libraries can be read by the submission's user, the answers cannot.
as_submission() {
    (cd / && runuser -u "$SUBMISSION_USER" -- "$@")
}
as_submission "$VENV/bin/python" -P -c 'import encodings' || {
    echo "The user $SUBMISSION_USER cannot run $VENV/bin/python." >&2
    exit 1
}
for key in "$packages/bnlib/__init__.py" "$SOURCE/settings.sh"; do
    if as_submission cat "$key" >/dev/null 2>&1; then
        echo "The user $SUBMISSION_USER can read $key: the answers would be open." >&2
        exit 1
    fi
done
echo "bnlib is set up in $VENV."
