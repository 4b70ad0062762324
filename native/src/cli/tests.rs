//! The layers over each other, and what each of them is told when it is wrong.

use super::*;

fn load_with(args: &[&str], env: &[(&str, &str)]) -> Result<Settings, NoStart> {
    let env = env.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    load(args.iter().map(OsString::from), env)
}

fn settings(args: &[&str], env: &[(&str, &str)]) -> Settings {
    load_with(args, env).unwrap_or_else(|error| panic!("{args:?} {env:?}: {error}"))
}

fn refused(args: &[&str], env: &[(&str, &str)]) -> String {
    match load_with(args, env) {
        Err(NoStart::Refused(line)) => line,
        other => panic!("{args:?} {env:?}: {other:?}"),
    }
}

fn answered(args: &[&str]) -> String {
    match load_with(args, &[]) {
        Err(NoStart::Answered(text)) => text,
        other => panic!("{args:?}: {other:?}"),
    }
}

fn listeners(settings: &Settings) -> Vec<String> {
    settings
        .broker
        .listeners
        .iter()
        .map(|one| format!("{}://{}:{}", one.name, one.host, one.port))
        .collect()
}

#[test]
fn nothing_at_all_is_a_single_node_on_loopback() {
    let settings = settings(&[], &[]);
    assert_eq!(listeners(&settings), ["PLAINTEXT://127.0.0.1:9092"]);
    assert_eq!(settings.data_dirs, [PathBuf::from("logboat-data")]);
    assert!(!settings.memory && settings.notices.is_empty() && settings.warnings.is_empty());
    assert_eq!(settings.broker.group_initial_rebalance_delay_ms, 0);
    assert_eq!(settings.broker.offsets_topic_replication_factor, 1);
    assert_eq!(settings.broker.topic.flush_messages, 1);
}

#[test]
fn the_command_line_counts_more_than_variables() {
    let env =
        [("KAFKA_NUM_PARTITIONS", "5"), ("KAFKA_LOG_DIRS", "/a,/b"), ("KAFKA_HEAP_OPTS", "-Xmx1G")];
    let from_env = settings(&[], &env);
    assert_eq!(from_env.broker.num_partitions, 5);
    assert_eq!(from_env.data_dirs, [PathBuf::from("/a"), PathBuf::from("/b")]);
    let args =
        ["--override", "num.partitions = 7", "--data-dir", "/c", "--override", "log.dirs=/d"];
    let both = settings(&args, &env);
    assert_eq!(both.broker.num_partitions, 7);
    assert_eq!(both.data_dirs, [PathBuf::from("/c")]);
    let twice =
        settings(&["--override", "num.partitions=7", "--override", "num.partitions=8"], &env);
    assert_eq!(twice.broker.num_partitions, 8);
}

#[test]
fn the_short_forms() {
    assert_eq!(listeners(&settings(&["--port", "19092"], &[])), ["PLAINTEXT://127.0.0.1:19092"]);
    assert_eq!(listeners(&settings(&["--port=0"], &[])), ["PLAINTEXT://127.0.0.1:0"]);
    assert_eq!(
        listeners(&settings(&["--port", "1"], &[("KAFKA_LISTENERS", "PLAINTEXT://[::]:9092")])),
        ["PLAINTEXT://[::]:1"]
    );
    let override_ = [
        "--override",
        "listener.security.protocol.map=IN:PLAINTEXT",
        "--override",
        "listeners=IN://h:1",
    ];
    assert_eq!(
        listeners(&settings(&[&override_[..], &["--port", "2"]].concat(), &[])),
        ["IN://h:2"]
    );
    let two = "PLAINTEXT://:1,B://:2";
    let env = [
        ("KAFKA_LISTENERS", two),
        ("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "PLAINTEXT:PLAINTEXT,B:PLAINTEXT"),
    ];
    assert_eq!(
        refused(&["--port", "5"], &env),
        "--port 5: there are 2 listeners; set their ports with --override listeners=…"
    );
    assert!(settings(&["--memory"], &[]).memory);
    assert_eq!(settings(&["--data-dir", "x/y"], &[]).data_dirs, [PathBuf::from("x/y")]);
}

#[test]
fn mistakes_are_one_line_that_names_them() {
    type Variables = &'static [(&'static str, &'static str)];
    let table: &[(&[&str], Variables, &str)] = &[
        (
            &["--override", "log.retention.hour=5"],
            &[],
            "--override: Unknown configuration log.retention.hour (value 5): did you mean log.retention.hours?",
        ),
        (
            &[],
            &[("KAFKA_LOG_RETENTION_HOURS", "soon")],
            "variable KAFKA_LOG_RETENTION_HOURS: Invalid value soon for configuration log.retention.hours: Not a number of type INT",
        ),
        (
            &[],
            &[("KAFKA_LOG_RETENTION_HOUR", "5")],
            "variable KAFKA_LOG_RETENTION_HOUR: Unknown configuration log.retention.hour (value 5): did you mean \
             log.retention.hours?",
        ),
        (
            &["--override", "num.partitions"],
            &[],
            "--override num.partitions: must be key=value, such as num.partitions=3",
        ),
        (&["--override", "=3"], &[], "--override =3: must be key=value, such as num.partitions=3"),
        (
            &["--port", "65536"],
            &[],
            "invalid value '65536' for '--port <N>': 65536 is not in 0..=65535; logboat --help \
             shows what there is",
        ),
        (
            &["--port"],
            &[],
            "a value is required for '--port <N>' but none was supplied; logboat --help shows what there is",
        ),
        (
            &["--prot", "1"],
            &[],
            "unexpected argument '--prot' found; logboat --help shows what there is",
        ),
        (&["a", "b"], &[], "unexpected argument 'b' found; logboat --help shows what there is"),
        (
            &["--memory", "--data-dir", "x"],
            &[],
            "the argument '--memory' cannot be used with '--data-dir <DIR>'; logboat --help shows what there is",
        ),
        (
            &["--data-dir", "a,b"],
            &[],
            "--data-dir a,b: must be one directory; several go into --override log.dirs=…",
        ),
        (
            &["--data-dir", ""],
            &[],
            "--data-dir : must be one directory; several go into --override log.dirs=…",
        ),
        (
            &["-daemon", "config/server.properties"],
            &[],
            "-daemon is not served yet; run logboat in the background with & or as a service",
        ),
        (
            &["no/such.properties"],
            &[],
            "no/such.properties cannot be read: No such file or directory",
        ),
        (
            &["--override", "listeners=SSL://:9093"],
            &[],
            "--override: Value SSL://:9093 for configuration listeners cannot be served: SSL is SSL, and only \
             PLAINTEXT is served yet",
        ),
    ];
    for (args, env, expected) in table {
        assert_eq!(refused(args, env), *expected);
    }
}

#[test]
fn what_is_asked_for_is_answered() {
    assert_eq!(answered(&["--version"]), format!("logboat {}\n", env!("CARGO_PKG_VERSION")));
    let help = answered(&["--help"]);
    for part in [
        "--override <key=value>",
        "--port <N>",
        "--data-dir <DIR>",
        "--memory",
        "Examples:",
        "server.properties",
    ] {
        assert!(help.contains(part), "{part} is not in\n{help}");
    }
    assert!(help.lines().all(|line| line.len() <= 120), "{help}");
}

#[test]
fn what_kubernetes_and_scripts_set_is_not_for_us() {
    let env = [
        ("KAFKA_PORT", "tcp://10.0.0.1:9092"),
        ("KAFKA_PORT_9092_TCP", "tcp://10.0.0.1:9092"),
        ("KAFKA_SERVICE_HOST", "10.0.0.1"),
        ("KAFKA_OPTS", "-Dx=y"),
        ("KAFKA_HOME", "/opt/kafka"),
        ("HOME", "/root"),
    ];
    assert!(settings(&[], &env).notices.is_empty());
    let port = settings(&[], &[("KAFKA_PORT", "9093")]);
    assert_eq!(listeners(&port), ["PLAINTEXT://127.0.0.1:9093"]);
    assert_eq!(
        port.notices,
        ["port: is used only where listeners and advertised.listeners do not say it"]
    );
}

#[test]
fn what_can_be_lost_is_said_aloud() {
    let later = settings(&["--override", "log.flush.interval.messages=9223372036854775807"], &[]);
    assert_eq!(later.warnings.len(), 1);
    assert!(
        later.warnings[0]
            .starts_with("log.flush.interval.messages=9223372036854775807: answers do not wait")
    );
}
