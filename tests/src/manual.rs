//! The tables of `docs/language.md`: what a user looks up, and what tests are named after.

use std::fs;

use crate::workspace;

/// One row: a construct, and whether there is such a thing on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The first column, as it is written.
    pub construct: String,
    /// The second: `tested`, `yes` or `no`.
    pub state: String,
}

/// All rows, in order.
///
/// # Panics
/// If the page is not there.
#[must_use]
pub fn rows() -> Vec<Row> {
    let page = fs::read_to_string(workspace::root().join("docs/language.md")).expect("docs/language.md");
    let row = |line: &str| {
        // A `|` inside of a cell has a backslash before it, and no space.
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let row = Row { construct: cells.next()?.to_owned(), state: cells.next()?.to_owned() };
        ["tested", "yes", "no"].contains(&row.state.as_str()).then_some(row)
    };
    page.lines().filter_map(row).collect()
}
