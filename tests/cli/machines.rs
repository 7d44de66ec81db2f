//! What other programs read: schemas, completions, manual pages, JUnit's XML.

use std::fs;

use crate::{SMALL, swarmbound, with_input};

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let said = swarmbound(&["completions", shell]);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{shell}");
        assert!(said.out.contains("swarmbound") && said.out.contains("max-memory"), "{shell}");
    }
    assert_eq!(swarmbound(&["completions", "dos"]).code, 2);
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let said = swarmbound(&["man", pages.to_str().unwrap()]);
    assert_eq!((said.code, said.err.as_str(), said.out.as_str()), (0, "", ""));
    for page in ["swarmbound", "swarmbound-run", "swarmbound-audit", "swarmbound-check"] {
        let text = fs::read_to_string(pages.join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".TH swarmbound"), "{page}: {text}");
    }
    assert_eq!(swarmbound(&["man", "Cargo.toml"]).code, 2);
}

/// A case a rule or property: passed, skipped, failed with its witness.
#[test]
fn verdicts_are_test_cases() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("junit.xml");
    let file = file.to_str().unwrap();
    let xml = |arguments: &[&str], code| {
        let said = with_input(&[arguments, &["--junit", file]].concat(), SMALL.as_bytes());
        assert_eq!(said.code, code, "{arguments:?}: {}", said.err);
        fs::read_to_string(file).unwrap()
    };
    let audit = xml(&["audit", "docs/examples/causality.jsonl"], 1);
    assert!(
        audit.contains(r#"name="swarmbound audit" tests="11" skipped="3" failures="1""#),
        "{audit}"
    );
    assert!(audit.contains("peer 1 sent chunk 0 to peer 2"), "{audit}");
    assert!(audit.contains("line 6"), "{audit}");
    let run = xml(&["run", "-"], 0);
    assert!(run.contains(r#"name="swarmbound run" tests="22""#), "{run}");
    assert!(run.contains(r#"name="small, client-server""#), "{run}");
    let check = xml(&["check", "churn", "--peers", "2", "--chunks", "1"], 0);
    assert!(check.contains("violated, and not required"), "{check}");
}
