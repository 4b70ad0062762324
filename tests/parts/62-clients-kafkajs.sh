# kafkajs.
exec tests/clients/run test_kafkajs.py
