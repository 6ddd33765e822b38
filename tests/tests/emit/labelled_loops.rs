//! labels

use ringkernel::prelude::*;

#[ring_fn]
fn search(cells: [u32; 16], a: u32) -> u32 {
    let mut found = 0;
    'rows: for row in 0..4 {
        for column in 0..4 {
            let cell = cells[row * 4 + column];
            if cell == a {
                found = cell;
                break 'rows;
            }
            if cell > 100 {
                continue 'rows;
            }
        }
    }
    found
}

emits!(functions: search);
