# The same rows against real Kafkas, oldest and newest: in the long form only.
[ -n "$LOGBOAT_LONG" ] || { echo "0 passed, 0 failed"; exit 0; }
tests/clients/setup.sh java || exit
status=0
for version in 2.5.0 4.3.1; do tests/rows-on-kafka "$version" || status=1; done
exit $status
