#!/bin/bash
# Our record bytes against Kafka's own classes, which Maven fetches (a JDK 17 and mvn must be there).
#   run.sh fixtures   makes core/tests/fixtures/records-*.txt anew: batches as Kafka's builder writes them
#   run.sh            what we write (builder, recompression, conversions up and down) is read by Kafka's classes
set -euo pipefail
cd "$(dirname "$0")/../.."
work=${TMPDIR:-/tmp}/logboat-oracle-records; mkdir -p "$work"

# A class path with kafka-clients of release $1.
jars() {
  local d="$work/clients-$1"
  if [ ! -e "$d/.done" ]; then
    mkdir -p "$d"
    cat >"$d/pom.xml" <<P
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId>
<version>1</version><dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-clients</artifactId>
<version>$1</version></dependency><dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId>
<version>1.7.36</version></dependency></dependencies></project>
P
    mvn -q -B -f "$d/pom.xml" dependency:copy-dependencies -DoutputDirectory="$d/lib" -DincludeScope=runtime >&2
    touch "$d/.done"
  fi
  ls "$d"/lib/*.jar | paste -sd:
}

# RecordOracle of release $1 with the other arguments.
oracle() {
  local v=$1 d="$work/src-$1"; shift
  mkdir -p "$d"
  local package=org.apache.kafka.common.record
  case $v in 4.3.*|4.[4-9].*|[5-9].*) package=$package.internal ;; esac
  sed -E "s/import org\.apache\.kafka\.common\.record\.(Comp|Mem|Rec)/import $package.\1/" \
    tests/oracle-records/RecordOracle.java >"$d/RecordOracle.java"
  java -cp "$(jars "$v")" "$d/RecordOracle.java" "$@"
}

if [ "${1:-}" = fixtures ]; then
  for v in 2.5.0 4.3.1; do oracle $v write $v >core/tests/fixtures/records-$v.txt; done
  exit
fi
rm -rf "$work/written" "$work/expected"; mkdir -p "$work/written"
LOGBOAT_RECORDS_OUT="$work" cargo test -q -p logboat-core --test record_fixtures -- --ignored writes_for_the_oracle
for v in 2.5.0 4.3.1; do
  oracle $v read "$work/written" >"$work/read-$v"
  diff "$work/expected" "$work/read-$v" >"$work/diff-$v" || { head -20 "$work/diff-$v"; echo "Kafka $v reads otherwise"; exit 1; }
  echo "Kafka $v reads all $(ls "$work/written" | wc -l) files as written"
done
