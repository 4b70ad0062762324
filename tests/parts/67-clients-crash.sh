# kill -9 while producers run.
exec tests/clients/run test_crash.py
