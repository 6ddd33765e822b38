//! Format strings, cut into the text and the values between.

/// What stands between braces.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Hole {
    /// `{}`
    Next,
    /// `{0}`
    Index(usize),
    /// `{name}`
    Name(String),
}

/// The pieces of text, one more than there are holes. `Err` says what the device cannot carry.
pub(super) fn split(text: &str) -> Result<(Vec<String>, Vec<Hole>), String> {
    let mut pieces = vec![String::new()];
    let mut holes = Vec::new();
    let mut chars = text.chars().peekable();
    let push = |pieces: &mut Vec<String>, c| {
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.peek() == Some(&c) => {
                chars.next();
                push(&mut pieces, c);
            }
            '{' => {
                let mut inside = String::new();
                loop {
                    match chars.next() {
                        Some('}') => break,
                        Some(c) => inside.push(c),
                        None => return Err("a `{` is not closed".to_owned()),
                    }
                }
                holes.push(hole(inside.trim())?);
                pieces.push(String::new());
            }
            '}' => return Err("a `}` is not opened".to_owned()),
            other => push(&mut pieces, other),
        }
    }
    Ok((pieces, holes))
}

fn hole(inside: &str) -> Result<Hole, String> {
    if inside.is_empty() {
        return Ok(Hole::Next);
    }
    if let Ok(index) = inside.parse() {
        return Ok(Hole::Index(index));
    }
    if syn::parse_str::<syn::Ident>(inside).is_ok() {
        return Ok(Hole::Name(inside.to_owned()));
    }
    Err(format!("the device cannot carry `{{{inside}}}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_its_holes() {
        let (pieces, holes) = split("a {} b {x} {{c}} {0}").expect("well formed");
        assert_eq!(pieces, ["a ", " b ", " {c} ", ""]);
        assert_eq!(holes, [Hole::Next, Hole::Name("x".into()), Hole::Index(0)]);
    }

    #[test]
    fn widths_and_open_braces_are_refused() {
        assert!(split("{:>4}").is_err());
        assert!(split("{").is_err());
        assert!(split("}").is_err());
    }
}
