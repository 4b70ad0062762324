# librdkafka: Debian's kcat and the newest Python wheel.
exec tests/clients/run test_kcat.py test_confluent.py
