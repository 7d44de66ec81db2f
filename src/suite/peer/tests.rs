//! Peers of a few lines of Python, most of them hostile. Those that are to be ended get a short
//! time; those that are to say something themselves get all that they may need on a busy machine.

use std::io::Read;
use std::time::{Duration, Instant};

use super::message::Message;
use super::outputs::{World, hello, outputs};
use super::*;
use crate::audit::Verdict;
use crate::chunks::{ChunkId, ChunkSet, PeerId};
use crate::engine::{Output, Presence, Timer};
use crate::scenario::ChunkRanges;
use crate::suite::{Case, find};
use crate::units::Time;

/// Timeout of peers that are to be killed.
const SHORT: Duration = Duration::from_millis(300);
/// Timeout of peers that must end by themselves.
const LONG: Duration = Duration::from_secs(60);

/// Reads lines, answers `init`, and gives `OUT` for each event of all others.
const LOOP: &str = "
import json, sys
runs = []
def out(node, type, **fields): answer.append(dict(node=node, type=type, **fields))
for line in sys.stdin:
    said, answer = json.loads(line), []
    if said.get('type') == 'init':
        have = {}
        print(json.dumps({'swarmbound': 1}), flush=True)
        continue
    for e in said['in']:
        for node in e.get('nodes') or [e['node']]:
            kind, peer, say = e['type'], e.get('peer'), e.get('say')
            if kind == 'start': have[node] = [c for a, b in e['holds'] for c in range(a, b)]
            BODY
    print(json.dumps({'out': answer}), flush=True)
";

/// All that it takes for the source to push each chunk, in order, to each peer.
const PUSHES: &str = "
            if kind == 'start': out(node, 'announce', want=9)
            if kind == 'members' and node: [out(node, 'connect', peer=p) for p in e['peers']]
            if kind == 'asked': out(node, 'accept', peer=peer)
            if kind == 'connected' and node == 0:
                for c in have[0]: out(0, 'send', peers=[peer], say='chunk', chunk=c)
            if kind == 'received' and say == 'chunk':
                have[node].append(e['chunk'])
                if len(have[node]) == 3: out(node, 'completed')
";

fn python(body: &str) -> String {
    let text = LOOP.replace("            BODY", body.trim_start_matches('\n'));
    format!("python3 -c \"{}\"", text.replace('"', "\\\""))
}

/// Three chunks of a second each, to each of `peers`.
fn scenario(peers: usize) -> Scenario {
    let file = Manifest::new(Bytes(3000), Bytes(1000)).unwrap();
    let parts = Parts::new(file, Source::new(Rate(8000))).peers(vec![Peer::new(Rate(8000)); peers]);
    parts.until(Time::from_secs(100)).build().unwrap()
}

fn program(command: &str, timeout: Duration) -> PeerProgram {
    PeerProgram::new(command, Hosts::One, timeout)
}

fn events(program: &mut PeerProgram, scenario: &Scenario) -> Result<Vec<Event>, Failure> {
    let mut events = Vec::new();
    program.run(scenario, &mut |event| events.push(event))?;
    Ok(events)
}

/// Asserts that the peer fails with this name and these words.
fn fails(timeout: Duration, command: &str, name: &str, words: &[&str]) {
    let since = Instant::now();
    let failure = events(&mut program(command, timeout), &scenario(2)).expect_err(command);
    assert_eq!(failure.name, name, "{command}: {failure:?}");
    for word in words {
        assert!(failure.explanation.contains(word), "{command}, {word}: {failure:?}");
    }
    assert!(since.elapsed() < timeout + LONG, "{command} was not ended");
}

/// Asserts that a property judges the peer so.
fn judged(command: &str, property: &str, verdict: Verdict) {
    let mut program = program(command, LONG);
    let case = Case::run(&mut program, &scenario(2));
    let judgement = case.judge(find(property).unwrap(), &mut program);
    assert_eq!(judgement.verdict, verdict, "{command}: {judgement:?}");
}

#[test]
fn a_source_that_pushes_everything_is_lawful() {
    let command = python(PUSHES);
    for property in ["incompleteness_explained", "causality", "completion", "same_seed_same_trace"]
    {
        judged(&command, property, Verdict::Holds);
    }
    let last = events(&mut program(&command, LONG), &scenario(2)).unwrap();
    // Six chunks of a second each through one uplink.
    let ends = last.iter().filter_map(|event| match event {
        Event::Complete { at, .. } => Some(*at),
        _ => None,
    });
    assert_eq!(ends.max(), Some(Time::from_secs(6)));
}

#[test]
fn one_process_and_one_for_each_node_give_the_same_trace() {
    let command = python(PUSHES);
    let one = events(&mut program(&command, LONG), &scenario(2)).unwrap();
    let each = events(&mut PeerProgram::new(&command, Hosts::PerNode, LONG), &scenario(2)).unwrap();
    assert_eq!(one, each);
}

#[test]
fn init_resets_a_process() {
    let command = python(PUSHES);
    let mut program = program(&command, LONG);
    let first = events(&mut program, &scenario(2)).unwrap();
    assert_eq!(first, events(&mut program, &scenario(2)).unwrap());
    let other = events(&mut program, &scenario(1)).unwrap();
    assert_ne!(first, other);
}

#[test]
fn a_log_keeps_both_directions() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut program = program(&python(PUSHES), LONG);
    program.log_to(file.reopen().unwrap());
    events(&mut program, &scenario(1)).unwrap();
    drop(program);
    let mut text = String::new();
    file.reopen().unwrap().read_to_string(&mut text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("> {\"swarmbound\":1,\"type\":\"init\""), "{}", lines[0]);
    assert_eq!(lines[1], "< {\"swarmbound\": 1}");
    assert!(lines.iter().skip(2).step_by(2).all(|line| line.starts_with("> {\"t_ns\":")));
    assert!(lines.iter().skip(3).step_by(2).all(|line| line.starts_with("< {\"out\":")));
}

#[test]
fn what_goes_to_no_neighbor_is_counted() {
    let body = "
            if kind == 'start' and node == 1: out(1, 'send', peers=[0, 2], say='hello')
";
    let mut program = program(&python(body), LONG);
    events(&mut program, &scenario(2)).unwrap();
    assert_eq!(program.misdirected(), 2);
}

#[test]
fn hostile_programs_are_named() {
    fails(LONG, "exit 3", "failed", &["exit code 3", "nothing"]);
    fails(LONG, "read x; echo '{\"swarmbound\":1}'", "ended early", &["its first answer"]);
    fails(LONG, "no-such-command-at-all", "no such command", &["found no such command"]);
    fails(SHORT, "read x; sleep 100", "timed out", &["nothing", "flush"]);
    fails(LONG, "echo welcome", "printed on standard output", &["`welcome`", "standard error"]);
    fails(LONG, "echo '{\"swarmbound\":2}'", "another version", &["version 2", "version 1"]);
    let twice = "read x; echo '{\"swarmbound\":1}'; echo debug; read x; sleep 1";
    fails(LONG, twice, "printed on standard output", &["`debug`"]);
    fails(LONG, "yes | tr -d '\\n'", "too much output", &["without an end of line"]);
    let crashes = python(
        "
            if kind == 'start' and node == 1: raise Exception('lost my mind')
",
    );
    fails(LONG, &crashes, "failed", &["exit code 1", "lost my mind"]);
}

#[test]
fn wrong_answers_are_named() {
    let at_start = |what: &str| python(&format!("            if kind == 'start': {what}\n"));
    let cases = [
        ("out(99, 'completed')", "unknown node", "no node 99"),
        ("out(0, 'connect', peer=9)", "unknown node", "the nodes are 0 to 2"),
        ("out(0, 'send', peers=[1], say='have', chunk=3)", "unknown chunk", "0 to 2"),
        ("out(0, 'send', peers=[1], say='have')", "malformed answer", "no `chunk`"),
        ("out(0, 'send', peers=[1], say='choke', chunk=1)", "malformed answer", "leave it out"),
        ("out(0, 'sned', peers=[1])", "malformed answer", "write one of announce, connect"),
        ("out(0, 'connect', pear=1)", "malformed answer", "unknown field `pear`"),
        ("print('debug')", "printed on standard output", "`debug`"),
    ];
    for (what, name, words) in cases {
        fails(LONG, &at_start(what), name, &[words]);
    }
    let before = python("            if node == 0 and kind == 'start': out(1, 'completed')\n");
    let late = Parts::new(*scenario(1).file(), Source::new(Rate(8000)))
        .peers([Peer::new(Rate(8000)).joins(Time::from_secs(5))])
        .build()
        .unwrap();
    let failure = events(&mut program(&before, LONG), &late).unwrap_err();
    assert_eq!(failure.name, "unknown node");
    assert!(failure.explanation.contains("has not started"), "{failure:?}");
}

#[test]
fn talk_without_end_is_ended() {
    let body = "
            if node == 1: out(1, 'connect', peer=1)
";
    fails(LONG, &python(body), "talks without end", &["1000 lines", "time does not go on"]);
}

#[test]
fn lies_are_judged_by_the_audit() {
    let lies = PUSHES.replace(
        "if kind == 'connected' and node == 0:",
        "
            if kind == 'connected' and node == 1 and peer == 2:
                out(1, 'send', peers=[2], say='chunk', chunk=0)
            if kind == 'connected' and node == 0:",
    );
    judged(&python(&lies), "causality", Verdict::Violated);
    let early = PUSHES.replace("== 3", "== 2");
    judged(&python(&early), "completion", Verdict::Violated);
    // What one run leaves behind changes the next one.
    let leaks = PUSHES.replace(
        "for c in have[0]:",
        "for c in sorted(have[0], key=lambda c: c * (runs.append(0) or (-1) ** (len(runs) // 7))):",
    );
    judged(&python(&leaks), "same_seed_same_trace", Verdict::Violated);
}

#[test]
fn start_says_what_a_peer_holds_and_wants() {
    let ranges = |start, end| ChunkRanges::new([start..end]);
    let peer = Peer { holds: ranges(0, 1), wants: Some(ranges(0, 2)), ..Peer::new(Rate(8000)) };
    let parts = scenario(1).into_parts();
    let partial = Scenario::new(Parts { peers: vec![peer], ..parts }).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let body = "
            if kind == 'start': out(node, 'announce', want=9)
            if kind == 'members' and node: [out(node, 'connect', peer=p) for p in e['peers']]
            if kind == 'asked': out(node, 'accept', peer=peer)
            if kind == 'connected' and node == 0:
                out(0, 'send', peers=[peer], say='chunk', chunk=1)
            if kind == 'received' and say == 'chunk': out(node, 'completed')
";
    let mut program = program(&python(body), LONG);
    program.log_to(file.reopen().unwrap());
    let case = Case::run(&mut program, &partial);
    for property in ["completion", "causality", "incompleteness_explained"] {
        let judgement = case.judge(find(property).unwrap(), &mut program);
        assert_eq!(judgement.verdict, Verdict::Holds, "{property}: {judgement:?}");
    }
    drop(program);
    let mut text = String::new();
    file.reopen().unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains(r#""role":"source","holds":[[0,3]]"#), "{text}");
    assert!(text.contains(r#""role":"peer","holds":[[0,1]],"wants":[[0,2]]"#), "{text}");
}

const WORLD: World = World { nodes: 3, chunks: 10 };

#[test]
fn outputs_are_read_as_they_are_written() {
    let line = concat!(
        r#"{"out":[{"node":1,"type":"announce","want":4},"#,
        r#"{"node":1,"type":"announce","want":0,"gone":true},"#,
        r#"{"node":2,"type":"timer","timer":7,"after_ns":5},"#,
        r#"{"node":0,"type":"abort","peer":1,"chunk":9},"#,
        r#"{"node":0,"type":"send","peers":[1,2],"say":"bitfield","chunks":[[0,3],[7,8]]},"#,
        r#"{"node":0,"type":"send","peers":[1],"say":"hello","body":{"a": 1}}]}"#,
    );
    let mut chunks = ChunkSet::empty(10);
    for chunk in [0, 1, 2, 7] {
        chunks.insert(ChunkId(chunk));
    }
    let own = Message::Own { say: "hello".to_owned(), body: Some(r#"{"a": 1}"#.to_owned()) };
    let [source, one, two] = [0, 1, 2].map(PeerId);
    let expected = vec![
        (one, Output::Announce { presence: Presence::Here, want: 4 }),
        (one, Output::Announce { presence: Presence::Gone, want: 0 }),
        (two, Output::Arm { timer: Timer(7), after: Time(5) }),
        (source, Output::Abort { to: one, chunk: ChunkId(9) }),
        (source, Output::Tell { to: vec![one, two], message: Message::Bitfield(chunks) }),
        (source, Output::Send { to: one, message: own }),
    ];
    assert_eq!(outputs(line, WORLD).unwrap(), expected);
}

#[test]
fn a_hello_may_say_what_is_not_done() {
    let declared = hello("{\"swarmbound\":1,\"barter\":false}").unwrap();
    assert_eq!(declared, Declared { barter: false, churn: true, latency: true });
    assert_eq!(hello("{\"swarmbound\":1,\"bart\":false}").unwrap_err().name, "malformed answer");
    assert_eq!(hello("{\"swarmbound\":\"1\"}").unwrap_err().name, "another version");
}
