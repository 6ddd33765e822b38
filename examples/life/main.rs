//! Conway's Life from a pattern file, and how many cells live.
//!
//! `cargo run --release --example life -- [PATTERN.rle] [--generations N] [--every N] [--size N]`
//!
//! Without a file it is the R-pentomino, five cells that take 1103 generations to settle into 116, six gliders among them. The
//! domain is large enough for them not to reach its edge, beyond which everything is dead.

mod rle;

use std::path::PathBuf;
use std::process::ExitCode;

use ringkernel::prelude::*;

/// A cell lives (1) or does not (0).
#[ring_actor(grid = 2)]
#[derive(Default)]
struct Life {
    now: Field<u8, 2>,
    next: Field<u8, 2>,
    population: u32,
}

const AROUND: [[i32; 2]; 8] = [[-1, -1], [0, -1], [1, -1], [-1, 0], [1, 0], [-1, 1], [0, 1], [1, 1]];

#[ring_actor]
impl Life {
    #[step]
    fn generation(&mut self, ctx: &mut Context<Self>) {
        self.next.update(&self.now, |_, now| {
            let mut living = 0;
            for offset in AROUND {
                living += now.at(offset);
            }
            u8::from(living == 3 || (living == 2 && now.here() == 1))
        });
        swap(&mut self.now, &mut self.next);
        if ctx.step() % 100 == 99 {
            self.population = ctx.sum(&self.now, |now| u32::from(now.here()));
        }
    }
}

const USAGE: &str = "usage: life [PATTERN.rle] [--generations N] [--every N] [--size N]";

/// The R-pentomino.
const R_PENTOMINO: &str = include_str!("r-pentomino.rle");

struct Arguments {
    file: Option<PathBuf>,
    generations: u64,
    every: u64,
    size: u32,
}

fn arguments(mut parser: lexopt::Parser) -> Result<Arguments, lexopt::Error> {
    use lexopt::prelude::*;
    let mut arguments = Arguments { file: None, generations: 1200, every: 100, size: 800 };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("generations") => arguments.generations = parser.value()?.parse()?,
            Long("every") => arguments.every = parser.value()?.parse::<u64>()?.max(1),
            Long("size") => arguments.size = parser.value()?.parse()?,
            Short('h') | Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            Value(file) if arguments.file.is_none() => arguments.file = Some(file.into()),
            other => return Err(format!("{}\n\n{USAGE}", other.unexpected()).into()),
        }
    }
    Ok(arguments)
}

/// A domain of `size` x `size` cells with the pattern in its middle.
fn start(pattern: &rle::Pattern, size: u32) -> Result<System, Box<dyn std::error::Error>> {
    if pattern.width > size || pattern.height > size {
        let (width, height) = (pattern.width, pattern.height);
        return Err(format!("the pattern is {width} x {height} cells; raise --size, which is {size}").into());
    }
    let system = System::builder().grid([size, size], Boundary::Fixed, Life::default()).start()?;
    let corner = [(size - pattern.width) / 2, (size - pattern.height) / 2];
    let mut cells = vec![0; pattern.width as usize * pattern.height as usize];
    for [x, y] in &pattern.living {
        cells[*x as usize + *y as usize * pattern.width as usize] = 1;
    }
    system.grid::<Life>().field(|life| &life.now).write_box(corner, [pattern.width, pattern.height], &cells)?;
    Ok(system)
}

fn population(grid: &GridRef<Life>) -> ringkernel::Result<u32> {
    Ok(grid.field(|life| &life.now).read()?.into_iter().map(u32::from).sum())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = arguments(lexopt::Parser::from_env())?;
    let text = match &arguments.file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?,
        None => R_PENTOMINO.to_owned(),
    };
    let pattern = rle::parse(&text)?;
    let system = start(&pattern, arguments.size)?;
    let grid = system.grid::<Life>();
    println!("{} x {} cells on {} ({})", arguments.size, arguments.size, system.backend(), system.device());
    println!("generation {:>6}: {:>6} live", 0, population(&grid)?);
    let begin = std::time::Instant::now();
    let mut done = 0;
    while done < arguments.generations {
        done = grid.run(arguments.every.min(arguments.generations - done))?;
        println!("generation {done:>6}: {:>6} live", population(&grid)?);
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{:.0} generations/s", arguments.generations as f64 / seconds);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_that_there_is_not_is_refused_in_words() {
        let error = arguments(lexopt::Parser::from_args(["--generation"])).err().unwrap();
        assert_eq!(error.to_string(), format!("invalid option '--generation'\n\n{USAGE}"));
    }

    #[test]
    fn the_r_pentomino_has_116_live_cells_from_generation_1103_on() {
        let system = start(&rle::parse(R_PENTOMINO).unwrap(), 640).unwrap();
        let grid = system.grid::<Life>();
        grid.run(1000).unwrap();
        assert_eq!(grid.state(|life| life.population).unwrap(), population(&grid).unwrap());
        grid.run(102).unwrap();
        assert_ne!(population(&grid).unwrap(), 116);
        for generation in 1103..1123 {
            assert_eq!(grid.run(1).unwrap(), generation);
            assert_eq!(population(&grid).unwrap(), 116, "generation {generation}");
        }
    }

    #[test]
    fn a_pattern_larger_than_the_domain_is_refused() {
        let text = start(&rle::parse(R_PENTOMINO).unwrap(), 2).unwrap_err().to_string();
        assert_eq!(text, "the pattern is 3 x 3 cells; raise --size, which is 2");
    }
}
