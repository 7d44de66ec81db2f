//! Small traces, written by hand, and the sentences that must come out.

use swarmbound::audit::Audit;
use swarmbound::trace::codec::read_trace;

use super::*;

/// One chunk of 1000 B; two peers with `upload` bit/s; the source sends 8000 bit/s: a second a
/// copy.
fn run(mode: Mode, upload: u64, events: &[&str]) -> Run {
    let peer =
        |id| format!(r#"{{"id":{id},"upload_bps":{upload},"download_bps":null,"joins_ns":0}}"#);
    let header = [
        r#"{"swarmbound":1,"name":"small","file":{"bytes":1000,"chunk_bytes":1000},"#,
        r#""source":{"upload_bps":8000},"peers":["#,
        &[peer(1), peer(2)].join(","),
        "]}",
    ]
    .concat();
    let joins = [
        r#"{"event":"join","t":0,"node":0}"#,
        r#"{"event":"join","t":0,"node":1}"#,
        r#"{"event":"join","t":0,"node":2}"#,
    ];
    let lines: Vec<&str> =
        std::iter::once(header.as_str()).chain(joins).chain(events.iter().copied()).collect();
    let trace = read_trace(lines.join("\n").as_bytes()).unwrap();
    let mut audit = Audit::new(trace.header).meant_for(mode.senders());
    trace.events.iter().for_each(|event| audit.event(event));
    Run::new(Some(mode), audit.finish())
}

const FIRST: &str =
    r#"{"event":"transfer","from":0,"to":1,"chunk":0,"start":0,"end":1000000000,"bytes":1000}"#;
const SECOND: &str = concat!(
    r#"{"event":"transfer","from":0,"to":2,"chunk":0,"#,
    r#""start":1000000000,"end":2000000000,"bytes":1000}"#,
);
const ONE: &str = r#"{"event":"complete","t":1000000000,"node":1}"#;
const TWO: &str = r#"{"event":"complete","t":2000000000,"node":2}"#;
/// Twice as fast as the source can.
const RUSHED: &str =
    r#"{"event":"transfer","from":0,"to":1,"chunk":0,"start":0,"end":500000000,"bytes":1000}"#;

#[test]
fn a_lawful_run_is_compared_with_its_bound_and_with_the_other() {
    let fast = run(Mode::P2p, 8000, &[FIRST, SECOND, ONE, TWO]);
    let slow = run(Mode::ClientServer, 0, &[FIRST, SECOND, ONE, TWO]);
    assert_eq!(fast.report.verdict, Verdict::Holds, "{:?}", fast.report.rules);
    let said = compared(Style::PLAIN, &fast, &slow);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "holds: both peers have the file after 2 s, 1.000 x the best bound (branching); \
                    only the source sent: 1.000 x the bound on that (client_server)";
    assert!(words.starts_with(expected), "{said}");
    assert!(words.ends_with("client-server takes 2 s, 1.000 times as long."), "{said}");
}

/// Two copies from the source take 2 s; two senders that are fast need 1 s.
#[test]
fn a_run_is_measured_by_the_bounds_of_its_mode() {
    let p2p = run(Mode::P2p, 1 << 40, &[FIRST, SECOND, ONE, TWO]);
    let served = run(Mode::ClientServer, 1 << 40, &[FIRST, SECOND, ONE, TWO]);
    assert_eq!(served.report.best.time(), Some(Time(2_000_000_000)));
    let best = p2p.report.best.time().unwrap();
    assert!(best < Time(1_100_000_000), "{best}");
    let said = speeds(Style::PLAIN, &[p2p, served]);
    let rows: Vec<Vec<&str>> = said.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[2][..3], ["p2p", "all", "2"], "{said}");
    assert_eq!(rows[2][7], "2.000", "{said}");
    let beside = "source alone 2.000000 s 1.000 client_server";
    assert_eq!(rows[3].join(" "), beside, "{said}");
    assert_eq!(rows[4][0], "client-server", "{said}");
    assert_eq!(rows[4][7..], ["1.000", "client_server"], "{said}");
    assert!(said.ends_with("transfers: p2p 2, client-server 2\n"), "{said}");
}

#[test]
fn a_violation_names_the_rule_and_the_witness() {
    let run = run(Mode::P2p, 8000, &[RUSHED, SECOND, ONE, TWO]);
    assert_eq!(judged(Style::PLAIN, &run).split(':').next(), Some("violated"));
    let said = judged(Style::PLAIN, &run);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    // It also says that it has the file half a second after it got it, and got it too early.
    let expected = "violated: the trace breaks uplink_capacity and completion and \
                    bounds_respected: the uplink of the source moved";
    assert!(words.starts_with(expected), "{said}");
    let table = rules(Style::PLAIN, std::slice::from_ref(&run));
    assert!(table.contains("uplink_capacity violated: the uplink of the source"), "{table}");
}

#[test]
fn who_has_nothing_is_not_said_to_have_finished() {
    let run = run(Mode::P2p, 8000, &[]);
    assert_eq!(run.ratio(), None);
    let table = speeds(Style::PLAIN, std::slice::from_ref(&run));
    assert!(table.contains("0 of 2"), "{table}");
    assert!(table.contains("never"), "{table}");
}

/// 16 000 bits were sent, all useful; the source was never idle within its two seconds.
#[test]
fn the_slack_table_shows_exact_bits() {
    let run = run(Mode::P2p, 0, &[FIRST, SECOND, ONE, TWO]);
    let table = slack(Style::PLAIN, std::slice::from_ref(&run));
    let useful = table.lines().find(|line| line.starts_with("useful")).unwrap();
    assert_eq!(
        useful.split_whitespace().collect::<Vec<_>>(),
        ["useful", "100.0", "%", "16", "000"]
    );
}

#[test]
fn lines_of_a_log_are_named_and_many_are_counted() {
    let told = |lines: std::ops::Range<u64>| {
        let mut all = Lines::default();
        lines.for_each(|line| all.push(line));
        all.told()
    };
    assert_eq!(told(5..6), "line 5");
    assert_eq!(told(5..8), "lines 5, 6 and 7");
    assert_eq!(told(5..11), "lines 5, 6, 7, 8, 9 and 10");
    assert_eq!(told(5..2011), "lines 5, 6, 7, 8, 9, 10 and 2\u{a0}000 more");
}
