# Real clients, from their registries.
set -e
tests/clients/setup.sh apt python node java go
[ -z "$LOGBOAT_LONG" ] || tests/clients/setup.sh telegraf
