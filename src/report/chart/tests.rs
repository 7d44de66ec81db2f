//! Curves whose pictures are known beforehand.

use swarmbound::audit::Verdict;
use swarmbound::bounds::{Binding, Earliest};

use super::*;
use crate::report::curve::{Point, Row};

const SECOND: u64 = 1_000_000_000;

/// Client-server takes N seconds, bound and run; peer-to-peer is bound by 1 s and takes 2 s.
pub(in crate::report) fn curve(last: usize) -> Curve {
    let point = |bound: u64, time: u64, peers| Point {
        bound: Binding { name: "fluid", k: peers, at: Earliest::At(Time(bound * SECOND)) },
        time: Some(Time(time * SECOND)),
        completed: peers,
        verdict: Verdict::Holds,
    };
    let rows = (1..=last).map(|peers| Row {
        peers,
        p2p: point(1, 2, peers),
        client_server: point(peers as u64, peers as u64, peers),
    });
    Curve { scenario: "straight".to_owned(), seed: 1, rows: rows.collect() }
}

#[test]
fn labels_are_round_numbers() {
    let axis = |seconds: u64, labels| Axis::new(Time(seconds * SECOND), labels);
    assert_eq!((axis(12_600, 4).unit, axis(12_600, 4).step), ("hours", 1.0));
    assert_eq!((axis(40, 4).unit, axis(40, 4).step), ("seconds", 10.0));
    assert_eq!((axis(41, 4).unit, axis(41, 4).step), ("seconds", 20.0));
    assert_eq!(axis(600, 4).label(2.5), "2.5");
    assert_eq!(axis(600, 4).label(100.0), "100");
    assert_eq!(Axis::new(Time(3), 4).unit, "nanoseconds");
    assert_eq!(Axis::new(Time::ZERO, 4).step, 1.0);
}

/// Up to 80 s at 80 peers: the axis ends at 80 s, so the last run stands in the upper right corner,
/// and the flat line of peer-to-peer near the bottom.
#[test]
fn runs_stand_where_they_belong() {
    let text = drawn(Style::PLAIN, &curve(80));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "distribution time in seconds");
    let top = lines[1];
    assert!(top.starts_with("      80 ┤"), "{top}");
    assert_eq!(top.chars().count(), Style::PLAIN.width, "{top}");
    assert_eq!(top.chars().last(), Some('x'));
    let bottom = lines[1 + LABELS * GAP];
    assert!(bottom.starts_with("       0 ┤"), "{bottom}");
    let all = |letter| text.chars().filter(|&drawn| drawn == letter).count();
    assert!(40 < all('x'), "{text}");
    assert!(40 < all('o'), "{text}");
}

#[test]
fn a_single_number_of_peers_is_drawn_in_the_middle() {
    let text = drawn(Style::PLAIN, &curve(1));
    let run = text.lines().skip(1).find(|line| line.contains('o')).unwrap();
    assert_eq!(
        run.chars().position(|letter| letter == 'o'),
        Some(MARGIN + columns(Style::PLAIN) / 2)
    );
}

#[test]
fn what_never_ends_is_not_drawn() {
    let mut curve = curve(2);
    for row in &mut curve.rows {
        row.p2p.time = None;
        row.p2p.bound.at = Earliest::Never("so".to_owned());
        row.client_server.time = None;
        row.client_server.bound.at = Earliest::Never("so".to_owned());
    }
    let text = drawn(Style::PLAIN, &curve);
    let picture: String = text.lines().take(1 + LABELS * GAP).skip(1).collect();
    assert!(!picture.contains(['x', 'o', '·']), "{text}");
}

#[test]
fn lines_are_straight_between_their_points() {
    let points = [(1, 10.0), (3, 20.0)];
    assert_eq!(between(&points, 2.0), Some(15.0));
    assert_eq!(between(&points, 3.0), Some(20.0));
    assert_eq!(between(&points, 3.5), None);
}
