# Kafka's Java clients, 2.5.0 and newest: the sample projects, the admin client.
exec tests/clients/run test_java.py
