#!/bin/sh
# Writes the fixtures anew from Kafka's own generated classes, fetched from Maven Central. Needs java 17 and mvn.
# With arguments it runs the oracle itself instead:  regenerate.sh 3.9.2 encode ProduceRequest 0 <message.json
# 4.3.1 is the newest release; 3.9.2 is the last that has every version back to 0.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/logboat-oracle

class_path() {
  lib=$cache/$1
  if [ ! -e "$lib/.done" ]; then
    mkdir -p "$lib"
    cat >"$lib/pom.xml" <<P
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>logboat</groupId><artifactId>oracle</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-clients</artifactId><version>$1</version></dependency>
    <dependency><groupId>com.fasterxml.jackson.core</groupId><artifactId>jackson-databind</artifactId><version>2.17.2</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
P
    mvn -q -B -f "$lib/pom.xml" dependency:copy-dependencies -DoutputDirectory="$lib" -DincludeScope=runtime >&2
    touch "$lib/.done"
  fi
  echo "$lib/*"
}

oracle() {
  version=$1; shift
  java -cp "$(class_path "$version")" "$here/Oracle.java" "$@"
}

if [ $# -gt 0 ]; then oracle "$@"; exit; fi

newest=$here/fixtures/kafka-4.3.1.tsv
oracle 4.3.1 generate <"$here/apis.txt" >"$newest.new"
mv "$newest.new" "$newest"
oracle 3.9.2 generate "$newest" <"$here/apis.txt" >"$here/fixtures/kafka-3.9.2.tsv.new"
mv "$here/fixtures/kafka-3.9.2.tsv.new" "$here/fixtures/kafka-3.9.2.tsv"
