//! What is written of a search for Graphviz and for other tools, and what claims go by there.

use super::*;

/// Two states whose names need quoting, and a third beyond the boundary.
#[derive(Clone, Debug)]
struct Quotes;

impl Model for Quotes {
    type State = &'static str;
    type Action = u8;

    fn init_states(&self) -> Vec<&'static str> {
        vec!["a \"b\""]
    }

    fn actions(&self, _: &&'static str, actions: &mut Vec<u8>) {
        actions.extend([0, 1, 2]);
    }

    fn next_state(&self, _: &&'static str, action: u8) -> Option<&'static str> {
        Some(["a \"b\"", "c\\\n", "beyond"][usize::from(action)])
    }

    fn within_boundary(&self, state: &&'static str) -> bool {
        *state != "beyond"
    }
}

#[test]
fn a_graph_is_written_as_graphviz_reads_it() {
    let class = Class { family: "go", label: "go \"on\"\n".into() };
    let classes = Classes { all: vec![class], of: |_, _| 0 };
    let spec = Spec { claims: Vec::new(), classes, symmetry: None, heap: None };
    let settings = CheckSettings { edges: KeepEdges::Always, ..CheckSettings::default() };
    let mut search = Search::new(&Quotes, &spec, settings).unwrap();
    let exploration = search.run(Limits::NONE, &mut go).unwrap();
    assert_eq!(search.report(exploration).unwrap().outside, 2, "once from each state");
    let mut dot = Vec::new();
    assert_eq!(search.write_dot(&mut dot, 2).unwrap(), Exported { states: 2, left_out: 0 });
    let expected = r#"digraph states {
  rankdir=LR;
  node [shape=box];
  0 [label="\"a \\\"b\\\"\""];
  1 [label="\"c\\\\\\n\""];
  0 -> 1 [label="go \"on\"\n"];
  1 -> 0 [label="go \"on\"\n"];
}
"#;
    assert_eq!(String::from_utf8(dot).unwrap(), expected);
}

#[test]
fn what_is_not_expanded_yet_leads_nowhere_yet() {
    let graph = ladder(30);
    let spec = Digraph::spec(Vec::new());
    let settings = CheckSettings { edges: KeepEdges::Always, ..CheckSettings::default() };
    let mut search = Search::new(&graph, &spec, settings).unwrap();
    search.run(Limits { states: 4, ..Limits::NONE }, &mut go).unwrap();
    let mut lines = Vec::new();
    let exported = search.write_json_lines(&mut lines, 100).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let states = lines.lines().take(exported.states);
    let mut waiting = 0;
    for line in states.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
        let leads_on = !line["to"].as_array().unwrap().is_empty();
        assert_eq!(line["expanded"], leads_on, "{line}");
        waiting += usize::from(!leads_on);
    }
    assert!(0 < waiting);
    assert_eq!(search.progress().waiting, waiting);
}

#[test]
fn transitions_are_kept_where_a_claim_asks_for_them() {
    let holds = |_: &Digraph, _: &u32| true;
    let none = Fairness::none;
    let kinds: [(ClaimKind<Digraph>, bool); 7] = [
        (ClaimKind::Always(holds), false),
        (ClaimKind::NotBefore { earliest: |_, _| 0, horizon: 0 }, false),
        (ClaimKind::Sometimes(holds), false),
        (ClaimKind::NeverStuck { unless: holds }, false),
        (ClaimKind::PossibleFromEverywhere { given: holds, goal: holds }, true),
        (ClaimKind::Eventually { goal: holds, fairness: none() }, true),
        (ClaimKind::LeadsTo { from: holds, goal: holds, fairness: none() }, true),
    ];
    let graph = ladder(4);
    for (kind, kept) in kinds {
        let name = kind.name();
        let spec = Digraph::spec(vec![Claim::required("asked", kind)]);
        let mut search = Search::new(&graph, &spec, CheckSettings::default()).unwrap();
        search.run(Limits::NONE, &mut go).unwrap();
        let mut dot = Vec::new();
        search.write_dot(&mut dot, usize::MAX).unwrap();
        let arrows = String::from_utf8(dot).unwrap().matches("->").count();
        assert_eq!(arrows, if kept { 8 } else { 0 }, "{name}");
    }
}

#[test]
fn cuts_go_by_the_names_of_their_reasons() {
    use Reason::{Depth, Memory, Reached, States, Time};
    let names = [States, Depth, Memory, Time, Reached].map(Reason::name);
    assert_eq!(names, ["states", "depth", "memory", "time", "reached"]);
}

#[test]
fn claims_go_by_the_names_of_their_kinds() {
    let holds = |_: &Digraph, _: &u32| true;
    let none = Fairness::none;
    let kinds: [(ClaimKind<Digraph>, &str); 5] = [
        (ClaimKind::Always(holds), "always"),
        (ClaimKind::Sometimes(holds), "sometimes"),
        (ClaimKind::Eventually { goal: holds, fairness: none() }, "eventually"),
        (ClaimKind::LeadsTo { from: holds, goal: holds, fairness: none() }, "leads_to"),
        (ClaimKind::NeverStuck { unless: holds }, "never_stuck"),
    ];
    for (kind, name) in kinds {
        assert_eq!(kind.name(), name);
    }
}
