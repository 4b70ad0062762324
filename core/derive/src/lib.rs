//! The derive of Kafka's messages. It writes code from declarations and must never look at anything else.
