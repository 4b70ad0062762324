# Consumer groups in Kafka's command line and Java clients, 2.5.0 and newest; its tools for operators.
exec tests/clients/run test_groups.py test_group_resets.py test_cluster_tools.py test_java_groups.py
