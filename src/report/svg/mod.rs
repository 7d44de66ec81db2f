//! The curve as an SVG picture: bounds as lines, runs as circles.
//!
//! It needs no font of the system: the picture names a family and its viewer chooses.

use plotters::prelude::*;

use super::chart::Axis;
use super::curve::Curve;
use super::layout::{Series, printable};

/// Blue and vermilion: told apart by the colour-blind, too (Okabe & Ito, 2008).
const P2P: RGBColor = RGBColor(0, 114, 178);
const CLIENT_SERVER: RGBColor = RGBColor(213, 94, 0);
const INK: RGBColor = RGBColor(60, 60, 60);
const GRID: RGBColor = RGBColor(225, 225, 225);

const SIZE: (u32, u32) = (960, 600);
const LABELS: usize = 6;
const FONT: &str = "Helvetica, Arial, sans-serif";

/// The whole picture.
///
/// # Errors
/// What the drawing library cannot do, as a sentence.
pub(crate) fn drawn(curve: &Curve) -> Result<String, String> {
    let mut text = String::new();
    draw(curve, &mut text).map_err(|error| error.to_string())?;
    Ok(text)
}

type Failure = DrawingAreaErrorKind<std::io::Error>;

fn draw(curve: &Curve, text: &mut String) -> Result<(), Failure> {
    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let axis = Axis::new(curve.latest(), LABELS);
    let (first, last) = curve.span();
    // A single N needs some room on both sides.
    let margin = if first == last { 1.0 } else { 0.0 };
    let (left, right) = (first as f64 - margin, last as f64 + margin);
    let top = axis.top(curve.latest());
    let name = printable(&curve.scenario);
    let title = format!("{name}: client-server and peer-to-peer");
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 22, &INK))
        .margin(20)
        .x_label_area_size(50)
        .y_label_area_size(75)
        .build_cartesian_2d(left..right, 0.0..top)?;
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style((FONT, 15, &INK))
        .axis_desc_style((FONT, 17, &INK))
        .x_labels((last - first + 1).clamp(2, 12))
        .y_labels((top / axis.step).round() as usize + 1)
        .x_desc("peers")
        .y_desc(format!("distribution time in {}", axis.unit))
        .x_label_formatter(&|peers| axis.label(*peers))
        .y_label_formatter(&|time| axis.label(*time))
        .draw()?;
    let both = [
        ("client-server", CLIENT_SERVER, Series::ClientServer),
        ("peer-to-peer", P2P, Series::P2p),
    ];
    for (name, colour, series) in both {
        let place = |time| axis.place(time);
        let bounds = curve
            .rows
            .iter()
            .filter_map(|row| Some((row.peers as f64, place(row.point(series).bound()?))));
        chart
            .draw_series(LineSeries::new(bounds, colour.stroke_width(2)))?
            .label(format!("{name}, the best bound"))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], colour.stroke_width(2)));
        let runs = curve
            .rows
            .iter()
            .filter_map(|row| Some((row.peers as f64, place(row.point(series).time?))));
        chart
            .draw_series(runs.map(|at| Circle::new(at, 4, colour.filled())))?
            .label(format!("{name}, simulated runs"))
            .legend(move |(x, y)| Circle::new((x + 12, y), 4, colour.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .legend_area_size(34)
        .label_font((FONT, 15, &INK))
        .background_style(WHITE.mix(0.85))
        .border_style(GRID)
        .draw()?;
    root.present()
}

#[cfg(test)]
mod tests;
