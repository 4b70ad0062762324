//! Each rule of reading a value, with what Kafka's `ConfigDef` does for the same text.

use super::*;

const POLICIES: &[&str] = &["compact", "delete"];

/// A key of one type and rule.
const fn key(config_type: ConfigType, valid: Valid) -> ConfigKey {
    let mut key = ConfigKey::int("some.key", "").valid(valid);
    key.config_type = config_type;
    key
}

#[test]
fn values_are_read_by_type_and_rule() {
    use ConfigType::{Boolean, Double, Int, List, Long, Short, String};
    let any = Valid::Any;
    let range = Valid::Range(1, 9);
    // (type, rule, text, what it prints as, or what is allowed instead)
    let table: &[(ConfigType, Valid, &str, Result<&str, &str>)] = &[
        (Boolean, any, " TRUE ", Ok("true")),
        (Boolean, any, "False", Ok("false")),
        (Boolean, any, "yes", Err("Expected value to be either true or false")),
        (Boolean, any, "", Err("Expected value to be either true or false")),
        (Int, any, " +42\t", Ok("42")),
        (Int, any, "-7", Ok("-7")),
        (Int, any, "2147483648", Err("Not a number of type INT")),
        (Int, any, "1e3", Err("Not a number of type INT")),
        (Int, any, "1_000", Err("Not a number of type INT")),
        (Int, any, "", Err("Not a number of type INT")),
        (Short, any, "32767", Ok("32767")),
        (Short, any, "32768", Err("Not a number of type SHORT")),
        (Long, any, "9223372036854775807", Ok("9223372036854775807")),
        (Long, any, "9223372036854775808", Err("Not a number of type LONG")),
        (Int, range, "0", Err("Value must be at least 1")),
        (Int, range, "1", Ok("1")),
        (Int, range, "10", Err("Value must be no more than 9")),
        (Int, Valid::GzipLevel, "-1", Ok("-1")),
        (Int, Valid::GzipLevel, "9", Ok("9")),
        (Int, Valid::GzipLevel, "0", Err("Value must be between 1 and 9 or equal to -1")),
        (Double, any, "0.5", Ok("0.5")),
        (Double, any, "1", Ok("1.0")),
        (Double, any, "1d", Ok("1.0")),
        (Double, any, ".5f", Ok("0.5")),
        (Double, any, "1e10", Ok("1.0E10")),
        (Double, any, "10000000", Ok("1.0E7")),
        (Double, any, "9999999", Ok("9999999.0")),
        (Double, any, "0.00012", Ok("1.2E-4")),
        (Double, any, "1.7976931348623157E308", Ok("1.7976931348623157E308")),
        (Double, any, "NaN", Ok("NaN")),
        (Double, any, "-Infinity", Ok("-Infinity")),
        (Double, any, "inf", Err("Not a number of type DOUBLE")),
        (Double, any, "half", Err("Not a number of type DOUBLE")),
        (Double, Valid::Fraction(0.0, 1.0), "1.5", Err("Value must be no more than 1")),
        (Double, Valid::Fraction(0.0, 1.0), "NaN", Err("Value must be at least 0")),
        (String, any, "  text with blanks ", Ok("text with blanks")),
        (String, any, "", Ok("")),
        (String, Valid::NonEmpty, " ", Err("must not be empty")),
        (String, Valid::OneOf(POLICIES), "delete", Ok("delete")),
        (String, Valid::OneOf(POLICIES), "Delete", Err("String must be one of: compact, delete")),
        (String, Valid::OneOfAnyCase(POLICIES), "Delete", Ok("Delete")),
        (
            String,
            Valid::OneOfAnyCase(POLICIES),
            "keep",
            Err("String must be one of: compact, delete (case insensitive)"),
        ),
        (String, Valid::Release, "2.5", Ok("2.5")),
        (String, Valid::Release, "0.10.2-IV0", Ok("0.10.2-IV0")),
        (
            String,
            Valid::Release,
            "newest",
            Err("must be a release of Kafka, such as 2.5 or 2.5-IV0"),
        ),
        (
            String,
            Valid::Release,
            "2.5-IV",
            Err("must be a release of Kafka, such as 2.5 or 2.5-IV0"),
        ),
        (List, any, "a , b,\tc", Ok("a,b,c")),
        (List, any, "", Ok("")),
        (List, any, "a,,b", Ok("a,,b")),
        (List, Valid::Members, "", Err("must name at least one")),
        (List, Valid::MembersOrNone, "", Ok("")),
        (List, Valid::MembersOrNone, "a,", Err("must not have an empty member")),
        (List, Valid::MembersOrNone, "a,b,a", Ok("a,b")),
        (List, Valid::MembersOf(POLICIES), "delete,compact", Ok("delete,compact")),
        (List, Valid::MembersOf(POLICIES), "", Err("must name at least one")),
        (List, Valid::MembersOfOrNone(POLICIES), "", Ok("")),
        (
            List,
            Valid::MembersOfOrNone(POLICIES),
            "delete,keep",
            Err("String must be one of: compact, delete"),
        ),
        (List, Valid::ThrottledReplicas, "*", Ok("*")),
        (List, Valid::ThrottledReplicas, "", Ok("")),
        (List, Valid::ThrottledReplicas, "0:1,", Ok("0:1,")),
        (List, Valid::ThrottledReplicas, "0:1, 1:2", Ok("0:1,1:2")),
        (
            List,
            Valid::ThrottledReplicas,
            "0:a",
            Err("must be * or a list of partition:broker, such as 0:1,1:1"),
        ),
    ];
    for (config_type, valid, text, expected) in table {
        let key = key(*config_type, *valid);
        let got = parse(&key, text).map(|value| value.print()).map_err(|wrong| wrong.allowed);
        let expected = expected.map(ToString::to_string).map_err(ToString::to_string);
        assert_eq!(got, expected, "{config_type:?} {valid:?} {text:?}");
    }
}
