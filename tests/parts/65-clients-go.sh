# Go: sarama at several protocol versions, Telegraf's sarama, franz-go.
exec tests/clients/run test_go.py
