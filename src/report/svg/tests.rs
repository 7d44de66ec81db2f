//! The picture as text: what must stand in it.

use super::*;
use crate::report::chart::tests::curve;

#[test]
fn every_run_is_a_circle_and_every_axis_has_its_unit() {
    let picture = drawn(&curve(20)).unwrap();
    // 20 runs of each kind, and one circle of each kind in the legend.
    assert_eq!(picture.matches("<circle").count(), 42);
    for text in ["straight", "peers", "distribution time in seconds", "simulated runs"] {
        assert!(picture.contains(text), "{text}");
    }
    assert!(picture.trim_end().ends_with("</svg>"));
    assert!(!picture.contains("NaN"));
}

/// The axis ends at the first label that is not below the latest run, here 20 s: a run at 20 s
/// stands as high as the axis, 20 + 27 pixels below the upper edge.
#[test]
fn the_latest_run_is_at_the_upper_edge() {
    let picture = drawn(&curve(20)).unwrap();
    let heights = picture.lines().filter(|line| line.starts_with("<circle"));
    let heights = heights.filter_map(|line| line.split("cy=\"").nth(1)?.split('"').next());
    let highest = heights.filter_map(|height| height.parse::<u32>().ok()).min().unwrap();
    let lines = picture.lines().filter(|line| line.starts_with("<line"));
    let tops = lines.filter_map(|line| line.split("y2=\"").nth(1)?.split('"').next());
    let top = tops.filter_map(|top| top.parse::<u32>().ok()).min().unwrap();
    assert_eq!(highest, top);
}

#[test]
fn a_name_cannot_break_the_document() {
    let mut curve = curve(1);
    curve.scenario = "<script>\u{1b}&".to_owned();
    let picture = drawn(&curve).unwrap();
    assert!(picture.contains("&lt;script&gt;\u{fffd}&amp;"), "{picture}");
}
