#!/usr/bin/env bash
# Makes .outbound/venv what requirements.lock says; does nothing where it is that already.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONDONTWRITEBYTECODE

venv=.outbound/venv
stamp=.outbound/venv.sha256
wanted=$(cat requirements.lock pyproject.toml local/setup.sh reports/portal/vendor/*.{json,py} | sha256sum)
if [ -x "$venv/bin/outbound" ] && [ "$wanted" = "$(cat "$stamp" 2>/dev/null)" ]; then
    exit 0
fi

fail() {
    printf 'error: %s\n' "$@" >&2
    exit 1
}

python=$(command -v python3.11 || true)
[ -n "$python" ] || fail "python3.11 is not on the PATH: install it (Debian: apt-get install python3.11 python3.11-venv)"
mkdir -p .outbound

# uv: the one that is there, else one of our own from the package index
if uv=$(command -v uv) && "$uv" --version >/dev/null 2>&1; then
    :
elif [ -x .outbound/uv/bin/uv ]; then
    uv=.outbound/uv/bin/uv
else
    echo "installing uv into .outbound/uv"
    if "$python" -m venv .outbound/uv >/dev/null 2>&1; then
        .outbound/uv/bin/python -m pip install --quiet --disable-pip-version-check uv \
            || fail "uv could not be installed: is the package index reachable?"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip install --quiet --disable-pip-version-check --target .outbound/uv/lib uv \
            || fail "uv could not be installed: is the package index reachable?"
        mkdir -p .outbound/uv/bin && ln -sf ../lib/bin/uv .outbound/uv/bin/uv
    else
        fail "python3.11 has neither venv nor pip: install one (Debian: apt-get install python3.11-venv)"
    fi
    uv=.outbound/uv/bin/uv
fi

echo "setting up $venv (a minute at most where the packages are not cached)"
rm -f "$stamp"
[ -x "$venv/bin/python" ] || "$uv" venv --quiet --python "$python" "$venv"
"$uv" pip sync --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes requirements.lock \
    || fail "the packages of requirements.lock could not be installed: is the package index reachable, is the disk full?"
"$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
"$venv/bin/python" -m reports.portal.vendor || fail "the portal's pages would have no style: see above"
printf '%s\n' "$wanted" > "$stamp"
