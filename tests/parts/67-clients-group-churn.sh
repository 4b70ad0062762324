# Consumer groups of every client: shared, handed over, static, mixed, churning.
exec tests/clients/run test_group_clients.py
