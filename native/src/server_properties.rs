//! Java's properties files, in which Kafka's configuration is written.
//!
//! The syntax is that of `java.util.Properties.load`. Bytes are read as UTF-8 where they are that, and otherwise as
//! ISO-8859-1, which is what Java reads. Nothing here knows a key.

use std::borrow::Cow;
use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

/// A key and its value, as they stand in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
    /// The line on which it starts, from 1.
    pub line: usize,
}

/// An escape of a character by its number that is not four hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadEscape {
    /// The line on which the property starts, from 1.
    pub line: usize,
}

impl fmt::Display for BadEscape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: \\u must be followed by four hexadecimal digits", self.line)
    }
}

impl std::error::Error for BadEscape {}

/// The properties of a file, in its order; a key may stand there more than once.
///
/// # Errors
/// [`BadEscape`], the one mistake that Java refuses too.
pub fn parse(bytes: &[u8]) -> Result<Vec<Property>, BadEscape> {
    let text = decode(bytes);
    let mut properties = Vec::new();
    let mut lines = natural_lines(&text).enumerate();
    while let Some((at, first)) = lines.next() {
        let first = first.trim_start_matches(BLANK);
        if first.is_empty() || first.starts_with(['#', '!']) {
            continue;
        }
        let mut line = String::new();
        let mut part = first;
        while continues(part) {
            line.push_str(&part[..part.len() - 1]);
            part = lines.next().map_or("", |(_, next)| next.trim_start_matches(BLANK));
        }
        line.push_str(part);
        properties.push(property(&line, at + 1)?);
    }
    Ok(properties)
}

/// What Java takes for white space within a line.
const BLANK: [char; 3] = [' ', '\t', '\x0c'];

fn decode(bytes: &[u8]) -> Cow<'_, str> {
    // Editors of another system mark UTF-8 by three bytes, which are no part of the first key.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// Lines that end with `\n`, `\r` or both.
fn natural_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r']) else {
            rest = None;
            return Some(text);
        };
        let (line, after) = text.split_at(end);
        rest = after.strip_prefix("\r\n").or_else(|| after.get(1..));
        Some(line)
    })
}

/// Whether a line goes on in the next one: it ends with a backslash that is not itself escaped.
fn continues(line: &str) -> bool {
    let slashes = line.len() - line.trim_end_matches('\\').len();
    slashes % 2 == 1
}

fn property(line: &str, number: usize) -> Result<Property, BadEscape> {
    let mut chars = line.chars().peekable();
    let key = unescape(&mut chars, |c| BLANK.contains(&c) || matches!(c, '=' | ':'));
    while chars.next_if(|c| BLANK.contains(c)).is_some() {}
    if chars.next_if(|c| matches!(c, '=' | ':')).is_some() {
        while chars.next_if(|c| BLANK.contains(c)).is_some() {}
    }
    let value = unescape(&mut chars, |_| false);
    match (key, value) {
        (Some(key), Some(value)) => Ok(Property { key, value, line: number }),
        _ => Err(BadEscape { line: number }),
    }
}

/// Takes characters up to one that ends them and is not escaped.
fn unescape(chars: &mut Peekable<Chars<'_>>, ends: impl Fn(char) -> bool) -> Option<String> {
    // Java counts in units of UTF-16, and so do its escapes.
    let mut units: Vec<u16> = Vec::new();
    while let Some(c) = chars.next_if(|c| !ends(*c)) {
        let escaped = if c == '\\' { chars.next() } else { Some(c) };
        let plain = match escaped {
            None => continue,
            Some(other) if c != '\\' => other,
            Some('t') => '\t',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('f') => '\x0c',
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let hexadecimal =
                    digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
                units.push(u16::from_str_radix(&digits, 16).ok().filter(|_| hexadecimal)?);
                continue;
            }
            Some(other) => other,
        };
        units.extend_from_slice(plain.encode_utf16(&mut [0; 2]));
    }
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests;
