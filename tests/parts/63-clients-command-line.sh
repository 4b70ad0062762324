# Kafka's command line, 2.5.0 and newest.
exec tests/clients/run test_command_line.py
