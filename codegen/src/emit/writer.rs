//! The text as it grows: indentation and `#line` directives.

use std::fmt::Write as _;

/// A growing text.
pub(super) struct Writer {
    text: String,
    indent: usize,
    /// What the whole text calls itself where no user's line is meant.
    own_name: &'static str,
    directives: bool,
    /// File and line that a compiler would give to the next physical line; `None` inside of our own text.
    next: Option<(String, u32)>,
    lines: u32,
}

impl Writer {
    pub(super) fn new(own_name: &'static str, directives: bool) -> Self {
        Self { text: String::new(), indent: 0, own_name, directives, next: None, lines: 0 }
    }

    /// A line of our own.
    pub(super) fn text(&mut self, line: &str) {
        if line.is_empty() {
            self.text.push('\n');
        } else {
            let _ = writeln!(self.text, "{:indent$}{line}", "", indent = self.indent * 4);
        }
        self.lines += 1;
        if let Some((_, next)) = &mut self.next {
            *next += 1;
        }
    }

    /// A line that stands for one of the user's; 0 for none.
    pub(super) fn users(&mut self, file: &str, line: u32, text: &str) {
        if self.directives && line != 0 {
            let there = self.next.as_ref().is_some_and(|(known, next)| known == file && *next == line);
            if !there {
                let _ = writeln!(self.text, "#line {line} \"{}\"", file.replace('\\', "/"));
                self.lines += 1;
                self.next = Some((file.to_owned(), line));
            }
        }
        self.text(text);
    }

    /// Ends the user's lines: what follows is called by its place in this text.
    pub(super) fn end_of_users_lines(&mut self) {
        if self.next.take().is_some() {
            let _ = writeln!(self.text, "#line {} \"{}\"", self.lines + 2, self.own_name);
            self.lines += 1;
        }
    }

    pub(super) fn blank(&mut self) {
        self.text("");
    }

    pub(super) fn section(&mut self, title: &str) {
        self.blank();
        self.text(&format!("// ---- {title} {}", "-".repeat(100_usize.saturating_sub(title.len()))));
    }

    /// Doc comment lines.
    pub(super) fn doc<S: AsRef<str>>(&mut self, lines: &[S]) {
        for line in lines {
            // A backslash at the end would join the next line to the comment.
            let line = line.as_ref().trim_end().trim_end_matches('\\');
            self.text(if line.is_empty() { "///".into() } else { format!("/// {line}") }.as_str());
        }
    }

    pub(super) fn open(&mut self) {
        self.indent += 1;
    }

    pub(super) fn close(&mut self) {
        self.indent = self.indent.saturating_sub(1);
    }

    /// The text, and nothing after its last line.
    pub(super) fn finish(self) -> String {
        self.text
    }
}
