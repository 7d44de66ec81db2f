//! How a result is laid out on a terminal: headings, tables, wrapped sentences, colour.
//!
//! It knows no result. Colour is only added, nothing is said by colour alone. The type to know is
//! [`Style`].

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ContentArrangement, ContentLineStyle, LineStyle, Table,
    TableStyle,
};
use swarmbound::audit::Verdict;

/// How wide a result is.
pub(crate) const WIDTH: usize = 100;

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Letters only.
    Plain,
    /// With the colours of a terminal.
    Colour,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Style::Plain => text.to_owned(),
            Style::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }

    /// A heading, or what a line is about.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// The verdict's word in its colour.
    pub(crate) fn verdict(self, verdict: Verdict) -> String {
        let code = match verdict {
            Verdict::Holds => "1;32",
            Verdict::Violated => "1;31",
            Verdict::Unknown => "1;33",
            Verdict::Skipped => "2",
        };
        self.paint(code, &verdict.to_string())
    }

    /// One of the two ways to distribute, in its colour: see `chart`.
    pub(crate) fn series(self, text: &str, colour: Series) -> String {
        match colour {
            Series::P2p => self.paint("34", text),
            Series::ClientServer => self.paint("31", text),
        }
    }
}

/// The two ways to distribute a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Series {
    /// Everybody serves.
    P2p,
    /// Only the source serves.
    ClientServer,
}

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// An empty table with these columns.
pub(crate) fn table(style: Style, columns: &[(&str, Align)]) -> Table {
    let lines = TableStyle::new()
        .header_lines(ContentLineStyle::none())
        .header_separator(LineStyle::none().fill('─').junction('─'))
        .content_lines(ContentLineStyle::none());
    let mut table = Table::new();
    table.load_style(lines);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(WIDTH as u16);
    match style {
        Style::Plain => table.force_no_tty(),
        Style::Colour => table.enforce_styling(),
    };
    table.style_text_only();
    table
        .set_header(columns.iter().map(|(name, _)| Cell::new(name).add_attribute(Attribute::Bold)));
    for (column, &(_, align)) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, 2));
        if align == Align::Right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The verdict of one rule as a cell.
pub(crate) fn verdict_cell(verdict: Verdict) -> Cell {
    let cell = Cell::new(verdict);
    match verdict {
        Verdict::Holds => cell.fg(Color::Green),
        Verdict::Violated => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Verdict::Unknown => cell.fg(Color::Yellow),
        Verdict::Skipped => cell.add_attribute(Attribute::Dim),
    }
}

/// The lines of a table, without blanks at their ends, each with its newline.
pub(crate) fn lines(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// What others wrote, without the control characters that a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// A sentence on lines of at most [`WIDTH`] columns, all but the first indented.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    follow("", text, indent)
}

/// A sentence on lines of at most [`WIDTH`] columns behind `head`, which stands as it is; all but
/// the first line are indented.
pub(crate) fn follow(head: &str, text: &str, indent: usize) -> String {
    let mut out = head.to_owned();
    let mut column = head.chars().count();
    for (at, word) in printable(text).split_whitespace().enumerate() {
        let length = word.chars().count();
        if 0 < at && WIDTH < column + 1 + length {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if 0 < at {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_wrapped_between_words() {
        let text = "word ".repeat(40);
        let wrapped = wrapped(&text, 2);
        assert_eq!(wrapped.split_whitespace().count(), 40, "no word is lost");
        assert!(wrapped.lines().all(|line| line.len() <= WIDTH), "{wrapped}");
        assert!(wrapped.lines().skip(1).all(|line| line.starts_with("  word")), "{wrapped}");
    }

    #[test]
    fn the_head_of_a_sentence_takes_its_columns() {
        let text = follow("    a  ", &"x".repeat(WIDTH - 7), 4);
        assert_eq!(text, format!("    a  {}\n", "x".repeat(WIDTH - 7)));
        // The second line comes to the column at which the first began, and goes on from there.
        let text = follow("    a  ", &format!("{} yyy zz", "x".repeat(WIDTH - 7)), 4);
        assert_eq!(text, format!("    a  {}\n    yyy zz\n", "x".repeat(WIDTH - 7)));
        let text = follow("    a  ", &format!("b {}", "x".repeat(WIDTH - 8)), 4);
        assert_eq!(text, format!("    a  b\n    {}\n", "x".repeat(WIDTH - 8)));
    }

    #[test]
    fn a_terminal_is_not_commanded_by_what_others_wrote() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
        assert!(!wrapped("a \u{1b}[2J b", 0).contains('\u{1b}'));
    }

    #[test]
    fn plain_text_has_no_escapes() {
        let mut table = table(Style::Plain, &[("rule", Align::Left), ("n", Align::Right)]);
        table.add_row([verdict_cell(Verdict::Violated), Cell::new(1)]);
        let text = lines(&table) + &Style::Plain.verdict(Verdict::Violated);
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(Style::Colour.verdict(Verdict::Violated).contains('\u{1b}'));
    }
}
