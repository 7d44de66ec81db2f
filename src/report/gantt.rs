//! Who sends when, as an SVG picture: a row for each node, time from left to right.
//!
//! Few transfers are drawn one by one, in the colour of their chunk; of many only how busy each
//! uplink is, and of many nodes a sample.

use plotters::prelude::*;
use swarmbound::chunks::PeerId;
use swarmbound::schedule::{Plan, Send};
use swarmbound::units::Time;

use super::chart::Axis;
use super::layout::printable;
use super::numbers;

const INK: RGBColor = RGBColor(60, 60, 60);
const GRID: RGBColor = RGBColor(225, 225, 225);
const BUSY: RGBColor = RGBColor(0, 114, 178);
const FONT: &str = "Helvetica, Arial, sans-serif";
const WIDTH: u32 = 960;
const LABELS: usize = 8;

/// The most rows; more nodes are sampled.
const ROWS: usize = 41;
/// The most transfers that are drawn one by one.
const BARS: usize = 3000;
/// Columns of a picture that shows how busy uplinks are.
const COLUMNS: usize = 240;
/// How many shades a share has: neighbors of one shade are one rectangle.
const SHADES: f64 = 12.0;
/// Pixels a row.
const ROW: u32 = 14;

/// The whole picture.
///
/// # Errors
/// What the drawing library cannot do, as a sentence.
pub(crate) fn drawn(plan: &Plan) -> Result<String, String> {
    let mut text = String::new();
    draw(plan, &mut text).map_err(|error| error.to_string())?;
    Ok(text)
}

type Failure = DrawingAreaErrorKind<std::io::Error>;

/// The nodes that have a row: the source and peers at equal steps.
fn rows(plan: &Plan) -> Vec<PeerId> {
    let nodes = plan.scenario().peer_count() + 1;
    let step = (nodes - 1).div_ceil(ROWS - 1).max(1);
    let peers = (1..nodes).step_by(step);
    std::iter::once(0).chain(peers).map(|node| PeerId(node as u32)).collect()
}

fn draw(plan: &Plan, text: &mut String) -> Result<(), Failure> {
    let rows = rows(plan);
    let end = plan.distribution_time();
    let axis = Axis::new(end, LABELS);
    let height = 130 + ROW * rows.len() as u32;
    let root = SVGBackend::with_string(text, (WIDTH, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let name = printable(plan.scenario().name());
    let title = format!("{name}: who sends when ({}, {})", plan.method(), numbers::span(end));
    // A row is around its number, so that its label stands in its middle.
    let last = rows.len() as f64 - 0.5;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 20, &INK))
        .margin(16)
        .x_label_area_size(46)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..axis.place(end).max(f64::MIN_POSITIVE), last..-0.5)?;
    let label = |at: &f64| match rows.get(at.round() as usize) {
        Some(&PeerId::SOURCE) => "source".to_owned(),
        Some(node) => node.to_string(),
        None => String::new(),
    };
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style((FONT, 12, &INK))
        .axis_desc_style((FONT, 15, &INK))
        .disable_y_mesh()
        .y_labels(rows.len())
        .x_labels(LABELS + 1)
        .x_desc(axis.unit)
        .x_label_formatter(&|time| axis.label(*time))
        .y_label_formatter(&label)
        .draw()?;
    let rectangles: Vec<Bar> = match plan.sends().len() {
        ..=BARS => bars(plan, &rows),
        _ => shares(plan, &rows),
    };
    let shapes = rectangles.into_iter().map(|bar| {
        let corners = [(axis.place(bar.from), bar.top), (axis.place(bar.to), bar.bottom)];
        Rectangle::new(corners, bar.colour.filled())
    });
    chart.draw_series(shapes)?;
    root.present()
}

/// Something in a row.
struct Bar {
    from: Time,
    to: Time,
    top: f64,
    bottom: f64,
    colour: RGBAColor,
}

/// Every transfer in the colour of its chunk; those of one sender at a time share its row.
fn bars(plan: &Plan, rows: &[PeerId]) -> Vec<Bar> {
    let chunks = plan.scenario().file().chunks() as f64;
    let mut bars = Vec::new();
    for (row, &node) in rows.iter().enumerate() {
        let own: Vec<&Send> = plan.sends().iter().filter(|send| send.from == node).collect();
        // The first lane that is free, so that transfers of one time stand one above the other.
        let mut lanes: Vec<Time> = Vec::new();
        let mut places = Vec::new();
        for send in &own {
            let free = lanes.iter().position(|&until| until <= send.start);
            let lane = free.unwrap_or(lanes.len());
            lanes.resize(lanes.len().max(lane + 1), Time::ZERO);
            lanes[lane] = send.end;
            places.push(lane);
        }
        let height = 0.84 / lanes.len().max(1) as f64;
        for (send, lane) in own.iter().zip(places) {
            let top = row as f64 - 0.42 + height * lane as f64;
            let hue = f64::from(send.chunk.0) / chunks * 0.85;
            let colour = HSLColor(hue, 0.65, 0.5).to_rgba();
            bars.push(Bar { from: send.start, to: send.end, top, bottom: top + height, colour });
        }
    }
    bars
}

/// How much of each uplink is used in each column of time.
fn shares(plan: &Plan, rows: &[PeerId]) -> Vec<Bar> {
    let scenario = plan.scenario();
    let column = plan.distribution_time().0 as f64 / COLUMNS as f64;
    let mut place = vec![None; scenario.peer_count() + 1];
    rows.iter().enumerate().for_each(|(row, node)| place[node.index()] = Some(row));
    let mut bits = vec![0.0; rows.len() * COLUMNS];
    for send in plan.sends() {
        let Some(row) = place[send.from.index()] else { continue };
        let gone = send.end.since(scenario.latency_to(send.to));
        let (from, to) = (send.start.0 as f64 / column, gone.0 as f64 / column);
        let length = scenario.file().length(send.chunk).bits() as f64;
        let last = (to.ceil() as usize).min(COLUMNS);
        for at in from as usize..last {
            let within = (to.min(at as f64 + 1.0) - from.max(at as f64)).max(0.0);
            bits[row * COLUMNS + at] += length * within / (to - from);
        }
    }
    let mut bars = Vec::new();
    for (row, node) in rows.iter().enumerate() {
        let full = scenario.upload(*node).0 as f64 * column / 1e9;
        let share = |at: usize| (bits[row * COLUMNS + at] / full * SHADES).round().min(SHADES);
        let shades: Vec<f64> = (0..COLUMNS).map(share).collect();
        let mut at = 0;
        for equal in shades.chunk_by(|one, other| one == other) {
            let time = |at: usize| Time((at as f64 * column) as u64);
            let (from, to) = (time(at), time(at + equal.len()));
            at += equal.len();
            // A node without an uplink has no share.
            if 0.0 < equal[0] {
                let (top, bottom) = (row as f64 - 0.42, row as f64 + 0.42);
                bars.push(Bar { from, to, top, bottom, colour: BUSY.mix(equal[0] / SHADES) });
            }
        }
    }
    bars
}
