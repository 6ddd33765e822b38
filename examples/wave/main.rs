//! Waves in a box, struck while they run.
//!
//! `cargo run --release --example wave -- [--size N] [--seconds S] [--every MS] [--png FILE]`
//!
//! A cube of N cells a side runs freely on threads of its own. Every so often this program strikes a cell, and draws the
//! slice through the middle, between two steps and without anybody else noticing. `--png` keeps the last picture.

mod picture;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use picture::Picture;
use ringkernel::prelude::*;

/// Strike a cell.
#[ring_message]
struct Impulse {
    cell: [u32; 3],
    amplitude: f32,
}

#[ring_actor(grid = 3)]
#[derive(Default)]
struct Wave {
    now: Field<f32, 3>,
    before: Field<f32, 3>,
    /// The square of the speed, in cells a step.
    c2: f32,
    /// What a step takes away, so that strikes fade.
    damping: f32,
}

#[ring_actor]
impl Wave {
    #[step]
    fn advance(&mut self) {
        let (c2, damping) = (self.c2, self.damping);
        self.before.update(&self.now, |before, now| {
            let around = now.at([-1, 0, 0])
                + now.at([1, 0, 0])
                + now.at([0, -1, 0])
                + now.at([0, 1, 0])
                + now.at([0, 0, -1])
                + now.at([0, 0, 1]);
            let next = 2.0 * now.here() - before.here() + c2 * (around - 6.0 * now.here());
            next - damping * (now.here() - before.here())
        });
        swap(&mut self.now, &mut self.before);
    }

    #[handler]
    fn impulse(&mut self, m: Impulse) {
        self.now.add(m.cell, m.amplitude);
    }
}

const USAGE: &str = "usage: wave [--size N] [--seconds S] [--every MS] [--png FILE]";

/// How wide the picture in the terminal is, in characters.
const COLUMNS: usize = 80;

struct Arguments {
    size: u32,
    seconds: f64,
    every: Duration,
    png: Option<PathBuf>,
}

fn arguments(mut parser: lexopt::Parser) -> Result<Arguments, lexopt::Error> {
    use lexopt::prelude::*;
    let mut arguments = Arguments { size: 64, seconds: 5.0, every: Duration::from_millis(50), png: None };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("size") => arguments.size = parser.value()?.parse()?,
            Long("seconds") => arguments.seconds = parser.value()?.parse()?,
            Long("every") => arguments.every = Duration::from_millis(parser.value()?.parse()?),
            Long("png") => arguments.png = Some(parser.value()?.into()),
            Short('h') | Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            other => return Err(format!("{}\n\n{USAGE}", other.unexpected()).into()),
        }
    }
    Ok(arguments)
}

fn start(size: u32) -> ringkernel::Result<System> {
    let wave = Wave { c2: 0.25, damping: 0.002, ..Wave::default() };
    Ok(System::builder().grid([size; 3], Boundary::Reflect, wave).start()?)
}

/// The slice through the middle, which a running grid gives between two steps.
fn slice(grid: &GridRef<Wave>, size: u32) -> ringkernel::Result<Vec<f32>> {
    Ok(grid.field(|wave| &wave.now).read_box([0, 0, size / 2], [size, size, 1])?)
}

/// Strikes a cell of the middle slice.
fn strike(grid: &GridRef<Wave>, size: u32, number: u32) -> ringkernel::Result<()> {
    // Multiples of an irrational number are spread evenly.
    let along = |number: u32, stride: f64| (f64::from(number) * stride).fract() * f64::from(size);
    let cell = [along(number, 0.618_034) as u32, along(number, 0.754_878) as u32, size / 2];
    let amplitude = if number.is_multiple_of(2) { 40.0 } else { -40.0 };
    grid.at(cell).tell_timeout(Impulse { cell, amplitude }, Duration::from_secs(10))?;
    Ok(())
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
    let size = arguments.size;
    let system = start(size)?;
    let grid = system.grid::<Wave>();
    let mut out = io::stdout().lock();
    let live = io::stdout().is_terminal();
    writeln!(out, "{size}^3 cells on {} ({})", system.backend(), system.device())?;

    grid.resume()?;
    let begin = Instant::now();
    let (mut strikes, mut drawn) = (0, 0);
    while begin.elapsed().as_secs_f64() < arguments.seconds {
        if drawn % 4 == 0 {
            strike(&grid, size, strikes)?;
            strikes += 1;
        }
        let values = slice(&grid, size)?;
        if live {
            let picture = Picture { values: &values, width: size as usize, scale: 2.0 };
            if drawn > 0 {
                write!(out, "\x1b[{}A", picture.lines(COLUMNS) + 1)?;
            }
            picture.draw(&mut out, COLUMNS)?;
            writeln!(out, "step {}, {strikes} strikes", grid.current_step())?;
            out.flush()?;
        }
        drawn += 1;
        std::thread::sleep(arguments.every);
    }
    let steps = grid.hold()?;
    let seconds = begin.elapsed().as_secs_f64();
    let cells = f64::from(size).powi(3) * steps as f64;
    writeln!(out, "{steps} steps, {strikes} strikes, {drawn} pictures: {:.0} Mcells/s", cells / seconds / 1e6)?;
    if let Some(path) = &arguments.png {
        let values = slice(&grid, size)?;
        Picture { values: &values, width: size as usize, scale: 2.0 }
            .save(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_that_there_is_not_is_refused_in_words() {
        let error = arguments(lexopt::Parser::from_args(["--step"])).err().unwrap();
        assert_eq!(error.to_string(), format!("invalid option '--step'\n\n{USAGE}"));
    }

    #[test]
    fn a_strike_of_a_running_wave_spreads_and_is_drawn() {
        let size = 24;
        let system = start(size).unwrap();
        let grid = system.grid::<Wave>();
        grid.resume().unwrap();
        strike(&grid, size, 0).unwrap();
        let begin = Instant::now();
        while slice(&grid, size).unwrap()[5 + 5 * 24] == 0.0 {
            assert!(begin.elapsed() < Duration::from_mins(2), "nothing moves");
        }
        let step = grid.hold().unwrap();
        assert!(step >= 5);

        let values = slice(&grid, size).unwrap();
        let picture = Picture { values: &values, width: 24, scale: 2.0 };
        let mut text = Vec::new();
        picture.draw(&mut text, 80).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!((text.lines().count(), text.matches('\u{2580}').count()), (12, 24 * 12));
        assert_eq!((picture.lines(80), picture.lines(10)), (12, 4));

        let path = std::env::temp_dir().join(format!("ringkernel-wave-{}.png", std::process::id()));
        picture.save(&path).unwrap();
        let decoder = png::Decoder::new(io::BufReader::new(std::fs::File::open(&path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (24, 24));
        assert!(pixels.iter().any(|byte| *byte != 0), "the picture is black");
        std::fs::remove_file(path).unwrap();
    }
}
