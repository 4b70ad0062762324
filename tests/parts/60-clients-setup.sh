# Real clients, from their registries.
exec tests/clients/setup.sh apt python node java go
