//! Captures of real clients: what is in them is known, and whatever is taken from them never makes
//! their swarm a liar.

use core::net::{IpAddr, Ipv4Addr};
use std::fs;

use crate::audit::{Audit, Verdict};
use crate::import::capture::{self, Ending};
use crate::import::{CaptureError, ImportError, Options, Summary, read};
use crate::trace::{Event, Trace};
use crate::units::{Bytes, Rate};

/// A capture and its torrent.
struct Captured {
    bytes: Vec<u8>,
    torrent: Vec<u8>,
}

/// What happens to a packet on its way: it may be lost, or its tap's clock may be wrong.
type Fate<'a> = dyn Fn(u32, u64) -> Option<u64> + 'a;

impl Captured {
    fn named(name: &str) -> Captured {
        let path = format!("{}/tests/captures/{name}", env!("CARGO_MANIFEST_DIR"));
        let torrent = fs::read(format!("{path}.torrent")).unwrap();
        let file = ["pcap.gz", "pcapng.gz"].map(|ending| fs::read(format!("{path}.{ending}")));
        let bytes = file.into_iter().find_map(Result::ok).unwrap();
        Captured { bytes, torrent }
    }

    fn import(&self, options: &Options) -> Result<(Trace, Summary), ImportError> {
        self.import_with(options, &|_, at| Some(at))
    }

    fn import_with(
        &self,
        options: &Options,
        fate: &Fate<'_>,
    ) -> Result<(Trace, Summary), ImportError> {
        read(&self.torrent, options, &mut |each| {
            let ending = capture::read(self.bytes.as_slice(), &mut |mut packet| {
                if let Some(at) = fate(packet.interface, packet.at) {
                    packet.at = at;
                    each((0, packet.interface), &packet);
                }
            });
            match ending {
                Ok(ending) => Ok(usize::from(ending == Ending::Damaged)),
                Err(error) => Err(ImportError::Capture { file: "capture".into(), error }),
            }
        })
    }
}

fn node(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 77, 0, last))
}

/// What was declared of every link.
fn declared() -> Options {
    let peer = (Rate(2_097_152), Some(Rate(16_777_216)));
    let peers = (2..=5).map(|last| (node(last), peer));
    let capacities = peers.chain([(node(1), (Rate(4_194_304), None))]).collect();
    Options { capacities, burst: Bytes(40_000), source: None, complete: false }
}

fn complete() -> Options {
    Options { complete: true, ..declared() }
}

fn verdict(trace: &Trace) -> (Verdict, Vec<&'static str>) {
    let report = Audit::of(trace);
    let violated = report.rules.iter().filter(|rule| rule.judgement.verdict == Verdict::Violated);
    (report.verdict, violated.map(|rule| rule.name).collect())
}

/// Blocks and duplicates as other tools count them, and the verdicts that are true.
#[test]
fn what_is_in_a_capture_is_found() {
    let rows = [
        ("lt-hub", Some(220), Some(28), Verdict::Holds),
        ("mixed", Some(305), Some(49), Verdict::Holds),
        ("utp", Some(232), None, Verdict::Holds),
        ("hybrid", Some(234), None, Verdict::Holds),
        ("twice", None, None, Verdict::Violated),
    ];
    for (name, blocks, duplicates, expected) in rows {
        let (trace, summary) = Captured::named(name).import(&complete()).unwrap();
        assert!(blocks.is_none_or(|blocks| blocks == summary.blocks), "{name}: {summary:?}");
        assert!(duplicates.is_none_or(|it| it == summary.duplicates), "{name}: {summary:?}");
        assert_eq!((summary.holes, summary.encrypted), (0, 0), "{name}");
        let (verdict, violated) = verdict(&trace);
        assert_eq!(verdict, expected, "{name}: {violated:?}");
        let is_twice = name == "twice";
        assert_eq!(violated.contains(&"uplink_capacity"), is_twice, "{name}: {violated:?}");
        // The same bytes give the same trace.
        let again = Captured::named(name).import(&complete()).unwrap();
        assert!(again.0 == trace && again.1 == summary, "{name}");
    }
}

#[test]
fn what_a_capture_lacks_is_said() {
    let refused = |name: &str, options: &Options| {
        Captured::named(name).import(options).err().unwrap().to_string()
    };
    let one = Options { source: Some(node(1)), ..complete() };
    for (name, options, said) in [
        ("lt-one-peer", &one, "chunks that no node was seen to send"),
        ("churn", &complete(), "10.77.0.5 has 16 chunks that no node was seen to send"),
        ("mse", &declared(), "1 stream looks encrypted (MSE/PE): disable encryption"),
        ("lt-hub", &Options { source: Some(node(9)), ..declared() }, "10.77.0.9 is no node"),
        ("lt-hub", &Options::default(), "is not known; write --capacity 10.77.0."),
    ] {
        let refusal = refused(name, options);
        assert!(refusal.contains(said), "{name}: {refusal}");
    }
    let one = Options { complete: false, ..one };
    let (trace, summary) = Captured::named("lt-one-peer").import(&one).unwrap();
    assert_eq!((summary.blocks, verdict(&trace).0), (106, Verdict::Unknown));
    let (trace, _) = Captured::named("churn").import(&declared()).unwrap();
    assert_eq!(verdict(&trace).0, Verdict::Unknown);
    let other = Captured { torrent: Captured::named("twice").torrent, ..Captured::named("utp") };
    let refusal = other.import(&declared()).err().unwrap();
    assert!(matches!(refusal, ImportError::NoConnection { others: 6, .. }), "{refusal}");
    let text = Captured { bytes: b"{\"swarmbound\":1}".to_vec(), ..Captured::named("utp") };
    let refusal = text.import(&declared()).err().unwrap();
    let is_unknown =
        |it: &ImportError| matches!(it, ImportError::Capture { error: CaptureError::Unknown, .. });
    assert!(is_unknown(&refusal), "{refusal}");
}

/// A rate of half, a transfer that is left out, a claim that is too early.
#[test]
fn what_is_planted_is_found() {
    for name in ["lt-hub", "mixed", "utp", "hybrid"] {
        let captured = Captured::named(name);
        let mut half = complete();
        half.capacities.insert(node(1), (Rate(2_097_152), None));
        let (trace, _) = captured.import(&half).unwrap();
        assert!(verdict(&trace).1.contains(&"uplink_capacity"), "{name}");
        let (trace, _) = captured.import(&complete()).unwrap();
        let mut early = trace.clone();
        for event in &mut early.events {
            if let Event::Complete { at, .. } = event {
                at.0 /= 2;
            }
        }
        assert!(verdict(&early).1.contains(&"completion"), "{name}: {:?}", verdict(&early));
        let mut gap = trace.clone();
        let first = gap.events.iter().position(|event| matches!(event, Event::Transfer(_)));
        let Event::Transfer(lost) = gap.events.remove(first.unwrap()) else { unreachable!() };
        // A copy that comes later fills the gap.
        gap.events.retain(|event| {
            !matches!(event, Event::Transfer(it) if (it.to, it.chunk) == (lost.to, lost.chunk))
        });
        assert_eq!(verdict(&gap).0, Verdict::Violated, "{name}");
    }
}

/// A number that looks random, from a packet's time and a seed.
fn mixed(at: u64, seed: u64) -> u64 {
    let mut word = at ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// 0.05 %, 0.5 % and 5 % of the packets, each at random.
#[test]
fn packets_that_are_lost_never_make_a_violation() {
    for name in ["lt-hub", "utp", "hybrid", "mixed"] {
        let captured = Captured::named(name);
        for (of_ten_thousand, seed) in [5, 50, 500].into_iter().flat_map(|it| [(it, 1), (it, 2)]) {
            let fate = |_, at| (of_ten_thousand <= mixed(at, seed) % 10_000).then_some(at);
            let told = captured.import_with(&declared(), &fate);
            let (trace, _) = match told {
                Ok(told) => told,
                Err(ImportError::NoSource) => continue,
                Err(error) => panic!("{name}: {error}"),
            };
            let (verdict, violated) = verdict(&trace);
            assert_ne!(verdict, Verdict::Violated, "{name}, {of_ten_thousand}: {violated:?}");
        }
    }
}

#[test]
fn a_tap_whose_clock_is_wrong_is_put_right() {
    for name in ["mixed", "utp", "twice"] {
        let captured = Captured::named(name);
        let (trace, _) = captured.import(&complete()).unwrap();
        for ahead in [20_000_000, 500_000_000, 3_000_000_000] {
            let fate = |tap, at| Some(if tap == 1 { at + ahead } else { at });
            let (shifted, summary) = captured.import_with(&complete(), &fate).unwrap();
            assert_eq!(verdict(&shifted), verdict(&trace), "{name}, {ahead}");
            assert!(summary.tolerance < 1_000_000, "{name}: {}", summary.tolerance);
        }
    }
}

/// The file ends anywhere.
#[test]
fn a_capture_that_is_cut_is_read_as_far_as_it_goes() {
    let captured = Captured::named("hybrid");
    for end in (0..captured.bytes.len()).step_by(captured.bytes.len() / 40) {
        let cut =
            Captured { bytes: captured.bytes[..end].to_vec(), torrent: captured.torrent.clone() };
        if let Ok((trace, _)) = cut.import(&declared()) {
            assert_ne!(verdict(&trace).0, Verdict::Violated, "{end}");
        }
        assert!(cut.import(&complete()).is_err(), "{end}");
    }
}
