#!/usr/bin/env bash
# Fetches the real clients, each from its own registry with its ordinary tool, into tests/.cache. Does nothing twice.
#   setup.sh apt python node java go      all of it; name fewer to get fewer
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${LOGBOAT_TESTS_CACHE:-$(cd "$here/.." && pwd)/.cache}
mkdir -p "$cache"

# Runs "$@" once for a given state of the files named before "--"; a stamp in the cache remembers it.
once() {
  local name=$1 files=() stamp sum
  shift
  while [ "$1" != -- ]; do files+=("$1"); shift; done
  shift
  stamp=$cache/.done-$name
  sum=$(cat "${files[@]}" | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ]; then
    "$@"
    echo "$sum" >"$stamp"
  fi
}

# Debian packages, as root (or with sudo), only if a command of theirs is missing.
setup_apt() {
  local missing=()
  while read -r command package; do
    command -v "$command" >/dev/null || missing+=("$package")
  done < <(grep -v '^#' "$here/packages.txt")
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  [ ${#missing[@]} -gt 0 ] || return 0
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

python_environment() {
  rm -rf "$cache/venv"
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
}
setup_python() { once python "$here/requirements.txt" -- python_environment; }

node_modules() {
  rm -rf "$cache/js"
  mkdir -p "$cache/js"
  cp "$here/js/package.json" "$here/js/package-lock.json" "$cache/js"
  (cd "$cache/js" && npm ci --silent --no-audit --no-fund)
}
setup_node() { once node "$here/js/package.json" "$here/js/package-lock.json" -- node_modules; }

# The jars of one Kafka release in kafka-VERSION/lib, and bin/kafka-*.sh that start its classes as its own scripts do.
kafka_release() {
  local version=$1 home=$cache/kafka-$1 script class
  rm -rf "$home/bin" "$home/lib"
  mkdir -p "$home/bin" "$home/lib"
  mvn -q -B -f "$here/java/pom.xml" -Dkafka.version="$version" dependency:copy-dependencies \
    -DoutputDirectory="$home/lib" -DincludeScope=runtime
  while read -r script class; do
    cat >"$home/bin/$script" <<LAUNCHER
#!/bin/sh
exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=off \$KAFKA_OPTS -cp '$home/lib/*' $class "\$@"
LAUNCHER
    chmod +x "$home/bin/$script"
  done < <(grep -v '^#' "$here/java/commands-$version.txt")
}
# Our own small programs, against one release's kafka-clients.
java_programs() {
  local home=$cache/kafka-$1
  rm -rf "$home/classes"
  mkdir -p "$home/classes"
  javac -nowarn -d "$home/classes" -cp "$home/lib/*" "$here"/java/*.java
}
setup_java() {
  for version in 2.5.0 4.3.1; do
    once "kafka-$version" "$here/setup.sh" "$here/java/pom.xml" "$here/java/commands-$version.txt" -- kafka_release "$version"
    once "java-$version" "$here"/java/*.java "$here/java/pom.xml" -- java_programs "$version"
  done
}

go_program() { (cd "$here/go/$1" && GOFLAGS=-buildvcs=false go build -o "$cache/bin/$1" .); }
setup_go() {
  mkdir -p "$cache/bin"
  for program in "$here"/go/*/; do
    program=$(basename "$program")
    once "go-$program" "$here/go/$program"/* -- go_program "$program"
  done
}

for part in "$@"; do "setup_$part"; done
