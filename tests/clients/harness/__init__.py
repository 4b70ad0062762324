"""Brokers, command lines and byte-level checks that the tests with real clients share."""
