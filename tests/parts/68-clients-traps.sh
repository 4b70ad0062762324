# Wire traps that broke real clients on other brokers, and the server's own rows.
exec tests/clients/run test_traps.py test_server.py
