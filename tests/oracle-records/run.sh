#!/bin/bash
# Our record bytes against Kafka's own classes, which Maven fetches (a JDK 17 and mvn must be there).
#   run.sh fixtures   makes core/tests/fixtures/records-*.txt anew: batches as Kafka's builder writes them
#   run.sh            what we write (builder, recompression, conversions up and down) is read by Kafka's classes, and
#                     20,000 batches and message sets, good and broken, are judged alike by Kafka's LogValidator
set -euo pipefail
cd "$(dirname "$0")/../.."
work=${TMPDIR:-/tmp}/logboat-oracle-records; mkdir -p "$work"

# A class path with artifact $1 of Kafka's release $2.
jars() {
  local d="$work/$1-$2"
  if [ ! -e "$d/.done" ]; then
    mkdir -p "$d"
    cat >"$d/pom.xml" <<P
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId>
<version>1</version><dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>$1</artifactId>
<version>$2</version></dependency><dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId>
<version>1.7.36</version></dependency></dependencies></project>
P
    mvn -q -B -Dstyle.color=never -f "$d/pom.xml" dependency:copy-dependencies -DoutputDirectory="$d/lib" -DincludeScope=runtime >&2
    touch "$d/.done"
  fi
  ls "$d"/lib/*.jar | paste -sd:
}

# Class $1, with artifact $2 of release $3, with the other arguments.
oracle() {
  local class=$1 artifact=$2 v=$3; shift 3
  local d="$work/src-$v" package=org.apache.kafka.common.record
  mkdir -p "$d"
  case $v in 4.3.*|4.[4-9].*|[5-9].*) package=$package.internal ;; esac
  sed -E "s/import org\.apache\.kafka\.common\.record\.(Comp|Mem|Rec)/import $package.\1/" \
    "tests/oracle-records/$class.java" >"$d/$class.java"
  java -cp "$(jars "$artifact" "$v")" "$d/$class.java" "$@"
}

if [ "${1:-}" = fixtures ]; then
  for v in 2.5.0 4.3.1; do oracle RecordOracle kafka-clients $v write $v >core/tests/fixtures/records-$v.txt; done
  exit
fi
rm -rf "$work/written" "$work/expected"; mkdir -p "$work/written"
export LOGBOAT_RECORDS_OUT=$work
cargo test -q -p logboat-core --test record_written -- --ignored writes_for_the_oracle
for v in 2.5.0 4.3.1; do
  oracle RecordOracle kafka-clients $v read "$work/written" >"$work/read-$v"
  diff "$work/expected" "$work/read-$v" >"$work/diff-$v" || { head -20 "$work/diff-$v"; echo "Kafka $v reads otherwise"; exit 1; }
  echo "Kafka $v reads all $(ls "$work/written" | wc -l) files as written"
done
cargo test -q -p logboat-core --test record_judged -- --ignored writes_cases_for_the_oracle
# 3.9 is the last release that takes message sets of magic 0 and 1.
for v in 3.9.2 4.3.1; do
  oracle CheckOracle kafka-storage $v "$work/cases" "$work/theirs-$v"
  echo "Judged beside Kafka $v:"
  LOGBOAT_RECORDS_THEIRS=theirs-$v cargo test -q -p logboat-core --test record_judged -- \
    --ignored --nocapture agrees_with_the_oracle
done
