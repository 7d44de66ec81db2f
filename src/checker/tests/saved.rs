//! Saved searches whose lines contradict each other although their sum is right.

use serde_json::{Value, json};

use super::super::checkpoint::Sum;
use super::*;

/// A ladder of 30 rungs, climbed in part.
struct Saved {
    graph: Digraph,
    lines: Vec<Value>,
}

fn spec() -> Spec<Digraph> {
    Digraph::spec(vec![
        Claim::required("third", ClaimKind::Sometimes(|_, state| *state == 3)),
        Digraph::eventually("WF(a)"),
    ])
}

impl Saved {
    fn after(states: usize) -> Self {
        let (graph, spec) = (ladder(30), spec());
        let mut search = Search::new(&graph, &spec, CheckSettings::default()).unwrap();
        search.run(Limits { states, ..Limits::NONE }, &mut go).unwrap();
        let mut saved = Vec::new();
        search.save("ladder", &mut saved).unwrap();
        let text = String::from_utf8(saved).unwrap();
        let mut lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.pop();
        Saved { graph, lines }
    }

    fn number(&self, field: &str) -> usize {
        self.lines[0][field].as_u64().unwrap() as usize
    }

    fn with(mut self, line: usize, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.lines[line]);
        self
    }

    fn header(self, field: &str, value: Value) -> Self {
        self.with(0, |header| header[field] = value)
    }

    /// The file with its right sum.
    fn text(&self) -> String {
        let mut sum = Sum::default();
        let mut text = String::new();
        for line in &self.lines {
            let line = line.to_string();
            sum.add(&line);
            text += &line;
            text.push('\n');
        }
        text + &serde_json::to_string(&sum.end()).unwrap()
    }

    fn resume_text(&self, text: &str) -> Result<usize, CheckError> {
        let (mut input, spec) = (text.as_bytes(), spec());
        let settings = CheckSettings::default();
        let search = Search::resume(&self.graph, &spec, settings, "ladder", &mut input)?;
        Ok(search.progress().states)
    }

    #[track_caller]
    fn is_refused(&self, line: usize, message: &str) {
        self.refuses(&self.text(), line, message);
    }

    #[track_caller]
    fn refuses(&self, text: &str, expected: usize, start: &str) {
        match self.resume_text(text) {
            Err(CheckError::Checkpoint { line, message }) => {
                assert_eq!(line, expected, "{message}");
                assert!(message.starts_with(start), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_search_is_taken_up_wherever_it_stopped() {
    for states in [1, 2, 12, 31, 32] {
        let saved = Saved::after(states);
        assert_eq!(saved.resume_text(&saved.text()).unwrap(), saved.number("states"));
    }
    let done = Saved::after(100);
    assert_eq!((done.number("states"), done.number("expanded")), (31, 31));
    assert_eq!(done.lines[0]["symmetry"], false);
}

#[test]
fn a_header_that_contradicts_itself_is_refused() {
    let saved = || Saved::after(12);
    let (states, expanded) = (saved().number("states"), saved().number("expanded"));
    assert!(expanded < states);
    let beyond = |levels: &[usize]| saved().header("levels", json!(levels));
    saved().header("expanded", json!(states + 1)).is_refused(1, "says that more is expanded");
    for levels in [&[][..], &[0], &[1, states], &[0, 5, 4, states]] {
        beyond(levels).is_refused(1, "has no sensible depths");
    }
    for levels in [&[0, states + 1][..], &[0, expanded - 1], &[0, expanded + 1, states]] {
        beyond(levels).is_refused(1, "has depths beyond its states");
    }
    for levels in [&[0, states][..], &[0, expanded, states], &[0, expanded]] {
        assert_eq!(beyond(levels).resume_text(&beyond(levels).text()).unwrap(), states);
    }
    let found = |at: usize| saved().header("found", json!([at, null]));
    found(states).is_refused(1, "names a witness that it does not hold");
    assert!(found(states - 1).resume_text(&found(states - 1).text()).is_ok());
    saved().header("symmetry", json!(true)).is_refused(1, "differs in symmetry");
}

#[test]
fn a_line_that_contradicts_the_header_is_refused() {
    let saved = || Saved::after(12);
    let (states, expanded) = (saved().number("states"), saved().number("expanded"));
    // Line n + 2 of the file, which is counted from 1, has state n.
    let parent = |at: usize, parent: usize| saved().with(at + 1, |line| line[1] = json!(parent));
    parent(5, 5).is_refused(7, "its predecessor stands behind it, or was not expanded");
    parent(states - 1, expanded).is_refused(states + 1, "its predecessor stands behind it, or");
    assert!(parent(5, 4).resume_text(&parent(5, 4).text()).is_ok());
    saved().with(6, |line| line[0] = json!(4)).is_refused(7, "this state stands here twice");
    let leads = |to: usize, class: usize| saved().with(6, |line| line[2] = json!([[to, class]]));
    leads(states, 0).is_refused(7, "a transition leads out of the file");
    leads(0, FAMILIES.len()).is_refused(7, "a transition leads out of the file");
    assert!(leads(states - 1, 1).resume_text(&leads(states - 1, 1).text()).is_ok());
}

#[test]
fn a_file_that_ends_or_changed_is_refused_at_its_line() {
    let saved = Saved::after(12);
    let text = saved.text();
    let states = saved.number("states");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), states + 2);
    for kept in 0..lines.len() {
        saved.refuses(&lines[..kept].join("\n"), kept + 1, "the file ends before the search does");
    }
    let sum = lines[states + 1].replace(":\"", ":\"0");
    let changed = format!("{}\n{sum}", lines[..=states].join("\n"));
    saved.refuses(&changed, states + 2, "the sum of the lines differs");
    let broken = format!("{}\nno sum", lines[..=states].join("\n"));
    saved.refuses(&broken, states + 2, "expected ident");
}
