//! Each rule of Java's syntax; the expected pairs are what `java.util.Properties` made of the same text.

use super::*;

fn pairs(text: &[u8]) -> Vec<(String, String, usize)> {
    let properties = parse(text).unwrap_or_else(|error| panic!("{error}"));
    properties.into_iter().map(|p| (p.key, p.value, p.line)).collect()
}

#[test]
fn a_line_is_a_key_and_a_value() {
    let table: &[(&str, &[(&str, &str)])] = &[
        ("a=1", &[("a", "1")]),
        ("a = 1 ", &[("a", "1 ")]),
        ("a:1", &[("a", "1")]),
        ("a 1", &[("a", "1")]),
        ("a\t:\t1", &[("a", "1")]),
        ("  a  1 = 2", &[("a", "1 = 2")]),
        ("a==1", &[("a", "=1")]),
        ("a", &[("a", "")]),
        ("a=", &[("a", "")]),
        ("=1", &[("", "1")]),
        ("# a=1\n  ! b=2\n\n \t\nc=3 # no comment", &[("c", "3 # no comment")]),
        ("a=1\rb=2\r\nc=3\n\rd=4", &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]),
        ("a=1\\\n  2\\\n  3", &[("a", "123")]),
        ("a=1\\\r\n2", &[("a", "12")]),
        ("a=1\\\\\nb=2", &[("a", "1\\"), ("b", "2")]),
        ("a=1\\\n# no comment\nb=2", &[("a", "1# no comment"), ("b", "2")]),
        ("a=1\\\n\nb=2", &[("a", "1"), ("b", "2")]),
        ("a\\\n =1", &[("a", "1")]),
        ("# comments do not go on \\\na=1", &[("a", "1")]),
        ("a=1\\", &[("a", "1")]),
        ("a\\ b\\=c\\:d=1", &[("a b=c:d", "1")]),
        ("a=\\t\\n\\r\\f\\q\\\\", &[("a", "\t\n\r\x0cq\\")]),
        ("a=\\u0041\\u00e9\\uD83D\\uDE00", &[("a", "A\u{e9}\u{1f600}")]),
        ("a=C:\\temp\\logs", &[("a", "C:\templogs")]),
        ("a=1\na=2", &[("a", "1"), ("a", "2")]),
        ("a=\u{e9}", &[("a", "\u{e9}")]),
        ("", &[]),
    ];
    for (text, expected) in table {
        let got: Vec<(String, String)> =
            pairs(text.as_bytes()).into_iter().map(|(k, v, _)| (k, v)).collect();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        assert_eq!(got, expected, "{text:?}");
    }
}

#[test]
fn a_property_knows_the_line_on_which_it_starts() {
    let lines: Vec<usize> =
        pairs(b"# one\r\n\r\na=1\\\r\n2\r\nb=2\n").into_iter().map(|(_, _, line)| line).collect();
    assert_eq!(lines, [3, 5]);
}

#[test]
fn bytes_that_are_no_utf_8_are_iso_8859_1_and_a_mark_of_utf_8_is_no_key() {
    assert_eq!(pairs(b"a=\xe9"), [("a".into(), "\u{e9}".into(), 1)]);
    assert_eq!(pairs(b"\xef\xbb\xbfa=1"), [("a".into(), "1".into(), 1)]);
}

#[test]
fn an_escape_by_number_has_four_digits() {
    for text in ["a=1\nb=\\u12", "a=1\nb=\\u12g4", "a=1\nb=\\u+123", "a=1\n\\u=1"] {
        assert_eq!(parse(text.as_bytes()), Err(BadEscape { line: 2 }), "{text}");
    }
}
