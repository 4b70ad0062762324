//! The fences that no compiler holds: length of files, headers, what the core may not name.
//!
//! A file that is longer than the limit stands in `LONG` with the reason; the list is a ratchet.

use std::fs;
use std::path::{Path, PathBuf};

/// About as much as a person reads in one go.
const LIMIT: usize = 420;
/// Tables of tests may be longer: nobody reads them in one go.
const TEST_LIMIT: usize = 600;
/// Longer files, each with its reason.
const LONG: &[(&str, usize, &str)] = &[];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_owned()
}

/// The sources below a folder of the root, by path from there.
fn sources(folder: &str) -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("readable").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !matches!(
                    name,
                    "target" | "node_modules" | ".cache" | "fixtures" | "dist" | "gen"
                ) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let path = path.strip_prefix(&root).expect("below the root").display().to_string();
                found.push((path, text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/") || path.starts_with("tests/")
}

fn limit_of(path: &str) -> usize {
    if is_test(path) { TEST_LIMIT } else { LIMIT }
}

fn all() -> Vec<(String, String)> {
    ["core", "native", "wasm", "tests"].into_iter().flat_map(sources).collect()
}

#[test]
fn files_are_short_or_say_why_not() {
    let mut wrong = Vec::new();
    for (path, text) in all() {
        let lines = text.lines().count();
        let limit = LONG
            .iter()
            .find(|(long, ..)| *long == path)
            .map_or_else(|| limit_of(&path), |(_, limit, _)| *limit);
        if lines > limit {
            wrong.push(format!("{path}: {lines} lines, the limit is {limit}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "split them, or add them to LONG with a reason:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_ratchet_holds_nothing_that_became_short() {
    let files = all();
    for (long, limit, reason) in LONG {
        let text = files.iter().find(|(path, _)| path == long).map(|(_, text)| text);
        let lines = text.unwrap_or_else(|| panic!("{long} is gone")).lines().count();
        assert!(lines > limit_of(long), "{long} is short now: take it off the list");
        assert!(lines + 50 > *limit, "{long}: lower its limit, it has {lines} lines");
        assert!(!reason.is_empty());
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<_> = all()
        .into_iter()
        .filter(|(path, text)| !text.starts_with("//!") && !path.ends_with("tests.rs"))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "no //! at the top of {silent:?}");
}

#[test]
fn there_is_no_mod_rs() {
    assert!(all().iter().all(|(path, _)| !path.ends_with("/mod.rs")));
}

#[test]
fn the_core_names_no_std_no_cfg_of_a_target_and_no_float_in_state() {
    let library = sources("core").into_iter().filter(|(path, _)| path.starts_with("core/src/"));
    for (path, text) in library {
        let is_test = is_test(&path);
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            let at = format!("{path}:{number}: {line}");
            let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            assert!(is_test || !(words.contains(&"std") && code.contains("std::")), "{at}");
            assert!(
                !code.contains("extern crate std") || is_test || code.contains("cfg(test)"),
                "{at}"
            );
            assert!(!code.contains("target_arch") && !code.contains("target_os"), "{at}");
            assert!(!code.contains("unsafe "), "{at}");
            let state =
                path.starts_with("core/src/shard/") || path.starts_with("core/src/partition");
            assert!(!state || !(code.contains("f64") || code.contains("f32")), "{at}");
        }
    }
    let lib = fs::read_to_string(root().join("core/src/lib.rs")).expect("it is there");
    assert!(lib.contains("#![no_std]") && lib.contains("#![forbid(unsafe_code)]"));
}
