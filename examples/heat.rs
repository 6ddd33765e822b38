//! Heat spreads in an isolated plate: the result beside the analytic solution, and how fast the error falls.
//!
//! `cargo run --release --example heat`
//!
//! `u(x, y, t) = cos(pi x) cos(pi y) exp(-2 pi^2 t)` solves the heat equation on the unit square with edges that no heat
//! crosses. Cells of width `h` have their values at their middles, so a mirrored edge is exact, and with time steps of
//! `h^2 / 5` the error is of order `h^2`: half the width, a quarter of the error.

use std::f64::consts::PI;

use ringkernel::prelude::*;

/// `dt / h^2`
const RATIO: f64 = 0.2;

/// When the result is looked at.
const END: f64 = 0.05;

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Plate {
    now: Field<f64, 2>,
    next: Field<f64, 2>,
}

#[ring_actor]
impl Plate {
    #[step]
    fn spread(&mut self) {
        self.next.update(&self.now, |_, now| {
            let around = now.at([-1, 0]) + now.at([1, 0]) + now.at([0, -1]) + now.at([0, 1]);
            now.here() + RATIO * (around - 4.0 * now.here())
        });
        swap(&mut self.now, &mut self.next);
    }
}

/// The solution in the middle of a cell.
fn exact(cell: [u32; 2], cells: u32, time: f64) -> f64 {
    let [x, y] = cell.map(|at| (f64::from(at) + 0.5) / f64::from(cells));
    (PI * x).cos() * (PI * y).cos() * (-2.0 * PI * PI * time).exp()
}

/// The largest error of a plate of so many cells along each side, and what it was computed on.
fn error(cells: u32) -> ringkernel::Result<(f64, String)> {
    let plate = Plate { now: Field::from_fn(move |cell| exact(cell, cells, 0.0)), ..Plate::default() };
    let system = System::builder().grid([cells, cells], Boundary::Reflect, plate).start()?;
    let grid = system.grid::<Plate>();
    let dt = RATIO / f64::from(cells * cells);
    let steps = grid.run((END / dt).round() as u64)?;
    let values = grid.field(|plate| &plate.now).read()?;
    let difference = |(index, value): (usize, &f64)| {
        let cell = [index as u32 % cells, index as u32 / cells];
        (value - exact(cell, cells, steps as f64 * dt)).abs()
    };
    let largest = values.iter().enumerate().map(difference).fold(0.0, f64::max);
    Ok((largest, format!("{} ({})", system.backend(), system.device())))
}

/// What came of one size.
#[derive(Debug)]
struct Row {
    /// Cells along a side.
    cells: u32,
    error: f64,
    /// By which the error fell from the size before.
    order: Option<f64>,
    /// What it was computed on.
    device: String,
}

fn convergence(sizes: &[u32]) -> ringkernel::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for cells in sizes.iter().copied() {
        let (error, device) = error(cells)?;
        let order = |before: &Row| (before.error / error).ln() / (f64::from(cells) / f64::from(before.cells)).ln();
        rows.push(Row { cells, error, order: rows.last().map(order), device });
    }
    Ok(rows)
}

fn main() -> ringkernel::Result<()> {
    if let Some(argument) = std::env::args().nth(1) {
        eprintln!("error: unexpected argument {argument:?}: heat has none");
        std::process::exit(1);
    }
    println!("{:>9}  {:>12}  {:>6}  on", "cells", "error", "order");
    for Row { cells, error, order, device } in convergence(&[16, 32, 64, 128, 256])? {
        let order = order.map_or_else(String::new, |order| format!("{order:.3}"));
        println!("{:>9}  {error:>12.3e}  {order:>6}  {device}", format!("{cells}x{cells}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_falls_with_the_square_of_the_width() {
        let rows = convergence(&[16, 32, 64]).unwrap();
        assert!(rows[0].error < 5e-3, "{rows:?}");
        for Row { order, .. } in &rows[1..] {
            assert!((order.unwrap() - 2.0).abs() < 0.05, "{rows:?}");
        }
    }
}
