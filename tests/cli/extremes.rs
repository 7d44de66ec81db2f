//! Extreme numbers: scenarios and headers in which some numbers are 0, 1 or at the ends of 32 and
//! 64 bits get a scenario, bounds and a plan, or a clear error, and never a panic.
//!
//! Most inputs go through the readers of the library; a few through the whole program.

use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use swarmbound::bounds;
use swarmbound::scenario::{Scenario, read_toml};
use swarmbound::trace::codec::read_trace;

use crate::bad_input::sentence;
use crate::swarmbound;

/// Inputs for the readers, half of them scenarios and half traces.
const INPUTS: u64 = 10_000;
/// Inputs for the whole program.
const RUNS: u64 = 40;

const EXTREMES: [&str; 9] = [
    "0",
    "1",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
];

/// Every field that has a number, with few peers and chunks.
const TOML: &str = r#"file = { size = "1 MB", chunk = "64 KiB" }
[source]
upload = "8 Mbit/s"
leaves = "after 3 copies"
latency = "3 ms"
burst = "7 B"
[[peers]]
count = 2
upload = "2 Mbit/s"
download = "20 Mbit/s"
joins = "every 2 s"
leaves = "5 s after completion"
[[peers]]
count = 1
upload = "3 Mbit/s"
joins = "poisson 3.5 per second"
leaves = "at 900 s"
latency = "10 ms"
burst = "8 KiB"
[protocol]
neighbors = 3
unchoke_slots = 2
rechoke = "10 s"
optimistic = "30 s"
choker = "credit 2"
announce = "1800 s"
[network]
latency = "1 ms"
burst = "5 B"
[discipline]
cut_through = false
[run]
seed = 5
until = "30 days"
"#;

/// A header and events, with every number that the format has.
const TRACE: &str = concat!(
    r#"{"swarmbound":1,"name":"x","file":{"bytes":524288,"chunk_bytes":262144},"#,
    r#""source":{"upload_bps":8388608,"leaves":{"at_ns":9000000000},"latency_ns":5,"#,
    r#""burst_bytes":3},"peers":[{"id":1,"upload_bps":9000,"download_bps":20000000,"#,
    r#""joins_ns":0,"leaves":{"at_ns":8000000000},"latency_ns":7,"burst_bytes":9},"#,
    r#"{"id":2,"upload_bps":0,"download_bps":null,"joins_ns":4,"#,
    r#""leaves":{"after_completion_ns":6}}],"protocol":{"neighbors":4,"unchoke_slots":2,"#,
    r#""rechoke_ns":10000000000,"optimistic_ns":30000000000,"choker":"credit 3","#,
    r#""announce_ns":1800000000000},"network":{"latency_ns":3,"burst_bytes":4},"#,
    r#""seed":8,"until_ns":77000000000,"evidence":{"clock_tolerance_ns":5}}"#,
    "\n",
    r#"{"event":"join","t":4,"node":1}"#,
    "\n",
    r#"{"event":"transfer","from":0,"to":1,"chunk":1,"start":5,"end":7,"bytes":9,"offset":2}"#,
    "\n",
    r#"{"event":"announce","t":550,"node":1,"peers":[0,2]}"#,
    "\n",
);

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// A number of a text.
struct Number {
    range: Range<usize>,
    /// Where its unit ends, and the base unit with which it may be replaced.
    unit: Option<(usize, &'static str)>,
}

fn numbers(text: &str) -> Vec<Number> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if at < end {
            let units = [
                (" MB", " B"),
                (" KiB", " B"),
                (" Mbit/s", " bit/s"),
                (" ms", " ns"),
                (" s", " ns"),
                (" days", " ns"),
            ];
            let unit = units.into_iter().find(|(unit, _)| text[end..].starts_with(unit));
            let unit = unit.map(|(unit, base)| (end + unit.len(), base));
            found.push(Number { range: at..end, unit });
        }
        at = end.max(at + 1);
    }
    found
}

/// The text with up to three numbers replaced by extreme ones; `kept` says which stay.
fn extreme(text: &str, draw: &mut Numbers, kept: impl Fn(&str) -> bool) -> String {
    let numbers = numbers(text);
    let mut chosen: Vec<usize> =
        (0..1 + draw.below(3)).map(|_| draw.below(numbers.len())).collect();
    chosen.sort_unstable();
    chosen.dedup();
    let (mut out, mut from) = (String::new(), 0);
    for at in chosen {
        let Number { range, unit } = &numbers[at];
        let line = text[..range.start].rsplit('\n').next().unwrap_or("");
        if kept(line) {
            continue;
        }
        out.push_str(&text[from..range.start]);
        out.push_str(EXTREMES[draw.below(EXTREMES.len())]);
        from = range.end;
        if let (&Some((end, base)), true) = (unit, draw.below(2) == 0) {
            out.push_str(base);
            from = end;
        }
    }
    out + &text[from..]
}

/// Bounds for every k, and what was read written and read again.
fn look_at(scenario: &Scenario) {
    for bound in bounds::ALL {
        if let Ok(all) = bound.completions(scenario) {
            assert_eq!(all.len(), scenario.peer_count(), "{}", bound.name());
            for k in 1..=all.len() {
                let lower = bound.completion(scenario, k).unwrap();
                assert_eq!(lower.at, all[k - 1], "{} for {k}", bound.name());
            }
        }
    }
    assert_eq!(Scenario::from_json(&scenario.to_json()).as_ref(), Ok(scenario));
    assert_eq!(read_toml("x.toml", &scenario.to_toml(), None).as_ref(), Ok(scenario));
}

/// Hands so many texts to `read`, and names those on which it panics; `read` says whether there was
/// anything to read.
fn each(text: &str, inputs: u64, read: impl Fn(&str) -> bool) {
    let (mut good, mut panics) = (0, String::new());
    for input in 0..inputs {
        let text = extreme(text, &mut Numbers(input), |_| false);
        match catch_unwind(AssertUnwindSafe(|| read(&text))) {
            Ok(is_read) => good += u64::from(is_read),
            Err(_) => writeln!(panics, "input {input}:\n{text}").unwrap(),
        }
    }
    assert!(panics.is_empty(), "{panics}");
    // Were all refused, or none, then little would have been tried.
    assert!(inputs / 5 < good && good < inputs, "{good} of {inputs} are read");
}

#[test]
fn scenarios_with_extreme_numbers_are_read_and_bounded_or_refused() {
    each(TOML, INPUTS / 2, |text| {
        let Ok(scenario) = read_toml("x.toml", text, None) else { return false };
        look_at(&scenario);
        true
    });
}

#[test]
fn traces_with_extreme_numbers_are_read_and_bounded_or_refused() {
    each(TRACE, INPUTS / 2, |text| match read_trace(text.as_bytes()) {
        Ok(trace) => {
            look_at(&trace.header.scenario);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    });
}

/// Sizes and intervals stay as they are, so that a run has an end soon: capacities, delays, bursts,
/// arrivals and departures do not.
#[test]
fn commands_answer_extreme_scenarios_or_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    let path = path.to_str().unwrap();
    let kept = ["file", "count", "rechoke", "optimistic", "announce", "seed", "until"];
    for input in 0..RUNS {
        // A plan needs peers that stay.
        let text = match input % 2 {
            0 => TOML.to_owned(),
            _ => TOML
                .lines()
                .filter(|line| !line.starts_with("leaves"))
                .collect::<Vec<_>>()
                .join("\n"),
        };
        let text = text.replace("30 days", "1 h");
        let kept = |line: &str| kept.iter().any(|field| line.starts_with(field));
        let text = extreme(&text, &mut Numbers(input), kept);
        fs::write(path, &text).unwrap();
        for arguments in [
            &["bounds", path, "--json"][..],
            &["plan", path, "--budget", "0", "--json"][..],
            &["run", path, "--json"][..],
        ] {
            let said = swarmbound(arguments);
            let (code, err) = (said.code, said.err);
            assert!([0, 2, 3].contains(&code), "{arguments:?}: {code}: {err}\n{text}");
            assert_eq!(
                code == 2,
                sentence(&err).starts_with("error: "),
                "{arguments:?}: {err}\n{text}"
            );
            assert!(!err.contains("panicked"), "{arguments:?}: {err}\n{text}");
        }
    }
}
