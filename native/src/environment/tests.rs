//! The spelling of Kafka's Docker image.

use super::key;

#[test]
fn variables_name_keys() {
    let table = [
        ("KAFKA_LOG_RETENTION_HOURS", Some("log.retention.hours")),
        ("KAFKA_NODE_ID", Some("node.id")),
        ("KAFKA_CONFLUENT_SUPPORT__METRICS_ENABLE", Some("confluent.support_metrics.enable")),
        (
            "KAFKA_LISTENER_NAME_EXTERNAL_SCRAM___SHA___256_SASL_JAAS_CONFIG",
            Some("listener.name.external.scram-sha-256.sasl.jaas.config"),
        ),
        ("KAFKA_A____B_____C", Some("a-.b-_c")),
        ("KAFKA_advertised_listeners", Some("advertised.listeners")),
        ("KAFKA_PORT", Some("port")),
        ("KAFKA_HEAP_OPTS", None),
        ("KAFKA_OPTS", None),
        ("KAFKA_JVM_PERFORMANCE_OPTS", None),
        ("KAFKA_GC_LOG_OPTS", None),
        ("KAFKA_LOG4J_OPTS", None),
        ("KAFKA_LOG4J_LOGGERS", None),
        ("KAFKA_LOG4J_ROOT_LOGLEVEL", None),
        ("KAFKA_TOOLS_LOG4J_LOGLEVEL", None),
        ("KAFKA_JMX_PORT", None),
        ("KAFKA_DEBUG", None),
        ("KAFKA_PORT_9092_TCP_ADDR", None),
        ("KAFKA_SERVICE_HOST", None),
        ("LOG_RETENTION_HOURS", None),
        ("PATH", None),
    ];
    for (variable, expected) in table {
        assert_eq!(key(variable).as_deref(), expected, "{variable}");
    }
}
