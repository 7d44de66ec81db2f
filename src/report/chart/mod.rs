//! The curve as a picture made of letters.
//!
//! Bounds are lines of dots, runs are letters on top of them.

use swarmbound::units::Time;

use super::curve::Curve;
use super::layout::{Series, Style};

/// Columns beside the picture: the labels of time.
const MARGIN: usize = 10;
/// A wider picture shows no more.
const MOST_COLUMNS: usize = 120;
/// Rows between two labels of the axis of time.
const GAP: usize = 4;
const LABELS: usize = 4;

/// An axis of time: a unit, and labels at round numbers of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    /// The unit's name.
    pub(crate) unit: &'static str,
    /// One unit in nanoseconds.
    nanos: f64,
    /// From label to label, in units.
    pub(crate) step: f64,
}

impl Axis {
    /// An axis that `latest` fits on below `labels` labels.
    pub(crate) fn new(latest: Time, labels: usize) -> Self {
        let units = [(3.6e12, "hours"), (6e10, "minutes"), (1e9, "seconds"), (1e6, "milliseconds")];
        let nanos = latest.0 as f64;
        let unit = units.into_iter().find(|&(unit, _)| 1.5 * unit <= nanos);
        let (unit, name) = unit.unwrap_or((1.0, "nanoseconds"));
        let least = nanos / unit / labels as f64;
        Axis { unit: name, nanos: unit, step: round_up(least) }
    }

    /// The label above every time.
    pub(crate) fn top(&self, latest: Time) -> f64 {
        (self.place(latest) / self.step).ceil().max(1.0) * self.step
    }

    /// A time in units.
    pub(crate) fn place(&self, time: Time) -> f64 {
        time.0 as f64 / self.nanos
    }

    /// The number beside a label, without needless decimals.
    pub(crate) fn label(&self, value: f64) -> String {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// The least of 1, 2, 2.5, 5 and 10 times a power of ten that is not below `least`.
fn round_up(least: f64) -> f64 {
    if least <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0].map(|digit| digit * power);
    steps.into_iter().find(|&step| least <= step).unwrap_or(10.0 * power)
}

/// One letter of the picture.
type Dot = Option<(char, Series)>;

/// How many letters wide the picture is.
fn columns(style: Style) -> usize {
    (style.width - MARGIN).min(MOST_COLUMNS)
}

/// The picture with its axes and its legend.
pub(crate) fn drawn(style: Style, curve: &Curve) -> String {
    let axis = Axis::new(curve.latest(), LABELS);
    let (columns, height) = (columns(style), LABELS * GAP);
    let mut dots: Vec<Vec<Dot>> = vec![vec![None; columns]; height + 1];
    let top = axis.step * LABELS as f64;
    let row_of = |value: f64| height - (value / top * height as f64).round() as usize;
    // What is drawn later stands above.
    let both = [(Series::ClientServer, 'x'), (Series::P2p, 'o')];
    for (series, _) in both {
        let bounds = curve.rows.iter().map(|row| (row.peers, row.point(series).bound()));
        let bounds: Vec<(usize, f64)> =
            bounds.filter_map(|(peers, at)| Some((peers, axis.place(at?)))).collect();
        let at = |column| Some((column, between(&bounds, peers_at(curve, columns, column))?));
        let line = (0..columns).filter_map(at);
        for (column, value) in line {
            dots[row_of(value)][column] = Some(('·', series));
        }
    }
    for (series, letter) in both {
        for row in &curve.rows {
            if let Some(time) = row.point(series).time {
                let column = column_of(curve, columns, row.peers);
                dots[row_of(axis.place(time))][column] = Some((letter, series));
            }
        }
    }
    let mut text = format!("{}\n", style.bold(&format!("distribution time in {}", axis.unit)));
    for (at, row) in dots.iter().enumerate() {
        let label = match at.is_multiple_of(GAP) {
            true => axis.label(axis.step * (LABELS - at / GAP) as f64) + " ┤",
            false => "│".to_owned(),
        };
        text += format!("{label:>MARGIN$}{}", letters(style, row)).trim_end();
        text.push('\n');
    }
    text + &below(style, curve)
}

fn letters(style: Style, row: &[Dot]) -> String {
    let letter = |dot: &Dot| match dot {
        None => " ".to_owned(),
        Some((letter, series)) => style.series(&letter.to_string(), *series),
    };
    row.iter().map(letter).collect()
}

/// The axis of N, and what the letters mean.
fn below(style: Style, curve: &Curve) -> String {
    let (first, last) = curve.span();
    let columns = columns(style);
    let gap = columns - first.to_string().len();
    let margin = " ".repeat(MARGIN - 1);
    let numbers = match first == last {
        true => format!("{first:>width$}", width = columns / 2 + 1),
        false => format!("{first}{last:>gap$}"),
    };
    format!(
        "{margin}└{}\n{margin} {numbers}\n{margin} peers   {} client-server run   {} p2p run   \
         · the best bound on each\n",
        "─".repeat(columns),
        style.series("x", Series::ClientServer),
        style.series("o", Series::P2p),
    )
}

/// The number of peers at a column, as a fraction.
fn peers_at(curve: &Curve, columns: usize, column: usize) -> f64 {
    let (first, last) = curve.span();
    first as f64 + (last - first) as f64 * column as f64 / (columns - 1) as f64
}

fn column_of(curve: &Curve, columns: usize, peers: usize) -> usize {
    let (first, last) = curve.span();
    match last - first {
        0 => columns / 2,
        span => ((peers - first) * (columns - 1) + span / 2) / span,
    }
}

/// The value at `x` on the line through `points`; None beyond its ends.
fn between(points: &[(usize, f64)], x: f64) -> Option<f64> {
    let pairs = points.iter().zip(points.iter().skip(1));
    for (&(left, low), &(right, high)) in pairs {
        let (left, right) = (left as f64, right as f64);
        if left <= x && x <= right {
            return Some(low + (high - low) * (x - left) / (right - left));
        }
    }
    None
}

#[cfg(test)]
pub(super) mod tests;
