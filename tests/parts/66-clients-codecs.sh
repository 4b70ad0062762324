# Every codec of every client is stored as sent.
exec tests/clients/run test_codecs.py
