//! Tables that fit a width: cells are wrapped between words, and nothing that belongs together is
//! torn. A table whose columns do not fit at all is told row by row.

use std::fmt::Display;

use swarmbound::audit::Verdict;
use unicode_width::UnicodeWidthStr;

use super::layout::{BOLD, Style, verdict_code};
use super::wrapping::{follow, least_width, lines};

/// Blanks between two columns.
const GAP: usize = 2;

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers, which are never wrapped.
    Right,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    /// The code of its colour; None leaves it plain.
    code: Option<&'static str>,
}

impl Cell {
    /// A plain cell.
    pub(crate) fn new(value: impl Display) -> Self {
        Cell { text: value.to_string(), code: None }
    }

    /// The same, bold.
    pub(crate) fn bold(self) -> Self {
        Cell { code: Some(BOLD), ..self }
    }

    /// A verdict in its colour.
    pub(crate) fn verdict(verdict: Verdict) -> Self {
        Cell { code: Some(verdict_code(verdict)), ..Cell::new(verdict) }
    }
}

/// A table with a heading.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    style: Style,
    aligns: Vec<Align>,
    /// The heading first.
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table with these columns.
    pub(crate) fn new(style: Style, columns: &[(&str, Align)]) -> Self {
        let heading = columns.iter().map(|(name, _)| Cell::new(name).bold()).collect();
        let aligns = columns.iter().map(|&(_, align)| align).collect();
        Table { style, aligns, rows: vec![heading] }
    }

    /// Adds a row; cells that are left out at its end are empty.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let mut row: Vec<Cell> = cells.into_iter().collect();
        row.resize(self.aligns.len(), Cell::new(""));
        self.rows.push(row);
    }

    /// Its lines, without blanks at their ends, each with its newline.
    pub(crate) fn text(&self) -> String {
        let Some(widths) = self.widths() else { return self.records() };
        let wrapped = |row: &Vec<Cell>| -> Vec<Vec<String>> {
            row.iter().zip(&widths).map(|(cell, &width)| lines(&cell.text, width)).collect()
        };
        let wrapped: Vec<_> = self.rows.iter().map(wrapped).collect();
        // Words rarely fill a column that was narrowed.
        let width = |column: usize| {
            let lines = wrapped.iter().flat_map(|row| &row[column]);
            lines.map(|line| line.width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..widths.len()).map(width).collect();
        let whole = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        let mut text = String::new();
        for (at, (row, lines)) in self.rows.iter().zip(&wrapped).enumerate() {
            let height = lines.iter().map(Vec::len).max().unwrap_or(0);
            for line in 0..height {
                text += &self.line(row, lines, &widths, line);
            }
            if at == 0 {
                text += &("─".repeat(whole) + "\n");
            }
        }
        text
    }

    /// One line of a row.
    fn line(&self, row: &[Cell], lines: &[Vec<String>], widths: &[usize], line: usize) -> String {
        let mut text = String::new();
        for (column, cell) in row.iter().enumerate() {
            let part = lines[column].get(line).map_or("", String::as_str);
            let blank = " ".repeat(widths[column] - part.width());
            let part = match cell.code {
                Some(code) if !part.is_empty() => self.style.paint(code, part),
                _ => part.to_owned(),
            };
            text += &match self.aligns[column] {
                Align::Left => part + &blank,
                Align::Right => blank + &part,
            };
            text += &" ".repeat(GAP);
        }
        text.truncate(text.trim_end().len());
        text + "\n"
    }

    /// How wide each column may be; None when they do not fit. The widest gives way first.
    fn widths(&self) -> Option<Vec<usize>> {
        let column = |column: usize| self.rows.iter().map(move |row| row[column].text.as_str());
        let columns = 0..self.aligns.len();
        let mut widths: Vec<usize> = columns
            .clone()
            .map(|at| column(at).map(|text| text.width()).max().unwrap_or(0))
            .collect();
        let least = |(at, text): (usize, &str), align: Align| match align {
            Align::Right if at != 0 => text.width(),
            _ => least_width(text),
        };
        let least: Vec<usize> = columns
            .map(|at| column(at).enumerate().map(|cell| least(cell, self.aligns[at])).max())
            .map(|least| least.unwrap_or(0))
            .collect();
        let room = self.style.width.saturating_sub(GAP * widths.len().saturating_sub(1));
        while room < widths.iter().sum() {
            let wider = (0..widths.len()).filter(|&at| least[at] < widths[at]);
            let widest = wider.max_by_key(|&at| widths[at])?;
            widths[widest] -= 1;
        }
        Some(widths)
    }

    /// Every row as a sentence.
    fn records(&self) -> String {
        let Some((heading, rows)) = self.rows.split_first() else { return String::new() };
        let record = |row: &Vec<Cell>| {
            let cells = heading.iter().zip(row).filter(|(_, cell)| !cell.text.is_empty());
            let said: Vec<String> =
                cells.map(|(name, cell)| format!("{} {}", name.text, cell.text)).collect();
            follow(self.style, "", &said.join(" · "), 2)
        };
        rows.iter().map(record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(width: usize) -> Table {
        let style = Style { colour: false, width };
        let mut table = Table::new(style, &[("rule", Align::Left), ("of all bits", Align::Right)]);
        table.row([Cell::new("a name that is long"), Cell::new("16\u{a0}000 x")]);
        table.row([Cell::new("b")]);
        table
    }

    #[test]
    fn words_stand_left_and_numbers_right() {
        let text = "rule                 of all bits\n\
                    ────────────────────────────────\n\
                    a name that is long     16\u{a0}000 x\n\
                    b\n";
        assert_eq!(table(80).text(), text);
    }

    #[test]
    fn what_is_too_wide_is_wrapped_between_words() {
        let text = "rule       of all\n\
                    \u{20}            bits\n\
                    ─────────────────\n\
                    a name   16\u{a0}000 x\n\
                    that is\n\
                    long\n\
                    b\n";
        assert_eq!(table(17).text(), text);
    }

    #[test]
    fn what_does_not_fit_at_all_is_told_row_by_row() {
        let text = "rule a name\n  that is\n  long · of\n  all bits\n  16\u{a0}000 x\nrule b\n";
        assert_eq!(table(12).text(), text);
    }

    #[test]
    fn plain_text_has_no_escapes() {
        let mut table = table(80);
        table.row([Cell::verdict(Verdict::Violated), Cell::new(1).bold()]);
        assert!(!table.text().contains('\u{1b}'), "{}", table.text());
        table.style.colour = true;
        assert!(table.text().contains("\u{1b}[1;31mviolated\u{1b}[0m"), "{}", table.text());
    }
}
