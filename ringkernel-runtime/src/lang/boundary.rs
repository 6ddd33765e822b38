//! What lies beyond the edge of a grid's domain.
//!
//! Each side of each axis has a rule of its own. A neighbour's index is mapped axis by axis; which value stands for
//! what lies on no cell is the field's affair.

/// What a cell finds that reads beyond the edge of the domain, on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Boundary {
    /// The field's border value: `T::default()`, or what [`Field::border`](super::Field::border) was given.
    Fixed,
    /// The domain mirrored at its edge: the cell before the first is the first, the one before that the second.
    Reflect,
    /// The cells of the opposite side. Both sides of an axis must have it.
    Periodic,
    /// Nothing: a step that reads there is an error of `start()`.
    Open,
}

/// The rules of all sides: made of one rule for all, one for each axis, or a pair (low side, high side) for each axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundaries(Rules);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rules {
    Same(Boundary),
    Each(Vec<Sides>),
}

/// The rules of the low and of the high side of an axis.
pub(crate) type Sides = (Boundary, Boundary);

impl From<Boundary> for Boundaries {
    fn from(all: Boundary) -> Self {
        Self(Rules::Same(all))
    }
}

impl<const D: usize> From<[Boundary; D]> for Boundaries {
    fn from(axes: [Boundary; D]) -> Self {
        Self(Rules::Each(axes.iter().map(|rule| (*rule, *rule)).collect()))
    }
}

impl<const D: usize> From<[(Boundary, Boundary); D]> for Boundaries {
    fn from(axes: [(Boundary, Boundary); D]) -> Self {
        Self(Rules::Each(axes.to_vec()))
    }
}

impl Boundaries {
    /// The rules of every axis, in order.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn sides(&self, dims: usize) -> Result<Vec<Sides>, String> {
        let sides = match &self.0 {
            Rules::Same(all) => vec![(*all, *all); dims],
            Rules::Each(each) if each.len() == dims => each.clone(),
            Rules::Each(each) => {
                return Err(format!("there are boundaries for {} axes, and the grid has {dims}", each.len()));
            }
        };
        let one_sided = |(low, high): &Sides| (*low == Boundary::Periodic) != (*high == Boundary::Periodic);
        match sides.iter().position(one_sided) {
            Some(axis) => Err(format!("axis {axis} is periodic on one side alone, which must be both")),
            None => Ok(sides),
        }
    }
}

/// Where a read lands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Landing {
    /// On this index.
    Cell(u32),
    /// On no cell: the border value.
    Border,
    /// Nowhere.
    Nothing,
}

/// Where an index along an axis of `extent` cells lands.
pub(crate) fn land(mut index: i64, extent: u32, sides: Sides) -> Landing {
    let extent = i64::from(extent);
    loop {
        let rule = match index {
            _ if index < 0 => sides.0,
            _ if index >= extent => sides.1,
            _ => return Landing::Cell(index as u32),
        };
        index = match rule {
            Boundary::Fixed => return Landing::Border,
            Boundary::Open => return Landing::Nothing,
            Boundary::Periodic => index.rem_euclid(extent),
            // Narrow domains are crossed several times.
            Boundary::Reflect if index < 0 => -1 - index,
            Boundary::Reflect => 2 * extent - 1 - index,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Boundary::*;

    #[test]
    fn every_rule_lands_where_it_says() {
        let all = |sides| (-4..7).map(|index| land(index, 3, sides)).collect::<Vec<_>>();
        let cells = |text: &str| {
            let landing = |c: char| match c {
                'b' => Landing::Border,
                'n' => Landing::Nothing,
                digit => Landing::Cell(digit as u32 - '0' as u32),
            };
            text.chars().map(landing).collect::<Vec<_>>()
        };
        assert_eq!(all((Periodic, Periodic)), cells("20120120120"));
        assert_eq!(all((Reflect, Reflect)), cells("22100122100"));
        assert_eq!(all((Fixed, Reflect)), cells("bbbb012210b"));
        assert_eq!(all((Open, Fixed)), cells("nnnn012bbbb"));
    }

    #[test]
    fn wrong_rules_are_explained() {
        assert!(Boundaries::from([Fixed, Periodic]).sides(3).unwrap_err().contains("2 axes"));
        let one_sided = Boundaries::from([(Periodic, Fixed)]);
        assert!(one_sided.sides(1).unwrap_err().contains("axis 0"));
        assert_eq!(Boundaries::from(Reflect).sides(2).unwrap(), [(Reflect, Reflect); 2]);
    }
}
