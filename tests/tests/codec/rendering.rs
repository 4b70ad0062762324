//! Our messages' `Debug` form, read back into names and values, and compared with Kafka's JSON. It finds what equal bytes
//! cannot: two fields of one type that bear each other's names.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value;

/// A value as `{:?}` renders it.
#[derive(Debug, PartialEq)]
pub(crate) enum Rendered {
    Null,
    /// A number, a boolean, a UUID.
    Bare(String),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Self>),
    Struct(Vec<(String, Self)>),
}

/// Reads a whole rendering.
pub(crate) fn parse(text: &str) -> Rendered {
    let mut chars = text.chars().peekable();
    let value = value(&mut chars);
    assert_eq!(chars.next(), None, "the end of {text}");
    value
}

fn expect(chars: &mut Peekable<Chars<'_>>, text: &str) {
    for wanted in text.chars() {
        assert_eq!(chars.next(), Some(wanted));
    }
}

fn value(chars: &mut Peekable<Chars<'_>>) -> Rendered {
    match chars.peek() {
        Some('"') => Rendered::Text(String::from_utf8(quoted(chars)).expect("UTF-8")),
        Some('[') => {
            chars.next();
            let mut list = Vec::new();
            while chars.next_if_eq(&']').is_none() {
                list.push(value(chars));
                if chars.next_if_eq(&',').is_some() {
                    expect(chars, " ");
                }
            }
            Rendered::List(list)
        }
        _ => word(chars),
    }
}

fn word(chars: &mut Peekable<Chars<'_>>) -> Rendered {
    let mut word = String::new();
    while let Some(char) =
        chars.next_if(|char| char.is_ascii_alphanumeric() || "_-.".contains(*char))
    {
        word.push(char);
    }
    match chars.peek() {
        Some('"') if word == "b" => Rendered::Bytes(quoted(chars)),
        // `Some(..)`, an API's variant, a chunk: only what is inside counts.
        Some('(') => {
            chars.next();
            let inner = value(chars);
            expect(chars, ")");
            inner
        }
        Some(' ') => {
            chars.next();
            match chars.next() {
                // An error code: `NONE (0)`.
                Some('(') => {
                    let code = value(chars);
                    expect(chars, ")");
                    code
                }
                Some('{') => fields(chars),
                // The space before a closing brace.
                Some('}') => panic!("a value is missing after {word}"),
                other => panic!("{other:?} after {word}"),
            }
        }
        _ if word == "None" => Rendered::Null,
        _ => Rendered::Bare(word),
    }
}

fn fields(chars: &mut Peekable<Chars<'_>>) -> Rendered {
    let mut fields = Vec::new();
    loop {
        expect(chars, " ");
        let mut name = String::new();
        while let Some(char) = chars.next_if(|char| *char != ':') {
            name.push(char);
        }
        expect(chars, ": ");
        fields.push((name, field_value(chars)));
        if chars.next_if_eq(&',').is_none() {
            expect(chars, "}");
            return Rendered::Struct(fields);
        }
    }
}

/// A field's value, and the space after it where it is the last.
fn field_value(chars: &mut Peekable<Chars<'_>>) -> Rendered {
    // A bare word before ` }` must not be taken for the name of a structure.
    let rest: String = chars.clone().take_while(|char| !", ".contains(*char)).collect();
    let ends = chars.clone().skip(rest.chars().count()).take(2).collect::<String>();
    let bare = !rest.is_empty()
        && rest.chars().all(|char| char.is_ascii_alphanumeric() || "_-.".contains(char));
    let value = if bare && ends == " }" {
        for _ in rest.chars() {
            chars.next();
        }
        if rest == "None" { Rendered::Null } else { Rendered::Bare(rest) }
    } else {
        value(chars)
    };
    chars.next_if_eq(&' ');
    value
}

/// Text or bytes between quotes, with Rust's escapes.
fn quoted(chars: &mut Peekable<Chars<'_>>) -> Vec<u8> {
    expect(chars, "\"");
    let mut bytes = Vec::new();
    loop {
        let char = match chars.next().expect("a closing quote") {
            '"' => return bytes,
            '\\' => match chars.next().expect("an escape") {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                'x' => {
                    let digits: String =
                        [chars.next(), chars.next()].into_iter().flatten().collect();
                    bytes.push(u8::from_str_radix(&digits, 16).expect("two digits"));
                    continue;
                }
                'u' => {
                    expect(chars, "{");
                    let digits: String =
                        std::iter::from_fn(|| chars.next_if(|char| *char != '}')).collect();
                    expect(chars, "}");
                    u32::from_str_radix(&digits, 16)
                        .ok()
                        .and_then(char::from_u32)
                        .expect("a character")
                }
                same => same,
            },
            char => char,
        };
        bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Compares what Kafka's JSON names; fields that it leaves out, the version does not have or the value is the default.
pub(crate) fn assert_same(ours: &Rendered, kafkas: &Value, what: &str) {
    match (ours, kafkas) {
        (Rendered::Null, Value::Null) => {}
        (Rendered::Bare(bare), Value::String(uuid)) => assert_eq!(bare, uuid, "{what}"),
        (Rendered::Bare(bare), other) => assert_eq!(*bare, other.to_string(), "{what}"),
        (Rendered::Text(text), Value::String(other)) => assert_eq!(text, other, "{what}"),
        (Rendered::Bytes(bytes), Value::String(base64)) => {
            assert_eq!(*bytes, from_base64(base64), "{what}")
        }
        (Rendered::List(list), Value::Array(others)) => {
            assert_eq!(list.len(), others.len(), "{what}");
            for (ours, kafkas) in list.iter().zip(others) {
                assert_same(ours, kafkas, what);
            }
        }
        (Rendered::Struct(fields), Value::Object(others)) => {
            for (name, kafkas) in others {
                let name = snake_case(name);
                let (_, ours) = fields
                    .iter()
                    .find(|(ours, _)| *ours == name)
                    .unwrap_or_else(|| panic!("{what}: {name}"));
                // Kafka's JSON of records is always empty, unless they are null; no other field has their type.
                if name == "records" {
                    assert_eq!(*ours == Rendered::Null, kafkas.is_null(), "{what}.records");
                    continue;
                }
                assert_same(ours, kafkas, &format!("{what}.{name}"));
            }
        }
        (ours, kafkas) => panic!("{what}: {ours:?} is not {kafkas}"),
    }
}

/// Kafka's names as ours are spelled.
fn snake_case(name: &str) -> String {
    if name == "enable2Pc" {
        return "enable_2pc".to_owned();
    }
    let mut spelled = String::new();
    for char in name.chars() {
        if char.is_ascii_uppercase() {
            spelled.push('_');
        }
        spelled.push(char.to_ascii_lowercase());
    }
    spelled
}

fn from_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for char in text.bytes().filter(|char| *char != b'=') {
        bits = bits << 6 | ALPHABET.iter().position(|known| *known == char).expect("base64") as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
