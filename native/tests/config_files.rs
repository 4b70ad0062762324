//! Whole files: those that come with Kafka's releases start a broker as they are, and what a file means to close is
//! never served open.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use logboat::cli::{NoStart, Settings, load};

fn of_file(path: &Path) -> Result<Settings, NoStart> {
    load([path.as_os_str().to_owned()], [])
}

/// A file of ours that says what a release's own file says, without its words.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(name)
}

fn started(path: &Path) -> Settings {
    of_file(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn listeners(settings: &Settings) -> Vec<(String, Option<(&str, u16)>)> {
    let one = |listener: &logboat_core::config::Listener| {
        format!("{}://{}:{}", listener.name, listener.host, listener.port)
    };
    let told = settings.broker.listeners.iter().map(|listener| {
        (one(listener), listener.advertised.as_ref().map(|(host, port)| (host.as_ref(), *port)))
    });
    told.collect()
}

#[test]
fn the_file_of_kafka_2_5_0_starts_a_broker() {
    let settings = started(&fixture("kafka-2.5.0.properties"));
    // It names no listener: every address in Kafka, loopback here.
    assert_eq!(listeners(&settings), [("PLAINTEXT://127.0.0.1:9092".into(), None)]);
    assert_eq!(settings.data_dirs, [PathBuf::from("/var/lib/kafka-logs")]);
    assert_eq!((settings.broker.node_id, settings.broker.node_id_given), (0, true));
    assert_eq!(settings.broker.group_initial_rebalance_delay_ms, 0);
    assert_eq!(
        settings.notices,
        [
            "num.network.threads, num.io.threads: one thread for each data directory does this work",
            "socket.send.buffer.bytes, socket.receive.buffer.bytes: the system sizes these buffers by itself",
            "num.recovery.threads.per.data.dir: recovery reads one journal for each data directory, with one thread each",
            "offsets.topic.replication.factor, transaction.state.log.replication.factor, transaction.state.log.min.isr: \
             known, but not obeyed yet",
            "zookeeper.connect, zookeeper.connection.timeout.ms: no ZooKeeper is needed; the broker keeps its own metadata",
        ]
    );
    assert!(settings.warnings.is_empty());
}

#[test]
fn the_file_of_kafka_4_3_1_starts_a_broker_and_leaves_the_controllers_listener_closed() {
    let settings = started(&fixture("kafka-4.3.1.properties"));
    assert_eq!(listeners(&settings), [("PLAINTEXT://:9092".into(), Some(("localhost", 9092)))]);
    assert_eq!((settings.broker.node_id, settings.broker.node_id_given), (1, true));
    // Kafka's default in its code, for the file does not say it.
    assert_eq!(settings.broker.group_initial_rebalance_delay_ms, 3000);
    let line = "process.roles, controller.quorum.bootstrap.servers: no controller is needed; this process is broker \
                and controller in one";
    assert!(settings.notices.iter().any(|notice| notice == line), "{:?}", settings.notices);
}

#[test]
fn a_file_for_zookeeper_is_answered_and_not_refused() {
    match of_file(&fixture("zookeeper.properties")) {
        Err(NoStart::Answered(text)) => {
            assert!(text.contains("logboat does not need") && text.lines().count() == 1, "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_file_of_ours_changes_nothing_as_it_stands() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/server.properties");
    let (settings, plain) =
        (started(&ours), load([], []).unwrap_or_else(|error| panic!("{error}")));
    let only_not_yet =
        settings.notices.iter().all(|line| line.ends_with(": known, but not obeyed yet"));
    assert!(only_not_yet && settings.warnings.is_empty(), "{:?}", settings.notices);
    assert_eq!((listeners(&settings), &settings.data_dirs), (listeners(&plain), &plain.data_dirs));
    assert_eq!(settings.broker.topic, plain.broker.topic);
    for (name, value) in logboat_core::config::SINGLE_NODE {
        let same = settings.broker.get(name);
        assert!(same.as_deref() == Some(*value) || !matters(name), "{name}: {same:?}");
    }
    // Each example in it can be taken as it stands.
    let text = std::fs::read_to_string(&ours).unwrap_or_else(|error| panic!("{error}"));
    let examples = text
        .lines()
        .filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')));
    for example in examples.filter(|example| !example.is_empty()) {
        let args = ["--override", example].map(OsString::from);
        assert!(load(args, []).is_ok(), "{example}");
    }
}

/// Whether a key of the single node does something here.
fn matters(name: &str) -> bool {
    use logboat_core::config::{Standing, keys::broker_key};
    !matches!(broker_key(name).map(|key| key.standing), Some(Standing::Otherwise(_)))
}

#[test]
fn what_a_file_means_to_close_is_never_served_open() {
    let closed: &[(&str, &str)] = &[
        (
            "listeners=SSL://:9093\nssl.keystore.location=/k",
            "SSL is SSL, and only PLAINTEXT is served yet",
        ),
        ("listeners=SASL_SSL://:9093", "only PLAINTEXT is served yet"),
        ("listeners=PLAINTEXT://:9092,SASL_PLAINTEXT://:9093", "only PLAINTEXT is served yet"),
        ("listeners=IN://:9092\nlistener.security.protocol.map=IN:SASL_SSL", "IN is SASL_SSL"),
        ("listener.security.protocol.map=PLAINTEXT:SSL", "PLAINTEXT is SSL"),
        ("security.inter.broker.protocol=SASL_SSL", "only PLAINTEXT is served yet"),
        (
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "access control",
        ),
        ("super.users=User:admin", "access control"),
        ("allow.everyone.if.no.acl.found=true", "access control"),
        ("quota.producer.default=1000", "quotas"),
        ("quota.consumer.default=1000", "quotas"),
        ("client.quota.callback.class=com.example.Quota", "Java classes"),
        ("create.topic.policy.class.name=com.example.Policy", "Java classes"),
        ("alter.config.policy.class.name=com.example.Policy", "Java classes"),
        ("principal.builder.class=com.example.Builder", "Java classes"),
        ("listener.name.internal.principal.builder.class=com.example.Builder", "Java classes"),
        ("config.providers=file", "fetched from elsewhere"),
        ("remote.log.storage.system.enable=true", "tiered storage"),
        ("process.roles=controller", "serves no client"),
        ("zookeeper.metadata.migration.enable=true", "taken over from ZooKeeper"),
    ];
    let directory = std::env::temp_dir().join(format!("logboat-config-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap_or_else(|error| panic!("{error}"));
    let file = directory.join("server.properties");
    for (text, reason) in closed {
        std::fs::write(&file, text).unwrap_or_else(|error| panic!("{error}"));
        match of_file(&file) {
            Err(NoStart::Refused(line)) => {
                assert!(line.contains(reason) && line.lines().count() == 1, "{text}: {line}");
                assert!(line.starts_with(&format!("{}, line ", file.display())), "{line}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    std::fs::write(&file, "# one\nnum.partitions=3\n\nlog.retention.hrs=1\n")
        .unwrap_or_else(|error| panic!("{error}"));
    let line = of_file(&file).map(|_| ()).map_err(|error| error.to_string());
    let expected = format!(
        "{}, line 4: Unknown configuration log.retention.hrs (value 1): did you mean log.retention.hours?",
        file.display()
    );
    assert_eq!(line, Err(expected));
    std::fs::remove_dir_all(&directory).unwrap_or_else(|error| panic!("{error}"));
}
