//! Patterns of Life in run-length encoded files.
//!
//! A line `x = 3, y = 3, rule = B3/S23`, then runs: `b` dead, `o` alive, `$` the end of a row, `!` the end, each with a
//! count before it if it is not one. Lines that begin with `#` are comments.

/// A pattern.
#[derive(Debug, PartialEq)]
pub(crate) struct Pattern {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The cells that live.
    pub(crate) living: Vec<[u32; 2]>,
}

/// Reads a pattern.
///
/// # Errors
/// What is wrong, with the line.
pub(crate) fn parse(text: &str) -> Result<Pattern, String> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
    let (number, head) = lines.next().ok_or("the pattern has no line `x = .., y = ..`")?;
    let at = |number: usize, what: &str| format!("line {}: {what}", number + 1);
    let value = |name: &str| {
        let part = head.split(',').find_map(|part| part.split_once('=').filter(|(key, _)| key.trim() == name));
        part.map(|(_, value)| value.trim())
    };
    let extent = |name: &str| {
        let digits = value(name).ok_or_else(|| at(number, &format!("`{name} = ..` is missing")))?;
        digits.parse::<u32>().map_err(|_| at(number, &format!("`{name} = {digits}` is not a number of cells")))
    };
    let (width, height) = (extent("x")?, extent("y")?);
    if let Some(rule) = value("rule").filter(|rule| !rule.eq_ignore_ascii_case("B3/S23") && *rule != "23/3") {
        return Err(at(number, &format!("the rule is {rule}, and only B3/S23 is known here")));
    }
    let mut pattern = Pattern { width, height, living: Vec::new() };
    let (mut x, mut y, mut run) = (0_u32, 0_u32, None::<u32>);
    for (number, line) in lines {
        for symbol in line.chars() {
            let count = run.unwrap_or(1);
            match symbol {
                '0'..='9' => {
                    let digit = symbol as u32 - '0' as u32;
                    let longer = run.unwrap_or(0).checked_mul(10).and_then(|run| run.checked_add(digit));
                    run = Some(longer.ok_or_else(|| at(number, "a run is too long"))?);
                    continue;
                }
                'b' | 'o' => {
                    let end = x.checked_add(count).filter(|end| *end <= width && y < height);
                    let end = end.ok_or_else(|| at(number, "a run leaves the pattern's own extents"))?;
                    if symbol == 'o' {
                        pattern.living.extend((x..end).map(|x| [x, y]));
                    }
                    x = end;
                }
                '$' => (x, y) = (0, y.saturating_add(count)),
                '!' => return Ok(pattern),
                symbol if symbol.is_whitespace() => continue,
                other => return Err(at(number, &format!("`{other}` is none of b, o, $ and !"))),
            }
            run = None;
        }
    }
    Err("the pattern does not end in `!`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_rows_and_comments_are_read() {
        let glider = parse("#N Glider\n\nx = 3, y = 3\nbob$2bo$\n3o!\nanything").unwrap();
        assert_eq!(glider, Pattern { width: 3, height: 3, living: vec![[1, 0], [2, 1], [0, 2], [1, 2], [2, 2]] });
        assert_eq!(parse("x=2,y=4,rule=b3/s23\no3$bo!").unwrap().living, [[0, 0], [1, 3]]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let wrong = |text: &str| parse(text).unwrap_err();
        assert_eq!(wrong("#C nothing"), "the pattern has no line `x = .., y = ..`");
        assert_eq!(wrong("x = 3\no!"), "line 1: `y = ..` is missing");
        assert_eq!(wrong("x = 3, y = -1\no!"), "line 1: `y = -1` is not a number of cells");
        assert_eq!(
            wrong("x = 3, y = 3, rule = B36/S23\no!"),
            "line 1: the rule is B36/S23, and only B3/S23 is known here"
        );
        assert_eq!(wrong("#\nx = 3, y = 3\n4o!"), "line 3: a run leaves the pattern's own extents");
        assert_eq!(wrong("x = 3, y = 1\no$o!"), "line 2: a run leaves the pattern's own extents");
        assert_eq!(wrong("x = 3, y = 1\n99999999999o!"), "line 2: a run is too long");
        assert_eq!(wrong("x = 3, y = 1\no?!"), "line 2: `?` is none of b, o, $ and !");
        assert_eq!(wrong("x = 3, y = 1\no"), "the pattern does not end in `!`");
    }
}
