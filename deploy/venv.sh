#!/bin/sh
# Installs a requirements file into a virtual environment: venv.sh FOLDER REQUIREMENTS. What is missing on the machine is
# named in one line with the command that installs it.
set -eu
python=${PYTHON:-python3}
folder=$1
requirements=$2

command -v "$python" >/dev/null 2>&1 || {
  echo "SMovie needs Python 3.11 or newer: apt-get install python3 python3-venv" >&2
  exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "SMovie needs Python 3.11 or newer, $("$python" --version) is here: install one and call make PYTHON=python3.11" >&2
  exit 1
}
if [ ! -x "$folder/bin/pip" ]; then
  echo "making the virtual environment $folder"
  "$python" -m venv "$folder" || {
    rm -rf "$folder"
    echo "Python's venv module is missing: apt-get install python3-venv" >&2
    exit 1
  }
fi
echo "installing $requirements (the first time downloads about 150 MB, MongoDB is most of it)"
"$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
