//! The manual as a test: every console block of README and docs prints what it shows.
//!
//! Blocks with `<!-- slow -->` above them are left out, unless the tests are given `blocks=slow`
//! (`scripts/slow-blocks.sh`).

use std::fs;
use std::path::{Path, PathBuf};

/// The mark of a block that takes longer than a test may.
const SLOW: &str = "<!-- slow -->";
/// What opens a block that is run.
const CONSOLE: &str = "```console";

/// README and the manual, in the order of their names.
fn documents(root: &Path) -> Vec<PathBuf> {
    let mut documents: Vec<PathBuf> = fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    documents.push(root.join("README.md"));
    documents.sort();
    documents
}

/// The document with every console block switched off but the slow or the quick ones; and how many
/// are left on.
///
/// trycmd drops the last line break of a block. The blank line after a block moves into it, so that
/// the break is there and each line keeps its number.
fn with_only(text: &str, slow: bool) -> (String, usize) {
    let mut kept = 0;
    let mut copy = String::new();
    let mut last = "";
    let mut in_console = false;
    let mut moved = false;
    for line in text.lines() {
        match line {
            CONSOLE => {
                let runs = (last == SLOW) == slow;
                kept += usize::from(runs);
                copy.push_str(if runs { CONSOLE } else { "```console,ignore" });
                in_console = true;
            }
            "```" if in_console => {
                copy.push_str("\n```");
                in_console = false;
                moved = true;
            }
            "" if moved => {
                moved = false;
                continue;
            }
            _ => {
                copy.push_str(line);
                moved = false;
            }
        }
        copy.push('\n');
        last = line;
    }
    (copy, kept)
}

#[test]
fn every_console_block_prints_what_it_shows() {
    let slow = std::env::args().any(|argument| argument == "blocks=slow");
    let copies = tempfile::tempdir().unwrap();
    let cases = trycmd::TestCases::new();
    cases.env("RUST_BACKTRACE", "0").env("NO_COLOR", "1").env("COLUMNS", "80");
    let mut blocks = 0;
    for path in documents(Path::new(env!("CARGO_MANIFEST_DIR"))) {
        let (text, kept) = with_only(&fs::read_to_string(&path).unwrap(), slow);
        let copy = copies.path().join(path.file_name().unwrap());
        fs::write(&copy, text).unwrap();
        cases.case(copy);
        blocks += kept;
    }
    // A manual without blocks would pass, too.
    let at_least = if slow { 5 } else { 30 };
    assert!(
        at_least <= blocks,
        "{blocks} console blocks are too few: is the fence still {CONSOLE}?"
    );
    cases.run();
}
