//! Which known name was likely meant by one that is not known.

use alloc::vec::Vec;

/// The name nearest to `word`, unless even that is far: more than a third of its letters would have to change, or the
/// words between its dots be put in another order.
#[must_use]
pub fn nearest(word: &str, names: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let words = sorted(&word);
    let distances = names.into_iter().map(|name| {
        let shuffled = if sorted(name) == words { 1 } else { usize::MAX };
        (distance(&word, name).min(shuffled), name)
    });
    let (distance, name) = distances.min()?;
    if distance <= word.len().max(name.len()) / 6 + 1 { Some(name) } else { None }
}

/// The parts of a name without their order.
fn sorted(name: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = name.split(['.', '_', '-']).collect();
    parts.sort_unstable();
    parts
}

/// Levenshtein's distance, in bytes, with one row of the table at a time.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let above = *cell;
            left = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] =
        &["log.retention.hours", "log.retention.ms", "num.partitions", "broker.id", "port"];

    #[test]
    fn a_near_miss_is_recognised_and_a_stranger_is_not() {
        let table = [
            ("log.retention.hour", Some("log.retention.hours")),
            ("log.retention.hrs", Some("log.retention.hours")),
            ("LOG.RETENTION.MS", Some("log.retention.ms")),
            ("log_retention_ms", Some("log.retention.ms")),
            ("retention.log.ms", Some("log.retention.ms")),
            ("num.partition", Some("num.partitions")),
            ("partitions.num", Some("num.partitions")),
            ("brokerid", Some("broker.id")),
            ("confluent.license", None),
            ("x", None),
            ("", None),
        ];
        for (word, expected) in table {
            assert_eq!(nearest(word, NAMES.iter().copied()), expected, "{word:?}");
        }
    }

    #[test]
    fn the_distance_is_levenshteins() {
        for (a, b, expected) in [
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("ab", "ba", 2),
            ("a", "a", 0),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
