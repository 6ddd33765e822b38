//! Which tiles are in the groups that a builder named, once it is known how the domain is cut.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ringkernel_codegen::abi::{MAX_GROUPS, NO_GROUP};

use crate::backend::NamedGroup;
use crate::error::StartError;
use crate::tiling::Corners;

/// The place of a tile in each group, the first of which are all tiles: how many are in it, in the upper half, and the tile's number among
/// them; 0 if it is not in it, [`NO_GROUP`] if there is none.
pub(crate) type Places = [u32; MAX_GROUPS as usize];

/// The places of each tile.
pub(crate) fn places(
    actor: &'static str,
    tiles: &[Corners],
    dims: usize,
    groups: &[NamedGroup],
) -> Result<Vec<Places>, StartError> {
    let wrong = |what| StartError::Grid { actor, what };
    let mut all = vec![[NO_GROUP; MAX_GROUPS as usize]; tiles.len()];
    let mut number = |group: usize, is_in: &[bool]| {
        let members = is_in.iter().filter(|is_in| **is_in).count();
        let members = u16::try_from(members).map_err(|_| wrong(format!("a group of {members} tiles is too large")))?;
        let mut next = 0;
        for (places, is_in) in all.iter_mut().zip(is_in) {
            places[group] = if *is_in { u32::from(members) << 16 | next } else { 0 };
            next += u32::from(*is_in);
        }
        Ok::<_, StartError>(members)
    };
    number(0, &vec![true; tiles.len()])?;
    for group in groups {
        let is_in = |(index, tile): (usize, &Corners)| {
            let cells: Vec<_> = (0..dims).map(|axis| tile.from[axis]..tile.to[axis]).collect();
            catch_unwind(AssertUnwindSafe(|| (group.has)(&cells))).map_err(|panic| StartError::InitPanicked {
                actor,
                index: index as u32,
                message: crate::cpu::panic_text(&*panic),
            })
        };
        let is_in: Vec<bool> = tiles.iter().enumerate().map(is_in).collect::<Result<_, _>>()?;
        if number(1 + group.number as usize, &is_in)? == 0 {
            return Err(wrong(format!("none of its {} tiles is in group {}", tiles.len(), group.number)));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiling::cut;

    #[test]
    fn tiles_of_a_group_are_numbered() {
        let tiles = cut(&[12, 4], &[4, 2]);
        let named = |number, has: fn(&[std::ops::Range<u32>]) -> bool| NamedGroup { number, has: Box::new(has) };
        let low = |cells: &[std::ops::Range<u32>]| cells[1].start == 0 && cells[0].end > 4;
        let all = places("Wave", &tiles, 2, &[named(3, low)]).unwrap();
        assert_eq!(all.iter().map(|places| places[4]).collect::<Vec<_>>(), [0, 2 << 16, 2 << 16 | 1, 0, 0, 0]);
        assert_eq!((all[5][0], all[5][1]), (6 << 16 | 5, NO_GROUP));
        assert!(places("Wave", &tiles, 2, &[named(0, |_| false)]).is_err());
        assert!(places("Wave", &tiles, 2, &[named(0, |cells| cells[2].is_empty())]).is_err());
    }
}
